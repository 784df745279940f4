"""Compare matches with and without the kept patch.

``python -m models.evaluation.template_benchmark``

Whole Vital patches are drawn (``template_patches``). Each gets one target: the patch itself with
every parameter of the model moved a little, as Vital plays it. Two matches of the budget ``quick``
start from the patch:

- **kept**: the whole patch is the template, as in ``match --from``.
- **values**: only its values of the model's parameters count, on the model's own template.

The command writes ``docs/benchmarks/template.json``. Rows that are there already are kept, so an
interrupted run goes on. Its part "before" has the same patches with the search that trusted the
surrogate everywhere. Every distance is measured on rendered audio.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from datasets.atomic_write import replace_file
from datasets.presets import read_presets
from datasets.spec import FloatArray
from models.audio.distance import headline
from models.checkpoint import Checkpoint, load_checkpoint, on_template
from models.evaluation.bootstrap import bootstrap, median
from models.evaluation.template_patches import drawn_patch
from models.matching.matcher import Matcher
from models.matching.options import PARAMETERS, MatchOptions
from models.matching.sound_target import SoundTarget, load_target
from renderer.engines.base import Audio
from renderer.plugins.patch_template import PatchTemplate
from renderer.workers.isolation import RenderJob
from renderer.workers.own_patch import read_template
from renderer.workers.pool import whole
from renderer.workers.state_reader import StateReader

MOVE = 0.1  # standard deviation of a target's move in each continuous parameter, unit value
STEP = 0.1  # probability that a stepped parameter moves to another step
AUDIBLE_DB = -40.0  # peak, dBFS: quieter patches are left out
NOTES = (40, 64)  # MIDI
QUICK_S = 600.0  # time limit of a search, long enough for all of its renders
Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """Hold one patch and its target.

    Attributes:
        number: Number of the patch.
        file: The ``.vital`` file.
        template: The model's spec on the whole patch.
        note: MIDI note of the target.
        moved: The parameters of the target, (P,).
    """

    number: int
    file: Path
    template: PatchTemplate
    note: int
    moved: FloatArray


def main() -> None:
    """Measure the patches, and write the document."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluation.template_benchmark")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks/template.json"))
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    document = json.loads(arguments.out.read_text()) if arguments.out.is_file() else {}
    rows: dict[str, Row] = document.get("patches", {})
    with TemporaryDirectory() as folder:
        for row in measure(Path(folder), rows, arguments.count, arguments.seed, arguments.workers):
            rows[str(row["patch"])] = row
            before = document.get("before", {}).get("patches", {})
            document |= {"summary": summarise(list(rows.values()), before), "patches": rows}
            replace_file(arguments.out, (json.dumps(document, indent=1) + "\n").encode())
            print(json.dumps(row), flush=True)
    print(json.dumps(document.get("summary", {})))


def measure(
    folder: Path, done: dict[str, Row], count: int, seed: int, workers: int
) -> Iterator[Row]:
    """Yield the row of each patch, until there are ``count`` audible ones.

    Args:
        folder: Folder for the files of patches and targets.
        done: Rows of patches that were measured before, by number.
        count: Number of audible patches.
        seed: Seed of the patches and of the targets.
        workers: Number of render processes.

    Yields:
        The rows that are not ``done``.
    """
    checkpoint = load_checkpoint("vital-32")
    number, left = 0, count
    with Matcher(checkpoint, workers) as values:
        while left:
            row = done.get(str(number))
            if row is None:
                row = row_of(_case(folder, seed, number, checkpoint), checkpoint, values, workers)
                yield row
            left -= bool(row["audible"])
            number += 1


def _case(folder: Path, seed: int, number: int, checkpoint: Checkpoint) -> Case:
    file = folder / f"{number}.vital"
    file.write_bytes(drawn_patch(seed, number))
    template = read_template(file, checkpoint.spec)
    random = np.random.default_rng([seed, number, 1])
    note = int(random.integers(*NOTES))
    return Case(number, file, template, note, moved_a_little(template, random))


def moved_a_little(template: PatchTemplate, random: np.random.Generator) -> FloatArray:
    """Return the parameters (P,) of a patch, with all that act in it moved a little."""
    unit = template.unit.copy()
    near = unit + random.normal(0, MOVE, len(unit)).astype(np.float32)
    for i, parameter in enumerate(template.spec.parameters):
        steps = random.random() < STEP, random.integers(max(parameter.steps, 1))
        if parameter.name in template.idle:
            continue
        if parameter.kind == "continuous":
            unit[i] = near[i]
        elif steps[0]:
            unit[i] = steps[1] / (parameter.steps - 1)
    return template.spec.snap(unit)


def row_of(case: Case, checkpoint: Checkpoint, values: Matcher, workers: int) -> Row:
    """Measure one patch.

    Args:
        case: The patch and its target.
        checkpoint: The model on its own template.
        values: Matches on the model's own template.
        workers: Number of render processes.

    Returns:
        Distances of both matches, and whether the laws of a kept patch hold.
    """
    row: Row = {"patch": case.number, "about": json.loads(case.file.read_bytes())["comments"]}
    content, start = case.file.read_bytes(), case.template.unit
    with Matcher(on_template(checkpoint, case.template), workers) as kept:
        velocity = checkpoint.spec.note.velocity
        ours, file, sound = (
            one.audio
            for one in kept.pool.render(
                [
                    RenderJob(0, case.note, velocity, start),
                    RenderJob(0, case.note, velocity, preset=content),
                    RenderJob(0, case.note, velocity, case.moved),
                ],
                whole,
            )
        )
        row["audible"] = _audible(sound) and _audible(file)
        if ours is None or file is None or sound is None or not row["audible"]:
            return row
        target = _target(case, sound, checkpoint)
        own = _options(case, tuple(start.tolist()))
        found = kept.find(target, own)
        answer = kept.preset(found.best_unit, "match")
        row |= {
            "note": case.note,
            "idle": len(case.template.idle),
            "start": headline(sound, file, checkpoint.spec.sample_rate),
            "kept": found.candidates[0].distance,
            "values": _on_values(case, target, values),
            "same_sound": bool(np.array_equal(ours, file)),
            "same_file": kept.preset(start, "match") == _converted(case),
            "outside_equal": only_known_moved(case.template, answer),
        }
    return row


def _audible(audio: Audio | None) -> bool:
    return audio is not None and bool(np.abs(audio).max() > 10 ** (AUDIBLE_DB / 20))


def _target(case: Case, sound: Audio, checkpoint: Checkpoint) -> SoundTarget:
    """Return a render as the target of a match, as if it were a file."""
    path = case.file.with_suffix(".wav")
    soundfile.write(path, sound.T, checkpoint.spec.sample_rate, subtype="FLOAT")
    return load_target(path, checkpoint.spec, note=case.note)


def _options(case: Case, present: tuple[float, ...]) -> MatchOptions:
    locked = case.template.idle
    return MatchOptions("quick", limit_s=QUICK_S, present=present, locked=locked, method=PARAMETERS)


def _on_values(case: Case, target: SoundTarget, values: Matcher) -> float:
    """Return J of a match that starts from the values alone, on the model's own template."""
    spec = values.checkpoint.spec
    with closing(StateReader(spec)) as reader:
        (unit,) = read_presets(case.file, spec, reader).unit
    options = MatchOptions(
        "quick", limit_s=QUICK_S, present=tuple(unit.tolist()), method=PARAMETERS
    )
    return values.find(target, options).candidates[0].distance


def _converted(case: Case) -> bytes:
    """Return the file of a patch; that of an old version as this Vital converts it."""
    return str(case.template.spec.template["patch"]).encode()


def only_known_moved(template: PatchTemplate, answer: bytes) -> bool:
    """Return whether an answer equals the patch in all but the parameters that act."""
    spec = template.spec
    renamed = spec.template["renamed"]
    known = {renamed.get(name, name) for name in spec.names if name not in template.idle}
    pair = [json.loads(spec.template["patch"]), json.loads(answer)]
    for patch in pair:
        patch["settings"] = {k: v for k, v in patch["settings"].items() if k not in known}
    return bool(pair[0] == pair[1])


def summarise(rows: list[Row], before: Mapping[str, Row]) -> dict[str, Any]:
    """Summarise the rows: medians, paired ratios with their intervals, and the laws.

    Args:
        rows: Rows of this search.
        before: Rows of the earlier search, by number of the patch.

    Returns:
        The summary; ``patches`` alone if none was audible.
    """
    rows = [row for row in rows if row["audible"]]
    if not rows:
        return {"patches": 0}
    medians = {
        name: float(np.median([row[name] for row in rows])) for name in ("start", "kept", "values")
    }
    ratios = np.array([row["kept"] / row["values"] for row in rows])
    pairs = [(row["kept"], before.get(str(row["patch"]), {}).get("kept")) for row in rows]
    both = np.array([kept / other for kept, other in pairs if other])
    laws = ("same_sound", "same_file", "outside_equal")
    return {
        "patches": len(rows),
        "median_j": medians,
        "ratio_kept_to_values": _interval(ratios),
        **({"ratio_kept_to_before": _interval(both)} if len(both) else {}),
        "nearer": int((ratios < 1).sum()),
        **{law: sum(row[law] for row in rows) for law in laws},
    }


def _interval(ratios: npt.NDArray[np.float64]) -> Row:
    """Return the number of ratios, their median and its 95 % interval."""
    found = bootstrap(ratios, median)
    return {"count": len(ratios), "median": found.value, "low": found.low, "high": found.high}


if __name__ == "__main__":
    main()
