"""Knobs turned without pause, through the whole bridge: server, link, AbletonOSC, Live's tick.

    python -m tests.long.live_moves --seconds 60 --hz 60 --model vital-32

A real server, the real link and target, and the simulated Live with its real 100 ms. Printed: the
time from the last move to the last value that Live was given, and whether Live then holds exactly
what the server tells.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial

import numpy as np

from datasets.spec import SynthSpec
from plugin_bridge.ableton.ableton_target import open_ableton
from plugin_bridge.ableton.simulated_live import TICK_S, SimulatedDevice, SimulatedLive, plugin_of
from plugin_bridge.osc_client import OscClient
from plugin_bridge.protocol import MACRO, PARAMETER, REFRESH
from plugin_bridge.sync.host_parameters import host_parameters
from plugin_bridge.sync.link import Link
from plugin_bridge.sync.run_link import model_spec
from server.demo import running_server
from tests.fakes.live_set import live_set

SETTLE_S = 1.0  # after the last move: far beyond the 300 ms that are asked for
KNOBS = 8


@contextmanager
def linked(server: tuple[str, int], live: SimulatedLive, spec: SynthSpec) -> Iterator[list[str]]:
    """A link in a thread; what it tells. An error in it is an error here."""
    told, failed, stopped = list[str](), list[BaseException](), threading.Event()
    link = Link(server, partial(open_ableton, spec, at=live.at), spec, told.append)

    def run() -> None:
        try:
            link.run(stopped)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        stopped.set()
        thread.join(10)
        link.close()
    if failed:
        raise failed[0]


def wanted(heard: dict[str, float], spec: SynthSpec) -> dict[str, float]:
    """Live's values of native ones, by the name that Live shows."""
    hosts = host_parameters(spec)
    return {hosts[n].name: float(np.float32(hosts[n].to_host(v))) for n, v in heard.items()}


def natives(client: OscClient, quiet_s: float) -> dict[str, float]:
    """The newest native values told, until nothing is told any more."""
    heard = client.receive(quiet_s)
    return {str(args[0]): float(str(args[2])) for path, args in heard if path == PARAMETER.path}


def turn(client: OscClient, seconds: float, hz: float, knobs: int = KNOBS) -> float:
    """Turn knobs at random for so long; the time of the last move."""
    chance, start, count = random.Random(1), time.monotonic(), round(seconds * hz)
    for move in range(count):
        time.sleep(max(0.0, start + move / hz - time.monotonic()))
        client.send(MACRO.at(chance.randint(1, knobs)), chance.random())
    return time.monotonic()


def play(
    server: tuple[str, int], spec: SynthSpec, seconds: float, hz: float, knobs: int = KNOBS
) -> dict[str, object]:
    """Turn knobs for so long, and tell what became of it in Live."""
    device = plugin_of(spec)
    with (
        live_set(device, tick_s=TICK_S) as live,
        linked(server, live, spec) as told,
        closing(OscClient(server)) as client,
    ):
        state = natives(client, 0.5)
        wait_for(lambda: values(device) == wanted(state, spec), 20.0)
        before = live.writes
        last = turn(client, seconds, hz, knobs)
        natives(client, 0.5)  # a minute's worth, of which the kernel may have dropped the newest
        client.send(REFRESH.path)
        state |= natives(client, 0.5)
        time.sleep(SETTLE_S)
        return {
            "moves": round(seconds * hz),
            "seconds": round(seconds, 1),
            "settled_ms": round(1000 * (live.arrivals[-1] - last), 1),
            "exact": values(device) == wanted(state, spec),
            "written_ticks": len(live.arrivals),
            "values_written": live.writes - before,
            "beyond_range": sum(len(one.strays) for one in device.parameters),
            "packets_lost": live.lost,
            "told": told,
        }


def values(device: SimulatedDevice) -> dict[str, float]:
    """What Live holds, Device On left out."""
    return {one.name: one.value for one in device.parameters[1:]}


def wait_for(true: Callable[[], bool], seconds: float) -> None:
    """Until it is true; AssertionError when it is not within so long."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


def main() -> None:
    """Serve, link, turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--hz", type=float, default=60.0)
    parser.add_argument("--model", default="vital-32")
    asked = parser.parse_args()
    with running_server(asked.model) as server:
        report = play(server.osc, model_spec(asked.model), asked.seconds, asked.hz)
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
