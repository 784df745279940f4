"""Define AE, VAE, WAE and VAE_flow: a latent space of sounds with an MLP to the parameters."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from models.data.batches import Batch, exactly
from models.networks.esling2019.base import (
    Convolutions,
    Deconvolutions,
    PaperConfig,
    PaperModel,
    dense,
    middle_c,
    with_note,
)
from models.networks.esling2019.direct import DENSE_LAYERS
from models.networks.esling2019.flows import InverseAutoregressive

LAMBDA_MEAN = 2.0  # Log precision of v in [-2, 2]: an error of 0.09 of a parameter's range.
MSE_WEIGHT = 8 * math.exp(LAMBDA_MEAN)  # Half the precision, times 4^2 from unit values to v.
MMD_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class AutoEncoder(PaperModel):
    """Encode sounds to a latent space, decode them, and regress the parameters.

    The kinds are ``ae`` (eq. 2 without KL), ``vae`` (eq. 2), ``wae`` (MMD instead of KL) and
    ``vae_flow`` (eq. 5). All have as many latent dimensions as there are parameters.

    *Our choices:* The regressor is trained together with the other parts, and its gradient
    reaches the encoder, as in the authors' code. All terms are means over cells or parameters, to
    keep their balance at any size. The KL counts per cell. With half the squared error, it makes
    the ELBO of eq. 2 for a decoder of unit variance.
    """

    def __init__(self, config: PaperConfig) -> None:
        super().__init__(config)
        channels, hidden, size = config.channels // 2, config.hidden // 2, config.parameters
        self.convolutions = Convolutions(config, channels)
        self.dense = dense(self.convolutions.size + 1, hidden, DENSE_LAYERS, config.dropout)
        self.to_mean = nn.Linear(hidden, size)
        self.expand = dense(size + 1, hidden, DENSE_LAYERS - 1, config.dropout)
        self.grow = nn.Linear(hidden, self.convolutions.size)
        self.deconvolutions = Deconvolutions(config, channels, self.convolutions.shape)
        if self.is_variational:
            self.to_scale = nn.Linear(hidden, size)
        if self.has_posterior_flow:
            self.posterior_flow = InverseAutoregressive(
                size, config.transforms, config.flow_hidden, context=hidden
            )
        self._add_regression(hidden)
        self.initialise()

    @property
    def is_variational(self) -> bool:
        """Return whether q(z0 | x) has a scale."""
        return self.config.kind not in ("ae", "wae")

    @property
    def has_posterior_flow(self) -> bool:
        """Return whether a flow extends the posterior beyond a diagonal Gaussian (eq. 4)."""
        return self.config.kind not in ("ae", "wae", "vae")

    def _add_regression(self, hidden: int) -> None:
        """Add p(v | z), an MLP of 2 layers."""
        size = self.config.parameters
        self.regressor = nn.Sequential(
            nn.Linear(size, hidden), nn.ELU(), nn.Linear(hidden, size), nn.Sigmoid()
        )

    # -- from sound ------------------------------------------------------------------------------

    def encode(self, mel: Tensor, note: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return mean and scale (B, C) of q(z0 | x); the scale is 0 if the kind has none.

        ``latent`` maps this mean through the flows to the points that ``z_to_unit`` takes.
        """
        mean, scale, _ = self._posterior(mel, middle_c(mel) if note is None else note)
        return mean, scale

    def latent(self, mel: Tensor, note: Tensor) -> Tensor:
        """Return the latent points (B, C) of sounds: the posterior's mean, mapped by the flow."""
        mean, _, trunk = self._posterior(mel, note)
        return self._mapped(mean, trunk)

    def propose(self, mel: Tensor, note: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """Return presets for one sound: the centre of the posterior first, then samples.

        Args:
            mel: Log-mel in dB, shape (1, bands, frames).
            note: MIDI note, shape (1,).
            count: Number of presets.
            generator: Source of the random numbers.

        Returns:
            Presets in 0..1, shape (count, P).
        """
        mean, scale, trunk = (t.expand(count, -1) for t in self._posterior(mel, note))
        noise = torch.randn(mean.shape, generator=generator)
        noise[0] = 0
        return self.z_to_unit(self._mapped(mean + scale * noise, trunk)).clamp(0, 1)

    def decode(self, z: Tensor, note: Tensor) -> Tensor:
        """Return normalised log-mels (B, bands, frames) of latent points and notes (B,)."""
        return self._image(z, note)

    def _image(self, z: Tensor, note: Tensor) -> Tensor:
        image: Tensor = self.deconvolutions(self.grow(self.expand(with_note(z, note))))
        return image

    def z_to_unit(self, z: Tensor, like: Tensor | None = None) -> Tensor:
        """Return presets (B, P) of latent points; ``like`` is ignored, z has all parameters."""
        unit: Tensor = self.regressor(z)
        return unit

    def predict(self, mel: Tensor, note: Tensor) -> Tensor:
        """Return presets (B, P) in [0, 1] of log-mels (B, bands, frames) in dB and notes (B,)."""
        return self.z_to_unit(self.latent(mel, note)).clamp(0, 1)

    def _posterior(self, mel: Tensor, note: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        maps = self.convolutions(self.normalised(mel))
        trunk = self.dense(with_note(maps, note))
        mean = self.to_mean(trunk)
        if not self.is_variational:
            return mean, torch.zeros_like(mean), trunk
        return mean, nn.functional.softplus(self.to_scale(trunk)) + 1e-3, trunk

    def _mapped(self, z0: Tensor, trunk: Tensor) -> Tensor:
        """Map points of the encoder to the points that ``z_to_unit`` takes."""
        return self._flowed(z0, trunk)[0]

    def _flowed(self, z0: Tensor, trunk: Tensor) -> tuple[Tensor, Tensor]:
        """Return z and log|det dz/dz0|."""
        if not self.has_posterior_flow:
            return z0, z0.new_zeros(len(z0))
        z, log_det = self.posterior_flow(z0, trunk)
        return z, log_det

    # -- training --------------------------------------------------------------------------------

    def loss(self, batch: Batch, warm_up: float) -> dict[str, Tensor]:
        """Return the terms of the loss: reconstruction, latent space, regression and their sum."""
        mean, scale, trunk = (t.float() for t in self._posterior(batch.mel, batch.note))
        with exactly(batch.mel):
            z0 = mean + scale * torch.randn_like(mean) if self.is_variational else mean
            z, log_det = self._flowed(z0, trunk)
            terms = self._latent_terms(z0, mean, scale, z, log_det)
            # log q(z | x), eq. 4. Later flows start from this density.
            density = log_normal(z0, mean, scale) - log_det if self.is_variational else log_det
            organised, density, more = self._organised(z, density, trunk, batch)
            terms |= more | self._regression(organised, density, batch)
        error = (self._image(z, batch.note) - self.normalised(batch.mel)).square().mean()
        terms["reconstruction"] = error.float() / 2
        weights = self._weights(warm_up)
        return {"loss": sum(weights[name] * terms[name] for name in weights), **terms}  # type: ignore[dict-item]

    def _weights(self, warm_up: float) -> dict[str, float]:
        """Return the weight of each term in the loss."""
        beta = warm_up * self.config.beta
        latent = {"ae": {}, "wae": {"mmd": beta}}.get(
            self.config.kind, {"kl": beta / self.config.cells}
        )
        return {"reconstruction": 1.0, "regression": self.config.gamma, **latent}

    def _latent_terms(
        self, z0: Tensor, mean: Tensor, scale: Tensor, z: Tensor, log_det: Tensor
    ) -> dict[str, Tensor]:
        if self.config.kind == "ae":
            return {}
        if self.config.kind == "wae":
            return {"mmd": mmd(z, torch.randn_like(z))}
        if not self.has_posterior_flow:
            return {"kl": gaussian_kl(mean, scale).mean()}
        q = log_normal(z0, mean, scale) - log_det  # eq. 4
        return {"kl": (q - log_normal(z)).mean()}  # eq. 5, one sample

    def _organised(
        self, z: Tensor, density: Tensor, trunk: Tensor, batch: Batch
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Return the latent points for the regression, their log q (B,), and more terms."""
        return z, density, {}

    def _regression(self, z: Tensor, density: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return the MSE of the parameters, weighted as the flows' initial Gaussian likelihood."""
        mse = (self.z_to_unit(z) - batch.unit).square().mean()
        return {"regression": MSE_WEIGHT * mse, "parameter_mse": mse.detach()}


def log_normal(x: Tensor, mean: Tensor | float = 0.0, scale: Tensor | float = 1.0) -> Tensor:
    """Compute log N(x; mean, diag scale^2).

    Args:
        x: Points, shape (B, C).
        mean: Means, shape (B, C) or a number.
        scale: Standard deviations, shape (B, C) or a number.

    Returns:
        Log densities in nats, shape (B,).
    """
    scale = torch.as_tensor(scale, dtype=x.dtype, device=x.device)
    standard = (x - mean) / scale
    log_density: Tensor = -0.5 * standard.square() - scale.log() - 0.5 * math.log(2 * math.pi)
    return log_density.sum(1)


def gaussian_kl(mean: Tensor, scale: Tensor) -> Tensor:
    """Return KL(N(mean, diag scale^2) || N(0, I)) in nats, (B,), of means and scales (B, C)."""
    return 0.5 * (mean.square() + scale.square() - 1 - 2 * scale.log()).sum(1)


def mmd(x: Tensor, y: Tensor) -> Tensor:
    """Return the unbiased squared MMD of two samples (N, C); 0 for a single row.

    The inverse multiquadratic kernels and their scales are those of the WAE paper (Tolstikhin et
    al., section 4): sums of C / (C + |x - y|^2), C = 2 * dimensions * scale.
    """
    count = len(x)
    if count < 2:
        return x.new_zeros(())

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        squares = torch.cdist(a, b).square()
        bases = [2 * a.shape[1] * scale for scale in MMD_SCALES]
        return sum((base / (base + squares) for base in bases), torch.zeros_like(squares))

    def within(k: Tensor) -> Tensor:
        return (k.sum() - k.diagonal().sum()) / (count * (count - 1))

    return within(kernel(x, x)) + within(kernel(y, y)) - 2 * kernel(x, y).mean()
