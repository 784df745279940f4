"""Define our network: an audio VAE whose latent space an exact flow maps to parameters.

The notation follows Esling et al., "Universal audio synthesizer control with normalizing flows".
x is the log-mel of a sound, z the latent point, and v the continuous parameters. We add c for the
stepped parameters.

- encoder: x, note -> q(z0 | x) = N(mean, scale). Section 2.1.
- latent flow: z0 -> z, conditioned on x. It gives the posterior q(z | x). Eq. 4, 5.
- decoder: z, c, note -> x. Eq. 2.
- regression flow: z <-> v, exact in both directions, given c. Section 3.2, eq. 13.
- step heads: x -> p(c | x). Ours; the paper kept the stepped parameters of Diva fixed.
- tag posterior: x -> q(t | x), where t is the side of each tag pair. Section 3.3, eq. 15.

The regression flow is the map of eq. 13. Training uses its exact likelihood (eq. 3) through both
flows. With tag pairs the regression flow is also the disentangling flow. The first dimensions of
z are then semantic. The z of sounds and the z of presets both match the densities of eq. 16. A
knob on a semantic dimension therefore moves presets, not only encodings, from one word of the
pair to the other. Both flows are affine couplings. The paper's IAF is exact too, but slow in one
direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.data.batches import Batch, exactly
from models.networks.blocks import (
    LATENT_REFERENCE_NOTE,
    ConvStack,
    Coupling,
    Decoder,
    FlowVAEConfig,
    pitch,
)
from models.networks.semantic import (
    Listener,
    TagPosterior,
    centred,
    knob_loss,
    semantic_terms,
    turned,
    uncentred,
)


@dataclass(frozen=True)
class LatentPosterior:
    """Hold the encoder's output for a batch of sounds.

    Attributes:
        mean: Mean of z0, shape (B, C).
        scale: Scale of z0, positive, shape (B, C).
        trunk: Context of the latent flow, shape (B, hidden).
        step_logits: Logits of each stepped parameter, shape (B, steps).
    """

    mean: Tensor
    scale: Tensor
    trunk: Tensor
    step_logits: tuple[Tensor, ...]

    def exact(self) -> LatentPosterior:
        """Return the same values in float32, whatever precision the network uses."""
        logits = tuple(logits.float() for logits in self.step_logits)
        return LatentPosterior(self.mean.float(), self.scale.float(), self.trunk.float(), logits)


class FlowVAE(nn.Module):
    """Join encoder, flows, decoder and heads; the docstring of the module describes them."""

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
        if config.pairs:
            self.tag_posterior = TagPosterior(config.hidden, config.pairs)
            self.listener = Listener(size + context + 1, config.pairs)
        self.register_buffer("mel_mean", torch.tensor(0.0))
        self.register_buffer("mel_std", torch.tensor(1.0))
        self.register_buffer("continuous", torch.tensor(config.continuous, dtype=torch.long))
        self.register_buffer("stepped", torch.tensor(config.stepped, dtype=torch.long))

    # -- the exact map between presets and the latent space -------------------------------------

    def unit_to_z(self, unit: Tensor) -> Tensor:
        """Return latent points (B, C) of presets (B, P), without any audio: z = f^-1(v; c)."""
        v = centred(unit[:, self.continuous])
        return self.regression_flow.inverse(v, self.steps_of(unit))[0]

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        """Return presets (B, P) of latent points (B, C), with the stepped parameters of ``like``.

        This is the exact inverse of ``unit_to_z``. Continuous values may be outside 0..1: clamp
        them before a synth plays them.
        """
        v, _ = self.regression_flow(z, self.steps_of(like))
        unit = like.clone()
        unit[:, self.continuous] = uncentred(v)
        return unit

    @torch.no_grad()
    def round_trip(self, unit: Tensor) -> float:
        """Return the largest |error| of presets (B, P) after the way to z and back, in float32.

        Couplings are exact in theory. Very large weights lose precision, and give NaN if they
        overflow.
        """
        return float((self.z_to_unit(self.unit_to_z(unit), like=unit) - unit).abs().max())

    def step_index(self, unit: Tensor) -> Tensor:
        """Return the step numbers (B, S) of the stepped parameters."""
        last = torch.tensor(self.config.steps, device=unit.device) - 1
        return torch.round(unit[:, self.stepped] * last).long()

    def steps_of(self, unit: Tensor) -> Tensor:
        """Return c (B, sum(steps)), the one-hot stepped parameters: context of flow and decoder."""
        index = self.step_index(unit)
        hot = [
            nn.functional.one_hot(index[:, i], n).to(unit.dtype)
            for i, n in enumerate(self.config.steps)
        ]
        return torch.cat(hot, 1) if hot else unit.new_zeros(len(unit), 0)

    # -- from sound ------------------------------------------------------------------------------

    def posterior(self, mel: Tensor, note: Tensor) -> LatentPosterior:
        """Return q(z0 | x) and p(c | x) of log-mels (B, bands, frames) in dB and notes (B,)."""
        trunk = self.encoder((mel - self.mel_mean) / self.mel_std, note)
        scale = nn.functional.softplus(self.to_scale(trunk)) + 1e-3
        logits = tuple(head(trunk) for head in self.step_heads)
        return LatentPosterior(self.to_mean(trunk), scale, trunk, logits)

    def encode(self, mel: Tensor, note: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return mean and scale (B, C) of q(z0 | x); the default note is middle C."""
        note = mel.new_full((len(mel),), LATENT_REFERENCE_NOTE) if note is None else note
        posterior = self.posterior(mel, note)
        return posterior.mean, posterior.scale

    def log_prob(self, posterior: LatentPosterior, unit: Tensor) -> tuple[Tensor, Tensor]:
        """Return log p(v | x, c) and log p(c | x) of presets (B, P), each of shape (B,) (eq. 3)."""
        z, outer = self._preset_latent(unit)
        return self._log_prob(posterior, unit, z, outer)

    def _preset_latent(self, unit: Tensor) -> tuple[Tensor, Tensor]:
        """Return z of presets, with noise on v in training, and log|det dz/dv|."""
        return self.regression_flow.inverse(self._jittered(unit), self.steps_of(unit))

    def _log_prob(
        self, posterior: LatentPosterior, unit: Tensor, z: Tensor, outer: Tensor
    ) -> tuple[Tensor, Tensor]:
        z0, inner = self.latent_flow.inverse(z, posterior.trunk)
        base = gaussian(z0, posterior.mean, posterior.scale)
        index = self.step_index(unit)
        steps = [
            -nn.functional.cross_entropy(logits, index[:, i], reduction="none")
            for i, logits in enumerate(posterior.step_logits)
        ]
        return base + inner + outer, sum(steps, unit.new_zeros(len(unit)))

    def predict(self, mel: Tensor, note: Tensor) -> Tensor:
        """Return presets (B, P) of log-mels: posterior mean and most probable steps."""
        posterior = self.posterior(mel, note)
        z, _ = self.latent_flow(posterior.mean, posterior.trunk)
        unit = mel.new_zeros(len(mel), len(self.config.continuous) + len(self.config.steps))
        for i, logits in enumerate(posterior.step_logits):
            last = self.config.steps[i] - 1
            unit[:, self.config.stepped[i]] = logits.argmax(1).to(unit.dtype) / last
        return self.z_to_unit(z, like=unit).clamp(0, 1)

    def propose(self, mel: Tensor, note: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """Return presets for one sound: the centre of the posterior first, then samples.

        The centre has the mean of q(z0 | x) and the most probable steps. It depends on the sound
        only. Equal generators give equal samples.

        Args:
            mel: Log-mel in dB, shape (1, bands, frames).
            note: MIDI note, shape (1,).
            count: Number of presets.
            generator: Source of the random numbers.

        Returns:
            Presets in 0..1, shape (count, P).
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

    def loss(self, batch: Batch, warm_up: float) -> dict[str, Tensor]:
        """Return the terms of the loss, each a scalar; ``loss`` is their weighted sum.

        ``warm_up`` (0..1) scales the KL term, as the paper's schedule of beta does (section
        4.2). It also scales the loss of the semantic knobs.
        """
        mel, note, unit = batch[:3]
        config, posterior = self.config, self.posterior(mel, note).exact()
        with exactly(mel):
            z, terms = self._flow_terms(posterior, batch)
        image = self.decoder(z, self.steps_of(unit), note)
        error = (image - (mel - self.mel_mean) / self.mel_std).square().mean()
        terms["reconstruction"] = error.float()
        loss = terms["reconstruction"] + warm_up * config.beta * terms["kl"]
        loss = loss + config.gamma * terms["regression"]
        loss = loss + config.delta * terms["steps"] / max(1, len(config.steps))
        if config.pairs:
            loss = loss + config.epsilon * terms["tags"] + terms["listener"]
            loss = loss + config.zeta * warm_up * terms["knobs"]
        return {"loss": loss, **terms}

    def _flow_terms(
        self, posterior: LatentPosterior, batch: Batch
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Draw z of the sounds from the posterior; return it with all terms but reconstruction."""
        z0 = posterior.mean + posterior.scale * torch.randn_like(posterior.scale)
        z, log_det = self.latent_flow(z0, posterior.trunk)
        z_preset, outer = self._preset_latent(batch.unit)
        tags = self._tag_terms(posterior.trunk, z, z_preset, outer, batch.signs)
        q = gaussian(z0, posterior.mean, posterior.scale)
        prior = tags.get("prior", gaussian(z, torch.zeros_like(z), torch.ones_like(z)))
        kl = (q - log_det - prior).mean() / z.shape[1]  # equation 5, one sample
        regression, steps = self._log_prob(posterior, batch.unit, z_preset, outer)
        terms = {"kl": kl, "regression": -regression.mean() / z.shape[1], "steps": -steps.mean()}
        if self.config.pairs:
            terms |= {"tags": tags["loss"], **self._knob_terms(z_preset, batch)}
        return z, terms

    def _tag_terms(
        self, trunk: Tensor, z: Tensor, z_preset: Tensor, outer: Tensor, signs: Tensor
    ) -> dict[str, Tensor]:
        """Return ``prior``, log p(z) of the sounds (B,), and ``loss``, eq. 15 and 16 of presets."""
        if not self.config.pairs:
            return {}
        logits = self.tag_posterior(trunk)
        of_sounds = semantic_terms(z, logits, signs)
        of_presets = semantic_terms(z_preset, logits, signs)
        density = (
            of_presets.log_prior + outer
        )  # log p(v | t): the flow is also a density of presets
        tags = of_presets.log_tags.mean() / self.config.pairs
        return {"prior": of_sounds.log_prior, "loss": -density.mean() / z.shape[1] - tags}

    def _knob_terms(self, z: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return the losses ``listener`` and ``knobs``.

        The listener learns to predict the descriptor scores of presets. *Ours:* eq. 16 places
        tagged sounds along a dimension, but does not constrain a preset that moves along that
        dimension alone. Here each preset moves along one random semantic dimension. With frozen
        weights, the listener measures the effect. The score of that tag pair must change as the
        knob's name says, and the other scores must stay.
        """
        pairs, steps = self.config.pairs, self.steps_of(batch.unit)
        unit = batch.unit[:, self.continuous]
        scores, note = batch.scores[:, :pairs], pitch(batch.note)
        before = self.listener(torch.cat([unit, steps, note], 1))
        moved, which, to = turned(z, pairs)
        v, _ = self.regression_flow(moved, steps)
        after = self.listener(torch.cat([uncentred(v).clamp(0, 1), steps, note], 1), frozen=True)
        beyond = (v.abs() - 2).clamp(min=0).square().mean()  # parameters end at |v| = 2
        return {
            "listener": (before - scores).square().mean(),
            "knobs": knob_loss(before.detach(), after, which, to) + beyond,
        }

    def _jittered(self, unit: Tensor) -> Tensor:
        v = centred(unit[:, self.continuous])
        if not self.training:
            return v
        return v + 4 * self.config.dequantise * (torch.rand_like(v) - 0.5)


def gaussian(x: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """Compute log N(x; mean, diag scale^2).

    Args:
        x: Points, shape (B, C).
        mean: Means, shape (B, C).
        scale: Standard deviations, shape (B, C).

    Returns:
        Log densities, shape (B,).
    """
    return (-0.5 * ((x - mean) / scale).square() - scale.log() - 0.5 * math.log(2 * math.pi)).sum(1)
