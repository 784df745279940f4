"""A timbre model under JACK for ten minutes: its late blocks, and those of a client without sound.

    python -m tests.long.timbre_soak --minutes 10 [--model FOLDER] [--ahead 2] [--input FILE]

The host and a client that does nothing take turns, as in ``tests.long.jack_soak``. The host plays
eight voices, with moving axes, bend and pressure. With ``--input``, a spectral model processes
that sound instead; hops that its thread does not finish in time count as late.

The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import closing

import numpy as np

from plugin_bridge import protocol
from plugin_bridge.osc_client import OscClient
from tests.long.jack_soak import TURN_S, LateBlocks, hand_of, lengths
from tests.programs.jack_clients import STARTED_S, TIMBRE, apart
from tests.programs.jack_server import jack_server, may_be_urgent

RATE, VOICES = 48000, 8


def play_a_little(hand: OscClient, random: np.random.Generator) -> None:
    """Change one of eight keys, and move one control."""
    key = 40 + 4 * int(random.integers(0, VOICES))
    hand.send(protocol.TIMBRE_NOTE.path, key, int(random.integers(0, 4)) * 42)
    value = float(random.random())
    controls = (
        (protocol.TIMBRE_AXIS.at(1 + int(random.integers(0, 2))), value),
        (protocol.TIMBRE_BEND.path, 4 * value - 2),
        (protocol.TIMBRE_PRESSURE.path, value),
        (protocol.TIMBRE_VIBRATO.path, value),
    )
    hand.send(*controls[int(random.integers(0, len(controls)))])


def one_turn(
    kind: str, model: str, sound: str, ahead: int, seconds: float, late: LateBlocks
) -> tuple[int, list[float]]:
    """Late blocks of one turn, and the milliseconds of each block."""
    random = np.random.default_rng(0)
    is_timbre = kind == TIMBRE
    with apart(kind, model if is_timbre else "", ahead, sound if is_timbre else "") as client:
        with closing(hand_of(client)) as hand:
            time.sleep(1.5 * STARTED_S)
            before, until = late.count, time.monotonic() + seconds
            while time.monotonic() < until:
                play_a_little(hand, random)
                time.sleep(0.02)
            count = late.count - before
    return count + client.unmade, client.block_ms


def compared(minutes: float, model: str, sound: str, ahead: int) -> dict[str, object]:
    """Host and nothing in turn, so many minutes each."""
    late, kinds = LateBlocks(), (TIMBRE, "nothing")
    counts: dict[str, list[int]] = {kind: [] for kind in kinds}
    blocks: dict[str, list[float]] = {kind: [] for kind in kinds}
    turn_s = min(TURN_S, 60 * minutes)
    for turn in range(round(60 * minutes / turn_s)):
        for kind in kinds if turn % 2 else reversed(kinds):
            count, taken = one_turn(kind, model, sound, ahead, turn_s, late)
            counts[kind].append(count)
            blocks[kind] += taken
    late.close()
    return {kind: {"xruns": sum(counts[kind]), **lengths(blocks[kind])} for kind in kinds}


def main() -> None:
    """Compare, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--model", default="", help="timbre model; a plain one by default")
    parser.add_argument("--ahead", type=int, default=0, help="blocks the host renders ahead")
    parser.add_argument("--input", default="", help="sound that a spectral model processes")
    asked = parser.parse_args()
    urgent = may_be_urgent()
    with jack_server(rate=RATE, urgent=urgent):
        found: dict[str, object] = {"minutes": asked.minutes, "ahead": asked.ahead}
        found |= {
            "urgent": urgent,
            **compared(asked.minutes, asked.model, asked.input, asked.ahead),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
