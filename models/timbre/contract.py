"""Define what every timbre model offers.

A model makes tones (``models.timbre.tone``) of positions in its latent space
(``models.timbre.latent``). A network makes tones. It never runs in an audio thread. Every name of
the three modules is here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from models.timbre.latent import UNLEARNED, Axis, LatentPosition, check_position, position_of_knobs
from models.timbre.tone import (
    FLOOR_DB,
    GRID_HZ,
    GRID_POINTS,
    GRID_STEP_HZ,
    HIGHEST_HZ,
    MOST_HARMONICS,
    NOISE_BANDS,
    NOISE_FLOOR_DB,
    NOISE_HZ,
    RELEASE_DB,
    START_PHASES,
    ControlFrames,
    Float32,
    Float64,
    Tone,
    sample_envelope,
)

__all__ = [
    "FLOOR_DB",
    "GRID_HZ",
    "GRID_POINTS",
    "GRID_STEP_HZ",
    "HIGHEST_HZ",
    "MOST_HARMONICS",
    "NOISE_BANDS",
    "NOISE_FLOOR_DB",
    "NOISE_HZ",
    "RELEASE_DB",
    "START_PHASES",
    "UNLEARNED",
    "Axis",
    "ControlFrames",
    "EncodedSound",
    "Float32",
    "Float64",
    "KnownSound",
    "LatentPosition",
    "TimbreModel",
    "Tone",
    "check_position",
    "position_of_knobs",
    "sample_envelope",
]


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
