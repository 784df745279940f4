"""Read the clips of a dataset that `render-presets` made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from datasets.storage.store import Store, open_store
from models.timbre.corpus.note import Note, Report, at_common_rate


@dataclass(frozen=True)
class RenderedDataset:
    """Give the clips of a dataset, at the levels that the synth played them.

    Attributes:
        folder: The dataset.
    """

    folder: Path

    @property
    def source(self) -> str:
        """Return the name of the spec and the number of clips."""
        store = open_store(self.folder)
        return f"render-presets dataset of {store.spec.name}, {store.count} clips"

    def notes(self, report: Report) -> Iterator[Note]:
        """Yield one note for each clip that was rendered (see ``Corpus``)."""
        store = open_store(self.folder)
        for number in store.missing():
            report.skipped[f"part {number}"] = "missing or damaged: render the dataset again"
        for number in store.present():
            yield from _notes_of_part(store, number, report)


def _notes_of_part(store: Store, number: int, report: Report) -> Iterator[Note]:
    """Yield the notes of one part."""
    rate = store.spec.sample_rate
    rows = store.read(number, ["index", "parents", "note", "status", "gain_db"]).to_pylist()
    for row, audio in zip(rows, store.audio(number), strict=True):
        name = f"clip {row['index']}"
        if row["status"] != "ok":
            report.skipped[name] = f"its status is {row['status']}"
            continue
        # Clips are stored with a peak of full scale; their gain restores the synth's level.
        samples = at_common_rate(audio, rate) / 10 ** (row["gain_db"] / 20)
        group = " ".join(row["parents"])
        yield Note(name, samples, int(row["note"]), rate / 2, group)
