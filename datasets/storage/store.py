"""Store a dataset on disk: Parquet parts of (parameters, audio), and a record next to them.

A part is written under a temporary name, synced and renamed. So a part exists completely or not at
all, and to resume is to list the parts. The audio column follows the Hugging Face convention
(``struct<bytes, path>``), so any Parquet reader plays it. ``storage/layout.py`` has the layout.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.atomic_write import replace_file, replaced
from datasets.clip import decode
from datasets.errors import StoreError, reason
from datasets.spec import FloatArray, SynthSpec
from datasets.storage.card import COLUMNS, CardFacts, make_card
from datasets.storage.layout import (
    AUDIT,
    CARD,
    MANIFEST,
    move_old_files,
    record_file,
    record_folder,
    remove_record,
    remove_unfinished,
)
from datasets.storage.manifest import check_manifest, clash, recorded_manifest
from datasets.storage.parts import (
    DAMAGE,
    Row,
    columns,
    has_metadata,
    manifest_of_parts,
    read_part,
    table_of,
    with_metadata,
)

PART_SIZE = 100  # Clips in a part: an interrupted run loses at most this many renders.
ROW_GROUP = 25  # Clips in a row group: a reader or writer holds this many at a time.
MOST_BYTES = 2**30  # Of a part's clips as 16-bit samples; Arrow's limit is 2 GiB.


@dataclass(frozen=True)
class Store:
    """Hold a dataset folder with its manifest."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def spec(self) -> SynthSpec:
        """Return the spec that the clips were rendered with."""
        return SynthSpec.from_dict(self.manifest["spec"])

    @property
    def count(self) -> int:
        """Return the number of clips in the whole dataset, rendered or not."""
        return int(self.manifest["count"])

    @property
    def record(self) -> Path:
        """Return the folder of all files that are not parts; it may not exist yet."""
        return record_folder(self.folder)

    def record_file(self, name: str) -> Path:
        """Return where a file of the record is or will be, such as ``audit.json``."""
        return record_file(self.folder, name)

    def part(self, number: int) -> Path:
        """Return where a part is or will be."""
        return self.folder / f"part-{number:05d}.parquet"

    def indices(self, number: int) -> range:
        """Return the indices of the clips in a part."""
        size = int(self.manifest["part_size"])
        return range(number * size, min((number + 1) * size, self.count))

    @property
    def numbers(self) -> range:
        """Return the numbers of all parts of the dataset, present or not."""
        return range(-(-self.count // int(self.manifest["part_size"])))

    def missing(self) -> list[int]:
        """Return the parts that are absent, unreadable, or have another number of clips."""
        return [n for n in self.numbers if not self._whole(n)]

    def present(self) -> list[int]:
        """Return the parts that can be read."""
        return [n for n in self.numbers if self._whole(n)]

    @cached_property
    def _row_group(self) -> int:
        """Return the clips in a row group: ``ROW_GROUP``, or fewer if they are long."""
        return max(1, min(ROW_GROUP, MOST_BYTES // self.spec.clip_bytes))

    def write(self, number: int, rows: Sequence[Row]) -> None:
        """Write one part, with its rows in the order of their index."""
        in_order = sorted(rows, key=lambda row: row["index"])
        self._save(number, table_of(in_order, columns(len(self.spec)), self._row_group))

    def set_tags(self, number: int, tags: Sequence[Sequence[str]]) -> None:
        """Set the tags of the clips of a part, in its order; nothing else in it changes."""
        # Not memory-mapped, because this file is replaced below.
        table = pq.read_table(self.part(number))
        column = table.schema.get_field_index("tags")
        field = table.schema.field(column)
        self._save(number, table.set_column(column, field, pa.array(tags, field.type)))

    def upgrade(self, numbers: Sequence[int]) -> None:
        """Give parts of older versions the metadata of this version; no value changes.

        Args:
            numbers: Parts that are present. A part that has the metadata is not written.
        """
        for number in numbers:
            if not has_metadata(self.part(number)):
                self._save(number, pq.read_table(self.part(number)))

    def _save(self, number: int, table: pa.Table) -> None:
        with replaced(self.part(number), self.record) as file:
            # FLAC does not compress further. Dictionaries and statistics of whole clips would cost
            # more than writing the clips. A fixed layout keeps equal parts equal byte for byte.
            pq.write_table(
                with_metadata(table, self.manifest),
                file,
                compression="none",
                use_dictionary=False,
                write_statistics=["index"],
                row_group_size=self._row_group,
            )

    def read(self, number: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Return one part, or some of its columns.

        Raises:
            StoreError: The part is damaged, or lacks a column.
        """
        path = self.part(number)
        try:
            return read_part(path, columns)
        except DAMAGE as error:
            raise StoreError(
                f"{path} is damaged ({reason(error)}): delete it and run the render command again"
            ) from error

    def columns(self, *names: str) -> dict[str, npt.NDArray[Any]]:
        """Return columns over all present parts as arrays; ``unit`` is (N, P) float32.

        In a list column such as ``tags`` each element is an array, or None.

        Raises:
            StoreError: No part is present, or one is damaged.
        """
        parts = [self.read(n, list(names)) for n in self.present()]
        if not parts:
            raise StoreError(f"{self.folder} has no parts yet: run its render command again")
        try:
            table = pa.concat_tables(parts)
            return {name: _array(table[name].combine_chunks()) for name in names}
        except DAMAGE as error:
            raise StoreError(
                f"{self.folder}: a part is damaged ({reason(error)}): render the dataset again"
            ) from error

    def audio(self, number: int) -> Iterator[FloatArray]:
        """Yield the clips of a part in turn, (channels, samples) float32, peak-normalised."""
        for value in self.read(number, ["audio"])["audio"]:
            yield self._decoded(value, number)

    def clip(self, number: int, row: int) -> FloatArray:
        """Return one clip of a part, (channels, samples) float32, peak-normalised."""
        column = self.read(number, ["audio"])["audio"]
        return self._decoded(column[row], number)

    def _decoded(self, value: pa.Scalar, number: int) -> FloatArray:
        try:
            return decode(value["bytes"].as_py())
        except (StoreError, *DAMAGE) as error:
            raise StoreError(f"{self.part(number)}: {reason(error)}") from error

    def card(self, license_id: str = "other") -> str:
        """Return the dataset card as Markdown with YAML front matter.

        Args:
            license_id: Licence of the data, by the hub's identifier.

        Returns:
            The card.

        Raises:
            StoreError: No part is present, or the manifest is damaged.
        """
        try:
            audited = json.loads(self.record_file(AUDIT).read_text())["equal"]
        except (OSError, ValueError, KeyError, TypeError):
            audited = None
        facts = CardFacts(self.folder.resolve().name, self.columns(*COLUMNS), audited, license_id)
        try:
            return make_card(self.manifest, facts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(
                f"{self.folder}: the manifest is damaged ({reason(error)}). Render the dataset "
                "again"
            ) from error

    def write_card(self) -> None:
        """Write the dataset card into the record."""
        self.write_record(CARD, self.card().encode())

    def write_record(self, name: str, content: bytes) -> None:
        """Write a file of the record, completely or not at all; create the record if it is missing.

        Raises:
            StoreError: The disk is full or read-only.
        """
        try:
            self.record.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.record} cannot be created: {error.strerror}") from error
        replace_file(self.record / name, content)

    def _whole(self, number: int) -> bool:
        try:
            rows = pq.read_metadata(self.part(number)).num_rows
        except DAMAGE:
            return False
        return bool(rows == len(self.indices(number)))


def _array(column: pa.Array) -> npt.NDArray[Any]:
    if pa.types.is_fixed_size_list(column.type):
        flat = column.flatten().to_numpy(zero_copy_only=False)
        return flat.reshape(-1, column.type.list_size)  # type: ignore[no-any-return]
    return column.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def open_store(folder: str | Path) -> Store:
    """Open an existing dataset, of this or an older version.

    The manifest comes from the record. If the parts carry a manifest of another dataset, the parts'
    manifest is used; this happens when a folder is moved without its record.

    Raises:
        StoreError: There is no dataset, its manifest is damaged, or a newer version made it.
    """
    folder = Path(folder)
    recorded, carried = recorded_manifest(folder), manifest_of_parts(folder)
    for manifest in filter(None, (recorded, carried)):
        check_manifest(manifest, folder)
    if recorded is not None and not (carried and clash(recorded, carried)):
        return Store(folder, recorded)
    if carried is None:
        raise StoreError(
            f"{folder} has no dataset: make one with "
            f"patchwright render SPEC --count N --out {folder}"
        )
    return Store(folder, carried)


def create_store(folder: str | Path, manifest: Mapping[str, Any]) -> Store:
    """Start a dataset, or continue the one in ``folder``; an old folder gets the current layout.

    Raises:
        StoreError: The folder holds a dataset with another identity (spec, seed, engine), because
            two kinds of audio are never mixed. Or it cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder} is a file: choose a folder for --out")
    try:
        if not _is_new(folder):
            _check_identity(folder, manifest)
        recorded = recorded_manifest(folder)
        if recorded is not None and clash(recorded, manifest):
            # This record belongs to a dataset that was removed or moved. Any parts here are new.
            remove_record(folder)
        move_old_files(folder)
        record_folder(folder).mkdir(parents=True, exist_ok=True)
        for place in (folder, record_folder(folder)):
            remove_unfinished(place)
        text = json.dumps(manifest, indent=1, sort_keys=True)
        replace_file(record_folder(folder) / MANIFEST, text.encode())
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}") from error
    return Store(folder, manifest)


def _is_new(folder: Path) -> bool:
    """Create the folder of a dataset; return False if it exists already."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return False
    return True


def part_size_for(folder: Path, spec: SynthSpec, most: int = PART_SIZE) -> int:
    """Return the clips in a part of a dataset that is started or continued.

    Args:
        folder: Folder of the dataset. A dataset that it holds keeps its size.
        spec: The synth; parts of long clips have fewer clips.
        most: Clips in a part if they are short.

    Returns:
        The number of clips.
    """
    standing = recorded_manifest(folder) or manifest_of_parts(folder)
    if standing:
        return int(standing["part_size"])
    return max(1, min(most, MOST_BYTES // spec.clip_bytes))


def _check_identity(folder: Path, manifest: Mapping[str, Any]) -> None:
    if recorded_manifest(folder) is None and manifest_of_parts(folder) is None:
        return
    standing = open_store(folder).manifest
    if key := clash(standing, manifest):
        raise StoreError(
            f"{folder} holds a dataset with {key} {standing.get(key)!r}, but this run has "
            f"{manifest.get(key)!r}: choose another --out"
        )
