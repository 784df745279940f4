"""A JACK client in a process of its own: the live host, or one that does nothing.

    python -m tests.programs.jack_clients host [HOST:PORT] --ahead 2   # of a server that it follows
    python -m tests.programs.jack_clients timbre    # the live host of a timbre model
    python -m tests.programs.jack_clients nothing

Its first line says where it is reached. It plays until its stdin ends and then prints the
milliseconds that each of its blocks took, and how many were not made in time. Alone in its process
it is as a user has it: in one with its measurement the two would wait for each other.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jack

from models.timbre.model_folder import load_timbre
from models.timbre.player.live.live_input import open_live
from models.timbre.player.stream import TimbreStream
from plugin_bridge.host.session import HostOptions, running_host
from renderer.engines.stream import SynthStream
from server.demo import free_port
from tests.fakes.formant_timbre import FormantTimbre

KINDS = ("host", "nothing")
TIMBRE = "timbre"
RATE = 48000
STARTED_S = 1.0  # what it may take to begin


@dataclass
class Apart:
    """A client in another process."""

    osc_port: int  # where the host hears; nobody does at that of the other
    ports: list[str]  # that it plays to
    block_ms: list[float] = field(default_factory=list)  # what each block took, once it has ended
    unmade: int = 0  # blocks that it did not have in time, which JACK does not know


@contextmanager
def apart(kind: str, server: str = "", ahead: int = 0, sound: str = "") -> Iterator[Apart]:
    """A client of a kind for as long as the context lasts; ``server`` of a timbre is its model.

    With a ``sound``, a timbre processes that file instead of playing notes.
    """
    command = [
        sys.executable,
        "-m",
        "tests.programs.jack_clients",
        kind,
        server,
        "--ahead",
        str(ahead),
        "--input",
        sound,
    ]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        client = Apart(**json.loads(process.stdout.readline()))
        yield client
        said, _ = process.communicate("")
        assert process.returncode == 0
        client.block_ms, client.unmade = json.loads(said)


def timed(block: Callable[..., object], taken: list[float]) -> Callable[..., object]:
    """A callback whose milliseconds are kept."""

    def play(*args: object) -> object:
        began = time.perf_counter()
        try:
            return block(*args)
        finally:
            taken.append(1000 * (time.perf_counter() - began))

    return play


def play_host(server: str, ahead: int) -> tuple[list[float], int]:
    """The host as ``patchwright host`` runs it."""
    options = HostOptions("nekobi-8", "jack", server=server, ahead=ahead)
    return play(options, None)


def play(options: HostOptions, stream: SynthStream | None) -> tuple[list[float], int]:
    """A host, and what its blocks took."""
    taken: list[float] = []
    with running_host(options, lambda line: print(line, file=sys.stderr), stream) as host:
        host.player.block = timed(host.player.block, taken)  # type: ignore[method-assign, assignment]
        output: Any = host.output
        found = counted(
            taken, host.hand.port, output.ports, lambda: output.xruns - output.jack_xruns
        )
        assert not output.trouble
    return found


def play_nothing() -> tuple[list[float], int]:
    """A client with a port and a callback, as small as one can be in Python."""
    taken: list[float] = []
    client: Any = jack.Client("nothing", no_start_server=True)
    port = client.outports.register("out_1")
    client.set_process_callback(timed(lambda frames: None, taken))
    with client:
        return counted(taken, free_port(socket.SOCK_DGRAM), [port.name])


def counted(
    taken: list[float], osc_port: int, ports: list[str], unmade: Callable[[], int] = lambda: 0
) -> tuple[list[float], int]:
    """What the blocks took between the start and the end, both of which take Python's time."""
    print(json.dumps({"osc_port": osc_port, "ports": ports}), flush=True)
    time.sleep(STARTED_S)
    taken.clear()
    before = unmade()
    sys.stdin.read()
    return list(taken), unmade() - before


def main() -> None:
    """Play."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=(*KINDS, TIMBRE))
    parser.add_argument("server", nargs="?", default="")
    parser.add_argument("--ahead", type=int, default=0)
    parser.add_argument("--input", default="")
    asked = parser.parse_args()
    if asked.kind == TIMBRE:
        options = HostOptions(asked.server or "formant", "jack", ahead=asked.ahead)
        model = load_timbre(asked.server) if asked.server else FormantTimbre()
        if asked.input:
            live = open_live(model, [asked.input], RATE)
            taken, unmade = play(options, live)
            unmade += live.late
        else:
            taken, unmade = play(options, TimbreStream(model))
    else:
        host = asked.kind == "host"
        taken, unmade = play_host(asked.server, asked.ahead) if host else play_nothing()
    print(json.dumps([[round(ms, 3) for ms in taken], unmade]))


if __name__ == "__main__":
    main()
