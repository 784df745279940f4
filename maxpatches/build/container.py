"""Write and read the ``.amxd`` container.

A device has the chunks ``ampf``, ``meta`` and ``ptch`` (tag, little-endian size, data). A frozen
``ptch`` starts with ``mx@c``, the header's size and the footer's offset (big-endian). Then come the
files without gaps, then the footer. The footer is a ``dlst`` with one ``dire`` for each file. Its
fields' sizes include their own eight bytes. The source is maxdevtools, Ableton's published parser.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

AUDIO_EFFECT = b"aaaa"
FROZEN = 7  # in ``meta``
DEVICE_FLAG, SCRIPT_FLAG = 17, 0
HEADER = struct.Struct(">4sIQ")  # mx@c, its size, the footer's offset
# Max counts seconds from 1904. A fixed date makes the build the same on every day.
DATED = 3_850_070_400  # 2026-01-01


class ContainerError(ValueError):
    """Signal that bytes are not a frozen device, and where they differ."""


@dataclass(frozen=True)
class Packed:
    """Describe one file inside a device; the first file is the patch."""

    name: str
    kind: str  # "JSON" for a patch, "TEXT" for a script
    data: bytes
    flag: int


def pack(files: Sequence[Packed], device: bytes = AUDIO_EFFECT) -> bytes:
    """Return a frozen device with these files."""
    at, body, records = HEADER.size, b"", b""
    for file in files:
        records += _chunk(b"dire", _record(file, at + len(body)))
        body += file.data
    header = HEADER.pack(b"mx@c", HEADER.size, at + len(body))
    patch = header + body + _chunk(b"dlst", records)
    meta = struct.pack("<4sII", b"meta", 4, FROZEN)
    return struct.pack("<4sI4s", b"ampf", 4, device) + meta + _outer(b"ptch", patch)


def _outer(tag: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", tag, len(data)) + data


def _chunk(tag: bytes, data: bytes) -> bytes:
    return struct.pack(">4sI", tag, 8 + len(data)) + data


def _record(file: Packed, at: int) -> bytes:
    name = file.name.encode() + b"\0"
    name += bytes(-len(name) % 4)
    numbers = {b"sz32": len(file.data), b"of32": at, b"vers": 0, b"flag": file.flag, b"mdat": DATED}
    fields = [_chunk(b"type", file.kind.encode()), _chunk(b"fnam", name)]
    return b"".join(fields + [_chunk(tag, struct.pack(">I", n)) for tag, n in numbers.items()])


@dataclass(frozen=True)
class MaxDevice:
    """Hold the contents of a container."""

    device: bytes  # aaaa, mmmm or iiii
    meta: int
    files: tuple[Packed, ...]


def unpack(data: bytes) -> MaxDevice:
    """Read a frozen device.

    Raises:
        ContainerError: The bytes are not a frozen device.
    """
    outer = dict(_chunks(data, "<", 0))
    if set(outer) != {b"ampf", b"meta", b"ptch"} or len(outer[b"meta"]) != 4:
        raise ContainerError(f"chunks {sorted(outer)}: a frozen device has ampf, meta and ptch")
    patch = outer[b"ptch"]
    if len(patch) < HEADER.size:
        raise ContainerError(f"ptch has {len(patch)} bytes: less than its header")
    tag, size, footer = HEADER.unpack_from(patch)
    if tag != b"mx@c" or size != HEADER.size or footer > len(patch):
        raise ContainerError(f"ptch starts with {tag!r} {size} {footer}: it is not frozen")
    footers = _chunks(patch[footer:], ">", 8)
    if len(footers) != 1:
        raise ContainerError(f"footer has {len(footers)} chunks: it must be one dlst")
    files = [_file(record, patch) for _, record in _chunks(footers[0][1], ">", 8)]
    return MaxDevice(outer[b"ampf"], struct.unpack("<I", outer[b"meta"])[0], tuple(files))


def _chunks(data: bytes, order: str, counted: int) -> list[tuple[bytes, bytes]]:
    """Return tags and data; ``counted`` is how many bytes of its header a size includes."""
    found, at = [], 0
    while at < len(data):
        if len(data) - at < 8:
            raise ContainerError(f"{len(data) - at} bytes are left at {at}: too few for a chunk")
        tag, size = struct.unpack_from(f"{order}4sI", data, at)
        end = at + 8 + size - counted
        if size < counted or end > len(data):
            raise ContainerError(f"chunk {tag!r} at {at} has size {size}: it does not fit")
        found.append((tag, data[at + 8 : end]))
        at = end
    return found


def _file(record: bytes, patch: bytes) -> Packed:
    fields = dict(_chunks(record, ">", 8))
    try:
        size, at, flag = (int.from_bytes(fields[tag], "big") for tag in (b"sz32", b"of32", b"flag"))
        name, kind = fields[b"fnam"].rstrip(b"\0").decode(), fields[b"type"].decode()
    except (KeyError, UnicodeDecodeError) as error:
        raise ContainerError(f"a file's record cannot be read: {error!r}") from error
    if not HEADER.size <= at <= at + size <= len(patch):
        raise ContainerError(f"{name}: {size} bytes at {at} are not in the device")
    return Packed(name, kind, patch[at : at + size], flag)
