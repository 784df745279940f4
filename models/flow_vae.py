"""The paper's network: an audio VAE whose latent is bound to the synth's knobs by an exact flow.

Notation of Esling et al., "Universal audio synthesizer control with normalizing flows": x is the
log-mel of a sound, z the latent, v the (continuous) parameters; c, ours, is the stepped ones.

    encoder          x, note -> q(z0 | x) = N(mean, scale)                   section 2.1
    latent flow      z0 -> z, conditioned on x: the posterior q(z | x)       eq. 4, 5
    decoder          z, c, note -> x                                         eq. 2
    regression flow  z <-> v, exact both ways, given c                       section 3.2, 13
    step heads       x -> p(c | x)                                           ours: Diva's were fixed

The regression flow is the map of eq. 13, trained by exact likelihood (eq. 3) through both flows.
Both flows are affine couplings: the paper's IAF is exact too, but slow in one direction.
"""

from __future__ import annotations

import math
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
        return self.dense(torch.cat([maps, _pitch(note)], 1))  # type: ignore[no-any-return]


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
        maps = self.dense(torch.cat([z, context, _pitch(note)], 1)).view(-1, *self.shape)
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


@dataclass(frozen=True)
class Posterior:
    """What the encoder says of a batch of sounds."""

    mean: Tensor  # (B, C) of z0
    scale: Tensor  # (B, C) of z0, positive
    trunk: Tensor  # (B, hidden): the latent flow's context
    step_logits: tuple[Tensor, ...]  # (B, steps) for each stepped parameter


class FlowVAE(nn.Module):
    """The whole model; see the module's docstring for its parts."""

    mel_mean: Tensor
    mel_std: Tensor
    continuous: Tensor
    stepped: Tensor

    def __init__(self, config: FlowVAEConfig) -> None:
        super().__init__()
        self.config = config
        size, context = len(config.continuous), sum(config.steps)
        self.encoder = ConvStack(config)
        self.to_mean = nn.Linear(config.hidden, size)
        self.to_scale = nn.Linear(config.hidden, size)
        self.step_heads = nn.ModuleList(nn.Linear(config.hidden, n) for n in config.steps)
        self.decoder = Decoder(config, context)
        self.latent_flow = Coupling(
            size, config.hidden, config.latent_transforms, config.flow_hidden
        )
        self.regression_flow = Coupling(
            size, context, config.regression_transforms, config.flow_hidden
        )
        self.register_buffer("mel_mean", torch.tensor(0.0))
        self.register_buffer("mel_std", torch.tensor(1.0))
        self.register_buffer("continuous", torch.tensor(config.continuous, dtype=torch.long))
        self.register_buffer("stepped", torch.tensor(config.stepped, dtype=torch.long))

    # -- the exact map between presets and the latent space -------------------------------------

    def unit_to_z(self, unit: Tensor) -> Tensor:
        """Latent points (B, C) of presets (B, P), without any audio: z = f^-1(v; c)."""
        v = self.centred(unit)
        return self.regression_flow.inverse(v, self.steps_of(unit))[0]

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        """Presets (B, P) of latent points (B, C), the stepped parameters taken from ``like``.

        Exact inverse of ``unit_to_z``; continuous values may leave [0, 1]: clamp on delivery.
        """
        v, _ = self.regression_flow(z, self.steps_of(like))
        unit = like.clone()
        unit[:, self.continuous] = v / 4 + 0.5
        return unit

    @torch.no_grad()
    def round_trip(self, unit: Tensor) -> float:
        """Largest |error| of presets (B, P) taken to z and back: exactness, as float32 has it.

        Couplings are exact on paper; weights that have run away lose it. NaN if they overflow.
        """
        return float((self.z_to_unit(self.unit_to_z(unit), like=unit) - unit).abs().max())

    def centred(self, unit: Tensor) -> Tensor:
        """v (B, C): continuous parameters, [0, 1] taken to [-2, 2] (affine: safe at 0 and 1)."""
        return (unit[:, self.continuous] - 0.5) * 4

    def step_index(self, unit: Tensor) -> Tensor:
        """Step numbers (B, S) of the stepped parameters."""
        last = torch.tensor(self.config.steps, device=unit.device) - 1
        return torch.round(unit[:, self.stepped] * last).long()

    def steps_of(self, unit: Tensor) -> Tensor:
        """c (B, sum(steps)): the stepped parameters one-hot, the context of flow and decoder."""
        index = self.step_index(unit)
        hot = [
            nn.functional.one_hot(index[:, i], n).to(unit.dtype)
            for i, n in enumerate(self.config.steps)
        ]
        return torch.cat(hot, 1) if hot else unit.new_zeros(len(unit), 0)

    # -- from sound ------------------------------------------------------------------------------

    def posterior(self, mel: Tensor, note: Tensor) -> Posterior:
        """q(z0 | x) and p(c | x) of log-mels (B, bands, frames) in dB and MIDI notes (B,)."""
        trunk = self.encoder((mel - self.mel_mean) / self.mel_std, note)
        scale = nn.functional.softplus(self.to_scale(trunk)) + 1e-3
        logits = tuple(head(trunk) for head in self.step_heads)
        return Posterior(self.to_mean(trunk), scale, trunk, logits)

    def encode(self, mel: Tensor, note: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and scale (B, C) of q(z0 | x); the note is middle C unless given."""
        note = mel.new_full((len(mel),), LATENT_REFERENCE_NOTE) if note is None else note
        posterior = self.posterior(mel, note)
        return posterior.mean, posterior.scale

    def log_prob(self, posterior: Posterior, unit: Tensor) -> tuple[Tensor, Tensor]:
        """log p(v | x, c) and log p(c | x), (B,) each, of presets (B, P): eq. 3."""
        z, outer = self.regression_flow.inverse(self._jittered(unit), self.steps_of(unit))
        z0, inner = self.latent_flow.inverse(z, posterior.trunk)
        base = gaussian(z0, posterior.mean, posterior.scale)
        index = self.step_index(unit)
        steps = [
            -nn.functional.cross_entropy(logits, index[:, i], reduction="none")
            for i, logits in enumerate(posterior.step_logits)
        ]
        return base + inner + outer, sum(steps, unit.new_zeros(len(unit)))

    def propose(self, mel: Tensor, note: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """Presets (count, P) for one sound (1, bands, frames): the centre first, then samples.

        The centre takes the mean of q(z0 | x) and the likeliest steps; the same sound always gives
        the same answer, and equal generators give equal samples.
        """
        posterior = self.posterior(mel, note)
        noise = torch.randn(count, posterior.mean.shape[1], generator=generator)
        noise[0] = 0
        z0 = posterior.mean + posterior.scale * noise
        z, _ = self.latent_flow(z0, posterior.trunk.expand(count, -1))
        unit = mel.new_zeros(count, len(self.config.continuous) + len(self.config.steps))
        for i, (logits, n) in enumerate(zip(posterior.step_logits, self.config.steps, strict=True)):
            chance = torch.softmax(logits[0], 0)
            drawn = torch.multinomial(chance, count, replacement=True, generator=generator)
            drawn[0] = chance.argmax()
            unit[:, self.config.stepped[i]] = drawn / (n - 1)
        return self.z_to_unit(z, like=unit).clamp(0, 1)

    # -- training --------------------------------------------------------------------------------

    def loss(self, mel: Tensor, note: Tensor, unit: Tensor, warm_up: float) -> dict[str, Tensor]:
        """Terms of the objective, each a scalar, ``loss`` their weighted sum.

        ``warm_up`` (0..1) scales the KL term, as the paper ramps its beta (section 4.2).
        """
        posterior = self.posterior(mel, note)
        z0 = posterior.mean + posterior.scale * torch.randn_like(posterior.scale)
        z, log_det = self.latent_flow(z0, posterior.trunk)
        image = self.decoder(z, self.steps_of(unit), note)
        reconstruction = (image - (mel - self.mel_mean) / self.mel_std).square().mean()
        q = gaussian(z0, posterior.mean, posterior.scale)
        p = gaussian(z, torch.zeros_like(z), torch.ones_like(z))
        kl = (q - log_det - p).mean() / z.shape[1]  # equation 5, one sample
        regression, steps = self.log_prob(posterior, unit)
        nll, cross = -regression.mean() / z.shape[1], -steps.mean()
        config = self.config
        loss = reconstruction + warm_up * config.beta * kl + config.gamma * nll
        loss = loss + config.delta * cross / max(1, len(config.steps))
        terms = {"reconstruction": reconstruction, "kl": kl, "regression": nll, "steps": cross}
        return {"loss": loss, **terms}

    def _jittered(self, unit: Tensor) -> Tensor:
        v = self.centred(unit)
        if not self.training:
            return v
        return v + 4 * self.config.dequantise * (torch.rand_like(v) - 0.5)


def _pitch(note: Tensor) -> Tensor:
    """(B, 1): the note, middle C at 0, two octaves at 1."""
    return ((note - LATENT_REFERENCE_NOTE) / NOTE_SCALE)[:, None]


def gaussian(x: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """log N(x; mean, diag scale^2), (B,) of (B, C)."""
    return (-0.5 * ((x - mean) / scale).square() - scale.log() - 0.5 * math.log(2 * math.pi)).sum(1)
