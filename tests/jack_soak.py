"""The live host for ten minutes under JACK: blocks that came late, and knob to sound.

    python -m tests.jack_soak --minutes 10

jackd, here with its dummy driver, tells every client of every late block, whoever caused it. So a
client that does nothing is counted first, alone, for as long as the host afterwards; and the host's
own blocks are timed. Then a volume is turned up by OSC, again and again: by the host's own port,
and by way of a server. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable

import numpy as np

from plugin_bridge import protocol
from plugin_bridge.client import OscClient
from plugin_bridge.host.session import Host, HostOptions, running_host
from server.demo import running_server
from tests.jack_server import FRAMES, RATE, Recorder, jack_server
from tests.real_plugins import BUILT

TURNS, NOTE, SETTLED_S = 40, 48, 0.25
SOFT, LOUD = 0.25, 1.0  # Volume, native: as low as the spec goes, and full
HEARD = 0.04  # a sample beyond it is loud


def late_blocks(minutes: float) -> int:
    """Late blocks while nobody but a client that does nothing is there."""
    recorder = Recorder("nothing")
    time.sleep(60 * minutes)
    recorder.close()
    return recorder.xruns


def timed(host: Host) -> list[float]:
    """Milliseconds that each block takes the player, from now on."""
    taken: list[float] = []
    play = host.player.block

    def block(*args: object) -> object:
        began = time.perf_counter()
        try:
            return play(*args)  # type: ignore[arg-type]
        finally:
            taken.append(1000 * (time.perf_counter() - began))

    host.player.block = block  # type: ignore[method-assign, assignment]
    return taken


def played(host: Host, minutes: float) -> dict[str, object]:
    """Chords and turning knobs for so long."""
    recorder, blocks, chance = Recorder(), timed(host), np.random.default_rng(0)
    recorder.listen(host.output.ports[0])  # type: ignore[attr-defined]
    before, until = host.output.xruns, time.monotonic() + 60 * minutes
    while time.monotonic() < until:
        host.player.note(int(chance.integers(36, 72)), int(chance.integers(0, 2)) * 85)
        host.player.set({"Cutoff": float(chance.random())})
        time.sleep(0.02)
    host.player.quiet()
    found = {
        "xruns": host.output.xruns - before,
        "block_ms": {
            "p50": round(float(np.percentile(blocks, 50)), 3),
            "p99": round(float(np.percentile(blocks, 99)), 3),
            "most": round(max(blocks), 3),
            "beyond_the_period": int(np.sum(np.array(blocks) > 1000 * FRAMES / RATE)),
            "of": len(blocks),
        },
    }
    recorder.close()
    return found


def heard_after_ms(host: Host, turn: Callable[[float], None]) -> dict[str, float]:
    """From turning the volume up, 0..1 of its range, to hearing the first loud block, ms."""
    recorder, found = Recorder(), []
    recorder.listen(host.output.ports[0])  # type: ignore[attr-defined]
    chance = np.random.default_rng(1)
    turn(0.0)
    time.sleep(1)
    for _ in range(TURNS):
        host.player.note(NOTE, 85)
        time.sleep(SETTLED_S + 0.02 * chance.random())
        began = time.perf_counter()
        turn(1.0)
        time.sleep(SETTLED_S)
        found.append(1000 * (recorder.first_beyond(HEARD, began) - began))
        turn(0.0)
        host.player.note(NOTE, 0)
        time.sleep(SETTLED_S)
    recorder.close()
    return {
        "p50_ms": round(float(np.median(found)), 1),
        "p99_ms": round(float(np.percentile(found, 99)), 1),
        "most_ms": round(max(found), 1),
    }


def main() -> None:
    """Count, play, turn; print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    os.environ.setdefault("PATCHWRIGHT_PLUGINS", str(BUILT))
    with jack_server():
        found: dict[str, object] = {"minutes": minutes, "xruns_of_nothing": late_blocks(minutes)}
        with running_host(HostOptions("nekobi-8", "jack"), print) as host:
            found["host"] = played(host, minutes)
            hand = OscClient(("127.0.0.1", host.hand.port), subscribed=False)

            def by_hand(volume: float) -> None:
                hand.send(protocol.HOST_PARAMETER.path, "Volume", SOFT + (LOUD - SOFT) * volume)

            found["knob_to_sound"] = heard_after_ms(host, by_hand)
        with running_server("nekobi-8") as server:
            where = f"{server.osc[0]}:{server.osc[1]}"
            options = HostOptions("nekobi-8", "jack", server=where)
            with running_host(options, print) as host:
                knob = OscClient(server.osc, subscribed=False)
                time.sleep(3)

                def by_server(volume: float) -> None:
                    knob.send(protocol.SET_PARAMETER.path, "Volume", volume)

                found["server_to_sound"] = heard_after_ms(host, by_server)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
