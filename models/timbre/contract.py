"""Define what every timbre model offers, and what a synthesizer needs to play it.

A model makes tones: spectral envelopes over time, without a pitch. A synthesizer samples them at
the harmonics of any pitch, and makes sound:

    x(t) = sum_k a_k(t) sin(2 pi k c(t) + p_k) + noise(t)

- ``c(t)`` is the integral of f0 in cycles, 0 at the note's start.
- ``a_k(t)`` is the envelope of the tone at ``k f0(t)``. Between frames it is linear in amplitude.
- ``p_k`` is ``START_PHASES[k - 1]``.
- ``noise(t)`` is white noise, filtered to the tone's ``noise_db``.

A network makes tones. It never runs in an audio thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from datasets.errors import SpecError
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
UNLEARNED = "not learned"  # Mark in the label of a step, in brackets after its name.
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
class Axis:
    """Describe one axis of a latent space.

    Attributes:
        name: Name of the axis.
        low: Coordinate at knob position 0: a low percentile of the training data.
        high: Coordinate at knob position 1: a high percentile of the training data.
        labels: Name of each step of an axis with steps, from its low to its high end; empty for a
            continuous axis.
    """

    name: str
    low: float
    high: float
    labels: tuple[str, ...] = ()

    @property
    def rest(self) -> float:
        """Return the knob position of an axis that nobody set: the middle, or the first step."""
        return 0.0 if self.labels else 0.5

    def at(self, knob: float) -> float:
        """Return the coordinate of a knob position, 0 to 1."""
        return self.low + (self.high - self.low) * knob

    def knob(self, coordinate: float) -> float:
        """Return the knob position of a coordinate; outside 0..1 beyond the axis's range."""
        return (coordinate - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class LatentPosition:
    """Hold a point of a latent space: one coordinate for each axis of its model.

    Attributes:
        values: The coordinates, in the order of the axes.
    """

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: npt.ArrayLike) -> LatentPosition:
        """Return the position of an array (D,)."""
        return cls(tuple(float(value) for value in np.asarray(values, np.float64)))

    def array(self) -> Float32:
        """Return the coordinates as an array, (D,)."""
        return np.array(self.values, np.float32)


def position_of_knobs(axes: Sequence[Axis], knobs: Sequence[float]) -> LatentPosition:
    """Return the position of knobs 0..1; axes without a knob are at rest: usually the middle."""
    padded = [*knobs, *[axis.rest for axis in axes[len(knobs) :]]]
    return LatentPosition(tuple(axis.at(knob) for axis, knob in zip(axes, padded, strict=True)))


def check_position(axes: Sequence[Axis], position: LatentPosition) -> Float32:
    """Return the coordinates of a position, (D,), after a check.

    Raises:
        SpecError: The position has another size, or a coordinate is not finite.
    """
    values = position.array()
    if len(values) != len(axes):
        raise SpecError(f"position with {len(values)} coordinates: give {len(axes)}, one per axis")
    if not np.isfinite(values).all():
        raise SpecError(f"position {position.values}: give finite coordinates")
    return values


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


@dataclass(frozen=True)
class EncodedSound:
    """Hold a sound as a model describes it.

    Attributes:
        position: The sound's timbre: the mean over its sustained part.
        midi: Measured pitch, MIDI with a fraction.
        dynamics: Measured loudness, 0 (softest of the training data) to 1 (loudest).
        path: Coordinates of each frame, (frames, D).
        hop_s: Time between the frames of the path in seconds.
    """

    position: LatentPosition
    midi: float
    dynamics: float
    path: Float32
    hop_s: float


@dataclass(frozen=True)
class KnownSound:
    """Hold a training sound near a position.

    Attributes:
        name: Name of the sound.
        position: Its position.
        midi: Its pitch, MIDI.
        distance_db: RMS difference of the two envelopes at the sound's pitch, in dB.
    """

    name: str
    position: LatentPosition
    midi: float
    distance_db: float


@runtime_checkable
class TimbreModel(Protocol):
    """Offer a learned timbre: sounds in, positions; positions in, tones of any pitch.

    All results are deterministic, and every method may be called from any thread except an audio
    thread: ``decode`` takes milliseconds. ``load_timbre`` of ``models.timbre.model_folder`` loads
    any kind.
    """

    @property
    def kind(self) -> str:
        """Return the kind of the model: harmonic, spectral or one-shot."""
        ...

    @property
    def name(self) -> str:
        """Return the name of the model."""
        ...

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Return the axes of the latent space, the one with the largest effect first."""
        ...

    @property
    def start(self) -> LatentPosition:
        """Return the position to start from: the centre of the training data."""
        ...

    @property
    def pitch_range(self) -> tuple[float, float]:
        """Return the lowest and the highest MIDI note of the training data; others play too."""
        ...

    def encode(self, samples: npt.NDArray[np.floating], sample_rate: int) -> EncodedSound:
        """Return the position, pitch and loudness of a sound, mono (n,) or (channels, n).

        Raises:
            AudioError: The sound is silent, too short, or has no pitch that the model can use.
        """
        ...

    def decode(self, position: LatentPosition, midi: float, dynamics: float) -> Tone:
        """Return the tone of a position.

        Args:
            position: Point of the latent space.
            midi: Pitch, MIDI with a fraction; the envelope depends on it.
            dynamics: Loudness, 0 (softest) to 1 (loudest): a velocity or a pressure.

        Returns:
            The tone, with finite values.

        Raises:
            SpecError: The position does not fit the axes, or a value is not finite.
        """
        ...

    def decode_many(
        self, position: LatentPosition, midi: Sequence[float], dynamics: Sequence[float]
    ) -> list[Tone]:
        """Return the tones of one position at many pitches and loudnesses, in one batch.

        Args:
            position: Point of the latent space.
            midi: Pitches, MIDI.
            dynamics: Loudness of each, 0 to 1.

        Returns:
            One tone for each pitch; all have the same number of frames and the same loop.

        Raises:
            SpecError: As for ``decode``, or the two sequences differ in length.
        """
        ...

    def morph(self, a: LatentPosition, b: LatentPosition, share: float) -> LatentPosition:
        """Return a position between two.

        Args:
            a: The position at share 0.
            b: The position at share 1.
            share: Place between them, 0 to 1.

        Returns:
            The position.
        """
        ...

    def neighbours(self, position: LatentPosition, count: int) -> list[KnownSound]:
        """Return the training sounds nearest to a position, the nearest first."""
        ...
