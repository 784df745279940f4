"""Describe an error to a client, for any transport."""

from __future__ import annotations

import logging

from datasets.errors import PatchwrightError
from plugin_bridge.protocol import ProtocolError

log = logging.getLogger(__name__)


def error_report(error: Exception) -> tuple[str, str]:
    """The word and the line that stand for an error on the wire: AudioError is ``audio``.

    What the caller cannot fix is logged with its traceback and reported as ``internal``.
    """
    if isinstance(error, PatchwrightError | ProtocolError):
        text = " ".join(str(error).split())[:1000]
        return type(error).__name__.removesuffix("Error").lower(), text
    log.error("a request failed", exc_info=error)
    return "internal", "the server failed on this request: its log says why"
