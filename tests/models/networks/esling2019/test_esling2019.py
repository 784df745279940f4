"""Test the paper's models: exact flows, correct log-determinants, stable inference, training."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.data.batches import Batch
from models.networks.esling2019 import DIRECT, MODELS, PaperConfig, PaperModel
from models.networks.esling2019.autoencoders import AutoEncoder, gaussian_kl, log_normal, mmd
from models.networks.esling2019.flow_models import FlowDisentangling, FlowRegression, InferenceError
from models.networks.esling2019.flows import InverseAutoregressive
from models.networks.protocols import ControlModel, InvertibleModel, LatentModel
from models.networks.semantic import MU, SIGMA, semantic_terms

SIZE, PAIRS = 5, 2
SMALL = PaperConfig(
    kind="",
    bands=16,
    frames=11,
    parameters=SIZE,
    pairs=PAIRS,
    channels=8,
    kernel=3,
    layers=3,
    hidden=32,
    transforms=4,
    disentangling=3,
    flow_hidden=12,
    psi=3,
)
LATENT = [kind for kind in MODELS if kind not in DIRECT]


def model_of(kind: str, dropout: float = 0.3) -> PaperModel:
    torch.manual_seed(1)
    model = MODELS[kind](replace(SMALL, kind=kind, dropout=dropout))
    model.mel_mean.fill_(-40.0)
    model.mel_std.fill_(20.0)
    return model.eval()


def batch_of(count: int, seed: int = 0) -> Batch:
    """Make sounds that depend on their parameters: each parameter raises some bands."""
    generator = torch.Generator().manual_seed(seed)
    unit = torch.rand(count, SIZE, generator=generator)
    note = torch.randint(36, 85, (count,), generator=generator).float()
    bands = unit.repeat_interleave(4, 1)[:, : SMALL.bands]
    mel = -80 + 60 * bands[:, :, None].expand(-1, -1, SMALL.frames)
    noise = torch.randn(count, SMALL.bands, SMALL.frames, generator=generator)
    signs = torch.sign(unit[:, :PAIRS] - 0.5) * (unit[:, :PAIRS] - 0.5).abs().gt(0.2)
    return Batch(mel + noise, note, unit, signs, unit[:, :PAIRS] - 0.5)


# -- flows ---------------------------------------------------------------------------------------


def flow_and_context(kind: str) -> tuple[InverseAutoregressive, Any]:
    torch.manual_seed(3)
    if kind == "plain":
        return InverseAutoregressive(SIZE, 6, 16).double(), None
    flow = InverseAutoregressive(SIZE, 6, 16, context=4).double()
    if kind == "one context":
        return flow, torch.randn(7, 4, dtype=torch.double)
    return flow, [torch.randn(7, 4, dtype=torch.double) for _ in range(6)]


FLOWS = ["plain", "one context", "a context each"]


@pytest.mark.parametrize("kind", FLOWS)
@torch.no_grad()
def test_flow_is_inverted_exactly(kind: str) -> None:
    flow, context = flow_and_context(kind)
    for weight in flow.parameters():
        weight.mul_(2)  # far from the identity
    x = 2 * torch.randn(7, SIZE, dtype=torch.double)
    y, log_det = flow(x, context)
    back, inverse_log_det = flow.inverse(y, context)
    assert (x - y).abs().max() > 0.1
    torch.testing.assert_close(back, x, rtol=0, atol=1e-9)
    torch.testing.assert_close(inverse_log_det, -log_det, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", FLOWS)
def test_log_determinant_is_that_of_autograd(kind: str) -> None:
    flow, context = flow_and_context(kind)
    x = torch.randn(7, SIZE, dtype=torch.double)

    def total(points: Tensor) -> Tensor:
        summed: Tensor = flow(points, context)[0].sum(0)
        return summed

    jacobians = torch.autograd.functional.jacobian(total, x).permute(1, 0, 2)  # type: ignore[no-untyped-call]
    _, expected = torch.linalg.slogdet(jacobians)
    torch.testing.assert_close(flow(x, context)[1], expected)


def test_log_determinant_of_a_composition_is_the_sum() -> None:
    first, _ = flow_and_context("plain")
    second = InverseAutoregressive(SIZE, 3, 16).double()
    x = torch.randn(1, SIZE, dtype=torch.double)
    middle, a = first(x)
    _, b = second(middle)
    jacobian = torch.autograd.functional.jacobian(lambda p: second(first(p)[0])[0], x)  # type: ignore[no-untyped-call]
    _, expected = torch.linalg.slogdet(jacobian[0, :, 0])
    torch.testing.assert_close((a + b)[0], expected)


def test_gradients_of_a_flow_are_true() -> None:
    flow, _ = flow_and_context("plain")
    x = torch.randn(2, SIZE, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: flow(p), (x,))
    assert torch.autograd.gradcheck(lambda p: flow.inverse(p), (x,))


@pytest.mark.parametrize("kind", ["flow_post", "flow_dis"])
@torch.no_grad()
def test_presets_go_to_the_latent_space_and_back(kind: str) -> None:
    model = model_of(kind)
    assert isinstance(model, FlowRegression) and isinstance(model, InvertibleModel)
    corners = torch.bernoulli(torch.full((50, SIZE), 0.5))
    unit = torch.cat([torch.rand(200, SIZE), corners])
    assert (model.z_to_unit(model.unit_to_z(unit), like=unit) - unit).abs().max() <= 1e-4


def test_flow_cond_says_that_it_has_no_inverse() -> None:
    model = model_of("flow_cond")
    assert isinstance(model, FlowRegression)
    with pytest.raises(ValueError, match="its flow depends on z"):
        model.unit_to_z(torch.rand(2, SIZE))


# -- divergences ---------------------------------------------------------------------------------


def test_gaussian_kl_is_that_of_torch() -> None:
    mean, scale = torch.randn(9, SIZE), torch.rand(9, SIZE) + 0.1
    ours = gaussian_kl(mean, scale)
    normal = torch.distributions.Normal
    theirs = torch.distributions.kl_divergence(normal(mean, scale), normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(
        log_normal(mean, 0.5, scale),
        normal(0.5, scale).log_prob(mean).sum(1),  # type: ignore[no-untyped-call]
    )


def test_mmd_is_unbiased_and_grows_with_the_distance() -> None:
    torch.manual_seed(0)
    same = torch.stack([mmd(torch.randn(64, 4), torch.randn(64, 4)) for _ in range(200)])
    assert abs(float(same.mean())) < 4 * float(same.std()) / math.sqrt(200)
    assert float(same.min()) < 0, "an unbiased estimate of 0 falls on both sides"
    shifted = [float(mmd(torch.randn(500, 4) + d, torch.randn(500, 4))) for d in (0.0, 0.5, 1.0, 2)]
    assert shifted == sorted(shifted)


def test_kl_of_a_posterior_flow_is_that_of_samples() -> None:
    """Use identity flows: eq. 5 is then the closed form of eq. 2, within the sampling noise."""
    model = model_of("vae_flow")
    for name, weight in model.named_parameters():
        if "posterior_flow" in name:
            nn.init.zeros_(weight)
    one = batch_of(1)
    batch = Batch(*(part.expand(4000, *part.shape[1:]) for part in one))
    with torch.no_grad():
        mean, scale = model.encode(one.mel, one.note)  # type: ignore[operator]
        torch.manual_seed(0)
        estimate = float(model.loss(batch, 1.0)["kl"])
    spread = (0.5 * (scale.square() - 1).square() + (mean * scale).square()).sum().sqrt()
    assert abs(estimate - float(gaussian_kl(mean, scale))) < 4.5 * float(spread) / math.sqrt(4000)


@torch.no_grad()
def test_expected_likelihood_is_the_mean_over_drawn_precisions() -> None:
    torch.manual_seed(0)
    error = InferenceError(SIZE)
    residual = 0.3 * torch.randn(3, SIZE)
    drawn = error.mean + error.log_scale.exp() * torch.randn(200_000, 1, SIZE)
    log_densities = 0.5 * (drawn - drawn.exp() * residual.square() - math.log(2 * math.pi))
    expected = log_densities.sum(2).mean(0)
    torch.testing.assert_close(error.expected_log_prob(residual), expected, rtol=0.01, atol=0.02)
    assert float(error.kl()) > 0


@torch.no_grad()
def test_a_precision_for_each_clip_costs_its_kl_at_every_clip() -> None:
    """Check both meanings of eq. 12: one lambda for all clips, or one for each."""
    terms = []
    for shared in (True, False):
        torch.manual_seed(1)
        model = FlowRegression(replace(SMALL, kind="flow_post", one_precision=shared)).eval()
        model.clips.fill_(50)
        model.error.mean.fill_(0.5)
        torch.manual_seed(2)
        terms.append(float(model.loss(batch_of(4), 1.0)["regression"]))
    expected = float(model.error.kl()) * (1 - 1 / 50) / SIZE
    assert terms[1] - terms[0] == pytest.approx(expected, rel=1e-4) and expected > 0.1


# -- tags ----------------------------------------------------------------------------------------


def test_known_tags_choose_the_side_and_unknown_ones_are_bounded() -> None:
    z, logits = torch.randn(50, SIZE), torch.randn(50, 1)
    known = semantic_terms(z, logits, torch.ones(50, 1)).log_prior
    normal = torch.distributions.Normal(MU, SIGMA)
    side = normal.log_prob(z[:, 0]) + math.log(0.5)  # type: ignore[no-untyped-call]
    torch.testing.assert_close(known, side + log_normal(z[:, 1:]))
    minus = semantic_terms(z, logits, -torch.ones(50, 1)).log_prior
    evidence = torch.logaddexp(known, minus)  # log p(z): the tag summed out
    bound = semantic_terms(z, logits, torch.zeros(50, 1)).log_prior
    assert (bound <= evidence + 1e-5).all()
    best = semantic_terms(z, (known - minus)[:, None], torch.zeros(50, 1)).log_prior
    torch.testing.assert_close(best, evidence)  # tight for the true posterior


# -- whole models --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MODELS)
@torch.no_grad()
def test_the_same_sound_has_the_same_answer(kind: str) -> None:
    model, batch = model_of(kind), batch_of(6)
    assert isinstance(model, ControlModel)
    assert isinstance(model, LatentModel) == (kind in LATENT)
    unit = model.predict(batch.mel, batch.note)
    torch.manual_seed(99)
    assert torch.equal(unit, model.predict(batch.mel, batch.note))
    assert unit.shape == (6, SIZE) and unit.min() >= 0 and unit.max() <= 1
    alone = model.predict(batch.mel[2:3], batch.note[2:3])
    torch.testing.assert_close(alone, unit[2:3])


@pytest.mark.parametrize("kind", MODELS)
def test_every_weight_learns_and_the_loss_falls(kind: str) -> None:
    model = model_of(kind, dropout=0.0).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses, errors = [], []
    for step in range(60):
        batch = batch_of(64, seed=step)
        terms = model.loss(batch, warm_up=0.5)
        assert all(torch.isfinite(value) for value in terms.values()), terms
        optimiser.zero_grad()
        terms["loss"].backward()  # type: ignore[no-untyped-call]
        idle = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
        # The last scale of a flow has a zero gradient only if no input reached it.
        assert not idle or step > 0, idle
        optimiser.step()
        losses.append(float(terms["loss"].detach()))
        errors.append(float(terms.get("parameter_mse", terms["regression"]).detach()))
    assert sum(losses[-5:]) < sum(losses[:5])
    assert sum(errors[-5:]) < 0.7 * sum(errors[:5]), "the model does not learn the parameters"


@pytest.mark.parametrize("kind", LATENT)
@torch.no_grad()
def test_latent_models_map_both_spaces(kind: str) -> None:
    model, batch = model_of(kind), batch_of(4)
    assert isinstance(model, LatentModel)
    mean, scale = model.encode(batch.mel, batch.note)
    assert mean.shape == scale.shape == (4, SIZE)
    assert (scale > 0).all() == (kind not in ("ae", "wae"))
    assert model.z_to_unit(mean, like=batch.unit).shape == (4, SIZE)
    image = model.decode(mean, batch.note)  # type: ignore[operator]
    assert image.shape == batch.mel.shape


@pytest.mark.parametrize("kind", MODELS)
def test_equal_seeds_give_equal_weights(kind: str) -> None:
    first, second = model_of(kind).state_dict(), model_of(kind).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_disentangling_learns_several_pairs_at_once() -> None:
    model = model_of("flow_dis", dropout=0.0).train()
    assert isinstance(model, FlowDisentangling)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(150):
        optimiser.zero_grad()
        model.loss(batch_of(64, seed=step), 1.0)["loss"].backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    model.eval()
    with torch.no_grad():
        batch = batch_of(400, seed=1000)
        z = model.latent(batch.mel, batch.note)[:, :PAIRS]
        right = (z.sign() == batch.signs)[batch.signs != 0]
    assert right.float().mean() > 0.85


@pytest.mark.parametrize("kind", LATENT)
def test_samples_begin_with_the_one_shot_and_repeat(kind: str) -> None:
    """Check that Flow_reg at 0 renders in the curve is the model of the paper's table."""
    model, sound = model_of(kind), batch_of(1)
    assert isinstance(model, AutoEncoder)
    with torch.no_grad():
        twice = [
            model.propose(sound.mel, sound.note, 6, torch.Generator().manual_seed(4))
            for _ in range(2)
        ]
        one_shot = model.predict(sound.mel, sound.note)[0]
    assert torch.equal(*twice) and torch.allclose(twice[0][0], one_shot, atol=1e-6)
    assert twice[0].min() >= 0 and twice[0].max() <= 1
    spread = twice[0].std(0).max()
    assert spread > 1e-3 if model.is_variational else spread < 1e-6


def test_paper_sizes_are_the_papers() -> None:
    """Check the sizes: 128 bands x 87 frames and five halvings give 4 x 3 cells, 128 channels."""
    config = PaperConfig(kind="cnn", bands=128, frames=87, parameters=32)
    with torch.device("meta"):
        network = MODELS["cnn"](config)
    shapes = {name: tuple(p.shape) for name, p in network.named_parameters()}
    assert shapes["convolutions.blocks.4.0.weight"] == (128, 128, 7, 7)
    assert shapes["dense.0.weight"] == (2048, 128 * 4 * 3 + 1)
    assert shapes["output.weight"] == (32, 2048)
