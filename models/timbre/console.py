"""Run `patchwright timbre fit` and print its progress."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import typer

from datasets.errors import CheckpointError
from models.timbre.corpus.open_corpus import FontOptions, open_corpus
from models.timbre.harmonic.fit import HarmonicSettings, fit_harmonic
from models.timbre.model_folder import KINDS, ONE_SHOT
from models.timbre.spectral.fit import SpectralSettings, fit_spectral

EVERY_S = 2.0  # FitProgress that is not shown on a terminal is shortened to one line in this time.


class FitProgress:
    """Print lines of progress on stderr: one line that changes on a terminal, few lines else."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, line: str) -> None:
        """Show a line, if the last one is old enough."""
        now = time.monotonic()
        if now - self._last < (0.1 if sys.stderr.isatty() else EVERY_S):
            return
        self._last = now
        if sys.stderr.isatty():
            typer.echo(f"\r{line:<78.78}", err=True, nl=False)
        else:
            typer.echo(line, err=True)

    def end(self) -> None:
        """Finish the line of a terminal."""
        if sys.stderr.isatty():
            typer.echo("", err=True)


def check_kind(kind: str) -> None:
    """Check a kind of models of tones.

    Raises:
        CheckpointError: The kind does not exist.
    """
    if kind not in KINDS:
        kinds = ", ".join((*KINDS, ONE_SHOT))
        raise CheckpointError(f"--kind {kind!r}: no such kind. Use one of {kinds}")


def fit_command(
    sounds: Path,
    out: Path,
    kind: str,
    name: str,
    font: FontOptions,
    settings: HarmonicSettings | SpectralSettings,
) -> None:
    """Fit a model of a kind, and print what was used and skipped.

    Args:
        sounds: Where the notes are.
        out: Folder of the model.
        kind: Kind of the model.
        name: Name of the model; empty for the name of the folder.
        font: Instrument of a SoundFont.
        settings: Settings of a model of that kind.
    """
    progress = FitProgress()
    corpus = open_corpus(sounds, font, clips=kind == "spectral")
    if isinstance(settings, SpectralSettings):
        spectral, report = fit_spectral(corpus, out, settings, name, progress)
        mse = spectral.facts["held_out_mse"] or spectral.facts["trained_mse"]
        axes, pitches, error = spectral.axes, spectral.pitch_range, f"{1e4 * mse:.2f}e-4"
    else:
        settings.network()  # A wrong size is refused before anything is analysed.
        model, report = fit_harmonic(corpus, out, settings, name, progress)
        facts = model.facts
        decibels = facts["held_out_error_db"] or facts["trained_error_db"]
        axes, pitches, error = model.axes, model.pitch_range, f"{decibels:.2f} dB"
    progress.end()
    typer.echo(report.text())
    low, high = pitches
    typer.echo(f"{out}: {len(axes)} axes, MIDI {low:.1f} to {high:.1f}, error {error}")
