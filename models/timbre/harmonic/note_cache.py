"""Keep analyses of notes on disk, so that an interrupted fit does not repeat them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from datasets.atomic_write import replace_file
from models.timbre.corpus.note import Note
from models.timbre.harmonic.analysis import NoteFrames
from models.timbre.harmonic.cepstrum import EnvelopeSettings

VERSION = 1  # Of the analysis: another version analyses again.
PLAIN = ("name", "midi", "release_s", "sustained", "top_hz")


class NoteCache:
    """Keep one file for each note, named by the hash of its samples and the settings.

    Args:
        folder: Folder of the files; None keeps nothing.
        settings: How envelopes are fitted.
    """

    def __init__(self, folder: Path | None, settings: EnvelopeSettings) -> None:
        self._folder = folder
        self._settings = json.dumps([VERSION, asdict(settings)]).encode()

    def get(self, note: Note) -> NoteFrames | None:
        """Return the analysis of a note, or None if there is none."""
        path = self._path(note)
        if path is None or not path.is_file():
            return None
        try:
            content = path.read_bytes()
            arrays = safetensors.numpy.load(content)
            plain = json.loads(arrays.pop("plain").tobytes())
            values: dict[str, Any] = {**arrays, **plain, "name": note.name}
            return NoteFrames(**values)
        except (safetensors.SafetensorError, OSError, KeyError, ValueError, TypeError):
            return None  # A damaged file: the note is analysed again.

    def put(self, note: Note, frames: NoteFrames) -> NoteFrames:
        """Write the analysis of a note; return it."""
        path = self._path(note)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            plain = json.dumps({name: getattr(frames, name) for name in PLAIN}).encode()
            arrays = {
                field.name: np.ascontiguousarray(getattr(frames, field.name))
                for field in fields(frames)
                if field.name not in PLAIN
            }
            arrays["plain"] = np.frombuffer(plain, np.uint8)
            replace_file(path, safetensors.numpy.save(arrays))
        return frames

    def _path(self, note: Note) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256(self._settings + str(note.top_hz).encode())
        digest.update(note.samples.tobytes())
        return self._folder / f"{digest.hexdigest()[:24]}.safetensors"
