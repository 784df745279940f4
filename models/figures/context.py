"""What every figure shares: model, render workers, clips and output folder."""

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
from models.figures.clip_analysis import AnalyseClip, ClipAnalysis, hear
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
SWEEP_S, FADE_S = 1.5, 0.02  # of each step where a row of sounds is played in one go


def _nowhere() -> FloatArray:
    return np.zeros(0, np.float32)


@dataclass(frozen=True)
class FigureContext:
    """One run of ``patchwright figures``."""

    checkpoint: Checkpoint[Network]
    pool: RenderPool
    clips: TestClips
    heard: tuple[ClipAnalysis, ...]  # the first of the clips
    out: Path
    seed: int
    examples: int
    points: FloatArray = field(default_factory=_nowhere)  # (N, C) z of the first of the clips
    rest: FloatArray = field(default_factory=_nowhere)  # (C,) z of the preset to begin with

    @property
    def spec(self) -> SynthSpec:
        """The synth."""
        return self.checkpoint.spec

    @property
    def note(self) -> int:
        """The MIDI note that presets are compared at: middle C, or the nearest that is learned."""
        return min(max(MIDDLE_C, self.spec.note.low), self.spec.note.high)

    def play(self, unit: FloatArray, notes: Sequence[int] | int) -> list[ClipAnalysis]:
        """Render presets (N, P), each at its note, or all at one."""
        each = [notes] * len(unit) if isinstance(notes, int) else notes
        velocity = self.spec.note.velocity
        jobs = [RenderJob(0, note, velocity, row) for note, row in zip(each, unit, strict=True)]
        return self.pool.render(jobs, AnalyseClip(self.spec.sample_rate, self.spec.note))

    def mel(self, sound: ClipAnalysis, note: float) -> FloatArray:
        """The log-mel (bands, frames) that the model is shown."""
        return log_mel(sound.samples, self.checkpoint.features, note)

    def keep_picture(self, figure: Figure, name: str) -> str:
        """Write a picture as PNG; its path relative to the report."""
        png = io.BytesIO()
        figure.savefig(png, dpi=DPI, format="png")
        replace_file(self.out / PICTURES / f"{name}.png", png.getvalue())
        return f"{PICTURES}/{name}.png"

    def keep_sound(self, samples: FloatArray, name: str, label: str) -> Track:
        """Write a clip (n,) as FLAC, peak-normalised."""
        encoded = io.BytesIO()
        peak = float(np.abs(samples).max())
        level = samples * np.float32(0.9 / peak) if peak > 0 else samples
        soundfile.write(encoded, level, self.spec.sample_rate, format="FLAC", subtype="PCM_16")
        replace_file(self.out / SOUNDS / f"{name}.flac", encoded.getvalue())
        return Track(label, f"{SOUNDS}/{name}.flac")

    def keep_row(
        self, sounds: Sequence[ClipAnalysis], name: str, labels: Sequence[str], all_label: str
    ) -> tuple[Track, ...]:
        """A row of sounds: the beginnings of all in one go, then each."""
        row = np.concatenate([self._beginning(sound.samples) for sound in sounds])
        return (
            self.keep_sound(row, f"{name}-all", all_label),
            *(
                self.keep_sound(sound.samples, f"{name}-{i}", label)
                for i, (sound, label) in enumerate(zip(sounds, labels, strict=True), 1)
            ),
        )

    def _beginning(self, samples: FloatArray) -> FloatArray:
        """The first moments of a clip (n,) at full scale, faded out."""
        rate = self.spec.sample_rate
        cut = samples[: round(SWEEP_S * rate)].copy()
        fade = min(round(FADE_S * rate), len(cut))
        cut[len(cut) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
        peak = float(np.abs(cut).max())
        return cut / np.float32(peak) if peak > 0 else cut


def hear_first(clips: TestClips, count: int) -> tuple[ClipAnalysis, ...]:
    """The sounds of the first ``count`` clips."""
    spec = clips.store.spec
    notes = clips.note[:count].tolist()
    return tuple(
        hear(samples, spec.sample_rate, note, spec.note.hold_s)
        for samples, note in zip(clips.audio(count), notes, strict=True)
    )


def finite(value: float, digits: int = 4) -> float | None:
    """A number for JSON, rounded to what is told of it; None where there is none."""
    return round(float(value), digits) if np.isfinite(value) else None
