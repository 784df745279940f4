"""Read preset files that are text: amsynth ``.bank``, ``.vital``, u-he Diva ``.h2p``.

Each reader returns the presets of one file as (name, native value by control name). For any other
file it raises StoreError with the file, the line and the reason.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from datasets.errors import StoreError

TABLES = Path(__file__).parent / "preset_tables"
MAX_BYTES = 64 * 2**20  # A preset with samples inside has a few MB; a larger file is not a preset.
MAX_TEXT_BYTES = 8 * 2**20  # A full bank of amsynth has 0.2 MB.
MAX_JSON_ITEMS = 1_000_000  # A .vital file has a few thousand; each uses up to 100 bytes of memory.
NamedPreset = tuple[str, dict[str, float]]

BANK_HEADER = "amSynth"
SINGLE_HEADER = "amSynth1.0preset"  # one preset, without the EOF line of a bank
PRESET_LINE = "<preset> <name>"
PARAMETER_LINE = re.compile(r"<parameter> (\S+) (\S+)")
H2P_TAILS = ("// Section for ugly compressed binary Data", "$$$$")


@dataclass(frozen=True)
class BankParameter:
    """Describe a parameter in amsynth's banks: native = (raw - low) / (high - low)."""

    name: str
    low: float
    high: float
    steps: int  # 0: continuous
    default: float | None = None  # raw; None if every bank has the parameter


@dataclass(frozen=True)
class H2pParameter:
    """Describe a Diva parameter in ``.h2p``.

    native = (value - file_low) / (file_high - file_low)
    """

    name: str  # in the VST2
    file_key: str  # MODULE.Key
    file_low: float
    file_high: float


@cache
def bank_parameters() -> tuple[BankParameter, ...]:
    """Return amsynth's 41 parameters in bank order (``preset_tables/amsynth-bank.toml``)."""
    return tuple(BankParameter(**row) for row in table("amsynth-bank"))


@cache
def h2p_parameters() -> tuple[H2pParameter, ...]:
    """Return the Diva parameters that specs learn (``preset_tables/diva-h2p.toml``)."""
    return tuple(H2pParameter(**row) for row in table("diva-h2p"))


def read_bank(path: Path) -> list[NamedPreset]:
    """Return the presets of an amsynth bank or single-preset file; native is normalised, 0..1.

    Older banks lack the last five parameters: these get amsynth's own defaults.
    """
    return bank_presets(text_lines(path, "utf-8"), path.name)


def bank_presets(lines: Sequence[str], source: str) -> list[NamedPreset]:
    """Return the presets in the text of a bank, as ``read_bank`` does.

    Args:
        lines: The lines of a file or of a plugin state.
        source: Name for error messages.

    Returns:
        Name and native values of each preset, 0..1.

    Raises:
        StoreError: The text is not an amsynth bank, or a value is wrong.
    """
    header = lines[0].strip()
    if header not in (BANK_HEADER, SINGLE_HEADER):
        raise StoreError(f"{source} is not an amsynth bank: its first line must be {BANK_HEADER!r}")
    raw: list[tuple[str, dict[str, float]]] = []
    for number, line in enumerate(lines[1:], 2):
        if line.startswith(PRESET_LINE):
            raw.append((line[len(PRESET_LINE) :].strip(), {}))
        elif line.strip() == "EOF":
            break
        elif line.strip():
            _add_raw(raw, line, f"{source}, line {number}")
    else:
        if header == BANK_HEADER:
            raise StoreError(f"{source} is cut off: the line EOF is missing. Get the bank again.")
    return [(name, _bank_native(values, f"{source}, {name!r}")) for name, values in raw]


def read_vital(path: Path) -> list[NamedPreset]:
    """Return the one preset of a ``.vital`` file: its numeric ``settings``, in control units.

    Every value is as stored, whether it sounds or not (see ``datasets.vital_modules``). Wavetables,
    LFO shapes, samples and modulation routings are not numbers.
    """
    patch = vital_patch(file_content(path), path.name)
    native = control_values(patch["settings"], path.name)
    return [(str(patch.get("preset_name") or path.stem), native)]


def control_values(settings: Mapping[str, Any], source: str) -> dict[str, float]:
    """Return the numbers among a Vital patch's ``settings``; StoreError if one is infinite."""
    numbers = {k: v for k, v in settings.items() if type(v) in (int, float)}
    return {k: finite(v, f"{source}, {k!r}") for k, v in numbers.items()}


def vital_patch(content: bytes, source: str) -> dict[str, Any]:
    """Return the JSON of a ``.vital`` file, with its ``settings``.

    Args:
        content: The bytes of the file.
        source: Name for error messages.

    Returns:
        The patch.

    Raises:
        StoreError: The content is not a Vital preset.
    """
    if content.count(b",") + content.count(b"[") + content.count(b"{") > MAX_JSON_ITEMS:
        raise StoreError(f"{source} is not a Vital preset: it has over {MAX_JSON_ITEMS} items")
    try:
        patch = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{source} is not a Vital preset: it is not JSON: {error}") from error
    if not isinstance(patch, dict) or not isinstance(patch.get("settings"), dict):
        raise StoreError(f"{source} is not a Vital preset: it has no 'settings'")
    return patch


def read_h2p(path: Path) -> list[NamedPreset]:
    """Return the one preset of a Diva ``.h2p`` file; native is normalised, 0..1, by VST2 name.

    It reads only the parameters of ``preset_tables/diva-h2p.toml``, from the text above the binary
    section. A preset may lack some of them, as real ones do.

    Raises:
        StoreError: The file is not a Diva preset, or has none of these parameters.
    """
    values = _h2p_values(path)
    native: dict[str, float] = {}
    for parameter in h2p_parameters():
        if parameter.file_key in values:
            where = f"{path.name}, {parameter.file_key}"
            value = finite(values[parameter.file_key], where)
            native[parameter.name] = unit_of(value, parameter.file_low, parameter.file_high)
    if not native:
        raise StoreError(
            f"{path.name} has no parameter that a Diva spec learns: use another preset"
        )
    return [(path.stem, native)]


def _h2p_values(path: Path) -> dict[str, str]:
    """Return the text of each value of a ``.h2p`` file, by MODULE.Key."""
    values: dict[str, str] = {}
    module = ""
    for number, line in enumerate(text_lines(path, "latin-1"), 1):
        if line.startswith(H2P_TAILS):
            break
        line = line.partition("//")[0].strip()
        if line.startswith("#AM=") and line[4:].lower() != "diva":
            raise StoreError(f"{path.name} is a preset of {line[4:40]!r}, not of Diva")
        if line.startswith("#cm="):
            module = line[4:]
        elif line and module and not line.startswith("#"):
            key, equals, value = line.partition("=")
            if not equals:
                raise StoreError(f"{path.name}, line {number}: {line[:40]!r} is not Key=Value")
            values[f"{module}.{key}"] = value.strip().strip("'")
    else:
        raise StoreError(
            f"{path.name} is cut off: the line {H2P_TAILS[0]!r} is missing. Get the preset again."
        )
    return values


def _add_raw(raw: list[tuple[str, dict[str, float]]], line: str, where: str) -> None:
    """Add one parameter line of a bank to the last preset of ``raw``."""
    match = PARAMETER_LINE.fullmatch(line.strip())
    if match is None or not raw:
        raise StoreError(f"{where}: {line[:60]!r} is not '<parameter> NAME VALUE' of a preset")
    name, text = match.groups()
    if name in raw[-1][1]:
        raise StoreError(f"{where}: {name!r} is set twice in preset {raw[-1][0]!r}")
    raw[-1][1][name] = finite(text, where)


def _bank_native(raw: Mapping[str, float], where: str) -> dict[str, float]:
    native = {}
    for parameter in bank_parameters():
        value = raw.get(parameter.name, parameter.default)
        if value is None:
            raise StoreError(f"{where}: {parameter.name!r} is missing: save the preset again")
        native[parameter.name] = unit_of(value, parameter.low, parameter.high)
    unknown = [name for name in raw if name not in native]
    if unknown:
        raise StoreError(f"{where}: {unknown[0]!r} is not a parameter of amsynth 1.13: remove it")
    return native


def unit_of(value: float, low: float, high: float) -> float:
    """Return ``value`` of the range ``low..high`` as 0..1.

    Args:
        value: The value; outside the range it becomes the end of the range, as in the plugins.
        low: Value at 0.
        high: Value at 1.

    Returns:
        A number 0..1.
    """
    return min(max((value - low) / (high - low), 0.0), 1.0)


def finite(value: str | float, where: str) -> float:
    """Return the number that a text or value holds.

    Raises:
        StoreError: It is a word, NaN or infinity; the message starts with ``where``.
    """
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise StoreError(f"{where}: {str(value)[:40]!r} is not a number")
    return number


def text_lines(path: Path, encoding: str) -> list[str]:
    """Return the lines of a text file; bytes outside the encoding can only occur in names."""
    return (
        file_content(path, MAX_TEXT_BYTES)
        .decode(encoding, "replace")
        .replace("\r\n", "\n")
        .split("\n")
    )


def file_content(path: Path, limit: int | None = None) -> bytes:
    """Return the bytes of a preset file.

    Raises:
        StoreError: The file cannot be read, or has more than ``limit`` bytes.
    """
    limit = limit or MAX_BYTES
    try:
        if path.stat().st_size > limit:
            raise StoreError(f"{path.name} is not a preset file: it has over {limit // 2**20} MB")
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error


def table(name: str) -> list[dict[str, Any]]:
    """Return the rows of ``preset_tables/NAME.toml``: how a format stores each parameter."""
    text = (TABLES / f"{name}.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["parameter"])
