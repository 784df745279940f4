"""The matcher in its own process: the same answers, and matches that survive its end."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from datasets.errors import AudioError, CheckpointError, RenderError, SpecError
from models.checkpoint import load_checkpoint
from models.matching.matcher import Matcher
from models.matching.options import MatchOptions, Progress, Watcher
from renderer.plugins.patch_template import PatchFile, PatchTemplate
from server.jobs.job import AbandonedError
from server.jobs.matcher_process import MatcherProcess
from server.sketches import sketch_paths
from tests.fakes.vital_patch import changed, vital_file
from tests.programs.midi_ports import wait_for

SKETCH = sketch_paths()["plucked_string"]
SIXTEEN = MatchOptions("quick", limit_s=60.0)  # as many renders, however slow the machine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals to send")


@pytest.fixture(scope="module")
def matcher_process() -> Iterator[MatcherProcess]:
    matcher = MatcherProcess("vital-32")
    yield matcher
    left = psutil.Process(matcher.pid).children(recursive=True)
    matcher.close()
    assert not psutil.pid_exists(matcher.pid)
    assert not psutil.wait_procs(left, timeout=10)[1]


def test_answers_are_those_of_the_same_process(matcher_process: MatcherProcess) -> None:
    found = matcher_process.match(SKETCH, SIXTEEN)
    with Matcher(load_checkpoint("vital-32")) as reference:
        here = reference.match(SKETCH, SIXTEEN)
        note = here.document["note"]["midi"]
        audio, rate = reference.hear(here.unit, note)
    assert np.array_equal(found.unit, here.unit)
    assert found.preset == here.preset
    received, heard_rate = matcher_process.hear(found.unit, note)
    assert rate == heard_rate
    assert np.array_equal(received, audio)


def test_a_whole_file_is_played_as_it_is_and_a_broken_one_ends_nothing(
    matcher_process: MatcherProcess,
) -> None:
    received, rate = matcher_process.hear_preset(vital_file(), 48)
    by_hand = json.dumps(changed(vital_file(), macro_control_1=0.9)).encode()
    assert rate == 44100 and received.shape[0] == 2 and np.abs(received).max() > 0
    assert not np.array_equal(matcher_process.hear_preset(by_hand, 48)[0], received)
    silent = json.dumps(changed(vital_file(), osc_1_on=0.0)).encode()
    assert not matcher_process.hear_preset(silent, 48)[0].any()
    pid = matcher_process.pid
    for broken in (b"nonsense", json.dumps(changed(vital_file(), wavetables=3)).encode()):
        with pytest.raises(RenderError, match=r"note 48: the preset cannot be rendered .*refused"):
            matcher_process.hear_preset(broken, 48)
    assert matcher_process.pid == pid
    assert np.array_equal(matcher_process.hear_preset(vital_file(), 48)[0], received)


def test_a_sounds_neighbours_come_nearest_first_and_each_once(
    matcher_process: MatcherProcess,
) -> None:
    found = matcher_process.near(SKETCH, MatchOptions(), 12)
    distances = [one.distance for one in found]
    assert len(found) == 12 and distances == sorted(distances)
    assert len({one.unit.tobytes() for one in found}) == 12
    spec = load_checkpoint("vital-32").spec
    assert all(np.array_equal(spec.snap(one.unit), one.unit) for one in found)


def test_a_match_is_watched_and_ended(matcher_process: MatcherProcess) -> None:
    reported: list[Progress] = []

    def watch(progress: Progress) -> bool:
        reported.append(progress)
        return len(reported) < 3

    found = matcher_process.match(SKETCH, MatchOptions("refine"), watch)
    assert 2 < len(reported) < 20
    assert found.document["stopped_by"] == "cancelled"
    assert found.document["renders"] < 60
    # What was said too late is not taken for the next one's.
    assert matcher_process.match(SKETCH, SIXTEEN).document["stopped_by"] == "renders"


def test_a_match_that_no_client_waits_for_ends_without_its_answer(
    matcher_process: MatcherProcess,
) -> None:
    pid, reported = matcher_process.pid, list[Progress]()

    def watch(progress: Progress) -> bool:
        reported.append(progress)
        raise AbandonedError("the client has gone")

    with pytest.raises(AbandonedError):
        matcher_process.match(SKETCH, MatchOptions("deep"), watch)
    assert len(reported) == 1
    assert matcher_process.match(SKETCH, SIXTEEN).document["stopped_by"] == "renders"
    assert matcher_process.pid == pid


def test_presets_are_rendered_while_a_match_runs_and_it_is_the_same(
    matcher_process: MatcherProcess,
) -> None:
    before = matcher_process.match(SKETCH, SIXTEEN)
    received = []

    def watch(progress: Progress) -> bool:
        received.append(matcher_process.hear(progress.unit, 60)[0])
        return True

    during = matcher_process.match(SKETCH, SIXTEEN, watch)
    assert np.array_equal(during.unit, before.unit)
    assert len(received) > 1 and all(np.abs(audio).max() > 0 for audio in received)
    assert np.array_equal(received[-1], matcher_process.hear(during.unit, 60)[0])


def test_a_patch_is_read_while_a_match_runs_and_searched_on(
    matcher_process: MatcherProcess,
) -> None:
    file = PatchFile("mine.vital", json.dumps(changed(vital_file(), filter_1_on=0.0)).encode())
    read: list[PatchTemplate] = []

    def watch(progress: Progress) -> bool:
        read.append(matcher_process.read_patch(file))
        return True

    before = matcher_process.match(SKETCH, SIXTEEN, watch)
    template = read[-1]
    assert template.file == file and "filter_1_cutoff" in template.idle
    assert "patch" not in before.document
    present = tuple(template.unit.tolist())
    options = replace(SIXTEEN, method="parameters", present=present, locked=template.idle)
    found = matcher_process.match(SKETCH, options, template=template)
    assert found.document["patch"] == template.listing()
    settings, theirs = (json.loads(one)["settings"] for one in (found.preset, file.content))
    free = {*template.spec.names, *template.spec.template["renamed"].values()}
    assert {k: v for k, v in settings.items() if k not in free} == {
        k: v for k, v in theirs.items() if k not in free
    }
    assert {name: settings[name] for name in template.idle} == {
        name: theirs[name] for name in template.idle
    }
    with pytest.raises(RenderError, match=r"bad\.vital: .*refused"):
        matcher_process.read_patch(PatchFile("bad.vital", b"nonsense"))
    assert np.array_equal(matcher_process.match(SKETCH, SIXTEEN).unit, before.unit)


def test_one_that_ends_while_a_preset_is_rendered_begins_again(
    matcher_process: MatcherProcess,
) -> None:
    killed: list[int] = []

    def watch(progress: Progress) -> bool:
        if not killed:
            killed.append(matcher_process.pid)
            os.kill(matcher_process.pid, signal.SIGKILL)
            assert np.abs(matcher_process.hear(progress.unit, 60)[0]).max() > 0
        return True

    assert matcher_process.match(SKETCH, SIXTEEN, watch).document["stopped_by"] == "renders"
    assert killed != [matcher_process.pid]


def test_errors_are_what_they_are(matcher_process: MatcherProcess, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"none\.wav"):
        matcher_process.match(tmp_path / "none.wav", SIXTEEN)
    with pytest.raises(CheckpointError, match="no-such-model"):
        MatcherProcess("no-such-model")


def kill_at(matcher_process: MatcherProcess, renders: int, victim: str) -> list[int]:
    """Kill processes in the middle of a match: who was killed."""
    killed: list[int] = []

    def watch(progress: Progress) -> bool:
        if progress.renders >= renders and not killed:
            if victim == "matcher":
                killed.append(matcher_process.pid)
            else:
                killed.extend(child.pid for child in psutil.Process(matcher_process.pid).children())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
        return True

    found = matcher_process.match(SKETCH, SIXTEEN, watch)
    assert np.isfinite(found.document["distance"])
    assert found.document["stopped_by"] == "renders"
    return killed


@pytest.mark.parametrize("victim", ["workers", "matcher"])
def test_a_match_ends_with_a_result_though_its_processes_are_killed(
    matcher_process: MatcherProcess, victim: str
) -> None:
    before = matcher_process.match(SKETCH, SIXTEEN)
    killed = kill_at(matcher_process, 4, victim)
    assert killed
    assert not any(pid == matcher_process.pid for pid in killed)
    assert np.array_equal(matcher_process.match(SKETCH, SIXTEEN).unit, before.unit)


def test_what_ends_the_process_twice_is_reported(matcher_process: MatcherProcess) -> None:
    def watch(progress: Progress) -> bool:
        os.kill(matcher_process.pid, signal.SIGKILL)
        return True

    with pytest.raises(RenderError, match="ended twice"):
        matcher_process.match(SKETCH, SIXTEEN, watch)
    assert matcher_process.match(SKETCH, SIXTEEN).document["renders"] >= 16


def stop_at_first_report(matcher_process: MatcherProcess, stopped: list[int]) -> Watcher:
    """Stop the process once, in the middle of a match."""

    def watch(progress: Progress) -> bool:
        if not stopped:
            stopped.append(matcher_process.pid)
            os.kill(matcher_process.pid, signal.SIGSTOP)
        return True

    return watch


def test_a_process_that_hangs_is_noticed_and_replaced(
    matcher_process: MatcherProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.jobs.living_pipe.HUNG_S", 5.0)
    stopped: list[int] = []
    found = matcher_process.match(SKETCH, SIXTEEN, stop_at_first_report(matcher_process, stopped))
    assert found.document["stopped_by"] == "renders"
    assert stopped != [matcher_process.pid] and not psutil.pid_exists(stopped[0])
    os.kill(matcher_process.pid, signal.SIGSTOP)  # while nothing is asked of it
    assert np.abs(matcher_process.hear(found.unit, 60)[0]).max() > 0


def test_a_process_that_hangs_can_be_closed() -> None:
    matcher = MatcherProcess("vital-32")
    stopped: list[int] = []
    watch = stop_at_first_report(matcher, stopped)
    with ThreadPoolExecutor(1) as thread:
        match = thread.submit(matcher.match, SKETCH, SIXTEEN, watch)
        wait_for(lambda: bool(stopped), "the match runs", 120)
        matcher.close()
        with pytest.raises(RenderError, match="the server stops"):
            match.result(60)
    assert not psutil.pid_exists(matcher.pid)


def test_a_timbre_model_has_a_process_of_its_own(tmp_path: Path) -> None:
    with closing(MatcherProcess("violin")) as matcher:
        audio, rate = matcher.hear(np.full(8, 0.5, np.float32), 67)
        soundfile.write(tmp_path / "note.wav", audio.T, rate)
        found = matcher.match(tmp_path / "note.wav", MatchOptions())
        assert found.document["note"]["midi"] == 67 and found.preset_suffix == ".vital"
        with pytest.raises(SpecError, match="violin is a timbre model and has no template"):
            matcher.read_patch(PatchFile("a.vital", b"{}"))


def test_a_resynthesis_ends_when_it_is_cancelled(matcher_process: MatcherProcess) -> None:
    told: list[int] = []

    def watch(progress: Progress) -> bool:
        told.append(progress.renders)
        return told.count(progress.renders) == 1  # only a resynthesis reports one number twice

    found = matcher_process.match(SKETCH, SIXTEEN, watch)
    assert found.document["stopped_by"] == "renders" and found.method == "parameters"
    (warning,) = (one for one in found.document["target"]["warnings"] if "cancelled" in one)
    assert warning == "the match was cancelled during the resynthesis"
