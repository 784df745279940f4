"""Export a path of a timbre model as a Vital preset.

The three oscillators are the start, the middle and the end of the path. Macro 1 fades between them.
The wavetable axis of each oscillator is the pitch: a frame for every root, and the key chooses the
position between two of them. So the spectral envelope stays in place while the pitch changes. All
oscillators start with the same phases, so a fade between them is a fade of each harmonic.
"""

from __future__ import annotations

import numpy as np

from models.export.frames import frames_of_harmonics
from models.resynthesis.vital.patch import (
    DEFAULT_LEVEL,
    LAST_POSITION,
    Shape,
    VitalPatch,
)
from models.timbre.contract import TimbreModel
from models.timbre.export.latent_path import (
    LatentPath,
    levels,
    steady_frames,
    steady_noise_db,
    steady_spectrum,
)
from models.timbre.player.noise_loops import noise_loops
from models.timbre.tone import Float64, Tone

OSCILLATORS = 3
ROOT_SEMITONES = 2  # Distance between two roots.
LOUD = 100 / 127  # The preset sounds like the model at velocity 100.
FULL_SCALE = 0.25  # Vital plays 0.5 level^2 wave, with levels up to 0.7071.
VELOCITY_TO_LEVEL = 0.8
EFFECTS = 3  # Destination after the filters.
CURVE_POINTS = 33
ATTACK_SHARE = 0.9  # The attack ends where the level first reaches this share.
FALL_SHARE = 0.45  # Share of Vital's default release curve in which the level falls by 20 dB.
NOISE_SECONDS_RATE = 44100  # Hz, of the noise sample


def roots_between(low: float, high: float, step: int = ROOT_SEMITONES) -> list[int]:
    """Return the roots of a preset: from ``low`` to ``high``, every second semitone.

    Args:
        low: Lowest pitch, MIDI.
        high: Highest pitch, MIDI.
        step: Semitones between two roots.

    Returns:
        The roots.

    >>> roots_between(60, 65)
    [60, 62, 64, 66]
    """
    return list(range(round(low), round(high) + step, step))


def vital_preset(model: TimbreModel, path: LatentPath, title: str, roots: list[int]) -> bytes:
    """Return the content of a `.vital` file.

    Args:
        model: The model.
        path: The path of macro 1.
        title: Name of the preset.
        roots: Pitches whose spectra the preset holds, MIDI, increasing, 1 to 257.

    Returns:
        The content of the file.
    """
    positions = path.points(model, OSCILLATORS)
    tones = [model.decode_many(p, roots, [LOUD] * len(roots)) for p in positions]
    spectra = [
        np.stack([steady_spectrum(tone, root) for tone, root in zip(row, roots, strict=True)])
        for row in tones
    ]
    waves = [frames_of_harmonics(rows) for rows in spectra]
    peak = max(float(np.abs(wave).max()) for wave in waves)
    scale = FULL_SCALE / max(peak, 1e-9)
    patch = VitalPatch(title)
    for number, wave in enumerate(waves, 1):
        _add_oscillator(patch, number, wave / peak, roots)
    middle = tones[OSCILLATORS // 2][len(roots) // 2]
    root = roots[len(roots) // 2]
    _add_noise(patch, steady_noise_db(middle, root), scale)
    _set_envelope(patch, middle, root)
    patch.macro(1, "TIMBRE", 0.5)
    patch.set(velocity_track=VELOCITY_TO_LEVEL)
    patch.raise_volume(FULL_SCALE)
    return patch.to_bytes()


def _add_oscillator(patch: VitalPatch, number: int, waves: Float64, roots: list[int]) -> None:
    """Load a wavetable whose position follows the key, and fade its level with macro 1."""
    name = f"osc_{number}_"
    positions = np.round(np.linspace(0, LAST_POSITION, len(waves))).astype(int)
    patch.wavetable(f"Timbre {number}", waves, positions.tolist(), number)
    controls = {"on": 1.0, "level": DEFAULT_LEVEL, "random_phase": 0.0, "destination": 0.0}
    patch.set(**{name + control: value for control, value in controls.items()})
    if len(roots) > 1:
        keys = np.array([0.0, roots[0], roots[-1], 127.0])
        chosen = Shape("Key", np.minimum(keys / 127, 1), np.array([0.0, 0.0, 1.0, 1.0]))
        patch.modulate("note", f"{name}wave_frame", 1.0, curve=chosen)
    share = np.linspace(0, 1, CURVE_POINTS)
    weight = np.clip(1 - np.abs(share * (OSCILLATORS - 1) - (number - 1)), 0, 1)
    # Vital squares levels, so the root of the weight fades the amplitude evenly.
    fade = Shape("Path", share, 1 - np.sqrt(weight))
    patch.modulate("macro_control_1", f"{name}level", -DEFAULT_LEVEL, curve=fade)


def _add_noise(patch: VitalPatch, noise_db: Float64, scale: float) -> None:
    """Load the noise of the held note as a looped sample, if it is audible."""
    loops = noise_loops(NOISE_SECONDS_RATE, 0)
    noise = (10 ** (noise_db / 20)) @ loops.astype(np.float64)
    peak = float(np.abs(noise).max())
    level = np.sqrt(min(1.0, scale * peak / FULL_SCALE))
    if level < 1e-3:
        return
    patch.sample("Shaped noise", noise / peak, NOISE_SECONDS_RATE)
    patch.set(
        sample_on=1, sample_level=DEFAULT_LEVEL * level, sample_loop=1, sample_bounce=0,
        sample_keytrack=0, sample_random_phase=1, sample_destination=EFFECTS,
    )  # fmt: skip


def _set_envelope(patch: VitalPatch, tone: Tone, root: float) -> None:
    """Set attack, decay, sustain and release of the voice from the levels of a tone."""
    level = levels(tone, root)
    top = float(level.max())
    attack = int(np.argmax(level >= ATTACK_SHARE * top))
    held = float(np.sqrt((level[steady_frames(tone, root)] ** 2).mean())) / max(top, 1e-9)
    attack_s = attack * tone.hop_s
    decay_s = max(0.0, (len(tone) - 1 - attack) * tone.hop_s)
    sustain = 0.0 if tone.loop_start is None else held
    if tone.loop_start is not None:
        decay_s = max(0.0, (tone.loop_start - attack) * tone.hop_s)
    # The release of a tone falls by 60 dB, Vital's default curve by 20 dB in its first part.
    release_s = tone.release_s / 3 / FALL_SHARE
    patch.set(
        env_1_attack=max(attack_s, 0.0) ** 0.25, env_1_decay=decay_s**0.25,
        env_1_sustain=sustain, env_1_release=release_s**0.25,
    )  # fmt: skip
