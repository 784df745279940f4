"""Laws of isolated rendering: pure whatever the order, and a fault costs its own job only."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import RenderError, SpecError
from datasets.sampler import sample
from datasets.spec import FloatArray, SynthSpec
from renderer.engines.base import Audio
from renderer.engines.fake import FakeEngine
from renderer.workers.fork import render_forked
from renderer.workers.isolation import Isolation, Limits, Rendered, RenderJob, parse_isolation
from renderer.workers.pool import RenderPool, whole
from tests.fakes.fake_synth import fake_synth

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="fork does not exist here")
SPEC = fake_synth(faults=True, channels=2)
CRASH, HANG, NAN, SILENCE = 1, 2, 3, 4
LIMITS = Limits(wall_s=3.0)


def job(index: int, fault: int = 0) -> RenderJob:
    """Patch ``index`` with step ``fault`` of the fault control."""
    draw = sample(SPEC, 5, index)
    unit = draw.unit.copy()
    unit[-1] = fault / 4
    return RenderJob(index, draw.note, draw.velocity, unit)


def unit_of(wanted: RenderJob) -> FloatArray:
    assert wanted.unit is not None
    return wanted.unit


def audio_of(rendered: Rendered) -> Audio:
    assert rendered.status == "ok" and rendered.audio is not None
    return rendered.audio


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    with RenderPool(SPEC, 2, "fork", LIMITS) as made:
        yield made


@pytest.fixture(scope="module")
def healthy(pool: RenderPool) -> list[Audio]:
    """What patches 0 to 9 sound like when nothing fails."""
    return [audio_of(r) for r in pool.render([job(i) for i in range(10)], whole)]


def test_patches_sound_and_differ(healthy: list[Audio]) -> None:
    samples = round(SPEC.note.length_s * SPEC.sample_rate)
    assert {audio.shape for audio in healthy} == {(2, samples)}
    assert len({audio.tobytes() for audio in healthy}) == len(healthy)


def test_a_job_may_have_a_length_of_its_own(pool: RenderPool, healthy: list[Audio]) -> None:
    usual = round(SPEC.note.length_s * SPEC.sample_rate)
    jobs = [replace(job(0), length_s=seconds) for seconds in (0.1, None, 1.5, 0.1, None)]
    audios = [audio_of(one) for one in pool.render(jobs, whole)]
    lengths = [round(s * SPEC.sample_rate) for s in (0.1, SPEC.note.length_s, 1.5) * 2][:5]
    assert [audio.shape[1] for audio in audios] == lengths
    for audio in audios:
        both = min(usual, audio.shape[1])
        assert np.array_equal(audio[:, :both], healthy[0][:, :both])


def test_a_longer_job_has_more_time() -> None:
    limits = Limits(cpu_s=20, wall_s=120)
    assert limits.of_job(job(0)) == limits.of_job(replace(job(0), length_s=3.0)) == limits
    longer = limits.of_job(replace(job(0), length_s=30.0))
    assert longer.cpu_s == 120 and longer.wall_s == 720


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        (CRASH, "crashed", "SIGSEGV"),
        (HANG, "timeout", "3 s"),
        (NAN, "nonfinite", "NaN"),
        (SILENCE, "silent", "-60 dB"),
    ],
)
def test_a_fault_costs_its_own_job_only(
    pool: RenderPool, healthy: list[Audio], fault: int, status: str, reason: str
) -> None:
    jobs = [job(i, fault if i == 3 else 0) for i in range(8)]
    results = pool.render(jobs, whole)
    assert [r.status for r in results] == ["ok"] * 3 + [status] + ["ok"] * 4
    assert reason in results[3].reason
    assert (results[3].audio is None) == (status != "silent")
    for index in (0, 1, 2, 4, 5, 6, 7):
        assert np.array_equal(audio_of(results[index]), healthy[index])


def test_faults_in_a_row_do_not_add_up(pool: RenderPool, healthy: list[Audio]) -> None:
    faults = [CRASH, NAN, CRASH, SILENCE, CRASH, 0, CRASH, CRASH, 0]
    results = pool.render([job(i, fault) for i, fault in enumerate(faults)], whole)
    assert [r.status == "ok" for r in results] == [fault == 0 for fault in faults]
    assert np.array_equal(audio_of(results[8]), healthy[8])


class Spinner(FakeEngine):
    """A synth that computes for ever."""

    def render(self, note: int, velocity: int, hold_s: float, length_s: float) -> Audio:
        """Never returns."""
        while True:
            pass


def spin(rendered: Rendered) -> Rendered:
    """Render the job again, in the worker (one thread: safe to fork), with a synth that spins."""
    return render_forked(Spinner(SPEC), rendered.job, Limits(cpu_s=1, wall_s=300))


def test_processor_time_is_limited(pool: RenderPool) -> None:
    (result,) = pool.render([job(0)], spin)
    assert result.status == "timeout"
    assert "1 s of processor time" in result.reason


def test_bare_engine_leaks_from_one_render_into_the_next() -> None:
    """Without this the next test would show nothing."""
    engine = FakeEngine(SPEC)
    engine.set(SPEC.to_native(unit_of(job(0))))
    first, second = (engine.render(60, 100, 0.2, 0.3) for _ in range(2))
    assert not np.array_equal(first, second)


def test_order_and_layout_change_nothing(pool: RenderPool, healthy: list[Audio]) -> None:
    shuffled = np.random.default_rng(0).permutation(10).tolist()
    for order in (list(range(9, -1, -1)), shuffled, [4, 4, 4]):
        results = pool.render([job(i) for i in order], whole)
        for index, result in zip(order, results, strict=True):
            assert np.array_equal(audio_of(result), healthy[index])


def test_instance_agrees_with_fork_and_survives_a_crash(healthy: list[Audio]) -> None:
    with RenderPool(SPEC, 1, "instance") as fresh:
        results = fresh.render([job(0), job(1, CRASH), job(2), job(3, NAN), job(4)], whole)
    assert [r.status for r in results] == ["ok", "crashed", "ok", "nonfinite", "ok"]
    assert "SIGSEGV" in results[1].reason
    for index in (0, 2, 4):
        assert np.array_equal(audio_of(results[index]), healthy[index])


def dawdle(rendered: Rendered, mark: Path) -> Rendered:
    """In the worker: tell who works on job 2, and stay there until killed."""
    if rendered.job.index == 2 and rendered.status == "ok":
        mark.with_suffix(".part").write_text(str(os.getpid()))
        mark.with_suffix(".part").replace(mark)
        time.sleep(3600)
    return rendered


def kill_marked(mark: Path) -> None:
    while not mark.exists():
        time.sleep(0.01)
    os.kill(int(mark.read_text()), signal.SIGKILL)


def test_killed_worker_is_replaced_and_loses_its_job_only(
    tmp_path: Path, healthy: list[Audio]
) -> None:
    mark = tmp_path / "pid"
    killer = threading.Thread(target=kill_marked, args=(mark,))
    killer.start()
    with RenderPool(SPEC, 1, "fork", LIMITS) as one:
        results = one.render([job(i) for i in range(6)], partial(dawdle, mark=mark))
        killer.join()
        assert [r.status for r in results] == ["ok", "ok", "crashed", "ok", "ok", "ok"]
        assert "SIGKILL" in results[2].reason
        assert np.array_equal(audio_of(results[5]), healthy[5])


def refuse(rendered: Rendered) -> Rendered:
    """A finish with a bug that one job meets."""
    if rendered.job.index == 1:
        raise KeyError("unmeasurable")
    return rendered


def test_errors_of_a_finish_surface_and_the_pool_goes_on(
    pool: RenderPool, healthy: list[Audio]
) -> None:
    with pytest.raises(RenderError, match="render 1: KeyError: 'unmeasurable'"):
        pool.render([job(i) for i in range(3)], refuse)
    (again,) = pool.render([job(1)], whole)
    assert np.array_equal(audio_of(again), healthy[1])


def test_leaving_early_drops_what_is_under_way(pool: RenderPool, healthy: list[Audio]) -> None:
    results = pool.map((job(i) for i in range(10)), whole)
    next(results)
    results.close()  # type: ignore[attr-defined]
    (again,) = pool.render([job(7)], whole)
    assert again.job.index == 0 and np.array_equal(audio_of(again), healthy[7])


def test_presets_render_as_the_units_they_were_saved_from(
    pool: RenderPool, healthy: list[Audio]
) -> None:
    engine = FakeEngine(SPEC)
    wanted = job(6)
    engine.set(SPEC.to_native(unit_of(wanted)))
    preset = RenderJob(0, wanted.note, wanted.velocity, preset=engine.preset("six"))
    (result,) = pool.render([preset], whole)
    assert np.array_equal(audio_of(result), healthy[6])


def test_an_engine_that_does_not_load_is_told_at_the_first_job() -> None:
    absent = SynthSpec.from_dict(SPEC.to_dict() | {"engine": "absent"})
    with RenderPool(absent, 1) as broken, pytest.raises(SpecError, match="'absent'"):
        broken.render([job(0)], whole)


@pytest.mark.parametrize("text", ["fork", "process", "instance"])
def test_isolation_is_parsed(text: Isolation) -> None:
    assert parse_isolation(text) == text
    assert parse_isolation("") in ("fork", "process")
    with pytest.raises(SpecError, match="'magic'"):
        parse_isolation("magic")


def test_a_pool_needs_a_worker() -> None:
    with pytest.raises(RenderError, match="workers is 0"):
        RenderPool(SPEC, 0)
