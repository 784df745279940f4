"""Write and read the JSON file that carries saved presets to another collection.

One schema checks the whole file before anything is stored. A file may come from anywhere.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    ValidationError,
)

from datasets.errors import ServeError
from datasets.foreign_files import utf8
from datasets.spec import available_specs, load_spec
from renderer.plugins.patch_template import MOST_BYTES, PatchFile
from server.presets.saved_preset import (
    LONGEST_NOTE,
    LONGEST_ORIGIN,
    SavedPreset,
    checked,
    checked_tags,
    plain_json,
    utc,
)

FORMAT = 1  # exports without preset files; older versions can read them
FILES_FORMAT = 2  # exports with whole preset files
TEMPLATES_FORMAT = 3  # exports with presets on a player's own patch
MOST_PRESETS, MOST_PARAMETERS = 100_000, 1000
MOST_FILES = 10_000
LONGEST_FILE = 200  # characters of a file's name
MOST_VALUES = 5_000_000  # of the whole JSON: parsing one takes up to a hundred bytes of memory
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
MACROS = 4  # of a whole preset file


def exported(presets: Sequence[SavedPreset], files: Mapping[str, PatchFile] | None = None) -> bytes:
    """Return presets, and the preset files of some of them, as a JSON document.

    The document has the oldest format that can hold the presets: older versions can read that.

    Args:
        presets: Presets in the order of the document.
        files: Preset files by digest; none by default. Those without a name are UTF-8.

    Returns:
        The document, UTF-8.
    """
    rows, files = [asdict(kept) for kept in presets], files or {}
    texts = {digest: file.content.decode() for digest, file in files.items() if not file.name}
    named = {digest: _written(file) for digest, file in files.items() if file.name}
    form = TEMPLATES_FORMAT if named else FILES_FORMAT if texts else FORMAT
    for row in rows:
        for key in ["template"] * (not named) + ["patch"] * (not files):
            del row[key]
    document: dict[str, object] = {"patchwright_collection": form, "presets": rows}
    document |= ({"files": texts} if texts else {}) | ({"templates": named} if named else {})
    return json.dumps(document, indent=1).encode()


def _written(file: PatchFile) -> dict[str, str]:
    """Return a preset file of any format as JSON."""
    return {"name": file.name, "content": base64.b64encode(file.content).decode()}


def imported(data: bytes) -> tuple[list[SavedPreset], dict[str, PatchFile]]:
    """Return the presets of an exported document, and its preset files by digest.

    Raises:
        ServeError: The document is not an export, or a part of it is wrong or missing.
    """
    try:
        data = utf8(data)
        _check_size(data)
        document = ExportFile.model_validate_json(data)
        held = [PatchFile("", text.encode()) for text in document.files.values()]
        held += [PatchFile(one.name, one.content) for one in document.templates.values()]
        files = {file.digest: file for file in held}
        presets = [row.preset(files) for row in document.presets]
        _check_lengths(presets)
        return presets, files
    except ValidationError as error:
        raise _not_a_collection(_first_fault(error)) from error
    except (ServeError, ValueError) as error:
        raise _not_a_collection(str(error)) from error


def _first_fault(error: ValidationError) -> str:
    """Return the first fault of a file: the field, its value and what is wrong."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part)[:40] for part in first["loc"]) or "the file"
    has_value = first["type"] not in ("missing", "json_invalid")
    value = f" {first['input']!r:.40}" if has_value else ""
    return f"{place}{value}: {first['msg']}"


def _not_a_collection(fault: str) -> ServeError:
    return ServeError(
        f"the file is not an exported collection ({fault[:300]}): send an exported file as the "
        "whole body"
    )


def _check_size(data: bytes) -> None:
    """Check that the file has a sane number of values, before they are in memory."""
    outside = STRING.sub(b"", data)
    if (values := sum(map(outside.count, (b",", b"[", b"{")))) > MOST_VALUES:
        raise ValueError(f"{values} values, but {MOST_VALUES} at most are allowed")


def _known_origin(origin: dict[str, Any]) -> dict[str, Any]:
    """Return an origin that is short and can be written again as it is."""
    text = json.dumps(origin)
    if len(text) > LONGEST_ORIGIN:
        raise ValueError(f"{len(text)} characters, but {LONGEST_ORIGIN} at most are allowed")
    if plain_json(origin) != origin:
        raise ValueError("NaN, an infinite number or half a surrogate pair")
    return origin


def _bytes(text: object) -> object:
    """Return the bytes of a base64 text; ValueError if it is not one."""
    return base64.b64decode(text, validate=True) if isinstance(text, str) else text


def _hex_id(text: object) -> object:
    """Return the id of a preset as 32 hexadecimal digits."""
    return uuid.UUID(hex=text).hex if isinstance(text, str) else text


Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
FIRST = FailFast()  # a list may hold millions of faults, and each takes a kilobyte
Digest = Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]


class ExportPart(BaseModel):
    """Refuse values of another type; later versions may add fields."""

    model_config = ConfigDict(strict=True)


class ExportedPreset(ExportPart):
    """Describe a preset of the file."""

    id: Annotated[str, BeforeValidator(_hex_id)]
    spec: ShortText
    digest: ShortText
    unit: Annotated[list[Unit], FIRST, Field(min_length=1, max_length=MOST_PARAMETERS)]
    name: str
    made: Annotated[str, AfterValidator(utc)]
    origin: Annotated[dict[str, Any], AfterValidator(_known_origin)]
    note: str
    starred: bool
    tags: Annotated[list[str], FIRST, Field(max_length=1000)]
    patch: Digest = ""
    template: Digest = ""

    def preset(self, files: Mapping[str, PatchFile]) -> SavedPreset:
        """Return the preset.

        Raises:
            ServeError: A text is too long, or the preset file is missing.
        """
        if self.patch and self.template:
            raise ServeError(f"{self.name!r} is a whole preset file, so it cannot be on a patch")
        if not files.keys() >= {self.patch, self.template} - {""}:
            raise ServeError(f"the preset file of {self.name!r} is missing. Export it again")
        return SavedPreset(
            id=self.id,
            spec=checked(self.spec),
            digest=self.digest,
            unit=tuple(self.unit),
            name=checked(self.name),
            made=self.made,
            origin=self.origin,
            note=checked(self.note, LONGEST_NOTE),
            starred=self.starred,
            tags=checked_tags(self.tags),
            patch=self.patch,
            template=self.template,
        )


class ExportedTemplate(ExportPart):
    """Describe the file of a player's own patch."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_FILE)]
    content: Annotated[bytes, BeforeValidator(_bytes), Field(min_length=1, max_length=MOST_BYTES)]


class ExportFile(ExportPart):
    """Describe the whole file."""

    patchwright_collection: Literal[1, 2, 3]
    presets: Annotated[list[ExportedPreset], FIRST, Field(max_length=MOST_PRESETS)]
    files: Annotated[dict[str, str], Field(max_length=MOST_FILES)] = {}
    templates: Annotated[dict[str, ExportedTemplate], Field(max_length=MOST_FILES)] = {}


def _check_lengths(presets: Sequence[SavedPreset]) -> None:
    """Check the number of values; presets of an unknown spec must have as many as each other."""
    known = dict(lengths())
    for one in presets:
        wanted = MACROS if one.patch else known.setdefault(one.digest, len(one.unit))
        if wanted != len(one.unit):
            raise ValueError(
                f"preset {one.name[:40]!r}: {len(one.unit)} unit values, but it has {wanted}"
            )


@cache
def lengths() -> dict[str, int]:
    """Return the number of parameters of each built-in spec, by its digest."""
    specs = [load_spec(name) for name in available_specs()]
    return {spec.digest(): len(spec.names) for spec in specs}
