"""Talk to AbletonOSC, the script that gives Ableton Live an OSC interface.

From its documentation and issues (github.com/ideoforms/AbletonOSC):

- It receives on UDP 11000, and answers to port 11001 of the sender's machine.
- An answer has the address of the question and starts with the question's numbers.
- Every 100 ms it executes all messages that have arrived.
- A question that fails gets no answer; ``/live/error`` gives the reason.

Only one program at a time can use port 11001.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plugin_bridge.osc_client import Message, OscClient
from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.target import TargetError

MOST_BYTES = 9216  # Largest packet that macOS sends by default.
ANSWER_S = 1.0  # Live answers within 100 ms, unless it is loading something.
TRIES = 2  # A question may get lost.
MOST_KEPT = 10_000  # Most unrequested messages to keep.
Question = tuple[str | int, ...]  # Address and numbers.

NOT_THERE = (
    "Ableton Live does not answer on UDP port {port}: start Live 11 or newer. Copy AbletonOSC into "
    "the folder Remote Scripts of Live's User Library. Choose it as a Control Surface in "
    "Settings > Link, Tempo & MIDI."
)
TAKEN = (
    "UDP port {port} is in use, and AbletonOSC answers only to that port: close the other program "
    "that talks to AbletonOSC (another bridge, a controller app)"
)


@dataclass(frozen=True)
class LiveAddress:
    """Hold the address of Live; the ports are AbletonOSC's and rarely change."""

    ip: str = LOOPBACK
    port: int = 11000
    reply_port: int = 11001


HERE = LiveAddress()


class AbletonOsc:
    """Send questions and commands to AbletonOSC, and receive its answers."""

    def __init__(self, at: LiveAddress = HERE) -> None:
        """Open the reply port.

        Raises:
            TargetError: Another program uses the reply port.
        """
        self.at = at
        self._unasked: list[Message] = []
        self.error = ""  # Live's last error message
        try:
            self._client = OscClient((at.ip, at.port), subscribed=False, port=at.reply_port)
        except OSError as error:
            raise TargetError(TAKEN.format(port=at.reply_port)) from error

    def check(self, wait_s: float = ANSWER_S) -> None:
        """Check that Live answers within ``wait_s`` seconds.

        Raises:
            TargetError: Live does not answer.
        """
        test: Question = ("/live/test",)
        if test not in self.ask_all([test], wait_s):
            raise TargetError(NOT_THERE.format(port=self.at.port))

    def send(self, path: str, *arguments: int | float | str) -> None:
        """Send one message without waiting.

        Raises:
            TargetError: Live's machine cannot be reached.
        """
        try:
            self._client.send(path, *arguments)
        except OSError as error:
            raise TargetError(
                f"{self.at.ip}: cannot send to this machine ({error}); check that it is on"
            ) from error

    def ask(self, path: str, *numbers: int) -> list[object]:
        """Return the answer to one question, without the question's numbers.

        Raises:
            TargetError: Live does not answer the question.
        """
        question: Question = (path, *numbers)
        answers = self.ask_all([question])
        if question not in answers:
            why = f" ({self.error})" if self.error else ""
            text = " ".join(str(part) for part in question)
            raise TargetError(
                f"{text}: Live does not answer this{why}; check that the device is still there"
            )
        return answers[question]

    def ask_all(
        self, questions: Iterable[Question], wait_s: float = ANSWER_S
    ) -> dict[Question, list[object]]:
        """Return the answers that arrive.

        Args:
            questions: Addresses with their numbers.
            wait_s: Longest wait in seconds for each of two tries.

        Returns:
            Answers without the question's numbers, by question; unanswered questions are missing.
        """
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
        """Return the unrequested messages since the last call; never wait."""
        unasked, self._unasked = self._unasked, []
        return unasked + self._client.hear()

    def close(self) -> None:
        """Close the socket and free the port."""
        self._client.close()

    def _take(
        self, message: Message, open_: list[Question], answers: dict[Question, list[object]]
    ) -> None:
        """File a message as the answer to its question, or as unrequested."""
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
    """Return Live's values as floats.

    Raises:
        TargetError: A value is not a number.
    """
    if not all(isinstance(value, int | float) for value in values):
        raise TargetError(f"Live answered {str(list(values))[:80]} instead of numbers: try again")
    return [float(value) for value in values if isinstance(value, int | float)]
