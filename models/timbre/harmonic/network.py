"""Define the networks of VaPar Synth: AE, cAE and CVAE of envelopes (paper, section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from datasets.errors import CheckpointError

KINDS = ("cvae", "ae", "cae")
SLOPE = 0.1  # Of the leaky ReLU.
CONDITIONS = 2  # Pitch and loudness.
QUIETEST_SCALE = -6.0  # Lower bound of the log-variance, so that no scale collapses to 0.


@dataclass(frozen=True)
class EnvelopeNetworkConfig:
    """Set the sizes of a network.

    Attributes:
        kind: ``cvae``: variational, with conditions at encoder and decoder. ``ae``: without
            conditions. ``cae``: conditions are appended to the input and reconstructed.
        inputs: Values of a frame.
        hidden: Neurons of the hidden layers; 91 in the paper.
        latent: Dimensions of the latent space; 32 in the paper.
        beta: Weight of the KL divergence; 0.1 in the paper. The reconstruction error is the
            mean square of the envelope's error, with 20 dB as 1.
        loudness: True to condition on loudness too; the paper conditions on pitch only.
    """

    kind: str
    inputs: int
    hidden: int = 128
    latent: int = 8
    beta: float = 0.01
    loudness: bool = True

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            CheckpointError: A value is outside its range.
        """
        if self.kind not in KINDS:
            raise CheckpointError(f"network {self.kind!r}: use one of {', '.join(KINDS)}")
        for name, value in (("hidden", self.hidden), ("latent", self.latent)):
            if not 1 <= value <= 4096:
                raise CheckpointError(f"{name} {value}: must be in 1..4096")
        if self.beta < 0:
            raise CheckpointError(f"beta {self.beta}: must be 0 or more")


class EnvelopeNetwork(nn.Module):
    """Encode frames (B, inputs) as latent points (B, latent), and decode them.

    Conditions are (B, 2): pitch and loudness, standardised. Frames are centred, in units of
    20 dB, so that a decoder at 0 starts near the mean envelope.
    """

    def __init__(self, config: EnvelopeNetworkConfig) -> None:
        super().__init__()
        self.config = config
        given = CONDITIONS if config.kind != "ae" else 0
        asked = CONDITIONS if config.kind == "cvae" else 0
        self.encoder = nn.Sequential(
            nn.Linear(config.inputs + given, config.hidden), nn.LeakyReLU(SLOPE)
        )
        self.mean = nn.Linear(config.hidden, config.latent)
        self.log_variance = nn.Linear(config.hidden, config.latent)
        rebuilt = config.inputs + (CONDITIONS if config.kind == "cae" else 0)
        self.decoder = nn.Sequential(
            nn.Linear(config.latent + asked, config.hidden),
            nn.LeakyReLU(SLOPE),
            nn.Linear(config.hidden, rebuilt),
        )

    def _given(self, condition: Tensor) -> Tensor:
        """Return the conditions that the network uses; unused ones are 0."""
        mask = condition.new_tensor([1.0, float(self.config.loudness)])
        return condition * mask

    def encode(self, frames: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance (B, latent) of frames (B, inputs)."""
        if self.config.kind != "ae":
            frames = torch.cat([frames, self._given(condition)], dim=1)
        hidden = self.encoder(frames)
        return self.mean(hidden), self.log_variance(hidden).clamp(min=QUIETEST_SCALE, max=4.0)

    def decode(self, z: Tensor, condition: Tensor) -> Tensor:
        """Return frames (B, inputs) of latent points (B, latent)."""
        return self._rebuild(z, condition)[:, : self.config.inputs]

    def _rebuild(self, z: Tensor, condition: Tensor) -> Tensor:
        if self.config.kind == "cvae":
            z = torch.cat([z, self._given(condition)], dim=1)
        rebuilt: Tensor = self.decoder(z)
        return rebuilt

    def loss(
        self, frames: Tensor, condition: Tensor, weights: Tensor, noise: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the loss and its reconstruction part (paper, equation 5).

        Args:
            frames: Centred frames, (B, inputs).
            condition: Conditions, (B, 2).
            weights: Weight of each value's squared error, (inputs,).
            noise: Standard normal noise, (B, latent).

        Returns:
            Both as means over the batch.
        """
        mean, log_variance = self.encode(frames, condition)
        is_variational = self.config.kind == "cvae"
        z = mean + noise * torch.exp(0.5 * log_variance) if is_variational else mean
        rebuilt = self._rebuild(z, condition)
        error = (weights * (rebuilt[:, : self.config.inputs] - frames) ** 2).sum(dim=1).mean()
        total = error
        if self.config.kind == "cae":
            appended = rebuilt[:, self.config.inputs :] - self._given(condition)
            total = total + (appended**2).sum(dim=1).mean()
        if is_variational:
            divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1).mean()
            total = total + self.config.beta * divergence
        return total, error
