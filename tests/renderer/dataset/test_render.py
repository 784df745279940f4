"""A dataset is the same in any layout: workers, shards, and kills at any moment."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import renderer.dataset.render
from datasets.errors import RenderError, StoreError
from datasets.recipe import UNIFORM
from datasets.spec import NotePolicy, Parameter, SynthSpec, load_spec
from datasets.storage.layout import record_folder
from datasets.storage.store import open_store
from renderer.dataset.audit import audited_rows
from renderer.dataset.console import plan, report
from renderer.dataset.render import (
    RenderSummary,
    clips_to_render,
    parse_shard,
    render_dataset,
    shard_clips,
)
from renderer.workers.isolation import Limits
from tests import ROOT
from tests.fakes.fake_synth import fake_synth

SPEC = fake_synth()
SIZE = 20  # clips in a part, for speed
COUNT = 3 * SIZE + 4  # the last part is short
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module", autouse=True)
def small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renderer.dataset.render, "PART_SIZE", SIZE)
        yield


def rows(folder: Path) -> Rows:
    """Index, unit, note, hash and encoded bytes of every clip, in order."""
    store = open_store(folder)
    assert store.missing() == []
    names = ["index", "unit", "note", "split", "status", "gain_db", "audio_sha256", "audio"]
    values = [row for number in store.numbers for row in store.read(number, names).to_pylist()]
    return [
        (*(str(row[name]) for name in names[:-1]), row["audio"] and row["audio"]["bytes"])
        for row in values
    ]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, RenderSummary]:
    """The dataset as one worker renders it in one go."""
    folder = tmp_path_factory.mktemp("straight")
    summary = render_dataset(SPEC, COUNT, 3, folder)
    return rows(folder), summary


def test_every_clip_is_there_once(straight: tuple[Rows, RenderSummary]) -> None:
    assert [int(row[0]) for row in straight[0]] == list(range(COUNT))
    assert len({row[1] for row in straight[0]}) == COUNT


def test_summary_counts(straight: tuple[Rows, RenderSummary], tmp_path: Path) -> None:
    summary = straight[1]
    assert (summary.rendered, summary.resumed) == (COUNT, 0)
    assert (summary.silent, summary.failed, summary.rejected) == (0, 0, 0)
    assert summary.audio_s == pytest.approx(COUNT * 0.3)
    text = report(SPEC, summary, tmp_path)
    assert f"rendered   {COUNT} clips, 19 s" in text and "fake-4" in text


def test_two_workers_make_the_same_rows(
    straight: tuple[Rows, RenderSummary], tmp_path: Path
) -> None:
    seen: list[int] = []
    render_dataset(SPEC, COUNT, 3, tmp_path, 2, progress=lambda s: seen.append(s.rendered))
    assert rows(tmp_path) == straight[0]
    assert seen == list(range(1, COUNT + 1))


def test_shards_make_the_same_rows(straight: tuple[Rows, RenderSummary], tmp_path: Path) -> None:
    second = render_dataset(SPEC, COUNT, 3, tmp_path, shard=(1, 2))
    assert open_store(tmp_path).present() == [1, 3]
    first = render_dataset(SPEC, COUNT, 3, tmp_path, shard=(0, 2))
    assert (first.rendered, second.rendered) == (2 * SIZE, SIZE + 4)
    assert rows(tmp_path) == straight[0]


def test_one_split_alone_makes_its_rows(
    straight: tuple[Rows, RenderSummary], tmp_path: Path
) -> None:
    first = render_dataset(SPEC, COUNT, 3, tmp_path, shard=(1, 2), split="test")
    second = render_dataset(SPEC, COUNT, 3, tmp_path, 2, split="test")
    theirs = [row for row in straight[0] if row[3] == "test"]
    assert 0 < len(theirs) < COUNT
    assert [row for row in rows(tmp_path) if row[3] == "test"] == theirs
    others = [row for row in rows(tmp_path) if row[3] != "test"]
    assert {(row[4], row[-1]) for row in others} == {("left out", None)}
    assert [row[:4] for row in others] == [row[:4] for row in straight[0] if row[3] != "test"]
    assert first.rendered + second.rendered == len(theirs)
    assert clips_to_render(SPEC, COUNT, 3, (0, 1), UNIFORM, "test") == len(theirs)
    assert f"left out   {second.left_out} of" in report(SPEC, second, tmp_path)
    held = open_store(tmp_path)
    audited = [row for part in held.numbers for row in audited_rows(held, part)]
    assert second.audited == len(audited) > 0
    with pytest.raises(StoreError, match="split 'test', but this run has None"):
        render_dataset(SPEC, COUNT, 3, tmp_path)


def test_resuming_renders_only_what_is_missing(
    straight: tuple[Rows, RenderSummary], tmp_path: Path
) -> None:
    render_dataset(SPEC, COUNT, 3, tmp_path)
    store = open_store(tmp_path)
    store.part(1).unlink()
    store.part(2).write_bytes(store.part(2).read_bytes()[:1000])
    summary = render_dataset(SPEC, COUNT, 3, tmp_path)
    assert (summary.rendered, summary.resumed) == (2 * SIZE, SIZE + 4)
    assert rows(tmp_path) == straight[0]
    again = render_dataset(SPEC, COUNT, 3, tmp_path)
    assert (again.rendered, again.resumed) == (0, COUNT)


def spec_file(folder: Path) -> Path:
    """The fake spec as a file that the command takes."""
    lines = [
        f'name = "{SPEC.name}"\nversion = 1\nengine = "fake"\ndescription = "Sine waves"',
        "sample_rate = 22050\nchannels = 1",
        "[note]\nlow = 48\nhigh = 72\nhold_s = 0.2\nlength_s = 0.3\n[template.controls]",
    ]
    for p in SPEC.parameters:
        lines.append(f'[[parameter]]\nname = "{p.name}"\nkind = "{p.kind}"\ngroup = "{p.group}"')
        lines.append(f'unit = "{p.unit}"\nlow = {p.low}\nhigh = {p.high}')
        lines.append(f"values = {list(p.values)}\nrest = {p.rest}")
        lines.append(f"rest_probability = {p.rest_probability}")
    path = folder / "fake-4.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def kill_when(command: list[str], mark: Path) -> None:
    """Start the command, and kill it as soon as a file appears."""
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    while not mark.exists():
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_killed_twice_and_resumed_makes_the_same_rows(
    straight: tuple[Rows, RenderSummary], tmp_path: Path
) -> None:
    path, out = spec_file(tmp_path), tmp_path / "out"
    assert load_spec(path).digest() == SPEC.digest()
    patched = f"import patchwright, renderer.dataset.render as r; r.PART_SIZE = {SIZE}"
    command = [sys.executable, "-c", f"{patched}; patchwright.main()", "render", str(path)]
    command += ["--count", str(COUNT), "--seed", "3", "--out", str(out)]
    kill_when(command, record_folder(out) / "dataset.json")
    kill_when(command, out / "part-00000.parquet")
    kept = [index for n in open_store(out).present() for index in open_store(out).indices(n)]
    assert SIZE <= len(kept) < COUNT, "nothing is left to resume"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"resumed    {len(kept)} clips" in done.stdout
    assert rows(out) == straight[0]
    assert sorted(p.name for p in out.iterdir()) == [f"part-{n:05d}.parquet" for n in range(4)]
    record = sorted(p.name for p in record_folder(out).iterdir())
    assert record == ["_README.md", "audit.json", "dataset.json"]


def test_faulty_clips_are_counted_and_kept_without_audio(tmp_path: Path) -> None:
    data = fake_synth(faults=True).to_dict()
    # No hang among the faults: it would cost the whole time limit.
    fault = data["parameters"][-1] | {"values": (0.0, 1.0, 3.0, 4.0), "rest_probability": 0.5}
    data["parameters"] = [*data["parameters"][:-1], fault]
    summary = render_dataset(SynthSpec.from_dict(data), SIZE, 2, tmp_path)
    statuses = open_store(tmp_path).columns("status")["status"].tolist()
    assert {"ok", "crashed", "nonfinite", "silent"} == set(statuses)
    assert summary.silent == statuses.count("silent")
    assert summary.failed == statuses.count("crashed") + statuses.count("nonfinite")
    assert summary.rejected == SIZE - statuses.count("ok")
    assert len(summary.reasons) == summary.retried == summary.failed
    reasons = dict(zip(statuses, open_store(tmp_path).columns("reason")["reason"], strict=True))
    assert "SIGSEGV" in reasons["crashed"] and "NaN" in reasons["nonfinite"]
    assert reasons["ok"] == ""
    for row in open_store(tmp_path).read(0).to_pylist():
        assert (row["audio"] is None) == (row["status"] in ("crashed", "nonfinite"))


def test_another_dataset_in_the_folder_is_refused(tmp_path: Path) -> None:
    render_dataset(SPEC, 3, 3, tmp_path)
    with pytest.raises(StoreError, match="seed 3, but this run has 4"):
        render_dataset(SPEC, 3, 4, tmp_path)
    with pytest.raises(StoreError, match="--count 0"):
        render_dataset(SPEC, 0, 3, tmp_path)
    with pytest.raises(StoreError, match="--seed 18446744073709551616: must be from 0 to"):
        render_dataset(SPEC, 3, 2**64, tmp_path)


def test_a_count_that_nothing_can_hold_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renderer.dataset.render, "RenderPool", None)  # no work: no process starts
    out = tmp_path / "out"
    for count in (SIZE * 1_000_000 + 1, 2**63, 10**40):
        with pytest.raises(StoreError, match=f"--count {count}: must be from 1 to {SIZE}000000"):
            render_dataset(SPEC, count, 3, out)
    free = shutil.disk_usage(tmp_path)._replace(free=10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(StoreError, match=r"--count 10000000: the clips need at least .* GB free"):
        render_dataset(SPEC, 10**7, 3, out)
    assert not out.exists()


def test_a_share_has_the_clips_of_its_parts() -> None:
    for count, shards in ((1, 1), (SIZE, 3), (5 * SIZE + 3, 2), (6 * SIZE, 4), (7 * SIZE + 1, 3)):
        parts = [range(start, min(start + SIZE, count)) for start in range(0, count, SIZE)]
        for i in range(shards):
            assert shard_clips(count, (i, shards), SIZE) == sum(map(len, parts[i::shards]))
    assert shard_clips(10**18, (1, 2), SIZE) == 5 * 10**17  # at once


def test_changed_canary_discards_the_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer.dataset.render, "find_canary", lambda *_: (0, "another sound"))
    with pytest.raises(RenderError, match="part 0: the canary"):
        render_dataset(SPEC, COUNT, 3, tmp_path)
    assert open_store(tmp_path).present() == []


def test_a_clip_that_does_not_repeat_itself_discards_its_part(tmp_path: Path) -> None:
    render_dataset(SPEC, COUNT, 3, tmp_path)
    store = open_store(tmp_path)
    table = store.read(1).to_pylist()
    row = audited_rows(store, 1)[0]
    table[row]["audio_sha256"] = "0" * 64  # as if another sound had been stored
    store.write(1, table)
    store.record_file("audit.json").unlink()
    with pytest.raises(RenderError, match=f"clip {SIZE + row} sounds different"):
        render_dataset(SPEC, COUNT, 3, tmp_path)
    assert store.present() == [0, 2, 3] and not store.record_file("audit.json").exists()
    assert render_dataset(SPEC, COUNT, 3, tmp_path).audited == 4  # one clip of each part


@pytest.mark.parametrize("text", ["", "1", "2/2", "-1/2", "a/b", "0/0", "1/2/3"])
def test_bad_shards_are_refused(text: str) -> None:
    assert parse_shard("0/4") == (0, 4)
    with pytest.raises(StoreError, match="I/N"):
        parse_shard(text)


def test_plan_is_measured_on_the_synth() -> None:
    text = plan(SPEC, 100_000, 2, "fork", UNIFORM)
    assert text.startswith("100000 clips of 0.3 s with 2 workers: about ")
    minutes, gigabytes = (float(n) for n in re.findall(r"([\d.]+) (?:minutes|GB)", text))
    # 6,615 samples of 16 bits, before FLAC takes its share.
    assert 0 < minutes < 100 and 0.1 < gigabytes / (100_000 * 13_230 / 1e9) < 1.2


def test_minutes_at_96_khz_are_rendered_in_parts_that_fit(tmp_path: Path) -> None:
    """Render a clip of 54 MB; a part of a hundred of them would be larger than 2 GiB."""
    program = tmp_path / "noise.dsp"
    program.write_text(
        'import("stdfaust.lib");\n'
        'colour = hslider("colour", 1, 0.1, 1, 0.01);\n'
        "process = (no.noise, no.pink_noise) : par(i, 2, *(colour * 0.5));\n"
    )
    note = NotePolicy(hold_s=139.0, length_s=140.0)
    colour = (Parameter("colour", "continuous", "", "", low=0.1, high=1.0),)
    template: dict[str, Any] = {"controls": {}}
    spec = SynthSpec("big", 1, "faust", "", 96000, 2, note, template, colour, (str(program),))
    summary = render_dataset(spec, 1, 0, tmp_path / "data")
    assert (summary.rendered, summary.failed, summary.silent) == (1, 0, 0)
    store = open_store(tmp_path / "data")
    assert store.manifest["part_size"] == 19 < SIZE
    assert store.clip(0, 0).shape == (2, 140 * 96000)


def test_long_clips_get_time_and_memory() -> None:
    usual, long = Limits.of(SPEC), Limits.of(replace(SPEC, note=NotePolicy(length_s=600.0)))
    assert (usual.cpu_s, usual.wall_s, usual.memory_mb) == (20, 120.0, 2048)
    assert long.cpu_s == 2400 and long.wall_s > long.cpu_s
    assert long.memory_mb > 2048 + 3 * 4 * 600 * SPEC.sample_rate / 2**20


def test_real_vital_is_the_same_with_one_and_two_workers(tmp_path: Path) -> None:
    data = load_spec("vital-16").to_dict()
    data["note"] |= {"hold_s": 0.4, "length_s": 0.6}
    spec = SynthSpec.from_dict(data)
    render_dataset(spec, 4, 1, tmp_path / "one", 1)
    render_dataset(spec, 4, 1, tmp_path / "two", 2)
    made = rows(tmp_path / "one")
    assert made == rows(tmp_path / "two")
    assert [row[4] for row in made].count("ok") >= 2
    assert len({row[6] for row in made}) == 4
