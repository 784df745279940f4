"""Define the autoencoder of magnitude frames (section III) and its variational form (section VI).

The encoder halves its layers down to the bottleneck, the decoder mirrors it. All layers use leaky
ReLU, except the bottleneck (sigmoid or leaky ReLU) and the output (ReLU).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from datasets.errors import CheckpointError

KINDS = ("ae", "vae")
BOTTLENECKS = ("sigmoid", "lrelu")
AUGMENTATIONS = ("chroma", "none", "difference")
SIZES: dict[str, tuple[int, ...]] = {
    "paper": (1024, 512, 256, 128, 64, 32, 16),
    "light": (512, 256, 128, 64),
    "small": (256, 128, 64, 32),
}
SLOPE = 0.1  # Of the leaky ReLU (section III-A).
CLASSES = 12
QUIETEST_SCALE, LOUDEST_SCALE = -8.0, 4.0  # Bounds of the log-variance.


@dataclass(frozen=True)
class SpectralNetworkConfig:
    """Set the topology of a network.

    Attributes:
        kind: ``ae``, or ``vae`` for the beta-VAE.
        inputs: Bins of a frame.
        hidden: Neurons of the encoder's layers; the decoder mirrors them.
        latent: Neurons of the bottleneck: 2, 3 or 8 in the paper.
        bottleneck: Activation of the bottleneck: ``sigmoid`` or ``lrelu``. A ``vae`` has none.
        augmentation: Appended to the input: ``chroma`` (one-hot), ``difference`` (along the bins)
            or ``none``.
        skip: True to append the chroma vector to the bottleneck too.
        beta: Weight of the KL divergence of a ``vae``; the error is a sum over the bins.
        power: Frames are learned as magnitudes to this power. It is 1 in the paper: quiet partials
            then have no weight, and many bins stay silent.
    """

    kind: str = "ae"
    inputs: int = 2049
    hidden: tuple[int, ...] = SIZES["small"]
    latent: int = 8
    bottleneck: str = "sigmoid"
    augmentation: str = "chroma"
    skip: bool = True
    beta: float = 1.0
    power: float = 1.0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CheckpointError: A value is outside its range.
        """
        for name, value, known in (
            ("network", self.kind, KINDS),
            ("bottleneck", self.bottleneck, BOTTLENECKS),
            ("augmentation", self.augmentation, AUGMENTATIONS),
        ):
            if value not in known:
                raise CheckpointError(f"{name} {value!r}: use one of {', '.join(known)}")
        for number in (self.latent, self.inputs, *self.hidden):
            if not 1 <= number <= 8192:
                raise CheckpointError(f"layer of {number} neurons: must be in 1..8192")
        if not 1 <= len(self.hidden) <= 16:
            raise CheckpointError(f"{len(self.hidden)} hidden layers: must be 1 to 16")
        if not 0.1 <= self.power <= 1:
            raise CheckpointError(f"power {self.power}: must be in 0.1..1")
        if not self.beta >= 0:
            raise CheckpointError(f"beta {self.beta}: must be 0 or more")

    @property
    def bounded(self) -> bool:
        """Return whether every latent value is between 0 and 1."""
        return self.kind == "ae" and self.bottleneck == "sigmoid"

    @property
    def appended(self) -> int:
        """Return the number of values that are appended to a frame."""
        return {"chroma": CLASSES, "none": 0, "difference": self.inputs - 1}[self.augmentation]


def sized_config(
    size: str,
    kind: str,
    latent: int,
    bottleneck: str,
    augmentation: str,
    *,
    skip: bool,
    beta: float,
    power: float = 1.0,
) -> SpectralNetworkConfig:
    """Return the topology of a named size.

    Args:
        size: Name of the hidden layers, of ``SIZES``.
        kind: See ``SpectralNetworkConfig``, also for the other arguments.
        latent: Neurons of the bottleneck.
        bottleneck: Its activation.
        augmentation: What is appended to the input.
        skip: True for the chroma vector at the bottleneck.
        beta: Weight of the KL divergence.
        power: Power of the magnitudes.

    Returns:
        The topology.

    Raises:
        CheckpointError: A value is outside its range.
    """
    if size not in SIZES:
        raise CheckpointError(f"size {size!r}: use one of {', '.join(SIZES)}")
    hidden = SIZES[size]
    return SpectralNetworkConfig(
        kind,
        hidden=hidden,
        latent=latent,
        bottleneck=bottleneck,
        augmentation=augmentation,
        skip=skip,
        beta=beta,
        power=power,
    )


class SpectralNetwork(nn.Module):
    """Encode frames (B, inputs) as latent points (B, latent), and decode them.

    Chroma vectors are one-hot, (B, 12).
    """

    def __init__(self, config: SpectralNetworkConfig) -> None:
        super().__init__()
        self.config = config
        down = (config.inputs + config.appended, *config.hidden)
        up = (config.latent + CLASSES * config.skip, *config.hidden[::-1])
        self.encoder = _layers(down)
        self.mean = nn.Linear(down[-1], config.latent)
        if config.kind == "vae":
            self.log_variance = nn.Linear(down[-1], config.latent)
        self.decoder = _layers(up)
        self.output = nn.Linear(up[-1], config.inputs)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)  # As in Keras.
                nn.init.zeros_(layer.bias)

    def start_at(self, frame: Tensor) -> None:
        """Make the decoder start at a frame (inputs,): a ReLU that starts below 0 never learns."""
        with torch.no_grad():
            self.output.bias.copy_(frame.pow(self.config.power))

    def encode(self, frames: Tensor, chroma: Tensor) -> Tensor:
        """Return the latent points of frames, (B, latent): means of a ``vae``."""
        return self._bottleneck(frames, chroma)[0]

    def decode(self, z: Tensor, chroma: Tensor) -> Tensor:
        """Return the frames of latent points, (B, inputs)."""
        frames: Tensor = self._shapes(z, chroma).pow(1 / self.config.power)
        return frames

    def _shapes(self, z: Tensor, chroma: Tensor) -> Tensor:
        """Return the frames of latent points, to the power of the config."""
        if self.config.skip:
            z = torch.cat([z, chroma], dim=1)
        frames: Tensor = torch.relu(self.output(self.decoder(z)))
        return frames

    def loss(self, frames: Tensor, chroma: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss and its mean squared error, of frames to the power of the config.

        Args:
            frames: Frames, (B, inputs).
            chroma: One-hot note classes, (B, 12).
            noise: Standard normal noise, (B, latent), for a ``vae``.

        Returns:
            Both as means over the batch.
        """
        wanted = frames.pow(self.config.power)
        mean, log_variance = self._bottleneck(frames, chroma)
        if log_variance is None:
            error = ((self._shapes(mean, chroma) - wanted) ** 2).mean()
            return error, error
        z = mean + noise * torch.exp(0.5 * log_variance)
        error = ((self._shapes(z, chroma) - wanted) ** 2).mean()
        divergence = self.divergence(mean, log_variance).sum(dim=1).mean()
        return error + self.config.beta * divergence / self.config.inputs, error

    def posterior(self, frames: Tensor, chroma: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance (B, latent) of a ``vae``.

        Raises:
            CheckpointError: The network is not variational.
        """
        mean, log_variance = self._bottleneck(frames, chroma)
        if log_variance is None:
            raise CheckpointError("an ae has no posterior: use a vae")
        return mean, log_variance

    @staticmethod
    def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
        """Return the KL divergence from the prior in nats, for each frame and dimension."""
        return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)

    def _bottleneck(self, frames: Tensor, chroma: Tensor) -> tuple[Tensor, Tensor | None]:
        config = self.config
        frames = frames.pow(config.power)
        if config.augmentation == "chroma":
            frames = torch.cat([frames, chroma], dim=1)
        elif config.augmentation == "difference":
            frames = torch.cat([frames, frames.diff(dim=1)], dim=1)
        hidden = self.encoder(frames)
        z: Tensor = self.mean(hidden)
        if config.kind == "vae":
            return z, self.log_variance(hidden).clamp(QUIETEST_SCALE, LOUDEST_SCALE)
        if config.bottleneck == "sigmoid":
            return torch.sigmoid(z), None
        return nn.functional.leaky_relu(z, SLOPE), None


def _layers(sizes: tuple[int, ...]) -> nn.Sequential:
    """Return dense layers with leaky ReLU."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(sizes):
        layers += [nn.Linear(before, after), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers)
