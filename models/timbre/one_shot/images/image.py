"""Turn a clip into an image of fixed size, and an image into a clip.

An image has up to three channels over mel bands and time:

1. the level of the mid signal, in dB relative to the loudest cell of the clip;
2. how tonal each cell is: 1 for sinusoids and clicks, 0 for noise;
3. the level of the side signal, for stereo sounds, on the same scale as the mid.

Time is warped: steps are short at the start and longer later, so that an attack keeps its shape
and the image of a long sound stays small. Length and level of the clip are separate numbers, so a
clip may have any length. Tonal cells get their phase by PGHI; the others are shaped white noise.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from datasets.errors import CheckpointError
from models.timbre.one_shot.images.bands import band_means, bins_of_bands
from models.timbre.one_shot.images.phase import phase_of
from models.timbre.one_shot.images.stft import OVERLAP, samples_of, spectra, window_of

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

SILENT = 1e-12  # Power that counts as nothing.
STEADY, CLICK, SMOOTH = 9, 31, 9  # Frames, bins and frames of the filters for tonality.
# Share of the power below its medians: of white noise, and of drums with a clear pitch.
NOISE_SHARE, TONE_SHARE = 0.76, 0.92
CORRECTIONS = 2  # Each makes the mean power of the bands that of the image.
FADE_S = 0.005  # At the end of a decoded clip.


@dataclass(frozen=True)
class ImageSettings:
    """Set the size of images.

    Attributes:
        sample_rate: Hz of the clips.
        channels: 1 for mono, 2 for stereo, kept as mid and side.
        bands: Mel bands.
        steps: Steps of time.
        longest_s: Length of the longest clip in seconds; longer ones are cut.
        warp: Ratio of the last step of time to the first one; 1 for even steps.
        fixed: True if every clip has the longest length; else each clip has its own.
        floor_db: Lowest level of a cell, relative to the loudest one.
    """

    sample_rate: int = 44100
    channels: int = 1
    bands: int = 96
    steps: int = 64
    longest_s: float = 2.0
    warp: float = 20.0
    fixed: bool = False
    floor_db: float = -80.0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CheckpointError: A value is outside its range.
        """
        ranges = {
            "sample_rate": (4000, 192000), "channels": (1, 2), "bands": (16, 256),
            "steps": (16, 512), "longest_s": (0.01, 30.0), "warp": (1.0, 1000.0),
            "floor_db": (-120.0, -20.0),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise CheckpointError(f"{name} {value}: must be in {low:g}..{high:g}")
        for name in ("bands", "steps"):
            if getattr(self, name) % 8:
                raise CheckpointError(f"{name} {getattr(self, name)}: must be a multiple of 8")

    @property
    def window(self) -> int:
        """Return the window of the STFT in samples."""
        return window_of(self.sample_rate)

    @property
    def analysis(self) -> tuple[int, int, int]:
        """Return sample rate, window and bands."""
        return self.sample_rate, self.window, self.bands

    @property
    def hop_s(self) -> float:
        """Return the time between two spectra in seconds."""
        return self.window / OVERLAP / self.sample_rate

    @property
    def planes(self) -> int:
        """Return the number of channels of an image: level, tonality, and side for stereo."""
        return self.channels + 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return the shape of an image, (planes, bands, steps)."""
        return self.planes, self.bands, self.steps

    def times_s(self) -> Float64:
        """Return the time of each step, (steps,), from 0 to the longest length."""
        even = np.linspace(0.0, 1.0, self.steps)
        if self.warp == 1.0:
            return np.asarray(self.longest_s * even)
        return np.asarray(self.longest_s * (self.warp**even - 1) / (self.warp - 1))


@dataclass(frozen=True)
class HitImage:
    """Hold a clip as an image.

    Attributes:
        planes: Levels in dB from the floor to 0, and tonality from 0 to 1, (planes, bands, steps).
        length_s: Length of the clip in seconds.
        level_db: Level of the loudest cell, dB of power density.
    """

    planes: Float32
    length_s: float
    level_db: float


def image_of(clip: npt.NDArray[np.floating[Any]], settings: ImageSettings) -> HitImage:
    """Return the image of a clip that starts at its onset.

    Args:
        clip: Audio at the rate of the settings, (channels, n); stereo becomes mono, and mono
            becomes stereo without a side, as the settings have it.
        settings: The settings.

    Returns:
        The image.
    """
    clip = clip[:, : round(settings.longest_s * settings.sample_rate)]
    spectrum = spectra(clip.mean(axis=0), settings.window)
    power = np.square(np.abs(spectrum)).astype(np.float32)
    tonal, mid = _tonal(power, settings), _mel(power, settings)
    peak = max(float(mid.max()), SILENT)
    planes = [_level(mid, peak, settings), tonal]
    if settings.channels == 2:
        side = (clip[0] - clip[-1]) / 2
        side_power = np.square(np.abs(spectra(side, settings.window))).astype(np.float32)
        planes.append(_level(_mel(side_power, settings), peak, settings))
    times = settings.times_s()
    image = np.stack([_at_times(plane, times, settings.hop_s) for plane in planes])
    beyond = times > clip.shape[1] / settings.sample_rate
    image[[0, *range(2, settings.planes)], :, :] = np.where(
        beyond, settings.floor_db, image[[0, *range(2, settings.planes)], :, :]
    )
    length_s = settings.longest_s if settings.fixed else clip.shape[1] / settings.sample_rate
    return HitImage(image.astype(np.float32), length_s, float(10 * np.log10(peak)))


def clip_of(image: HitImage, settings: ImageSettings, seed: int = 0) -> Float32:
    """Return the clip of an image.

    Args:
        image: The image.
        settings: The settings.
        seed: Seed of the noise.

    Returns:
        Audio, (channels, n).
    """
    count = max(1, round(min(image.length_s, settings.longest_s) * settings.sample_rate))
    signals = []
    for number in range(settings.channels):
        magnitude, tonal = magnitudes(image, settings, 2 * number)
        phase = phase_of(magnitude, settings.window, settings.window // OVERLAP, seed + number)
        random = np.random.default_rng((seed, number)).standard_normal(count)
        noise = spectra(random, settings.window)[: len(magnitude)]
        noise /= np.sqrt(np.square(np.abs(noise)).mean())
        spectrum = magnitude * (np.sqrt(tonal) * np.exp(1j * phase) + np.sqrt(1 - tonal) * noise)
        made = samples_of(spectrum, settings.window, count)
        signals.append(made * _lost(made, magnitude, settings))
    mid, side = signals[0], signals[-1] if settings.channels == 2 else 0.0
    clip = np.stack([mid + side, mid - side]) if settings.channels == 2 else mid[None]
    fade = min(count, round(FADE_S * settings.sample_rate))
    clip[:, count - fade :] *= np.linspace(1.0, 0.0, fade)
    return np.asarray(clip, np.float32)


def _lost(made: Float32, magnitude: Float32, settings: ImageSettings) -> float:
    """Return the gain that gives a clip the energy of its spectra: parts of them may cancel."""
    found = float(np.square(np.abs(spectra(made, settings.window))).sum())
    ratio = float(np.square(magnitude, dtype=np.float64).sum()) / max(found, 1e-20)
    return float(np.clip(np.sqrt(ratio), 0.5, 2.0))


def magnitudes(image: HitImage, settings: ImageSettings, plane: int) -> tuple[Float32, Float32]:
    """Return |STFT| and tonality of one level of an image, (frames, bins) each.

    Args:
        image: The image.
        settings: The settings.
        plane: The channel with the level: 0 for mid, 2 for side.

    Returns:
        Magnitudes and tonality.
    """
    length_s = min(image.length_s, settings.longest_s)
    frames = 1 + round(length_s * settings.sample_rate) // (settings.window // OVERLAP)
    times = np.arange(frames) * settings.hop_s
    place = np.interp(times, settings.times_s(), np.arange(settings.steps))
    level, tonal = (_at_places(image.planes[n], place) for n in (plane, 1))
    to_bins = bins_of_bands(*settings.analysis).T
    wanted = np.maximum(10 ** ((level + image.level_db) / 10), SILENT)
    power = 10 ** ((level.T @ to_bins + image.level_db) / 10)
    for _ in range(CORRECTIONS):
        found = np.maximum(_mel(power.astype(np.float32), settings), SILENT)
        power *= 10 ** (np.log10(wanted / found).T @ to_bins)
    power[level.T @ to_bins <= settings.floor_db + 1] = SILENT
    return np.sqrt(power).astype(np.float32), np.clip(tonal.T @ to_bins, 0, 1).astype(np.float32)


def _mel(power: Float32, settings: ImageSettings) -> Float32:
    """Return the mean power of each band, (bands, frames)."""
    return np.asarray(band_means(*settings.analysis) @ power.T, np.float32)


def _level(mel: Float32, peak: float, settings: ImageSettings) -> Float32:
    """Return dB relative to a power, from the floor up."""
    return np.asarray(
        np.maximum(10 * np.log10(np.maximum(mel, SILENT) / peak), settings.floor_db), np.float32
    )


def _tonal(power: Float32, settings: ImageSettings) -> Float32:
    """Return how tonal each band is, (bands, frames): power below its medians, over its power."""
    steady = scipy.ndimage.median_filter(power, (STEADY, 1), mode="nearest")
    click = scipy.ndimage.median_filter(power, (1, CLICK), mode="nearest")
    below = np.minimum(power, np.maximum(steady, click))
    smooth = scipy.ndimage.uniform_filter1d
    part, whole = (smooth(_mel(one, settings), SMOOTH, axis=1) for one in (below, power))
    share = (part + SILENT) / (whole + SILENT)
    tonal = np.clip((share - NOISE_SHARE) / (TONE_SHARE - NOISE_SHARE), 0, 1)
    return np.asarray(tonal, np.float32)


def _at_times(rows: Float32, times_s: Float64, hop_s: float) -> Float64:
    """Return rows (bands, frames) at times: interpolated, or the mean of a longer step."""
    ends = np.concatenate([times_s, [2 * times_s[-1] - times_s[-2]]]) / hop_s
    last = rows.shape[1] - 1
    # The integral of the interpolated rows, at any place.
    middle = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rows, axis=1)], axis=1)
    found = np.empty((len(rows), len(times_s)))
    for n, (start, after) in enumerate(itertools.pairwise(ends)):
        half = min(after - start, start - ends[max(n - 1, 0)] if n else after - start) / 2
        low, high = round(start - half), round(start + half)
        if high - low < 2 or start >= last:
            place = min(start, last)
            at = min(int(place), max(last - 1, 0))
            share = place - at
            found[:, n] = (1 - share) * rows[:, at] + share * rows[:, min(at + 1, last)]
        else:
            low, high = max(low, 0), min(high, last + 1)
            found[:, n] = (middle[:, high] - middle[:, low]) / (high - low)
    return found


def _at_places(rows: Float32, places: Float64) -> Float64:
    """Return rows (bands, steps) at fractional steps, (bands, len(places))."""
    low = np.minimum(places.astype(int), rows.shape[1] - 2)
    share = places - low
    return np.asarray(rows[:, low] * (1 - share) + rows[:, low + 1] * share)
