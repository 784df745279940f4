"""Test the network: exact inverses, correct log-determinants, likelihoods that add up."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian

from datasets.sampler import sample
from datasets.spec import load_spec
from models.data.batches import Batch
from models.networks.blocks import Coupling, FlowVAEConfig
from models.networks.flow_vae import FlowVAE, gaussian
from models.networks.semantic import centred

SPEC = load_spec("vital-16")
SMALL = FlowVAEConfig(
    bands=16,
    frames=8,
    continuous=tuple(SPEC.continuous.tolist()),
    stepped=tuple(SPEC.stepped.tolist()),
    steps=SPEC.steps,
    channels=(4, 8),
    decoder_channels=(8, 4),
    hidden=32,
    flow_hidden=(32, 32),
)
SIZE = len(SMALL.continuous)


def network(config: FlowVAEConfig = SMALL, perturbed: float = 0.0) -> FlowVAE:
    """Make a model in evaluation mode; ``perturbed`` multiplies every weight of its flows."""
    torch.manual_seed(1)
    model = FlowVAE(config).eval()
    if perturbed:
        for flow in (model.regression_flow, model.latent_flow):
            for weight in flow.parameters():
                weight.data *= perturbed
    return model


MODELS = pytest.mark.parametrize("perturbed", [0.0, 1.25], ids=["fresh", "weights x1.25"])


def presets(count: int) -> Tensor:
    """Return sampled presets, (count, P)."""
    return torch.from_numpy(np.stack([sample(SPEC, 21, index).unit for index in range(count)]))


def corners() -> Tensor:
    """Return all 0, all 1, and random mixtures of the two: many human presets have such values."""
    mixed = torch.randint(0, 2, (200, len(SPEC)), generator=torch.Generator().manual_seed(0))
    return torch.cat([torch.zeros(1, len(SPEC)), torch.ones(1, len(SPEC)), mixed.float()])


def sounds(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return log-mels (count, bands, frames) in dB and notes (count,)."""
    generator = torch.Generator().manual_seed(seed)
    mel = -80 * torch.rand(count, SMALL.bands, SMALL.frames, generator=generator)
    return mel, torch.randint(36, 85, (count,), generator=generator).float()


@MODELS
@torch.no_grad()
def test_presets_survive_the_way_to_z_and_back(perturbed: float) -> None:
    model = network(perturbed=perturbed)
    unit = torch.cat([presets(1000), corners()])
    z = model.unit_to_z(unit)
    assert z.shape == (len(unit), SIZE) and torch.isfinite(z).all()
    assert (model.z_to_unit(z, like=unit) - unit).abs().max() <= 1e-4


@torch.no_grad()
def test_the_round_trip_shows_a_map_that_float32_cannot_invert() -> None:
    unit = presets(100)
    assert network().round_trip(unit) <= 1e-4
    assert not network(perturbed=3.0).round_trip(unit) <= 1e-4  # far off, or NaN


def test_presets_survive_a_trained_model() -> None:
    torch.manual_seed(0)
    model, everything = network().train(), presets(512)
    fresh = network().unit_to_z(everything[:5]).detach()
    weights = list(model.regression_flow.parameters())
    optimiser = torch.optim.AdamW(weights, lr=1e-3, weight_decay=1e-4)  # as models.training does
    for _ in range(60):
        unit = everything[torch.randperm(512)[:128]]
        z, log_det = model.regression_flow.inverse(
            centred(unit[:, model.continuous]), model.steps_of(unit)
        )
        loss = -(gaussian(z, torch.zeros_like(z), torch.ones_like(z)) + log_det).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(weights, 5.0)
        optimiser.step()
    with torch.no_grad():
        unit = torch.cat([presets(1000), corners()])
        z = model.unit_to_z(unit)
        assert (z[:5] - fresh).abs().max() > 0.3, "it must have moved"
        assert (model.z_to_unit(z, like=unit) - unit).abs().max() <= 1e-4


@MODELS
@torch.no_grad()
def test_latent_points_survive_the_way_to_presets_and_back(perturbed: float) -> None:
    model = network(perturbed=perturbed)
    like = presets(500)
    z = torch.randn(500, SIZE, generator=torch.Generator().manual_seed(3))
    unit = model.z_to_unit(z, like)
    assert (model.unit_to_z(unit) - z).abs().max() <= 2e-3 * (1 + z.abs().max())


@torch.no_grad()
def test_stepped_parameters_are_the_context_and_stay_untouched() -> None:
    model = network(perturbed=1.25)
    like = presets(50)
    kept = like.clone()
    z = torch.randn(50, SIZE)
    unit = model.z_to_unit(z, like)
    assert torch.equal(like, kept), "the argument must not be written to"
    assert torch.equal(unit[:, SPEC.stepped], like[:, SPEC.stepped])
    other = like.clone()
    other[:, SPEC.stepped] = 1 - other[:, SPEC.stepped]
    assert not torch.allclose(
        model.z_to_unit(z, other)[:, SPEC.continuous], unit[:, SPEC.continuous]
    )
    hot = model.steps_of(like)
    assert torch.equal(hot.sum(1), torch.full((50,), float(len(SPEC.stepped))))


@pytest.mark.parametrize("name", ["regression_flow", "latent_flow"])
@MODELS
def test_log_determinants_are_those_of_the_jacobian(name: str, perturbed: float) -> None:
    model = network(perturbed=perturbed).double()
    flow: Coupling = getattr(model, name)
    width = sum(SMALL.steps) if name == "regression_flow" else SMALL.hidden
    generator = torch.Generator().manual_seed(5)
    for _ in range(3):
        x = 2 * torch.randn(1, SIZE, generator=generator, dtype=torch.float64)
        context = torch.randn(1, width, generator=generator, dtype=torch.float64)
        y, forward = flow(x, context)
        back, inverse = flow.inverse(y, context)
        matrix = jacobian(lambda v, c=context: flow(v[None], c)[0][0], x[0])  # type: ignore[no-untyped-call]
        torch.testing.assert_close(forward[0], torch.linalg.slogdet(matrix)[1])
        torch.testing.assert_close(inverse, -forward)
        torch.testing.assert_close(back, x)


def test_every_dimension_reaches_every_other() -> None:
    model = network().double()
    context = torch.zeros(1, sum(SMALL.steps), dtype=torch.float64)
    matrix = jacobian(  # type: ignore[no-untyped-call]
        lambda v: model.regression_flow(v[None], context)[0][0],
        torch.full((SIZE,), 0.3, dtype=torch.float64),
    )
    assert (matrix.abs() > 0).all()


@torch.no_grad()
def test_likelihood_is_the_change_of_variables() -> None:
    """Check log p(v) of v = f(g(z0)): the base density minus both forward log-determinants."""
    model = network()
    mel, note = sounds(8)
    unit = presets(8)
    posterior = model.posterior(mel, note)
    context = model.steps_of(unit)
    noise = torch.randn(8, SIZE, generator=torch.Generator().manual_seed(2))
    z0 = posterior.mean + posterior.scale * noise
    z, inner = model.latent_flow(z0, posterior.trunk)
    v, outer = model.regression_flow(z, context)
    unit[:, SPEC.continuous] = v / 4 + 0.5
    normal = torch.distributions.Normal(posterior.mean, posterior.scale)
    base = normal.log_prob(z0).sum(1)  # type: ignore[no-untyped-call]
    log_v, log_steps = model.log_prob(posterior, unit)
    torch.testing.assert_close(log_v, base - inner - outer, rtol=1e-3, atol=1e-2)
    index = model.step_index(unit)
    chances = [
        torch.log_softmax(logits, 1).gather(1, index[:, i : i + 1])[:, 0]
        for i, logits in enumerate(posterior.step_logits)
    ]
    torch.testing.assert_close(log_steps, torch.stack(chances).sum(0))


@torch.no_grad()
def test_proposals_are_presets_and_follow_the_seed() -> None:
    model = network(perturbed=1.25)
    mel, note = sounds(1)

    def propose(count: int, seed: int) -> Tensor:
        return model.propose(mel, note, count, torch.Generator().manual_seed(seed))

    proposals = propose(64, 4)
    assert proposals.shape == (64, len(SPEC))
    assert torch.equal(proposals, propose(64, 4))
    assert torch.equal(proposals[0], propose(64, 5)[0])
    assert not torch.equal(proposals[1:], propose(64, 5)[1:])
    assert proposals.min() >= 0 and proposals.max() <= 1
    assert np.allclose(SPEC.snap(proposals.numpy()), proposals.numpy(), atol=1e-6)
    for row in proposals:
        SPEC.to_native(row.numpy())


@torch.no_grad()
def test_first_proposal_is_the_mode() -> None:
    model = network()
    mel, note = sounds(1, seed=7)
    posterior = model.posterior(mel, note)
    unit = torch.zeros(1, len(SPEC))
    for i, logits in enumerate(posterior.step_logits):
        unit[0, SPEC.stepped[i]] = logits[0].argmax() / (SPEC.steps[i] - 1)
    z, _ = model.latent_flow(posterior.mean, posterior.trunk)
    wanted = model.z_to_unit(z, like=unit).clamp(0, 1)
    (first,) = model.propose(mel, note, 1, torch.Generator().manual_seed(0))
    torch.testing.assert_close(first, wanted[0])


@torch.no_grad()
def test_encoding_uses_the_note_but_does_not_need_it() -> None:
    model = network()
    mel, _ = sounds(3)
    mean, scale = model.encode(mel)
    assert mean.shape == scale.shape == (3, SIZE) and (scale > 0).all()
    torch.testing.assert_close(model.encode(mel, torch.full((3,), 60.0))[0], mean)
    assert not torch.allclose(model.encode(mel, torch.full((3,), 80.0))[0], mean)


def no_tags(unit: Tensor) -> Tensor:
    return unit.new_zeros(len(unit), 0)


@torch.no_grad()
def test_prediction_is_the_centre_of_what_is_proposed() -> None:
    model = network()
    mel, note = sounds(4)
    predicted = model.predict(mel, note)
    for i in range(4):
        centre = model.propose(mel[i : i + 1], note[i : i + 1], 1, torch.Generator())
        torch.testing.assert_close(predicted[i : i + 1], centre)
    assert torch.equal(predicted, model.predict(mel, note))


def test_tags_pull_presets_to_the_sides_of_their_dimension() -> None:
    """Train on tags that follow one parameter; their dimension of z predicts new presets' tags."""
    model = network(replace(SMALL, pairs=2)).train()
    model.mel_mean.fill_(-40.0)
    model.mel_std.fill_(23.0)
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    (mel, note), unit = sounds(600), presets(600)
    decisive = unit[:, model.continuous[2]] - 0.5
    scores = 2 * torch.stack([decisive, torch.zeros(600)], 1)
    everything = Batch(mel, note, unit, scores.sign(), scores)
    torch.manual_seed(0)
    for _ in range(150):
        rows = torch.randint(0, 400, (64,))
        terms = model.loss(Batch(*(part[rows] for part in everything)), warm_up=1.0)
        optimiser.zero_grad()
        terms["loss"].backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        z = model.eval().unit_to_z(unit[400:])[:, 0]
    assert ((z > 0) == (decisive[400:] > 0)).float().mean() > 0.85


def test_loss_is_the_weighted_sum_of_finite_terms_and_falls() -> None:
    torch.manual_seed(0)
    model = network().train()
    (mel, note), unit = sounds(16), presets(16)
    model.mel_mean.fill_(-40.0)
    model.mel_std.fill_(23.0)
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    history = []
    for _ in range(30):
        terms = model.loss(Batch(mel, note, unit, no_tags(unit), no_tags(unit)), warm_up=0.5)
        assert all(torch.isfinite(value) for value in terms.values())
        weighted = terms["reconstruction"] + 0.5 * SMALL.beta * terms["kl"]
        weighted = weighted + SMALL.gamma * terms["regression"]
        weighted = weighted + SMALL.delta * terms["steps"] / len(SMALL.steps)
        torch.testing.assert_close(terms["loss"], weighted)
        optimiser.zero_grad()
        terms["loss"].backward()  # type: ignore[no-untyped-call]
        assert all(p.grad is not None for p in model.parameters())
        optimiser.step()
        history.append({name: float(value.detach()) for name, value in terms.items()})
    for name in ("loss", "regression", "steps", "reconstruction"):
        first, last = (sum(row[name] for row in part) for part in (history[:5], history[-5:]))
        assert last < first, name


def test_kl_term_estimates_the_closed_form() -> None:
    """Use an identity as latent flow: q is then Gaussian, and its KL to N(0, 1) is known."""
    model = network()
    for weight in model.latent_flow.parameters():
        nn.init.zeros_(weight)
    mel, note = (part[:1].expand(2000, *part.shape[1:]) for part in sounds(1))
    unit = presets(1).expand(2000, -1)
    with torch.no_grad():
        z0 = torch.randn(3, SIZE)
        trunk = model.posterior(mel[:3], note[:3]).trunk
        torch.testing.assert_close(model.latent_flow(z0, trunk)[0], z0)
        mean, scale = (part[0] for part in model.encode(mel[:1], note[:1]))
        exact = 0.5 * (mean.square() + scale.square() - 1 - 2 * scale.log()).sum() / SIZE
        torch.manual_seed(0)
        estimate = model.loss(Batch(mel, note, unit, no_tags(unit), no_tags(unit)), 1.0)["kl"]
    # Variance of log q - log p over the posterior, from its two moments.
    spread = (0.5 * (scale.square() - 1).square() + (mean * scale).square()).sum().sqrt() / SIZE
    assert abs(float(estimate - exact)) < 4.5 * float(spread) / math.sqrt(2000) + 1e-5
    assert float(exact) > 0


@torch.no_grad()
def test_a_synth_without_stepped_parameters_works_too() -> None:
    config = replace(SMALL, continuous=(0, 1, 2, 3), stepped=(), steps=())
    model = network(config, perturbed=1.25)
    unit = torch.rand(20, 4)
    assert (model.z_to_unit(model.unit_to_z(unit), like=unit) - unit).abs().max() <= 1e-4
    mel, note = sounds(20)
    assert torch.isfinite(
        model.loss(Batch(mel, note, unit, no_tags(unit), no_tags(unit)), 1.0)["loss"]
    )
    assert model.propose(mel[:1], note[:1], 3, torch.Generator()).shape == (3, 4)
