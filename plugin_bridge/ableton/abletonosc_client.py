"""A client for AbletonOSC, the script that gives Ableton Live an OSC interface.

As its documentation and issues have it (github.com/ideoforms/AbletonOSC): it listens on UDP 11000
and answers to port 11001 of whoever asked, at the same address with the question's numbers first;
all that came is done once in 100 ms; a failing question gets no answer, and ``/live/error`` says
why. One program at a time can have port 11001.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plugin_bridge.osc_client import Message, OscClient
from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.target import TargetError

MOST_BYTES = 9216  # of a packet: what macOS sends, by its own setting
ANSWER_S = 1.0  # Live answers within a tick of 100 ms, unless it is loading something
TRIES = 2  # a question may get lost on the way
MOST_KEPT = 10_000  # messages nobody has asked for yet
Question = tuple[str | int, ...]  # an address and its numbers

NOT_THERE = (
    "Ableton Live does not answer on UDP port {port}: start Live 11 or newer, copy AbletonOSC into "
    "its User Library under Remote Scripts, and choose it as a Control Surface in Settings > Link, "
    "Tempo & MIDI"
)
TAKEN = (
    "UDP port {port} is taken, and AbletonOSC answers to no other: end the other program that "
    "talks to it (another bridge, a controller app)"
)


@dataclass(frozen=True)
class LiveAddress:
    """Where Live is; the ports are AbletonOSC's own and rarely anything else."""

    ip: str = LOOPBACK
    port: int = 11000
    reply_port: int = 11001


HERE = LiveAddress()


class AbletonOsc:
    """One conversation with AbletonOSC."""

    def __init__(self, at: LiveAddress = HERE) -> None:
        """Raises TargetError when the reply port is taken."""
        self.at = at
        self._unasked: list[Message] = []
        self.error = ""  # what Live said last of something that failed
        try:
            self._client = OscClient((at.ip, at.port), subscribed=False, port=at.reply_port)
        except OSError as error:
            raise TargetError(TAKEN.format(port=at.reply_port)) from error

    def check(self, wait_s: float = ANSWER_S) -> None:
        """Raises TargetError unless Live answers."""
        test: Question = ("/live/test",)
        if test not in self.ask_all([test], wait_s):
            raise TargetError(NOT_THERE.format(port=self.at.port))

    def send(self, path: str, *arguments: int | float | str) -> None:
        """Send one message, without waiting; TargetError when Live's machine is out of reach."""
        try:
            self._client.send(path, *arguments)
        except OSError as error:
            raise TargetError(f"{self.at.ip} cannot be sent to ({error}): is it on?") from error

    def ask(self, path: str, *numbers: int) -> list[object]:
        """The answer to one question, its numbers left out; TargetError when none comes."""
        question: Question = (path, *numbers)
        answers = self.ask_all([question])
        if question not in answers:
            why = f" ({self.error})" if self.error else ""
            told = " ".join(str(part) for part in question)
            raise TargetError(f"Live gave no answer to {told}{why}: is the device still there?")
        return answers[question]

    def ask_all(
        self, questions: Iterable[Question], wait_s: float = ANSWER_S
    ) -> dict[Question, list[object]]:
        """The answers that came, each within ``wait_s`` seconds of one of two tries."""
        self.error = ""
        open_, answers = list(questions), dict[Question, list[object]]()
        for _ in range(TRIES):
            for path, *numbers in open_:
                self.send(str(path), *numbers)
            deadline = time.monotonic() + wait_s
            while open_ and (left := deadline - time.monotonic()) > 0:
                for message in self._client.hear(left):
                    self._take(message, open_, answers)
        return answers

    def hear(self) -> list[Message]:
        """What was said unasked since the last call; never waits."""
        unasked, self._unasked = self._unasked, []
        return unasked + self._client.hear()

    def close(self) -> None:
        """Give the port back."""
        self._client.close()

    def _take(
        self, message: Message, open_: list[Question], answers: dict[Question, list[object]]
    ) -> None:
        path, values = message
        if path == "/live/error":
            self.error = " ".join(str(value) for value in values)[:200]
        for question in open_:
            count = len(question) - 1
            if path == question[0] and tuple(values[:count]) == question[1:]:
                open_.remove(question)
                answers[question] = values[count:]
                return
        if len(self._unasked) < MOST_KEPT:
            self._unasked.append(message)


def numbers(values: Sequence[object]) -> list[float]:
    """Values that have to be numbers, as floats; TargetError for one that is none."""
    if not all(isinstance(value, int | float) for value in values):
        raise TargetError(f"Live answered {str(list(values))[:80]} where numbers belong: try again")
    return [float(value) for value in values if isinstance(value, int | float)]
