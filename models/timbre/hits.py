"""Define what a model of one-shots offers: sounds that end by themselves, such as drum hits.

A hit has no pitch of its own to transpose, so the model makes complete sounds, not tones
(``models.timbre.contract``). A sampler plays them. The network never runs in an audio thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from models.timbre.contract import Axis, Float32, LatentPosition


@dataclass(frozen=True)
class Hit:
    """Hold a sound that starts at its onset.

    Attributes:
        samples: Audio, (channels, n), with the level of the training data.
        sample_rate: Hz.
    """

    samples: Float32
    sample_rate: int


@dataclass(frozen=True)
class KnownHit:
    """Hold a training sound near a position.

    Attributes:
        name: Name of the sound.
        label: Its class; empty if it has none.
        position: Its position.
        distance_db: RMS difference of the two images' levels in dB.
    """

    name: str
    label: str
    position: LatentPosition
    distance_db: float


@runtime_checkable
class HitModel(Protocol):
    """Offer a learned set of one-shots: sounds in, positions; positions in, sounds.

    All results are deterministic, and every method may be called from any thread except an audio
    thread.
    """

    @property
    def kind(self) -> str:
        """Return ``one-shot``."""
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
    def classes(self) -> tuple[str, ...]:
        """Return the names of the classes."""
        ...

    @property
    def sample_rate(self) -> int:
        """Return the rate of the sounds in Hz."""
        ...

    @property
    def channels(self) -> int:
        """Return 1 for mono sounds, 2 for stereo."""
        ...

    def encode(self, samples: npt.NDArray[np.floating], sample_rate: int) -> LatentPosition:
        """Return the position of a sound, mono (n,) or (channels, n).

        Raises:
            AudioError: The sound is silent.
        """
        ...

    def decode_many(self, positions: Sequence[LatentPosition], seed: int = 0) -> list[Hit]:
        """Return the sounds of positions.

        Args:
            positions: Points of the latent space.
            seed: Seed of the noise in the sounds.

        Returns:
            The sounds.

        Raises:
            SpecError: A position does not fit the axes.
        """
        ...

    def centre(self, label: str) -> LatentPosition:
        """Return the centre of a class: a clean prototype.

        Raises:
            SpecError: The class does not exist.
        """
        ...

    def at_loudness(self, label: str, loud: float) -> LatentPosition:
        """Return the position of a class at a loudness, 0 (softest hits) to 1 (loudest).

        Raises:
            SpecError: The class does not exist.
        """
        ...
