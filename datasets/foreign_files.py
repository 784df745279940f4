"""Read files that other programs made: bounded size, any byte order mark, one kind of error.

Every reader of presets, specs, recipes, maps and options uses these functions.
"""

from __future__ import annotations

import codecs
import json
import lzma
import math
import struct
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from numbers import Integral, Real
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from zipfile import BadZipFile, ZipFile

from datasets.errors import PatchwrightError, StoreError, reason

Record = TypeVar("Record")

MAX_BYTES = 64 * 2**20  # A preset with samples inside has a few MB; a larger file is not a preset.
MAX_TEXT_BYTES = 8 * 2**20  # A full bank of amsynth has 0.2 MB, a spec 0.1 MB.
MAX_JSON_ITEMS = 1_000_000  # A .vital file has a few thousand; each uses up to 100 bytes of memory.
MAX_ARCHIVE_BYTES = 2**30  # of all presets in an archive
HUGE = 1e300  # No number in a file has this size; NaN is not below it either.
APPLE = "__MACOSX/"  # macOS puts its own data into archives
# What zipfile raises for damaged, encrypted and foreign archives.
ZIP_ERRORS = (
    *(BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError),
    *(RuntimeError, ValueError, KeyError, struct.error),
)
# Windows' Notepad and some exporters write these before the text.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def file_content(path: Path, limit: int | None = None, what: str = "a preset file") -> bytes:
    """Return the bytes of a file.

    Args:
        path: The file.
        limit: Most bytes; 64 MiB by default.
        what: Kind of file, for the error message.

    Returns:
        The content.

    Raises:
        StoreError: The file cannot be read, or is too large.
    """
    limit = limit or MAX_BYTES
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > limit:
        raise StoreError(f"{path.name} is not {what}: it has over {limit // 2**20} MB")
    return content


def decoded(content: bytes, encoding: str = "utf-8", errors: str = "strict") -> str:
    r"""Return the text of a file without its byte order mark.

    Args:
        content: The bytes of the file.
        encoding: Encoding of a file without a mark; a mark names its own encoding.
        errors: As in ``bytes.decode``.

    Returns:
        The text.

    >>> decoded(b"\xef\xbb\xbfa"), decoded(b"\xff\xfea\x00"), decoded(b"\xe4", "latin-1")
    ('a', 'a', 'ä')
    """
    for mark, name in MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, errors)
    return content.decode(encoding, errors)


def utf8(content: bytes) -> bytes:
    """Return a text in UTF-8 without a byte order mark; the same bytes if it has no mark."""
    marked = any(content.startswith(mark) for mark, _ in MARKS)
    return decoded(content).encode() if marked else content


def text_lines(path: Path, encoding: str) -> list[str]:
    """Return the lines of a text file; bytes outside the encoding can only occur in names."""
    text = decoded(file_content(path, MAX_TEXT_BYTES), encoding, "replace")
    return text.replace("\r\n", "\n").split("\n")


def read_toml(path: Path, error: type[PatchwrightError], what: str) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Args:
        path: The file.
        error: Class of the error to raise.
        what: Beginning of the error message: kind and name of the file.

    Returns:
        Plain values by key.

    Raises:
        PatchwrightError: The file cannot be read, or is not TOML. It is an ``error``.
        FileNotFoundError: The file does not exist.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        return tomllib.loads(decoded(file_content(path, MAX_TEXT_BYTES, "TOML")))
    except StoreError as fault:
        raise error(f"{what}: {fault}") from fault
    except (ValueError, RecursionError) as fault:
        raise error(f"{what} is not valid TOML: {reason(fault)}. Correct the file") from fault


def parse_json(content: bytes, what: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return the value of a JSON text with a bounded number of items.

    Args:
        content: The bytes of the file, in UTF-8 or UTF-16.
        what: Beginning of the error message, such as "x.vital is not a Vital preset".

    Returns:
        Plain values.

    Raises:
        StoreError: The bytes are not JSON, or hold too much.
    """
    if content.count(b",") + content.count(b"[") + content.count(b"{") > MAX_JSON_ITEMS:
        raise StoreError(f"{what}: it has over {MAX_JSON_ITEMS} items")
    try:
        return json.loads(decoded(content))
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{what}: it is not JSON: {reason(error)}") from error


def zip_entries(path: Path, ending: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file in a ZIP archive, in the order of the names.

    Args:
        path: The archive.
        ending: Ending of the files to read, in lower case.

    Yields:
        Name within the archive, and content.

    Raises:
        StoreError: The archive cannot be read or is damaged, or its files are too large.
    """
    left = MAX_ARCHIVE_BYTES
    try:
        with ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.lower().endswith(ending) and not name.startswith(APPLE):
                    with archive.open(name) as file:
                        content = file.read(min(MAX_BYTES, left) + 1)
                    left -= len(content)
                    if len(content) > MAX_BYTES or left < 0:
                        raise StoreError(f"{path.name}, {name[:100]!r} is too large for a preset")
                    yield name, content
    except OSError as error:  # also for a damaged archive: zipfile seeks to the places it names
        raise StoreError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except ZIP_ERRORS as error:
        raise StoreError(
            f"{path.name}: the ZIP archive is damaged ({reason(error)}). Get the file again"
        ) from error


def typed(kind: type[Record], values: object, what: str, error: type[PatchwrightError]) -> Record:
    """Return a dataclass of plain values from a file; each must have the type of its field.

    Args:
        kind: The dataclass.
        values: Value of each field by name; a list becomes a tuple.
        what: Beginning of the error message, such as "spec 'mine': parameter 3".
        error: Class of the error to raise.

    Returns:
        The record.

    Raises:
        PatchwrightError: A field is missing or unknown, or a value has another type. It is an
            ``error``.
    """
    if not isinstance(values, Mapping):
        raise error(f"{what} {_short(values)}: must be a table of values")
    hints = _hints(kind)
    unknown = [str(name) for name in values if name not in hints]
    if unknown:
        raise error(f"{what} unknown key {unknown[0][:40]!r}: use {', '.join(hints)}")
    for name, value in values.items():
        if not _fits(value, hints[name]):
            wanted = getattr(hints[name], "__name__", str(hints[name]))
            raise error(f"{what} {name} {_short(value)}: must be of type {wanted}")
    try:
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    except TypeError as fault:
        raise error(f"{what} a key is missing: {reason(fault)}") from fault


def _hints(kind: type) -> dict[str, Any]:
    """Return the type of each field of a dataclass."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _fits(value: object, hint: Any) -> bool:  # noqa: ANN401 - a type, a union or a generic
    """Return whether a plain value has the type of a field."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            return False
        hints = inner[:1] * len(value) if Ellipsis in inner else inner
        return len(value) == len(hints) and all(map(_fits, value, hints))
    if origin is UnionType:
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return isinstance(value, str)  # the class itself names the words
    if hint in (int, float):
        number: Any = value  # numpy's numbers too
        kind = Integral if hint is int else Real
        return isinstance(value, kind) and type(number) is not bool and -HUGE < number < HUGE
    return isinstance(value, origin or hint)


def _short(value: object) -> str:
    """Return the beginning of a value's text."""
    return ascii(value)[:60]


def finite(value: object, where: str) -> float:
    """Return the number that a text or value holds.

    Raises:
        StoreError: It is a word, NaN or infinity; the message starts with ``where``.
    """
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise StoreError(f"{where}: {str(value)[:40]!r} is not a number")
    return number
