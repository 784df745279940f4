"""The budget of a match: number of renders, time limit, progress and cancelling."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from datasets.errors import SpecError
from datasets.sampler import sample
from datasets.spec import SynthSpec
from datasets.storage.store import open_store
from models.audio.distance import headline
from models.audio.note.trained_form import TrainedForm
from models.checkpoint import Checkpoint, load_checkpoint
from models.estimator.fit import FitConfig
from models.matching.confidence import confidence
from models.matching.matcher import JUDGED_WHOLE, Matcher
from models.matching.objective import play_preset
from models.matching.options import EFFORTS, MatchOptions, Progress
from models.matching.sound_target import load_target
from models.training.run import TrainConfig
from models.training.train import train
from models.training.train_estimator import EstimatorConfig, fit_estimator
from renderer.dataset.render import render_dataset
from renderer.engines.base import Audio
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool, whole
from tests.fakes.fake_synth import fake_synth
from tests.fakes.tiny_network import NETWORK

SPEC = fake_synth()
PATIENT = MatchOptions("quick", limit_s=60)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    data, folder = (tmp_path_factory.mktemp(name) for name in ("data", "model"))
    render_dataset(SPEC, 200, 1, data)
    train(open_store(data), folder, TrainConfig(epochs=1, batch=64, warm_up=1), NETWORK)
    fit_estimator(open_store(data), folder, EstimatorConfig(FitConfig(8, 32), FitConfig(2, 32)))
    return load_checkpoint(folder)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "sketch.wav"
    with RenderPool(SPEC) as pool:
        (rendered,) = pool.render(
            [RenderJob(0, 60, 100, sample(SPEC, seed=9, index=1).unit)], whole
        )
    assert rendered.audio is not None
    soundfile.write(path, rendered.audio[0], SPEC.sample_rate)
    return path


@pytest.fixture(scope="module", params=["with networks", "library alone"])
def matcher(model: Checkpoint, request: pytest.FixtureRequest) -> Iterator[Matcher]:
    if request.param == "library alone":
        model = replace(model, surrogate=None, posterior=None)
    with Matcher(model, 2) as matcher:
        yield matcher


def test_quick_keeps_its_renders_and_reports_the_rendered_answer(
    matcher: Matcher, sound: Path
) -> None:
    found = matcher.match(sound, PATIENT).to_dict()
    assert found["stopped_by"] == "renders"
    assert found["renders"] == EFFORTS["quick"].renders + 2  # the preset file itself, twice
    distances = [c["distance"] for c in found["candidates"]]
    assert distances == sorted(distances) and found["distance"] == distances[0]


def test_the_same_seed_gives_the_same_candidates(matcher: Matcher, sound: Path) -> None:
    first, second, other = (
        matcher.match(sound, replace(PATIENT, seed=seed)).to_dict()["candidates"]
        for seed in (4, 4, 5)
    )
    assert first == second and first != other


def test_instant_renders_only_its_answer(matcher: Matcher, sound: Path) -> None:
    found = matcher.match(sound, MatchOptions("instant")).to_dict()
    assert (found["renders"], found["stopped_by"]) == (2, "budget")
    assert [c["distance"] for c in found["candidates"]][1:] == [None] * 3


def test_a_silent_instant_answer_is_replaced_by_the_next(
    matcher: Matcher, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def muted_once(
        pool: RenderPool,
        spec: SynthSpec,
        preset: bytes,
        note: int,
        times: int,
        form: TrainedForm | None,
    ) -> list[Audio]:
        calls.append(note)
        audios = play_preset(pool, spec, preset, note, times, form)
        return [0 * audio for audio in audios] if len(calls) == 1 else audios

    before: list[object] = []
    after: list[object] = []
    for order in (before, after):
        found = matcher.match(sound, MatchOptions("instant")).document
        order += [candidate["unit"] for candidate in found["candidates"]]
        monkeypatch.setattr("models.matching.matcher.play_preset", muted_once)
    assert after == [*before[1:], before[0]] and found["distance"] < 80


def test_a_larger_budget_is_never_worse(matcher: Matcher, sound: Path) -> None:
    distances = [
        matcher.match(sound, replace(PATIENT, budget=budget)).to_dict()["distance"]
        for budget in ("quick", "refine")
    ]
    assert distances[1] <= distances[0]


def test_the_time_limit_ends_a_search(matcher: Matcher, sound: Path) -> None:
    found = matcher.match(sound, MatchOptions("deep", limit_s=0)).to_dict()
    assert found["stopped_by"] == "seconds" and 2 < found["renders"] < 6


def test_a_match_reports_progress_and_can_be_cancelled(matcher: Matcher, sound: Path) -> None:
    seen: list[Progress] = []

    def watch(progress: Progress) -> bool:
        seen.append(progress)
        return progress.renders < 6

    found = matcher.match(sound, MatchOptions("refine", limit_s=60), watch)
    document = found.to_dict()
    assert document["stopped_by"] == "cancelled" and document["renders"] == 8
    assert [p.renders for p in seen] == [2, 4, 6] and {p.of for p in seen} == {250}
    assert [p.distance for p in seen] == sorted((p.distance for p in seen), reverse=True)
    assert np.array_equal(seen[-1].unit, found.unit)


def test_the_current_preset_is_rendered_too(matcher: Matcher, sound: Path) -> None:
    own = tuple(sample(SPEC, seed=9, index=1).unit.tolist())  # what the sound was made with
    found = matcher.match(sound, replace(PATIENT, note=60, present=own)).document
    assert any(candidate["unit"] == pytest.approx(own) for candidate in found["candidates"])


@pytest.mark.parametrize("length_s", [0.1, 0.25, 0.8, 2.0])
def test_a_sound_is_matched_at_its_own_hold_and_length(
    matcher: Matcher, tmp_path: Path, length_s: float
) -> None:
    hold_s, unit = 0.6 * length_s, sample(SPEC, seed=9, index=1).unit
    job = RenderJob(0, 60, 100, unit, hold_s=hold_s, length_s=length_s)
    (rendered,) = matcher.pool.render([job], whole)
    assert rendered.audio is not None
    soundfile.write(tmp_path / "note.wav", rendered.audio[0], SPEC.sample_rate)
    own = replace(PATIENT, note=60, present=tuple(unit.tolist()))
    result = matcher.match(tmp_path / "note.wav", own)
    note, audio = result.document["note"], result.audio
    assert note["length_s"] == pytest.approx(length_s, abs=0.1)
    assert audio.shape[-1] == len(result.target.audio) == round(note["length_s"] * SPEC.sample_rate)
    assert result.chosen.distance == headline(result.target.audio, audio, SPEC.sample_rate)
    job = replace(job, unit=result.unit, hold_s=note["hold_s"], length_s=note["length_s"])
    (again,) = matcher.pool.render([job], whole)
    assert again.audio is not None and np.array_equal(audio, again.audio)


def test_a_long_sound_is_judged_at_its_whole_length(matcher: Matcher, tmp_path: Path) -> None:
    seconds = np.arange(12 * SPEC.sample_rate) / SPEC.sample_rate
    tone = np.sin(2 * np.pi * 261.6 * seconds) * np.exp(-8 * np.maximum(seconds - 11, 0))
    soundfile.write(tmp_path / "pad.wav", 0.5 * tone, SPEC.sample_rate)
    target = load_target(tmp_path / "pad.wav", SPEC, note=60, own_length=True)
    assert target.compact(SPEC).length_s(SPEC) == SPEC.note.length_s < target.length_s(SPEC)
    found = matcher.find(target, PATIENT)
    assert found.renders == EFFORTS["quick"].renders + JUDGED_WHOLE
    assert len(found.candidates) == JUDGED_WHOLE
    for one in found.candidates[:2]:
        assert target.shape is not None
        hold_s, length_s = target.shape.hold_s, target.shape.length_s
        job = RenderJob(0, 60, SPEC.note.velocity, one.unit, hold_s=hold_s, length_s=length_s)
        (played,) = matcher.pool.render([job], whole)
        assert played.audio is not None
        assert one.distance == headline(target.audio, played.audio, SPEC.sample_rate)


def test_the_time_limit_grows_with_the_length_of_the_sound(matcher: Matcher, sound: Path) -> None:
    short, long = (load_target(sound, SPEC, own_length=True) for _ in range(2))
    assert short.shape is not None
    long = replace(long, shape=replace(short.shape, length_s=3.0))
    assert short.longer(SPEC) == pytest.approx(1, abs=0.1)
    assert long.longer(SPEC) == pytest.approx(3.0 / SPEC.note.length_s)


def test_locked_parameters_stay_as_in_the_current_preset(matcher: Matcher, sound: Path) -> None:
    present, locked = sample(SPEC, seed=9, index=2).unit, SPEC.names[:2]
    options = replace(PATIENT, present=tuple(present.tolist()), locked=locked)
    for candidate in matcher.match(sound, options).document["candidates"]:
        assert candidate["unit"][:2] == present[:2].tolist()
        assert candidate["unit"] != present.tolist()


@pytest.mark.parametrize(
    ("present", "locked", "why"),
    [
        (None, SPEC.names[:1], "no preset to lock at, give one with --from"),
        ((0.5,) * len(SPEC), ("Nonsense",), "no parameter 'Nonsense' to lock"),
        ((0.5,), (), "length|shape|values"),
        ((1.5,) * len(SPEC), (), r"outside|0\.\.1|\[0, 1\]"),
    ],
)
def test_a_current_preset_or_lock_that_does_not_fit(
    matcher: Matcher,
    sound: Path,
    present: tuple[float, ...] | None,
    locked: tuple[str, ...],
    why: str,
) -> None:
    with pytest.raises(SpecError, match=why):
        matcher.match(sound, replace(PATIENT, present=present, locked=locked))


def test_an_answer_has_a_confidence(matcher: Matcher, sound: Path) -> None:
    found = matcher.match(sound, PATIENT).to_dict()
    sure = found["confidence"]
    assert sure["floor"] == 0.0
    assert list(sure["expected"]) == ["refine", "deep"]
    assert all(0 < expected < found["distance"] for expected in sure["expected"].values())


@pytest.mark.parametrize(
    ("distance", "floor", "verdict"),
    [
        (2.0, 0.0, "close"),
        (5.0, 3.0, "close"),  # the floor is 3.0, so much closer is impossible
        (6.0, 0.0, "in the direction"),
        (9.5, 0.0, "in the direction"),  # a longer search will get there
        (30.0, 0.0, "out of reach"),
    ],
)
def test_verdicts(distance: float, floor: float, verdict: str) -> None:
    assert confidence(distance, floor, 16, {"quick": 16, "refine": 250}).verdict == verdict


def test_the_largest_budget_has_no_expected_gain() -> None:
    assert confidence(6.0, 0.0, 5000, {"deep": 5000}).expected == {}
    assert confidence(6.0, 0.0, 0, {"quick": 16}).expected["quick"] < 6.0


def test_a_preset_is_played_as_it_is_rendered(matcher: Matcher) -> None:
    unit = sample(SPEC, seed=9, index=1).unit
    (rendered,) = matcher.pool.render([RenderJob(0, 62, SPEC.note.velocity, unit)], whole)
    audio, rate = matcher.hear(unit, 62)
    assert rate == SPEC.sample_rate and rendered.audio is not None
    assert np.array_equal(audio, rendered.audio)


def test_an_unknown_budget_is_refused() -> None:
    with pytest.raises(SpecError, match="--budget 'endless': use one of instant, quick, refine"):
        MatchOptions("endless")
