"""Export a timbre model for another synthesizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.atomic_write import replace_file
from datasets.errors import SpecError
from models.export.frames import frames_of_harmonics
from models.export.serum_wav import serum_wav
from models.export.surge_wt import surge_wt
from models.export.vital_table import vital_table
from models.timbre.contract import TimbreModel
from models.timbre.export.latent_path import LatentPath, steady_spectrum
from models.timbre.export.sampler_files import (
    ROOT_SEMITONES,
    Region,
    decent_sampler_text,
    sample_files,
    sample_regions,
    sfz_text,
)
from models.timbre.export.vital_preset import LOUD, roots_between, vital_preset
from models.timbre.tone import Float64

FRAMES = 64  # Frames of a wavetable.
TABLES: dict[str, Callable[[str, Float64], bytes]] = {
    "vitaltable": vital_table,
    "serum": serum_wav,
    "surge": lambda name, waves: surge_wt(waves),
}
SAMPLERS = ("sfz", "dspreset", "wav")
FORMATS = ("vital", *TABLES, *SAMPLERS)


@dataclass(frozen=True)
class ExportOptions:
    """Hold the options of an export.

    Attributes:
        path: Path through the latent space; samples are made in its middle.
        name: Name of the instrument.
        frames: Frames of a wavetable.
        note: Pitch of a wavetable, MIDI; the middle of the model's range by default.
        low: Lowest pitch of a preset or of samples; the lowest of the model by default.
        high: Highest pitch.
    """

    path: LatentPath
    name: str
    frames: int = FRAMES
    note: int | None = None
    low: int | None = None
    high: int | None = None


def export_timbre(model: TimbreModel, kind: str, out: Path, options: ExportOptions) -> list[Path]:
    """Write a model in the format of another synthesizer.

    Args:
        model: The model.
        kind: One of ``FORMATS``.
        out: File to write; for `wav` a folder. The samples of `NAME.sfz` go to the folder
            `NAME-samples` next to it.
        options: The path and the range.

    Returns:
        The written files.

    Raises:
        SpecError: The format is unknown, or the range is empty.
        AudioError: The sound is silent.
    """
    if kind not in FORMATS:
        raise SpecError(f"--to {kind!r}: use one of {', '.join(FORMATS)}")
    low, high = pitch_range(model, options)
    if kind in TABLES:
        waves = path_waves(model, options)
        return _written({out: TABLES[kind](options.name, waves)})
    if kind == "vital":
        roots = roots_between(low, high)
        return _written({out: vital_preset(model, options.path, options.name, roots)})
    roots = roots_between(low, high, ROOT_SEMITONES)
    middle = options.path.points(model, 1)[0]
    return _write_samples(kind, out, options.name, sample_regions(model, middle, roots))


def pitch_range(model: TimbreModel, options: ExportOptions) -> tuple[int, int]:
    """Return the lowest and the highest pitch of an export.

    Raises:
        SpecError: The lowest is above the highest.
    """
    low = round(model.pitch_range[0]) if options.low is None else options.low
    high = round(model.pitch_range[1]) if options.high is None else options.high
    if low > high:
        raise SpecError(f"--low {low} is above --high {high}: swap them")
    return low, high


def path_waves(model: TimbreModel, options: ExportOptions) -> Float64:
    """Return the wavetable of a path: the held sound at each point, (frames, 2048)."""
    low, high = pitch_range(model, options)
    note = (low + high) // 2 if options.note is None else options.note
    points = options.path.points(model, options.frames)
    spectra = [steady_spectrum(model.decode(point, note, LOUD), note) for point in points]
    return frames_of_harmonics(np.stack(spectra))


def _write_samples(kind: str, out: Path, name: str, regions: list[Region]) -> list[Path]:
    """Write samples, and the file that plays them."""
    folder = out if kind == "wav" else out.parent / f"{out.stem}-samples"
    files = {folder / file: content for file, content in sample_files(regions).items()}
    if kind == "sfz":
        files[out] = sfz_text(name, folder.name, regions).encode()
    elif kind == "dspreset":
        files[out] = decent_sampler_text(name, folder.name, regions).encode()
    return _written(files)


def _written(files: dict[Path, bytes]) -> list[Path]:
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)
    return list(files)
