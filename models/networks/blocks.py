"""Define the parts of our network, convolutions, decoder and couplings, and their sizes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import zuko
from torch import Tensor, nn
from zuko.flows.coupling import GeneralCouplingTransform

LATENT_REFERENCE_NOTE, NOTE_SCALE = 60, 24.0


@dataclass(frozen=True)
class FlowVAEConfig:
    """Hold the sizes of the network and the weights of its loss.

    Attributes:
        bands: Rows of the log-mel.
        frames: Columns of the log-mel.
        continuous: Positions of the continuous parameters in the unit vector.
        stepped: Positions of the stepped parameters in the unit vector.
        steps: Number of steps of each stepped parameter.
        pairs: Number of semantic tag pairs. They own the first dimensions of z.
        channels: Channels of each strided 2-D convolution of the encoder.
        kernel: Kernel size of the encoder. The paper uses 7, and 64 channels in every layer,
            which costs many times as much.
        decoder_channels: Channels of each transposed convolution. Each doubles the image.
        hidden: Units of the dense layers.
        dropout: Dropout after the dense layers of the encoder.
        latent_transforms: Couplings from z0 to z.
        regression_transforms: Couplings between z and v.
        flow_hidden: Units inside each coupling.
        beta: Weight of the KL term, per latent dimension.
        gamma: Weight of the regression likelihood, per parameter.
        delta: Weight of the cross-entropy of the step heads.
        epsilon: Weight of the tags, per pair.
        zeta: Weight of the loss of the semantic knobs.
        dequantise: Noise on the unit values in training. Many patches keep the same exact value.
    """

    bands: int
    frames: int
    continuous: tuple[int, ...]
    stepped: tuple[int, ...]
    steps: tuple[int, ...]
    pairs: int = 0
    channels: tuple[int, ...] = (16, 32, 48, 64, 96)
    kernel: int = 5
    decoder_channels: tuple[int, ...] = (64, 32, 16, 8)
    hidden: int = 512
    dropout: float = 0.1
    latent_transforms: int = 4
    regression_transforms: int = 10
    flow_hidden: tuple[int, ...] = (128, 128)
    beta: float = 0.02
    gamma: float = 1.0
    delta: float = 1.0
    epsilon: float = 1.0
    zeta: float = 1.0
    dequantise: float = 0.01


class ConvStack(nn.Module):
    """Encode a log-mel by strided convolutions, then dense layers (section 4.2, not dilated)."""

    def __init__(self, config: FlowVAEConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before, height, width = 1, config.bands, config.frames
        for channels in config.channels:
            convolution = nn.Conv2d(before, channels, config.kernel, 2, config.kernel // 2)
            layers += [convolution, nn.BatchNorm2d(channels), nn.ELU()]
            before, height, width = channels, -(-height // 2), -(-width // 2)
        self.shape = (before, height, width)
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            nn.Linear(before * height * width + 1, config.hidden),
            nn.ELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.hidden),
            nn.ELU(),
            nn.Dropout(config.dropout),
        )

    def forward(self, mel: Tensor, note: Tensor) -> Tensor:
        """Return activations (B, hidden) of normalised log-mels and MIDI notes (B,)."""
        maps = self.convolutions(mel[:, None]).flatten(1)
        return self.dense(torch.cat([maps, pitch(note)], 1))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Decode z, stepped parameters and note to a log-mel.

    Dense layers come first, then transposed convolutions.

    Args:
        config: Sizes of the network.
        context: Size of the one-hot code of the stepped parameters.
    """

    def __init__(self, config: FlowVAEConfig, context: int) -> None:
        super().__init__()
        self.size = (config.bands, config.frames)
        channels = config.decoder_channels
        grow = 2 ** (len(channels))
        self.shape = (channels[0], -(-config.bands // grow), -(-config.frames // grow))
        cells = self.shape[0] * self.shape[1] * self.shape[2]
        self.dense = nn.Sequential(
            nn.Linear(len(config.continuous) + context + 1, config.hidden),
            nn.ELU(),
            nn.Linear(config.hidden, cells),
            nn.ELU(),
        )
        layers: list[nn.Module] = []
        for before, after in zip(channels, (*channels[1:], channels[-1]), strict=True):
            layers += [nn.ConvTranspose2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ELU()]
        layers.append(nn.Conv2d(channels[-1], 1, 3, padding=1))
        self.convolutions = nn.Sequential(*layers)

    def forward(self, z: Tensor, context: Tensor, note: Tensor) -> Tensor:
        """Return normalised log-mels (B, bands, frames).

        Args:
            z: Latent points, shape (B, C).
            context: Stepped parameters, one-hot, shape (B, context).
            note: MIDI notes, shape (B,).

        Returns:
            Normalised log-mels, shape (B, bands, frames).
        """
        maps = self.dense(torch.cat([z, context, pitch(note)], 1)).view(-1, *self.shape)
        image: Tensor = self.convolutions(maps)[:, 0]
        return image[:, : self.size[0], : self.size[1]]


class Coupling(nn.Module):
    """Run a stack of affine couplings with alternating masks, exact and fast in both directions.

    Args:
        size: Dimensions of x and y.
        context: Dimensions of the context.
        transforms: Number of couplings.
        hidden: Units inside each coupling.
    """

    def __init__(self, size: int, context: int, transforms: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        masks = [torch.arange(size) % 2 == parity % 2 for parity in range(transforms)]
        self.flow = zuko.lazy.LazyComposedTransform(
            *(
                GeneralCouplingTransform(
                    size, context, mask, hidden_features=hidden, activation=nn.ELU
                )
                for mask in masks
            )
        )

    def forward(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return y (B, size) and log|det dy/dx| (B,)."""
        y, log_det = self.flow(context).call_and_ladj(x)
        return y, log_det

    def inverse(self, y: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return x (B, size) and log|det dx/dy| (B,)."""
        x, log_det = self.flow(context).inv.call_and_ladj(y)
        return x, log_det


def pitch(note: Tensor) -> Tensor:
    """Scale MIDI notes (B,) to (B, 1): middle C is 0, two octaves above it are 1."""
    return ((note - LATENT_REFERENCE_NOTE) / NOTE_SCALE)[:, None]
