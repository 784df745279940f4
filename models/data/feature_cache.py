"""Cache the log-mels of a dataset in its record, memory-mapped.

The cache is derived data. You can delete its files at any time. Their names come from the settings
and from the audio and notes of the clips, so another dataset never uses them.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.stats

from datasets.atomic_write import replaced
from datasets.errors import StoreError
from datasets.spec import FloatArray
from datasets.storage.layout import FOLDER_OF_FEATURES
from datasets.storage.store import Store, open_store
from datasets.tags import PAIRS, tag_signs
from models.audio.features import FeatureSettings, log_mel
from models.data.tagging import load_descriptors


@dataclass(frozen=True)
class Clips:
    """Hold the training data of a dataset: clips that sounded, of one or more splits."""

    mel: npt.NDArray[np.float16]  # (N, bands, frames) dB relative to the clip's maximum.
    unit: FloatArray  # (N, P)
    note: npt.NDArray[np.int16]  # (N,) MIDI
    index: npt.NDArray[np.int64]  # (N,) Index in the dataset.
    signs: npt.NDArray[np.int8]  # (N, T) -1, 0, +1 for each pair of ``datasets.tags.PAIRS``.
    scores: FloatArray  # (N, T) Each pair's descriptor as a normal score (see ``normal_scores``).

    def __len__(self) -> int:
        return len(self.unit)


def load_clips(
    store: Store,
    settings: FeatureSettings,
    splits: tuple[str, ...],
    progress: Callable[[int, int], None] | None = None,
    scored: bool = True,
) -> Clips:
    """Load the sounding clips of some splits with their log-mels.

    Args:
        store: The dataset.
        settings: Analysis of the log-mels.
        splits: Names of the splits: ``train``, ``validation`` or ``test``.
        progress: Called with the parts done and the parts to do.
        scored: Measure the descriptors. Otherwise the scores are zeros.

    Returns:
        The clips.

    Raises:
        StoreError: The splits have no sounding clip, or the dataset is not completely rendered.
    """
    if missing := store.missing():
        raise StoreError(
            f"{store.folder} lacks {len(missing)} of {len(store.numbers)} parts: run the same "
            "render-presets command again to finish the dataset"
        )
    paths = cache_features(store, settings, progress)
    rows = store.columns("split", "status", "unit", "note", "index", "tags")
    keep = np.isin(rows["split"], splits) & (rows["status"] == "ok")
    if not keep.any():
        raise StoreError(
            f"{store.folder} has no sounding clip in split {'+'.join(splits)}: render more clips"
        )
    mels, start = [], 0
    for path in paths:
        part = np.load(path, mmap_mode="r")
        mels.append(part[keep[start : start + len(part)]])
        start += len(part)
    mel = np.concatenate(mels)
    signs = tag_signs(rows["tags"])
    training = (rows["split"] == "train") & (rows["status"] == "ok")
    scores = _scores(store, training, scored and bool(signs.any()))
    of_rows = (rows["unit"], rows["note"], rows["index"], signs, scores)
    return Clips(mel, *(values[keep] for values in of_rows))


def _scores(store: Store, training: npt.NDArray[np.bool_], tagged: bool) -> FloatArray:
    """Return the scores of all clips (N, T); zeros if the dataset was never tagged."""
    if not tagged:
        return np.zeros((len(training), len(PAIRS)), np.float32)
    measured = load_descriptors(store)
    columns = [measured[pair.descriptor] for pair in PAIRS]
    return np.stack([normal_scores(v, v[training]) for v in columns], 1)


def normal_scores(values: FloatArray, among: FloatArray) -> FloatArray:
    """Return values (N,) by their rank among others, as quantiles of N(0, 1).

    The result is in -2.5 to 2.5, and 0 is the median of ``among``. NaN becomes 0. Equal values
    share the middle rank.
    """
    ordered = np.sort(among[np.isfinite(among)])
    low, high = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    share = ((low + high) / 2 + 0.5) / (len(ordered) + 1)
    scores = scipy.stats.norm.ppf(np.clip(share, 0.006, 0.994))
    return np.where(np.isfinite(values), scores, 0).astype(np.float32)


def cache_features(
    store: Store,
    settings: FeatureSettings,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Return the log-mel files of all present parts, and make the missing ones.

    Args:
        store: The dataset.
        settings: Analysis of the log-mels.
        progress: Called with the parts done and the parts to do.

    Returns:
        One file per part, (clips, bands, frames) float16.
    """
    files = {number: cache_file(store, settings, number) for number in store.present()}
    missing = [task for task in files.items() if not task[1].exists()]
    if missing:
        compute = partial(_compute, str(store.folder), settings)
        with multiprocessing.get_context("spawn").Pool(min(2, len(missing))) as pool:
            for done, _ in enumerate(pool.imap_unordered(compute, missing), 1):
                if progress:
                    progress(done, len(missing))
    return list(files.values())


def cache_file(store: Store, settings: FeatureSettings, number: int) -> Path:
    """Return the log-mel file of a part, named by the settings and the clips themselves.

    Args:
        store: The dataset.
        settings: Analysis of the log-mels.
        number: Number of the part, which is present.

    Returns:
        The path. The file may not exist.
    """
    # Two datasets can differ in anything, such as the recipe. Equal audio makes equal log-mels.
    clips = store.read(number, ["audio_sha256", "note"]).to_pydict()
    content = hashlib.sha256(json.dumps(clips).encode()).hexdigest()[:16]
    name = f"part-{number:05d}-{content}.npy"
    return store.record_file(f"{FOLDER_OF_FEATURES}/{settings.digest()}/{name}")


def _compute(folder: str, settings: FeatureSettings, task: tuple[int, Path]) -> None:
    number, path = task
    store = open_store(folder)
    silence = np.full((settings.bands, settings.frames), settings.floor_db, np.float16)
    notes = store.read(number, ["note"])["note"].to_pylist()
    mels = [
        log_mel(audio, settings, note).astype(np.float16) if audio.shape[1] else silence
        for audio, note in zip(store.audio(number), notes, strict=True)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as file:
        np.save(file, np.stack(mels))
