"""Sizes and building blocks that all models of the paper share."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.data.batches import Batch

MIDDLE_C, NOTE_SCALE = 60, 24.0


@dataclass(frozen=True)
class PaperConfig:
    """One model of the paper; the defaults are the paper's sizes (section 4.2).

    The direct models take ``channels`` and ``hidden`` whole, the auto-encoders half of both: "we
    halve their number of parameters", as each has an encoder and a decoder.
    """

    kind: str  # mlp, cnn, resnet, ae, vae, wae, vae_flow, flow_post, flow_cond, flow_dis
    bands: int  # rows of the log-mel
    frames: int  # columns of the log-mel
    parameters: int  # P; also the size of the latent space
    pairs: int = 0  # semantic tag pairs, the first dimensions of Flow_dis
    channels: int = 128  # of each convolution
    kernel: int = 7
    layers: int = 5  # convolutions, strided by 2 and dilated by 2**layer; layers of the MLP
    hidden: int = 2048  # units of each dense layer
    dropout: float = 0.3
    transforms: int = 16  # IAF steps of the posterior, and of the regression flow
    disentangling: int = 8  # IAF steps of the disentangling flow (the authors' code)
    flow_hidden: int = 64  # units inside each IAF step; the paper does not tell
    psi: int = 16  # Flow_cond: drawn parameters of each of its steps
    beta: float = 1.0  # weight of KL or MMD at the end of the warm-up
    gamma: float = 1.0  # weight of the regression; the paper does not tell
    delta: float = 1.0  # weight of the disentangling objective
    one_precision: bool = True  # Flow_reg: all clips share one lambda, else each has its own

    @property
    def cells(self) -> int:
        """Cells of the log-mel: reconstruction and KL are told per cell."""
        return self.bands * self.frames


class PaperModel(nn.Module):
    """A network that knows the training split's mean and deviation and its own config."""

    mel_mean: Tensor
    mel_std: Tensor
    clips: Tensor

    def __init__(self, config: PaperConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mel_mean", torch.tensor(0.0))
        self.register_buffer("mel_std", torch.tensor(1.0))
        self.register_buffer("clips", torch.tensor(1.0))  # of the training split

    def normalised(self, mel: Tensor) -> Tensor:
        """Zero mean, unit variance over the training split (section 4.1)."""
        return (mel - self.mel_mean) / self.mel_std

    def predict(self, mel: Tensor, note: Tensor) -> Tensor:
        """Presets (B, P) in [0, 1] of log-mels (B, bands, frames) in dB and MIDI notes (B,)."""
        raise NotImplementedError

    def loss(self, batch: Batch, warm_up: float) -> dict[str, Tensor]:
        """Terms of the objective, each a scalar; ``loss`` is what is minimised."""
        raise NotImplementedError

    def initialise(self) -> None:
        """Xavier's weights, zero biases (section 4.2); the flows keep zuko's."""
        for name, module in self.named_modules():
            if "flow" not in name and isinstance(
                module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d
            ):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


class Convolutions(nn.Module):
    """Strided dilated 2-D convolutions, batch norm, ELU; each halves the image (section 4.2)."""

    def __init__(self, config: PaperConfig, channels: int, residual: bool = False) -> None:
        super().__init__()
        self.blocks, self.skips = nn.ModuleList(), nn.ModuleList()
        before, height, width = 1, config.bands, config.frames
        for layer in range(config.layers):
            self.blocks.append(convolution(before, channels, config.kernel, 2**layer))
            if residual:  # the shortest way past a block that halves the image
                self.skips.append(nn.Conv2d(before, channels, 1, stride=2))
            before, height, width = channels, -(-height // 2), -(-width // 2)
        self.shape = (channels, height, width)

    def forward(self, image: Tensor) -> Tensor:
        """(B, bands, frames) -> (B, channels * height * width)."""
        maps = image[:, None]
        for i, block in enumerate(self.blocks):
            maps = block(maps) + self.skips[i](maps) if len(self.skips) else block(maps)
        return maps.flatten(1)

    @property
    def size(self) -> int:
        """Values that come out."""
        channels, height, width = self.shape
        return channels * height * width


class Deconvolutions(nn.Module):
    """The mirror of ``Convolutions``: each doubles the image; the rest is cut off.

    Not dilated: with stride 2 an even dilation writes one pixel in four and leaves the others at
    the bias (docs/research-notes/2026-11-21-dead-pixels.md). The paper does not mention it.
    """

    def __init__(self, config: PaperConfig, channels: int, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape, self.size = shape, (config.bands, config.frames)
        layers: list[nn.Module] = []
        for layer in reversed(range(config.layers)):
            after = channels if layer else 1
            reach = (config.kernel - 1) // 2
            layers.append(nn.ConvTranspose2d(channels, after, config.kernel, 2, reach, 1))
            if layer:  # the last one gives the image itself
                layers += [nn.BatchNorm2d(after), nn.ELU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, values: Tensor) -> Tensor:
        """(B, channels * height * width) -> (B, bands, frames)."""
        image: Tensor = self.layers(values.view(-1, *self.shape))[:, 0]
        return image[:, : self.size[0], : self.size[1]]


def convolution(before: int, after: int, kernel: int, dilation: int) -> nn.Sequential:
    """One step down: stride 2, padded so that it halves whatever the dilation."""
    reach = dilation * (kernel - 1) // 2
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, 2, reach, dilation),
        nn.BatchNorm2d(after),
        nn.ELU(),
    )


def dense(before: int, hidden: int, layers: int, dropout: float) -> nn.Sequential:
    """Linear, batch norm, ELU, dropout; so many times."""
    modules: list[nn.Module] = []
    for _ in range(layers):
        modules += [nn.Linear(before, hidden), nn.BatchNorm1d(hidden), nn.ELU()]
        modules.append(nn.Dropout(dropout))
        before = hidden
    return nn.Sequential(*modules)


def with_note(values: Tensor, note: Tensor) -> Tensor:
    """(B, n) with the note behind it, middle C at 0, two octaves at 1."""
    return torch.cat([values, ((note - MIDDLE_C) / NOTE_SCALE).to(values.dtype)[:, None]], 1)


def middle_c(mel: Tensor) -> Tensor:
    """The note (B,) of sounds that come without."""
    return mel.new_full((len(mel),), MIDDLE_C)
