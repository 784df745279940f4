"""Define what an instrument needs from a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from datasets.spec import FloatArray, SynthSpec
from models.estimator.library import Library
from models.networks.protocols import LatentMap


class Preview(Protocol):
    """Predict the features of presets, as a surrogate does."""

    def __call__(self, unit: Tensor, note: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (B, K) and levels (B,) of presets (B, P) at MIDI notes (B,)."""


class KnobRange(Protocol):
    """Describe a macro of a checkpoint."""

    @property
    def name(self) -> str:
        """Return the name of the knob."""

    @property
    def axis(self) -> int:
        """Return the latent dimension that the knob moves."""

    @property
    def low(self) -> float:
        """Return z at the knob's position 0."""

    @property
    def high(self) -> float:
        """Return z at the knob's position 1."""


class Playable(Protocol):
    """Describe the part of ``models.checkpoint.Checkpoint`` that an instrument needs."""

    @property
    def name(self) -> str:
        """Return the name of the model."""

    @property
    def spec(self) -> SynthSpec:
        """Return the synth."""

    @property
    def model(self) -> LatentMap:
        """Return the map between presets and the latent space."""

    @property
    def macros(self) -> Sequence[KnobRange]:
        """Return the knobs."""

    @property
    def start(self) -> FloatArray:
        """Return the preset to start from, (P,)."""

    @property
    def surrogate(self) -> Preview | None:
        """Return the surrogate, or None for a model without one."""

    @property
    def library(self) -> Library | None:
        """Return the library of presets, or None for a model without one."""
