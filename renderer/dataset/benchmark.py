"""Compare the renderer's speed with the plugin's own, as ratios of processor time.

    python -m renderer.dataset.benchmark floor|reload|reset SPEC COUNT

runs one of the loops that ``patchwright bench render`` compares with a whole ``render-presets``:

- **floor**: set, render and get audio in one process, without isolation or storage.
- **reload** and **reset**: the two scripts that people usually write.

Each loop is measured as a whole process with its children, from start to end. All use the same
patches, drawn by the sampler.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.sampler import sample
from datasets.spec import SynthSpec, load_spec
from renderer.engines.base import Engine, open_engine
from renderer.plugins.locate import find_plugin

SEED = 7
ROOMS = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Cost:
    """Hold the time that a command took."""

    processor_s: float  # of the process and all its children
    wall_s: float


def floor(spec: SynthSpec, count: int) -> None:
    """Play patches with the plugin alone: one process, with state leaking between patches."""
    engine = open_engine(spec)
    for index in range(count):
        _play(engine, spec, index)


def reload(spec: SynthSpec, count: int) -> None:
    """Load the plugin again for every patch, the usual way to remove state."""
    for index in range(count):
        _play(open_engine(spec), spec, index)


def reset(spec: SynthSpec, count: int) -> None:
    """Play patches with pedalboard's public calls: one plugin, ``reset=True`` in every render."""
    from pedalboard._pedalboard import load_plugin  # what pedalboard.load_plugin is

    plugin: Any = load_plugin(str(find_plugin(spec.plugin)))
    parameters = {parameter.name: parameter for parameter in plugin.parameters.values()}
    for index in range(count):
        draw = sample(spec, SEED, index)
        for name, value in spec.to_native(draw.unit).items():
            parameters[name].raw_value = value
        note = [([0x90, draw.note, draw.velocity], 0.0), ([0x80, draw.note, 0], spec.note.hold_s)]
        plugin(note, spec.note.length_s, spec.sample_rate, spec.channels, reset=True)


LOOPS = {"floor": floor, "reload": reload, "reset": reset}


def _play(engine: Engine, spec: SynthSpec, index: int) -> None:
    draw = sample(spec, SEED, index)
    engine.set(spec.to_native(draw.unit))
    engine.render(draw.note, draw.velocity, spec.note.hold_s, spec.note.length_s)


def loop_cost(which: str, spec: str, count: int) -> Cost:
    """Return the cost of one of this file's loops, run in its own process.

    Args:
        which: ``floor``, ``reload`` or ``reset``.
        spec: Built-in name of a spec, or a ``.toml`` file.
        count: Number of patches.

    Returns:
        The time that the process took.
    """
    return _cost([sys.executable, "-m", "renderer.dataset.benchmark", which, spec, str(count)])


def pipeline_cost(spec: str, count: int, workers: int = 1) -> Cost:
    """Return the cost of a whole ``render-presets``: isolation, FLAC, Parquet, canaries and audit.

    Args:
        spec: Built-in name of a spec, or a ``.toml`` file.
        count: Number of clips.
        workers: Number of render processes.

    Returns:
        The time that the command and its children took.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "patchwright", "render", spec, "--count", str(count)]
        command += ["--seed", str(SEED), "--out", f"{folder}/set", "--workers", str(workers)]
        return _cost(command)


def _cost(command: list[str]) -> Cost:
    environment = os.environ | {"PYTHONPATH": str(ROOMS), "OMP_NUM_THREADS": "1"}
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True)
    wall, after = time.perf_counter() - started, os.times()
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[2:5])} failed: {done.stderr.strip()[-500:]}")
    children = after.children_user - before.children_user
    return Cost(children + after.children_system - before.children_system, wall)


if __name__ == "__main__":
    LOOPS[sys.argv[1]](load_spec(sys.argv[2]), int(sys.argv[3]))
    os._exit(0)  # as our workers exit, because some plugins crash while they close
