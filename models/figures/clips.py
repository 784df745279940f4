"""Draw the test clips that the figures use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.clip import decode
from datasets.errors import StoreError
from datasets.spec import FloatArray
from datasets.storage.store import Store
from datasets.tags import tag_signs
from models.audio.features import mono


@dataclass(frozen=True)
class TestClips:
    """Sounding clips never seen in training, in an order drawn by a seed."""

    __test__ = False  # not a case for pytest

    store: Store
    index: npt.NDArray[np.int64]  # (N,) of the dataset
    unit: FloatArray  # (N, P)
    note: FloatArray  # (N,) MIDI
    tags: tuple[frozenset[str], ...]  # (N,)

    def __len__(self) -> int:
        return len(self.index)

    def audio(self, count: int) -> list[FloatArray]:
        """The first ``count`` clips, (n,) mono each, peak-normalised."""
        size = int(self.store.manifest["part_size"])
        parts, rows = np.divmod(self.index[:count], size)
        found: dict[int, FloatArray] = {}
        for number in np.unique(parts).tolist():
            column = self.store.read(number, ["audio"])["audio"]
            for place in np.flatnonzero(parts == number).tolist():
                found[place] = mono(decode(column[int(rows[place])]["bytes"].as_py()))
        return [found[place] for place in sorted(found)]


def draw_test_clips(store: Store, seed: int, limit: int, least: int) -> TestClips:
    """Up to ``limit`` sounding clips of the test split, whole parts in an order drawn by ``seed``.

    By parts, for each is read whole. Raises StoreError when there are fewer than ``least``.
    """
    rows = store.columns("index", "split", "status", "note", "unit", "tags")
    eligible = np.flatnonzero((rows["split"] == "test") & (rows["status"] == "ok"))
    if len(eligible) < least:
        raise StoreError(
            f"{store.folder} has {len(eligible)} sounding test clips, the figures need {least}: "
            "lower --examples or render more"
        )
    random = np.random.default_rng(seed)
    order = random.permutation(len(store.numbers))
    parts = rows["index"][eligible] // int(store.manifest["part_size"])
    chosen = eligible[np.lexsort((random.random(len(eligible)), order[parts]))][:limit]
    return TestClips(
        store,
        rows["index"][chosen].astype(np.int64),
        rows["unit"][chosen],
        rows["note"][chosen].astype(np.float32),
        tuple(
            frozenset(rows["tags"][i]) if rows["tags"][i] is not None else frozenset()
            for i in chosen
        ),
    )


def clip_signs(clips: TestClips) -> npt.NDArray[np.int8]:
    """(N, T): the side of each of ``datasets.tags.PAIRS`` that clips carry: -1, +1, 0 neither."""
    return tag_signs([sorted(tags) for tags in clips.tags])
