"""Tag the clips of a dataset from measured descriptors and preset names.

The dataset's record has two files. `descriptors.parquet` holds the measured values, and `tags.json`
says how they became tags. Both are derived data, and you can delete them at any time.
"""

from __future__ import annotations

import hashlib
import json
import math
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.errors import StoreError
from datasets.presets import read_presets
from datasets.spec import FloatArray
from datasets.storage.layout import move_old_files
from datasets.storage.store import Store, open_store
from datasets.tags import PAIRS, PresetNames, TagPair, read_tags_csv, words_in
from models.audio.descriptors import DESCRIPTORS, DESCRIPTORS_VERSION, describe

MEASURED, RECORD = "descriptors.parquet", "tags.json"
Progress = Callable[[int, int], None]  # Parts done, parts to do.
Thresholds = Mapping[str, tuple[float, float]]  # Low and high limit of each descriptor.
Rows = dict[int, FloatArray]  # Clip index -> one value per descriptor.


@dataclass(frozen=True)
class Tagging:
    """Describe how computed tags are made and joined with a user's own tags.

    Attributes:
        low: Share of the training clips that get the negative word of a pair.
        high: Share above which clips get the positive word. Clips between both get no word.
        csv: File with a user's own tags (`datasets.tags.read_tags_csv`). They are added to the
            computed tags, and win where both contradict.
        replace: Use only the user's tags for clips that the CSV lists.
        presets: File or folder of the presets that the dataset was drawn from. Default: the spec's.

    Raises:
        StoreError: Not 0 < low <= high < 1.
    """

    low: float = 0.25
    high: float = 0.75
    csv: Path | None = None
    replace: bool = False
    presets: Path | None = None

    def __post_init__(self) -> None:
        """Refuse quantiles that label nothing or label clips twice."""
        if not 0 < self.low <= self.high < 1:
            raise StoreError(
                f"--low {self.low} and --high {self.high} are not valid quantiles: "
                "give values with 0 < low <= high < 1"
            )


@dataclass(frozen=True)
class TaggingSummary:
    """Report the result of `tag_dataset`."""

    clips: int  # Sounding clips.
    counts: Mapping[str, int]  # Sounding clips by tag. Pairs come first, then by frequency.
    thresholds: Thresholds
    named: int  # Clips whose preset's name was found.
    listed: int  # Clips in the user's CSV.

    def table(self) -> str:
        """Return the tags and the number of their clips, as lines."""
        wide = max(map(len, (*self.counts, "tag")))
        lines = [f"{'tag':<{wide}}  clips"]
        lines += [f"{tag:<{wide}}  {count:>5}" for tag, count in self.counts.items()]
        found = f"{self.clips} sounding clips, {self.named} with a preset name"
        return "\n".join([*lines, found + (f", {self.listed} in the CSV" if self.listed else "")])


def tag_dataset(
    store: Store, tagging: Tagging | None = None, progress: Progress | None = None
) -> TaggingSummary:
    """Write the column ``tags`` of every part; the same dataset always gets the same bytes.

    Thresholds are quantiles over the sounding clips of the training split only. Each part is
    replaced as a whole, one after another. After an interruption, run the function again. A dataset
    in an old layout gets the current one.

    Args:
        store: The dataset.
        tagging: Quantiles and user tags. Default: `Tagging()`.
        progress: Called with the parts done and the parts to do.

    Returns:
        A summary.

    Raises:
        StoreError: The dataset is not completely rendered, or the CSV cannot be used.
    """
    tagging = tagging or Tagging()
    users = _read_users(tagging.csv, store)
    measured = load_descriptors(store, progress)
    rows = store.columns("index", "split", "status", "parents", "unit")
    sounding = rows["status"] == "ok"
    limits = thresholds(measured, sounding & (rows["split"] == "train"), tagging.low, tagging.high)
    names = _preset_names(store, tagging.presets)
    called = [
        names.name_of(parents, unit) if names and sounds else ""
        for parents, unit, sounds in zip(rows["parents"], rows["unit"], sounding, strict=True)
    ]
    tags = []
    for row, index in enumerate(rows["index"].tolist()):
        values = {name: float(column[row]) for name, column in measured.items()}
        computed = [*pair_tags(values, limits), *words_in(called[row])]
        tags.append(joined(computed, users.get(index), tagging.replace))
    move_old_files(store.folder)
    _write(store, tags)
    store.upgrade(store.numbers)
    counts = _counted([words for words, sounds in zip(tags, sounding, strict=True) if sounds])
    named = sum(map(bool, called))
    summary = TaggingSummary(int(sounding.sum()), counts, limits, named, len(users))
    _record(store, tagging, summary)
    store.write_card()
    return summary


def thresholds(
    measured: Mapping[str, FloatArray], training: npt.NDArray[np.bool_], low: float, high: float
) -> dict[str, tuple[float, float]]:
    """Return the quantiles of every descriptor (N,) over the training clips.

    Args:
        measured: Values (N,) of each descriptor.
        training: Mask (N,) of the clips to use.
        low: Lower quantile, 0..1.
        high: Upper quantile, 0..1.

    Returns:
        The lower and upper threshold of each descriptor.

    Raises:
        StoreError: The mask selects no clip.
    """
    if not training.any():
        raise StoreError(
            "no sounding clip in the training split, so there are no thresholds: render more clips"
        )
    found = {}
    for name, values in measured.items():
        at = np.quantile(values[training].astype(np.float64), [low, high])
        found[name] = (float(at[0]), float(at[1]))
    return found


def pair_tags(values: Mapping[str, float], limits: Thresholds) -> list[str]:
    """Return the words for a clip's descriptors.

    A value between the limits, or NaN, gives no word. A descriptor with equal limits does not
    distinguish clips, so it gives no word.
    """
    words = []
    for pair in PAIRS:
        value, (low, high) = values[pair.descriptor], limits[pair.descriptor]
        if low < high and not math.isnan(value):
            words += [pair.negative] * (value <= low) + [pair.positive] * (value >= high)
    return words


def joined(computed: Sequence[str], users: Sequence[str] | None, replace: bool) -> list[str]:
    """Return a clip's tags: the computed ones, then the user's, which win where both contradict.

    Args:
        computed: Computed tags.
        users: The user's tags, or None if the CSV does not list the clip.
        replace: Drop all computed tags if the user gave some.

    Returns:
        Tags without duplicates.

    >>> joined(["dark", "soft", "pad"], ["bright", "warm"], False)
    ['soft', 'pad', 'bright', 'warm']
    """
    if users is None:
        return list(dict.fromkeys(computed))
    refuted = {_opposite(word) for word in users}
    kept = [] if replace else [word for word in computed if word not in refuted]
    return list(dict.fromkeys([*kept, *users]))


def _opposite(word: str) -> str | None:
    def other(pair: TagPair) -> str:
        return pair.positive if word == pair.negative else pair.negative

    return next((other(pair) for pair in PAIRS if word in pair.words), None)


def load_descriptors(store: Store, progress: Progress | None = None) -> dict[str, FloatArray]:
    """Return every descriptor of every clip, (N,) float32 in the order of ``store.columns``.

    The value is NaN for a clip that does not sound. Values that ``descriptors.parquet`` lacks, or
    has from other renders, are measured now by two processes. Every finished part is saved.

    Raises:
        StoreError: The dataset is not completely rendered.
    """
    if missing := store.missing():
        raise StoreError(
            f"{store.folder} lacks {len(missing)} of {len(store.numbers)} parts: run the same "
            "render-presets command again to finish the dataset"
        )
    known = _kept(store)
    todo = [n for n in store.numbers if not all(index in known for index in store.indices(n))]
    if todo:
        measure = partial(_measure, str(store.folder))
        with multiprocessing.get_context("spawn").Pool(min(2, len(todo))) as pool:
            for done, rows in enumerate(pool.imap_unordered(measure, todo), 1):
                known |= rows
                _keep(store, known)
                if progress:
                    progress(done, len(todo))
    values = np.array([known[index] for index in range(store.count)], np.float32)
    return {name: values[:, i] for i, name in enumerate(DESCRIPTORS)}


def _measure(folder: str, number: int) -> Rows:
    store = open_store(folder)
    spec = store.spec
    rows = store.read(number, ["index", "note", "status"]).to_pylist()
    found = {}
    for row, audio in zip(rows, store.audio(number), strict=True):
        values = [math.nan] * len(DESCRIPTORS)
        if row["status"] == "ok":
            values = [*describe(audio, spec.sample_rate, row["note"], spec.note.hold_s).values()]
        found[row["index"]] = np.array(values, np.float32)
    return found


def _renders(store: Store) -> str:
    """Return a hash of the measured clips. It changes if the folder gets another dataset."""
    identity = [store.manifest.get(k) for k in ("spec_digest", "recipe_digest", "seed", "canary")]
    # A dataset of one split has no audio of the others. The key of a whole one stays as it was.
    split = [store.manifest["split"]] if store.manifest.get("split") else []
    said = json.dumps([DESCRIPTORS_VERSION, list(DESCRIPTORS), *identity, *split])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _kept(store: Store) -> Rows:
    """Return earlier measurements of these renders; nothing if the file is missing or damaged."""
    try:
        table = pq.read_table(store.record_file(MEASURED))
        if (table.schema.metadata or {}).get(b"renders") != _renders(store).encode():
            return {}
        values = np.stack([table[name].to_numpy() for name in DESCRIPTORS], axis=1)
        return dict(zip(table["index"].to_pylist(), values, strict=True))
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError):
        return {}


def _keep(store: Store, known: Rows) -> None:
    order = sorted(known)
    values = np.array([known[index] for index in order], np.float32)
    columns = {"index": pa.array(order, pa.int64())}
    columns |= {name: pa.array(values[:, i], pa.float32()) for i, name in enumerate(DESCRIPTORS)}
    table = pa.table(columns).replace_schema_metadata({"renders": _renders(store)})
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="none")
    store.write_record(MEASURED, buffer.getvalue().to_pybytes())


def _read_users(csv: Path | None, store: Store) -> dict[int, list[str]]:
    users = read_tags_csv(csv) if csv else {}
    beyond = [index for index in users if index >= store.count]
    if csv and beyond:
        raise StoreError(
            f"{csv.name}: {store.folder} has no clip of index {beyond[0]}: use indices from 0 to "
            f"{store.count - 1}"
        )
    return users


def _preset_names(store: Store, path: Path | None) -> PresetNames | None:
    """Return the names of the dataset's parent presets, or None if the presets are not found.

    The manifest has no portable paths of a recipe's own folders, so the caller must give them.
    """
    sources = store.manifest.get("recipe", {}).get("sources", ())
    if path is None and all(source["kind"] == "uniform" for source in sources):
        return None
    said = store.spec.template.get("presets", ())
    folders = [Path(os.path.expanduser(p)) for p in ([said] if isinstance(said, str) else said)]
    found = path or next((folder for folder in folders if folder.exists()), None)
    if found is None:
        return None
    from renderer.workers.state_reader import StateReader  # Starts the synth if a preset is binary.

    reader = StateReader(store.spec)
    try:
        return PresetNames(store.spec.name, read_presets(found, store.spec, reader))
    finally:
        reader.close()


def _write(store: Store, tags: Sequence[Sequence[str]]) -> None:
    """Write the tags of every clip into the parts; parts that already have them are not changed."""
    for number in store.numbers:
        wanted = [list(tags[index]) for index in store.indices(number)]
        if store.read(number, ["tags"])["tags"].to_pylist() != wanted:
            store.set_tags(number, wanted)


def _counted(tags: Sequence[Sequence[str]]) -> dict[str, int]:
    found = Counter(word for words in tags for word in words)
    pairs = [word for pair in PAIRS for word in pair.words]
    others = sorted(set(found) - set(pairs), key=lambda word: (-found[word], word))
    return {word: found[word] for word in (*pairs, *others)}


def _record(store: Store, tagging: Tagging, summary: TaggingSummary) -> None:
    said: dict[str, Any] = {
        "descriptors_version": DESCRIPTORS_VERSION,
        "quantiles": [tagging.low, tagging.high],
        "thresholds": {
            name: {"low": low, "high": high, "unit": DESCRIPTORS[name].unit}
            for name, (low, high) in summary.thresholds.items()
        },
        "clips": summary.clips,
        "clips_with_a_preset_name": summary.named,
        "clips_of_the_users_csv": summary.listed,
        "counts": dict(summary.counts),
    }
    store.write_record(RECORD, json.dumps(said, indent=1).encode())
