"""The text log: one line for each record, whatever a request holds."""

import logging
import subprocess
import sys

import pytest

from server.logging_setup import TextFormatter
from tests import ROOT

FORGED = "/x\n2026-01-01 00:00:00 INFO match state=done"


def record(message: str, **fields: object) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": message, "levelname": "INFO"} | fields)


@pytest.mark.parametrize("character", ["\n", "\r", "\x1b", "\x9b", "\u2028", "\u202e", "\x00"])
def test_control_characters_are_escaped(character: str) -> None:
    text = TextFormatter("%(levelname)s %(message)s").format(
        record(f"a{character}b", path=f"/c{character}d é")
    )
    assert character not in text and text.endswith("d é")
    assert text.count("\\") == 2


def test_a_traceback_forges_no_line() -> None:
    try:
        raise ValueError(FORGED)
    except ValueError:
        text = TextFormatter("%(message)s").format(record("failed", exc_info=sys.exc_info()))
    first, *others = text.splitlines()
    assert first == "failed" and any("2026-01-01" in line for line in others)
    assert all(line.startswith("    ") for line in others)


def test_the_log_of_a_request_is_one_line() -> None:
    code = (
        "import httpx\n"
        "from server.logging_setup import set_up\n"
        "from tests.programs.live_server import live_server\n"
        "set_up('info', 'text')\n"
        "with live_server() as running:\n"
        "    path = '/x%0a2026-01-01%20INFO%20match%20state=done%1b[2J'\n"
        "    httpx.get(running.http_url + path)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    (line,) = (one for one in ended.stderr.splitlines() if "2026-01-01 INFO" in one)
    assert "path=/x\\n2026-01-01 INFO match state=done\\x1b[2J status=404" in line
    assert line.index("INFO request") < line.index("path=")
