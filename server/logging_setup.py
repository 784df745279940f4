"""Set up the log of the server on stderr, as text or as JSON."""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import Any

from pythonjsonlogger.json import JsonFormatter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from datasets.errors import ServeError

LEVELS = ("debug", "info", "warning", "error")
FIELDS = ("job", "state", "budget", "method", "path", "status", "http", "osc", "oscquery", "ms")

log = logging.getLogger(__name__)


# Characters that end a line, control a terminal or change the direction of the text.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
INDENT = "    "


class TextFormatter(logging.Formatter):
    """Format a record as time, level and message, then its fields as ``name=value``.

    Text of a request cannot forge a line: control characters are escaped, and the lines of a
    traceback are indented.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, followed by the traceback if the record has one."""
        fields = (f"{name}={getattr(record, name)}" for name in FIELDS if hasattr(record, name))
        text = escaped(" ".join([record.getMessage(), *fields]))
        # A cached text of the traceback comes from another formatter.
        about = {"msg": text, "args": (), "exc_text": None}
        return super().format(logging.makeLogRecord(record.__dict__ | about))

    def formatException(self, ei: Any) -> str:  # noqa: ANN401  as logging has it
        """Return a traceback as indented lines."""
        lines = super().formatException(ei).split("\n")
        return "\n".join(INDENT + escaped(line) for line in lines)


def escaped(text: str) -> str:
    """Return a text with its control characters as escapes, as ``repr`` writes them."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def set_up(level: str, format_: str) -> None:
    """Send the log of the whole process to stderr.

    Args:
        level: "debug", "info", "warning" or "error".
        format_: "text" or "json".

    Raises:
        ServeError: The level or the format is unknown.
    """
    if level not in LEVELS:
        raise ServeError(f"--log-level {level!r}: use one of {', '.join(LEVELS)}")
    if format_ not in ("text", "json"):
        raise ServeError(f"--log-format {format_!r}: use text or json")
    handler = logging.StreamHandler(sys.stderr)
    if format_ == "json":
        names = {"asctime": "time", "levelname": "level", "name": "logger"}
        formatter: logging.Formatter = JsonFormatter(
            "{asctime}{levelname}{name}{message}", style="{", rename_fields=names
        )
    else:
        formatter = TextFormatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(formatter)
    # python-osc logs a line for every damaged packet.
    handler.addFilter(lambda record: "pythonosc" not in record.pathname)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("websockets").setLevel(logging.WARNING)  # it logs every connection


class Logged:
    """Log every HTTP request once it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request with the application, and log its status and its duration."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            passed = round(1000 * (time.perf_counter() - started), 1)
            about = {"method": scope["method"], "path": scope["path"][:200]}
            log.info("request", extra=about | {"status": status, "ms": passed})
