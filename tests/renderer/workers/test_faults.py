"""Whatever a plugin does wrong costs its own clip, never another one: the fault table."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import renderer.dataset.render
from datasets.sampler import sample
from datasets.spec import NotePolicy, Parameter, SynthSpec
from datasets.storage.parts import Row
from datasets.storage.store import open_store
from renderer.dataset.render import render_dataset
from renderer.workers.encode import audio_hash
from renderer.workers.isolation import Isolation, Limits, RenderJob
from renderer.workers.pool import RenderPool
from tests.programs.real_plugins import faulty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
# On a busy machine a second of processor time takes a while: who sleeps gets limits of his own.
LIMITS = Limits(cpu_s=2, wall_s=60, memory_mb=256)
IMPATIENT = Limits(cpu_s=2, wall_s=3, memory_mb=256)
# What Faulty does at each step of its knob: status and reason.
FAULTS = {
    1: ("crashed", "the synth ended its process with SIGSEGV"),
    2: ("crashed", "the synth ended its process with exit code 0"),
    3: ("crashed", "the synth ended its process with exit code 3"),
    4: ("timeout", "more than 2 s of processor time"),
    5: ("timeout", "no answer within 3 s"),
    6: ("memory", "more than 256 MB of memory"),
    8: ("nonfinite", "the audio holds NaN or infinity"),
    9: ("crashed", "the synth ended its process with SIGABRT"),
}
SPINS, SLEEPS = 4, 5
PRINTS = 7  # 64 MB on each stream: no fault
# Each before or after a healthy one, some in a row.
TABLE = (0, SPINS, 0, 1, 0, 2, 3, 0, 6, 0, PRINTS, 8, 0, 9, 1, 2, 0)
ASLEEP = (0, SLEEPS, 0)
Hashes = list[tuple[int, str, str]]  # index, status, SHA-256 of the audio or the reason
SIZE, COUNT = 8, 24  # clips in a part, and in all
SEED = 206  # has every fault among so few, and what takes time in the first part


def faulty_spec(engine: str = "dawdreamer", faults: bool = True) -> SynthSpec:
    """Faulty's knobs and its faults; without, the same patches with the fault turned off."""
    steps = tuple(step / 9 * faults for step in range(10))
    learned = (
        Parameter("Level", "continuous", "", "", low=0.2),
        Parameter("Wave", "stepped", "", "", values=(0.0, 0.5, 1.0)),
        Parameter("Fault", "stepped", "", "", values=steps, rest_probability=0.4),
    )
    note = NotePolicy(hold_s=0.3, length_s=0.5)
    template: dict[str, Any] = {"controls": {}}
    plugin = (str(faulty()),)
    return SynthSpec("faulty-3", 1, engine, "", 44100, 2, note, template, learned, plugin)


def jobs(spec: SynthSpec, faults: tuple[int, ...]) -> list[RenderJob]:
    """One patch for each fault, 0 for none."""
    made = []
    for index, fault in enumerate(faults):
        draw = sample(spec, 5, index)
        unit = draw.unit.copy()
        unit[-1] = fault / 9
        made.append(RenderJob(index, draw.note, draw.velocity, unit))
    return made


@pytest.fixture(scope="module")
def undisturbed() -> Hashes:
    """What the patches of the table sound like when nothing fails."""
    spec = faulty_spec()
    with RenderPool(spec) as pool:
        return pool.render(jobs(spec, (0,) * len(TABLE)), audio_hash)


def test_patches_sound_and_differ(undisturbed: Hashes) -> None:
    assert {status for _, status, _ in undisturbed} == {"ok"}
    assert len({found for _, _, found in undisturbed}) == len(TABLE)


def check_table(
    undisturbed: Hashes, spec: SynthSpec, isolation: Isolation, faults: tuple[int, ...]
) -> None:
    with RenderPool(spec, 2, isolation, IMPATIENT if SLEEPS in faults else LIMITS) as pool:
        found = pool.render(jobs(spec, faults), audio_hash)
    assert found == [
        (index, *FAULTS[fault]) if fault in FAULTS else undisturbed[index]
        for index, fault in enumerate(faults)
    ]


@pytest.mark.parametrize("faults", [TABLE, ASLEEP], ids=["table", "asleep"])
@pytest.mark.parametrize("isolation", get_args(Isolation))
def test_a_fault_costs_its_own_job_only(
    undisturbed: Hashes, isolation: Isolation, faults: tuple[int, ...]
) -> None:
    check_table(undisturbed, faulty_spec(), isolation, faults)


def test_pedalboard_survives_the_same(undisturbed: Hashes) -> None:
    check_table(undisturbed, faulty_spec("pedalboard"), "fork", TABLE)


@pytest.fixture(scope="module", autouse=True)
def small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renderer.dataset.render, "PART_SIZE", SIZE)
        yield


def rows(folder: Path) -> list[Row]:
    store = open_store(folder)
    assert store.missing() == []
    return [row for number in store.numbers for row in store.read(number).to_pylist()]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The dataset of the spec without faults."""
    folder = tmp_path_factory.mktemp("healthy")
    summary = render_dataset(faulty_spec(faults=False), COUNT, SEED, folder)
    assert (summary.failed, summary.retried) == (0, 0)
    return rows(folder)


def check(found: list[Row], healthy: list[Row]) -> list[Row]:
    """The quarantined rows of a dataset, after a look at all of them."""
    quarantined = []
    for row, wanted in zip(found, healthy, strict=True):
        fault = round(row["unit"][-1] * 9)
        if fault not in FAULTS:
            assert row == wanted, "a healthy clip differs"
            continue
        quarantined.append(row)
        status, reason = FAULTS[fault]
        assert row["status"] == status
        assert row["reason"] == reason or fault == SPINS  # on a busy machine: "no answer"
        nothing = dict.fromkeys(("audio", "audio_sha256", "gain_db", "rms_db"))
        assert row == wanted | nothing | {"status": status, "reason": row["reason"]}
    return quarantined


def test_a_dataset_keeps_its_faulty_clips_in_quarantine(healthy: list[Row], tmp_path: Path) -> None:
    assert {round(row["unit"][-1] * 9) for row in healthy} == set(range(10)), "another seed, please"
    summary = render_dataset(faulty_spec(), COUNT, SEED, tmp_path, 2, limits=IMPATIENT)
    quarantined = check(rows(tmp_path), healthy)
    assert summary.rendered == COUNT
    assert summary.failed == summary.retried == summary.rejected == len(quarantined) > 10
    expected = sorted(f"index {row['index']}: {row['reason']}" for row in quarantined)
    assert sorted(summary.reasons) == expected

    store, before = open_store(tmp_path), rows(tmp_path)
    store.part(1).unlink()
    store.part(2).unlink()
    again = render_dataset(faulty_spec(), COUNT, SEED, tmp_path, limits=IMPATIENT)
    assert (again.rendered, again.resumed) == (COUNT - SIZE, SIZE)
    assert rows(tmp_path) == before
    nothing = render_dataset(faulty_spec(), COUNT, SEED, tmp_path, limits=IMPATIENT)
    assert (nothing.rendered, nothing.resumed, nothing.retried) == (0, COUNT, 0)
