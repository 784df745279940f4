"""Compute log-mels with the same code in training, matching and evaluation.

Render workers load this file and must stay small, so it imports only numpy and scipy. Its
filterbank replaces librosa, which takes 1.5 s and 170 MB to import. Everything runs on one thread
in float32. A clip therefore gives the same bytes on any number of cores.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.fft
import scipy.sparse
from numpy.typing import NDArray

Audio = NDArray[np.floating[Any]]
Float32 = NDArray[np.float32]

FEATURES_VERSION = 1  # Part of every digest. Raise it when the numbers below change.
SILENCE_PEAK = 1e-6  # -120 dBFS. Without it, denormals of a muted patch would become 0 dB.
MAX_SHIFT = 24  # Semitones. A larger shift makes bands narrower than the window can resolve.
SHIFT_STEP = 0.25  # Semitones. Sung notes are fractional, and each shift caches one filterbank.


@dataclass(frozen=True)
class FeatureSettings:
    """Describe how a clip becomes a log-mel image; saved in every checkpoint and feature cache.

    The paper (Esling et al., section 4.1) analyses audio at 22050 Hz with an FFT of 2048 and a hop
    of 1024. It uses 128 bands of 30-11000 Hz. 4096/2048 at 44100 Hz is the same analysis in
    milliseconds and hertz, without resampling.

    Attributes:
        sample_rate: Hz of the audio. Resample other audio before use.
        window: Samples in one Hann window, also the FFT size.
        hop: Samples between two frames.
        bands: Number of mel bands (Slaney scale, area-normalised).
        fmin: Lower edge of the lowest band in Hz.
        fmax: Upper edge of the highest band in Hz.
        floor_db: Lowest value in dB, relative to the clip's own maximum.
        duration_s: Length of every clip in seconds. Clips are zero-padded or cut to it.
        reference_note: None for absolute frequency. Otherwise the MIDI note for which the band
            edges are given. For another note the edges move with the note. A key-tracked patch then
            gives the same image at any note.

    Raises:
        ValueError: A value is out of range. The message names it.

    >>> FeatureSettings().frames
    87
    """

    sample_rate: int = 44100
    window: int = 4096
    hop: int = 2048
    bands: int = 128
    fmin: float = 30.0
    fmax: float = 11000.0
    floor_db: float = -80.0
    duration_s: float = 4.0
    reference_note: int | None = None

    def __post_init__(self) -> None:
        """Refuse settings that would give an empty or meaningless image."""
        for name in ("sample_rate", "window", "hop", "bands", "duration_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}: give a positive number")
        if not 0 <= self.fmin < self.fmax <= self.sample_rate / 2:
            raise ValueError(
                f"fmin is {self.fmin} and fmax is {self.fmax}: give values with "
                f"0 <= fmin < fmax <= {self.sample_rate / 2} Hz, half the sample rate"
            )
        if self.floor_db >= 0:
            raise ValueError(f"floor_db is {self.floor_db}: give a value below 0 dB")

    @classmethod
    def for_rate(cls, sample_rate: int) -> "FeatureSettings":
        """Make the default analysis, in ms and Hz, at another sample rate (Hz, >= 22000)."""
        hop = round(2048 * sample_rate / 44100)
        return cls(sample_rate=sample_rate, window=2 * hop, hop=hop)

    @property
    def samples(self) -> int:
        """Return the number of samples of a clip after padding or cutting."""
        return round(self.duration_s * self.sample_rate)

    @property
    def frames(self) -> int:
        """Return the number of frames (columns) of a log-mel image."""
        return 1 + self.samples // self.hop

    @property
    def hop_s(self) -> float:
        """Return the seconds between two frames."""
        return self.hop / self.sample_rate

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, one per field."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "FeatureSettings":
        """Rebuild settings from `to_dict`; a missing field takes its default.

        Raises:
            ValueError: A key is not a field, from a newer checkpoint or a typing error.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(
                f"unknown feature settings {', '.join(unknown)}: remove them, or update "
                f"patchwright. Known settings: {', '.join(sorted(known))}"
            )
        return cls(**values)

    def digest(self) -> str:
        """Hash settings and algorithm version to 12 hex digits, for cache keys."""
        # 30 and 30.0 are equal settings and must share one cache.
        values = {
            field.name: float(value) if (value := getattr(self, field.name)) is not None else None
            for field in fields(self)
        }
        text = json.dumps({"version": FEATURES_VERSION, **values}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def mono(audio: Audio, length: int | None = None) -> Float32:
    """Convert (n,) or (channels, n) to mono (n,) float32, zero-padded or cut to `length` samples.

    Raises:
        ValueError: The audio is empty, has a wrong shape, or has NaN or infinite samples. Also when
            it has more channels than samples.
    """
    if audio.ndim not in (1, 2) or audio.size == 0:
        raise ValueError(f"audio has shape {audio.shape}: expected (n,) or (channels, n)")
    if audio.ndim == 2 and audio.shape[0] > audio.shape[1]:
        raise ValueError(f"audio has shape {audio.shape}: expected (channels, n); transpose it")
    flat = audio if audio.ndim == 1 else audio.mean(axis=0)
    flat = np.asarray(flat, dtype=np.float32)
    if not np.isfinite(flat).all():
        raise ValueError("audio has NaN or infinite samples: render or record it again")
    if length is None or length == len(flat):
        return flat
    fitted = np.zeros(length, dtype=np.float32)
    fitted[: len(flat)] = flat[:length]
    return fitted


def is_silent(samples: Float32) -> bool:
    """Return whether every sample of (n,) is below -120 dBFS."""
    return bool(max(samples.max(), -samples.min()) < SILENCE_PEAK)


@lru_cache(maxsize=64)
def hann(window: int) -> Float32:
    """Make the periodic Hann window (window,), peak 1."""
    phase = 2 * np.pi * np.arange(window) / window
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)


def cut_frames(samples: Float32, window: int, hop: int) -> Float32:
    """Return a view of (n,) as frames (1 + n // hop, window).

    Args:
        samples: Mono audio, shape (n,).
        window: Samples in a frame.
        hop: Samples between two frames.

    Returns:
        Frames. Frame t is centred on sample t * hop, zero-padded at both ends.
    """
    padded = np.zeros(len(samples) + window, dtype=np.float32)
    padded[window // 2 : window // 2 + len(samples)] = samples
    return np.lib.stride_tricks.sliding_window_view(padded, window)[::hop][
        : 1 + len(samples) // hop
    ]


def power_spectrum(samples: Float32, window: int, hop: int) -> Float32:
    """Return the power |STFT|^2 of a clip with a Hann window.

    Args:
        samples: Mono audio, shape (n,).
        window: Samples in a frame.
        hop: Samples between two frames.

    Returns:
        Power, shape (1 + n // hop, window // 2 + 1).
    """
    spectrum = scipy.fft.rfft(cut_frames(samples, window, hop) * hann(window), axis=1)
    power: Float32 = spectrum.real**2
    power += spectrum.imag**2
    return power


def _hz_to_mel(hz: float) -> float:
    """Convert Hz to Slaney's mel scale.

    The scale is linear (200/3 Hz per mel) up to 1 kHz, then has 27 mels per factor of 6.4.
    """
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * float(np.log(hz / 1000) / np.log(6.4))


def _mel_to_hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert `_hz_to_mel`, elementwise."""
    return np.where(mels < 15, mels * 200 / 3, 1000 * 6.4 ** ((mels - 15) / 27))


@lru_cache(maxsize=512)
def mel_filterbank(
    sample_rate: int, window: int, bands: int, fmin: float, fmax: float, shift: float = 0.0
) -> scipy.sparse.csr_array:
    """Make the sparse float32 matrix from power to mel bands.

    The filters are triangles on Slaney's scale, each of unit area in Hz, as in
    `librosa.filters.mel`. A triangle that is shifted down can fall between two FFT bins and vanish.
    Its sides are therefore kept at least one bin wide. This does not change the unshifted settings
    of the paper. Frequencies beyond Nyquist have no bin and no weight.

    Args:
        sample_rate: Sample rate in Hz.
        window: Samples in a frame.
        bands: Number of mel bands.
        fmin: Lower edge of the lowest band in Hz.
        fmax: Upper edge of the highest band in Hz.
        shift: Semitones by which every edge moves: a factor of 2**(shift/12).

    Returns:
        Matrix of shape (bands, window // 2 + 1).
    """
    edges = _mel_to_hz(np.linspace(_hz_to_mel(fmin), _hz_to_mel(fmax), bands + 2))
    edges = edges * 2 ** (shift / 12)
    bins = np.arange(window // 2 + 1) * sample_rate / window
    centre = edges[1:-1, None]
    least = sample_rate / window if shift < 0 else 0.0
    below = np.maximum(np.diff(edges)[:-1, None], least)
    above = np.maximum(np.diff(edges)[1:, None], least)
    sides = np.minimum((bins - centre + below) / below, (centre + above - bins) / above)
    weights = np.maximum(0, sides) * 2 / (below + above)
    return scipy.sparse.csr_array(weights.astype(np.float32))


def apply_filterbank(filterbank: scipy.sparse.csr_array, power: Float32) -> Float32:
    """Sum power (frames, bins) into mel bands (bands, frames)."""
    # Sparse is as fast as BLAS here, and gives the same bytes on any number of cores.
    mel: Float32 = filterbank @ np.ascontiguousarray(power.T)
    return mel


def relative_db(power: Float32, floor_db: float, silent: bool) -> Float32:
    """Convert power to dB relative to its own maximum, limited to the floor.

    Args:
        power: Power values of any shape.
        floor_db: Lowest value of the result, below 0.
        silent: Return the floor everywhere.

    Returns:
        Values in floor_db..0, of the same shape.
    """
    peak = power.max()
    if silent or peak <= 0:
        return np.full(power.shape, floor_db, dtype=np.float32)
    # The first limit, 3 dB under the floor, avoids log(0). The second one makes floor cells
    # exactly floor_db.
    decibels: Float32 = np.maximum(power / peak, np.float32(0.5 * 10 ** (floor_db / 10)))
    np.log(decibels, out=decibels)
    decibels *= np.float32(10 / np.log(10))
    np.maximum(decibels, np.float32(floor_db), out=decibels)
    return decibels


def transposition(settings: FeatureSettings, note: float | None) -> float:
    """Return the semitones by which the band edges move for a clip of `note`.

    The result is 0 without a reference note.

    Raises:
        ValueError: The settings are pitch-normalised and the note is missing. No shift would give
            the network images that it was never trained on.
    """
    if settings.reference_note is None:
        return 0.0
    if note is None:
        raise ValueError(
            "the note is missing, but the features are pitch-normalised (reference_note "
            f"{settings.reference_note}): pass the clip's MIDI note"
        )
    shift = float(np.clip(note - settings.reference_note, -MAX_SHIFT, MAX_SHIFT))
    return round(shift / SHIFT_STEP) * SHIFT_STEP


def log_mel(audio: Audio, settings: FeatureSettings, note: float | None = None) -> Float32:
    """Make the (bands, frames) float32 log-mel image of a clip, in [floor_db, 0] dB.

    Args:
        audio: Shape (n,) or (channels, n) at `settings.sample_rate`, downmixed by the mean.
        settings: The analysis.
        note: MIDI note of the clip, may be fractional. Required only if `settings.reference_note`
            is set. Shifted bands beyond Nyquist then stay at the floor.

    Returns:
        The image.

    Raises:
        ValueError: The audio is unusable (see `mono`), or the note is missing.

    >>> image = log_mel(np.zeros(44100, np.float32), FeatureSettings())
    >>> image.shape, float(image.max())
    ((128, 87), -80.0)
    """
    samples = mono(audio, settings.samples)
    filterbank = mel_filterbank(
        settings.sample_rate,
        settings.window,
        settings.bands,
        settings.fmin,
        settings.fmax,
        transposition(settings, note),
    )
    power = power_spectrum(samples, settings.window, settings.hop)
    return relative_db(apply_filterbank(filterbank, power), settings.floor_db, is_silent(samples))
