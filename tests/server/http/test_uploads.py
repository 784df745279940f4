"""Uploads of a server that was killed are removed at the next start; those of others stay."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests import ROOT
from tests.fakes.fake_model import write_sound

# A matcher that does not end, so that the upload stays.
SERVER = """
import sys
from server.lifecycle import serve_service
from server.session.service import Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher
from tests.programs.live_server import FREE_PORTS
matcher = FakeMatcher()
if sys.argv[1] == "slow":
    matcher.may_answer.clear()
serve_service(lambda: Service(FakeCheckpoint(), matcher), FREE_PORTS)
"""


@contextmanager
def serving(temporary: Path, kind: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-c", SERVER, kind]
    environment = {"TMPDIR": str(temporary), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[1], server
        finally:
            server.send_signal(signal.SIGTERM)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_uploads_of_a_killed_server_are_removed_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    temporary = tmp_path / "tmp"
    sound = write_sound(tmp_path / "a.wav").read_bytes()

    def uploads() -> list[Path]:
        return sorted(temporary.rglob("*.audio"))

    def upload(url: str) -> None:
        before = len(uploads())
        form = {"budget": "refine", "wait": "false"}
        asked = httpx.post(f"{url}/v1/match", files={"sound": sound}, data=form, timeout=20)
        assert asked.status_code == 202 and len(uploads()) == before + 1

    with serving(temporary, "slow") as (url, killed):
        upload(url)
        killed.kill()
        killed.wait()
    (left,) = uploads()
    (temporary / "patchwright-uploads-link").symlink_to(tmp_path)  # as another user could
    with serving(temporary, "slow") as (url, running):
        assert not left.exists()
        upload(url)
        with serving(temporary, "quick") as (second, _):
            assert httpx.get(f"{second}/healthz", timeout=20).status_code == 200
            assert len(uploads()) == 1  # of the server that runs
        running.kill()
    assert (tmp_path / "a.wav").exists()
