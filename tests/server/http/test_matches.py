"""Matches as jobs over HTTP: watched while they run, cancelled, fetched, forgotten."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from datasets.spec import FloatArray
from models.matching.options import MatchOptions, Progress, Watcher
from renderer.plugins.patch_template import PatchTemplate
from server.http.matches import client_of
from server.jobs.job import MatchJob
from server.jobs.match_queue import MATCHES_OF_CLIENT
from server.jobs.short_requests import WAITING_REQUESTS
from server.session.service import Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher, FakeResult, match_of, write_sound
from tests.programs.live_server import live_server
from tests.programs.midi_ports import wait_for

REFINE = {"budget": "refine", "seed": "3", "wait": "false"}


@pytest.fixture
def matcher() -> FakeMatcher:
    return FakeMatcher()


@pytest.fixture
def http(matcher: FakeMatcher) -> Iterator[httpx.Client]:
    with (
        live_server(lambda: Service(FakeCheckpoint(), matcher)) as running,
        httpx.Client(base_url=running.http_url, timeout=20) as client,
    ):
        yield client


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    return {"sound": ("voice.wav", write_sound(tmp_path / "a.wav").read_bytes())}


def until(http: httpx.Client, job: str, *states: str) -> dict[str, Any]:
    """The job once it is in one of these states."""
    with http.stream("GET", f"/v1/jobs/{job}/events") as answer:
        for reported in read_events(answer):
            if reported["state"] in states:
                return reported
    raise AssertionError(f"the job ended without being {states}")


def read_events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        if line.startswith("data: "):
            reported = json.loads(line.removeprefix("data: "))
            assert reported["state"] == name
            yield reported


def present(http: httpx.Client) -> list[float]:
    state = http.get("/v1/instrument").json()
    return [parameter["unit"] for parameter in state["parameters"].values()]


def test_a_job_reports_its_progress(
    http: httpx.Client, matcher: FakeMatcher, files: dict[str, Any]
) -> None:
    matcher.may_answer.clear()
    answer = http.post("/v1/match", files=files, data=REFINE)
    job = answer.json()["id"]
    assert answer.status_code == 202 and answer.headers["location"] == f"/v1/jobs/{job}"
    with http.stream("GET", f"/v1/jobs/{job}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        reported = read_events(stream)
        first = next(one for one in reported if "progress" in one)
        assert first["progress"] == {"renders": 8, "of": 250, "distance": 32.0}
        matcher.may_answer.set()
        (*_, last) = reported
    assert last["state"] == "done" and last["result"]["seed"] == 3
    assert http.get(f"/v1/jobs/{job}").json() == last
    assert present(http) == match_of(3).tolist()
    preset = http.get(f"/v1/jobs/{job}/preset")
    assert json.loads(preset.content)["preset_name"] == "fake"
    assert 'filename="preset.vital"' in preset.headers["content-disposition"]


def test_a_match_begins_from_the_present_preset_and_its_locks(
    http: httpx.Client, matcher: FakeMatcher, files: dict[str, Any]
) -> None:
    name = next(iter(http.get("/v1/instrument").json()["parameters"]))
    assert http.post("/v1/instrument/locks", json={"names": [name], "on": True}).is_success
    before = present(http)
    assert http.post("/v1/match", files=files).is_success
    (options,) = matcher.options
    assert options.present == tuple(before) and options.locked == (name,)


def test_a_listener_gets_the_end_that_comes_while_it_gets_something_else() -> None:
    async def received(ends: bool) -> list[str]:
        job, states = MatchJob("voice.wav"), list[str]()
        job.begin()
        if ends:
            job.end()
        async for now in job.changes():
            states.append(now.state)
            if not now.ended:
                job.end()  # as when the line is slow
        return states

    assert asyncio.run(received(ends=False)) == ["running", "done"]
    assert asyncio.run(received(ends=True)) == ["done"]


def test_a_cancelled_job_ends_with_its_best_and_loads_nothing(
    http: httpx.Client, matcher: FakeMatcher, files: dict[str, Any]
) -> None:
    before = present(http)
    matcher.may_answer.clear()
    job = http.post("/v1/match", files=files, data=REFINE).json()["id"]
    waiting = http.post("/v1/match", files=files, data=REFINE).json()["id"]
    until(http, job, "running")
    for one in (job, waiting):
        assert http.delete(f"/v1/jobs/{one}").status_code == 202
    matcher.may_answer.set()
    assert until(http, job, "cancelled")["result"]["seed"] == 3
    assert "result" not in until(http, waiting, "cancelled")
    assert present(http) == before
    assert http.get(f"/v1/jobs/{waiting}/preset").status_code == 404


class Endless(FakeMatcher):
    """Search until a preset was rendered."""

    def match(
        self,
        sound: Path,
        options: MatchOptions,
        watch: Watcher | None = None,
        template: PatchTemplate | None = None,
    ) -> FakeResult:
        """An error when none was for long."""
        best = match_of(options.seed)
        for renders in range(1000):
            if self.heard:
                return FakeResult(best, options.seed)
            assert watch is not None
            watch(Progress(renders, 1000, 1.0, best))
            time.sleep(0.02)
        raise AssertionError("nothing was rendered")


def test_a_preset_is_rendered_while_a_match_runs(files: dict[str, Any]) -> None:
    with (
        live_server(lambda: Service(FakeCheckpoint(), Endless())) as running,
        httpx.Client(base_url=running.http_url, timeout=20) as http,
    ):
        job = http.post("/v1/match", files=files, data=REFINE).json()["id"]
        until(http, job, "running")
        assert http.get("/v1/instrument/preview").content.startswith(b"RIFF")
        assert until(http, job, "done")["result"]["seed"] == 3


def test_a_failed_job_names_the_senders_file_and_not_ours(
    http: httpx.Client, matcher: FakeMatcher
) -> None:
    files = {"sound": ("my voice.wav", b"no sound at all")}
    job = http.post("/v1/match", files=files, data=REFINE).json()["id"]
    error = until(http, job, "failed")["error"]
    assert error["code"] == "audio" and error["message"].startswith("my voice.wav cannot be read")
    waited = http.post("/v1/match", files=files)
    assert waited.status_code == 422 and "/tmp" not in waited.text
    assert not any(path.parent.exists() for path in matcher.sounds)  # uploads are gone


def test_a_preset_that_is_no_json_is_had_as_a_file(
    http: httpx.Client, files: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As amsynth's: the answer names the ending, the file has the bytes."""
    monkeypatch.setattr(FakeResult, "__init__", fxp)
    answer = http.post("/v1/match", files=files).json()
    assert (answer["preset"], answer["preset_suffix"]) == (None, ".fxp")
    preset = http.get(f"/v1/jobs/{answer['id']}/preset")
    assert preset.content == b"CcnK\xff\x00"
    assert 'filename="preset.fxp"' in preset.headers["content-disposition"]


def fxp(found: FakeResult, unit: FloatArray, seed: int) -> None:
    """A result whose preset is binary."""
    found.__dict__.update(unit=unit, seed=seed, preset=b"CcnK\xff\x00", preset_suffix=".fxp")


def test_a_job_that_is_not_there_is_a_404(http: httpx.Client) -> None:
    for id_ in ("nothing", "..%2f..%2fetc%2fpasswd", "0" * 500):
        for call in (http.get, http.delete):
            answer = call(f"/v1/jobs/{id_}")
            assert answer.status_code == 404
        assert http.get(f"/v1/jobs/{id_}/events").status_code == 404


def test_ended_jobs_are_forgotten_when_there_are_many(
    http: httpx.Client, files: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.jobs.job.REMEMBERED", 3)
    ids = [http.post("/v1/match", files=files).json()["id"] for _ in range(6)]
    known = [http.get(f"/v1/jobs/{id_}").status_code for id_ in ids]
    assert known == [404, 404, 404, 200, 200, 200]


def test_a_listener_that_leaves_does_not_stop_the_match(
    http: httpx.Client, matcher: FakeMatcher, files: dict[str, Any]
) -> None:
    matcher.may_answer.clear()
    job = http.post("/v1/match", files=files, data=REFINE).json()["id"]
    with http.stream("GET", f"/v1/jobs/{job}/events") as stream:
        next(read_events(stream))
    threading.Timer(0.1, matcher.may_answer.set).start()
    assert until(http, job, "done")["result"]["seed"] == 3


def test_a_client_that_waits_for_a_match_is_answered_when_the_server_stops(
    matcher: FakeMatcher, files: dict[str, Any]
) -> None:
    matcher.may_answer.clear()
    answers, services = list[httpx.Response](), list[Service]()

    def open_() -> Service:
        services.append(Service(FakeCheckpoint(), matcher))
        return services[0]

    with live_server(open_) as running:

        def ask(budget: str) -> None:
            url = f"{running.http_url}/v1/match"
            answers.append(httpx.post(url, files=files, data={"budget": budget}, timeout=20))

        waiting = [threading.Thread(target=ask, args=(budget,)) for budget in ("refine", "quick")]
        for number, thread in enumerate(waiting, start=1):
            thread.start()
            while services[0].matching.jobs.waiting < number:
                time.sleep(0.01)
        while len(matcher.sounds) < 1:
            time.sleep(0.01)
        running.stop()
        jobs = services[0].matching.jobs
        wait_for(
            lambda: all(job.cancelled for job in jobs._jobs.values()), "all jobs are cancelled"
        )
        matcher.may_answer.set()
        for thread in waiting:
            thread.join(20)
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    (ended,) = (answer for answer in answers if answer.status_code == 400)
    assert (
        ended.json()["error"]["message"]
        == "match of voice.wav: it was cancelled before it had a result"
    )


def give_up(http: httpx.Client, files: dict[str, Any], matcher: FakeMatcher) -> None:
    """Ask for a match, and close the connection before the answer."""
    before = len(http.get("/v1/jobs").json())
    body = http.build_request("POST", "/v1/match", files=files, data={"budget": "refine"})
    head = f"POST /v1/match HTTP/1.1\r\nHost: {http.base_url.host}\r\n"
    head += "".join(f"{n}: {body.headers[n]}\r\n" for n in ("content-type", "content-length"))
    address = (http.base_url.host, http.base_url.port or 80)
    with socket.create_connection(address) as wire:
        wire.sendall(head.encode() + b"\r\n" + body.read())
        wait_for(lambda: len(http.get("/v1/jobs").json()) > before, "the match is a job")


def test_clients_that_give_up_free_their_places(
    http: httpx.Client, matcher: FakeMatcher, files: dict[str, Any]
) -> None:
    matcher.may_answer.clear()
    for _ in range(2 * MATCHES_OF_CLIENT):
        give_up(http, files, matcher)
    states = ("cancelled", "running")  # the running one ends at its next report
    wait_for(
        lambda: all(job["state"] in states for job in http.get("/v1/jobs").json()),
        "nobody waits",
    )
    matcher.may_answer.set()
    assert http.post("/v1/match", files=files).status_code == 200
    assert len(matcher.sounds) == 2  # the matches in the queue never began
    (last,) = (job for job in http.get("/v1/jobs").json() if job["state"] == "done")
    assert last["title"] == "voice.wav" and "result" not in last


def test_a_match_that_a_client_gave_up_ends_without_a_result(
    matcher: FakeMatcher, files: dict[str, Any]
) -> None:
    """The matcher must not render a best preset that no client waits for."""
    services = list[Service]()

    def open_() -> Service:
        services.append(Service(FakeCheckpoint(), matcher))
        return services[0]

    matcher.may_answer.clear()
    with (
        live_server(open_) as running,
        httpx.Client(base_url=running.http_url, timeout=20) as http,
    ):
        give_up(http, files, matcher)
        (gone,) = services[0].matching.jobs
        wait_for(lambda: bool(matcher.sounds) and gone.cancelled, "the client has gone")
        matcher.may_answer.set()
        assert "result" not in until(http, gone.id, "cancelled")
        kept = http.post("/v1/match", files=files, data=REFINE).json()["id"]
        assert until(http, kept, "done")["result"]["seed"] == 3


def test_a_client_that_gives_up_leaves_the_matches_of_others_alone(
    http: httpx.Client, matcher: FakeMatcher, files: dict[str, Any]
) -> None:
    matcher.may_answer.clear()
    job = http.post("/v1/match", files=files, data=REFINE).json()["id"]
    give_up(http, files, matcher)
    matcher.may_answer.set()
    assert until(http, job, "done")["result"]["seed"] == 3


def test_one_client_cannot_take_all_places(
    http: httpx.Client, matcher: FakeMatcher, files: dict[str, Any]
) -> None:
    matcher.may_answer.clear()
    for _ in range(MATCHES_OF_CLIENT):
        assert http.post("/v1/match", files=files, data=REFINE).status_code == 202
    refused = http.post("/v1/match", files=files, data=REFINE)
    assert refused.status_code == 503
    assert refused.json()["error"]["message"].startswith("8 matches of 127.0.0.1 wait already")
    other = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=http.base_url, transport=other) as stranger:
        assert stranger.post("/v1/match", files=files, data=REFINE).status_code == 202
    jobs = http.get("/v1/jobs").json()
    assert [job["state"] for job in jobs] == ["running", *["waiting"] * 8]
    for job in jobs:
        http.delete(f"/v1/jobs/{job['id']}")
    assert http.post("/v1/match", files=files, data=REFINE).status_code == 202
    matcher.may_answer.set()


def test_a_preview_whose_client_gives_up_is_not_rendered(
    http: httpx.Client, matcher: FakeMatcher, files: dict[str, Any]
) -> None:
    matcher.may_answer.clear()
    job = http.post("/v1/match", files=files, data=REFINE).json()["id"]
    wait_for(lambda: bool(matcher.sounds), "the match runs")
    for note in range(2 * WAITING_REQUESTS):
        with pytest.raises(httpx.ReadTimeout):
            http.get(f"/v1/instrument/preview?note={note}", timeout=httpx.Timeout(20, read=0.01))
    http.delete(f"/v1/jobs/{job}")
    matcher.may_answer.set()
    assert http.get("/v1/instrument/preview?note=69").status_code == 200
    assert len(matcher.heard) < WAITING_REQUESTS


def test_a_client_has_one_name_on_every_socket() -> None:
    """A socket for both families shows an IPv4 client as ``::ffff:127.0.0.1``."""
    clients = {"127.0.0.1", "::ffff:127.0.0.1", "::FFFF:127.0.0.1"}
    named = {client_of(Request({"type": "http", "client": (ip, 5000)})) for ip in clients}
    assert named == {"127.0.0.1"}
