"""Define a tone: what a timbre model makes, and what a synthesizer needs to play it.

A tone holds spectral envelopes over time, without a pitch. A synthesizer samples them at the
harmonics of any pitch, and makes sound:

    x(t) = sum_k a_k(t) sin(2 pi k c(t) + p_k) + noise(t)

- ``c(t)`` is the integral of f0 in cycles, 0 at the note's start.
- ``a_k(t)`` is the envelope of the tone at ``k f0(t)``. Between frames it is linear in amplitude.
- ``p_k`` is ``START_PHASES[k - 1]``.
- ``noise(t)`` is white noise, filtered to the tone's ``noise_db``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio.noise_bands import HIGHEST_HZ as NOISE_TOP_HZ
from models.audio.noise_bands import erb_edges

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

MOST_HARMONICS = 100
HIGHEST_HZ = 20000.0  # Harmonics at or above it, or above half the sample rate, are silent.
GRID_STEP_HZ = 46.875
GRID_POINTS = 513
GRID_HZ: Float64 = np.arange(0.0, 24000.1, GRID_STEP_HZ)  # 0 to 24 kHz, evenly spaced.
NOISE_BANDS = 48
FLOOR_DB = -120.0  # Silence, for harmonics in dB of amplitude.
NOISE_FLOOR_DB = -160.0  # Silence, for noise in dB of power density.
RELEASE_DB = 60.0  # A release is over when the level is lower by this.
# Quadratic phases have a low crest factor, and no chirp within a period.
START_PHASES: Float64 = np.asarray(
    2 * np.pi * ((0.618034 * np.arange(1, MOST_HARMONICS + 1) ** 2) % 1.0), np.float64
)


def _noise_centres() -> Float64:
    """Return the centres of the bands as ``models.audio.noise_bands.measure_bands`` has them."""
    edges = erb_edges(NOISE_BANDS, highest_hz=NOISE_TOP_HZ)
    edges[0] = 0.0
    return np.asarray(np.sqrt(np.maximum(edges[:-1], 20.0) * edges[1:]), np.float64)


NOISE_HZ: Float64 = _noise_centres()  # Centres of the noise bands, (NOISE_BANDS,).


@dataclass(frozen=True)
class Tone:
    """Hold the sound of one note without its pitch, frame by frame.

    While the key is held, frames play once from 0 to ``loop_start``, and then back and forth
    between ``loop_start`` and the last frame. After key-up they continue, and the level falls by
    ``RELEASE_DB`` in ``release_s``, linear in dB.

    Attributes:
        hop_s: Time between frames in seconds.
        harmonics_db: Amplitude of a sinusoid at each frequency of ``GRID_HZ``, dB relative to
            full scale, (frames, GRID_POINTS).
        noise_db: One-sided power density of the noise at ``NOISE_HZ``, dB relative to full
            scale squared per Hz, (frames, NOISE_BANDS). Between the bands it is linear in dB.
        loop_start: First frame of the loop; None for a sound that ends by itself (one-shot).
        release_s: Seconds from key-up to silence.
    """

    hop_s: float
    harmonics_db: Float32
    noise_db: Float32
    loop_start: int | None
    release_s: float

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.harmonics_db)

    def places(self, times_s: Float64) -> Float64:
        """Return the frame, with a fraction, that plays at each time after the note's start.

        Args:
            times_s: Seconds since the start, 0 or more, any shape.

        Returns:
            Frames, 0 to ``len(self) - 1``, of the same shape.
        """
        last = len(self) - 1
        frame = np.maximum(times_s, 0.0) / self.hop_s
        if self.loop_start is None or last <= self.loop_start:
            return np.asarray(np.minimum(frame, last))
        length = last - self.loop_start
        beyond = (frame - self.loop_start) % (2 * length)
        looped = self.loop_start + np.minimum(beyond, 2 * length - beyond)
        return np.asarray(np.where(frame < self.loop_start, frame, looped))

    def gains(self, times_s: Float64, held_s: float) -> Float64:
        """Return the linear gain of the release, and 0 after the end of a one-shot.

        Args:
            times_s: Seconds since the start.
            held_s: Seconds from key-down to key-up; infinite while the key is held.

        Returns:
            Gains, 0 to 1, of the shape of ``times_s``.
        """
        released = np.maximum(times_s - held_s, 0.0)
        fall_db = RELEASE_DB * released / max(self.release_s, 1e-6)
        gain = np.where(fall_db < RELEASE_DB, 10 ** (-fall_db / 20), 0.0)
        if self.loop_start is None:
            gain = np.where(times_s <= (len(self) - 1) * self.hop_s, gain, 0.0)
        return np.asarray(gain)

    def amplitudes(self, frame: int, f0_hz: float, count: int = MOST_HARMONICS) -> Float32:
        """Return the amplitudes of the harmonics of a pitch in one frame.

        Args:
            frame: Number of the frame.
            f0_hz: Pitch in Hz.
            count: Number of harmonics, from the first one.

        Returns:
            Linear amplitudes, full scale is 1, (count,).
        """
        envelope, f0 = self.harmonics_db[frame : frame + 1], np.array([f0_hz])
        return np.asarray(sample_envelope(envelope, f0, count)[0], np.float32)


def sample_envelope(
    harmonics_db: Float32, f0_hz: Float64, count: int = MOST_HARMONICS, sample_rate: int = 48000
) -> Float32:
    """Sample envelopes at the harmonics of a pitch.

    Args:
        harmonics_db: Envelopes on ``GRID_HZ``, (frames, GRID_POINTS).
        f0_hz: Pitch of each frame in Hz, above 0, (frames,).
        count: Number of harmonics.
        sample_rate: Rate of the sound in Hz. Harmonics above half of it are silent.

    Returns:
        Linear amplitudes, (frames, count).
    """
    hz = np.asarray(f0_hz, np.float64)[:, None] * np.arange(1, count + 1)
    place = np.minimum(hz / GRID_STEP_HZ, GRID_POINTS - 1.001)
    index = place.astype(np.int64)
    share = (place - index).astype(np.float32)
    rows = np.arange(len(harmonics_db))[:, None]
    low, high = harmonics_db[rows, index], harmonics_db[rows, index + 1]
    amplitude = 10 ** ((low + share * (high - low)) / 20)
    return np.where(hz < min(HIGHEST_HZ, sample_rate / 2), amplitude, 0.0).astype(np.float32)


@dataclass(frozen=True)
class ControlFrames:
    """Hold what a synthesizer turns into samples, at evenly spaced times from 0.

    Attributes:
        hop_s: Time between frames in seconds.
        f0_hz: Pitch, (frames,), float32.
        amplitudes: Linear amplitude of harmonics 1, 2, ..., (frames, K), K <= MOST_HARMONICS.
        noise_db: Power density of the noise as in ``Tone``, (frames, NOISE_BANDS).
    """

    hop_s: float
    f0_hz: Float32
    amplitudes: Float32
    noise_db: Float32
