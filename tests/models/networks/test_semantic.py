"""Test the semantic knobs: one turns at a time, and the loss uses the predicted sound only."""

import numpy as np
import pytest
import torch

from models.data.batches import Batch, exactly
from models.data.feature_cache import normal_scores
from models.networks.registry import KINDS, new_network
from models.networks.semantic import SLOPE, Listener, knob_loss, turned
from tests.models.networks.test_registry import FEATURES, OURS, SMALL, SPEC


def test_one_knob_of_each_preset_is_turned() -> None:
    z = torch.randn(500, 7)
    moved, which, to = turned(z, 3)
    changed = moved != z
    assert (changed.sum(1) == 1).all() and not changed[:, 3:].any()
    assert torch.equal(moved.gather(1, which), to) and to.abs().max() <= 1.5
    assert changed[:, :3].any(0).all(), "each knob gets its turn"


def test_a_knob_that_does_what_it_says_costs_nothing() -> None:
    before = torch.randn(9, 4)
    which, to = torch.randint(4, (9, 1)), torch.rand(9, 1)
    perfect = before.scatter(1, which, SLOPE * to)
    assert knob_loss(before, perfect, which, to) == 0
    assert knob_loss(before, before.scatter(1, which, -SLOPE * to), which, to) > 0, "other way"
    drifted = perfect + 0.5 * (torch.arange(4) != which)
    assert knob_loss(before, drifted, which, to) == pytest.approx(0.25 * 3 / 4), "others move too"


def test_a_frozen_listener_gets_no_gradient_but_passes_gradients_on() -> None:
    listener, presets = Listener(5, 2), torch.rand(3, 5, requires_grad=True)
    listener(presets, frozen=True).sum().backward()
    assert presets.grad is not None and presets.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in listener.parameters())
    torch.testing.assert_close(listener(presets), listener(presets, frozen=True))


def test_normal_scores_go_by_rank_among_the_training_clips() -> None:
    random = np.random.default_rng(1)
    training = random.gamma(2, size=4000).astype(np.float32)
    scores = normal_scores(training, training)
    assert abs(scores.mean()) < 0.01 and abs(scores.std() - 1) < 0.02
    inside = np.abs(scores) < 2.5  # beyond, ranks are cut
    order = np.argsort(training[inside])
    assert (np.diff(scores[inside][order]) >= 0).all()
    others = np.array([1e9, -1e9, np.nan, np.median(training)], np.float32)
    high, low, unmeasured, middle = normal_scores(others, training)
    assert (high, low) == (pytest.approx(2.512, abs=0.01), pytest.approx(-2.512, abs=0.01))
    assert unmeasured == 0 and abs(middle) < 0.01
    assert np.array_equal(normal_scores(others, training[::-1]), normal_scores(others, training))


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_leaves_flows_and_densities_exact(kind: str) -> None:
    network = new_network(kind, SPEC, FEATURES, 2, OURS if kind == "flow_vae" else SMALL)
    count = 8
    mel = -80 * torch.rand(count, FEATURES.bands, FEATURES.frames)
    batch = Batch(
        mel,
        torch.full((count,), 60.0),
        torch.rand(count, len(SPEC)),
        torch.randint(-1, 2, (count, 6)).float(),
        torch.randn(count, 6),
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        terms = network.loss(batch, 1.0)
        with exactly(mel):
            assert (mel[:, 0] @ mel[:, 0].T).dtype == torch.float32
    terms["loss"].backward()  # type: ignore[no-untyped-call]
    names = {"kl", "mmd", "disentangling", "tags", "knobs", "regression"} & set(terms)
    if kind not in ("mlp", "cnn", "resnet"):
        assert all(terms[name].dtype == torch.float32 for name in names), kind
    assert all(torch.isfinite(value) for value in terms.values())
