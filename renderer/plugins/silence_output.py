"""Hide what plugins print, in workers and while a plugin loads."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SHOW_OUTPUT = "PATCHWRIGHT_PLUGIN_OUTPUT"  # set it to see what plugins print
STREAMS = (1, 2)  # the process's own stdout and stderr: plugins write to these


def silence() -> None:
    """Discard what the process prints, so that plugins that print megabytes cost nothing."""
    if os.environ.get(SHOW_OUTPUT):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in STREAMS:
        os.dup2(nowhere, stream)
    os.close(nowhere)


@contextmanager
def silenced() -> Iterator[None]:
    """Hide what the process prints while a plugin loads in it; earlier output is not lost."""
    for output in (sys.stdout, sys.stderr):
        output.flush()
    kept = {stream: os.dup(stream) for stream in STREAMS}
    silence()
    try:
        yield
    finally:
        for stream, copy in kept.items():
            os.dup2(copy, stream)
            os.close(copy)
