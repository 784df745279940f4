"""Sample candidate presets for a target sound from p(parameters | sound).

Stepped parameters come first. Each depends on the sound and the earlier steps (cross-entropy). The
continuous ones follow jointly and depend on the sound and all steps. A conditional neural spline
flow of coupling layers models them (Durkan et al., "Neural spline flows", 2019). It is fast in both
directions.

Many presets can make the same sound. The samples are therefore only seeds for a search, and each
one must be rendered and measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import zuko
from torch import Tensor, nn

from datasets.spec import SynthSpec
from models.estimator.surrogate import ResidualBlock
from models.estimator.weights import read_network
from models.networks.blocks import pitch
from models.networks.semantic import centred, uncentred
from models.networks.torchscript import traced_inverse


@dataclass(frozen=True)
class PosteriorConfig:
    """Set the sizes of a posterior."""

    continuous: tuple[int, ...]  # Positions of the continuous parameters in the unit vector.
    stepped: tuple[int, ...]  # Positions of the stepped parameters.
    steps: tuple[int, ...]  # Number of steps of each stepped parameter.
    components: int  # Components of the library whose features it reads.
    hidden: int = 512  # Units of the trunk.
    blocks: int = 2  # Residual blocks of the trunk.
    dropout: float = 0.1
    context: int = 128  # Numbers that the flow gets from the trunk.
    transforms: int = 6  # Spline couplings.
    flow_hidden: int = 192  # Units of the two layers inside each coupling.
    noise: float = 0.1  # Largest noise on the features in training, in standard deviations.
    dequantise: float = 0.01  # Noise on parameters in training. Many are exactly on one value.

    @classmethod
    def of(cls, spec: SynthSpec, components: int) -> PosteriorConfig:
        """Return the default config for a synth's posterior."""
        positions = tuple(spec.continuous.tolist()), tuple(spec.stepped.tolist())
        return cls(*positions, spec.steps, components)


class Posterior(nn.Module):
    """Model steps with heads and continuous values with a spline flow, from one trunk."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: PosteriorConfig) -> None:
        super().__init__()
        self.config = config
        blocks = [ResidualBlock(config.hidden, config.dropout) for _ in range(config.blocks)]
        first = nn.Linear(config.components + 1, config.hidden)
        self.trunk = nn.Sequential(first, *blocks, nn.LayerNorm(config.hidden))
        before = [sum(config.steps[:i]) for i in range(len(config.steps))]
        self.heads = nn.ModuleList(
            nn.Linear(config.hidden + known, steps)
            for known, steps in zip(before, config.steps, strict=True)
        )
        self.to_context = nn.Linear(config.hidden, config.context)
        self.flow = zuko.flows.NSF(
            len(config.continuous),
            config.context + sum(config.steps),
            transforms=config.transforms,
            passes=2,
            randperm=False,
            hidden_features=(config.flow_hidden, config.flow_hidden),
            activation=nn.SiLU,
        )
        self._inverses: dict[int, nn.Module] = {}  # The flow as a graph, by the number of samples.
        self.register_buffer("mean", torch.zeros(config.components))
        self.register_buffer("scale", torch.ones(config.components))

    def read(self, features: Tensor, note: Tensor) -> Tensor:
        """Return the trunk's output (B, hidden) for features (B, K) in dB and notes (B,)."""
        normal = (features - self.mean) / self.scale
        if self.training:
            amount = self.config.noise * torch.rand(len(normal), 1)
            normal = normal + amount * torch.randn_like(normal)
        return self.trunk(torch.cat([normal, pitch(note)], 1))  # type: ignore[no-any-return]

    def loss(self, features: Tensor, note: Tensor, unit: Tensor) -> Tensor:
        """Return the mean negative log-likelihood of presets, in nats per parameter.

        Args:
            features: Library features (B, K) in dB.
            note: MIDI notes (B,).
            unit: Unit vectors (B, P) of the presets.

        Returns:
            A scalar.
        """
        read = self.read(features, note)
        steps = torch.round(unit[:, list(self.config.stepped)] * self._last(unit)).long()
        total, known = unit.new_zeros(len(unit)), unit.new_zeros(len(unit), 0)
        for i, (head, count) in enumerate(zip(self.heads, self.config.steps, strict=True)):
            logits = head(torch.cat([read, known], 1))
            total = total + nn.functional.cross_entropy(logits, steps[:, i], reduction="none")
            known = torch.cat([known, nn.functional.one_hot(steps[:, i], count).to(unit)], 1)
        v = centred(unit[:, list(self.config.continuous)])
        if self.training:
            v = v + 4 * self.config.dequantise * (torch.rand_like(v) - 0.5)
        context = torch.cat([self.to_context(read), known], 1)
        nats: Tensor = total - self.flow(context).log_prob(v)
        return nats.mean() / unit.shape[1]

    @torch.no_grad()
    def sample(
        self, features: Tensor, note: Tensor, count: int, generator: torch.Generator
    ) -> Tensor:
        """Sample presets (count, P) in [0, 1] for one sound.

        The first preset has the most likely step of each head and the flow's centre. Equal
        generators give equal samples. Do not train the network after the first call, because the
        flow is compiled (see ``models.networks.torchscript``).

        Args:
            features: Library features (1, K) in dB.
            note: MIDI note (1,).
            count: Number of presets.
            generator: Source of randomness.

        Returns:
            Unit vectors (count, P).
        """
        read = self.read(features, note).expand(count, -1)
        unit = read.new_zeros(count, len(self.config.continuous) + len(self.config.stepped))
        known = read.new_zeros(count, 0)
        for head, position, steps in zip(
            self.heads, self.config.stepped, self.config.steps, strict=True
        ):
            chances = head(torch.cat([read, known], 1)).softmax(1)
            drawn = torch.multinomial(chances, 1, generator=generator)[:, 0]
            drawn[0] = chances[0].argmax()
            unit[:, position] = drawn / (steps - 1)
            known = torch.cat([known, nn.functional.one_hot(drawn, steps).to(read)], 1)
        noise = torch.randn(count, len(self.config.continuous), generator=generator)
        noise[0] = 0
        context = torch.cat([self.to_context(read), known], 1)
        if count not in self._inverses:
            self._inverses[count] = traced_inverse(self.flow, context, noise)
        unit[:, list(self.config.continuous)] = uncentred(self._inverses[count](context, noise))
        return unit.clamp(0, 1)

    def _last(self, like: Tensor) -> Tensor:
        return torch.tensor(self.config.steps, device=like.device) - 1


def load_posterior(path: Path) -> Posterior:
    """Load the posterior from a file of ``save_network``.

    Raises:
        CheckpointError: The file is damaged.
    """
    return read_network(path, PosteriorConfig, Posterior)
