"""Read human presets as native values, and project them onto a spec as unit vectors."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.errors import PatchwrightError, SpecError, StoreError
from datasets.foreign_files import file_content
from datasets.preset_files import RACKS, READERS, STATES, NamedPreset, vitalbank_presets
from datasets.preset_tables.vital_modules import sounding
from datasets.preset_tables.vital_values import VitalValues, read_patch
from datasets.spec import SAME, FloatArray, Parameter, SynthSpec

IntArray = npt.NDArray[np.int64]
ReadState = Callable[[Path], Mapping[str, float]]  # a state file -> native values by name

VITAL, VITAL_BANK = ".vital", ".vitalbank"
GRID = 65535  # The resolution at which presets are compared and jittered.
BLOCK = 512  # Presets compared with all others at a time.
NEAR = 0.04  # Two presets with a smaller RMS difference per parameter (unit space) are one sound.


@dataclass(frozen=True)
class Preset:
    """Hold one preset that a person made."""

    name: str  # as the file gives it
    source: str  # the file, relative to the requested folder, with '/' between folders
    native: Mapping[str, float]  # by control name; normalised 0..1 for plugins hosted as VST
    # Values in the file that a Vital preset's ``native`` may leave out or replace.
    stored: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PresetBank:
    """Hold the distinct presets of a file or folder, and the files that could not be used."""

    presets: tuple[Preset, ...]
    unit: FloatArray  # (N, P): each preset on the spec, no two rows equal
    skipped: tuple[str, ...]  # "FILE: why"

    changed: int = 0  # presets with a value that the spec cannot take; the nearest one is used

    def __len__(self) -> int:
        return len(self.presets)


def read_presets(
    path: str | Path, spec: SynthSpec, read_state: ReadState | None = None
) -> PresetBank:
    """Read the presets of a file, or of all files in and below a folder.

    Files are read in the order of their relative names. Of presets with equal vectors the first is
    kept. So every platform gives the same bank.

    Args:
        path: A file or folder.
        spec: The synth; presets are distinct if their vectors differ on it.
        read_state: Reads ``.fxp`` and ``.vstpreset`` files with the plugin. Other files do not
            need it.

    Returns:
        The bank. Damaged or foreign files of a folder are listed in ``skipped``.

    Raises:
        StoreError: The path does not exist, or it is a single file that cannot be read.
        SpecError: The path is a single file of another synth.
    """
    path = Path(path)
    presets: list[Preset] = []
    skipped: list[str] = []
    for source, file in _files(path):
        try:
            presets += _presets_of(file, source, spec, read_state)
        except PatchwrightError as error:
            if file == path:
                raise
            skipped.append(f"{source}: {error}")
    distinct: dict[bytes, tuple[Preset, FloatArray]] = {}
    for preset in presets:
        vector = project(preset, spec)
        distinct.setdefault(vector.tobytes(), (preset, vector))
    unit = np.array([vector for _, vector in distinct.values()], np.float32)
    kept = tuple(preset for preset, _ in distinct.values())
    changed = sum(bool(replaced(preset, spec)) for preset in kept)
    return PresetBank(kept, unit.reshape(-1, len(spec)), tuple(skipped), changed)


def project(preset: Preset, spec: SynthSpec) -> FloatArray:
    """Return a preset as a unit vector (P,), with stepped parameters on their steps.

    A value beyond a parameter's range becomes the end of the range; ``replaced`` lists these. If
    the preset lacks a value, the first of these is used: the template's fixed value, the
    parameter's ``rest``, its low end.
    """
    fixed = spec.template.get("controls", {})
    native: dict[str, float] = {}
    for p in spec.parameters:
        ends = p.values or (p.low, p.high)
        rest = p.rest if min(ends) <= p.rest <= max(ends) else ends[0]
        value = float(preset.native.get(p.name, fixed.get(p.name, rest)))
        native[p.name] = min(max(value, min(ends)), max(ends))
    return spec.snap(spec.from_native(native)) + np.float32(0.0)  # -0 and 0 are one value


def replaced(preset: Preset, spec: SynthSpec) -> dict[str, str]:
    """Return the parameters whose value ``project`` cannot keep, and what happens to each."""
    known = {p.name: p for p in spec.parameters}
    texts = {name: known[name].replaced(x) for name, x in preset.native.items() if name in known}
    return {name: text for name, text in texts.items() if text}


def _same(parameter: Parameter, one: float, other: float) -> bool:
    """Return whether two native values are the same place in a parameter's range."""
    return abs(parameter.from_native(one) - parameter.from_native(other)) <= SAME


def near_duplicates(unit: FloatArray) -> IntArray:
    """Return for each row of ``unit`` (N, P) the first row of its group, shape (N,).

    Two presets are near when their RMS difference per parameter is below ``NEAR``; chains of near
    presets form a group. Distances are compared as integers on the ``GRID``, so every machine finds
    the same groups.
    """
    # Imported here: sampling does not need it, and a renderer's parent process must stay small.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count, width = unit.shape
    if count < 2:
        return np.arange(count, dtype=np.int64)
    # All numbers are integers below 2**53. A float64 sum of them is exact in any order.
    grid = np.rint(unit.astype(np.float64) * GRID)
    norms = np.square(grid).sum(axis=1)
    bound = round(NEAR * 100) ** 2 * width * GRID**2 / 10_000
    blocks = []
    for start in range(0, count, BLOCK):
        block = slice(start, start + BLOCK)
        squares = norms[block, None] + norms - 2 * (grid[block] @ grid.T)
        blocks.append(np.argwhere(squares < bound) + np.array([start, 0]))
    near = np.concatenate(blocks)
    links = coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), (count, count))
    _, labels = connected_components(links, directed=False)
    first = np.unique(labels, return_index=True)[1]
    return np.asarray(first[labels], np.int64)


def _files(path: Path) -> list[tuple[str, Path]]:
    """Return (relative name, file) of every preset file at or below ``path``, in name order."""
    known = (*READERS, *STATES, *RACKS)
    if path.is_file():
        if path.suffix.lower() not in known:
            raise StoreError(f"{path.name} is not a preset file: use {', '.join(known)}")
        return [(_source(path.name), path)]
    if not path.is_dir():
        raise StoreError(f"{path} does not exist: give a preset file or a folder of them")
    files = [p for p in path.rglob("*") if p.suffix.lower() in known and p.is_file()]
    return sorted((_source(p.relative_to(path).as_posix()), p) for p in files)


def _source(name: str) -> str:
    """Return a file name in composed Unicode, because macOS decomposes accents."""
    return unicodedata.normalize("NFC", name)


def _presets_of(
    file: Path, source: str, spec: SynthSpec, read_state: ReadState | None
) -> list[Preset]:
    """Return the presets of one file, with the values that ``spec`` knows."""
    if file.suffix.lower() in (VITAL, VITAL_BANK) and spec.engine == "vita":
        return [
            Preset(patch.name, source, sounding(patch, spec), _known(file, patch.numbers, spec))
            for patch in _patches(file, read_state)
        ]
    named = _named(file, read_state)
    return [Preset(name, source, _known(file, native, spec)) for name, native in named]


def _patches(file: Path, read_state: ReadState | None) -> list[VitalValues]:
    """Return the patch of a ``.vital`` file, or the patches of a bank."""
    if file.suffix.lower() == VITAL_BANK:
        return [
            read_patch(content, f"{file.name}, {name!r}", name)
            for (name, _), content in vitalbank_presets(file)
        ]
    converted = None if read_state is None else partial(read_state, file)
    return [read_patch(file_content(file), file.name, file.stem, converted)]


def _known(file: Path, native: Mapping[str, float], spec: SynthSpec) -> dict[str, float]:
    """Return the values of a preset that ``spec`` knows."""
    kept = {k: float(native[k]) for k in spec.names if k in native}
    if not kept:
        raise SpecError(f"{file.name} sets no parameter of {spec.name}: use a preset of this synth")
    wrong = [k for k, value in kept.items() if not math.isfinite(value)]
    if wrong:
        raise StoreError(
            f"{file.name}: the value of {wrong[0]!r} is not a finite number: save it again"
        )
    return kept


def _named(file: Path, read_state: ReadState | None) -> list[NamedPreset]:
    suffix = file.suffix.lower()
    if suffix in READERS:
        return READERS[suffix](file)
    if suffix in RACKS:
        raise StoreError(
            f"{file.name}: its plugin's state must be taken out first: "
            f"patchwright preset convert {file.name} --model NAME --out {file.stem}.vstpreset"
        )
    if read_state is None:
        raise StoreError(f"{file.name}: only the plugin can read {suffix} files: install it")
    return [(file.stem, dict(read_state(file)))]
