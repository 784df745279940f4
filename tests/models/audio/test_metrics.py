"""Check the metrics, also against slow references computed here from their definitions."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.audio.features import FeatureSettings, Float32
from models.audio.metrics import (
    ALL_METRICS,
    TargetDistance,
    dtw_distance,
    envelope_cosine,
    f0_cents,
    headline,
    log_mel_l1,
    mel_mse,
    mss,
    parameter_mse_n,
    sot,
    spectral_convergence,
    wmfcc,
)

RATE = 44100
SAMPLES = 4 * RATE
BEST = {name: 0.0 if metric.lower_is_better else 1.0 for name, metric in ALL_METRICS.items()}
SYMMETRIC = sorted(set(ALL_METRICS) - {"sc", "sc_log"})
LEVEL_INVARIANT = sorted(set(ALL_METRICS) - {"wmfcc"})


def tone(f0: float, decay: float = 1.0, samples: int = SAMPLES) -> Float32:
    """Make a sawtooth-like decaying tone under 20 kHz, (samples,)."""
    time = np.arange(samples) / RATE
    partials = [np.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 15) if f0 * k < 20000]
    result: Float32 = (0.3 * np.sum(partials, axis=0) * np.exp(-decay * time)).astype(np.float32)
    return result


def noise(seed: int, samples: int = SAMPLES) -> Float32:
    """Make white noise at -20 dBFS, (samples,)."""
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


SILENCE = np.zeros(SAMPLES, np.float32)
DARK, BRIGHT = tone(220.0), tone(233.0, decay=4.0) + 0.05 * noise(1)


@pytest.mark.parametrize("name", ALL_METRICS)
def test_identity_is_best_and_a_difference_is_worse(name: str) -> None:
    metric = ALL_METRICS[name]
    assert metric.function(BRIGHT, BRIGHT.copy(), RATE) == pytest.approx(BEST[name], abs=1e-9)
    other = metric.function(DARK, BRIGHT, RATE)
    assert other > 1e-4 if metric.lower_is_better else other < 0.999


@pytest.mark.parametrize("name", SYMMETRIC)
def test_symmetric_scores(name: str) -> None:
    function = ALL_METRICS[name].function
    assert function(DARK, BRIGHT, RATE) == pytest.approx(function(BRIGHT, DARK, RATE), rel=1e-9)


@pytest.mark.parametrize("name", LEVEL_INVARIANT)
def test_level_does_not_matter(name: str) -> None:
    function = ALL_METRICS[name].function
    quiet = np.float32(0.003) * BRIGHT
    assert function(DARK, quiet, RATE) == pytest.approx(function(DARK, BRIGHT, RATE), rel=1e-3)
    assert function(BRIGHT, quiet, RATE) == pytest.approx(BEST[name], abs=1e-3)


def test_wmfcc_depends_on_level() -> None:
    assert wmfcc(DARK, 0.1 * DARK, RATE) > 1.0


@pytest.mark.parametrize("name", sorted(set(ALL_METRICS) - {"f0_cents"}))
def test_silence_is_finite_and_counts_as_the_floor(name: str) -> None:
    function = ALL_METRICS[name].function
    denormal = np.float32(1e-8) * noise(2)
    for a, b in ((SILENCE, DARK), (DARK, SILENCE)):
        value = function(a, b, RATE)
        assert np.isfinite(value)
        assert abs(value - BEST[name]) > 5e-4
    assert function(SILENCE, SILENCE, RATE) == pytest.approx(BEST[name], abs=1e-12)
    assert function(DARK, denormal, RATE) == pytest.approx(function(DARK, SILENCE, RATE), rel=1e-3)


def test_silence_against_a_clip_is_its_mean_height_above_the_floor() -> None:
    image = np.stack([slow_mel_db(DARK[:4410], *scale).mean() for scale in SCALES])
    assert mss(DARK[:4410], SILENCE[:4410], RATE) == pytest.approx((image + 80).mean(), abs=1e-3)


SCALES = ((441, 220, 32), (1102, 441, 64), (4410, 2205, 128))


def slow_mel_db(audio: Float32, window: int, hop: int, bands: int) -> NDArray[np.float64]:
    """Compute mel in dB re maximum by the definition: one frame, DFT and band at a time."""
    from librosa.filters import mel

    bank = mel(sr=RATE, n_fft=window, n_mels=bands, dtype=np.float64)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    columns = []
    for centre in range(0, len(audio) + 1, hop):
        frame = np.zeros(window)
        for i in range(window):
            at = centre - window // 2 + i
            frame[i] = audio[at] if 0 <= at < len(audio) else 0.0
        columns.append(bank @ np.abs(np.fft.rfft(frame * hann)) ** 2)
    power = np.array(columns).T
    return np.asarray(np.maximum(10 * np.log10(power / power.max() + 1e-30), -80.0))


def test_mss_equals_a_slow_reference() -> None:
    a, b = DARK[:8820], BRIGHT[:8820]
    slow = [np.abs(slow_mel_db(a, *scale) - slow_mel_db(b, *scale)).mean() for scale in SCALES]
    assert mss(a, b, RATE) == pytest.approx(float(np.mean(slow)), rel=1e-4)


def test_mss_and_log_mel_equal_librosa_on_a_full_clip() -> None:
    from librosa import power_to_db, stft
    from librosa.filters import mel

    def image(audio: Float32, window: int, hop: int, bank: NDArray[Any]) -> NDArray[Any]:
        power = np.abs(stft(audio, n_fft=window, hop_length=hop)) ** 2
        return np.asarray(power_to_db(bank @ power, ref=np.max, amin=1e-30, top_db=80))

    def distance(window: int, hop: int, bands: int, fmin: float, fmax: float) -> float:
        bank = mel(sr=RATE, n_fft=window, n_mels=bands, fmin=fmin, fmax=fmax)
        a, b = (image(clip, window, hop, bank) for clip in (DARK, BRIGHT))
        return float(np.abs(a - b).mean())

    multi_scale = np.mean([distance(*scale, 0.0, RATE / 2) for scale in SCALES])
    features = distance(4096, 2048, 128, 30.0, 11000.0)
    assert mss(DARK, BRIGHT, RATE) == pytest.approx(multi_scale, rel=2e-3)
    assert log_mel_l1(DARK, BRIGHT, RATE) == pytest.approx(features, rel=2e-3)


def test_yardstick_agrees_exactly_with_the_functions() -> None:
    target_distance = TargetDistance(DARK, RATE)
    for match in (BRIGHT, DARK[:RATE], np.concatenate([BRIGHT, DARK]), BRIGHT):
        distance = target_distance.distance(match)
        assert distance.mss == mss(DARK, match, RATE)
        assert distance.log_mel_l1 == log_mel_l1(DARK, match, RATE)
        assert distance.j == headline(DARK, match, RATE)
        assert distance.j == (distance.mss + distance.log_mel_l1) / 2


@pytest.mark.parametrize("name", ALL_METRICS)
def test_the_shorter_clip_is_zero_padded_and_channels_are_averaged(name: str) -> None:
    function = ALL_METRICS[name].function
    short = DARK[: 3 * RATE]
    padded = np.concatenate([short, np.zeros(RATE, np.float32)])
    expected = function(padded, BRIGHT, RATE)
    assert function(short, BRIGHT, RATE) == pytest.approx(expected, rel=1e-6)
    stereo = np.stack([2 * BRIGHT, 0 * BRIGHT])
    assert function(padded, stereo, RATE) == pytest.approx(expected, rel=1e-6)


def test_sample_rates_that_differ_are_named() -> None:
    with pytest.raises(ValueError, match=r"44100 Hz .* 22050 Hz"):
        TargetDistance(DARK, RATE, FeatureSettings(sample_rate=22050))
    with pytest.raises(ValueError, match=r"44100 Hz .* 22050 Hz"):
        mel_mse(DARK, DARK, RATE, settings=FeatureSettings(sample_rate=22050))


def test_the_judge_uses_absolute_pitch_with_any_network_settings() -> None:
    normalised = FeatureSettings(reference_note=60)
    assert headline(DARK, BRIGHT, RATE, normalised) == headline(DARK, BRIGHT, RATE)


def test_broken_render_is_refused() -> None:
    broken = DARK.copy()
    broken[5] = np.nan
    with pytest.raises(ValueError, match="NaN or infinite"):
        TargetDistance(DARK, RATE).distance(broken)


def test_dtw_of_small_matrices() -> None:
    # |x - y| for x = (0, 1, 1), y = (0, 1): path (0,0) (1,1) (2,1), all free.
    assert dtw_distance(np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])) == 0.0
    # x = (0, 2), y = (1, 1): 1 at the start, then 2 * 1 diagonally = 1 + 1 around: 3 / (2 + 2).
    assert dtw_distance(np.ones((2, 2))) == 0.75
    # Diagonal 2 * 5 loses to the detour 1 + 5: 0 + 1 + 5 = 6, over 4.
    assert dtw_distance(np.array([[0.0, 1.0], [9.0, 5.0]])) == 1.5
    assert dtw_distance(np.array([[1.0, 2.0, 3.0]])) == 1.5


def test_dtw_equals_a_slow_recursion() -> None:
    cost = np.random.default_rng(0).random((13, 9))
    total = np.full((14, 10), np.inf)
    for i in range(13):
        for j in range(9):
            steps = (total[i, j + 1] + cost[i, j], total[i + 1, j] + cost[i, j])
            best = min(*steps, total[i, j] + 2 * cost[i, j])
            total[i + 1, j + 1] = cost[i, j] if i == j == 0 else best
    assert dtw_distance(cost) == pytest.approx(total[13, 9] / 22)
    assert dtw_distance(cost.T) == pytest.approx(total[13, 9] / 22)


def test_wmfcc_uses_librosa_mfcc() -> None:
    from librosa.feature import mfcc

    a, b = (
        mfcc(y=clip[:8900], sr=RATE, n_mfcc=20, n_fft=2205, hop_length=441, n_mels=128)
        for clip in (DARK, BRIGHT)
    )
    local = np.abs(a[:, :, None] - b[:, None, :]).mean(axis=0)
    assert wmfcc(DARK[:8900], BRIGHT[:8900], RATE) == pytest.approx(dtw_distance(local), rel=2e-3)


def test_wmfcc_forgives_timing_that_mss_does_not() -> None:
    late = np.concatenate([np.zeros(4410, np.float32), BRIGHT[:-4410]])
    early = np.concatenate([BRIGHT[:-4410], np.zeros(4410, np.float32)])
    unrelated = wmfcc(early, DARK, RATE)
    assert wmfcc(early, late, RATE) < 0.25 * unrelated


def test_sot_of_sines_is_their_distance_on_the_frequency_axis() -> None:
    time = np.arange(SAMPLES) / RATE
    low, high = np.sin(2 * np.pi * 2000 * time), np.sin(2 * np.pi * 7000 * time)
    assert sot(low, high, RATE) == pytest.approx(5000 / 22050, rel=0.02)


def test_sot_equals_scipy_on_one_frame() -> None:
    from scipy.stats import wasserstein_distance

    a, b = noise(3, 800), noise(4, 800)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2205) / 2205)
    spectra = []
    for clip in (a, b):
        frame = np.zeros(2205)
        frame[1102:1902] = clip
        spectra.append(np.abs(np.fft.rfft(frame * hann)))
    axis = np.linspace(0, 1, 1103)
    assert sot(a, b, RATE) == pytest.approx(wasserstein_distance(axis, axis, *spectra), rel=1e-4)


def test_envelope_cosine_of_separate_bursts_is_zero() -> None:
    first, second = SILENCE.copy(), SILENCE.copy()
    first[:RATE], second[2 * RATE : 3 * RATE] = 0.5, 0.5
    assert envelope_cosine(first, second, RATE) == 0.0
    # Half of one envelope's energy shared: cosine sqrt(1/2), up to the ramp of one window.
    assert envelope_cosine(first, first + second, RATE) == pytest.approx(2**-0.5, abs=0.01)


@pytest.mark.parametrize("cents", [-1200, -30, 0, 100, 1900])
def test_f0_error_in_cents(cents: int) -> None:
    other = tone(220.0 * 2 ** (cents / 1200), decay=3.0)
    assert f0_cents(DARK, other, RATE) == pytest.approx(abs(cents), abs=3)


@pytest.mark.parametrize("unvoiced", [SILENCE, noise(5)])
def test_f0_error_is_nan_without_voice(unvoiced: Float32) -> None:
    assert np.isnan(f0_cents(DARK, unvoiced, RATE))
    assert np.isnan(f0_cents(unvoiced, DARK, RATE))


def test_paper_forms_against_silence() -> None:
    # Against silence the difference is the target itself: SC is 1 in both forms.
    assert spectral_convergence(DARK, SILENCE, RATE) == pytest.approx(1.0)
    assert spectral_convergence(DARK, SILENCE, RATE, form="log") == pytest.approx(1.0)


def test_mel_mse_bounds_log_mel_l1() -> None:
    # Root mean square >= mean |.|: both are in dB only if the units are consistent.
    assert mel_mse(DARK, BRIGHT, RATE) ** 0.5 >= log_mel_l1(DARK, BRIGHT, RATE) > 1.0
    assert mel_mse(DARK, BRIGHT, RATE, form="linear") < 1.0


def test_parameter_mse_n_of_a_small_batch() -> None:
    truth = np.array([[1.0, 0.5], [0.0, 0.5]], np.float32)
    estimate = np.array([[0.5, 0.5], [0.5, 0.0]], np.float32)
    # Column 0: errors .25 / mean square .5 -> .5, .5; column 1: 0 and .25 / .25 = 1.
    assert parameter_mse_n(estimate, truth) == pytest.approx((0.5 + 0.5 + 0 + 1) / 4)
    assert parameter_mse_n(truth, truth) == 0.0
    with pytest.raises(ValueError, match=r"expected two \(batch, P\)"):
        parameter_mse_n(truth, truth[0])


def test_directions() -> None:
    assert [name for name, m in ALL_METRICS.items() if not m.lower_is_better] == ["envelope_cosine"]
