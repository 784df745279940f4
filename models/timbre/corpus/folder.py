"""Read a folder of notes, one file each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from datasets.errors import AudioError
from models.audio.decode import read_part
from models.timbre.corpus.note import RATE, Note, Report, at_common_rate, is_sound_file
from models.timbre.corpus.note_names import midi_of_name

SCALE = "scale.json"  # What ``timbre scale`` rendered into a folder.


@dataclass(frozen=True)
class NoteFolder:
    """Give the notes of a folder and its subfolders, in the order of their names.

    The notes of a subfolder are one group, such as a scale of one preset.

    Attributes:
        folder: The folder.
    """

    folder: Path

    @property
    def source(self) -> str:
        """Return what ``timbre scale`` wrote into the folder, or its name."""
        return scale_source(self.folder) or f"folder {self.folder.name}"

    def notes(self, report: Report) -> Iterator[Note]:
        """Yield one note for each file that can be read (see ``Corpus``)."""
        for path in sorted(self.folder.rglob("*")):
            if not path.is_file() or path.name.startswith(".") or path.name == SCALE:
                continue
            name = path.relative_to(self.folder).as_posix()
            if not is_sound_file(path):
                report.skipped[name] = "not a sound file"
                continue
            try:
                note = read_note(path, name, report)
                inside = path.parent != self.folder
                yield replace(note, group=path.parent.name if inside else "")
            except AudioError as error:
                report.skipped[name] = str(error)


def read_note(path: Path, name: str, report: Report) -> Note:
    """Read the first minute of a file as one note.

    Args:
        path: The file.
        name: Name of the note.
        report: The report, for warnings about the file.

    Returns:
        The note.

    Raises:
        AudioError: The file cannot be used.
    """
    warnings: list[str] = []
    part = read_part(path, None, None, warnings)
    report.remarks += [f"{name}: {warning}" for warning in warnings]
    samples = at_common_rate(part.frames.T, part.sample_rate)
    top_hz = min(RATE, part.sample_rate) / 2
    return Note(name, samples, midi_of_name(path.stem), top_hz)


def scale_source(folder: Path) -> str:
    """Return the command that rendered the scales in a folder; empty if none did."""
    try:
        about = json.loads((folder / SCALE).read_bytes())
        given = about["settings"]
        notes = ",".join(map(str, given["notes"]))
        pitch = "" if given["pitched"] else " --any-pitch"
        return (
            f"patchwright timbre scale {about['spec']} --count {given['presets']} --notes {notes} "
            f"--hold {given['hold_s']:g} --length {given['length_s']:g}{pitch} "
            f"--seed {given['seed']}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ""
