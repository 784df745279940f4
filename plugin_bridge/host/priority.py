"""Raise the priority of threads that the audio waits for."""

from __future__ import annotations

import os
from contextlib import suppress

HAND, AUDIO = 1, 2  # real-time priorities of ours: the higher goes first, and JACK before both


def before_others(priority: int = HAND) -> None:
    """Let this thread go before all ordinary programs, where the system allows it.

    ``priority``: HAND, or AUDIO for a thread that makes blocks. Does nothing where it may not.

    Where JACK's audio goes before everything else it still waits for whichever thread of ours
    holds Python, and a busy machine would leave that one waiting for a processor.
    """
    with suppress(AttributeError, OSError):  # not Linux; or not allowed
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(priority))
