"""Open the notes at a path: folder, recording, SoundFont or rendered dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from datasets.errors import AudioError
from models.timbre.corpus.clips import ClippedRecording
from models.timbre.corpus.folder import NoteFolder
from models.timbre.corpus.note import Corpus, is_sound_file
from models.timbre.corpus.recording import LongRecording
from models.timbre.corpus.rendered import RenderedDataset
from models.timbre.corpus.soundfont import ENDINGS, SoundFontInstrument


@dataclass(frozen=True)
class FontOptions:
    """Choose an instrument of a SoundFont.

    Attributes:
        program: Program, 0 to 127; None if it was not given.
        bank: Bank.
        low: Lowest MIDI note.
        high: Highest MIDI note.
    """

    program: int | None = None
    bank: int = 0
    low: int = 55
    high: int = 88


def open_corpus(path: Path, font: FontOptions | None = None, clips: bool = False) -> Corpus:
    """Return the corpus at a path.

    Args:
        path: Folder of notes, sound file, SoundFont, or dataset of ``render-presets``.
        font: Instrument of a SoundFont.
        clips: True to cut a recording into clips of equal length, and not into notes.

    Returns:
        The corpus; nothing is decoded yet.

    Raises:
        AudioError: Nothing usable is at the path.
    """
    font = font or FontOptions()
    if not path.exists():
        raise AudioError(f"{str(path)!r} does not exist: check the path")
    if path.is_dir():
        if any(path.glob("part-*.parquet")):
            return RenderedDataset(path)
        return NoteFolder(path)
    if path.suffix.lower() in ENDINGS:
        if font.program is None:
            raise AudioError(f"{path.name} is a SoundFont: choose its instrument with --program")
        return SoundFontInstrument(path, font.program, font.bank, font.low, font.high)
    if is_sound_file(path):
        return ClippedRecording(path) if clips else LongRecording(path)
    raise AudioError(
        f"{path.name!r} is no sound file and no SoundFont: give a folder of notes, a "
        "recording, an .sf2 file, or a dataset of render-presets"
    )
