"""Protocols of models: from sound to parameters, and latent spaces.

Tensors are batched: mel (B, bands, frames) in dB, note (B,) MIDI, unit (B, P) in [0, 1], z (B, C).
All answers are deterministic: the same sound has the same answer.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class LatentMap(Protocol):
    """A map between presets and latent points: the part of a model that an instrument plays."""

    def unit_to_z(self, unit: Tensor) -> Tensor:
        """Return the latent points (B, C) of presets (B, P), without any audio."""
        ...

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        """Return presets (B, P) of latent points (B, C); stepped parameters come from ``like``."""
        ...


@runtime_checkable
class ControlModel(Protocol):
    """From a sound to a preset in one step: every model of the paper's table."""

    def predict(self, mel: Tensor, note: Tensor) -> Tensor:
        """Presets (B, P) in [0, 1] of log-mels; stepped parameters are not snapped."""
        ...


@runtime_checkable
class LatentModel(ControlModel, Protocol):
    """One that goes by a latent space of sounds: the auto-encoders and the flows."""

    def encode(self, mel: Tensor, note: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and scale (B, C) of the posterior of log-mels (scale 0: none is modelled)."""
        ...

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        """Presets (B, P) of latent points; parameters outside the latent come from ``like``."""
        ...


@runtime_checkable
class InvertibleModel(LatentModel, LatentMap, Protocol):
    """One whose map between latent space and presets is an exact flow."""
