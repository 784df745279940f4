"""Define the protocols of models: from sound to parameters, and latent spaces.

Tensors are batched: mel (B, bands, frames) in dB, note (B,) MIDI, unit (B, P) in [0, 1], z (B, C).
All results are deterministic: the same sound always gives the same result.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class LatentMap(Protocol):
    """Map between presets and latent points: the part of a model that an instrument uses."""

    def unit_to_z(self, unit: Tensor) -> Tensor:
        """Return the latent points (B, C) of presets (B, P), without any audio."""
        ...

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        """Return presets (B, P) of latent points (B, C); stepped parameters come from ``like``."""
        ...


@runtime_checkable
class ControlModel(Protocol):
    """Map a sound to a preset in one step, as every model of the paper's table does."""

    def predict(self, mel: Tensor, note: Tensor) -> Tensor:
        """Return presets (B, P) in [0, 1] of log-mels; stepped parameters are not snapped."""
        ...


@runtime_checkable
class LatentModel(ControlModel, Protocol):
    """Use a latent space of sounds, as the auto-encoders and the flows do."""

    def encode(self, mel: Tensor, note: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return mean and scale (B, C) of the posterior; the scale is 0 if it is not modelled."""
        ...

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        """Return presets (B, P) of latent points; other parameters come from ``like``."""
        ...


@runtime_checkable
class InvertibleModel(LatentModel, LatentMap, Protocol):
    """Use an exact flow as the map between latent space and presets."""
