"""Query the latent space of any model of the paper, as arrays.

The papers' models differ in what they can be asked (``models.networks.protocols``). Here that
difference ends: a figure asks a ``Latent``, and a model without one is told apart once, by
``open_latent``.
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

BATCH = 256  # rows asked of a network at once


class Latent:
    """The latent space of one model; answers are snapped presets, in [0, 1]."""

    def __init__(self, model: LatentModel, spec: SynthSpec, is_exact: bool) -> None:
        self._model, self._spec, self.is_exact = model, spec, is_exact

    @property
    def origin(self) -> str:
        """How points are found, for a caption."""
        if self.is_exact:
            return "taken from the preset by the inverse flow"
        return "inferred from the sound by the encoder"

    def of(self, unit: FloatArray, mel: FloatArray | None, note: FloatArray) -> FloatArray:
        """Points (N, C) of presets (N, P): exactly where a flow gives them, else of their sounds.

        ``mel`` (N, bands, frames) in dB may be None for an exact map; ``note`` is (N,) MIDI.
        """
        if self.is_exact:
            flow = cast(InvertibleModel, self._model)
            return _batched(flow.unit_to_z, unit)
        assert mel is not None, "a map that is not exact needs the sounds"
        return _batched(self._of_sound, mel, note)

    def unit(self, z: FloatArray, like: FloatArray) -> FloatArray:
        """Presets (N, P) of points (N, C); what is not in the latent comes from ``like`` (N, P).

        Raises CheckpointError where the flow overflows.
        """
        unit = _batched(self._model.z_to_unit, z, like)
        if not np.isfinite(unit).all():
            raise CheckpointError(
                f"the model has no preset at |z| = {np.abs(z).max():.3g}: train it again"
            )
        return self._spec.snap(unit)

    def _of_sound(self, mel: Tensor, note: Tensor) -> Tensor:
        # Where flows follow the encoder its mean is not yet the point that presets are read from:
        # such models tell that point themselves.
        latent = getattr(self._model, "latent", None)
        if latent is not None:
            return cast(Tensor, latent(mel, note))
        return self._model.encode(mel, note)[0]


def open_latent(model: object, spec: SynthSpec, start: FloatArray) -> Latent | None:
    """The latent space of a model, None for one that goes straight from sounds to presets.

    ``start`` (P,) is a preset to try the inverse map on: ``flow_cond`` has one in name only.
    """
    if not (hasattr(model, "encode") and hasattr(model, "z_to_unit")):
        return None
    latent = cast(LatentModel, model)
    return Latent(latent, spec, _has_inverse(model, start))


@torch.no_grad()
def _has_inverse(model: object, start: FloatArray) -> bool:
    inverse = getattr(model, "unit_to_z", None)
    if inverse is None:
        return False
    try:
        inverse(torch.from_numpy(start)[None])
    except ValueError:  # the flow is known only once z is
        return False
    return True


def predict(model: object, mel: FloatArray, note: FloatArray, spec: SynthSpec) -> FloatArray:
    """Snapped presets (N, P) of log-mels (N, bands, frames) in dB and notes (N,) MIDI."""
    return spec.snap(_batched(cast(ControlModel, model).predict, mel, note))


@torch.no_grad()
def _batched(ask: Callable[..., Tensor], *rows: FloatArray) -> FloatArray:
    """A network's answer to arrays with as many rows, a batch at a time."""
    answers = []
    for first in range(0, len(rows[0]), BATCH):
        batch: list[Any] = [
            torch.from_numpy(np.ascontiguousarray(part[first : first + BATCH], np.float32))
            for part in rows
        ]
        answers.append(ask(*batch).cpu().numpy())
    return np.concatenate(answers).astype(np.float32)
