"""Render human presets of amsynth in two forms: untouched, and projected onto the spec.

    python docs/benchmarks/untouched.py FOLDER [COUNT]

    patchwright curve amsynth-34 --sounds FOLDER/untouched --methods nn_ga,ours --out untouched
    patchwright curve amsynth-34 --sounds FOLDER/projected --methods nn_ga,ours --out projected

The script draws COUNT (30) presets of the test split with seed 0. Each has its own note, MIDI 36 to
84, at velocity 100. *Untouched* is the whole preset with all 41 parameters. *Projected* has the 34
parameters of amsynth-34, and the template's values for the other seven. A match gets both as sounds
and measures their pitch. The script prints the distance between the two forms. A match cannot be
expected to come nearer than that.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import soundfile

from datasets.preset_files import NamedPreset, read_bank
from datasets.presets import Preset, project
from datasets.recipe import load_recipe
from datasets.spec import SynthSpec, load_spec
from models.audio.distance import headline
from models.audio.features import is_silent, mono
from models.matching.objective import play_preset
from plugin_bridge.preset_files.amsynth import write_state
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool, whole

BANKS = Path("/usr/share/amsynth/banks")


def test_presets(spec: SynthSpec) -> list[NamedPreset]:
    """Return presets of the test split, one of each parent, with all their values."""
    recipe = load_recipe("human", spec)
    parents = {
        recipe.unit[row].tobytes(): recipe.parents[row]
        for row in recipe.each.tolist()
        if recipe.splits[row] == 2
    }
    found = dict[str, NamedPreset]()
    for bank in sorted(BANKS.glob("*.bank")):
        for name, native in read_bank(bank):
            unit = project(Preset(name, bank.name, native), spec)
            if (parent := parents.get(unit.tobytes())) is not None:
                found.setdefault(parent, (name, native))
    return list(found.values())


def main() -> None:
    """Render both forms and print the distance between them."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 30
    spec, random = load_spec("amsynth-34"), np.random.default_rng(0)
    presets = test_presets(spec)
    distances: list[float] = []
    for form in ("untouched", "projected"):
        (folder / form).mkdir(parents=True, exist_ok=True)
    with RenderPool(spec, 2) as pool:
        for i in random.permutation(len(presets)).tolist():
            note = int(random.integers(spec.note.low, spec.note.high + 1))
            (rendered,) = pool.render(
                [
                    RenderJob(
                        0, note, spec.note.velocity, project(Preset("", "", presets[i][1]), spec)
                    )
                ],
                whole,
            )
            (untouched,) = play_preset(pool, spec, write_state(presets[i]), note)
            if rendered.audio is None or is_silent(mono(rendered.audio)) or is_silent(untouched):
                continue
            distances.append(headline(untouched, rendered.audio, spec.sample_rate))
            for form, audio in (("untouched", untouched), ("projected", rendered.audio)):
                path = folder / form / f"{len(distances):03d}-note-{note}.wav"
                soundfile.write(path, audio.T, spec.sample_rate, subtype="FLOAT")
            if len(distances) == count:
                break
    print(f"{len(distances)} of {len(presets)} presets; J between the two forms: ", end="")
    print(f"median {np.median(distances):.2f}, ", end="")
    print(f"mean {np.mean(distances):.2f}, largest {max(distances):.2f} dB")


main()
