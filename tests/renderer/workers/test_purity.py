"""A patch and a note give one sound, bit for bit, whatever was rendered before, where and how."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from datasets.sampler import sample
from datasets.spec import SynthSpec
from renderer.engines.base import Engine
from renderer.workers.encode import audio_hash
from renderer.workers.isolation import RENDERED, Isolation, RenderJob, play
from renderer.workers.pool import RenderPool
from tests.renderer.engines.test_engines import CASES, faulty_spec, spec_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="plugins are forked on Linux only")
COUNT = 8
Hashes = list[tuple[int, str, str]]  # index, status, SHA-256 of the audio


class Straight(NamedTuple):
    """Patches, and what they sound like one after the other in forks of one worker."""

    spec: SynthSpec
    jobs: list[RenderJob]
    hashes: Hashes


def drawn(spec: SynthSpec) -> list[RenderJob]:
    draws = [sample(spec, 6, index) for index in range(COUNT)]
    return [RenderJob(d.index, d.note, d.velocity, d.unit) for d in draws]


def rendered(spec: SynthSpec, jobs: list[RenderJob], isolation: Isolation, workers: int) -> Hashes:
    """What the jobs sound like, in the order of their patches."""
    with RenderPool(spec, workers, isolation) as pool:
        return sorted(pool.map(jobs, audio_hash))


@pytest.fixture(scope="module", params=CASES)
def straight(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Straight]:
    spec = spec_of(request.param, tmp_path_factory.mktemp("program"))
    jobs = drawn(spec)
    yield Straight(spec, jobs, rendered(spec, jobs, "fork", 1))


def test_patches_sound_and_differ(straight: Straight) -> None:
    statuses = [status for _, status, _ in straight.hashes]
    assert set(statuses) <= set(RENDERED) and statuses.count("ok") > COUNT / 2
    rendered = {found for _, status, found in straight.hashes if status == "ok"}
    assert len(rendered) == statuses.count("ok")


@pytest.mark.parametrize(("isolation", "workers"), [("fork", 2), ("process", 2), ("instance", 1)])
def test_neither_order_nor_layout_nor_isolation_is_heard(
    straight: Straight, isolation: Isolation, workers: int
) -> None:
    order = [*straight.jobs[::-1], straight.jobs[0]]  # backwards, the first patch twice
    expected = [straight.hashes[0], *straight.hashes]
    assert rendered(straight.spec, order, isolation, workers) == expected


def repeats(engine: Engine, jobs: list[RenderJob]) -> bool:
    """Whether a loaded synth plays the first job at the end as it did at the start."""
    first, *_, last = (
        play(engine, job, engine.spec.to_native(job.unit))
        for job in [*jobs, jobs[0]]
        if job.unit is not None
    )
    return np.array_equal(first, last)


@pytest.mark.parametrize(
    "case",
    [
        *("amsynth dawdreamer", "nekobi dawdreamer", "nekobi pedalboard", "vital vita"),
        *("faulty dawdreamer", "faulty pedalboard"),
    ],
)
def test_a_bare_synth_leaks_from_one_render_into_the_next(case: str, tmp_path: Path) -> None:
    """Without this the tests above would show nothing."""
    synth, engine = case.split()
    spec = faulty_spec(engine) if synth == "faulty" else spec_of(case, tmp_path)
    with RenderPool(spec) as pool:
        assert not pool.ask(partial(repeats, jobs=drawn(spec)))
