"""Define Flow_reg and Flow_dis: flows from the latent space to the parameters (section 3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.data.batches import Batch
from models.networks.esling2019.autoencoders import (
    LAMBDA_MEAN,
    AutoEncoder,
    gaussian_kl,
    log_normal,
)
from models.networks.esling2019.base import PaperConfig
from models.networks.esling2019.flows import InverseAutoregressive
from models.networks.semantic import TagPosterior, centred, semantic_terms, uncentred

LAMBDA_SCALE = 1.0  # scale of the prior of the log precision


class InferenceError(nn.Module):
    """Model the error eps ~ N(0, C_v) of v = f(z) + eps (eq. 9-12).

    C_v^-1 = sum_i exp(lambda_i) Q_i. *Our choices:* Q_i = e_i e_i^T, one precision per parameter.
    q(lambda | z, v) does not depend on z and v, and is Gaussian like its prior. Both the expected
    likelihood and the KL of eq. 12 are then closed forms. The paper's eq. 11 and 12 add the KLs
    to a likelihood that is maximised. We use them as penalties, as eq. 1 and 2 do.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.full((size,), LAMBDA_MEAN))
        self.log_scale = nn.Parameter(torch.full((size,), -1.0))

    def expected_log_prob(self, error: Tensor) -> Tensor:
        """Return E_q(lambda)[log N(error; 0, C_v)], (B,), of errors (B, C) (eq. 10)."""
        precision = (self.mean + (2 * self.log_scale).exp() / 2).exp()
        constant = torch.log(torch.tensor(2 * torch.pi, dtype=error.dtype, device=error.device))
        return 0.5 * (self.mean - precision * error.square() - constant).sum(1)

    def kl(self) -> Tensor:
        """Return KL[q(lambda) || p(lambda)] in nats, a scalar (eq. 12)."""
        standard = (self.mean - LAMBDA_MEAN) / LAMBDA_SCALE
        return gaussian_kl(standard[None], (self.log_scale.exp() / LAMBDA_SCALE)[None])[0]


class FlowRegression(AutoEncoder):
    """Extend VAE_flow with a flow f of 16 IAF steps from z to the parameters v, without the MLP.

    ``flow_post`` (eq. 13): v_0 = z, v_k = f(z), p(v_k) = N(0, I). q_0(v_0) is the density that the
    encoder gives z. Eq. 13 is then a KL and never negative. The text could also mean N(0, I) for
    q_0. With that, the loss has no lower bound: the flow can get steeper around few points
    without end, and did so in our training.

    ``flow_cond`` (eq. 14): the flow's parameters psi are random. They are drawn from
    q(psi | z) = N, with a KL to N(0, I), before f_psi(z) is computed. *Our choices:* psi are
    ``config.psi`` numbers per step. A linear map makes them the biases of that step's first
    hidden layer. All other weights are fixed values. The log-determinant of eq. 14 has the same
    sign and the same other terms as in eq. 13, from which it follows by the decomposition. Alone
    it has no lower bound with either sign.

    v is the unit vector mapped to -2..2. Uniform parameters then spread about as N(0, 1) does.
    """

    def _add_regression(self, hidden: int) -> None:
        config = self.config
        size, draws = config.parameters, config.psi * (config.kind == "flow_cond")
        self.regression_flow = InverseAutoregressive(
            size, config.transforms, config.flow_hidden, context=draws
        )
        self.error = InferenceError(size)
        if draws:
            self.to_psi = nn.Sequential(
                nn.Linear(size, hidden // 4),
                nn.ELU(),
                nn.Linear(hidden // 4, 2 * draws * config.transforms),
            )

    # -- the map ---------------------------------------------------------------------------------

    def z_to_unit(self, z: Tensor, like: Tensor | None = None) -> Tensor:
        """Return presets (B, P) of latent points, with the mean of psi; they may leave [0, 1]."""
        psi = self.psi(z)[0] if self.config.kind == "flow_cond" else None
        return uncentred(self.regression_flow(z, psi)[0])

    def unit_to_z(self, unit: Tensor) -> Tensor:
        """Return latent points (B, C) of presets: z = f^-1(v), exact.

        Raises:
            ValueError: The kind is ``flow_cond``, whose flow depends on the unknown z.
        """
        if self.config.kind == "flow_cond":
            raise ValueError(
                "flow_cond: its flow depends on z, so presets have no z. Use flow_post instead."
            )
        return self.regression_flow.inverse(centred(unit))[0]

    def psi(self, z: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Return means and scales of q(psi | z), (B, psi) for each step of the flow."""
        mean, raw = self.to_psi(z).chunk(2, dim=1)
        scale = nn.functional.softplus(raw) + 1e-3
        steps = self.config.transforms
        return mean.chunk(steps, dim=1), scale.chunk(steps, dim=1)

    # -- training --------------------------------------------------------------------------------

    def _regression(self, z: Tensor, density: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return the negative of eq. 11 and 12, in nats per parameter."""
        psi, penalty = None, z.new_zeros(len(z))
        if self.config.kind == "flow_cond":
            means, scales = self.psi(z)
            psi = [m + s * torch.randn_like(m) for m, s in zip(means, scales, strict=True)]
            penalty = gaussian_kl(torch.cat(means, 1), torch.cat(scales, 1))
        v, log_det = self.regression_flow(z, psi)
        likelihood = self.error.expected_log_prob(centred(batch.unit) - v)
        flow_kl = density - log_det - log_normal(v) + penalty  # eq. 13, 14
        # With one_precision, all training clips share one lambda and divide its KL between them.
        # Otherwise each clip has its own lambda and the full KL, as q(lambda | z, v) may mean.
        sharers = self.clips if self.config.one_precision else 1
        nats = (flow_kl - likelihood).mean() + self.error.kl() / sharers
        mse = (uncentred(v) - batch.unit).square().mean()
        return {"regression": nats / self.config.parameters, "parameter_mse": mse.detach()}


class FlowDisentangling(FlowRegression):
    """Put a disentangling flow before Flow_reg: the first dimensions of z follow tag pairs (3.3).

    z = f_dis(z_audio). The regression flow and all knobs use z. Dimension t follows N(-1, .5) for
    clips tagged with the negative word of pair t, and N(+1, .5) for the positive word. This is
    eq. 16 for all pairs at once, with N(0, 1) for the other dimensions. It is a KL from the
    encoder's density, as the left side of eq. 16 says. If a clip has no tag of the pair, the tag
    is inferred (eq. 15, ``models.networks.semantic``).
    """

    def __init__(self, config: PaperConfig) -> None:
        super().__init__(config)
        size = config.parameters
        self.disentangling_flow = InverseAutoregressive(
            size, config.disentangling, config.flow_hidden
        )
        self.tag_posterior = TagPosterior(config.hidden // 2, config.pairs)
        self.initialise()

    def _mapped(self, z0: Tensor, trunk: Tensor) -> Tensor:
        """Return latent points whose first dimensions are semantic."""
        z: Tensor = self.disentangling_flow(super()._mapped(z0, trunk))[0]
        return z

    def decode(self, z: Tensor, note: Tensor) -> Tensor:
        """Return normalised log-mels (B, bands, frames) of semantic latent points and notes."""
        return self._image(self.disentangling_flow.inverse(z)[0], note)

    def _organised(
        self, z: Tensor, density: Tensor, trunk: Tensor, batch: Batch
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Return semantic latent points, their log density, and the terms of the tags.

        ``disentangling`` is eq. 16 and 15, in nats per dimension. ``tags`` trains q(t | x), in
        nats per tag pair.
        """
        organised, log_det = self.disentangling_flow(z)
        terms = semantic_terms(organised, self.tag_posterior(trunk), batch.signs)
        density = density - log_det
        return (
            organised,
            density,
            {
                "disentangling": (density - terms.log_prior).mean() / self.config.parameters,
                "tags": -terms.log_tags.mean() / max(1, self.config.pairs),
            },
        )

    def _weights(self, warm_up: float) -> dict[str, float]:
        """Return the weights of Flow_reg and of the tag terms."""
        delta = self.config.delta
        return super()._weights(warm_up) | {"disentangling": delta, "tags": delta}
