"""Define the columns of a part, and the metadata that makes a part complete by itself.

The Parquet schema metadata has two keys. The key ``huggingface`` holds the features of Hugging
Face's ``datasets``, so ``load_dataset`` returns the column ``audio`` as Audio. The key
``patchwright`` holds the manifest without the values that differ between machines and runs. So
equal clips make equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

PARTS = "part-*.parquet"
# What pyarrow raises for damaged parts and for columns of other types.
DAMAGE = (
    *(OSError, pa.ArrowException, ValueError, TypeError, KeyError),
    *(IndexError, AttributeError, MemoryError, RecursionError),
)
Row = dict[str, Any]
# These keys are not in the metadata of parts: they may differ between runs with the same clips.
OF_A_RUN = ("count", "machine", "python", "versions")
HUGGINGFACE, MANIFEST = b"huggingface", b"patchwright"


def read_part(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a part, or some of its columns; raise one of ``DAMAGE`` if it cannot be read."""
    return pq.read_table(path, columns=columns, memory_map=True)


def columns(parameters: int) -> pa.Schema:
    """Return the columns of a part for a spec with ``parameters`` parameters, without metadata."""
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
            ("reason", pa.string()),  # why the status is not "ok"
        ]
    )


def metadata(manifest: Mapping[str, Any], schema: pa.Schema) -> dict[bytes, bytes]:
    """Return the schema metadata of a dataset's parts.

    Args:
        manifest: The dataset's manifest; its spec has the sample rate.
        schema: The columns of the parts; format 1 has one less.

    Returns:
        The metadata by key.
    """
    rate = manifest["spec"]["sample_rate"]
    features = {field.name: _feature(field, rate) for field in schema}
    lasting = {key: manifest[key] for key in sorted(manifest) if key not in OF_A_RUN}
    return {
        HUGGINGFACE: json.dumps({"info": {"features": features}}).encode(),
        MANIFEST: json.dumps(lasting, sort_keys=True).encode(),
    }


def _feature(field: pa.Field, sample_rate: int) -> dict[str, Any]:
    """Return the feature of a column as ``datasets`` writes it.

    Lists are called ``Sequence``: ``datasets`` reads it in every version, ``List`` only from 4.0.
    """
    if field.name == "audio":
        return {"sampling_rate": sample_rate, "_type": "Audio"}
    if pa.types.is_fixed_size_list(field.type):
        of = _feature(field.type.value_field, sample_rate)
        return {"feature": of, "length": field.type.list_size, "_type": "Sequence"}
    if pa.types.is_list(field.type):
        return {"feature": _feature(field.type.value_field, sample_rate), "_type": "Sequence"}
    name = "float32" if pa.types.is_float32(field.type) else str(field.type)
    return {"dtype": name, "_type": "Value"}


def with_metadata(table: pa.Table, manifest: Mapping[str, Any]) -> pa.Table:
    """Return a table whose schema has the metadata of a dataset; other keys stay."""
    return table.replace_schema_metadata(
        {**(table.schema.metadata or {}), **metadata(manifest, table.schema)}
    )


def has_metadata(path: Path) -> bool:
    """Return whether a part has the metadata; parts of version 0.7 and older do not."""
    return not {HUGGINGFACE, MANIFEST} - set(pq.read_schema(path).metadata or {})


def manifest_of_parts(folder: Path) -> dict[str, Any] | None:
    """Return the manifest that the parts of a folder carry; None if no part carries one.

    Its count of clips ends with the last part, so the result includes no later part.
    """
    # By number: part-100000 comes after part-99999.
    by_number = sorted(folder.glob(PARTS), key=lambda path: (len(path.name), path.name))
    for path in reversed(by_number):
        try:
            held = (pq.read_schema(path).metadata or {}).get(MANIFEST)
            if held is not None:
                last = pq.read_table(path, columns=["index"])["index"][-1].as_py()
                return dict(json.loads(held)) | {"count": last + 1}
        except DAMAGE:
            continue  # half-written or damaged: another part has it too
    return None


def table_of(rows: Sequence[Row], wanted: pa.Schema, row_group: int) -> pa.Table:
    """Return rows as a table; clips are joined in one copy, where pyarrow would make many.

    Args:
        rows: The rows, in their order.
        wanted: The columns.
        row_group: Rows in a chunk of the column of clips; a chunk holds at most 2 GiB.

    Returns:
        The table.
    """
    clips = [row.get("audio") for row in rows]
    groups = [clips[start : start + row_group] for start in range(0, len(clips), row_group)]
    arrays = [
        pa.chunked_array([_clips(group) for group in groups], field.type)
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
