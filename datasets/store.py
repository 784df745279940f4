"""A dataset on disk: ``dataset.json`` and Parquet parts of (parameters, audio).

Parts are written under a temporary name, synced and renamed, so a part exists whole or not at all
and resuming is listing the parts. The audio column follows the Hugging Face convention
(``struct<bytes, path>``), so any Parquet reader plays it.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.atomic_write import replace_file, replaced
from datasets.clip import decode
from datasets.errors import StoreError
from datasets.spec import FloatArray, SynthSpec

PART_SIZE = 100  # clips in a part: a kill costs at most this many renders
ROW_GROUP = 25  # clips in a row group: what a reader, or the writer, holds at a time
FORMAT = 2
READABLE = (1, 2)  # format 1 lacks the column "reason"
IDENTITY = (
    *("format", "spec_digest", "recipe_digest", "seed", "part_size"),
    *("isolation", "engine", "canary", "split"),
)
Row = dict[str, Any]


def schema(parameters: int) -> pa.Schema:
    """Columns of a part for a spec of so many parameters."""
    return pa.schema(
        [
            ("index", pa.int64()),
            ("parents", pa.list_(pa.string())),
            ("split", pa.string()),
            ("note", pa.int16()),
            ("velocity", pa.int16()),
            ("unit", pa.list_(pa.float32(), parameters)),
            ("audio", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            ("audio_sha256", pa.string()),
            ("gain_db", pa.float32()),
            ("rms_db", pa.float32()),
            ("f0_hz", pa.float32()),
            ("tags", pa.list_(pa.string())),
            ("status", pa.string()),
            ("reason", pa.string()),  # why it is not "ok", in words
        ]
    )


@dataclass(frozen=True)
class Store:
    """A dataset folder with its manifest."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def spec(self) -> SynthSpec:
        """The spec that the clips were rendered with."""
        return SynthSpec.from_dict(self.manifest["spec"])

    @property
    def count(self) -> int:
        """Clips in the whole dataset, rendered or not."""
        return int(self.manifest["count"])

    def part(self, number: int) -> Path:
        """Where a part lies or will lie."""
        return self.folder / f"part-{number:05d}.parquet"

    def indices(self, number: int) -> range:
        """The clips a part holds."""
        size = int(self.manifest["part_size"])
        return range(number * size, min((number + 1) * size, self.count))

    @property
    def numbers(self) -> range:
        """Every part of the dataset, present or not."""
        return range(-(-self.count // int(self.manifest["part_size"])))

    def missing(self) -> list[int]:
        """Parts that are absent, unreadable, or of another count."""
        return [n for n in self.numbers if not self._whole(n)]

    def present(self) -> list[int]:
        """Parts that can be read."""
        return [n for n in self.numbers if self._whole(n)]

    def write(self, number: int, rows: Sequence[Row]) -> None:
        """Write one part at once: rows in the order of their index."""
        self._save(
            number, _table(sorted(rows, key=lambda row: row["index"]), schema(len(self.spec)))
        )

    def set_tags(self, number: int, tags: Sequence[Sequence[str]]) -> None:
        """Give the clips of a part, in its order, their tags; nothing else of it changes."""
        # Not memory-mapped: the file that it is read from is about to be replaced.
        table = pq.read_table(self.part(number))
        column = table.schema.get_field_index("tags")
        field = table.schema.field(column)
        self._save(number, table.set_column(column, field, pa.array(tags, field.type)))

    def _save(self, number: int, table: pa.Table) -> None:
        with replaced(self.part(number)) as file:
            # FLAC does not compress further, and dictionaries or extremes of whole clips would
            # cost more than writing them; a fixed layout keeps parts equal byte for byte.
            pq.write_table(
                table,
                file,
                compression="none",
                use_dictionary=False,
                write_statistics=["index"],
                row_group_size=ROW_GROUP,
            )

    def read(self, number: int, columns: Sequence[str] | None = None) -> pa.Table:
        """One part, or some of its columns."""
        return pq.read_table(self.part(number), columns=columns, memory_map=True)

    def columns(self, *names: str) -> dict[str, npt.NDArray[Any]]:
        """Columns over all present parts as arrays; ``unit`` is (N, P) float32.

        Of a list column such as ``tags`` each element is an array itself, or None.
        """
        parts = [self.read(n, list(names)) for n in self.present()]
        if not parts:
            raise StoreError(f"{self.folder} has no part yet: run its render-presets command again")
        table = pa.concat_tables(parts)
        return {name: _array(table[name].combine_chunks()) for name in names}

    def audio(self, number: int) -> Iterator[FloatArray]:
        """The clips of a part in turn, (channels, samples) float32, peak-normalised."""
        for value in self.read(number, ["audio"])["audio"]:
            yield decode(value["bytes"].as_py())

    def clip(self, number: int, row: int) -> FloatArray:
        """One clip of a part, (channels, samples) float32, peak-normalised."""
        column = self.read(number, ["audio"])["audio"]
        return decode(column[row]["bytes"].as_py())

    def _whole(self, number: int) -> bool:
        try:
            rows = pq.read_metadata(self.part(number)).num_rows
        except (OSError, pa.ArrowInvalid):
            return False
        return bool(rows == len(self.indices(number)))


def _table(rows: Sequence[Row], wanted: pa.Schema) -> pa.Table:
    """The columns of a part. Clips are joined at once: pyarrow's own way copies them many times."""
    arrays = [
        _clips([row.get("audio") for row in rows])
        if field.name == "audio"
        else pa.array([row.get(field.name) for row in rows], field.type)
        for field in wanted
    ]
    return pa.Table.from_arrays(arrays, schema=wanted)


def _clips(audio: Sequence[Mapping[str, Any] | None]) -> pa.StructArray:
    encoded = [clip["bytes"] if clip else b"" for clip in audio]
    offsets = np.concatenate([[0], np.cumsum([len(clip) for clip in encoded])]).astype(np.int32)
    whole = pa.py_buffer(b"".join(encoded))
    clips = pa.Array.from_buffers(
        pa.binary(), len(audio), [None, pa.py_buffer(offsets.tobytes()), whole]
    )
    paths = pa.array([clip["path"] if clip else "" for clip in audio], pa.string())
    absent = pa.array([clip is None for clip in audio])
    return pa.StructArray.from_arrays([clips, paths], ["bytes", "path"], mask=absent)


def _array(column: pa.Array) -> npt.NDArray[Any]:
    if pa.types.is_fixed_size_list(column.type):
        flat = column.flatten().to_numpy(zero_copy_only=False)
        return flat.reshape(-1, column.type.list_size)  # type: ignore[no-any-return]
    return column.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def open_store(folder: str | Path) -> Store:
    """A dataset that exists; StoreError when it does not, or its manifest is damaged."""
    folder = Path(folder)
    try:
        manifest = dict(json.loads((folder / "dataset.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise StoreError(
            f"no dataset in {folder}: make one with render-presets SPEC --count N --out {folder}"
        ) from None
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{folder / 'dataset.json'} cannot be read: {error}") from error
    if manifest.get("format") not in READABLE:
        found = manifest.get("format")
        raise StoreError(f"{folder}: dataset format {found}, this version reads up to {FORMAT}")
    return Store(folder, manifest)


def create_store(folder: str | Path, manifest: Mapping[str, Any]) -> Store:
    """Start a dataset, or continue the one in ``folder``.

    Raises StoreError when the folder holds a dataset of another identity (spec, seed, engine): two
    kinds of audio are never mixed; or when the folder cannot be written.
    """
    folder = Path(folder)
    if (folder / "dataset.json").exists():
        standing = open_store(folder).manifest
        for key in IDENTITY:
            if standing.get(key) != manifest.get(key):
                raise StoreError(
                    f"{folder} holds a dataset with {key} {standing.get(key)!r}, this one has "
                    f"{manifest.get(key)!r}: choose another --out"
                )
    elif folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder} is a file: choose a folder for --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        text = json.dumps(manifest, indent=1, sort_keys=True)
        replace_file(folder / "dataset.json", text.encode())
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}") from error
    return Store(folder, manifest)


def _sweep(folder: Path) -> None:
    """Remove what killed processes of this machine were writing; other machines' is left alone."""
    for path in folder.glob(f".*.{platform.node()}.*.tmp"):
        process = path.name.split(".")[-2]
        if process.isdecimal() and not _runs(int(process)):
            path.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    """Whether a process of this number exists; where that cannot be asked, yes."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
