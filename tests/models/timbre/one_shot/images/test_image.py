"""Images keep a clip's spectrum, length and sides; phases of tones are those of one signal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from datasets.errors import CheckpointError
from models.audio.metrics import log_mel_l1
from models.timbre.one_shot.images.image import ImageSettings, clip_of, image_of
from models.timbre.one_shot.images.phase import phase_of
from models.timbre.one_shot.images.stft import OVERLAP, samples_of, spectra
from tests.models.timbre.drum_sounds import CLASSES, RATE, drum

SETTINGS = ImageSettings(RATE, longest_s=0.5, warp=8.0)


@pytest.mark.parametrize("label", CLASSES)
def test_a_clip_of_an_image_is_nearer_to_its_clip_than_other_clips_are(label: str) -> None:
    clip = drum(label, 2)
    image = image_of(clip[None], SETTINGS)
    back = clip_of(image, SETTINGS)
    assert back.shape == (1, len(clip)) and np.isfinite(back).all()
    near = log_mel_l1(clip, back[0], RATE)
    others = [log_mel_l1(clip, drum(other, 2), RATE) for other in CLASSES if other != label]
    assert near < 6.0 and near < 0.5 * min(others)
    assert abs(20 * np.log10(back.std() / clip.std())) < 2.5


@pytest.mark.parametrize("seconds", [0.06, 0.2, 0.5, 0.9])
def test_an_image_keeps_any_length_up_to_the_longest(seconds: float) -> None:
    clip = np.random.default_rng(0).standard_normal((1, round(seconds * RATE))).astype(np.float32)
    image = image_of(clip, SETTINGS)
    assert image.planes.shape == SETTINGS.shape
    assert image.length_s == pytest.approx(min(seconds, 0.5), abs=1e-3)
    assert clip_of(image, SETTINGS).shape[1] == round(image.length_s * RATE)
    fixed = replace(SETTINGS, fixed=True)
    assert image_of(clip, fixed).length_s == 0.5


def test_stereo_keeps_the_level_of_the_side() -> None:
    settings = replace(SETTINGS, channels=2)
    mid, side = drum("snare", 1), 0.3 * drum("hat-closed", 1)
    side = np.pad(side, (0, max(0, len(mid) - len(side))))[: len(mid)]
    back = clip_of(image_of(np.stack([mid + side, mid - side]), settings), settings)
    for wanted, found in ((mid, back.sum(axis=0) / 2), (side, (back[0] - back[1]) / 2)):
        assert abs(20 * np.log10(found.std() / wanted.std())) < 2.5
    mono = clip_of(image_of(np.stack([mid, mid]), settings), settings)
    assert np.abs(mono[0] - mono[1]).max() < 1e-4


def test_noise_is_not_tonal_and_a_sinusoid_is() -> None:
    t = np.arange(RATE // 2) / RATE
    sine = image_of(np.sin(2 * np.pi * 440 * t)[None].astype(np.float32), SETTINGS).planes
    noise = np.random.default_rng(0).standard_normal((1, len(t))).astype(np.float32)
    loudest = sine[0].argmax(axis=0)[10]
    assert sine[1, loudest, 10] > 0.9
    assert image_of(noise, SETTINGS).planes[1].mean() < 0.35


def test_the_phase_of_a_drum_is_consistent_with_its_magnitude() -> None:
    clip, window = drum("kick", 0), SETTINGS.window
    magnitude = np.abs(spectra(clip, window)).astype(np.float32)

    def error(phase: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        made = samples_of(magnitude * np.exp(1j * phase), window, len(clip))
        off = np.abs(spectra(made, window)) - magnitude
        return float(np.linalg.norm(off) / np.linalg.norm(magnitude))

    random = np.random.default_rng(0).uniform(0, 2 * np.pi, magnitude.shape)
    found = phase_of(magnitude, window, window // OVERLAP)
    assert error(found) < 0.15 < 0.5 < error(random)


def test_spectra_and_samples_are_inverse() -> None:
    clip = drum("snare", 3)
    back = samples_of(spectra(clip, SETTINGS.window), SETTINGS.window, len(clip))
    assert np.abs(back - clip).max() < 1e-5


@pytest.mark.parametrize("values", [{"bands": 97}, {"longest_s": 0.0}, {"channels": 3}])
def test_impossible_sizes_are_refused_with_their_value(values: dict[str, Any]) -> None:
    with pytest.raises(CheckpointError, match=str(next(iter(values.values())))):
        replace(SETTINGS, **values)
