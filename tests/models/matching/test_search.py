"""The search on the fake synth: it improves, repeats, keeps its budget, and can be screened."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from datasets.sampler import sample
from datasets.spec import FloatArray
from datasets.storage.store import open_store
from models.audio.distance import TargetDistance
from models.checkpoint import Checkpoint, load_checkpoint
from models.estimator.fit import FitConfig
from models.evaluation.baselines import RIVALS, Trial
from models.matching.initial_population import TargetFeatures, own_search
from models.matching.objective import Objective
from models.matching.search import FIRST, Search, SearchSettings
from models.matching.variation import Variation
from models.training.run import TrainConfig
from models.training.train import train
from models.training.train_estimator import EstimatorConfig, fit_estimator
from renderer.dataset.render import render_dataset
from renderer.plugins.patch_template import on_patch
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool, whole
from tests.fakes.fake_synth import fake_synth
from tests.fakes.tiny_network import NETWORK

SPEC, NOTE, RENDERS = fake_synth(), 60, 20


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    data, folder = (tmp_path_factory.mktemp(name) for name in ("data", "model"))
    render_dataset(SPEC, 300, 1, data)
    train(open_store(data), folder, TrainConfig(epochs=1, batch=64, warm_up=1), NETWORK)
    config = EstimatorConfig(FitConfig(20, 32), FitConfig(4, 32, 1e-3), library=30)
    fit_estimator(open_store(data), folder, config)
    return load_checkpoint(folder)


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    with RenderPool(SPEC, 2) as pool:
        yield pool


@pytest.fixture(scope="module")
def targets(pool: RenderPool) -> list[FloatArray]:
    """Sounds of presets that are in no dataset."""
    jobs = [RenderJob(0, NOTE, 100, sample(SPEC, seed=99, index=i).unit) for i in range(4)]
    rendered = pool.render(jobs, whole)
    return [one.audio[0] for one in rendered if one.audio is not None]


def objective(model: Checkpoint, pool: RenderPool, target: FloatArray) -> Objective:
    target_distance = TargetDistance(target, SPEC.sample_rate)
    return Objective(pool, SPEC, target_distance, NOTE, model.features)


def blind(model: Checkpoint, pool: RenderPool, target: FloatArray, seed: int = 0) -> Search:
    target_features = TargetFeatures(model, target, NOTE)
    assert model.library is not None
    seeds = list(model.library.units(model.library.neighbours(target_features.mel, 5)[0]))
    return Search(objective(model, pool, target), seeds, Variation.of(SPEC), seed=seed)


def test_the_objective_measures_the_renders(
    model: Checkpoint, pool: RenderPool, targets: list[FloatArray]
) -> None:
    tried = objective(model, pool, targets[0])
    units = [sample(SPEC, seed=99, index=i).unit for i in range(3)]
    played = tried.play(units)
    assert played[0].distance == 0.0  # the preset that made the target
    target_distance = TargetDistance(targets[0], SPEC.sample_rate)
    assert [one.distance for one in played] == [
        target_distance.distance(targets[i]).j for i in range(3)
    ]
    assert tried.best is played[0] and tried.curve() == [0.0] * 3
    assert all(one.mel is not None and one.mel.shape[0] == model.features.bands for one in played)


def test_a_silent_preset_is_never_the_best(pool: RenderPool, targets: list[FloatArray]) -> None:
    spec = fake_synth(faults=True)
    with RenderPool(spec, 1) as faulty:
        tried = Objective(faulty, spec, TargetDistance(targets[0], spec.sample_rate), NOTE)
        units = [np.array([0.5, 0.5, 0.5, 0.5, fault / 4], np.float32) for fault in (1, 4, 0)]
        played = tried.play(units)
    assert [np.isfinite(one.distance) for one in played] == [False, False, True]
    assert tried.best is played[2]


@pytest.mark.parametrize("name", RIVALS)
def test_every_method_keeps_its_renders_and_repeats(
    model: Checkpoint, pool: RenderPool, targets: list[FloatArray], name: str
) -> None:
    curves = []
    for _ in range(2):
        tried = objective(model, pool, targets[1])
        target_features = TargetFeatures(model, targets[1], NOTE)
        RIVALS[name](
            Trial(model, target_features, tried, RENDERS, seed=3, flow_reg=target_features)
        )
        assert len(tried.rendered) == RENDERS
        curves.append([one.distance for one in tried.rendered])
    assert curves[0] == curves[1]


def test_a_screen_trusts_renders_more_than_the_surrogate(
    model: Checkpoint, pool: RenderPool, targets: list[FloatArray]
) -> None:
    """The target's own preset has no uncertainty left, and similar presets have little."""
    screen = TargetFeatures(model, targets[0], NOTE).new_screen()
    assert screen is not None
    truth = sample(SPEC, seed=99, index=0).unit
    relative = np.clip(truth + np.array([0, 0, 0, 0.02], np.float32), 0, 1)
    screen.shelf(np.array([0]), truth[None])  # learn the library's first preset, at another note
    before = screen.distances(np.stack([truth, relative]))
    (played,) = objective(model, pool, targets[0]).play([truth])
    assert played.mel is not None
    screen.hear(truth[None], played.mel[None], [played.distance])
    after = screen.distances(np.stack([truth, relative]))
    assert after[0] < 0.2 and after[0] < after[1] and (after < before).all()


@pytest.mark.parametrize("screened", [False, True])
def test_a_search_improves_on_its_first_neighbour(
    model: Checkpoint, pool: RenderPool, targets: list[FloatArray], screened: bool
) -> None:
    gained = []
    for target in targets:
        if screened:
            search = own_search(objective(model, pool, target), TargetFeatures(model, target, NOTE))
        else:
            search = blind(model, pool, target)
        search.run(40)
        nearest = blind(model, pool, target)
        nearest.advance(1)
        gained.append(search.objective.best.distance / nearest.objective.best.distance)
    assert np.mean(gained) < 0.7


def test_a_longer_search_begins_as_a_shorter_one(
    model: Checkpoint, pool: RenderPool, targets: list[FloatArray]
) -> None:
    curves = []
    for stops in ((24,), (6, 10, 24)):
        search = own_search(
            objective(model, pool, targets[2]), TargetFeatures(model, targets[2], NOTE)
        )
        for stop in stops:
            search.run(stop)
            assert len(search.objective.rendered) == stop
        curves.append(search.objective.curve())
    assert curves[0] == curves[1]


def test_a_long_search_renders_unscreened_children(
    model: Checkpoint, pool: RenderPool, targets: list[FloatArray]
) -> None:
    runs = []
    for after in (8, RENDERS):
        tried, target_features = (
            objective(model, pool, targets[2]),
            TargetFeatures(model, targets[2], NOTE),
        )
        own_search(tried, target_features, settings=SearchSettings(unscreened=after)).run(RENDERS)
        runs.append([one.unit.tobytes() for one in tried.rendered])
    assert runs[0][:9] == runs[1][:9]  # the first child of each pair is always screened
    assert runs[0][9] != runs[1][9] and runs[0][9] not in runs[1]


@pytest.mark.parametrize("unscreened", [0, 60])
def test_nothing_is_rendered_twice(
    model: Checkpoint, pool: RenderPool, targets: list[FloatArray], unscreened: int
) -> None:
    tried, target_features = (
        objective(model, pool, targets[3]),
        TargetFeatures(model, targets[3], NOTE),
    )
    search = own_search(tried, target_features, settings=SearchSettings(unscreened=unscreened))
    search.run(60)
    played = [one.unit.tobytes() for one in search.objective.rendered]
    assert len(set(played)) == len(played)


def test_without_a_surrogate_the_first_neighbours_come_first(
    model: Checkpoint, pool: RenderPool, targets: list[FloatArray]
) -> None:
    search = blind(model, pool, targets[0])
    search.run(FIRST)
    assert model.library is not None
    rows, _ = model.library.neighbours(TargetFeatures(model, targets[0], NOTE).mel, FIRST)
    expected = SPEC.snap(model.library.units(rows))
    assert np.array_equal(np.stack([one.unit for one in search.objective.rendered]), expected)


def test_on_a_players_patch_the_surrogate_is_measured(
    model: Checkpoint, pool: RenderPool, targets: list[FloatArray]
) -> None:
    start = sample(SPEC, seed=98, index=5).unit
    template = on_patch(SPEC, SPEC.template, SPEC.to_native(start))
    tried = replace(objective(model, pool, targets[0]), spec=template.spec)
    own = replace(model, spec=template.spec)
    search = own_search(tried, TargetFeatures(own, targets[0], NOTE), present=template.unit)
    assert search.surrogate == {}
    search.run(20)
    played = np.stack([one.unit for one in tried.rendered])
    assert np.array_equal(played[0], start) and len(np.unique(played, axis=0)) == 20
    assert np.count_nonzero(played[1] != start) == 1  # a probe
    assert search.surrogate["error_db"] > 0 and 0 <= search.surrogate["trust"] <= 1
    assert tried.best.distance < 0.7 * tried.rendered[0].distance
    usual = own_search(objective(model, pool, targets[0]), TargetFeatures(model, targets[0], NOTE))
    usual.run(4)
    assert usual.surrogate == {}


def test_locked_parameters_keep_the_players_values(
    model: Checkpoint, pool: RenderPool, targets: list[FloatArray]
) -> None:
    present = np.array([0.25, 0.5, 1.0, 0.75], np.float32)
    target_features = TargetFeatures(model, targets[0], NOTE)
    search = own_search(
        objective(model, pool, targets[0]),
        target_features,
        locked=("level", "octave"),
        present=present,
    )
    search.run(20)
    played = np.stack([one.unit for one in search.objective.rendered])
    assert (played[:, [0, 2]] == present[[0, 2]]).all()
    assert len(np.unique(played[:, [1, 3]], axis=0)) > 5
    assert np.array_equal(played[0], present) and len(np.unique(played, axis=0)) == 20
