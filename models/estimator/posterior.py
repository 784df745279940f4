"""p(parameters | sound): sample candidate presets for a target sound.

Stepped parameters come first, each given the sound and those before it (cross-entropy); then the
continuous ones jointly, given the sound and the steps, by a conditional neural spline flow (Durkan
et al., "Neural spline flows", 2019) of coupling layers, fast both ways. A sound has many presets
that make it: samples are seeds for a search, and none is trusted unheard.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import zuko
from torch import Tensor, nn

from datasets.spec import SynthSpec
from models.estimator.surrogate import ResidualBlock
from models.estimator.weights import fill, read_network
from models.networks.blocks import pitch
from models.networks.semantic import centred, uncentred
from models.networks.torchscript import traced_inverse


@dataclass(frozen=True)
class PosteriorConfig:
    """Sizes of a posterior."""

    continuous: tuple[int, ...]  # positions of the continuous parameters in the unit vector
    stepped: tuple[int, ...]  # positions of the stepped ones
    steps: tuple[int, ...]  # how many steps each of those has
    components: int  # of the library whose features it reads
    hidden: int = 512  # units of the trunk
    blocks: int = 2  # residual blocks of the trunk
    dropout: float = 0.1
    context: int = 128  # numbers of the trunk that the flow sees
    transforms: int = 6  # spline couplings
    flow_hidden: int = 192  # units of the two layers inside each
    noise: float = 0.1  # most noise on the features in training, in standard deviations
    dequantise: float = 0.01  # noise on parameters in training: many rest exactly on a value

    @classmethod
    def of(cls, spec: SynthSpec, components: int) -> PosteriorConfig:
        """The config of a synth's posterior, of the default size."""
        positions = tuple(spec.continuous.tolist()), tuple(spec.stepped.tolist())
        return cls(*positions, spec.steps, components)


class Posterior(nn.Module):
    """Heads for the steps and a spline flow for the rest, over one reading of the sound."""

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
        self._inverses: dict[int, nn.Module] = {}  # the flow as a graph, by the number of samples
        self.register_buffer("mean", torch.zeros(config.components))
        self.register_buffer("scale", torch.ones(config.components))

    def read(self, features: Tensor, note: Tensor) -> Tensor:
        """What the heads and the flow see (B, hidden) of features (B, K) in dB and notes (B,)."""
        normal = (features - self.mean) / self.scale
        if self.training:
            amount = self.config.noise * torch.rand(len(normal), 1)
            normal = normal + amount * torch.randn_like(normal)
        return self.trunk(torch.cat([normal, pitch(note)], 1))  # type: ignore[no-any-return]

    def loss(self, features: Tensor, note: Tensor, unit: Tensor) -> Tensor:
        """Mean negative log-likelihood, nats per parameter, of presets (B, P)."""
        heard = self.read(features, note)
        steps = torch.round(unit[:, list(self.config.stepped)] * self._last(unit)).long()
        total, known = unit.new_zeros(len(unit)), unit.new_zeros(len(unit), 0)
        for i, (head, count) in enumerate(zip(self.heads, self.config.steps, strict=True)):
            logits = head(torch.cat([heard, known], 1))
            total = total + nn.functional.cross_entropy(logits, steps[:, i], reduction="none")
            known = torch.cat([known, nn.functional.one_hot(steps[:, i], count).to(unit)], 1)
        v = centred(unit[:, list(self.config.continuous)])
        if self.training:
            v = v + 4 * self.config.dequantise * (torch.rand_like(v) - 0.5)
        context = torch.cat([self.to_context(heard), known], 1)
        nats: Tensor = total - self.flow(context).log_prob(v)
        return nats.mean() / unit.shape[1]

    @torch.no_grad()
    def sample(
        self, features: Tensor, note: Tensor, count: int, generator: torch.Generator
    ) -> Tensor:
        """Presets (count, P) in [0, 1] for one sound's features (1, K) and note (1,).

        The first has the likeliest step of each head and the flow's centre; equal generators give
        equal samples. For a network that is trained no more: see ``models.networks.torchscript``.
        """
        heard = self.read(features, note).expand(count, -1)
        unit = heard.new_zeros(count, len(self.config.continuous) + len(self.config.stepped))
        known = heard.new_zeros(count, 0)
        for head, position, steps in zip(
            self.heads, self.config.stepped, self.config.steps, strict=True
        ):
            chances = head(torch.cat([heard, known], 1)).softmax(1)
            drawn = torch.multinomial(chances, 1, generator=generator)[:, 0]
            drawn[0] = chances[0].argmax()
            unit[:, position] = drawn / (steps - 1)
            known = torch.cat([known, nn.functional.one_hot(drawn, steps).to(heard)], 1)
        noise = torch.randn(count, len(self.config.continuous), generator=generator)
        noise[0] = 0
        context = torch.cat([self.to_context(heard), known], 1)
        if count not in self._inverses:
            self._inverses[count] = traced_inverse(self.flow, context, noise)
        unit[:, list(self.config.continuous)] = uncentred(self._inverses[count](context, noise))
        return unit.clamp(0, 1)

    def _last(self, like: Tensor) -> Tensor:
        return torch.tensor(self.config.steps, device=like.device) - 1


def load_posterior(path: Path) -> Posterior:
    """The posterior of a file of ``save_network``; CheckpointError when it is damaged."""
    config, weights = read_network(path)
    network = Posterior(PosteriorConfig(**config))
    fill(network, weights, path)
    return network
