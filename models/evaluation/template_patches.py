"""Draw whole Vital patches as a player makes them, for ``template_benchmark``.

A patch has what the template of our specs lacks: FM between oscillators, drawn wavetables, a
sample, chains of effects, macros, many modulations. Some patches have the version of an older
Vital. A patch depends only on its seed and number.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import vita

from datasets.preset_tables.vital_frames import FRAME, TABLES, keyframes
from renderer.engines.vita import PLUGIN_VERSION

Json = dict[str, Any]
# What each patch surely has, in turn; it may have the others too.
FEATURES = ("fm", "wavetables", "sample", "effects", "macros", "old")
OFTEN = 0.5  # Probability of each other feature, except ``old``.
# Vital converts some values of versions before 0.9.0 when it loads them.
OLD_VERSIONS = ("1.0.7", "0.8.5", "0.7.5")
FM_TYPES = (7, 8, 9, 10, 11, 12)  # FM and ring modulation by another oscillator or by the sample
WARP_TYPES = (0, 1, 2, 3, 4, 5, 6)
EFFECTS = (
    "chorus",
    "compressor",
    "delay",
    "distortion",
    "eq",
    "filter_fx",
    "flanger",
    "phaser",
    "reverb",
)
LEAVES: Mapping[str, tuple[float, float]] = {  # ranges of values by the end of a control's name
    "dry_wet": (0.1, 0.6),
    "feedback": (0.0, 0.6),
    "mod_depth": (0.1, 0.8),
    "size": (0.2, 0.8),
    "mix": (0.4, 1.0),
    "drive": (0.0, 12.0),
    "low_gain": (-6.0, 6.0),
    "high_gain": (-6.0, 6.0),
    "cutoff": (40.0, 110.0),
    "resonance": (0.0, 0.7),
}
DESTINATIONS = (
    "osc_1_wave_frame",
    "osc_2_wave_frame",
    "osc_1_distortion_amount",
    "osc_2_level",
    "osc_3_level",
    "osc_1_spectral_morph_amount",
    "filter_1_cutoff",
    "filter_1_cutoff",
    "filter_2_cutoff",
    "filter_1_resonance",
    "filter_1_drive",
    "sample_level",
    "distortion_drive",
    "reverb_dry_wet",
)
MODULATORS = ("env_2", "env_3", "lfo_1", "lfo_1", "lfo_2", "lfo_3", "velocity", "note")
MACROS = tuple(f"macro_control_{n}" for n in range(1, 5))


def drawn_patch(seed: int, number: int) -> bytes:
    """Return a ``.vital`` file that depends only on its seed and its number."""
    random = np.random.default_rng([seed, number])
    has = {name for name in FEATURES[:-1] if random.random() < OFTEN} | {
        FEATURES[number % len(FEATURES)]
    }
    patch = json.loads(_init())
    patch |= {
        "preset_name": f"Patch {number}",
        "author": "A player",
        "comments": ", ".join(sorted(has)),
    }
    settings = patch["settings"]
    settings["oversampling"] = 0.0  # none: half the time to render
    _oscillators(settings, has, random)
    _filters(settings, random)
    _sample(settings, "sample" in has, random)
    _envelopes(settings, random)
    _effects(settings, "effects" in has, random)
    _modulations(patch, "macros" in has, random)
    patch["synth_version"] = PLUGIN_VERSION
    if "old" in has:
        patch["synth_version"] = OLD_VERSIONS[number // len(FEATURES) % len(OLD_VERSIONS)]
    return json.dumps(patch).encode()


@cache
def _init() -> str:
    return str(vita.Synth().to_json())


def _oscillators(settings: Json, has: set[str], random: np.random.Generator) -> None:
    for n in (1, 2, 3):
        osc = f"osc_{n}_"
        is_on = n == 1 or random.random() < (0.6 if n == 2 else 0.3)
        if (n == 1 and "fm" in has) or random.random() < 0.2:
            kind = random.choice(FM_TYPES)
        else:
            kind = random.choice(WARP_TYPES)
        values = {
            "on": float(is_on),
            "level": random.uniform(0.35, 0.9),
            "transpose": float(random.choice([-24, -12, -12, 0, 0, 0, 7, 12, 5])),
            "tune": random.normal(0, 0.1),
            "wave_frame": random.uniform(0, 256),
            "unison_voices": float(random.choice([1, 1, 1, 2, 3])),
            "unison_detune": random.uniform(0, 6),
            "distortion_type": float(kind),
            "distortion_amount": random.uniform(0.1, 0.8),
            "spectral_morph_type": float(random.choice([0, 0, *range(1, 12)])),
            "spectral_morph_amount": random.uniform(0.2, 0.8),
            "destination": float(random.choice([0, 0, 0, 1, 2, 3])),
            "random_phase": float(random.random() < 0.5),
            "pan": random.uniform(-0.4, 0.4),
        }
        settings |= {osc + name: float(value) for name, value in values.items()}
        table = settings["wavetables"][n - 1]
        if "wavetables" in has and random.random() < 0.8:
            table["name"] = f"Drawn {n}"
            table["groups"][0]["components"][0]["keyframes"] = _frames(random)
        elif random.random() < 0.6:
            table["name"] = str(random.choice(list(TABLES)))
            table["groups"][0]["components"][0]["keyframes"] = keyframes(table["name"])


def _frames(random: np.random.Generator) -> list[Json]:
    """Draw 2 to 8 frames of a wavetable: harmonics of a random slope, levels and phases."""
    count = int(random.integers(2, 9))
    found = []
    for i in range(count):
        n = np.arange(1, 129)
        level = random.random(128) ** 2 / n ** random.uniform(0.4, 1.6)
        spectrum = np.zeros(FRAME // 2 + 1, np.complex128)
        spectrum[1:129] = level * np.exp(2j * np.pi * random.random(128))
        wave = np.fft.irfft(spectrum)
        data = (wave / np.abs(wave).max()).astype("<f4").tobytes()
        position = round(256 * i / (count - 1))
        found.append({"position": position, "wave_data": base64.b64encode(data).decode()})
    return found


def _filters(settings: Json, random: np.random.Generator) -> None:
    for n in (1, 2):
        values = {
            "on": float(random.random() < (0.8 if n == 1 else 0.35)),
            "cutoff": random.uniform(45, 115),
            "resonance": random.uniform(0, 0.7),
            "drive": random.choice([0.0, random.uniform(0, 12)]),
            "blend": random.choice([0.0, random.uniform(0, 2)]),
            "model": float(random.choice([0, 0, 1, 2, 3, 4, 5, 6, 7])),
            "style": float(random.choice([0, 1, 2, 3])),
            "keytrack": random.choice([0.0, 0.5, 1.0]),
            "mix": random.choice([1.0, 0.8]),
        }
        settings |= {f"filter_{n}_{name}": float(value) for name, value in values.items()}
    settings["filter_2_filter_input"] = float(random.random() < 0.3)


def _sample(settings: Json, is_on: bool, random: np.random.Generator) -> None:
    """Set a sample: half a second of a decaying inharmonic tone with noise."""
    settings |= {"sample_on": float(is_on), "sample_level": random.uniform(0.2, 0.7)}
    settings |= {"sample_destination": float(random.choice([0, 1, 3])), "sample_keytrack": 1.0}
    settings |= {"sample_loop": float(random.random() < 0.5)}
    if not is_on:
        return
    time = np.arange(22050) / 44100
    tones = [
        random.random() * np.sin(2 * np.pi * hz * time) * np.exp(-time * random.uniform(2, 20))
        for hz in 261.6 * random.uniform(0.5, 12, 6)
    ]
    sound = np.sum(tones, axis=0) + 0.2 * random.normal(size=len(time)) * np.exp(-6 * time)
    pcm = np.round(sound / np.abs(sound).max() * 32000).astype("<i2").tobytes()
    head = {"name": "Drawn", "length": len(time), "sample_rate": 44100}
    settings["sample"] = {**head, "samples": base64.b64encode(pcm).decode()}


def _envelopes(settings: Json, random: np.random.Generator) -> None:
    for n in (1, 2, 3):
        values = {
            "attack": random.choice([0.0, 0.15, random.uniform(0, 0.9)]),
            "decay": random.uniform(0.4, 1.4),
            "sustain": random.choice([1.0, random.uniform(0.2 if n == 1 else 0.0, 1)]),
            "release": random.uniform(0.2, 1.2),
        }
        settings |= {f"env_{n}_{name}": float(value) for name, value in values.items()}
    for n in (1, 2, 3):
        settings[f"lfo_{n}_frequency"] = random.uniform(-1, 3.5)
        settings[f"lfo_{n}_sync"] = float(random.choice([0, 0, 1]))
        settings[f"lfo_{n}_tempo"] = float(random.integers(6, 10))


def _effects(settings: Json, chain: bool, random: np.random.Generator) -> None:
    """Switch effects on, with drawn values; a chain has most of them, in a drawn order."""
    for effect in EFFECTS:
        if random.random() >= (0.6 if chain else 0.2):
            continue
        settings[f"{effect}_on"] = 1.0
        for end, (low, high) in LEAVES.items():
            name = f"{effect}_{end}"
            if name in settings:
                settings[name] = random.uniform(low, high)
    settings["distortion_type"] = float(random.integers(0, 5))
    if chain:
        settings["effect_chain_order"] = float(random.integers(0, 362880))


def _modulations(patch: Json, mapped: bool, random: np.random.Generator) -> None:
    """Connect modulations, in drawn slots; mapped macros move two or three destinations each."""
    routes = _distinct(MODULATORS, int(random.integers(3, 9)), random)
    settings = patch["settings"]
    if mapped:
        for number, macro in enumerate(MACROS, 1):
            routes += _distinct((macro,), int(random.integers(1, 4)), random)
            settings[macro] = random.random()
            patch[f"macro{number}"] = f"KNOB {number}"
    slots = random.permutation(64)[: len(routes)]
    for slot, (source, destination) in zip(slots, routes, strict=True):
        settings["modulations"][slot] |= {"source": source, "destination": destination}
        settings[f"modulation_{slot + 1}_amount"] = random.uniform(-0.4, 0.5)
        settings[f"modulation_{slot + 1}_bypass"] = float(random.random() < 0.1)


def _distinct(
    sources: Sequence[str], count: int, random: np.random.Generator
) -> list[tuple[str, str]]:
    """Draw different pairs of source and destination."""
    drawn = [(str(random.choice(sources)), str(random.choice(DESTINATIONS))) for _ in range(count)]
    return list(dict.fromkeys(drawn))
