"""Analyse a sound for its resynthesis: kind, duration, harmonics and residual."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.ndimage import gaussian_filter1d

from datasets.errors import AudioError
from models.audio.beating import find_beating, remove_beating
from models.audio.f0_track import F0Track, track_f0
from models.audio.harmonics import Harmonics, analyse_harmonics, refine_f0, split
from models.audio.pitch import estimate_f0
from models.audio.sound_kind import (
    INHARMONIC_RESIDUAL,
    LevelTrend,
    SoundKind,
    is_inharmonic,
    level_trend,
    release_start,
)

Float64 = npt.NDArray[np.float64]

SHORTEST_S = 0.05  # A shorter sound has too few periods.
SILENCE = 1e-4  # Quieter samples at the end are padding; relative to the loudest sample.
WHOLE_S = 0.1  # A sound that ends this close to the clip's end fills the clip.
LONGEST_S = 30.0  # The curves of a preset have 100 points at most.
LEAST_VOICED = 0.15  # With a smaller share of voiced frames, the preset is noise only.
PITCHED_S = 2.0  # The median f0 is measured in this time after the onset.
DENSE = 8  # Inharmonic sounds have partials at multiples of f0/8.
DENSE_PERIODS = 2  # Periods in a window of the dense grid.


@dataclass(frozen=True)
class SoundAnalysis:
    """Hold the analysis of a sound.

    Attributes:
        samples: The clip, shape (n,).
        sample_rate: Hz.
        note: MIDI note that plays the sound.
        duration_s: Seconds of sound in the clip, without padding at the end.
        release_s: Time when the final fall of the level begins, seconds. The duration if the
            level does not fall.
        kind: Harmonic, inharmonic or percussive.
        trend: Change of the level at the end.
        track: The f0 over time; None for a percussive sound.
        harmonics: Partials over time; None for a percussive sound.
        residual: The sound without its partials, shape (n,).
        divisor: The partials are multiples of f0 / divisor.
        detune_cents: Distance between the two equal voices of the sound; 0 for one voice.
    """

    samples: Float64
    sample_rate: int
    note: int
    duration_s: float
    release_s: float
    kind: SoundKind
    trend: LevelTrend
    track: F0Track | None
    harmonics: Harmonics | None
    residual: Float64
    divisor: int = 1
    detune_cents: float = 0.0

    @property
    def fills_clip(self) -> bool:
        """Return whether the sound continues to the end of the clip."""
        return self.duration_s > len(self.samples) / self.sample_rate - WHOLE_S

    @cached_property
    def centroid_hz(self) -> float:
        """Return the spectral centroid of the sound, Hz."""
        power = np.abs(scipy.fft.rfft(self.samples)) ** 2
        hz = scipy.fft.rfftfreq(len(self.samples), 1 / self.sample_rate)
        return float((power * hz).sum() / power.sum())

    @property
    def residual_share(self) -> float:
        """Return the power of the residual over the power of the sound."""
        return _share(self.residual, self.samples)


def analyse_sound(
    audio: npt.NDArray[np.floating], note: int, sample_rate: int, f0_hz: float | None = None
) -> SoundAnalysis:
    """Analyse a clip that begins with the onset of one note.

    Args:
        audio: Mono, shape (n,), 50 ms to 30 s of sound. Silence at the end is padding.
        note: MIDI note that will play the preset.
        sample_rate: Hz.
        f0_hz: The median f0, if known. It is measured by default.

    Returns:
        The analysis with harmonics of f0, or without partials for a percussive sound.

    Raises:
        AudioError: The clip is silent, too short, too long, or not finite.
    """
    samples = np.asarray(audio, np.float64)
    duration_s = _duration(samples, sample_rate)
    sound = samples[: round(duration_s * sample_rate)]
    if f0_hz is None:
        measured = estimate_f0(sound[: round(PITCHED_S * sample_rate)], sample_rate)
        f0_hz = None if np.isnan(measured) else measured
    release_s = release_start(sound, sample_rate)
    trend = level_trend(sound[: round(release_s * sample_rate)], sample_rate)
    track = None if f0_hz is None else track_f0(samples, sample_rate, f0_hz)
    if track is None or track.voiced_share < LEAST_VOICED * duration_s * sample_rate / len(samples):
        return SoundAnalysis(
            samples, sample_rate, note, duration_s, release_s, SoundKind.PERCUSSIVE, trend,
            None, None, samples,
        )  # fmt: skip
    f0 = _smooth_f0(samples, sample_rate, track)
    harmonics = analyse_harmonics(samples, f0, sample_rate)
    residual = split(samples, harmonics)[1]
    return SoundAnalysis(
        samples, sample_rate, note, duration_s, release_s, SoundKind.HARMONIC, trend,
        track, harmonics, residual,
    )  # fmt: skip


def dense_analysis(plain: SoundAnalysis) -> SoundAnalysis | None:
    """Analyse partials at multiples of f0/8, for a sound that may be inharmonic.

    Args:
        plain: The analysis with harmonics of f0.

    Returns:
        The analysis with dense partials; None if they explain little more than harmonics do.
    """
    if plain.harmonics is None or plain.residual_share < INHARMONIC_RESIDUAL:
        return None
    dense = analyse_harmonics(
        plain.samples,
        plain.harmonics.f0_hz / DENSE,
        plain.sample_rate,
        window_s=0.0,
        periods=DENSE_PERIODS,
    )
    residual = split(plain.samples, dense)[1]
    if not is_inharmonic(plain.residual_share, _share(residual, plain.samples)):
        return None
    return replace(
        plain, kind=SoundKind.INHARMONIC, harmonics=dense, residual=residual, divisor=DENSE
    )


def detuned_analysis(plain: SoundAnalysis) -> SoundAnalysis | None:
    """Explain beating harmonics by two detuned voices.

    Args:
        plain: The analysis with harmonics of one voice.

    Returns:
        The analysis with the harmonics of each voice; None if the harmonics do not beat.
    """
    beating = None if plain.harmonics is None else find_beating(plain.harmonics)
    if plain.harmonics is None or beating is None:
        return None
    f0_hz = float(np.median(plain.harmonics.f0_hz))
    half = beating.difference_hz / 2
    return replace(
        plain,
        harmonics=remove_beating(plain.harmonics, beating),
        detune_cents=float(1200 * np.log2((f0_hz + half) / (f0_hz - half))),
    )


def _duration(samples: Float64, sample_rate: int) -> float:
    """Return the seconds of sound before the padding at the end."""
    if samples.ndim != 1 or len(samples) < SHORTEST_S * sample_rate:
        raise AudioError(
            f"the sound is {samples.size / sample_rate:.2g} s long: use at least {SHORTEST_S} s"
        )
    if len(samples) > LONGEST_S * sample_rate:
        raise AudioError(
            f"the sound is {len(samples) / sample_rate:.3g} s long: use a part of at most "
            f"{LONGEST_S:g} s"
        )
    if not np.isfinite(samples).all():
        raise AudioError("the sound has NaN or infinite samples: decode the file again")
    peak = float(np.abs(samples).max())
    if peak < SILENCE:
        raise AudioError("the sound is silent: use a louder part of the recording")
    duration_s = (int(np.flatnonzero(np.abs(samples) > SILENCE * peak)[-1]) + 1) / sample_rate
    if duration_s < SHORTEST_S:
        raise AudioError(f"the sound is {duration_s:.2g} s long: use at least {SHORTEST_S} s")
    return duration_s


def _smooth_f0(samples: Float64, sample_rate: int, track: F0Track) -> Float64:
    """Return f0 at every sample: the track, smoothed, and corrected by the harmonics' phases."""
    smooth = F0Track(track.times_s, gaussian_filter1d(track.hz, 1.0, mode="nearest"), track.voiced)
    return refine_f0(samples, smooth.per_sample(len(samples), sample_rate), sample_rate)


def _share(part: Float64, whole: Float64) -> float:
    return float((part**2).sum() / max((whole**2).sum(), 1e-20))
