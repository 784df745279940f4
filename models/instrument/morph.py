"""Morph between presets in the latent space, and take random steps.

What a model's round trip loses of each preset (``unit - z_to_unit(unit_to_z(unit))``) is carried
along in its share, so that a corner of a morph is its preset to the bit. Stepped parameters cannot
be between: they are the heaviest preset's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.errors import ServeError
from datasets.spec import FloatArray, SynthSpec
from models.networks.protocols import LatentMap

MOST = 4  # presets of a morph: the corners of a square


def morph(
    model: LatentMap, spec: SynthSpec, presets: Sequence[FloatArray], weights: Sequence[float]
) -> FloatArray:
    """The preset (P,) between 2 to 4 presets (P,), by weights >= 0 of any sum.

    Raises ServeError for another number of presets, or weights that do not fit; SpecError for a
    preset that is not of the spec.
    """
    if not 2 <= len(presets) <= MOST:
        raise ServeError(f"{len(presets)} presets to morph: give 2 to {MOST}")
    if len(weights) != len(presets):
        raise ServeError(f"{len(weights)} weights for {len(presets)} presets: give one for each")
    if not all(math.isfinite(w) and w >= 0 for w in weights) or not sum(weights) > 0:
        raise ServeError(f"weights {list(weights)}: give numbers of 0 or more, not all 0")
    for preset in presets:
        spec.to_native(preset)
    units = spec.snap(np.stack(presets))
    shares = (np.array(weights) / math.fsum(weights)).astype(np.float32)
    heaviest: FloatArray = units[int(shares.argmax())]
    if shares.max() == 1:
        return heaviest
    z, lost = _latent(model, units)
    between = _units(model, (shares @ z)[None], heaviest[None])[0] + shares @ lost
    return spec.snap(np.where(_continuous(spec), np.clip(between, 0, 1), heaviest))


def wander(
    model: LatentMap, spec: SynthSpec, preset: FloatArray, length: float, seed: int
) -> FloatArray:
    """The preset (P,) one step of ``length`` away in z, in a direction drawn by ``seed``.

    The length is Euclidean, and a latent dimension has about unit variance over presets: 0.1 is a
    nuance, 3 another sound.
    Raises ServeError for a length beyond 0..10, SpecError for a preset that is not of the spec.
    """
    if not 0 <= length <= 10:
        raise ServeError(f"a step of {length} in z: give 0 to 10")
    spec.to_native(preset)
    unit: FloatArray = wandered(model, spec, preset, np.array([length]), seed)[0]
    return unit


def wandered(
    model: LatentMap,
    spec: SynthSpec,
    preset: FloatArray,
    lengths: npt.NDArray[np.floating[Any]],
    seed: int,
) -> FloatArray:
    """Presets (N, P), each so far (N,) from one (P,), the way of each drawn by ``seed``."""
    units = spec.snap(preset)[None]
    z, lost = _latent(model, units)
    ways = np.random.default_rng(seed).normal(size=(len(lengths), z.shape[1]))
    ways *= (lengths / np.linalg.norm(ways, axis=1))[:, None]
    like = np.repeat(units, len(lengths), 0)
    moved = _units(model, z + ways.astype(np.float32), like) + lost
    return spec.snap(np.where(_continuous(spec), np.clip(moved, 0, 1), like))


@torch.no_grad()
def _latent(model: LatentMap, units: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Points (N, C) of presets (N, P), and what the way there and back loses of each (N, P)."""
    like = torch.from_numpy(units)
    z = model.unit_to_z(like)
    return z.numpy(), units - model.z_to_unit(z, like).numpy()


@torch.no_grad()
def _units(model: LatentMap, z: FloatArray, like: FloatArray) -> FloatArray:
    units = model.z_to_unit(torch.from_numpy(z), torch.from_numpy(like)).numpy()
    if not np.isfinite(units).all():
        raise ServeError("the model has no preset there: stay nearer to the presets")
    return np.asarray(units, np.float32)


def _continuous(spec: SynthSpec) -> npt.NDArray[np.bool_]:
    """(P,) true for what can be between."""
    return np.isin(np.arange(len(spec)), spec.continuous)
