"""Predict the sound of a preset without rendering it.

The input is the parameters and the note. The output is the clip's features in the space of a
model's library, and its level. The features are principal components of the pitch-normalised
log-mel, see ``models.estimator.library``.

The surrogate judges hundreds of candidates in the time of one render. A search then renders only
the most promising ones. This is screening as in surrogate-assisted evolution (Jin,
"Surrogate-assisted evolutionary computation", 2011).

The errors are large, but similar for related presets. A search corrects them with its own renders
(``models.matching.residual_gp``). It accepts only sounds that the synth has rendered.
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
from models.estimator.weights import read_network
from models.networks.blocks import pitch


@dataclass(frozen=True)
class SurrogateConfig:
    """Set the sizes of a surrogate."""

    continuous: tuple[int, ...]  # Positions of the continuous parameters in the unit vector.
    stepped: tuple[int, ...]  # Positions of the stepped parameters.
    steps: tuple[int, ...]  # Number of steps of each stepped parameter.
    components: int  # Components of the library that it predicts.
    hidden: int = 512  # Units between the blocks.
    blocks: int = 3  # Residual blocks. Each is twice as wide as ``hidden`` inside.
    waves: int = 2  # Octaves of sines of each continuous parameter, beside its value.
    dropout: float = 0.1  # Inside the blocks.

    @classmethod
    def of(cls, spec: SynthSpec, components: int) -> SurrogateConfig:
        """Return the default config for a synth's surrogate."""
        positions = tuple(spec.continuous.tolist()), tuple(spec.stepped.tolist())
        return cls(*positions, spec.steps, components)

    @property
    def inputs(self) -> int:
        """Return the number of inputs for a preset and its note."""
        return len(self.continuous) * (1 + 2 * self.waves) + sum(self.steps) + 1


class Surrogate(nn.Module):
    """Estimate library features of presets with a residual multilayer perceptron.

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
        self._half: list[nn.Module] = []  # In a list, its weights are not registered here.
        # Both are of the training split. Features share one scale, because their variance is
        # their importance.
        self.register_buffer("mean", torch.zeros(config.components + 1))
        self.register_buffer("scale", torch.ones(config.components + 1))

    def forward(self, unit: Tensor, note: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (B, K) in dB and level (B,) in dBFS.

        Args:
            unit: Unit vectors (B, P).
            note: MIDI notes (B,).

        Returns:
            Features and level.
        """
        predicted = self.normalised(unit, note) * self.scale + self.mean
        return predicted[:, :-1], predicted[:, -1]

    @torch.no_grad()
    def tell(self, unit: Tensor, note: Tensor) -> Tensor:
        """Return only the features (B, K), as fast as this processor can, to judge many presets.

        A processor with bfloat16 is four times as fast, with an error of 1e-5 of the variance. Do
        not train the network after the first call, because the call copies the weights.
        """
        if not in_half_precision():
            features, _ = self(unit, note)
            return features  # type: ignore[no-any-return]
        if not self._half:
            self._half.append(copy.deepcopy(self.layers).bfloat16())
        predicted = self._half[0](self.inputs(unit, note).bfloat16()).float()
        return (predicted * self.scale + self.mean)[:, :-1]  # type: ignore[no-any-return]

    def normalised(self, unit: Tensor, note: Tensor) -> Tensor:
        """Return features and level (B, K + 1) in the units of the loss."""
        return self.layers(self.inputs(unit, note))  # type: ignore[no-any-return]

    def inputs(self, unit: Tensor, note: Tensor) -> Tensor:
        """Return the network's input (B, inputs): values, their sines, one-hot steps, pitch."""
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
    """Return whether this processor has bfloat16 multiplication; without it bfloat16 is slow."""
    able: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


class ResidualBlock(nn.Module):
    """Add to x the output of a small perceptron of the normalised x, of the same size."""

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        wide = nn.Linear(size, 2 * size), nn.SiLU(), nn.Dropout(dropout)
        self.layers = nn.Sequential(nn.LayerNorm(size), *wide, nn.Linear(2 * size, size))

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, of the shape of x."""
        return x + self.layers(x)  # type: ignore[no-any-return]


def load_surrogate(path: Path) -> Surrogate:
    """Load the surrogate from a file of ``save_network``.

    Raises:
        CheckpointError: The file is damaged.
    """
    return read_network(path, SurrogateConfig, Surrogate)
