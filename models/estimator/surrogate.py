"""Predict the sound of a preset without rendering it.

Parameters and note go in; the clip's features come out in the space of a model's library (principal
components of the pitch-normalised log-mel, see ``models.estimator.library``), with its level.
Hundreds of candidates are judged in the time of one render, so a search renders only those that
promise most: screening as in surrogate-assisted evolution (Jin, "Surrogate-assisted evolutionary
computation", 2011). Its errors are large but alike among relatives, so a search corrects it by what
it has heard (``models.matching.residual_gp``), and accepts nothing that the synth itself has not
played.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from datasets.spec import SynthSpec
from models.estimator.weights import fill, read_network
from models.networks.blocks import pitch


@dataclass(frozen=True)
class SurrogateConfig:
    """Sizes of a surrogate."""

    continuous: tuple[int, ...]  # positions of the continuous parameters in the unit vector
    stepped: tuple[int, ...]  # positions of the stepped ones
    steps: tuple[int, ...]  # how many steps each of those has
    components: int  # of the library it predicts
    hidden: int = 512  # units carried from block to block
    blocks: int = 3  # residual blocks, each widening to twice ``hidden``
    waves: int = 2  # octaves of sines of each continuous parameter beside its value
    dropout: float = 0.1  # inside the blocks

    @classmethod
    def of(cls, spec: SynthSpec, components: int) -> SurrogateConfig:
        """The config of a synth's surrogate, of the default size."""
        positions = tuple(spec.continuous.tolist()), tuple(spec.stepped.tolist())
        return cls(*positions, spec.steps, components)

    @property
    def inputs(self) -> int:
        """Numbers that stand for a preset and its note."""
        return len(self.continuous) * (1 + 2 * self.waves) + sum(self.steps) + 1


class Surrogate(nn.Module):
    """A residual multilayer perceptron from presets to library features.

    >>> network = Surrogate(SurrogateConfig((0, 1), (2,), (4,), 8))
    >>> features, level = network(torch.rand(5, 3), torch.full((5,), 60.0))
    >>> features.shape, level.shape
    (torch.Size([5, 8]), torch.Size([5]))
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, config: SurrogateConfig) -> None:
        super().__init__()
        self.config = config
        blocks = [ResidualBlock(config.hidden, config.dropout) for _ in range(config.blocks)]
        last = nn.Linear(config.hidden, config.components + 1)
        self.layers = nn.Sequential(
            nn.Linear(config.inputs, config.hidden), *blocks, nn.LayerNorm(config.hidden), last
        )
        # Of the training split: features share one scale, for their variance is their importance.
        self._half: list[nn.Module] = []  # in a list, or its weights would count as ours
        self.register_buffer("mean", torch.zeros(config.components + 1))
        self.register_buffer("scale", torch.ones(config.components + 1))

    def forward(self, unit: Tensor, note: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, K) in dB and level (B,) in dBFS of presets (B, P) at MIDI notes (B,)."""
        predicted = self.normalised(unit, note) * self.scale + self.mean
        return predicted[:, :-1], predicted[:, -1]

    @torch.no_grad()
    def tell(self, unit: Tensor, note: Tensor) -> Tensor:
        """Features (B, K) alone, to judge many presets by: as fast as this processor can.

        Where it computes in bfloat16 that is four times as fast, and off by 1e-5 of the variance.
        For a network that is trained no more: the weights are those of the first call.
        """
        if not in_half_precision():
            features, _ = self(unit, note)
            return features  # type: ignore[no-any-return]
        if not self._half:
            self._half.append(copy.deepcopy(self.layers).bfloat16())
        told = self._half[0](self.inputs(unit, note).bfloat16()).float()
        return (told * self.scale + self.mean)[:, :-1]  # type: ignore[no-any-return]

    def normalised(self, unit: Tensor, note: Tensor) -> Tensor:
        """Features and level (B, K + 1) in the units the loss is taken in."""
        return self.layers(self.inputs(unit, note))  # type: ignore[no-any-return]

    def inputs(self, unit: Tensor, note: Tensor) -> Tensor:
        """What the network reads (B, inputs): values, sines of them, one-hot steps, pitch."""
        values = unit[:, list(self.config.continuous)]
        parts = [2 * values - 1, pitch(note)]
        for octave in range(self.config.waves):
            angle = math.pi * 2**octave * values
            parts += [angle.sin(), angle.cos()]
        for position, steps in zip(self.config.stepped, self.config.steps, strict=True):
            index = torch.round(unit[:, position] * (steps - 1)).long()
            parts.append(nn.functional.one_hot(index, steps).to(unit.dtype))
        return torch.cat(parts, 1)


@cache
def in_half_precision() -> bool:
    """Whether this processor multiplies in bfloat16 itself; elsewhere that would be slower."""
    able: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


class ResidualBlock(nn.Module):
    """x + a small perceptron of its normalised self, of the same size."""

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        wide = nn.Linear(size, 2 * size), nn.SiLU(), nn.Dropout(dropout)
        self.layers = nn.Sequential(nn.LayerNorm(size), *wide, nn.Linear(2 * size, size))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)  # type: ignore[no-any-return]


def load_surrogate(path: Path) -> Surrogate:
    """The surrogate of a file of ``save_network``; CheckpointError when it is damaged."""
    config, weights = read_network(path)
    network = Surrogate(SurrogateConfig(**config))
    fill(network, weights, path)
    return network
