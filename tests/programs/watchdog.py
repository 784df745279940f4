"""Ends a test that would never end: a guard against endless loops, not a measurement."""

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ends_soon(seconds: float) -> Iterator[None]:
    """End the whole process with its stack if the context lasts longer."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
