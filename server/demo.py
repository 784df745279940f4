"""Run ``patchwright demo``: render presets, match sounds and turn a knob, with the real Vital."""

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
READY_S = 60.0  # Longest wait for the end of a server that failed to start.
END_S = 20.0  # Longest wait for the end of a server that was stopped.
SHOWN = 6  # Parameters to print.
QUIET_S = 1.0  # After this silence, all replies to a message have arrived.


def demo(out: Path) -> None:
    """Render presets, match the bundled sketches and turn a knob; leave all results in ``out``."""
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
    """Match each sketch and write its presets, audio, picture and ``match.json`` to its own folder.

    Args:
        out: Folder that receives one folder for each sketch.
        workers: Number of processes that render.
    """
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
    """Describe a server that runs in its own process."""

    osc: tuple[str, int]  # IP and UDP port
    pid: int


@contextmanager
def running_server(model: str) -> Iterator[Started]:
    """Run a real ``patchwright serve`` on free ports, and stop it at the end.

    Yields:
        The server, once its ports answer.

    Raises:
        ServeError: The server ended before its ports answered.
    """
    http_port, osc_port = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    program = find_spec("patchwright")
    assert program is not None and program.origin is not None
    command = [sys.executable, program.origin, "serve", "--model", model]
    command += ["--http-port", str(http_port), "--osc-port", str(osc_port)]
    command += ["--oscquery-port", "0", "--no-announce", "--log-level", "warning"]
    with (
        tempfile.TemporaryDirectory() as data,  # the demo must not change the user's presets
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
            process.kill()  # a server that does not end must not block the caller


def free_port(kind: socket.SocketKind) -> int:
    """Return a port that no program uses now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def turn_a_knob(server: tuple[str, int], knob: int = 1) -> None:
    """Turn a knob to its end and back, and check that the preset returns exactly.

    Args:
        server: IP address and UDP port of OSC.
        knob: Number of the knob, from 1.

    Raises:
        ServeError: No parameter moved, or the preset did not return exactly.
    """
    client = OscClient(server)
    try:
        start = list(client.receive(QUIET_S))
        parameters = {args[0]: args for path, args in start if path == PARAMETER.path}
        rest, name = next(a for path, a in start if path == MACRO_STATE.at(knob))
        print(f"  knob {knob} ({name}) has its default position at {float(str(rest)):.3f}")
        client.send(MACRO.at(knob), 1.0)
        moved = [args for path, args in client.receive(QUIET_S) if path == PARAMETER.path]
        moved.sort(key=lambda args: -abs(float(str(args[1])) - float(str(parameters[args[0]][1]))))
        for name, _unit, _native, text, _steps in moved[:SHOWN]:
            print(f"    {name}: {parameters[name][3]} -> {text}")
        print(f"    {len(moved)} parameters moved; the largest changes are listed first")
        client.send(MACRO.at(knob), float(str(rest)))
        back = {args[0]: args for path, args in client.receive(QUIET_S) if path == PARAMETER.path}
        same = all(back.get(args[0]) == parameters[args[0]] for args in moved)
        result = (
            "the preset is exactly the first one" if same else "the preset is NOT the first one"
        )
        print(f"  knob {knob} back at its default position: {result}")
    finally:
        client.close()
    if not moved or not same:
        raise ServeError(
            f"knob {knob}: "
            + ("the preset did not return exactly" if moved else "no parameter moved")
            + "; the server's log above may give the reason"
        )
