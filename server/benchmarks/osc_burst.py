"""Send OSC messages faster than the server can apply them, and measure the effect."""

from __future__ import annotations

import select
import socket
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from pythonosc.osc_message_builder import OscMessageBuilder

from plugin_bridge.osc_client import OscClient
from plugin_bridge.protocol import MACRO, PARAMETER, REFRESH

BURST_HZ, BURST_S, SUBSCRIBERS = 2000, 10.0, 10
SINGLES = 100  # single knob turns, before and after the burst
QUIET_S = 0.5  # after this silence, all replies have arrived
MIB = 1024**2


def burst(server: tuple[str, int], pid: int, seconds: float = BURST_S) -> dict[str, Any]:
    """Send 2,000 messages a second to a server with ten subscribers; measure memory and delay.

    Args:
        server: IP address and UDP port of OSC.
        pid: Process id of the server.
        seconds: Length of the burst; 10 s by default.

    Returns:
        The figures by name: median delays before and after the burst in ms, growth of the memory
        in MiB, and datagrams that the kernel dropped.
    """
    readers = [OscClient(server) for _ in range(SUBSCRIBERS)]
    for reader in readers:
        reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * MIB)
    with closing(OscClient(server, subscribed=False)) as sender:
        before, rss = singles(sender, readers[0]), rss_of(pid)
        count = int(BURST_HZ * seconds)
        packets = [_knob(1 + n % 4, n / count) for n in range(count)]
        start = time.perf_counter()
        for number, packet in enumerate(packets):
            while time.perf_counter() < start + number / BURST_HZ:
                time.sleep(0.0002)
            sender.socket.sendto(packet, server)
            for reader in readers if number % 20 == 0 else ():
                _drain(reader)
        settled = time.perf_counter()
        for reader in readers:
            list(reader.receive(QUIET_S))
        after, rss_after = singles(sender, readers[0]), rss_of(pid)
        newest = _last_positions(count, server)
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
    """Return the packet that turns a knob to a position."""
    builder = OscMessageBuilder(MACRO.at(number))
    builder.add_arg(float(np.float32(position)))
    return builder.build().dgram


def _drain(client: OscClient) -> None:
    """Discard all packets that have arrived."""
    while select.select([client.socket], [], [], 0)[0]:
        client.socket.recv(65536)


def singles(sender: OscClient, receiver: OscClient) -> float:
    """Turn a knob SINGLES times, one turn at a time, and return the median delay in ms.

    Args:
        sender: Client that turns the knob.
        receiver: Subscribed client that receives the changes.

    Returns:
        Median milliseconds from a turn to the first parameter that the receiver gets.
    """
    delays = []
    for turn in range(SINGLES):
        _drain(receiver)
        started = time.perf_counter()
        sender.send(MACRO.at(2), 0.2 + 0.6 * (turn % 2))
        while select.select([receiver.socket], [], [], 1.0)[0]:
            if PARAMETER.path.encode() + b"\0" in receiver.socket.recv(65536):
                delays.append(1000 * (time.perf_counter() - started))
                break
        time.sleep(0.02)
    return round(float(np.median(delays or [np.inf])), 2)


def _last_positions(count: int, server: tuple[str, int]) -> bool:
    """Return whether knobs 1, 3 and 4 have their last position of the burst; knob 2 moved since."""
    with closing(OscClient(server)) as client:
        client.send(REFRESH.path)
        received = {path: args[0] for path, args in client.receive(QUIET_S) if args}
    wanted = {1: count - 4, 3: count - 2, 4: count - 1}
    return all(
        received.get(MACRO.at(knob)) == float(np.float32(number / count))
        for knob, number in wanted.items()
    )


def rss_of(pid: int) -> float | None:
    """Return the memory of a process in MiB, or None where the system does not report it."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    (line,) = (one for one in status.read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def drops(port: int) -> int | None:
    """Return the datagrams that the kernel dropped at a UDP port, or None if it does not say."""
    table = Path("/proc/net/udp")
    if not table.exists():
        return None
    rows = (line.split() for line in table.read_text().splitlines()[1:])
    found = [int(row[-1]) for row in rows if int(row[1].rpartition(":")[2], 16) == port]
    return sum(found)
