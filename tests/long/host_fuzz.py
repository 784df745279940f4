"""Random and broken OSC packets at the port of the live host, while it plays under JACK.

    python -m tests.long.host_fuzz --packets 100000

The host runs in a process of its own, as a musician starts it. Between batches it must report a
message that it cannot play; at the end a note must sound. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from plugin_bridge import protocol
from plugin_bridge.osc_client import OscClient
from server.benchmarks.osc_burst import drops
from server.demo import free_port
from tests import ROOT
from tests.long.fuzz import packets
from tests.programs.jack_server import Recorder, jack_server
from tests.programs.real_plugins import BUILT

BATCH = 2000  # packets between two questions whether the host still listens
AT_ONCE = 50  # packets that wait in the host's socket at most
LIMIT_S = 60.0  # for whatever is waited for
LOUD = 1e-2
MIB = 1024**2


@dataclass
class HostProgram:
    """``patchwright host`` in a process of its own."""

    port: int
    process: psutil.Process
    lines: queue.SimpleQueue[str]
    lines_read: list[str] = field(default_factory=list)

    def wait_for(self, word: str, seconds: float = LIMIT_S) -> bool:
        """Whether it prints a line with this word; ``lines_read`` keeps all lines."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                self.lines_read.append(self.lines.get(timeout=left))
            except queue.Empty:
                return False
            if word in self.lines_read[-1]:
                return True
        return False


@contextmanager
def host_program() -> Iterator[HostProgram]:
    """The host of nekobi-8 on the JACK server of this process; it must live to the end."""
    port = free_port(socket.SOCK_DGRAM)
    command = [sys.executable, "patchwright.py", "host", "nekobi-8", "--output", "jack"]
    command += ["--osc-port", str(port)]
    pipe, both = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=both, text=True) as process:
        lines = queue.SimpleQueue[str]()
        stdout = process.stdout
        assert stdout is not None

        def read() -> None:
            for line in stdout:
                lines.put(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        host = HostProgram(port, psutil.Process(process.pid), lines)
        try:
            assert host.wait_for("plays on"), host.lines_read
            yield host
            assert process.poll() is None, f"the host ended: {host.lines_read[-20:]}"
        finally:
            process.send_signal(signal.SIGTERM)  # it leaves JACK in order; a job may ignore SIGINT
            process.wait(20)
            reader.join(20)


def waiting(port: int) -> int:
    """Bytes that wait in a UDP socket."""
    rows = (line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:])
    found = [row[4] for row in rows if int(row[1].rpartition(":")[2], 16) == port]
    return sum(int(queues.rpartition(":")[2], 16) for queues in found)


def listens(host: HostProgram, client: OscClient, mark: str) -> None:
    """Check that the host reports a parameter that it does not have."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        client.send(protocol.HOST_PARAMETER.path, mark, 0.5)
        if host.wait_for(mark, 1.5):  # it reports a limited number of lines a second
            return
    raise AssertionError(f"the host no longer listens: {host.lines_read[-20:]}")


def fuzz_host(host: HostProgram, count: int, seed: int = 0) -> dict[str, object]:
    """Send packets to a host that plays; return its memory and how much it reported."""
    rss = list[int]()
    with closing(OscClient((protocol.LOOPBACK, host.port), subscribed=False)) as client:
        for number, packet in enumerate(packets(count, seed, protocol.HOSTED), start=1):
            client.socket.sendto(packet, client.server)
            if number % AT_ONCE == 0:
                emptied(host.port)
            if number % BATCH == 0 or number == count:
                listens(host, client, f"mark-{number}")
                rss.append(host.process.memory_info().rss)
        lost = drops(host.port)
        plays_a_note(host, client)
    assert not any("Traceback" in line or "stopped" in line for line in host.lines_read), (
        host.lines_read
    )
    return {
        "packets": count,
        "lost_by_the_kernel": lost,
        "lines": len(host.lines_read),
        "rss_first": round(rss[0] / MIB, 1),
        "rss_most": round(max(rss) / MIB, 1),
    }


def emptied(port: int) -> None:
    """Wait until the host has read all packets."""
    until = time.monotonic() + LIMIT_S
    while waiting(port):
        assert time.monotonic() < until, "the host reads no more packets"
        time.sleep(0.0005)


def plays_a_note(host: HostProgram, client: OscClient) -> None:
    """Check that a note sounds; knobs and other notes of the packets may be anywhere."""
    with closing(Recorder("fuzz")) as recorder:
        outputs = recorder.client.get_ports(is_audio=True, is_output=True)
        (port,) = (one.name for one in outputs if not one.name.startswith("system:"))
        recorder.listen(port)
        for name, value in (("Volume", 1.0), ("Cutoff", 0.8), ("Decay", 0.8)):
            client.send(protocol.HOST_PARAMETER.path, name, value)
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until:
            client.send(protocol.HOST_QUIET.path)
            client.send(protocol.HOST_NOTE.path, 48, 100)
            if abs(recorder.next(0.3)).max() > LOUD:
                return
    host.wait_for("late", 1.0)
    raise AssertionError(f"the host plays no note: {host.lines_read[-20:]}")


def main() -> None:
    """Attack, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    os.environ.setdefault("PATCHWRIGHT_PLUGINS", str(BUILT))
    with jack_server(patient=True), host_program() as host:
        print(json.dumps(fuzz_host(host, asked.packets, asked.seed)))


if __name__ == "__main__":
    main()
