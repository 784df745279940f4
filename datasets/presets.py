"""Read human presets as native values, and project them onto a spec as unit vectors."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.errors import PatchwrightError, SpecError, StoreError
from datasets.foreign_files import file_content
from datasets.preset_files import (
    RACKS,
    READERS,
    STATES,
    NamedPreset,
    control_values,
    vital_patch,
    vitalbank_presets,
)
from datasets.spec import FloatArray, Parameter, SynthSpec
from datasets.vital_modules import sounding

IntArray = npt.NDArray[np.int64]
ReadState = Callable[[Path], Mapping[str, float]]  # a state file -> native values by name

GRID = 65535  # The resolution at which presets are compared and jittered.
SAME = 1e-4  # A value this close to the file's is the same, as a share of the parameter's range.
VITAL, VITAL_BANK = ".vital", ".vitalbank"
# Vital's code converts the control values of older files when it loads them, and of none since.
FIRST_UNCONVERTED = (0, 9, 0)
BLOCK = 512  # Presets compared with all others at a time.
NEAR = 0.04  # Two presets with a smaller RMS difference per parameter (unit space) are one sound.


@dataclass(frozen=True)
class Preset:
    """Hold one preset that a person made."""

    name: str  # as the file gives it
    source: str  # the file, relative to the requested folder, with '/' between folders
    native: Mapping[str, float]  # by control name; normalised 0..1 for plugins hosted as VST


@dataclass(frozen=True, eq=False)
class PresetBank:
    """Hold the distinct presets of a file or folder, and the files that could not be used."""

    presets: tuple[Preset, ...]
    unit: FloatArray  # (N, P): each preset on the spec, no two rows equal
    skipped: tuple[str, ...]  # "FILE: why"

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
    return PresetBank(kept, unit.reshape(-1, len(spec)), tuple(skipped))


def project(preset: Preset, spec: SynthSpec) -> FloatArray:
    """Return a preset as a unit vector (P,), with stepped parameters on their steps.

    A value beyond a parameter's range becomes the end of the range; ``replaced`` lists these. If
    the preset lacks a value, the first of these is used: the template's fixed value, the
    parameter's ``rest``, its low end.
    """
    fixed = spec.template.get("controls", {})
    native: dict[str, float] = {}
    for p in spec.parameters:
        ends = _ends(p)
        rest = p.rest if ends[0] <= p.rest <= ends[1] else (p.values or ends)[0]
        value = float(preset.native.get(p.name, fixed.get(p.name, rest)))
        native[p.name] = min(max(value, ends[0]), ends[1])
    return spec.snap(spec.from_native(native)) + np.float32(0.0)  # -0 and 0 are one value


def replaced(preset: Preset, spec: SynthSpec) -> dict[str, str]:
    """Return the parameters whose value ``project`` cannot keep, each with what happens to it.

    Args:
        preset: The preset, as ``read_presets`` gives it.
        spec: The synth.

    Returns:
        Text by parameter name, as ``-5 becomes 0 (steps -24, -12, 0, 7, 12, 24)``.
    """
    used = spec.to_native(project(preset, spec))
    found = {}
    for p in spec.parameters:
        wanted, (low, high) = preset.native.get(p.name), _ends(p)
        if wanted is not None and abs(wanted - used[p.name]) > SAME * (high - low):
            steps = ", ".join(f"{value:g}" for value in p.values)
            learned = f"steps {steps}" if steps else f"range {low:g} to {high:g}"
            found[p.name] = f"{wanted:.4g} becomes {used[p.name]:.4g} ({learned})"
    return found


def _ends(parameter: Parameter) -> tuple[float, float]:
    """Return the lowest and the highest native value of a parameter."""
    values = parameter.values or (parameter.low, parameter.high)
    return min(values), max(values)


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
    of_vital = file.suffix.lower() in (VITAL, VITAL_BANK) and spec.engine == "vita"
    named = _of_vital(file, spec, read_state) if of_vital else _named(file, read_state)
    presets = []
    for name, native in named:
        kept = {k: float(native[k]) for k in spec.names if k in native}
        if not kept:
            raise SpecError(
                f"{file.name} sets no parameter of {spec.name}: use a preset of this synth"
            )
        wrong = [k for k, value in kept.items() if not math.isfinite(value)]
        if wrong:
            raise StoreError(
                f"{file.name}: the value of {wrong[0]!r} is not a finite number: save it again"
            )
        presets.append(Preset(name, source, kept))
    return presets


def _of_vital(file: Path, spec: SynthSpec, read_state: ReadState | None) -> list[NamedPreset]:
    """Return what sounds in the preset of a ``.vital`` file, or in each preset of a bank."""
    if file.suffix.lower() == VITAL_BANK:
        return [
            _vital(content, f"{file.name}, {name!r}", name, spec, None)
            for (name, _), content in vitalbank_presets(file)
        ]
    read = None if read_state is None else partial(read_state, file)
    return [_vital(file_content(file), file.name, file.stem, spec, read)]


def _vital(
    content: bytes,
    source: str,
    stem: str,
    spec: SynthSpec,
    converted: Callable[[], Mapping[str, float]] | None,
) -> NamedPreset:
    """Return what sounds in one Vital preset.

    Files of released versions (1.0.0 and later) are read as they are: Vital converts none of their
    values. Vital itself reads older ones.

    Args:
        content: The ``.vital`` file.
        source: Its name, for messages.
        stem: Name of a preset that has none.
        spec: A spec of Vital.
        converted: Returns the values as Vital converts them; None without Vital.

    Returns:
        The name, and the native values that count; none if the file has no parameter of the spec.
    """
    patch = vital_patch(content, source)
    numbers: Mapping[str, float] = control_values(patch["settings"], source)
    if not any(name in numbers for name in spec.names):
        return "", {}
    if _version(patch) < FIRST_UNCONVERTED:
        if converted is None:
            raise StoreError(
                f"{source}: Vital {patch['synth_version']} saved it, and only Vital can convert "
                "its values: install the synth, or save the preset again in Vital"
            )
        numbers = converted()
    name = str(patch.get("preset_name") or stem)
    return name, sounding(patch["settings"], numbers, spec)


def _version(patch: Mapping[str, object]) -> tuple[int, ...]:
    """Return the version of Vital that saved a patch; the newest if the patch names none."""
    text = patch.get("synth_version")
    if not isinstance(text, str) or not re.fullmatch(r"\d+(\.\d+)*", text):
        return FIRST_UNCONVERTED
    return tuple(int(number) for number in text.split("."))


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
