"""Set up the server's log on stderr, as text or JSON."""

from __future__ import annotations

import logging
import sys
import time

from pythonjsonlogger.json import JsonFormatter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from datasets.errors import ServeError

LEVELS = ("debug", "info", "warning", "error")
FIELDS = ("job", "state", "budget", "method", "path", "status", "http", "osc", "oscquery", "ms")

log = logging.getLogger(__name__)


class TextFormatter(logging.Formatter):
    """Time, level and message, then what the line is about as ``field=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback where there is one."""
        fields = (f"{name}={getattr(record, name)}" for name in FIELDS if hasattr(record, name))
        record = logging.makeLogRecord(
            record.__dict__ | {"msg": " ".join([record.getMessage(), *fields]), "args": ()}
        )
        return super().format(record)


def set_up(level: str, format_: str) -> None:
    """Log to stderr from now on; ServeError for a level or a format that does not exist."""
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
    handler.addFilter(lambda record: "pythonosc" not in record.pathname)  # a line for each bad byte
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("websockets").setLevel(logging.WARNING)  # it tells of every connection


class Logged:
    """Tells of every HTTP request once it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
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
