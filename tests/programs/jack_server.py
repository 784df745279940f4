"""A JACK server without a sound card, and a client that records what others play."""

import itertools
import math
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jack
import numpy as np

from datasets.spec import FloatArray
from tests.programs.real_plugins import lacking

RATE, FRAMES = 44100, 256
PATIENT = ["--sync", "--timeout", "4000"]  # milliseconds for one block
URGENT = ["--realtime", "--realtime-priority", "50"]
NUMBERS = itertools.count()


@contextmanager
def jack_server(
    rate: int = RATE,
    frames: int = FRAMES,
    patient: bool = False,
    urgent: bool = False,
    name: str = "",
) -> Iterator[str]:
    """Run jackd's dummy driver, which keeps time by the clock, under a name of its own.

    For as long as the context lasts it is the server that clients of this process find. A
    ``patient`` one waits for its clients: no block is lost, though it lasts longer on a busy
    machine. Else, as jackd does when nothing is asked, it goes on without the late: a recorder then
    hears some blocks twice and others never. With an ``urgent`` one audio goes before every other
    program, as on a musician's machine, if this user may do that (``may_be_urgent``). With the
    ``name`` of an earlier one it takes its place, as after a restart.
    """
    program = shutil.which("jackd") or lacking("no program jackd: get it with `make plugins`")
    name = name or f"patchwright-{os.getpid()}-{next(NUMBERS)}"
    options = [*PATIENT] if patient else []
    options += URGENT if urgent else ["--no-realtime"]
    options += ["-d", "dummy", "-r", str(rate), "-p", str(frames)]
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = name
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([program, "-n", name, *options], stdout=quiet, stderr=quiet)
    try:
        _wait_for(name)
        yield name
    finally:
        process.terminate()
        process.wait(10)
        os.environ.pop("JACK_DEFAULT_SERVER")
        if before is not None:
            os.environ["JACK_DEFAULT_SERVER"] = before


def may_be_urgent() -> bool:
    """Whether this user may put a program before all others: tried in one that does nothing."""
    chrt = shutil.which("chrt")
    return chrt is not None and subprocess.run([chrt, "-r", "50", "true"]).returncode == 0


def _wait_for(name: str) -> None:
    jack.set_error_function(lambda text: None)
    jack.set_info_function(lambda text: None)
    until = time.monotonic() + 20
    # A client that knocks while the server registers itself can spoil the registration.
    while not [*Path("/dev/shm").glob(f"jack_{name}_*")]:
        assert time.monotonic() < until, "jackd does not start"
        time.sleep(0.05)
    time.sleep(0.5)


class Recorder:
    """Records one port, and can play MIDI into another."""

    def __init__(self, name: str = "recorder") -> None:
        self.client: Any = jack.Client(name, no_start_server=True)
        self.xruns = 0
        self._in = self.client.inports.register("in")
        self._midi = self.client.midi_outports.register("midi")
        self._blocks: list[FloatArray] = []
        self._began: list[float] = []
        self._to_play: list[bytes] = []
        self.client.set_process_callback(self._process)
        self.client.set_xrun_callback(self._late)
        self.client.activate()

    def listen(self, port: str) -> None:
        """Record this port from now on."""
        self.client.connect(port, self._in)

    def to(self, port: str) -> None:
        """Send MIDI to this port."""
        self.client.connect(self._midi, port)

    def play(self, message: bytes) -> None:
        """A MIDI message with the next block."""
        self._to_play.append(message)

    def next(self, seconds: float) -> FloatArray:
        """So much of what is heard from now on.

        In JACK's seconds, which are longer than the clock's where blocks are late.
        """
        first = len(self._blocks)
        end = first + math.ceil(seconds * self.client.samplerate / self.client.blocksize)
        until = time.monotonic() + 10 + 20 * seconds
        while len(self._blocks) < end:
            assert time.monotonic() < until, "JACK stands still"
            time.sleep(0.01)
        return np.concatenate(self._blocks[first:end])

    def first_beyond(self, level: float, began: float) -> float:
        """When the first block since ``began`` with a sample beyond ``level`` was heard whole.

        ``time.perf_counter`` seconds; infinite when none was.
        """
        for block, at in zip(self._blocks, self._began, strict=False):
            if at >= began and np.abs(block).max() > level:
                return at
        return float("inf")

    def close(self) -> None:
        """Leave JACK."""
        self.client.deactivate()
        self.client.close()

    def _process(self, frames: int) -> None:
        self._began.append(time.perf_counter())
        self._blocks.append(self._in.get_array().copy())
        self._midi.clear_buffer()
        while self._to_play:
            self._midi.write_midi_event(0, self._to_play.pop(0))

    def _late(self, delayed_us: float) -> None:
        self.xruns += 1
