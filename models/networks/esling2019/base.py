"""Define the sizes and building blocks that all models of the paper share."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.data.batches import Batch

MIDDLE_C, NOTE_SCALE = 60, 24.0


@dataclass(frozen=True)
class PaperConfig:
    """Hold the config of one model of the paper; the defaults are its sizes (section 4.2).

    The direct models use ``channels`` and ``hidden`` as given. The auto-encoders use half of both
    ("we halve their number of parameters"), because they have an encoder and a decoder.

    Attributes:
        kind: One of mlp, cnn, resnet, ae, vae, wae, vae_flow, flow_post, flow_cond, flow_dis.
        bands: Rows of the log-mel.
        frames: Columns of the log-mel.
        parameters: Number of parameters P; also the size of the latent space.
        pairs: Number of semantic tag pairs. They own the first dimensions of Flow_dis.
        channels: Channels of each convolution.
        kernel: Kernel size of each convolution.
        layers: Number of convolutions, with stride 2 and dilation 2**layer; layers of the MLP.
        hidden: Units of each dense layer.
        dropout: Dropout after each dense layer.
        transforms: IAF steps of the posterior, and of the regression flow.
        disentangling: IAF steps of the disentangling flow, as in the authors' code.
        flow_hidden: Units inside each IAF step. The paper does not give them.
        psi: Random parameters of each flow step of Flow_cond.
        beta: Weight of KL or MMD at the end of the warm-up.
        gamma: Weight of the regression. The paper does not give it.
        delta: Weight of the disentangling terms.
        one_precision: In Flow_reg, True if all clips share one lambda, False for one per clip.
    """

    kind: str
    bands: int
    frames: int
    parameters: int
    pairs: int = 0
    channels: int = 128
    kernel: int = 7
    layers: int = 5
    hidden: int = 2048
    dropout: float = 0.3
    transforms: int = 16
    disentangling: int = 8
    flow_hidden: int = 64
    psi: int = 16
    beta: float = 1.0
    gamma: float = 1.0
    delta: float = 1.0
    one_precision: bool = True

    @property
    def cells(self) -> int:
        """Return the number of cells of the log-mel; the KL counts per cell."""
        return self.bands * self.frames


class PaperModel(nn.Module):
    """Provide the base of all models of the paper: config, and statistics of the training split."""

    mel_mean: Tensor
    mel_std: Tensor
    clips: Tensor

    def __init__(self, config: PaperConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mel_mean", torch.tensor(0.0))
        self.register_buffer("mel_std", torch.tensor(1.0))
        self.register_buffer("clips", torch.tensor(1.0))  # number of training clips

    def normalised(self, mel: Tensor) -> Tensor:
        """Scale log-mels to zero mean and unit variance over the training split (section 4.1)."""
        return (mel - self.mel_mean) / self.mel_std

    def predict(self, mel: Tensor, note: Tensor) -> Tensor:
        """Return presets (B, P) in [0, 1] of log-mels (B, bands, frames) in dB and notes (B,).

        Raises:
            NotImplementedError: The subclass does not define it.
        """
        raise NotImplementedError

    def loss(self, batch: Batch, warm_up: float) -> dict[str, Tensor]:
        """Return the terms of the loss, each a scalar; training minimises ``loss``.

        Raises:
            NotImplementedError: The subclass does not define it.
        """
        raise NotImplementedError

    def initialise(self) -> None:
        """Set Xavier weights and zero biases (section 4.2), except in the flows."""
        for name, module in self.named_modules():
            if "flow" not in name and isinstance(
                module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d
            ):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


class Convolutions(nn.Module):
    """Apply strided dilated 2-D convolutions; each halves the image (section 4.2).

    Batch norm and ELU follow each convolution.

    Args:
        config: Sizes of the model.
        channels: Channels of each convolution.
        residual: Whether each block has a skip connection.
    """

    def __init__(self, config: PaperConfig, channels: int, residual: bool = False) -> None:
        super().__init__()
        self.blocks, self.skips = nn.ModuleList(), nn.ModuleList()
        before, height, width = 1, config.bands, config.frames
        for layer in range(config.layers):
            self.blocks.append(convolution(before, channels, config.kernel, 2**layer))
            if residual:  # A 1x1 convolution with stride 2 fits the halved image.
                self.skips.append(nn.Conv2d(before, channels, 1, stride=2))
            before, height, width = channels, -(-height // 2), -(-width // 2)
        self.shape = (channels, height, width)

    def forward(self, image: Tensor) -> Tensor:
        """Return (B, channels * height * width) values of images (B, bands, frames)."""
        maps = image[:, None]
        for i, block in enumerate(self.blocks):
            maps = block(maps) + self.skips[i](maps) if len(self.skips) else block(maps)
        return maps.flatten(1)

    @property
    def size(self) -> int:
        """Return the number of output values."""
        channels, height, width = self.shape
        return channels * height * width


class Deconvolutions(nn.Module):
    """Mirror ``Convolutions``: each layer doubles the image, and the surplus is cut off.

    The layers have no dilation. With stride 2, an even dilation writes one pixel in four and
    leaves the others at the bias
    (docs/research-notes/2026-11-21-dead-pixels.md). The paper does not mention this.

    Args:
        config: Sizes of the model.
        channels: Channels of each layer.
        shape: Channels, height and width of the input.
    """

    def __init__(self, config: PaperConfig, channels: int, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape, self.size = shape, (config.bands, config.frames)
        layers: list[nn.Module] = []
        for layer in reversed(range(config.layers)):
            after = channels if layer else 1
            reach = (config.kernel - 1) // 2
            layers.append(nn.ConvTranspose2d(channels, after, config.kernel, 2, reach, 1))
            if layer:  # The last layer outputs the image.
                layers += [nn.BatchNorm2d(after), nn.ELU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, values: Tensor) -> Tensor:
        """Return images (B, bands, frames) of values (B, channels * height * width)."""
        image: Tensor = self.layers(values.view(-1, *self.shape))[:, 0]
        return image[:, : self.size[0], : self.size[1]]


def convolution(before: int, after: int, kernel: int, dilation: int) -> nn.Sequential:
    """Make a block that halves the image: a convolution with stride 2, batch norm and ELU.

    Args:
        before: Input channels.
        after: Output channels.
        kernel: Kernel size.
        dilation: Dilation; the padding makes up for it.

    Returns:
        The block.
    """
    reach = dilation * (kernel - 1) // 2
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, 2, reach, dilation),
        nn.BatchNorm2d(after),
        nn.ELU(),
    )


def dense(before: int, hidden: int, layers: int, dropout: float) -> nn.Sequential:
    """Make a stack of dense layers, each with batch norm, ELU and dropout.

    Args:
        before: Input size.
        hidden: Units of each layer.
        layers: Number of layers.
        dropout: Dropout after each layer.

    Returns:
        The stack.
    """
    modules: list[nn.Module] = []
    for _ in range(layers):
        modules += [nn.Linear(before, hidden), nn.BatchNorm1d(hidden), nn.ELU()]
        modules.append(nn.Dropout(dropout))
        before = hidden
    return nn.Sequential(*modules)


def with_note(values: Tensor, note: Tensor) -> Tensor:
    """Append the note to values (B, n): middle C is 0, two octaves above it are 1."""
    return torch.cat([values, ((note - MIDDLE_C) / NOTE_SCALE).to(values.dtype)[:, None]], 1)


def middle_c(mel: Tensor) -> Tensor:
    """Return middle C (B,), the default note of sounds."""
    return mel.new_full((len(mel),), MIDDLE_C)
