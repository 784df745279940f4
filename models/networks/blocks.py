"""The parts of ours: strided convolutions, their mirror, and couplings; and the sizes of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import zuko
from torch import Tensor, nn
from zuko.flows.coupling import GeneralCouplingTransform

LATENT_REFERENCE_NOTE, NOTE_SCALE = 60, 24.0


@dataclass(frozen=True)
class FlowVAEConfig:
    """Sizes of the network and weights of its loss."""

    bands: int  # rows of the log-mel
    frames: int  # columns of the log-mel
    continuous: tuple[int, ...]  # positions of the continuous parameters in the unit vector
    stepped: tuple[int, ...]  # positions of the stepped ones
    steps: tuple[int, ...]  # how many steps each of those has
    pairs: int = 0  # semantic tag pairs: the first dimensions of z
    channels: tuple[int, ...] = (16, 32, 48, 64, 96)  # strided 2-D convolutions of the encoder
    kernel: int = 5  # of those; the paper has 7 and 64 channels everywhere, many times the work
    decoder_channels: tuple[int, ...] = (64, 32, 16, 8)  # transposed convolutions, each doubling
    hidden: int = 512  # units of the dense layers
    dropout: float = 0.1  # after the dense layers of the encoder
    latent_transforms: int = 4  # couplings from z0 to z
    regression_transforms: int = 10  # couplings between z and v
    flow_hidden: tuple[int, ...] = (128, 128)  # units inside each coupling
    beta: float = 0.02  # weight of the KL term, per latent dimension
    gamma: float = 1.0  # weight of the regression likelihood, per parameter
    delta: float = 1.0  # weight of the step heads' cross-entropy
    epsilon: float = 1.0  # weight of the tags, per pair
    zeta: float = 1.0  # weight of semantic knobs doing what they say
    dequantise: float = 0.01  # noise on v in training: many patches rest exactly on a value


class ConvStack(nn.Module):
    """Strided 2-D convolutions, batch norm and ELU, then dense layers (section 4.2, undilated)."""

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
        """(B, bands, frames) normalised, (B,) MIDI -> (B, hidden)."""
        maps = self.convolutions(mel[:, None]).flatten(1)
        return self.dense(torch.cat([maps, pitch(note)], 1))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """z, stepped parameters and note to a log-mel: dense layers, then transposed convolutions."""

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
        """(B, C), (B, context), (B,) -> (B, bands, frames) normalised."""
        maps = self.dense(torch.cat([z, context, pitch(note)], 1)).view(-1, *self.shape)
        image: Tensor = self.convolutions(maps)[:, 0]
        return image[:, : self.size[0], : self.size[1]]


class Coupling(nn.Module):
    """A stack of affine couplings with alternating masks: exact and fast both ways."""

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
        """y (B, size) and log|det dy/dx| (B,)."""
        y, log_det = self.flow(context).call_and_ladj(x)
        return y, log_det

    def inverse(self, y: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, size) and log|det dx/dy| (B,)."""
        x, log_det = self.flow(context).inv.call_and_ladj(y)
        return x, log_det


def pitch(note: Tensor) -> Tensor:
    """(B, 1): the note, middle C at 0, two octaves at 1."""
    return ((note - LATENT_REFERENCE_NOTE) / NOTE_SCALE)[:, None]
