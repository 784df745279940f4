"""Write the dataset card in Markdown: contents, how to open the data, how to render it again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from datasets.errors import SpecError
from datasets.recipe import available_recipes
from datasets.spec import SynthSpec, load_spec

COLUMNS = ("split", "status", "rms_db", "gain_db", "tags")  # the columns that a card needs
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
OPENING = """\
```python
import pandas, polars, duckdb, pyarrow.dataset
from datasets import load_dataset        # from Hugging Face; `audio` is an Audio column already

pandas.read_parquet("{folder}")
pyarrow.dataset.dataset("{folder}").to_table()
polars.read_parquet("{folder}")
duckdb.sql("SELECT * FROM '{folder}/*.parquet'")
load_dataset("{folder}", split="train")  # all clips; the column `split` has the split of each
```"""
LICENCE = """\
The audio belongs to the person who rendered it. Choose a licence and name it above (`--license` of
`patchwright dataset card`). The synth's licence may restrict the use of its output. Presets and
wavetables that the parameters were drawn from may have other licences."""


@dataclass(frozen=True)
class CardFacts:
    """Hold what a card states in addition to the manifest.

    Attributes:
        folder: Name of the dataset's folder, used in the snippets.
        columns: The columns ``COLUMNS`` of all parts that are present, as arrays (N,).
        audited: Clips that were rendered twice and were bit-equal; None before the audit.
        license_id: Licence of the data, by the hub's identifier: ``other``, ``cc-by-4.0``, ...
    """

    folder: str
    columns: Mapping[str, npt.NDArray[Any]]
    audited: int | None = None
    license_id: str = "other"


def make_card(manifest: Mapping[str, Any], facts: CardFacts) -> str:
    """Return the card of a dataset: YAML for the hub, then Markdown."""
    spec = SynthSpec.from_dict(manifest["spec"])
    rows = facts.columns
    tags = Counter(tag for words in rows["tags"] if words is not None for tag in words)
    sections = [
        _front_matter(spec, facts),
        f"# {spec.name}: {len(rows['split'])} of {manifest['count']} clips\n\n"
        f"{spec.description or 'Synthesizer presets and their sound'}. patchwright made the "
        "parameters and the audio; every clip depends only on the seed and its index.",
        _table(("what", "value"), _facts(manifest, spec, facts)),
        "## Clips\n\n" + _counts(rows),
        "## Levels\n\n" + _levels(rows),
        *(["## Tags\n\n" + _table(("tag", "clips"), tags.most_common(40))] if tags else []),
        "## Open it\n\n" + OPENING.format(folder=facts.folder),
        f"## Render it again\n\n```sh\n{render_command(manifest, spec, facts.folder)}\n```",
        f"## Licence\n\n{LICENCE}",
    ]
    return "\n\n".join(sections) + "\n"


def _front_matter(spec: SynthSpec, facts: CardFacts) -> str:
    count = len(facts.columns["split"])
    size = next((name for limit, name in SIZES if count < limit), "1M<n<10M")
    lines = [
        "---",
        f"license: {json.dumps(facts.license_id)}",
        f"pretty_name: {json.dumps(f'{spec.name} presets and their sound')}",
        "task_categories:\n- other",
        f"tags:\n- audio\n- synthesizer\n- sound-matching\n- patchwright\n- {spec.engine}",
        f"size_categories:\n- {size}",
        "configs:\n- config_name: default\n  data_files: part-*.parquet",
        "---",
    ]
    return "\n".join(lines)


def _facts(
    manifest: Mapping[str, Any], spec: SynthSpec, facts: CardFacts
) -> list[tuple[str, object]]:
    engine, recipe = manifest.get("engine") or {}, manifest.get("recipe") or {}
    note = spec.note
    audited = "not finished" if facts.audited is None else f"{facts.audited} clips, all bit-equal"
    return [
        ("spec", f"`{spec.name}`, {len(spec)} parameters, digest `{manifest['spec_digest']}`"),
        ("synth", f"{engine.get('plugin', spec.engine)} in {engine.get('host', spec.engine)}"),
        ("plugin SHA-256", f"`{engine.get('plugin_sha256', '')}`"),
        *_template_row(manifest),
        ("recipe", f"{recipe.get('name', 'uniform')}, digest `{recipe.get('digest', '')}`"),
        ("seed", manifest["seed"]),
        (
            "audio",
            f"{spec.sample_rate} Hz, {engine.get('outputs', f'{spec.channels} channels')}, "
            "FLAC of 16 bits",
        ),
        (
            "notes",
            f"MIDI {note.low} to {note.high}, velocity {note.velocity}, held {note.hold_s:g} s "
            f"of {note.length_s:g} s",
        ),
        ("isolation", manifest.get("isolation", "")),
        ("rendered a second time", audited),
    ]


def _template_row(manifest: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Return the row about the player's own patch, if the dataset is on one."""
    template = manifest.get("template")
    if not template:
        return []
    return [("template", f"`{template['file']}`, SHA-256 `{template['sha256']}`")]


def _counts(rows: Mapping[str, npt.NDArray[Any]]) -> str:
    statuses = sorted(set(rows["status"]), key=lambda status: (status != "ok", status))
    found = Counter(zip(rows["split"], rows["status"], strict=True))
    splits = [split for split in ("train", "validation", "test") if split in set(rows["split"])]
    lines = [(split, *(found[split, status] for status in statuses)) for split in splits]
    return _table(("split", *statuses), lines)


def _levels(rows: Mapping[str, npt.NDArray[Any]]) -> str:
    lines: list[Sequence[object]] = []
    for name in ("rms_db", "gain_db"):
        values = rows[name].astype(np.float64)
        values = values[np.isfinite(values)]
        if len(values):
            lines.append((f"`{name}`", *(f"{q:.1f}" for q in np.quantile(values, QUANTILES))))
    heading = ("quantile", *(f"{100 * q:g} %" for q in QUANTILES))
    return (
        _table(heading, lines)
        + "\n\n`rms_db` is the level of the clip in dB relative to full scale. Clips are stored "
        "at full scale; `gain_db` was added, so subtract it to get the synth's own level."
    )


def _table(heading: Sequence[object], lines: Sequence[Sequence[object]]) -> str:
    rows = [heading, ["---"] * len(heading), *lines]
    return "\n".join(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)


def render_command(manifest: Mapping[str, Any], spec: SynthSpec, folder: str) -> str:
    """Return the command that renders the same dataset.

    A spec or recipe that is not built in becomes ``NAME.toml``, its file's name. The file of the
    player's own patch is not in the dataset: the command needs it.

    Args:
        manifest: The dataset's manifest.
        spec: The spec in it.
        folder: Name of the dataset's folder.

    Returns:
        The command, on one line.
    """
    recipe = (manifest.get("recipe") or {}).get("name", "uniform")
    shipped = recipe in available_recipes()
    template = manifest.get("template") or {}
    word = template.get("spec") or _spec_word(spec)
    words = [f"patchwright render {word}", f"--count {manifest['count']}"]
    words.append(f"--seed {manifest['seed']}")
    words += [] if recipe == "uniform" else [f"--recipe {recipe}{'' if shipped else '.toml'}"]
    words += [f"--template {json.dumps(template['file'])}"] if template else []
    words += [f"--split {manifest['split']}"] if manifest.get("split") else []
    words += [f"--isolation {manifest['isolation']}"] if manifest.get("isolation") else []
    return " ".join([*words, f"--out {folder}"])


def _spec_word(spec: SynthSpec) -> str:
    try:
        shipped = load_spec(spec.name).digest() == spec.digest()
    except SpecError:
        shipped = False
    return spec.name if shipped else f"{spec.name}.toml"
