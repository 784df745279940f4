"""Read preset files that are text: amsynth ``.bank``, ``.vital``, u-he Diva ``.h2p``.

Each reader gives the presets of one file as (name, native value by control name), and StoreError
with the file, the line and what is wrong with it for anything that is not such a file.
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
MAX_BYTES = 64 * 2**20  # a preset with samples inside has a few MB; more is not a preset
MAX_TEXT_BYTES = 8 * 2**20  # a full bank of amsynth has 0.2 MB
MAX_JSON_ITEMS = 1_000_000  # a .vital file has some thousands; each takes up to 100 bytes of memory
NamedPreset = tuple[str, dict[str, float]]

BANK_HEADER = "amSynth"
SINGLE_HEADER = "amSynth1.0preset"  # one preset, without the EOF line of a bank
PRESET_LINE = "<preset> <name>"
PARAMETER_LINE = re.compile(r"<parameter> (\S+) (\S+)")
H2P_TAILS = ("// Section for ugly compressed binary Data", "$$$$")


@dataclass(frozen=True)
class BankParameter:
    """A parameter as amsynth's banks store it: native = (raw - low) / (high - low)."""

    name: str
    low: float
    high: float
    steps: int  # 0: continuous
    default: float | None = None  # raw; None where every bank has the parameter


@dataclass(frozen=True)
class H2pParameter:
    """A Diva parameter's key in ``.h2p``: native = (value - file_low) / (file_high - file_low)."""

    name: str  # as the VST2 shows it
    file_key: str  # MODULE.Key
    file_low: float
    file_high: float


@cache
def bank_parameters() -> tuple[BankParameter, ...]:
    """amsynth's 41 parameters in the order of its banks (``preset_tables/amsynth-bank.toml``)."""
    return tuple(BankParameter(**row) for row in table("amsynth-bank"))


@cache
def h2p_parameters() -> tuple[H2pParameter, ...]:
    """The Diva parameters that specs learn (``preset_tables/diva-h2p.toml``)."""
    return tuple(H2pParameter(**row) for row in table("diva-h2p"))


def read_bank(path: Path) -> list[NamedPreset]:
    """The presets of an amsynth bank, or of a single-preset file; native is normalised, 0..1.

    Older banks lack the last five parameters: those take amsynth's own defaults.
    """
    return bank_presets(text_lines(path, "utf-8"), path.name)


def bank_presets(lines: Sequence[str], source: str) -> list[NamedPreset]:
    """What ``read_bank`` gives, of the text of a file or state; errors name ``source``."""
    header = lines[0].strip()
    if header not in (BANK_HEADER, SINGLE_HEADER):
        raise StoreError(f"{source}: the first line is not {BANK_HEADER!r}: no amsynth bank")
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
            raise StoreError(f"{source}: no line EOF: the bank is cut off, get it again")
    return [(name, _bank_native(values, f"{source}, {name!r}")) for name, values in raw]


def read_vital(path: Path) -> list[NamedPreset]:
    """The one preset of a ``.vital`` file: its ``settings`` that are numbers, in control units.

    Wavetables, LFO shapes, samples and modulation routings are no numbers: whoever renders the
    preset has those of the spec's template instead. Values are taken as stored; Vital itself
    converts some of a file that an older version wrote.
    """
    patch = vital_patch(file_content(path), path.name)
    settings = patch["settings"]
    numbers = {k: v for k, v in settings.items() if type(v) in (int, float)}
    native = {k: finite(v, f"{path.name}, {k!r}") for k, v in numbers.items()}
    return [(str(patch.get("preset_name") or path.stem), native)]


def vital_patch(content: bytes, source: str) -> dict[str, Any]:
    """The JSON of a ``.vital`` file, with its ``settings``; errors name ``source``."""
    if content.count(b",") + content.count(b"[") + content.count(b"{") > MAX_JSON_ITEMS:
        raise StoreError(f"{source} has over {MAX_JSON_ITEMS} items: no Vital preset")
    try:
        patch = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{source} is not JSON, as .vital files are: {error}") from error
    if not isinstance(patch, dict) or not isinstance(patch.get("settings"), dict):
        raise StoreError(f"{source} has no 'settings': no Vital preset")
    return patch


def read_h2p(path: Path) -> list[NamedPreset]:
    """The one preset of a Diva ``.h2p`` file; native is normalised, 0..1, by VST2 name.

    Only the parameters of ``preset_tables/diva-h2p.toml`` are taken, and a preset may lack some of
    them, as real ones do. The text above the binary tail is the patch.
    """
    values = _h2p_values(path)
    native: dict[str, float] = {}
    for parameter in h2p_parameters():
        if parameter.file_key in values:
            where = f"{path.name}, {parameter.file_key}"
            value = finite(values[parameter.file_key], where)
            native[parameter.name] = unit_of(value, parameter.file_low, parameter.file_high)
    if not native:
        raise StoreError(f"{path.name} holds no parameter of Diva that a spec learns")
    return [(path.stem, native)]


def _h2p_values(path: Path) -> dict[str, str]:
    """Text by MODULE.Key of a ``.h2p`` file."""
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
        raise StoreError(f"{path.name}: no line {H2P_TAILS[0]!r}: the preset is cut off")
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
            raise StoreError(f"{where}: {parameter.name!r} is missing")
        native[parameter.name] = unit_of(value, parameter.low, parameter.high)
    unknown = [name for name in raw if name not in native]
    if unknown:
        raise StoreError(f"{where}: {unknown[0]!r} is no parameter of amsynth 1.13")
    return native


def unit_of(value: float, low: float, high: float) -> float:
    """``value`` of ``low..high`` as 0..1; what lies beyond goes to the end, as in the plugins."""
    return min(max((value - low) / (high - low), 0.0), 1.0)


def finite(value: str | float, where: str) -> float:
    """The number that a file gives; StoreError with ``where`` for a word, NaN or infinity."""
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise StoreError(f"{where}: {str(value)[:40]!r} is not a number")
    return number


def text_lines(path: Path, encoding: str) -> list[str]:
    """The lines of a text file; a byte that the encoding lacks can only stand in a name."""
    return (
        file_content(path, MAX_TEXT_BYTES)
        .decode(encoding, "replace")
        .replace("\r\n", "\n")
        .split("\n")
    )


def file_content(path: Path, limit: int | None = None) -> bytes:
    """The bytes of a preset file; StoreError when it cannot be read or is none by its size."""
    limit = limit or MAX_BYTES
    try:
        if path.stat().st_size > limit:
            raise StoreError(f"{path.name} has over {limit // 2**20} MB: no preset file")
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error


def table(name: str) -> list[dict[str, Any]]:
    """The rows of ``preset_tables/NAME.toml``: what a format stores for each parameter."""
    text = (TABLES / f"{name}.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["parameter"])
