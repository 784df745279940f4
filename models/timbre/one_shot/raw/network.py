"""Define the VAEs of raw audio, with the classifier at the bottleneck (paper, tables 4.1 and 4.2).

The published sizes are ``width`` 1 and 50 dilated layers. They need an accelerator: smaller ones
train in minutes on a processor. As published, one filter collapses the channels before the
bottleneck: 16 of its samples remain for each 512 of the clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from datasets.errors import CheckpointError
from models.timbre.one_shot.network import classifier

KINDS = ("convolutional", "dilated", "hybrid")
HALVINGS = 5  # Strided layers: a clip becomes 32 times shorter.
CONVOLUTIONAL = (128, 128, 256, 512, 1024)  # Filters of the strided layers.
HYBRID = (128, 128, 256, 256, 512)
FIRST_KERNEL, KERNEL = 5, 4
DILATED_FILTERS, FIRST_FILTERS, FIRST_WIDTH = 32, 16, 32
CYCLES = (10, 5)  # Layers after which the dilation of the two parallel convolutions is 1 again.
PRIOR_SCALE = 4.0  # Of the code beside the paper: a wide prior.
KL_WEIGHT = 1e-4


@dataclass(frozen=True)
class RawVaeConfig:
    """Set the sizes of a VAE of raw audio.

    Attributes:
        kind: One of ``KINDS``.
        length: Samples of a clip, a multiple of 32: 4096 for digits, 16384 for drums.
        classes: Number of classes; 0 for no classifier.
        latent: Dimensions of the latent space: 20 for digits, 10 for drums, 2 for signals.
        width: Part of the published filters.
        layers: Dilated layers; 50 in the paper.
        dense: Dense layers of the classifier: 3 for digits, 1 for drums.
    """

    kind: str = "convolutional"
    length: int = 4096
    classes: int = 10
    latent: int = 20
    width: float = 1.0
    layers: int = 50
    dense: int = 3

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CheckpointError: A value is outside its range.
        """
        if self.kind not in KINDS:
            raise CheckpointError(f"network {self.kind!r}: use one of {', '.join(KINDS)}")
        if self.length < 32 or self.length % 32:
            raise CheckpointError(f"length {self.length}: must be a multiple of 32")
        if not 0 < self.width <= 1 or not 1 <= self.layers <= 100:
            raise CheckpointError(
                f"width {self.width}, layers {self.layers}: must be in 0..1 and 1..100"
            )

    def filters(self, count: int) -> int:
        """Return a published number of filters at this width, at least 4."""
        return max(4, round(count * self.width))


class RawVae(nn.Module):
    """Encode clips (B, length) as latent points (B, latent), and decode them."""

    def __init__(self, config: RawVaeConfig) -> None:
        super().__init__()
        self.config = config
        small = config.length >> HALVINGS
        self.inward, self.outward = _stacks(config)
        self.mean = nn.Linear(small, config.latent)
        self.log_scale = nn.Linear(small, config.latent)
        self.grow = nn.Sequential(nn.Linear(config.latent, small), nn.Linear(small, small))
        self.classify = classifier(config.latent, config.classes, config.dense)

    def encode(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and logarithm of the scale of latent points, (B, latent) each."""
        small = self.inward(clips[:, None])[:, 0]
        return self.mean(small), self.log_scale(small).clamp(-8.0, 3.0)

    def decode(self, latent: Tensor) -> Tensor:
        """Return clips (B, length) of latent points."""
        found: Tensor = self.outward(self.grow(latent)[:, None])
        return found[:, 0]

    def loss(self, clips: Tensor, wanted: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss of the VAE, and the latent points that were drawn.

        Args:
            clips: Clips to encode, (B, length).
            wanted: Clips to reconstruct.
            noise: Normal noise, (B, latent).

        Returns:
            The loss, and latent points (B, latent).
        """
        mean, log_scale = self.encode(clips)
        latent = mean + noise * log_scale.exp()
        error = (self.decode(latent) - wanted).square().sum(dim=1).mean()
        square = (mean.square() + (2 * log_scale).exp()) / PRIOR_SCALE**2
        divergence = (0.5 * square - log_scale).sum(dim=1).mean()
        return error + KL_WEIGHT * divergence, latent


class DilatedBlock(nn.Module):
    """Apply layers of two parallel dilated convolutions; return the mean of their products.

    The input of a layer is that of the layer before plus its product (paper, figure 4.1).
    """

    def __init__(self, filters: int, layers: int) -> None:
        super().__init__()
        self.pairs = nn.ModuleList(
            nn.ModuleList(
                _same(nn.Conv1d(filters, filters, 2, dilation=2 ** (number % cycle)))
                for cycle in CYCLES
            )
            for number in range(layers)
        )
        self.normalise = nn.ModuleList(nn.BatchNorm1d(filters) for _ in range(layers))

    def forward(self, given: Tensor) -> Tensor:
        """Return the mean of the products, of the shape of the input (B, filters, n)."""
        total = torch.zeros_like(given)
        for pair, normalise in zip(self.pairs, self.normalise, strict=True):
            first, second = (torch.tanh(layer(given)) for layer in cast(nn.ModuleList, pair))
            product = normalise(first * second)
            total = total + product
            given = given + product
        return total / len(self.pairs)


def _same(layer: nn.Conv1d) -> nn.Sequential:
    """Return a convolution whose output is as long as its input."""
    more = layer.dilation[0] * (layer.kernel_size[0] - 1)
    return nn.Sequential(nn.ConstantPad1d((more // 2, more - more // 2), 0.0), layer)


def _stacks(config: RawVaeConfig) -> tuple[nn.Sequential, nn.Sequential]:
    """Return the layers before and after the bottleneck."""
    if config.kind == "dilated":
        return _dilated_stacks(config)
    published = CONVOLUTIONAL if config.kind == "convolutional" else HYBRID
    filters = [config.filters(count) for count in published]
    first, inward, after = 1, list[nn.Module](), list[nn.Module]()
    if config.kind == "hybrid":
        first, inward = config.filters(DILATED_FILTERS), _dilated_in(config)
        after = _dilated_out(config, filters[0])
    for number, (one, two) in enumerate(zip([first, *filters[:-1]], filters, strict=True)):
        kernel = FIRST_KERNEL if number == 0 else KERNEL
        inward += [nn.Conv1d(one, two, kernel, 2, (kernel - 1) // 2)]
        inward += [nn.BatchNorm1d(two), nn.Tanh()]
    inward += [nn.Conv1d(filters[-1], 1, 1)]
    outward: list[nn.Module] = []
    for one, two in zip([1, *filters[::-1]], filters[::-1], strict=False):
        outward += [nn.ConvTranspose1d(one, two, KERNEL, 2, 1), nn.BatchNorm1d(two), nn.Tanh()]
    outward += after or [nn.Conv1d(filters[0], 1, 1)]
    return nn.Sequential(*inward), nn.Sequential(*outward)


def _dilated_stacks(config: RawVaeConfig) -> tuple[nn.Sequential, nn.Sequential]:
    """Return the layers of the dilated network: the strided ones have one filter."""
    inward, one = _dilated_in(config), config.filters(DILATED_FILTERS)
    for _ in range(HALVINGS):
        inward += [nn.Conv1d(one, 1, 2, 2), nn.BatchNorm1d(1), nn.Tanh()]
        one = 1
    inward += [nn.Conv1d(1, 1, 1)]
    outward: list[nn.Module] = []
    for _ in range(HALVINGS):
        outward += [nn.ConvTranspose1d(1, 1, 2, 2), nn.BatchNorm1d(1), nn.Tanh()]
    return nn.Sequential(*inward), nn.Sequential(*outward, *_dilated_out(config, 1))


def _dilated_in(config: RawVaeConfig) -> list[nn.Module]:
    """Return the layers from a clip to the output of a dilated block."""
    first, filters = config.filters(FIRST_FILTERS), config.filters(DILATED_FILTERS)
    return [
        _same(nn.Conv1d(1, first, FIRST_WIDTH)), nn.BatchNorm1d(first), nn.Tanh(),
        nn.Conv1d(first, filters, 1), DilatedBlock(filters, config.layers),
    ]  # fmt: skip


def _dilated_out(config: RawVaeConfig, inputs: int) -> list[nn.Module]:
    """Return the layers from a tensor of the length of a clip to the clip."""
    first, filters = config.filters(FIRST_FILTERS), config.filters(DILATED_FILTERS)
    return [
        nn.Conv1d(inputs, filters, 1), nn.BatchNorm1d(filters), nn.Tanh(),
        DilatedBlock(filters, config.layers),
        _same(nn.Conv1d(filters, first, FIRST_WIDTH)), nn.BatchNorm1d(first), nn.Tanh(),
        nn.Conv1d(first, 1, 1),
    ]  # fmt: skip
