"""A server that is left running: knobs, matches and neighbours for half an hour.

    python -m tests.long.soak --minutes 30 --model vital-32

What is printed: how the memory of its processes rose (MiB an hour, least squares over the second
half, for a start fills caches), how many files they held, what was asked and what was answered.
"""

from __future__ import annotations

import argparse
import json
import random
import select
import time
from collections import Counter
from contextlib import closing

import numpy as np
import psutil

from plugin_bridge import protocol
from plugin_bridge.osc_client import OscClient
from server.demo import Started, running_server
from server.sketches import sketch_paths

KNOB_HZ, MATCH_S, NEIGHBOURS_S, MEASURE_S = 20, 15.0, 5.0, 10.0
MIB = 1024**2


def measured(server: Started) -> tuple[float, float, int]:
    """MiB of the server, MiB of its processes together, and files that the server holds."""
    process = psutil.Process(server.pid)
    family = [process, *process.children(recursive=True)]
    return process.memory_info().rss / MIB, sum(map(own_bytes, family)) / MIB, process.num_fds()


def own_bytes(process: psutil.Process) -> int:
    """Its share of memory: a page that forks hold together counts once among them."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0  # a render that has ended meanwhile


def soak(server: Started, minutes: float) -> dict[str, object]:
    """Play on it for so long."""
    chance, asked, heard = random.Random(0), Counter[str](), Counter[str]()
    rows: list[tuple[float, float, float, int]] = []
    due = {"knob": 0.0, "match": 0.0, "neighbours": 0.0, "measure": 0.0, "subscribe": 0.0}
    pace = {"knob": 1 / KNOB_HZ, "match": MATCH_S, "neighbours": NEIGHBOURS_S, "subscribe": 300.0}
    sounds, start = sorted(sketch_paths().values()), time.monotonic()
    with closing(OscClient(server.osc)) as client:
        port = int(client.socket.getsockname()[1])
        while (now := time.monotonic() - start) < 60 * minutes:
            for what in [name for name, at in due.items() if at <= now]:
                due[what] = now + (pace[what] if what in pace else MEASURE_S)
                asked[what] += 1
                number = asked[what]
                if what == "knob":
                    client.send(protocol.MACRO.at(chance.randint(1, 8)), chance.random())
                elif what == "match":
                    sound = str(chance.choice(sounds))
                    client.send(protocol.MATCH.path, number, sound, "quick")
                elif what == "neighbours":
                    client.send(protocol.NEIGHBOURS.path, 10**6 + number, 16)
                    client.send(protocol.NEIGHBOUR.path, chance.randint(0, 16))
                elif what == "subscribe":
                    client.send(protocol.SUBSCRIBE.path, port, 600.0)
                else:
                    rows.append((now, *measured(server)))
            while select.select([client.socket], [], [], 0.01)[0]:
                packet = client.socket.recv(65536)
                for address in (protocol.RESULT, protocol.ERROR):
                    heard[address.path] += packet.startswith(address.path.encode())
    return _report(rows, asked, heard)


def _report(
    rows: list[tuple[float, float, float, int]], asked: Counter[str], heard: Counter[str]
) -> dict[str, object]:
    table = np.array(rows)
    late = table[len(table) // 2 :]
    hours = late[:, 0] / 3600
    return {
        "asked": dict(asked),
        "results": heard[protocol.RESULT.path],
        "errors": heard[protocol.ERROR.path],
        "server_mib": [round(float(table[i, 1]), 1) for i in (0, len(table) // 2, -1)],
        "all_mib": [round(float(table[i, 2]), 1) for i in (0, len(table) // 2, -1)],
        "server_mib_an_hour": round(float(np.polyfit(hours, late[:, 1], 1)[0]), 1),
        "all_mib_an_hour": round(float(np.polyfit(hours, late[:, 2], 1)[0]), 1),
        "files": [int(late[:, 3].min()), int(late[:, 3].max())],
    }


def main() -> None:
    """Serve and soak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--model", default="vital-32")
    asked = parser.parse_args()
    with running_server(asked.model) as server:
        print(json.dumps(soak(server, asked.minutes)), flush=True)


if __name__ == "__main__":
    main()
