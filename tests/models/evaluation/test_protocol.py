"""Check the protocol on the fake synth: floor near zero, fair methods, unseen targets."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import StoreError
from datasets.spec import FloatArray
from datasets.storage.store import Store, open_store
from models.audio.features import FeatureSettings, log_mel
from models.audio.metrics import ALL_METRICS
from models.evaluation.protocol import (
    Arm,
    EvaluationTarget,
    Scores,
    markdown,
    measure_all,
    projected_targets,
    score,
    summarise,
)
from renderer.dataset.render import render_dataset
from renderer.workers.isolation import Rendered, RenderJob
from renderer.workers.pool import RenderPool
from tests.fakes.fake_synth import fake_synth

SPEC = fake_synth()
COUNT = 6


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("data")
    render_dataset(SPEC, 100, 0, folder)
    return open_store(folder)


@pytest.fixture(scope="module")
def targets(store: Store) -> list[EvaluationTarget]:
    return projected_targets(store, COUNT, seed=1)


def truth(target: EvaluationTarget) -> FloatArray:
    assert target.truth is not None
    return target.truth


def constant(value: float) -> Arm:
    return lambda _: np.full(len(SPEC), value, np.float32)


ARMS: dict[str, Arm] = {
    "floor": truth,
    "random": constant(0.3),
    "same as random": constant(0.3),
    "library": constant(0.9),
}


@pytest.fixture(scope="module")
def scores(targets: list[EvaluationTarget]) -> Iterator[Scores]:
    with RenderPool(SPEC, 2) as pool:
        yield score(SPEC, pool, targets, ARMS)


def test_targets_come_from_the_test_split_only(
    store: Store, targets: list[EvaluationTarget]
) -> None:
    columns = store.columns("index", "split", "note", "unit")
    for target in targets:
        index = int(target.name.partition(":")[2])
        assert columns["split"][index] == "test"
        assert target.note == columns["note"][index]
        assert np.array_equal(truth(target), columns["unit"][index])
        assert target.form == "projected"
        assert target.audio.shape == (round(0.3 * 22050),)
    assert len({target.name for target in targets}) == COUNT


def test_targets_follow_the_seed(store: Store, targets: list[EvaluationTarget]) -> None:
    names = [target.name for target in targets]
    again = projected_targets(store, COUNT, seed=1)
    assert [target.name for target in again] == names
    assert all(np.array_equal(a.audio, b.audio) for a, b in zip(again, targets, strict=True))
    others = [[t.name for t in projected_targets(store, COUNT, seed=s)] for s in range(2, 6)]
    assert any(other != names for other in others)


def test_too_few_targets_are_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"sounding test clips, but --count is 99: lower"):
        projected_targets(store, 99)


def test_the_floor_is_near_zero_and_below_every_arm(scores: Scores) -> None:
    floor = np.array([row["j"] for row in scores["floor"]])
    assert floor.max() < 1.0  # sixteen bits are all that is lost
    for arm in ("random", "library"):
        assert np.mean([row["j"] for row in scores[arm]]) > 5 * floor.mean()


def test_level_of_the_target_is_undone(store: Store, targets: list[EvaluationTarget]) -> None:
    """Check that targets have the level of the synth, although clips are stored at their peak."""
    peaks = {round(float(np.abs(target.audio).max()), 3) for target in targets}
    assert max(peaks) < 0.95 and len(peaks) > 1


def test_equal_arms_score_equally(scores: Scores) -> None:
    assert scores["same as random"] == scores["random"]
    table = {row["arm"]: row for row in summarise(scores)}
    for arm, other in (("random", "random"), ("same as random", "random"), ("library", "library")):
        ratio = table[arm][f"j_over_{other}"]
        assert ratio == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert table["floor"]["j_over_random"]["high"] < 0.5


def test_summary_holds_every_metric_of_every_arm(scores: Scores) -> None:
    table = summarise(scores)
    assert [row["arm"] for row in table] == list(ARMS)
    for row in table:
        assert row["targets"] == COUNT
        for metric in ALL_METRICS:
            assert row[metric]["share"] == 0.0 or (
                row[metric]["mean"]["low"]
                <= row[metric]["mean"]["value"]
                <= row[metric]["mean"]["high"]
            )
        wanted = np.mean([values["j"] for values in scores[row["arm"]]])
        assert row["j"]["mean"]["value"] == pytest.approx(wanted)


def test_markdown_has_a_line_for_every_arm(scores: Scores) -> None:
    lines = markdown(summarise(scores)).splitlines()
    assert len(lines) == 2 + len(ARMS)
    assert len({line.count("|") for line in lines}) == 1
    for arm, line in zip(ARMS, lines[2:], strict=True):
        assert line.startswith(f"| {arm} |")
    for head in ("J / random", "J / library", *(m for m in ALL_METRICS if m not in ("j", "mss"))):
        assert f"| {head} |" in lines[0]


@pytest.mark.parametrize("status", ["silent", "crashed", "timeout", "nonfinite"])
def test_what_does_not_sound_is_scored_as_the_floor(
    targets: list[EvaluationTarget], status: str
) -> None:
    target = targets[0]
    mute = np.zeros((1, len(target.audio)), np.float32)
    job = RenderJob(0, target.note, 100)
    loud = np.ones((1, len(target.audio)), np.float32) if status == "silent" else None
    failed = measure_all(Rendered(job, status, loud), target.audio, SPEC)  # type: ignore[arg-type]
    silence = measure_all(Rendered(job, "ok", mute), target.audio, SPEC)
    np.testing.assert_equal(failed, silence)
    # Silence is -80 dB everywhere, so its distance is the target's mean height above that.
    whole = replace(FeatureSettings.for_rate(22050), duration_s=len(target.audio) / 22050)
    height = log_mel(target.audio, whole) + 80
    assert failed["log_mel_l1"] == pytest.approx(float(height.mean()), rel=1e-5)
    assert all(np.isfinite(failed[name]) for name in ("j", "mss", "log_mel_l1", "sc"))


def test_answers_are_snapped_and_played_at_the_note_of_the_target(
    targets: list[EvaluationTarget],
) -> None:
    def beside(target: EvaluationTarget) -> FloatArray:
        return (truth(target) + np.array([0, 0, 0.2, 0], np.float32)).astype(np.float32)

    # The stepped third parameter has steps at 0, 0.5 and 1: 0.2 beside a step snaps back to it.
    with RenderPool(SPEC, 1) as pool:
        made = score(SPEC, pool, targets[:2], {"beside": beside, "truth": truth})
    assert made["beside"] == made["truth"]
