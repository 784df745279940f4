"""Measure knob latency while another program floods the server with messages to its own addresses.

Music programs send OSC to every program that listens. A tracker sends 500 to 2,000 messages a
second. Each run measures the knob alone first, and then beside the messages.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

FOREIGN_HZ, RUNS = 2000, 3
Figures = dict[str, Any]

FOREIGN = """
import socket, sys, threading, time
from pythonosc.osc_message_builder import OscMessageBuilder

ip, port, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
packets = []
for number in range(500):
    builder = OscMessageBuilder(f"/renoise/trigger/note_on/{number}")
    for value in (-1, number % 8, 48, 0.5):
        builder.add_arg(value)
    packets.append(builder.build().dgram)
sender = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
print("ready", flush=True)
end = threading.Thread(target=sys.stdin.read, daemon=True)
end.start()
started, sent = time.perf_counter(), 0
while end.is_alive():
    while sent < (time.perf_counter() - started) * rate:
        sender.sendto(packets[sent % len(packets)], (ip, port))
        sent += 1
    time.sleep(0.001)
print(sent / (time.perf_counter() - started), flush=True)
"""


@contextmanager
def foreign_messages(server: tuple[str, int], rate: float = FOREIGN_HZ) -> Iterator[list[float]]:
    """Send messages to unknown addresses from another process.

    Args:
        server: IP address and UDP port of OSC.
        rate: Messages a second.

    Yields:
        A list that holds the rate that was reached, once the context is closed.
    """
    reached = list[float]()
    command = [sys.executable, "-c", FOREIGN, server[0], str(server[1]), str(rate)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        try:
            yield reached
        finally:
            process.stdin.close()  # it then prints its rate
            reached.append(float(process.stdout.readline()))


def beside_foreign(
    server: tuple[str, int], measure: Callable[[], Figures], runs: int = RUNS
) -> Figures:
    """Compare knob latency beside foreign messages with knob latency alone.

    Args:
        server: IP address and UDP port of OSC.
        measure: Measures the knob, and returns its delays with ``p50_ms`` and ``p99_ms``.
        runs: Number of pairs of measurements.

    Returns:
        For each run: the delays in ms (``alone``, ``beside``), their ratios ``p50_ratio`` and
        ``p99_ratio``, and the foreign messages a second. On top: the median of each ratio.
    """
    found = [_pair(server, measure) for _ in range(runs)]
    return {
        "p50_ratio": round(float(np.median([one["p50_ratio"] for one in found])), 3),
        "p99_ratio": round(float(np.median([one["p99_ratio"] for one in found])), 3),
        "runs": found,
    }


def _pair(server: tuple[str, int], measure: Callable[[], Figures]) -> Figures:
    """Measure alone, then beside foreign messages."""
    alone = measure()
    with foreign_messages(server) as reached:
        beside = measure()
    return {
        "alone": alone,
        "beside": beside,
        "p50_ratio": round(beside["p50_ms"] / alone["p50_ms"], 3),
        "p99_ratio": round(beside["p99_ms"] / alone["p99_ms"], 3),
        "foreign_hz": round(reached[0]),
    }
