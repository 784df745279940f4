"""Give sounds their classes: from a CSV, words, folders, names, or groups of similar sounds."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.cluster.vq

from datasets.errors import AudioError, StoreError
from datasets.foreign_files import decoded, file_content
from models.timbre.one_shot.images.mfcc import start_mfcc
from models.timbre.one_shot.sources.drum_words import drum_class

WAYS = ("auto", "csv", "words", "folders", "names", "groups")
TABLE = "labels.csv"
GROUPS = 5  # Groups of similar sounds: the paper uses 5 for drums.
KNOWN = 0.6  # Part of the sounds that words or names must cover.
MOST_CLASSES = 40
TRIES = 8  # Starts of k-means.


def label_sounds(
    names: Sequence[str],
    clips: Sequence[npt.NDArray[np.float32]],
    sample_rate: int,
    folder: Path | None = None,
    way: str = "auto",
    groups: int = GROUPS,
) -> tuple[list[str], str]:
    """Return a class for each sound, and the way that found it.

    Args:
        names: Path of each sound within its folder, with ``/``.
        clips: The sounds, (channels, n) each.
        sample_rate: Hz.
        folder: Folder of the sounds, which may hold ``labels.csv``.
        way: One of ``WAYS``. ``auto`` takes the first way that covers most sounds.
        groups: Number of groups of similar sounds.

    Returns:
        Classes, empty for a sound without one, and the way.

    Raises:
        AudioError: The way does not exist, or finds fewer than two classes.
    """
    if way not in WAYS:
        raise AudioError(f"--labels {way!r}: use one of {', '.join(WAYS)}")
    table = None if folder is None else folder / TABLE
    if way == "csv" and (table is None or not table.is_file()):
        raise AudioError(f"--labels csv: {folder} has no {TABLE} with the columns file,label")
    for one in WAYS[1:-1] if way == "auto" else [way]:
        found = _labels(one, names, table)
        if found is not None and (way != "auto" or _is_useful(found)):
            if way != "auto" and len(set(found) - {""}) < 2:
                raise AudioError(f"--labels {way}: finds fewer than two classes; use groups")
            return found, one
    return group_labels(clips, sample_rate, groups), "groups"


def _labels(way: str, names: Sequence[str], table: Path | None) -> list[str] | None:
    """Return the classes that a way finds; None if it does not apply."""
    if way == "csv":
        return None if table is None or not table.is_file() else csv_labels(table, names)
    if way == "words":
        return [drum_class(Path(name).stem) for name in names]
    if way == "folders":
        return [Path(name).parent.name for name in names]
    return [_stem(name) for name in names] if way == "names" else None


def _is_useful(found: Sequence[str]) -> bool:
    """Return whether classes cover most sounds, and are fewer than the sounds."""
    counts = Counter(label for label in found if label)
    several = sum(count for count in counts.values() if count > 1)
    return 2 <= len(counts) <= MOST_CLASSES and several >= KNOWN * len(found)


def _stem(name: str) -> str:
    """Return the first word or number of a file's name: ``3_jane_12`` is of class 3."""
    parts = [part for part in re.split(r"[\W_]+|(?<=[a-z])(?=\d)", Path(name).stem.lower()) if part]
    return parts[0] if parts else ""


def csv_labels(table: Path, names: Sequence[str]) -> list[str]:
    """Return the classes in a CSV with the columns ``file`` and ``label``.

    Args:
        table: The file.
        names: Path of each sound within its folder; a name without a folder fits too.

    Returns:
        Classes, empty for a sound that the file does not name.

    Raises:
        AudioError: The file has other columns, or cannot be read.
    """
    try:
        text = decoded(file_content(table, what="a CSV file"), errors="replace")
    except StoreError as error:
        raise AudioError(str(error)) from error
    rows = csv.DictReader(io.StringIO(text))
    if not {"file", "label"} <= set(rows.fieldnames or ()):
        raise AudioError(f"{table}: give it a first line with the columns file,label")
    known = {(row["file"] or "").strip(): (row["label"] or "").strip() for row in rows}
    return [known.get(name, known.get(Path(name).name, "")) for name in names]


def group_labels(
    clips: Sequence[npt.NDArray[np.float32]], sample_rate: int, groups: int = GROUPS
) -> list[str]:
    """Return groups of similar sounds by k-means on the MFCC of their first 70 ms.

    The paper's features (chapter 6), without the coefficient 0: with it, k-means groups sounds by
    their level.

    Args:
        clips: The sounds, (channels, n) each.
        sample_rate: Hz.
        groups: Number of groups.

    Returns:
        ``group 1``, ``group 2`` and so on; the largest group is the first.
    """
    features = np.stack([start_mfcc(clip.mean(axis=0), sample_rate) for clip in clips])
    wanted, best, least = min(groups, len(clips)), np.zeros(len(clips), int), np.inf
    for seed in range(TRIES):
        centres, rows = scipy.cluster.vq.kmeans2(features, wanted, minit="++", rng=seed)
        error = float(np.square(features - centres[rows]).sum())
        if error < least:
            best, least = rows, error
    order = [row for row, _ in Counter(best.tolist()).most_common()]
    return [f"group {order.index(row) + 1}" for row in best.tolist()]
