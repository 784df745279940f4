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
    """Hold test clips that are not silent and not used in training, in a random order."""

    __test__ = False  # so pytest does not collect it

    store: Store
    index: npt.NDArray[np.int64]  # (N,) in the dataset
    unit: FloatArray  # (N, P)
    note: FloatArray  # (N,) MIDI
    tags: tuple[frozenset[str], ...]  # (N,)

    def __len__(self) -> int:
        return len(self.index)

    def audio(self, count: int) -> list[FloatArray]:
        """Return the first ``count`` clips, each (n,) mono, peak-normalised."""
        size = int(self.store.manifest["part_size"])
        parts, rows = np.divmod(self.index[:count], size)
        found: dict[int, FloatArray] = {}
        for number in np.unique(parts).tolist():
            column = self.store.read(number, ["audio"])["audio"]
            for place in np.flatnonzero(parts == number).tolist():
                found[place] = mono(decode(column[int(rows[place])]["bytes"].as_py()))
        return [found[place] for place in sorted(found)]


def draw_test_clips(store: Store, seed: int, limit: int, least: int) -> TestClips:
    """Draw clips of the test split that are not silent; the seed gives the order.

    Clips of one part stay together, because a part is read as a whole.

    Args:
        store: The dataset.
        seed: Seed of the order.
        limit: Largest number of clips.
        least: Smallest number of clips.

    Returns:
        The clips.

    Raises:
        StoreError: There are fewer than ``least`` clips.
    """
    rows = store.columns("index", "split", "status", "note", "unit", "tags")
    eligible = np.flatnonzero((rows["split"] == "test") & (rows["status"] == "ok"))
    if len(eligible) < least:
        raise StoreError(
            f"{store.folder} has {len(eligible)} audible test clips, but the figures need {least}: "
            "lower --examples or render more clips"
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
    """Return each clip's side of every pair of tags, (N, T): -1, +1, or 0 for neither.

    The pairs are ``datasets.tags.PAIRS``.
    """
    return tag_signs([sorted(tags) for tags in clips.tags])
