"""Prepare clips: one rate, the wanted channels, and a start at the onset."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from datasets.errors import AudioError
from models.timbre.one_shot.images.image import ImageSettings

Float32 = npt.NDArray[np.float32]

SILENT = 1e-5  # Peak of a clip that counts as silent, -100 dBFS.
CLEAR, FIRST = 0.25, 0.02  # Parts of the peak: a hit has begun, and where it began.
BEFORE_S = 0.02  # The start is searched for in this time before the hit has begun.
TAIL_DB = -70.0  # A clip ends where it stays below this, relative to its peak.
BLOCK_S = 0.005


def prepared(
    samples: npt.NDArray[np.floating[Any]], sample_rate: int, settings: ImageSettings
) -> Float32:
    """Return a clip from its onset to its end, as the settings have it.

    Args:
        samples: Mono (n,) or (channels, n).
        sample_rate: Hz.
        settings: Rate, channels and longest length.

    Returns:
        Audio, (channels, n).

    Raises:
        AudioError: The clip is silent, or has values that are not finite.
    """
    clip = at_rate(samples, sample_rate, settings.sample_rate)
    clip = clip[:2] if settings.channels == 2 else clip.mean(axis=0, keepdims=True)
    if len(clip) < settings.channels:
        clip = np.repeat(clip, settings.channels, axis=0)
    start = find_onset(clip, settings.sample_rate)
    clip = clip[:, start : start + round(settings.longest_s * settings.sample_rate)]
    return clip[:, : find_end(clip, settings.sample_rate)]


def at_rate(samples: npt.NDArray[np.floating[Any]], sample_rate: int, wanted: int) -> Float32:
    """Return audio at another rate.

    Args:
        samples: Mono (n,) or (channels, n).
        sample_rate: Hz.
        wanted: Rate to return, in Hz.

    Returns:
        Audio, (channels, n), float32.

    Raises:
        AudioError: It is empty, or has values that are not finite.
    """
    clip = np.atleast_2d(np.asarray(samples, np.float32))
    if not clip.size or not np.isfinite(clip).all():
        raise AudioError(f"sound of shape {clip.shape}: give finite samples")
    if sample_rate == wanted:
        return clip
    resampled = soxr.resample(clip.T, sample_rate, wanted, quality="HQ")
    return np.ascontiguousarray(resampled.T, np.float32)


def find_onset(clip: Float32, sample_rate: int) -> int:
    """Return the first sample of a hit.

    Args:
        clip: Audio, (channels, n).
        sample_rate: Hz.

    Returns:
        The sample where the level leaves 2 % of the peak, and the noise before the hit, up to 20 ms
        before it reaches 25 %.

    Raises:
        AudioError: The clip is silent.
    """
    size = np.abs(clip).max(axis=0)
    peak = float(size.max())
    if peak < SILENT:
        raise AudioError("the sound is silent: give a recording with a peak above -100 dB")
    begun = int(np.argmax(size >= CLEAR * peak))
    earliest = max(0, begun - round(BEFORE_S * sample_rate))
    quiet = clip[:, :earliest]
    noise = 4 * float(np.sqrt(np.square(quiet).mean())) if earliest * 100 > sample_rate else 0.0
    first = min(max(FIRST * peak, noise), CLEAR * peak)
    return earliest + int(np.argmax(size[earliest : begun + 1] >= first))


def find_end(clip: Float32, sample_rate: int) -> int:
    """Return the number of samples until a clip stays below -70 dB of its peak."""
    block = max(1, round(BLOCK_S * sample_rate))
    size = np.abs(clip).max(axis=0)
    padded = np.append(size, np.zeros(-len(size) % block, np.float32)).reshape(-1, block)
    loud = padded.max(axis=1) > float(size.max()) * 10 ** (TAIL_DB / 20)
    return min(len(size), (int(np.flatnonzero(loud)[-1]) + 1) * block)
