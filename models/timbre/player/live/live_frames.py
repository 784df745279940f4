"""Encode and decode sound hop by hop, with an offset of its timbre, and a second sound to fade to.

Of two inputs A and B, the latent point is ``(1 - s) E(A) + s E(B) + offset``. Levels fade in the
same way (timbre interpolation of Colonel and Keene). Each output sample is ready when the window
around it is complete: ``WINDOW`` samples after the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models.audio.spectra.chroma import Classes, note_classes
from models.audio.spectra.noise_phase import stretched
from models.audio.spectra.peak_phase import PeakPhases, find_peaks, moved
from models.audio.spectra.stft import BINS, HANN, HOP, RATE, WINDOW, Float32, Float64
from models.timbre.contract import Axis, TimbreModel

SILENT = 1e-5  # A window whose largest magnitude is below this share of full scale is silent.


class FrameCoder(TimbreModel, Protocol):
    """Encode and decode magnitude frames: a spectral model."""

    @property
    def latent(self) -> int:
        """Return the number of latent axes; the note class follows them."""
        ...

    def encode_frames(self, frames: Float32, classes: Classes) -> Float32:
        """Return the coordinates (N, latent) of normalised frames (N, BINS)."""
        ...

    def decode_frames(self, coordinates: Float32, classes: npt.ArrayLike) -> Float32:
        """Return normalised frames (N, BINS) of coordinates (N, latent)."""
        ...


@dataclass
class LiveKnobs:
    """Hold the knobs of a live input.

    Attributes:
        offset: Added to each latent coordinate, (latent,).
        note_class: Note class of the output, 0 for C; None for that of the input.
        crossfade: 0 for the first input, 1 for the second.
        gains: Linear gain of each input.
    """

    offset: Float32
    note_class: int | None = None
    crossfade: float = 0.0
    gains: list[float] = field(default_factory=lambda: [1.0, 1.0])


def live_axes(model: FrameCoder, inputs: int) -> tuple[Axis, ...]:
    """Return the knobs of a live input: offsets, the note class, and the crossfade of two inputs.

    Args:
        model: The model.
        inputs: Number of inputs, 1 or 2.

    Returns:
        The axes. In the middle, an offset is 0, and a gain is 1.
    """
    latent = model.axes[: model.latent]
    offsets = [
        Axis(f"{axis.name} offset", -(axis.high - axis.low), axis.high - axis.low)
        for axis in latent
    ]
    own = ("the input's", *model.axes[-1].labels[1:])
    classes = Axis("note class", 0.0, float(len(own) - 1), own)
    fades = [Axis("crossfade", 0.0, 1.0)] if inputs == 2 else []
    gains = [Axis(f"gain {name}", 0.0, 2.0) for name in "AB"[:inputs]]
    return (*offsets, classes, *fades, *gains)


def live_start(axes: Sequence[Axis]) -> list[float]:
    """Return the knobs at which an input passes unchanged: the first input only, gains of 1."""
    return [0.0 if axis.name == "crossfade" else axis.rest for axis in axes]


def live_knobs(model: FrameCoder, axes: Sequence[Axis], positions: Sequence[float]) -> LiveKnobs:
    """Return the values of knob positions 0..1.

    Args:
        model: The model.
        axes: Its ``live_axes``.
        positions: Position of each.

    Returns:
        The values.
    """
    values = {axis.name: axis.at(p) for axis, p in zip(axes, positions, strict=True)}
    count = model.latent
    offset = np.array([axis.at(p) for axis, p in zip(axes[:count], positions, strict=False)])
    chosen = round(values["note class"])
    return LiveKnobs(
        offset.astype(np.float32),
        chosen - 1 if chosen else None,
        values.get("crossfade", 0.0),
        [values.get("gain A", 1.0), values.get("gain B", 1.0)],
    )


class LiveFrames:
    """Turn input hops into output hops; not for an audio thread.

    Args:
        model: The model.
        sample_rate: Hz of both.
        inputs: Number of inputs, 1 or 2.
    """

    def __init__(self, model: FrameCoder, sample_rate: int, inputs: int) -> None:
        self._model, self._ratio = model, sample_rate / RATE
        self._heard = np.zeros((inputs, WINDOW))
        self._phases, self._sum = PeakPhases(), np.zeros(WINDOW)
        silence = np.zeros(BINS, np.float32)  # Load the compiled code before audio starts.
        PeakPhases().spectrum(moved(silence, find_peaks(silence)))

    def hop(self, samples: Sequence[Float64], knobs: LiveKnobs) -> Float64:
        """Return the next output, ``WINDOW - HOP`` samples behind the end of the input.

        Args:
            samples: The next hop of each input, (HOP,) each.
            knobs: The knobs.

        Returns:
            The next hop, (HOP,).
        """
        self._heard = np.concatenate([self._heard[:, HOP:], np.stack(samples)], axis=1)
        found = np.abs(np.fft.rfft(self._heard * HANN, axis=1)).astype(np.float32)
        frame = self._decoded(found, knobs)
        if frame is not None:
            mapped = moved(frame, find_peaks(frame), 1 / self._ratio)
            spectrum = self._phases.spectrum(mapped)
            self._sum += np.fft.irfft(spectrum, WINDOW) * (HANN / 1.5)
        out = self._sum[:HOP].copy()
        self._sum = np.concatenate([self._sum[HOP:], np.zeros(HOP)])
        return out

    def _decoded(self, found: Float32, knobs: LiveKnobs) -> Float32 | None:
        """Return the output's magnitudes, (BINS,), in the model's bins; None for silence."""
        frames = np.stack([stretched(one, self._ratio) for one in found])
        highest = frames.max(axis=1)
        levels = np.sqrt((frames**2).sum(axis=1))
        shares = [1.0] if len(found) == 1 else [1 - knobs.crossfade, knobs.crossfade]
        weights = [
            share * gain * float(level)
            for share, gain, level in zip(shares, knobs.gains, levels, strict=False)
        ]
        level = sum(weights)
        if level <= 0 or highest.max() < SILENT * WINDOW / 4:
            return None
        shapes = np.asarray(frames / np.maximum(highest, 1e-12)[:, None], np.float32)
        classes = note_classes(shapes)
        points = self._model.encode_frames(shapes, classes)
        # A silent input has no timbre: the other one has all the weight.
        mix = np.array(shares) * (highest > SILENT * WINDOW / 4)
        point = mix @ points / max(float(mix.sum()), 1e-9) + knobs.offset
        chosen = int(classes[int(np.argmax(weights))])
        if knobs.note_class is not None:
            chosen = knobs.note_class
        made = self._model.decode_frames(np.asarray(point[None], np.float32), [chosen])[0]
        made_level = max(float(np.sqrt((made**2).sum())), 1e-9)
        return np.asarray(made * np.float32(level / made_level), np.float32)


def process_sound(
    model: FrameCoder,
    inputs: Sequence[Float64],
    sample_rate: int,
    knobs: LiveKnobs,
    crossfade_end: float | None = None,
) -> Float64:
    """Encode and decode whole sounds, as the live input does, without its latency.

    Args:
        model: The model.
        inputs: One or two sounds, mono; the shorter one is followed by silence.
        sample_rate: Hz of all sounds.
        knobs: The knobs.
        crossfade_end: Crossfade at the end; it moves there evenly. None keeps it.

    Returns:
        The sound, as long as the longest input.
    """
    length = max(len(one) for one in inputs)
    hops = -(-(length + WINDOW) // HOP)
    padded = np.zeros((len(inputs), hops * HOP))
    for row, one in zip(padded, inputs, strict=True):
        row[: len(one)] = one
    live, out = LiveFrames(model, sample_rate, len(inputs)), []
    start = knobs.crossfade
    end = start if crossfade_end is None else crossfade_end
    for number in range(hops):
        share = min(1.0, number * HOP / max(length, 1))
        knobs.crossfade = start + (end - start) * share
        part = padded[:, number * HOP : (number + 1) * HOP]
        out.append(live.hop(list(part), knobs))
    knobs.crossfade = start
    latency = WINDOW - HOP
    return np.asarray(np.concatenate(out)[latency : latency + length], np.float64)
