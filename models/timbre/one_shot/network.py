"""Define the VAE of images, with the classifier at its bottleneck (paper, section 5.1.1).

The network sees the low coefficients of a cosine transform of each plane. They hold the shape of
the sound in both directions, so dense layers suffice, and a step takes a few milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from datasets.errors import CheckpointError

SLOPE = 0.1  # Of the leaky ReLU.
SCALARS = 2  # Length and level.
CORRELATED = 16.0  # Neighbouring cells that count as one measurement.
LEAST_ERROR = 1e-4  # Mean square error below which the loss falls no further.
# Coefficients of level, tonality and side, as a part of the bands and of the steps.
KEPT = ((0.5, 0.5), (0.125, 0.1875), (0.25, 0.25))


@dataclass(frozen=True)
class HitNetworkConfig:
    """Set the sizes of a network.

    Attributes:
        planes: Channels of an image.
        bands: Rows of an image.
        steps: Columns of an image.
        classes: Number of classes; 0 for no classifier.
        latent: Dimensions of the latent space; 20 in the paper for digits, 10 for drums.
        hidden: Neurons of the hidden layers.
        layers: Dense layers of the classifier; 3 in the paper for digits, 1 for drums.
        beta: Weight of the KL divergence.
        classifier: Weight of the cross entropy.
    """

    planes: int
    bands: int
    steps: int
    classes: int
    latent: int = 16
    hidden: int = 256
    layers: int = 3
    beta: float = 1.0
    classifier: float = 20.0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CheckpointError: A value is outside its range.
        """
        sizes = {"latent": 1, "hidden": 1, "layers": 1, "classes": 0, "planes": 1}
        for name, least in sizes.items():
            if not least <= getattr(self, name) <= 1024:
                raise CheckpointError(f"{name} {getattr(self, name)}: must be in {least}..1024")
        for name in ("beta", "classifier"):
            if not 0 <= getattr(self, name) < 1e6:
                raise CheckpointError(f"{name} {getattr(self, name)}: must be 0 or more")


class HitNetwork(nn.Module):
    """Encode images (B, planes, bands, steps) and scalars (B, 2) as latent points, and decode them.

    Both are centred and scaled to about -1..1.
    """

    def __init__(self, config: HitNetworkConfig) -> None:
        super().__init__()
        self.config = config
        self._kept = [
            (round(config.bands * rows), round(config.steps * columns))
            for rows, columns in KEPT[: config.planes]
        ]
        self._over_bands = cosines(config.bands)
        self._over_steps = cosines(config.steps)
        inputs, hidden = sum(a * b for a, b in self._kept) + SCALARS, config.hidden
        self.scale = nn.Parameter(torch.ones(inputs), requires_grad=False)
        self.inward = nn.Sequential(
            nn.Linear(inputs, hidden), nn.LeakyReLU(SLOPE),
            nn.Linear(hidden, hidden), nn.LeakyReLU(SLOPE),
        )  # fmt: skip
        self.mean = nn.Linear(hidden, config.latent)
        self.log_scale = nn.Linear(hidden, config.latent)
        self.outward = nn.Sequential(
            nn.Linear(config.latent, hidden), nn.LeakyReLU(SLOPE),
            nn.Linear(hidden, hidden), nn.LeakyReLU(SLOPE), nn.Linear(hidden, inputs),
        )  # fmt: skip
        self.classify = classifier(config.latent, config.classes, config.layers)

    def scale_to(self, images: Tensor, scalars: Tensor) -> None:
        """Set the scale of the coefficients to that of a corpus."""
        spread = self._coefficients(images, scalars).square().mean(dim=0).sqrt()
        self.scale.data = spread + 0.05 * spread.mean()

    def encode(self, images: Tensor, scalars: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and logarithm of the scale of latent points, (B, latent) each."""
        hidden = self.inward(self._coefficients(images, scalars) / self.scale)
        return self.mean(hidden), self.log_scale(hidden).clamp(-6.0, 3.0)

    def decode(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Return images and scalars of latent points (B, latent)."""
        flat = self.outward(latent) * self.scale
        shape, start, planes = (len(flat), self.config.bands, self.config.steps), 0, []
        for rows, columns in self._kept:
            part = flat[:, start : start + rows * columns].unflatten(1, (rows, columns))
            planes.append(self._over_bands[:rows].T @ part @ self._over_steps[:columns])
            start += rows * columns
        return torch.stack(planes, dim=1).view(shape[0], -1, *shape[1:]), flat[:, start:]

    def _coefficients(self, images: Tensor, scalars: Tensor) -> Tensor:
        """Return the inputs of the first layer, before their scaling, (B, inputs)."""
        parts = []
        for plane, (rows, columns) in enumerate(self._kept):
            part = self._over_bands[:rows] @ images[:, plane] @ self._over_steps[:columns].T
            parts.append(part.flatten(1))
        return torch.cat([*parts, scalars], dim=1)

    def loss(
        self,
        given: tuple[Tensor, Tensor],
        wanted: tuple[Tensor, Tensor],
        labels: Tensor,
        noise: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return the loss, and the mean square error of the images.

        The likelihood is Gaussian with the best scale for the batch, so it needs no weight.

        Args:
            given: Images and scalars to encode, possibly noisy.
            wanted: Images and scalars to reconstruct.
            labels: Number of each image's class, (B,); -1 for none.
            noise: Normal noise, (B, latent).

        Returns:
            The loss and the error, one number each.
        """
        mean, log_scale = self.encode(*given)
        latent = mean + noise * log_scale.exp()
        image, scalars = self.decode(latent)
        error = (image - wanted[0]).square().mean()
        cells = wanted[0][0].numel() / CORRELATED
        total = 0.5 * cells * (error + LEAST_ERROR).log()
        total = total + 2.0 * (scalars - wanted[1]).square().sum(dim=1).mean()
        square = mean.square() + (2 * log_scale).exp()
        total = total + self.config.beta * (0.5 * (square - 1) - log_scale).sum(dim=1).mean()
        known = labels >= 0
        if self.config.classes and self.config.classifier and bool(known.any()):
            guess = self.classify(latent[known])
            entropy = nn.functional.cross_entropy(guess, labels[known])
            total = total + self.config.classifier * entropy
        return total, error


def cosines(count: int) -> Tensor:
    """Return the orthonormal cosine transform of ``count`` values, (count, count).

    >>> torch.allclose(cosines(8) @ cosines(8).T, torch.eye(8), atol=1e-6)
    True
    """
    order, place = torch.arange(count)[:, None], torch.arange(count)[None] + 0.5
    matrix: Tensor = torch.cos(torch.pi / count * order * place) * (2 / count) ** 0.5
    matrix[0] *= 0.5**0.5
    return matrix


def classifier(latent: int, classes: int, layers: int) -> nn.Module:
    """Return the classifier of latent points.

    Args:
        latent: Dimensions of the latent space.
        classes: Number of classes; 0 for no classifier.
        layers: Dense layers before the one with an output for each class.

    Returns:
        The layers.
    """
    if not classes:
        return nn.Identity()
    width, parts = max(classes, 32), list[nn.Module]()
    for number in range(layers):
        parts += [nn.Linear(width if number else latent, width), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*parts, nn.Linear(width, classes))
