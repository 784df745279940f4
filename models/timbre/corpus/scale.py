"""Render a scale with each of many presets of a synth (the spectral model's paper, section IV-A).

``patchwright timbre scale`` writes such a corpus as a folder, with a subfolder for each preset.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

from datasets.atomic_write import replace_file
from datasets.errors import AudioError, SpecError
from datasets.presets import PresetBank, near_duplicates, read_presets
from datasets.spec import SynthSpec
from models.audio.spectra.chroma import note_classes
from models.audio.spectra.stft import at_rate, magnitudes
from models.timbre.corpus.folder import SCALE
from models.timbre.corpus.note import RATE, Note, at_common_rate
from renderer.workers.isolation import Rendered, RenderJob
from renderer.workers.pool import RenderPool, whole
from renderer.workers.state_reader import StateReader

ONE_OCTAVE = (60, 62, 64, 65, 67, 69, 71, 72)  # C major from concert C (paper, section IV-A).
IN_TUNE = 0.6  # Least share of notes whose usual note class is that of the key.
SILENT = 1e-3

ShowLine = Callable[[str], None]


@dataclass(frozen=True)
class ScaleSettings:
    """Set which scale to render.

    Attributes:
        notes: MIDI notes.
        presets: Number of presets to keep.
        hold_s: Seconds from key-down to key-up.
        length_s: Seconds of a note.
        velocity: MIDI velocity.
        pitched: True to leave out presets without the pitch of their key, such as noise.
        seed: Of the draw of presets.
    """

    notes: tuple[int, ...] = ONE_OCTAVE
    presets: int = 80
    hold_s: float = 0.6
    length_s: float = 0.7
    velocity: int = 100
    pitched: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            SpecError: A value is out of range.
        """
        if not self.notes or not all(0 <= note <= 127 for note in self.notes):
            raise SpecError(f"notes {self.notes}: give MIDI notes, 0 to 127")
        if self.presets < 1:
            raise SpecError(f"presets {self.presets}: must be at least 1")
        if not 0.1 <= self.hold_s <= self.length_s <= 30:
            raise SpecError(
                f"hold {self.hold_s} s of {self.length_s} s: hold at least 0.1 s, and not longer "
                "than the note"
            )


@dataclass(frozen=True)
class PresetScales:
    """Give the notes of a scale, played by presets of a synth.

    Attributes:
        spec: The synth.
        bank: Its presets.
        settings: The scale.
    """

    spec: SynthSpec
    bank: PresetBank
    settings: ScaleSettings

    def scales(self, show: ShowLine = lambda line: None) -> Iterator[list[Note]]:
        """Yield the notes of each preset that is kept, until there are enough.

        Args:
            show: Receives a line for each preset that is left out.

        Yields:
            One note for each pitch, with the preset as its group.

        Raises:
            AudioError: There are fewer usable presets than requested.
        """
        kept = 0
        with RenderPool(self.spec) as pool:
            for number in self._order():
                name = self._name(number)
                notes, why = self._played(pool, number, name)
                if why:
                    show(f"left out {name}: {why}")
                    continue
                yield notes
                kept += 1
                if kept == self.settings.presets:
                    return
        raise AudioError(
            f"{kept} of {len(self.bank)} presets of {self.spec.name} are usable: give "
            f"--count {kept} or less, or more presets"
        )

    def _order(self) -> list[int]:
        """Return one preset of each group of near-duplicates, in a random order."""
        first = np.unique(near_duplicates(self.bank.unit))
        random = np.random.Generator(np.random.Philox(self.settings.seed))
        return [int(number) for number in random.permutation(first)]

    def _name(self, number: int) -> str:
        """Return a name for a preset that is unique, and valid as the name of a folder."""
        plain = re.sub(r"[^A-Za-z0-9]+", "-", self.bank.presets[number].name).strip("-")
        return f"{number:04d}-{plain or 'preset'}"

    def _played(self, pool: RenderPool, number: int, name: str) -> tuple[list[Note], str]:
        """Return the notes of a preset, and why it is left out."""
        given = self.settings
        jobs = [
            RenderJob(
                i,
                note,
                given.velocity,
                self.bank.unit[number],
                hold_s=given.hold_s,
                length_s=given.length_s,
            )
            for i, note in enumerate(given.notes)
        ]
        results: list[Rendered] = pool.render(jobs, whole)
        notes = []
        for one in results:
            if one.audio is None or one.status != "ok":
                return [], f"note {one.job.note} is {one.status}"
            samples = at_common_rate(one.audio, self.spec.sample_rate)
            if np.abs(samples).max() < SILENT:
                return [], f"note {one.job.note} is silent"
            note = one.job.note
            notes.append(Note(f"{name}/{note:03d}", samples, note, group=name))
        if given.pitched and share_in_tune(notes) < IN_TUNE:
            return [], "its notes do not have the pitch of their keys"
        return notes, ""


def share_in_tune(notes: Sequence[Note]) -> float:
    """Return the share of notes whose most frequent note class is the one that they state."""
    right = 0
    for note in notes:
        classes = note_classes(magnitudes(at_rate(note.samples, RATE)))
        right += int(np.bincount(classes, minlength=12).argmax() == (note.named_midi or 0) % 12)
    return right / max(1, len(notes))


def open_presets(spec: SynthSpec, path: Path | None) -> PresetBank:
    """Return the presets of a synth.

    Args:
        spec: The synth.
        path: File or folder of presets; None for the folders that the spec names.

    Returns:
        The presets, at least one.

    Raises:
        SpecError: There is no preset.
        StoreError: The path does not exist.
    """
    said = spec.template.get("presets", ())
    places = [Path(os.path.expanduser(p)) for p in ([said] if isinstance(said, str) else said)]
    found = path or next((place for place in places if place.exists()), None)
    if found is None:
        raise SpecError(f"{spec.name} has no presets on this machine: give them with --presets")
    reader = StateReader(spec)
    try:
        bank = read_presets(found, spec, reader)
    finally:
        reader.close()
    if not len(bank):
        raise SpecError(f"--presets {found}: no preset of {spec.name}; give another folder")
    return bank


def write_scales(
    scales: PresetScales, folder: Path, show: ShowLine = lambda line: None
) -> tuple[int, float]:
    """Write a corpus: a subfolder for each preset, a WAV file for each note, and ``scale.json``.

    Args:
        scales: The corpus.
        folder: Folder to write; it must not hold another corpus.
        show: Receives lines of progress.

    Returns:
        Number of notes, and seconds of sound.

    Raises:
        SpecError: The folder holds sounds already.
        AudioError: There are fewer usable presets than requested.
    """
    if folder.exists() and any(folder.rglob("*.wav")):
        raise SpecError(f"{folder} has sounds in it: give another --out")
    count, seconds, names = 0, 0.0, list[str]()
    for notes in scales.scales(show):
        names.append(notes[0].group)
        (folder / notes[0].group).mkdir(parents=True, exist_ok=True)
        for note in notes:
            soundfile.write(folder / f"{note.name}.wav", note.samples, RATE, subtype="FLOAT")
            count += 1
            seconds += len(note.samples) / RATE
        show(f"preset {len(names)}: {names[-1]}")
    about = {"spec": scales.spec.name, "settings": asdict(scales.settings), "presets": names}
    replace_file(folder / SCALE, json.dumps(about, indent=1).encode())
    return count, seconds
