"""What ``patchwright match`` does and shows in a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.checkpoint import load_checkpoint
from server.deliver import prepare_folder, write_match
from server.inference import Inference, MatchOptions
from server.target import load_target


def match_command(
    sound: Path,
    model: str,
    out: Path,
    options: MatchOptions,
    workers: int,
    as_json: bool,
) -> str:
    """Match one file into a folder and return what to print."""
    checkpoint = load_checkpoint(model)
    # Before anything is started: a bad sound or folder costs nothing.
    target = load_target(sound, checkpoint.spec, options.start_s, options.end_s, options.note)
    prepare_folder(out)
    with Inference(checkpoint, workers) as inference:
        result = inference.answer(target, options, sound.stem)
    written = write_match(result, out, checkpoint.spec)
    document = result.to_dict()
    if as_json:
        return json.dumps(document)
    return "\n".join([*summary(document), *(f"  {path}" for path in written.values())])


def summary(document: dict[str, Any]) -> list[str]:
    """A few lines: the note heard, the distance, the time, the parameters by name."""
    note, timings = document["note"], document["timings_ms"]
    target, parameters = document["target"], document["parameters"]
    heard = f"{target['f0_hz']:.1f} Hz" if target["f0_hz"] else "no clear pitch"
    lines = [
        f"{document['budget']} match with {document['model']}: "
        f"distance {document['distance']:.2f} dB, {document['confidence']['verdict']}",
        f"  heard {heard}: note {note['midi']}; answered in {timings['answer']:.0f} ms, "
        f"{document['renders']} renders",
    ]
    lines += [f"  warning: {warning}" for warning in target["warnings"]]
    shown = [f"{name} {value['text']}" for name, value in list(parameters.items())[:8]]
    return [*lines, f"  {', '.join(shown)}, ..."]
