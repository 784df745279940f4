"""Hold what all figures share: model, render workers, clips and output folder."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from datasets.atomic_write import replace_file
from datasets.spec import FloatArray, SynthSpec
from models.audio.features import log_mel
from models.checkpoint import Checkpoint
from models.figures.clip_analysis import AnalyseClip, ClipAnalysis, analyse
from models.figures.clips import TestClips
from models.figures.document import Track
from models.figures.plotting import DPI
from models.networks.registry import Network
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES, SOUNDS = "pictures", "sounds"
MIDDLE_C = 60
SWEEP_S, FADE_S = 1.5, 0.02  # length and fade-out of each sound in a row, seconds


def _nowhere() -> FloatArray:
    """Return an empty array."""
    return np.zeros(0, np.float32)


@dataclass(frozen=True)
class FigureContext:
    """Hold one run of ``patchwright figures``."""

    checkpoint: Checkpoint[Network]
    pool: RenderPool
    clips: TestClips
    analyses: tuple[ClipAnalysis, ...]  # analyses of the first clips
    out: Path
    seed: int
    examples: int
    points: FloatArray = field(default_factory=_nowhere)  # (N, C) z of the first clips
    rest: FloatArray = field(default_factory=_nowhere)  # (C,) z of the central preset

    @property
    def spec(self) -> SynthSpec:
        """Return the synth."""
        return self.checkpoint.spec

    @property
    def note(self) -> int:
        """Return the MIDI note to compare presets at: middle C, or the nearest one in range."""
        return min(max(MIDDLE_C, self.spec.note.low), self.spec.note.high)

    def play(self, unit: FloatArray, notes: Sequence[int] | int) -> list[ClipAnalysis]:
        """Render presets (N, P), each at its own note or all at one, and analyse them."""
        each = [notes] * len(unit) if isinstance(notes, int) else notes
        velocity = self.spec.note.velocity
        jobs = [RenderJob(0, note, velocity, row) for note, row in zip(each, unit, strict=True)]
        return self.pool.render(jobs, AnalyseClip(self.spec.sample_rate, self.spec.note))

    def mel(self, sound: ClipAnalysis, note: float) -> FloatArray:
        """Return the log-mel (bands, frames) that the model takes as input."""
        return log_mel(sound.samples, self.checkpoint.features, note)

    def keep_picture(self, figure: Figure, name: str) -> str:
        """Write a picture as PNG; return its path relative to the report."""
        png = io.BytesIO()
        figure.savefig(png, dpi=DPI, format="png")
        replace_file(self.out / PICTURES / f"{name}.png", png.getvalue())
        return f"{PICTURES}/{name}.png"

    def keep_sound(self, samples: FloatArray, name: str, label: str) -> Track:
        """Write a clip as FLAC, peak-normalised.

        Args:
            samples: Mono, shape (n,).
            name: Name of the file, without its suffix.
            label: Label in the report.

        Returns:
            The track for the report.
        """
        encoded = io.BytesIO()
        peak = float(np.abs(samples).max())
        level = samples * np.float32(0.9 / peak) if peak > 0 else samples
        soundfile.write(encoded, level, self.spec.sample_rate, format="FLAC", subtype="PCM_16")
        replace_file(self.out / SOUNDS / f"{name}.flac", encoded.getvalue())
        return Track(label, f"{SOUNDS}/{name}.flac")

    def keep_row(
        self, sounds: Sequence[ClipAnalysis], name: str, labels: Sequence[str], all_label: str
    ) -> tuple[Track, ...]:
        """Write several sounds: first the beginnings of all in one file, then each alone.

        Args:
            sounds: The sounds.
            name: Start of the file names.
            labels: Label of each sound.
            all_label: Label of the file with all beginnings.

        Returns:
            The tracks for the report.
        """
        row = np.concatenate([self._beginning(sound.samples) for sound in sounds])
        return (
            self.keep_sound(row, f"{name}-all", all_label),
            *(
                self.keep_sound(sound.samples, f"{name}-{i}", label)
                for i, (sound, label) in enumerate(zip(sounds, labels, strict=True), 1)
            ),
        )

    def _beginning(self, samples: FloatArray) -> FloatArray:
        """Return the first 1.5 s of a clip (n,), faded out and peak-normalised."""
        rate = self.spec.sample_rate
        cut = samples[: round(SWEEP_S * rate)].copy()
        fade = min(round(FADE_S * rate), len(cut))
        cut[len(cut) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
        peak = float(np.abs(cut).max())
        return cut / np.float32(peak) if peak > 0 else cut


def analyse_first(clips: TestClips, count: int) -> tuple[ClipAnalysis, ...]:
    """Analyse the first ``count`` clips."""
    spec = clips.store.spec
    notes = clips.note[:count].tolist()
    return tuple(
        analyse(samples, spec.sample_rate, note, spec.note.hold_s)
        for samples, note in zip(clips.audio(count), notes, strict=True)
    )


def finite(value: float, digits: int = 4) -> float | None:
    """Return a number rounded for JSON, or None if it is not finite."""
    return round(float(value), digits) if np.isfinite(value) else None
