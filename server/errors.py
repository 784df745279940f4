"""Describe errors to clients, the same way over every transport."""

from __future__ import annotations

import logging

from datasets.errors import PatchwrightError
from plugin_bridge.protocol import ProtocolError

log = logging.getLogger(__name__)


def error_report(error: Exception) -> tuple[str, str]:
    """Return the code word and the message that a client receives for an error.

    The code is the name of the error class: ``AudioError`` becomes ``audio``. An error that the
    client cannot fix is logged with its traceback and becomes ``internal``.

    Args:
        error: The error of the request.

    Returns:
        The code word and a message of one line.
    """
    if isinstance(error, PatchwrightError | ProtocolError):
        text = " ".join(str(error).split())[:1000]
        return type(error).__name__.removesuffix("Error").lower(), text
    log.error("a request failed", exc_info=error)
    return "internal", "the server failed on this request: see its log for the reason"
