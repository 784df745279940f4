"""``patchwright bench osc``: knobs of a server while it searches, beside a bare echo server.

Delays are from sending a knob's position to hearing the last parameter of the answer: of that
position or of a newer one. The echo server is python-osc's own, in a process of its own, asked at
the same pace while the same search runs: its delays are what the machine and the language cost.
"""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from plugin_bridge.client import OscClient
from plugin_bridge.protocol import LOOPBACK, MACRO, MATCH, PARAMETER, REFRESH, RESULT
from server.demo import running_server
from server.sketches import sketch_paths

RATE_HZ, STREAM_S = 200, 60.0
BURST_HZ, BURST_S, SUBSCRIBERS = 2000, 10.0, 10
SINGLES = 100  # knobs turned one by one, before and after the burst
QUIET_S = 0.5  # without a message: all is answered
MIB = 1024**2

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
        ours = Stream(running.osc, searching)
        ours.run()
        with echo_server() as echo:
            theirs = Stream(echo, searching)
            theirs.run()
        searching.end()
        return {
            "parameters": parameters,
            "knob": ours.figures() | {"kernel_drops": drops(running.osc[1])},
            "echo": theirs.figures(),
            "matches": searching.matches,
            "burst": burst(running.osc, running.pid),
        }


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


class Stream:
    """Positions of knob 1 sent at a steady pace, and what comes back."""

    def __init__(self, server: tuple[str, int], searching: Searching) -> None:
        self._hand = OscClient(server, subscribed=False)
        # Another's subscription: a hand is not told where its own knob went.
        self._eye = OscClient(server)
        self._searching = searching
        self._sent = np.full(int(RATE_HZ * STREAM_S), np.nan)  # when
        self._answered = self._sent.copy()
        self._path = MACRO.at(1)
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
                for message in OscPacket(ready.recv(65536)).messages:
                    self._hear(message.message, heard)
            self._searching.go_on()
        self._hand.close()
        self._eye.close()

    def _position(self, number: int) -> float:
        """Of a message: every one another, so that an answer tells which it answers."""
        return float(np.float32(0.25 + 0.5 * number / len(self._sent)))

    def _hear(self, message: OscMessage, now: float) -> None:
        if message.address == self._path:
            position = float(message.params[0])
            number = round((position - 0.25) * 2 * len(self._sent))
            if 0 <= number < len(self._sent) and self._position(number) == position:
                self._latest = max(self._latest, number)
        elif message.address != PARAMETER.path:
            return
        if self._latest >= 0:
            at = self._latest
            self._answered[at] = now  # moves on until the last parameter of the answer

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


def burst(server: tuple[str, int], pid: int) -> dict[str, Any]:
    """Ten subscribers and 2,000 messages a second: memory and delay before and afterwards."""
    readers = [OscClient(server) for _ in range(SUBSCRIBERS)]
    for reader in readers:
        reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * MIB)
    with closing(OscClient(server, subscribed=False)) as hand:
        before, rss = singles(hand, readers[0]), rss_of(pid)
        packets = [_knob(1 + n % 4, n / (BURST_HZ * BURST_S)) for n in range(20_000)]
        start = time.perf_counter()
        for number, packet in enumerate(packets):
            while time.perf_counter() < start + number / BURST_HZ:
                time.sleep(0.0002)
            hand.socket.sendto(packet, server)
            for reader in readers if number % 20 == 0 else ():
                _drain(reader)
        settled = time.perf_counter()
        for reader in readers:
            list(reader.receive(QUIET_S))
        after, rss_after = singles(hand, readers[0]), rss_of(pid)
        newest = _last_positions(hand, server)
    for reader in readers:
        reader.close()
    return {
        "sent_s": round(settled - start, 2),
        "p50_ms_before": before,
        "p50_ms_after": after,
        "rss_mib_grown": None if rss is None or rss_after is None else round(rss_after - rss, 1),
        "newest_wins": newest,
        "kernel_drops": drops(server[1]),
    }


def _knob(number: int, position: float) -> bytes:
    builder = OscMessageBuilder(MACRO.at(number))
    builder.add_arg(float(np.float32(position)))
    return builder.build().dgram


def _drain(client: OscClient) -> None:
    while select.select([client.socket], [], [], 0)[0]:
        client.socket.recv(65536)


def singles(hand: OscClient, eye: OscClient) -> float:
    """Median milliseconds of knobs turned one by one."""
    delays = []
    for turn in range(SINGLES):
        _drain(eye)
        started = time.perf_counter()
        hand.send(MACRO.at(2), 0.2 + 0.6 * (turn % 2))
        while select.select([eye.socket], [], [], 1.0)[0]:
            if PARAMETER.path.encode() + b"\0" in eye.socket.recv(65536):
                delays.append(1000 * (time.perf_counter() - started))
                break
        time.sleep(0.02)
    return round(float(np.median(delays or [np.inf])), 2)


def _last_positions(hand: OscClient, server: tuple[str, int]) -> bool:
    """Whether each knob of the burst, but 2, which was turned since, stands where it was put."""
    with closing(OscClient(server)) as eye:
        eye.send(REFRESH.path)
        heard = {path: args[0] for path, args in eye.receive(QUIET_S) if args}
    wanted = {1: 19_996, 3: 19_998, 4: 19_999}
    return all(
        heard.get(MACRO.at(knob)) == float(np.float32(number / (BURST_HZ * BURST_S)))
        for knob, number in wanted.items()
    )


def rss_of(pid: int) -> float | None:
    """MiB of a process; None where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    (line,) = (one for one in status.read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def drops(port: int) -> int | None:
    """Datagrams that the kernel has thrown away at a UDP port; None where it does not tell."""
    table = Path("/proc/net/udp")
    if not table.exists():
        return None
    rows = (line.split() for line in table.read_text().splitlines()[1:])
    found = [int(row[-1]) for row in rows if int(row[1].rpartition(":")[2], 16) == port]
    return sum(found)
