"""Protocols: what an instrument needs of a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from datasets.spec import FloatArray, SynthSpec
from models.estimator.library import Library
from models.networks.protocols import LatentMap


class Preview(Protocol):
    """What a surrogate tells of presets."""

    def __call__(self, unit: Tensor, note: Tensor) -> tuple[Tensor, Tensor]:
        """(B, P) and MIDI notes (B,) -> features (B, K) and levels (B,)."""


class KnobRange(Protocol):
    """A macro as a checkpoint describes it."""

    @property
    def name(self) -> str: ...
    @property
    def axis(self) -> int: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


class Playable(Protocol):
    """The part of ``models.checkpoint.Checkpoint`` that an instrument needs."""

    @property
    def name(self) -> str: ...
    @property
    def spec(self) -> SynthSpec: ...
    @property
    def model(self) -> LatentMap: ...
    @property
    def macros(self) -> Sequence[KnobRange]: ...
    @property
    def start(self) -> FloatArray: ...
    @property
    def surrogate(self) -> Preview | None: ...
    @property
    def library(self) -> Library | None: ...
