"""Morph between presets in the latent space, and take random steps.

A model's round trip loses a little of each preset (``unit - z_to_unit(unit_to_z(unit))``). A morph
adds that loss again, by each preset's share. So a corner of a morph is exactly its preset. Stepped
parameters have no values in between: they are those of the heaviest preset.
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

MOST = 4  # presets in a morph: the corners of a square


def morph(
    model: LatentMap, spec: SynthSpec, presets: Sequence[FloatArray], weights: Sequence[float]
) -> FloatArray:
    """Return the preset between 2 to 4 presets.

    Args:
        model: Map between presets and the latent space.
        spec: The synth.
        presets: The corners, each (P,).
        weights: One weight >= 0 for each preset, of any sum above 0.

    Returns:
        The preset, (P,).

    Raises:
        ServeError: The number of presets or weights is wrong, or the model has no preset there.
        SpecError: A preset does not fit the spec.
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
    """Return a preset one random step away in z.

    Args:
        model: Map between presets and the latent space.
        spec: The synth.
        preset: The preset to start from, (P,).
        length: Euclidean length of the step, 0..10. A latent dimension has about unit variance over
            presets: 0.1 is a nuance, 3 is another sound.
        seed: Seed of the direction.

    Returns:
        The preset, (P,).

    Raises:
        ServeError: The length is outside 0..10, or the model has no preset there.
        SpecError: The preset does not fit the spec.
    """
    if not 0 <= length <= 10:
        raise ServeError(f"step of {length} in z: outside 0..10. Give 0 to 10")
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
    """Return presets in random directions from one preset.

    Args:
        model: Map between presets and the latent space.
        spec: The synth.
        preset: The preset to start from, (P,).
        lengths: Euclidean length of each step in z, shape (N,).
        seed: Seed of the directions.

    Returns:
        The presets, shape (N, P).

    Raises:
        ServeError: The model has no preset there.
    """
    units = spec.snap(preset)[None]
    z, lost = _latent(model, units)
    steps = np.random.default_rng(seed).normal(size=(len(lengths), z.shape[1]))
    steps *= (lengths / np.linalg.norm(steps, axis=1))[:, None]
    like = np.repeat(units, len(lengths), 0)
    moved = _units(model, z + steps.astype(np.float32), like) + lost
    return spec.snap(np.where(_continuous(spec), np.clip(moved, 0, 1), like))


@torch.no_grad()
def _latent(model: LatentMap, units: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the points (N, C) of presets (N, P), and the loss of the round trip (N, P)."""
    like = torch.from_numpy(units)
    z = model.unit_to_z(like)
    return z.numpy(), units - model.z_to_unit(z, like).numpy()


@torch.no_grad()
def _units(model: LatentMap, z: FloatArray, like: FloatArray) -> FloatArray:
    units = model.z_to_unit(torch.from_numpy(z), torch.from_numpy(like)).numpy()
    if not np.isfinite(units).all():
        raise ServeError("the model has no preset there: stay closer to the presets")
    return np.asarray(units, np.float32)


def _continuous(spec: SynthSpec) -> npt.NDArray[np.bool_]:
    """Return a mask (P,) of the continuous parameters."""
    return np.isin(np.arange(len(spec)), spec.continuous)
