"""Raise the priority of threads that the audio depends on."""

from __future__ import annotations

import os
from contextlib import suppress

HAND, AUDIO = 1, 2  # real-time priorities of inputs and audio; JACK's priority is above both


def before_others(priority: int = HAND, thread: int = 0) -> None:
    """Give a thread priority over all ordinary programs, where the system allows it.

    JACK's audio has the highest priority, but it still waits for any thread of ours that holds
    Python's lock. On a busy machine, that thread would wait for a processor.

    Args:
        priority: HAND for an input, AUDIO for a thread that renders blocks.
        thread: Native id of the thread; 0 for the one that calls.
    """
    with suppress(AttributeError, OSError):  # not Linux, or not allowed
        os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(priority))
