"""Write `docs/benchmarks/resynthesis.json` (``python -m models.resynthesis.benchmark``).

The protocol is older than the tuning of the method. Sounds are sorted by name. The sounds at even
positions were used to choose every parameter. The sounds at odd positions give the reported
figures.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets.recorded.play import RATE
from models.resynthesis.analysis import analyse_sound
from models.resynthesis.benchmark.playing import AFTER_S, HOLD_S, measure_hold, measure_notes
from models.resynthesis.benchmark.recordings import (
    LENGTH_S,
    Half,
    Recording,
    instruments,
    read_recordings,
)
from models.resynthesis.benchmark.root import RootBenchmark
from models.resynthesis.benchmark.summary import summarise_holds, summarise_notes, summarise_root
from models.resynthesis.draft import make_draft
from models.resynthesis.options import ResynthesisOptions
from models.resynthesis.player import PresetPlayer
from models.resynthesis.vital.wiring import wire

PROTOCOL = {
    "sounds": "python -m datasets.recorded: names sorted, odd positions (0-based)",
    "clip": "the first 3 s at 44.1 kHz; the key is held throughout; velocity 100",
    "judge": "J of models.audio.distance, on audio rendered from the bytes in a fresh process",
    "instruments": "soundfont programs sorted by name, every third, the first 24",
    "hold": "8 s held, 1 s after it; level in windows of 300 ms, jumps between 100 ms",
}
PARTS = ("root", "notes", "hold")


def main() -> None:
    """Run the requested parts, and keep the results of the other parts in the file."""
    parser = argparse.ArgumentParser(prog="python -m models.resynthesis.benchmark")
    parser.add_argument("--sounds", type=Path, default=Path(".cache/sounds"))
    parser.add_argument("--half", choices=("even", "odd"), default="odd")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks/resynthesis.json"))
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    document: dict[str, Any] = {"protocol": PROTOCOL, "half": arguments.half}
    if arguments.out.is_file():
        document |= json.loads(arguments.out.read_text())
    runs: dict[str, Callable[[], dict[str, Any]]] = {
        "root": lambda: run_root(arguments.sounds, arguments.half, arguments.workers),
        "notes": lambda: run_notes(arguments.half, arguments.workers),
        "hold": lambda: run_hold(arguments.sounds, arguments.half, arguments.workers),
    }
    for part in arguments.parts:
        document[part] = runs[part]()
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(_rounded(document), indent=1) + "\n")
        print(part, json.dumps(document[part]["summary"]), flush=True)


def _rounded(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Round every number to 4 decimals, because people read and compare the file."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def run_root(folder: Path, half: Half, workers: int) -> dict[str, Any]:
    """Measure every recording of a half at its own note.

    Args:
        folder: Folder of the recorded sounds.
        half: Half of the sounds.
        workers: Number of render processes.

    Returns:
        A summary, and the figures of each sound.
    """
    benchmark = RootBenchmark(workers)
    rows = {}
    for recording in read_recordings(folder, half):
        rows[recording.name] = benchmark.measure(recording)
        print(recording.name, round(rows[recording.name]["arms"]["corrected"]["j"], 2), flush=True)
    benchmark.close()
    return {"summary": summarise_root(rows), "sounds": rows}


def run_notes(half: Half, workers: int) -> dict[str, Any]:
    """Measure instruments at other notes."""
    rows = {}
    with PresetPlayer(RATE, LENGTH_S, workers=workers) as player:
        for sound in instruments(half):
            rows[sound.name] = measure_notes(sound, player)
            print(sound.name, rows[sound.name]["j"], flush=True)
    return {"summary": summarise_notes(rows), "instruments": rows}


def run_hold(folder: Path, half: Half, workers: int) -> dict[str, Any]:
    """Hold the open-loop preset of every recording for 8 s.

    Args:
        folder: Folder of the recorded sounds.
        half: Half of the sounds.
        workers: Number of render processes.

    Returns:
        A summary, and the figures of each sound.
    """
    rows = {}
    with PresetPlayer(RATE, HOLD_S + AFTER_S, workers) as player:
        for recording in read_recordings(folder, half):
            rows[recording.name] = _held(recording, player)
    return {"summary": summarise_holds(rows), "sounds": rows}


def _held(recording: Recording, player: PresetPlayer) -> dict[str, Any]:
    draft = make_draft(analyse_sound(recording.audio, recording.note, RATE), ResynthesisOptions())
    preset = wire(draft, recording.name).patch.to_bytes()
    facts = {
        "looped": draft.timeline.loop_start_s is not None,
        "ended": not draft.analysis.fills_clip,
    }
    return facts | measure_hold(recording, preset, player)


if __name__ == "__main__":
    main()
