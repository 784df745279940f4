"""The live host for ten minutes under JACK: blocks that came late, and knob to sound.

    python -m tests.long.jack_soak --minutes 10 --ahead 2

jackd, here with its dummy driver, tells every client of every late block, whoever caused it. So the
host and a client that does nothing take turns in one run, half a minute each until either has had
its ten: what else the machine does is then the same for both. Each has a process of its own. Audio
goes before all other programs, as on a musician's machine, where this user may do that
(``urgent``). Blocks that the host was to make ``--ahead``, and had not in time, are late too. Then
a volume is turned up by OSC, again and again: by the host's own port, and by way of a server. The
last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import jack
import numpy as np

from plugin_bridge import protocol
from plugin_bridge.osc_client import OscClient
from server.demo import running_server
from tests.programs.jack_clients import KINDS, STARTED_S, Apart, apart
from tests.programs.jack_server import FRAMES, RATE, Recorder, jack_server, may_be_urgent
from tests.programs.real_plugins import BUILT

TURN_S = 30.0  # that each plays at a time
TURNS, NOTE, SETTLED_S = 40, 48, 0.25
SOFT, LOUD = 0.25, 1.0  # Volume, native: as low as the spec goes, and full
RENDERED = 0.04  # a sample beyond it is loud


class LateBlocks:
    """Hears of every late block, and does nothing else."""

    def __init__(self) -> None:
        self.count = 0
        self._client: Any = jack.Client("counter", no_start_server=True)
        self._client.set_xrun_callback(self._late)
        self._client.activate()

    def _late(self, delayed_us: float) -> None:
        self.count += 1

    def close(self) -> None:
        """Leave JACK."""
        self._client.close()


def played(kind: str, ahead: int, seconds: float, late: LateBlocks) -> tuple[int, list[float]]:
    """Chords and a turning knob for so long: late blocks, and milliseconds of each block."""
    chance = np.random.default_rng(0)
    with apart(kind, ahead=ahead) as client, closing(hand_of(client)) as hand:
        time.sleep(1.5 * STARTED_S)
        before, until = late.count, time.monotonic() + seconds
        while time.monotonic() < until:
            loud = int(chance.integers(0, 2)) * 85
            hand.send(protocol.HOST_NOTE.path, int(chance.integers(36, 72)), loud)
            hand.send(protocol.HOST_PARAMETER.path, "Cutoff", float(chance.random()))
            time.sleep(0.02)
        count = late.count - before
    return count + client.unmade, client.block_ms


def hand_of(client: Apart) -> OscClient:
    """A hand at the host's own port."""
    return OscClient((protocol.LOOPBACK, client.osc_port), subscribed=False)


def compared(minutes: float, ahead: int) -> dict[str, object]:
    """Host and nothing in turn."""
    late = LateBlocks()
    counts: dict[str, list[int]] = {kind: [] for kind in KINDS}
    blocks: dict[str, list[float]] = {kind: [] for kind in KINDS}
    turn_s = min(TURN_S, 60 * minutes)
    for turn in range(round(60 * minutes / turn_s)):
        for kind in KINDS if turn % 2 else reversed(KINDS):
            count, taken = played(kind, ahead, turn_s, late)
            counts[kind].append(count)
            blocks[kind] += taken
    late.close()
    return {
        kind: {"xruns": sum(counts[kind]), "in_turn": counts[kind], **lengths(blocks[kind])}
        for kind in KINDS
    }


def lengths(block_ms: list[float]) -> dict[str, object]:
    """How long blocks took."""
    return {
        "p50_ms": round(float(np.percentile(block_ms, 50)), 3),
        "p99_ms": round(float(np.percentile(block_ms, 99)), 3),
        "most_ms": round(max(block_ms), 3),
        "beyond_the_period": int(np.sum(np.array(block_ms) > 1000 * FRAMES / RATE)),
        "of": len(block_ms),
    }


def heard_after_ms(host: Apart, turn: Callable[[float], None]) -> dict[str, float]:
    """From turning the volume up, 0..1 of its range, to hearing the first loud block, ms."""
    chance, found = np.random.default_rng(1), []
    with closing(Recorder()) as recorder, closing(hand_of(host)) as hand:
        recorder.listen(host.ports[0])
        turn(0.0)
        time.sleep(1)
        for _ in range(TURNS):
            hand.send(protocol.HOST_NOTE.path, NOTE, 85)
            time.sleep(SETTLED_S + 0.02 * chance.random())
            began = time.perf_counter()
            turn(1.0)
            time.sleep(SETTLED_S)
            found.append(1000 * (recorder.first_beyond(RENDERED, began) - began))
            turn(0.0)
            hand.send(protocol.HOST_NOTE.path, NOTE, 0)
            time.sleep(SETTLED_S)
    heard = [ms for ms in found if np.isfinite(ms)]
    return {
        "p50_ms": round(float(np.median(found)), 1),
        "p99_ms": round(float(np.percentile(heard, 99)), 1),
        "most_ms": round(max(heard), 1),
        "not_heard": len(found) - len(heard),
        "of": len(found),
    }


def turned_by_hand(ahead: int) -> dict[str, float]:
    """Knob to sound, by the host's own port."""
    with apart("host", ahead=ahead) as host, closing(hand_of(host)) as hand:

        def turn(volume: float) -> None:
            hand.send(protocol.HOST_PARAMETER.path, "Volume", SOFT + (LOUD - SOFT) * volume)

        return heard_after_ms(host, turn)


def turned_by_server(ahead: int) -> dict[str, float]:
    """Knob to sound, by way of a server."""
    with running_server("nekobi-8") as server:
        where = f"{server.osc[0]}:{server.osc[1]}"
        with (
            apart("host", where, ahead) as host,
            closing(OscClient(server.osc, subscribed=False)) as knob,
        ):
            time.sleep(3)
            return heard_after_ms(host, partial(knob.send, protocol.SET_PARAMETER.path, "Volume"))


def main() -> None:
    """Compare, turn; print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--ahead", type=int, default=0, help="blocks the host makes ahead")
    asked = parser.parse_args()
    minutes, ahead = asked.minutes, asked.ahead
    os.environ.setdefault("PATCHWRIGHT_PLUGINS", str(BUILT))
    urgent = may_be_urgent()
    with jack_server(urgent=urgent):
        found: dict[str, object] = {"minutes": minutes, "ahead": ahead, "urgent": urgent}
        found |= compared(minutes, ahead)
        found["knob_to_sound"] = turned_by_hand(ahead)
        found["server_to_sound"] = turned_by_server(ahead)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
