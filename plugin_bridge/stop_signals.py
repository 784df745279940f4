"""End a command cleanly when the system stops it: SIGTERM, or a closed terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event


@contextmanager
def set_by_stop_signals() -> Iterator[Event]:
    """Yield an event that SIGTERM and SIGHUP set, instead of ending the process at once.

    Ctrl-C still raises KeyboardInterrupt. Outside the main thread, no signal sets the event.
    """
    stopped = Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in wanted}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
