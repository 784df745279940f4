"""``patchwright demo``: render, match and turn a knob, with the real Vital."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from datasets.errors import ServeError
from datasets.spec import load_spec
from models.checkpoint import load_checkpoint
from models.matching.export import prepare_folder, write_match
from models.matching.matcher import Matcher
from models.matching.options import MatchOptions
from plugin_bridge.osc_client import OscClient
from plugin_bridge.protocol import LOOPBACK, MACRO, MACRO_STATE, PARAMETER
from renderer.dataset import console
from renderer.dataset.render import render_dataset
from server.sketches import sketch_paths

MODEL = "vital-32"
PRESETS, SEED = 200, 7
READY_S = 60.0  # a server that failed may take so long to end
END_S = 20.0  # and one that is told to end
SHOWN = 6  # parameters
QUIET_S = 1.0  # after which no more answers to a message are expected


def demo(out: Path) -> None:
    """Render presets, match the bundled sketches, turn a knob; everything is left in ``out``."""
    prepare_folder(out)
    workers = min(4, os.cpu_count() or 1)
    print(f"1. render-presets {MODEL} --count {PRESETS} --seed {SEED}", flush=True)
    spec = load_spec(MODEL)
    with console.progress_bar(PRESETS) as progress:
        summary = render_dataset(spec, PRESETS, SEED, out / "dataset", workers, progress=progress)
    print(console.report(spec, summary, out / "dataset"))
    print("2. match three sketches, budget quick", flush=True)
    match_sketches(out, workers)
    print("3. serve, and turn a learned macro-knob over OSC", flush=True)
    with running_server(MODEL) as server:
        turn_a_knob(server.osc)
    print(f"The datasets, presets, audio and pictures are in {out.resolve()}")


def match_sketches(out: Path, workers: int) -> None:
    """Match each sketch into a folder of its own: two presets with audio, picture, match.json."""
    checkpoint = load_checkpoint(MODEL)
    with Matcher(checkpoint, workers) as matcher:
        for name, path in sketch_paths().items():
            folder = out / name
            prepare_folder(folder)
            result = matcher.match(path, MatchOptions("quick", SEED))
            write_match(result, folder, checkpoint.spec)
            found = result.to_dict()
            print(
                f"  {name}: note {found['note']['midi']}, "
                f"{found['timings_ms']['answer'] / 1000:.1f} s",
                *(f"    {folder / one['preset']}: {one['about']}" for one in found["answers"]),
                sep="\n",
                flush=True,
            )


@dataclass(frozen=True)
class Started:
    """A server in a process of its own."""

    osc: tuple[str, int]  # IP and UDP port
    pid: int


@contextmanager
def running_server(model: str) -> Iterator[Started]:
    """A real ``patchwright serve`` on free ports, stopped at the end."""
    http_port, osc_port = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    front_door = find_spec("patchwright")
    assert front_door is not None and front_door.origin is not None
    command = [sys.executable, front_door.origin, "serve", "--model", model]
    command += ["--http-port", str(http_port), "--osc-port", str(osc_port)]
    command += ["--oscquery-port", "0", "--no-announce", "--log-level", "warning"]
    with (
        tempfile.TemporaryDirectory() as data,  # what the player keeps is not for a demo to touch
        subprocess.Popen([*command, "--data", data], stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()  # printed once both ports answer
            if not line:
                raise ServeError(f"the server ended with exit code {process.wait(READY_S)}")
            print(f"  {line.strip()}", flush=True)
            yield Started((LOOPBACK, osc_port), process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
            process.kill()  # one that does not end must not keep whoever started it


def free_port(kind: socket.SocketKind) -> int:
    """A port that nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def turn_a_knob(server: tuple[str, int], knob: int = 1) -> None:
    """Turn a knob to its end and back, and show that the start comes back exactly."""
    client = OscClient(server)
    try:
        start = list(client.receive(QUIET_S))
        parameters = {args[0]: args for path, args in start if path == PARAMETER.path}
        rest, name = next(a for path, a in start if path == MACRO_STATE.at(knob))
        print(f"  knob {knob} ({name}) rests at {float(str(rest)):.3f}")
        client.send(MACRO.at(knob), 1.0)
        moved = [args for path, args in client.receive(QUIET_S) if path == PARAMETER.path]
        moved.sort(key=lambda args: -abs(float(str(args[1])) - float(str(parameters[args[0]][1]))))
        for name, _unit, _native, text, _steps in moved[:SHOWN]:
            print(f"    {name}: {parameters[name][3]} -> {text}")
        print(f"    {len(moved)} parameters moved, the farthest first")
        client.send(MACRO.at(knob), float(str(rest)))
        back = {args[0]: args for path, args in client.receive(QUIET_S) if path == PARAMETER.path}
        same = all(back.get(args[0]) == parameters[args[0]] for args in moved)
        print(f"  back at rest: {'exactly the starting preset' if same else 'NOT the start'}")
    finally:
        client.close()
    if not moved or not same:
        raise ServeError(f"knob {knob} did not answer as it should")
