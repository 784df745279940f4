"""Correct a preset in rounds: render it, compare it with the sound, and reduce the difference.

Each round renders the whole preset and its oscillator alone. It compares mel images of both with
the image of the sound, cell by cell (band and time). Oscillator and noise each correct a share of
the difference. The share of a part is its share of the power in that cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates

from datasets.spec import FloatArray
from models.audio.distance import TargetDistance
from models.audio.noise_bands import filter_over_time
from models.resynthesis.draft import Draft
from models.resynthesis.mel_image import Scale, power_ratio
from models.resynthesis.player import Render
from models.resynthesis.vital.wiring import wire

Float64 = npt.NDArray[np.float64]

# Mel images to compare, each with the exponent of its power ratio when applied to amplitudes.
Images = tuple[tuple[Scale, float], ...]
COARSE: Images = ((Scale(93, 23, 96), 0.5),)
FINE: Images = (
    (Scale(93, 46, 128), 0.25),
    (Scale(25, 10, 64), 0.08),
    (Scale(10, 5, 32), 0.08),
    (Scale(100, 50, 128), 0.08),
)
# The images after the first and the second round without gain. A third such round ends the loop.
FINER: tuple[Images, Images] = (FINE, tuple((scale, 0.4 * step) for scale, step in FINE))
LIMIT = 100.0  # The largest power ratio of one round.
GAIN_RANGE = (0.03, 30.0)  # Range of a harmonic's gain over all rounds.
MOST_RENDERS = 10  # For one sound, with the comparisons of drafts.
LEAST_GAIN_DB = 0.003  # A round with a smaller gain counts as a round without gain.


@dataclass(frozen=True)
class Attempt:
    """Hold a draft, its preset and its render.

    Attributes:
        draft: The parts.
        preset: Content of the `.vital` file.
        audio: The render of the preset, shape (channels, n).
        distance: Distance J to the sound, dB.
        scale: Output amplitude divided by the amplitude of the recording.
    """

    draft: Draft
    preset: bytes = field(repr=False)
    audio: FloatArray = field(repr=False)
    distance: float
    scale: float


def mono(audio: FloatArray) -> Float64:
    """Return the mean of the channels in double precision, (n,)."""
    mean: Float64 = np.asarray(audio, np.float64).mean(axis=0)
    return mean


class Correction:
    """Run the correction loop for one sound.

    Args:
        render: Renders presets at a note.
        target_distance: Measures the distance to the sound.
        title: Name of the presets.
    """

    def __init__(self, render: Render, target_distance: TargetDistance, title: str) -> None:
        self._render, self._target_distance, self._title = render, target_distance, title
        self.renders = 0

    def compare(self, drafts: Sequence[Draft]) -> list[float]:
        """Render drafts of one sound, and return their distances, dB."""
        presets = [wire(draft, self._title).patch.to_bytes() for draft in drafts]
        audios = self._render(presets, drafts[0].analysis.note, drafts[0].hold_s)
        self.renders += len(audios)
        return [self._target_distance.distance(audio).j for audio in audios]

    def improve(
        self, first: Draft, rounds: int, on_first: Callable[[Attempt], None] | None = None
    ) -> list[Attempt]:
        """Render and correct a draft until the distance no longer falls.

        Args:
            first: The open-loop draft.
            rounds: Most corrections.
            on_first: Called with the open-loop attempt, before the first correction.

        Returns:
            Every attempt, in order. The last one is not always the nearest.
        """
        best, oscillator_alone = self._play(first, alone=rounds > 0)
        if on_first is not None:
            on_first(best)
        attempts, images, stalls = [best], COARSE, 0
        for number in range(1, rounds + 1):
            last = number == rounds or self.renders + 3 > MOST_RENDERS
            draft = self._corrected(best, oscillator_alone, images)
            attempt, oscillator = self._play(draft, alone=not last)
            attempts.append(attempt)
            if attempt.distance < best.distance - LEAST_GAIN_DB:
                best, oscillator_alone = attempt, oscillator
            else:
                images, stalls = FINER[min(stalls, 1)], stalls + 1
            if last or stalls > len(FINER):
                break
        return attempts

    def _play(self, draft: Draft, alone: bool) -> tuple[Attempt, Float64]:
        """Render the whole preset, and also the oscillator alone if ``alone``."""
        wired = wire(draft, self._title)
        preset = wired.patch.to_bytes()
        presets = [preset]
        if alone and draft.frames is not None and wired.patch.settings["sample_on"]:
            wired.patch.set(sample_on=0)
            presets.append(wired.patch.to_bytes())
        audios = self._render(presets, draft.analysis.note, draft.hold_s)
        self.renders += len(audios)
        distance = self._target_distance.distance(audios[0]).j
        oscillator = mono(audios[-1]) if draft.frames is not None else np.zeros(audios[0].shape[1])
        return Attempt(draft, preset, audios[0], distance, wired.scale), oscillator

    def _corrected(self, attempt: Attempt, oscillator: Float64, images: Images) -> Draft:
        """Change gains and noise to reduce the difference between the attempt and the sound."""
        draft = attempt.draft
        whole = mono(attempt.audio)
        gains, noise = draft.gains, draft.noise
        for scale, step in images:
            image = _compare(draft, whole, oscillator, scale)
            if draft.frames is not None:
                gains = gains * np.exp(step * image.for_harmonics(draft))
            if noise.any():
                noise = filter_over_time(
                    noise,
                    draft.analysis.sample_rate,
                    np.exp(step * image.noise),
                    image.centres_hz,
                    image.times_s,
                )
        return draft.corrected(np.clip(gains, *GAIN_RANGE), noise)


@dataclass(frozen=True)
class Comparison:
    """Hold the change for one image: logarithms of power ratios, shape (bands, frames).

    Attributes:
        harmonic: Change for the oscillator.
        noise: Change for the noise.
        centres_hz: Mean frequency of each band, Hz.
        times_s: Centre of each frame, seconds.
    """

    harmonic: Float64
    noise: Float64
    centres_hz: Float64
    times_s: Float64

    def for_harmonics(self, draft: Draft) -> Float64:
        """Return the change at the frequency and time of every harmonic, (K, harmonics)."""
        frames, harmonics = draft.frames, draft.analysis.harmonics
        assert frames is not None and harmonics is not None
        sample = np.minimum(
            (frames.times_s * harmonics.sample_rate).astype(int), len(harmonics.f0_hz) - 1
        )
        hz = np.outer(harmonics.f0_hz[sample], np.arange(1, frames.spectra.shape[1] + 1))
        band = np.interp(hz, self.centres_hz, np.arange(len(self.centres_hz)))
        time = np.interp(frames.times_s, self.times_s, np.arange(len(self.times_s)))
        places = [band, np.repeat(time[:, None], hz.shape[1], axis=1)]
        return np.asarray(map_coordinates(self.harmonic, places, order=1, mode="nearest"))


def _compare(draft: Draft, whole: Float64, oscillator: Float64, scale: Scale) -> Comparison:
    """Compare the images of a render and of the sound at one scale."""
    rate = draft.analysis.sample_rate
    target = scale.power(draft.analysis.samples, rate)
    harmonic = scale.power(oscillator, rate)
    noise = scale.power(whole - oscillator, rate)
    total = harmonic + noise
    ratio = power_ratio(target * _alignment(total, target), total, LIMIT)
    change = np.log(ratio)
    share = harmonic / np.maximum(total, 1e-30)
    return Comparison(
        change * share,
        change * (1 - share),
        scale.centres_hz(rate),
        scale.times_s(rate, target.shape[1]),
    )


def _alignment(total: Float64, target: Float64) -> float:
    """Return the power factor between the images, because the distance ignores level."""
    loud = target > target.max() * 1e-6
    floor = total.max() * 1e-8
    return float(np.exp(np.median(np.log(np.maximum(total, floor)[loud] / target[loud]))))
