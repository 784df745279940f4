"""Query the latent space of any model of the paper, as arrays.

The models of the papers have different methods (``models.networks.protocols``). A ``Latent`` hides
the difference from the figures. ``open_latent`` finds out which models have a latent space.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from datasets.errors import CheckpointError
from datasets.spec import FloatArray, SynthSpec
from models.networks.protocols import ControlModel, InvertibleModel, LatentModel

BATCH = 256  # rows in one call of a network


class Latent:
    """Map between the latent space of one model and snapped presets in [0, 1]."""

    def __init__(self, model: LatentModel, spec: SynthSpec, is_exact: bool) -> None:
        self._model, self._spec, self.is_exact = model, spec, is_exact

    @property
    def origin(self) -> str:
        """Return how the points are found, for a caption."""
        if self.is_exact:
            return "taken from the preset by the inverse flow"
        return "inferred from the sound by the encoder"

    def of(self, unit: FloatArray, mel: FloatArray | None, note: FloatArray) -> FloatArray:
        """Return the points of presets: exact with an inverse map, else inferred from sounds.

        Args:
            unit: Presets, shape (N, P).
            mel: Log-mels in dB, shape (N, bands, frames); may be None for an exact map.
            note: MIDI notes, shape (N,).

        Returns:
            Points in the latent space, shape (N, C).
        """
        if self.is_exact:
            flow = cast(InvertibleModel, self._model)
            return _batched(flow.unit_to_z, unit)
        assert mel is not None, "a map that is not exact needs log-mels"
        return _batched(self._of_sound, mel, note)

    def unit(self, z: FloatArray, like: FloatArray) -> FloatArray:
        """Return presets (N, P) of points (N, C).

        Parameters that are not in the latent space come from ``like`` (N, P).

        Raises:
            CheckpointError: The flow overflows.
        """
        unit = _batched(self._model.z_to_unit, z, like)
        if not np.isfinite(unit).all():
            raise CheckpointError(
                f"the model has no preset at |z| = {np.abs(z).max():.3g}: train it again"
            )
        return self._spec.snap(unit)

    def _of_sound(self, mel: Tensor, note: Tensor) -> Tensor:
        # In a model with flows after the encoder, presets are decoded from the flows' output, not
        # from the encoder's mean. Such a model has a method that returns that point.
        latent = getattr(self._model, "latent", None)
        if latent is not None:
            return cast(Tensor, latent(mel, note))
        return self._model.encode(mel, note)[0]


def open_latent(model: object, spec: SynthSpec, start: FloatArray) -> Latent | None:
    """Return the latent space of a model, or None if the model has none.

    Args:
        model: The network.
        spec: The synth.
        start: A preset (P,) to test the inverse map with: ``flow_cond`` has one that always fails.

    Returns:
        The latent space, or None for a model that maps sounds directly to presets.
    """
    if not (hasattr(model, "encode") and hasattr(model, "z_to_unit")):
        return None
    latent = cast(LatentModel, model)
    return Latent(latent, spec, _has_inverse(model, start))


@torch.no_grad()
def _has_inverse(model: object, start: FloatArray) -> bool:
    """Return whether the model can map a preset to a point."""
    inverse = getattr(model, "unit_to_z", None)
    if inverse is None:
        return False
    try:
        inverse(torch.from_numpy(start)[None])
    except ValueError:  # this flow depends on z, so it has no inverse
        return False
    return True


def predict(model: object, mel: FloatArray, note: FloatArray, spec: SynthSpec) -> FloatArray:
    """Return the presets that a model predicts for sounds.

    Args:
        model: The network.
        mel: Log-mels in dB, shape (N, bands, frames).
        note: MIDI notes, shape (N,).
        spec: The synth.

    Returns:
        Snapped presets, shape (N, P).
    """
    return spec.snap(_batched(cast(ControlModel, model).predict, mel, note))


@torch.no_grad()
def _batched(network: Callable[..., Tensor], *rows: FloatArray) -> FloatArray:
    """Call a network in batches on arrays with equally many rows."""
    answers = []
    for first in range(0, len(rows[0]), BATCH):
        batch: list[Any] = [
            torch.from_numpy(np.ascontiguousarray(part[first : first + BATCH], np.float32))
            for part in rows
        ]
        answers.append(network(*batch).cpu().numpy())
    return np.concatenate(answers).astype(np.float32)
