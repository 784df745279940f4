"""Export a timbre model as the bytes of one file."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from models.timbre.contract import TimbreModel
from models.timbre.export.export import FORMATS, SAMPLERS, TABLES, ExportOptions, export_timbre

SUFFIXES = {"vital": ".vital", "vitaltable": ".vitaltable", "serum": ".wav", "surge": ".wt"}
ZIP = ".zip"  # a preset with its samples
STEM = "instrument"  # the name of the files in an archive

assert set(SUFFIXES) | set(SAMPLERS) == set(FORMATS) and set(TABLES) < set(SUFFIXES)


def export_bytes(model: TimbreModel, kind: str, options: ExportOptions) -> tuple[bytes, str]:
    """Return an export as one file; a format with several files becomes a ZIP archive.

    Args:
        model: The model.
        kind: One of ``models.timbre.export.export.FORMATS``.
        options: The path and the range.

    Returns:
        The content, and the suffix of the file name.

    Raises:
        SpecError: The format is unknown, or the range is empty.
        AudioError: The sound is silent.
    """
    with tempfile.TemporaryDirectory(prefix="patchwright-") as name:
        folder = Path(name)
        single = SUFFIXES.get(kind)
        suffix = single or ("" if kind == "wav" else f".{kind}")
        out = folder / f"{STEM}{suffix}"
        written = export_timbre(model, kind, out, options)
        if single:
            return out.read_bytes(), single
        return _archive(folder, written), ZIP


def _archive(folder: Path, files: list[Path]) -> bytes:
    """Return files as a ZIP archive, with their paths relative to a folder."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(files):
            archive.write(file, file.relative_to(folder).as_posix())
    return content.getvalue()
