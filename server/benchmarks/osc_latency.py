"""Measure knob latency over OSC during a search, and compare it with a bare echo server.

A delay is the time from sending a knob position to receiving the last parameter of the reply. The
reply is to that position or to a newer one. The echo server is python-osc's own, in its own
process. It gets the same messages while the same search runs. Its delays are what the machine and
the language cost.
"""

from __future__ import annotations

import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, Protocol

import numpy as np

from models.checkpoint import load_checkpoint
from models.instrument.instrument import Instrument
from plugin_bridge.osc_client import OscClient
from plugin_bridge.protocol import LOOPBACK, MACRO, MATCH, PARAMETER, RESULT
from server.benchmarks.osc_burst import burst, drops
from server.benchmarks.osc_foreign import beside_foreign
from server.demo import running_server
from server.osc.messages import packets_of
from server.sketches import sketch_paths

RATE_HZ, STREAM_S = 200, 60.0
ALONE_S = 15.0  # of a knob without a search, and of one beside foreign messages
TURNS = 1000  # knob turns of `turn_ms`
QUIET_S = 0.5  # after this silence, all replies have arrived
TAGS = b",fs\0"  # type tags of the server's knob message; those of an echo have the same length

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
    """Measure one knob during a search, an echo, a knob beside foreign messages, and a burst.

    Args:
        model: Name of a shipped model, or a checkpoint folder.

    Returns:
        The figures by name, delays in ms.
    """
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
            "foreign": beside_foreign(running.osc, partial(knob_alone, running.osc)),
            "burst": burst(running.osc, running.pid),
        }
    return figures | {"turn_ms": turn_ms(Instrument(load_checkpoint(model)))}


def knob_alone(server: tuple[str, int], seconds: float = ALONE_S) -> dict[str, Any]:
    """Return the delays in ms of one knob without a search."""
    traffic = KnobTraffic(server, Idle(), seconds)
    traffic.run()
    figures = traffic.figures()
    return {name: figures[name] for name in ("p50_ms", "p99_ms", "most_ms", "unanswered")}


def turn_ms(instrument: Instrument) -> float:
    """Return the median milliseconds of a knob turn and its packets, measured without a server."""
    taken = []
    for position in np.linspace(0.25, 0.75, TURNS, dtype=np.float32).tolist():
        started = time.perf_counter()
        packets_of(instrument.turn(1, position), [instrument.knob(1)])
        taken.append(1000 * (time.perf_counter() - started))
    return round(float(np.median(taken)), 3)


def _parameters(client: OscClient) -> int:
    """Return the number of parameters that the server reports to a new subscriber."""
    return sum(path == PARAMETER.path for path, _ in client.receive(QUIET_S))


class Searching:
    """Run matches of budget ``refine``, one after another."""

    def __init__(self, client: OscClient) -> None:
        self._client, self.matches = client, 0
        client.socket.setblocking(False)
        self._ask()

    def go_on(self) -> None:
        """Request the next match once one has ended; call this often."""
        while select.select([self._client.socket], [], [], 0)[0]:
            packet = self._client.socket.recv(65536)
            if packet.startswith(RESULT.path.encode()):
                self.matches += 1
                self._ask()

    def end(self) -> None:
        """Wait for the running match, because it would disturb the next measurement."""
        last = self.matches
        while self.matches == last:
            time.sleep(0.05)
            while select.select([self._client.socket], [], [], 0)[0]:
                self.matches += self._client.socket.recv(65536).startswith(RESULT.path.encode())

    def _ask(self) -> None:
        """Request the next match."""
        sound = str(sketch_paths()["sung_vowel"])
        self._client.send(MATCH.path, self.matches + 1, sound, "refine")


class Searches(Protocol):
    """Describe work that continues while the positions are sent."""

    def go_on(self) -> None:
        """Continue the work; called often."""


class Idle:
    """Replace a search: run nothing while the positions are sent."""

    def go_on(self) -> None:
        """Return at once."""


class KnobTraffic:
    """Send positions of knob 1 at a steady rate and measure the replies."""

    def __init__(
        self, server: tuple[str, int], searching: Searches, seconds: float = STREAM_S
    ) -> None:
        self._sender = OscClient(server, subscribed=False)
        # A second client: the server does not send a knob back to the client that turns it.
        self._receiver = OscClient(server)
        self._searching = searching
        self._sent = np.full(int(RATE_HZ * seconds), np.nan)  # time of each message, seconds
        self._answered = self._sent.copy()
        self._path = MACRO.at(1)
        self._mark = padded(self._path)
        self._latest = -1

    def run(self) -> None:
        """Send all positions; return once no reply has come for QUIET_S."""
        sockets = [self._receiver.socket, self._sender.socket]  # an echo replies to the sender
        for bound in sockets:
            bound.setblocking(False)
        start = time.perf_counter() + 1.0
        count, due = len(self._sent), 0
        received = start
        while due < count or time.perf_counter() - received < QUIET_S:
            now = time.perf_counter()
            if due < count and now >= start + due / RATE_HZ:
                self._sender.send(self._path, self._position(due))
                self._sent[due] = time.perf_counter()
                due += 1
                continue
            wait = start + due / RATE_HZ - now if due < count else 0.05
            for ready in select.select(sockets, [], [], max(0.0, wait))[0]:
                now = time.perf_counter()
                if self._receive(ready.recv(65536), now):
                    received = now
            self._searching.go_on()
        self.close()

    def close(self) -> None:
        """Free the ports; ``run`` does this at its end."""
        self._sender.close()
        self._receiver.close()

    def _position(self, number: int) -> float:
        """Return the position of a message; each is different, which identifies its reply."""
        return float(np.float32(0.25 + 0.5 * number / len(self._sent)))

    def _receive(self, packet: bytes, now: float) -> bool:
        # Search the bytes: decoding sixty messages takes longer than the server takes to send them.
        """Record when a packet arrived; return whether it is a reply, not an error to another."""
        at = packet.find(self._mark)
        if at >= 0:
            self._take(*struct.unpack_from(">f", packet, at + len(self._mark) + len(TAGS)))
        elif PARAMETER.path.encode() not in packet:
            return False
        if self._latest >= 0:
            self._answered[self._latest] = now  # overwritten until the reply's last parameter
        return True

    def _take(self, position: float) -> None:
        """Remember the newest message that a reply belongs to."""
        number = round((position - 0.25) * 2 * len(self._sent))
        if not 0 <= number < len(self._sent) or np.isnan(self._sent[number]):
            return  # the knob's position from before
        if self._position(number) == position:
            self._latest = max(self._latest, number)

    def figures(self) -> dict[str, Any]:
        """Return the delays in ms, and the share of messages that got their own reply.

        ``last_is_exact`` is true if the reply to the last message has its exact position.
        """
        # A message that a newer one replaced counts as answered when the newer one was.
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
    """Run python-osc's own server, which sends back each message.

    Yields:
        IP address and UDP port of the server.
    """
    command = [sys.executable, "-c", ECHO]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield LOOPBACK, int(process.stdout.readline())
        finally:
            process.terminate()


def padded(path: str) -> bytes:
    """Return an OSC path as the bytes of a packet: zeros fill it to a multiple of four."""
    return path.encode() + bytes(4 - len(path) % 4)
