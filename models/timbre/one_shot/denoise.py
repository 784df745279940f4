"""Remove noise from a recorded hit: the model says what the clean hit looks like.

The paper decodes the centre of a class instead, which replaces the hit by another one. Here the
decoded image is the prior of a Wiener filter, so the result keeps the phase and the details of the
recording. The noise counts as white, with the most likely level, given the image.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from models.timbre.contract import LatentPosition
from models.timbre.one_shot.images.image import HitImage, image_of, magnitudes
from models.timbre.one_shot.images.onset import at_rate, find_onset
from models.timbre.one_shot.images.stft import samples_of, spectra
from models.timbre.one_shot.model import OneShotModel

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

UPDATES = 60  # Of the level of the noise.
SMOOTH = (5, 3)  # Frames and bins of the mean of the measured power.
TRUST = 0.3  # Weight of the model against the measured power, in dB.
SILENT = 1e-12


def denoise(
    model: OneShotModel, samples: npt.NDArray[np.floating[Any]], sample_rate: int
) -> Float32:
    """Return a recording of one hit without its noise.

    Args:
        model: A model of such hits.
        samples: Mono (n,) or (channels, n).
        sample_rate: Hz.

    Returns:
        Audio at the model's rate, (channels, n), with the length and the level of the recording.

    Raises:
        AudioError: The recording is silent.
    """
    clip = at_rate(samples, sample_rate, model.sample_rate)
    start = find_onset(clip, model.sample_rate)
    most = round(model.image.longest_s * model.sample_rate)
    part = clip[:, start : start + most]
    window = model.image.window
    spectrum = np.stack([spectra(channel, window) for channel in part])
    power = np.square(np.abs(spectrum)).mean(axis=0)
    gain = wiener_gain(power, clean_power(model, part))
    cleaned = np.zeros_like(clip)
    for channel, one in zip(cleaned, spectrum, strict=True):
        channel[start : start + part.shape[1]] = samples_of(gain * one, window, part.shape[1])
    return cleaned


def clean_power(model: OneShotModel, part: Float32) -> Float64:
    """Return the power of the clean hit as the model sees it, (frames, bins).

    Args:
        model: The model.
        part: The noisy recording from its onset, at the model's rate, (channels, n).

    Returns:
        The power.
    """
    wanted = part if len(part) == model.channels else part.mean(axis=0, keepdims=True)
    if len(wanted) < model.channels:
        wanted = np.repeat(wanted, model.channels, axis=0)
    noisy = image_of(wanted, model.image)
    position = LatentPosition.of(model.positions_of([noisy])[0])
    image: HitImage = model.images_at([position])[0]
    seconds = part.shape[1] / model.sample_rate
    # Levels are those of the recording, and cells after the end of the hit are silent.
    ended = model.image.times_s() > image.length_s
    planes = image.planes.copy()
    planes[0][:, ended] = model.image.floor_db
    image = replace(image, planes=planes, length_s=seconds, level_db=noisy.level_db)
    magnitude = magnitudes(image, model.image, 0)[0]
    return np.square(magnitude.astype(np.float64))


def wiener_gain(power: Float64, clean: Float64) -> Float64:
    """Return the gain of each cell, 0 to 1, for a noisy power and a prior of the clean one.

    Args:
        power: Power of the recording, (frames, bins).
        clean: Prior of the power without noise, (frames, bins).

    Returns:
        Gains, (frames, bins).
    """
    noise = noise_power(power, clean)
    measured = scipy.ndimage.uniform_filter(np.maximum(power - noise, 0.0), SMOOTH)
    mixed = clean**TRUST * np.maximum(measured, SILENT) ** (1 - TRUST)
    return np.asarray(mixed / (mixed + noise))


def noise_power(power: Float64, clean: Float64) -> float:
    """Return the most likely power of white noise in a bin.

    With exponential power around ``clean + noise`` the likelihood is the Itakura-Saito distance.
    The updates are those of its factorisation with one free factor.
    """
    noise = max(float(np.median(power)), SILENT)
    for _ in range(UPDATES):
        total = clean + noise
        noise *= float((power / total**2).sum() / (1 / total).sum())
    return noise
