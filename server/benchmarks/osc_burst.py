"""Send far more OSC messages than the server can follow, and measure what happens."""

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
SINGLES = 100  # knobs turned one by one, before and after the burst
QUIET_S = 0.5  # without a message: all is answered
MIB = 1024**2


def burst(server: tuple[str, int], pid: int, seconds: float = BURST_S) -> dict[str, Any]:
    """Ten subscribers and 2,000 messages a second: memory and delay before and afterwards."""
    readers = [OscClient(server) for _ in range(SUBSCRIBERS)]
    for reader in readers:
        reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * MIB)
    with closing(OscClient(server, subscribed=False)) as hand:
        before, rss = singles(hand, readers[0]), rss_of(pid)
        count = int(BURST_HZ * seconds)
        packets = [_knob(1 + n % 4, n / count) for n in range(count)]
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


def _last_positions(count: int, server: tuple[str, int]) -> bool:
    """Whether each knob of the burst, but 2, which was turned since, stands where it was put."""
    with closing(OscClient(server)) as eye:
        eye.send(REFRESH.path)
        heard = {path: args[0] for path, args in eye.receive(QUIET_S) if args}
    wanted = {1: count - 4, 3: count - 2, 4: count - 1}
    return all(
        heard.get(MACRO.at(knob)) == float(np.float32(number / count))
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
