"""The long form of test_purity: every layout of a dataset, bit for bit, on real plugins.

    python -m tests.long.equality --count 500 --few 100 --out equality.json

Each synth's patches are rendered in order by one worker, by two workers, in random order, through
Ray, and the first of them by each isolation; what is printed is the share of equal audio hashes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from datasets.sampler import sample
from datasets.spec import SynthSpec, load_spec
from datasets.storage.store import open_store
from renderer.dataset.ray_cluster import render_on_cluster
from renderer.dataset.render import render_dataset
from renderer.workers.encode import audio_hash
from renderer.workers.isolation import Isolation, RenderJob
from renderer.workers.pool import RenderPool
from tests.programs.real_plugins import amsynth, kars, nekobi

SEED = 7
ISOLATIONS: tuple[Isolation, ...] = ("fork", "process", "instance")
Hashes = dict[int, str]


def synths() -> Iterator[SynthSpec]:
    """amsynth-34, vital-64, and both VST3s in both hosts."""
    yield hosted(load_spec("amsynth-34"), "dawdreamer", amsynth())
    yield load_spec("vital-64")
    for host in ("dawdreamer", "pedalboard"):
        yield hosted(load_spec("nekobi-8"), host, nekobi())
        yield hosted(kars_spec(), host, kars())


def hosted(spec: SynthSpec, host: str, plugin: Path) -> SynthSpec:
    """A spec in one host, with the plugin's path."""
    data = spec.to_dict() | {"engine": host, "plugin": [str(plugin)]}
    return SynthSpec.from_dict(data)


def kars_spec() -> SynthSpec:
    """Kars, all of its three parameters."""
    data = load_spec("nekobi-8").to_dict() | {"name": "kars-3", "template": {"controls": {}}}
    row = {"kind": "continuous", "group": "string", "unit": ""}
    sustain = {
        "name": "Sustain",
        "kind": "stepped",
        "group": "string",
        "unit": "",
        "values": (0, 1),
    }
    data["parameters"] = [sustain, row | {"name": "Release"}, row | {"name": "Volume", "low": 0.2}]
    return SynthSpec.from_dict(data)


def dataset(spec: SynthSpec, count: int, workers: int) -> Hashes:
    """Hashes of a dataset on disk."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        render_dataset(spec, count, SEED, out, workers)
        return stored(out)


def through_ray(spec: SynthSpec, count: int) -> Hashes:
    """Hashes of the same dataset, its parts rendered as Ray tasks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "spec.toml")
        path.write_text(as_toml(spec), encoding="utf-8")
        out = Path(folder, "out")
        arguments = [str(path), "--count", str(count), "--seed", str(SEED), "--out", str(out)]
        render_on_cluster([*arguments, "--workers", "1"], -(-count // 100), "local")
        return stored(out)


def stored(folder: Path) -> Hashes:
    """Index -> hash of the clips of a folder."""
    columns = open_store(folder).columns("index", "audio_sha256", "reason")
    rows = zip(columns["index"], columns["audio_sha256"], columns["reason"], strict=True)
    return {int(index): str(hash_ or reason) for index, hash_, reason in rows}


def loose(spec: SynthSpec, order: list[int], isolation: Isolation, workers: int = 2) -> Hashes:
    """Hashes of patches rendered in the given order, without a dataset."""
    draws = [sample(spec, SEED, index) for index in order]
    with RenderPool(spec, workers, isolation) as pool:
        answers = pool.map(
            [RenderJob(d.index, d.note, d.velocity, d.unit) for d in draws], audio_hash
        )
        return {index: hash_ for index, _, hash_ in answers}


def as_toml(spec: SynthSpec) -> str:
    """The spec as a file; JSON's strings, numbers and lists are TOML's too."""
    data = spec.to_dict()
    parameters, note, template = data.pop("parameters"), data.pop("note"), data.pop("template")
    lines = [f"{key} = {json.dumps(value)}" for key, value in data.items()]
    for parameter in parameters:
        lines.append("[[parameter]]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in parameter.items()]
    lines += ["[note]", *(f"{key} = {json.dumps(value)}" for key, value in note.items())]
    controls = template.pop("controls")
    lines += [
        "[template]",
        *(f"{key} = {json.dumps(v)}" for key, v in template.items() if not (key == "modulations")),
    ]
    for row in template.get("modulations", []):
        lines += ["[[template.modulations]]", *(f"{k} = {json.dumps(v)}" for k, v in row.items())]
    lines += ["[template.controls]", *(f"{json.dumps(k)} = {v}" for k, v in controls.items())]
    return "\n".join(lines) + "\n"


def compare(spec: SynthSpec, count: int, few: int) -> dict[str, str]:
    """Equal hashes of each layout against one worker in order, as ``equal/compared``."""
    truth = dataset(spec, count, 1)
    shuffled = np.random.default_rng(0).permutation(count).tolist()
    layouts = {
        "two workers": lambda: dataset(spec, count, 2),
        "random order": lambda: loose(spec, shuffled, "fork"),
        "ray": lambda: through_ray(spec, count),
    } | {
        isolation: (lambda isolation=isolation: loose(spec, list(range(few)), isolation))
        for isolation in ISOLATIONS
    }
    found = {"distinct": f"{len(set(truth.values()))}/{count}"}
    for name, render in layouts.items():
        hashes = render()
        equal = sum(truth[index] == hash_ for index, hash_ in hashes.items())
        found[name] = f"{equal}/{len(hashes)}"
    return found


def main() -> None:
    """Compare every synth, printing as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    table = {}
    for spec in synths():
        started = time.monotonic()
        name = f"{spec.name}, {spec.engine}"
        table[name] = compare(spec, options.count, options.few)
        print(f"{name}: {table[name]}, {time.monotonic() - started:.0f} s", flush=True)
    if options.out:
        options.out.write_text(json.dumps(table, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
