"""Measure knob latency over OSC during a search, beside a bare echo server.

Delays are from sending a knob's position to hearing the last parameter of the answer: of that
position or of a newer one. The echo server is python-osc's own, in a process of its own, asked at
the same pace while the same search runs: its delays are what the machine and the language cost.
"""

from __future__ import annotations

import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

import numpy as np

from models.checkpoint import load_checkpoint
from models.instrument.instrument import Instrument
from plugin_bridge.osc_client import OscClient
from plugin_bridge.protocol import LOOPBACK, MACRO, MATCH, PARAMETER, RESULT
from server.benchmarks.osc_burst import burst, drops
from server.demo import running_server
from server.osc.messages import packets_of
from server.sketches import sketch_paths

RATE_HZ, STREAM_S = 200, 60.0
TURNS = 1000  # of `turn_ms`
QUIET_S = 0.5  # without a message: all is answered
TAGS = b",fs\0"  # of what the server sends of a knob; an echo's take up as much

ECHO = """
import sys
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_server import BlockingOSCUDPServer

def echo(client, path, *args):
    builder = OscMessageBuilder(path)
    for arg in args:
        builder.add_arg(arg)
    server.socket.sendto(builder.build().dgram, client)

dispatcher = Dispatcher()
dispatcher.set_default_handler(echo, needs_reply_address=True)
server = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


def bench_osc(model: str) -> dict[str, Any]:
    """A minute of one knob during a search, the same of an echo, and a burst to ten subscribers."""
    with running_server(model) as running, closing(OscClient(running.osc)) as client:
        parameters = _parameters(client)
        searching = Searching(client)
        ours = KnobTraffic(running.osc, searching)
        ours.run()
        with echo_server() as echo:
            theirs = KnobTraffic(echo, searching)
            theirs.run()
        searching.end()
        figures = {
            "parameters": parameters,
            "knob": ours.figures() | {"kernel_drops": drops(running.osc[1])},
            "echo": theirs.figures(),
            "matches": searching.matches,
            "burst": burst(running.osc, running.pid),
        }
    return figures | {"turn_ms": turn_ms(Instrument(load_checkpoint(model)))}


def turn_ms(instrument: Instrument) -> float:
    """Median milliseconds of a turn and its packets, alone in a process: what no wait can hide."""
    taken = []
    for position in np.linspace(0.25, 0.75, TURNS, dtype=np.float32).tolist():
        started = time.perf_counter()
        packets_of(instrument.turn(1, position), [instrument.knob(1)])
        taken.append(1000 * (time.perf_counter() - started))
    return round(float(np.median(taken)), 3)


def _parameters(client: OscClient) -> int:
    return sum(path == PARAMETER.path for path, _ in client.receive(QUIET_S))


class Searching:
    """Refined matches, one after another."""

    def __init__(self, client: OscClient) -> None:
        self._client, self.matches = client, 0
        client.socket.setblocking(False)
        self._ask()

    def go_on(self) -> None:
        """Ask for the next once one has ended; to be called often."""
        while select.select([self._client.socket], [], [], 0)[0]:
            packet = self._client.socket.recv(65536)
            if packet.startswith(RESULT.path.encode()):
                self.matches += 1
                self._ask()

    def end(self) -> None:
        """Wait for the last one, or it would disturb what comes."""
        last = self.matches
        while self.matches == last:
            time.sleep(0.05)
            while select.select([self._client.socket], [], [], 0)[0]:
                self.matches += self._client.socket.recv(65536).startswith(RESULT.path.encode())

    def _ask(self) -> None:
        sound = str(sketch_paths()["sung_vowel"])
        self._client.send(MATCH.path, self.matches + 1, sound, "refine")


class Searches(Protocol):
    """What goes on beside a stream."""

    def go_on(self) -> None: ...


class KnobTraffic:
    """Positions of knob 1 sent at a steady pace, and what comes back."""

    def __init__(
        self, server: tuple[str, int], searching: Searches, seconds: float = STREAM_S
    ) -> None:
        self._hand = OscClient(server, subscribed=False)
        # Another's subscription: a hand is not told where its own knob went.
        self._eye = OscClient(server)
        self._searching = searching
        self._sent = np.full(int(RATE_HZ * seconds), np.nan)  # when
        self._answered = self._sent.copy()
        self._path = MACRO.at(1)
        self._mark = padded(self._path)
        self._latest = -1

    def run(self) -> None:
        """Send all of it; returns when no answer has come for a while."""
        sockets = [self._eye.socket, self._hand.socket]  # an echo answers the hand itself
        for bound in sockets:
            bound.setblocking(False)
        start = time.perf_counter() + 1.0
        count, due = len(self._sent), 0
        heard = start
        while due < count or time.perf_counter() - heard < QUIET_S:
            now = time.perf_counter()
            if due < count and now >= start + due / RATE_HZ:
                self._hand.send(self._path, self._position(due))
                self._sent[due] = time.perf_counter()
                due += 1
                continue
            wait = start + due / RATE_HZ - now if due < count else 0.05
            for ready in select.select(sockets, [], [], max(0.0, wait))[0]:
                heard = time.perf_counter()
                self._hear(ready.recv(65536), heard)
            self._searching.go_on()
        self.close()

    def close(self) -> None:
        """Free its ports; ``run`` has done so at its end."""
        self._hand.close()
        self._eye.close()

    def _position(self, number: int) -> float:
        """Of a message: every one another, so that an answer tells which it answers."""
        return float(np.float32(0.25 + 0.5 * number / len(self._sent)))

    def _hear(self, packet: bytes, now: float) -> None:
        # Read where it lies: decoding sixty messages takes longer than the server takes to send.
        at = packet.find(self._mark)
        if at >= 0:
            self._take(*struct.unpack_from(">f", packet, at + len(self._mark) + len(TAGS)))
        elif PARAMETER.path.encode() not in packet:
            return
        if self._latest >= 0:
            self._answered[self._latest] = now  # moves on until the last parameter of the answer

    def _take(self, position: float) -> None:
        number = round((position - 0.25) * 2 * len(self._sent))
        if 0 <= number < len(self._sent) and self._position(number) == position:
            self._latest = max(self._latest, number)

    def figures(self) -> dict[str, Any]:
        """Milliseconds, how many were answered by themselves, and how the last one ended."""
        # A message that a newer one has overtaken was answered when that one was.
        answered = np.fmin.accumulate(self._answered[::-1])[::-1]
        delays = 1000 * (answered - self._sent)
        p50, p99, most = np.nanpercentile(delays, [50, 99, 100])
        return {
            "p50_ms": round(float(p50), 2),
            "p99_ms": round(float(p99), 2),
            "most_ms": round(float(most), 2),
            "by_themselves": round(float(np.isfinite(self._answered).mean()), 3),
            "unanswered": int(np.isnan(answered).sum()),
            "last_is_exact": self._latest == len(self._sent) - 1,
        }


@contextmanager
def echo_server() -> Iterator[tuple[str, int]]:
    """python-osc's own server, which sends back what it gets."""
    command = [sys.executable, "-c", ECHO]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield LOOPBACK, int(process.stdout.readline())
        finally:
            process.terminate()


def padded(path: str) -> bytes:
    """A path as it stands in a packet."""
    return path.encode() + bytes(4 - len(path) % 4)
