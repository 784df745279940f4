"""Read preset files without their synth (amsynth, Vital, Diva), and list every file ending.

Each reader returns the presets of one file as (name, native value by control name). For any other
file it raises StoreError with the file, the line and the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from datasets.errors import StoreError
from datasets.foreign_files import (
    file_content,
    finite,
    parse_json,
    read_toml,
    text_lines,
    zip_entries,
)

TABLES = Path(__file__).parent / "preset_tables"
NamedPreset = tuple[str, dict[str, float]]

BANK_HEADER = "amSynth"
SINGLE_HEADER = "amSynth1.0preset"  # one preset, without the EOF line of a bank
PRESET_LINE = "<preset> <name>"
PARAMETER_LINE = re.compile(r"<parameter>\s+(\S+)\s+(\S+)")
OTHER_LINE = re.compile(r"<(?!parameter>|preset>)\w+>.*")  # as <property> tuning_scl_file PATH
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


@dataclass(frozen=True)
class BankPreset:
    """Hold one preset in the text of a bank."""

    name: str
    raw: dict[str, float]  # in amsynth's own units
    others: list[str]  # lines that are not parameters, such as the tuning's

    def native(self, source: str) -> NamedPreset:
        """Return the name and the native values, 0..1.

        Raises:
            StoreError: A parameter is missing or unknown; the message starts with ``source``.
        """
        return self.name, _bank_native(self.raw, f"{source}, {self.name!r}")


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
    presets = bank_presets(text_lines(path, "utf-8"), path.name)
    return [preset.native(path.name) for preset in presets]


def bank_presets(lines: Sequence[str], source: str) -> list[BankPreset]:
    """Return the presets in the text of a bank.

    Args:
        lines: The lines of a file or of a plugin state.
        source: Name for error messages.

    Returns:
        The presets in the order of the text.

    Raises:
        StoreError: The text is not an amsynth bank, or a value is wrong.
    """
    header = lines[0].strip()
    if header not in (BANK_HEADER, SINGLE_HEADER):
        raise StoreError(f"{source} is not an amsynth bank: its first line must be {BANK_HEADER!r}")
    presets: list[BankPreset] = []
    for number, line in enumerate(lines[1:], 2):
        if line.startswith(PRESET_LINE):
            presets.append(BankPreset(line[len(PRESET_LINE) :].strip(), {}, []))
        elif line.strip() == "EOF":
            break
        elif line.strip():
            _add_line(presets, line.strip(), f"{source}, line {number}")
    else:
        if header == BANK_HEADER:
            raise StoreError(f"{source} is cut off: the line EOF is missing. Get the bank again.")
    return presets


def read_vital(path: Path) -> list[NamedPreset]:
    """Return the one preset of a ``.vital`` file: its numeric ``settings``, in control units.

    Every value is as stored, whether it sounds or not; ``datasets.preset_tables.vital_modules``
    says what sounds. Wavetables, LFO shapes, samples and modulation routings are not numbers.
    """
    return [_vital_preset(file_content(path), path.name, path.stem)]


def read_vitalbank(path: Path) -> list[NamedPreset]:
    """Return the presets of a ``.vitalbank``: a ZIP archive with the ``.vital`` files of a bank.

    Its wavetables, samples and LFO shapes are ignored.
    """
    return [preset for preset, _ in vitalbank_presets(path)]


def vitalbank_presets(path: Path) -> Iterator[tuple[NamedPreset, bytes]]:
    """Yield each preset of a ``.vitalbank`` and the content of its ``.vital`` file.

    Raises:
        StoreError: The archive or a preset in it is damaged, or it has no preset.
    """
    entry = ""
    for entry, content in zip_entries(path, ".vital"):
        source = f"{path.name}, {entry[:100]!r}"
        yield _vital_preset(content, source, PurePosixPath(entry).stem), content
    if not entry:
        raise StoreError(f"{path.name} has no .vital file in it: use a bank of Vital with presets")


def _vital_preset(content: bytes, source: str, stem: str) -> NamedPreset:
    """Return the name and the numbers of a ``.vital`` file; ``stem`` is the name if it has none."""
    patch = vital_patch(content, source)
    return str(patch.get("preset_name") or stem), control_values(patch["settings"], source)


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
    patch = parse_json(content, f"{source} is not a Vital preset")
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


def _add_line(presets: Sequence[BankPreset], line: str, where: str) -> None:
    """Add one line of a bank to the last of its presets."""
    if presets and OTHER_LINE.fullmatch(line):
        presets[-1].others.append(line)
        return
    match = PARAMETER_LINE.fullmatch(line)
    if match is None or not presets:
        raise StoreError(f"{where}: {line[:60]!r} is not '<parameter> NAME VALUE' of a preset")
    name, text = match.groups()
    if name in presets[-1].raw:
        raise StoreError(f"{where}: {name!r} is set twice in preset {presets[-1].name!r}")
    presets[-1].raw[name] = finite(text, where)


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


def table(name: str) -> list[dict[str, Any]]:
    """Return the rows of ``preset_tables/NAME.toml``: how a format stores each parameter."""
    return list(read_toml(TABLES / f"{name}.toml", StoreError, name)["parameter"])


# All formats of preset files in the whole project, by file ending in lower case. The plugin bridge
# adds how each is written. Of a state, only the plugin itself knows the values.
READERS: Mapping[str, Callable[[Path], list[NamedPreset]]] = {
    ".bank": read_bank,
    ".amsynthpreset": read_bank,
    ".vital": read_vital,
    ".vitalbank": read_vitalbank,
    ".h2p": read_h2p,
}
STATES = (".fxp", ".vstpreset")
RACKS = (".adg",)  # States inside another file; they must be taken out first.
