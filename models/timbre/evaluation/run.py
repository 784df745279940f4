"""Run `patchwright timbre evaluate`: experiments on instruments, their figures and a table."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import typer

from datasets.atomic_write import replace_file
from datasets.errors import AudioError, SpecError
from models.timbre.corpus.faust_violin import FaustViolin
from models.timbre.corpus.note import Corpus, Note, Report
from models.timbre.corpus.open_corpus import FontOptions, open_corpus
from models.timbre.evaluation.experiments import (
    OCTAVE,
    Row,
    generation,
    reconstruction,
    sweep_of_pitch,
    sweeps,
)
from models.timbre.evaluation.frames import SteadyFrames, steady_frames
from models.timbre.evaluation.sound import sound_distances
from models.timbre.evaluation.table import summary, table
from models.timbre.harmonic.analysis import NoteFrames, analyse_note
from models.timbre.harmonic.cepstrum import EnvelopeSettings
from models.timbre.harmonic.fit import HarmonicSettings
from models.timbre.harmonic.training import TrainingConfig

PARTS = ("reconstruction", "sweeps", "generation", "sound")
PAPER_ENVELOPE = EnvelopeSettings("cepstrum", 91, 0.0)
SOUND_EPOCHS = 60  # Of the models whose sound is measured.
# CPU seconds, measured: a training of 1000 steps, and the analysis of a note of 1 s, twice.
SECONDS_OF_TRAINING, SECONDS_OF_NOTE = 1.3, 0.6


@dataclass(frozen=True)
class EvaluationPlan:
    """Say what to measure.

    Attributes:
        parts: Any of ``PARTS``.
        seeds: Trainings of each network.
        steps: Steps of each training.
    """

    parts: tuple[str, ...] = PARTS
    seeds: int = 3
    steps: int = 1500

    def __post_init__(self) -> None:
        """Check the parts.

        Raises:
            SpecError: A part does not exist.
        """
        for part in self.parts:
            if part not in PARTS:
                raise SpecError(f"--parts {part!r}: use any of {','.join(PARTS)}")

    def trainings(self) -> int:
        """Return the number of trainings for one instrument of three octaves."""
        each = {"reconstruction": 21, "sweeps": 11, "generation": 14, "sound": 4}
        return self.seeds * sum(each[part] for part in self.parts)

    def cpu_minutes(self, instruments: int) -> float:
        """Return the expected CPU time of instruments with 100 notes each, in minutes."""
        training = self.trainings() * SECONDS_OF_TRAINING * self.steps / 1000
        return instruments * (training + 100 * SECONDS_OF_NOTE) / 60


def evaluate_command(
    sounds: Sequence[Path],
    program: int | None,
    bank: int,
    out: Path,
    plan: EvaluationPlan,
    dry_run: bool,
) -> None:
    """Evaluate instruments, and write ``timbre.json`` and ``timbre.md``.

    Args:
        sounds: Where the instruments are; none for Faust's violin.
        program: Program of a SoundFont.
        bank: Bank of a SoundFont.
        out: Folder of the results. Results of other instruments in it stay.
        plan: What to measure.
        dry_run: True to state only the cost.
    """
    font = FontOptions(program, bank)
    corpora: list[Corpus] = [open_corpus(path, font) for path in sounds] or [
        FaustViolin(hold_s=0.8, tail_s=0.2)
    ]
    typer.echo(
        f"{len(corpora) * plan.trainings()} trainings, about "
        f"{plan.cpu_minutes(len(corpora)):.0f} CPU minutes",
        err=True,
    )
    if dry_run:
        return
    out.mkdir(parents=True, exist_ok=True)
    for corpus in corpora:
        results = _read(out / "timbre.json")
        started = time.process_time()
        rows = [_shown(row) for row in measure(corpus, plan)]
        before = results.get(corpus.source, {}).get("rows", [])
        measured = {row.experiment for row in rows}
        kept = [row for row in before if row["experiment"] not in measured]
        results[corpus.source] = {
            "plan": asdict(plan),
            "cpu_s": round(time.process_time() - started, 1),
            "rows": kept + [asdict(row) for row in rows],
        }
        replace_file(out / "timbre.json", json.dumps(results, indent=1).encode())
    results = _read(out / "timbre.json")
    replace_file(out / "timbre.md", table(results).encode())
    typer.echo(summary(results))


def measure(corpus: Corpus, plan: EvaluationPlan) -> Iterator[Row]:
    """Yield the rows of one instrument.

    Args:
        corpus: The notes.
        plan: What to measure.

    Yields:
        Measured values.

    Raises:
        AudioError: The instrument has too few notes.
    """
    notes = list(corpus.notes(Report()))
    experiments = [part for part in plan.parts if part != "sound"]
    if experiments:
        frames = steady_frames([frames for _, frames in _analysed(notes, PAPER_ENVELOPE)])
        _check(frames, corpus)
        if "reconstruction" in plan.parts:
            yield from reconstruction(frames, plan.seeds, plan.steps)
        if "sweeps" in plan.parts:
            yield from sweeps(frames, plan.seeds, plan.steps)
        if "generation" in plan.parts:
            yield from generation(frames, plan.seeds, plan.steps)
            yield from sweep_of_pitch(frames, plan.seeds, plan.steps)
    if "sound" in plan.parts:
        settings = HarmonicSettings(training=TrainingConfig(SOUND_EPOCHS, hold_out=False))
        pairs = _analysed(notes, settings.envelope)
        yield from sound_distances(pairs, replace(settings), plan.seeds)


def _analysed(notes: Sequence[Note], envelope: EnvelopeSettings) -> list[tuple[Note, NoteFrames]]:
    """Return the notes that can be used, with their analyses."""
    found = []
    for note in notes:
        try:
            found.append((note, analyse_note(note, envelope)))
        except AudioError as error:
            typer.echo(f"skipped {note.name}: {error}", err=True)
    return found


def _check(frames: SteadyFrames, corpus: Corpus) -> None:
    """Refuse an instrument without the paper's octave.

    Raises:
        AudioError: A pitch of the octave is missing.
    """
    missing = sorted(set(OCTAVE) - set(frames.pitch.tolist()))
    if missing:
        raise AudioError(
            f"{corpus.source} has no note at MIDI {', '.join(map(str, missing))}: the paper's "
            "experiments need every note from 60 to 71"
        )


def _shown(row: Row) -> Row:
    """Print a row as progress; return it."""
    typer.echo(
        f"{row.experiment} {row.network} {row.target} seed {row.seed}: {row.value:.2f} dB", err=True
    )
    return row


def _read(path: Path) -> dict[str, Any]:
    """Return the results so far."""
    return dict(json.loads(path.read_bytes())) if path.is_file() else {}
