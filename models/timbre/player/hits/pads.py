"""Render the hits of a model once, for each pad and each loudness, for an audio thread to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from models.timbre.contract import Float32, LatentPosition
from models.timbre.hits import HitModel

LAYERS = (0.2, 0.6, 1.0)  # Loudnesses that are rendered; velocity chooses between them.
PEAK = 0.5  # Peak of the loudest hit of a kit.
QUIETEST_DB = -18.0  # Of a hit in its kit: a recording at a low level is raised to this.
FIRST_KEY = 36
MIDDLE = 0.5  # A knob here adds nothing to the positions of the pads.
# Keys of General MIDI for the classes that have one.
GENERAL_MIDI = {
    "kick": 36, "rim": 37, "snare": 38, "clap": 39, "hat-closed": 42, "tom": 45, "hat-open": 46,
    "crash": 49, "ride": 51, "cowbell": 56, "conga": 63, "shaker": 70, "clave": 75,
}  # fmt: skip
CHOKES = {"hat-closed": "hat-open"}  # A hit of the first class ends those of the second.


@dataclass(frozen=True)
class Pad:
    """Hold the sounds of one key.

    Attributes:
        label: Class of the hits.
        layers: Sounds from soft to loud, (channels, n) each.
        loudness: Loudness of each, 0 to 1, increasing.
        chokes: Keys whose sounds end when this one starts.
    """

    label: str
    layers: tuple[Float32, ...]
    loudness: tuple[float, ...]
    chokes: tuple[int, ...] = ()

    def layer_at(self, loud: float) -> Float32:
        """Return the sound whose loudness is nearest."""
        return self.layers[int(np.argmin(np.abs(np.array(self.loudness) - loud)))]


PadBank = dict[int, Pad]


def pad_keys(classes: Sequence[str]) -> dict[str, int]:
    """Return a key for each class: that of General MIDI, or the next free one.

    >>> pad_keys(["kick", "zap", "snare"])
    {'kick': 36, 'zap': 37, 'snare': 38}
    """
    used = {GENERAL_MIDI[name] for name in classes if name in GENERAL_MIDI}
    free = (key for key in [*range(FIRST_KEY, 128), *range(FIRST_KEY)] if key not in used)
    return {name: GENERAL_MIDI.get(name) or next(free) for name in classes}


def make_pads(
    model: HitModel,
    offset: Float32 | None = None,
    sample_rate: int = 0,
    layers: Sequence[float] = LAYERS,
    seed: int = 0,
) -> PadBank:
    """Render all pads; not for an audio thread.

    Args:
        model: The model.
        offset: Moves every position, (D,): what the knobs add.
        sample_rate: Hz; 0 for the model's rate.
        layers: Loudnesses to render.
        seed: Seed of the noise in the sounds.

    Returns:
        The pads by key; each sound of a kit has its level within the kit.
    """
    keys, rate = pad_keys(model.classes), sample_rate or model.sample_rate
    sounds = {
        label: [_sound(model, model.at_loudness(label, one), offset, seed) for one in layers]
        for label in keys
    }
    peaks = {label: _peak(made[-1]) for label, made in sounds.items()}
    loudest, bank = max(peaks.values(), default=1.0), {}
    for label, key in keys.items():
        level = PEAK * max(peaks[label] / loudest, 10 ** (QUIETEST_DB / 20))
        # Velocity sets the level; the latent position only changes the timbre.
        scaled = [sound * (level / _peak(sound)) for sound in sounds[label]]
        ready = tuple(_at_rate(sound, model.sample_rate, rate) for sound in scaled)
        choked = CHOKES.get(label)
        chokes = (keys[choked],) if choked in keys else ()
        bank[key] = Pad(label, ready, tuple(layers), chokes)
    return bank


def pads_of_knobs(
    model: HitModel, knobs: Sequence[float], sample_rate: int = 0, seed: int = 0
) -> PadBank:
    """Render all pads; a knob moves every pad along its axis, away from the middle.

    Args:
        model: The model.
        knobs: Position of each axis, 0 to 1.
        sample_rate: Hz; 0 for the model's rate.
        seed: Seed of the noise in the sounds.

    Returns:
        The pads by key.
    """
    moved = [
        (axis.high - axis.low) * (knob - MIDDLE)
        for axis, knob in zip(model.axes, knobs, strict=True)
    ]
    return make_pads(model, np.array(moved, np.float32), sample_rate, seed=seed)


def _sound(model: HitModel, place: LatentPosition, offset: Float32 | None, seed: int) -> Float32:
    moved = place if offset is None else LatentPosition.of(place.array() + offset)
    return model.decode_many([moved], seed)[0].samples


def _peak(sound: Float32) -> float:
    return max(float(np.abs(sound).max()), 1e-6)


def _at_rate(sound: Float32, rate: int, wanted: int) -> Float32:
    if rate == wanted:
        return np.ascontiguousarray(sound, np.float32)
    resampled = soxr.resample(sound.T, rate, wanted, quality="HQ")
    return np.ascontiguousarray(resampled.T, np.float32)
