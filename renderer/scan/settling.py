"""Measure how long a plugin glides to a patch after its parameters are set.

Many synths smooth their parameters. A clip starts right after ``set``, so its first milliseconds
contain the way from the values before. Later notes of the same patch do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.errors import RenderError
from datasets.sampler import sample
from datasets.spec import SynthSpec
from renderer.engines.base import Audio, Engine
from renderer.workers.isolation import C_LIBRARY, Limits, RenderJob, native_of
from renderer.workers.pool import RenderPool

PATCHES = 12  # Random patches of the draft.
HOLD_S, EVERY_S = 0.5, 4.0  # Seconds that a note is held, and from note to note.
NOTES = 3  # The first one as in a clip, then two of a settled synth.
WINDOW_S = 0.005
RANGE_DB = 50.0  # Below its loudest window, a note is not compared.
TAIL_DB = 40.0  # A patch that is louder than this before its next note is not compared.
GLIDES_DB = 1.0  # A smaller difference of level is not reported.
FEWEST = 3  # Patches that must sound in a window.

Levels = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Settling:
    """Describe the start of a clip against the same note of a settled synth."""

    patches: int  # Compared.
    length_s: float = 0.0  # Until the level is that of a settled synth; 0 if it is at once.
    mean_db: float = 0.0  # Mean difference of level over this time and all patches.
    max_db: float = 0.0  # The largest difference, of one patch in one window.

    @property
    def conclusions(self) -> list[str]:
        """Return a line for the report; none if nothing glides."""
        if not self.length_s:
            return []
        return [
            f"**clips start before the synth has settled**: their first {1000 * self.length_s:.0f} "
            f"ms differ from later notes of the same patch by {self.mean_db:.1f} dB (up to "
            f"{self.max_db:.0f} dB), as parameters glide to their values after they are set"
        ]

    @property
    def cell(self) -> str:
        """Return the text for the table of the report."""
        if not self.patches:
            return "not measured: no patch becomes silent between two notes"
        if not self.length_s:
            return f"within {GLIDES_DB:g} dB at once ({self.patches} patches)"
        return (
            f"within {GLIDES_DB:g} dB after {1000 * self.length_s:.0f} ms; before, "
            f"{self.mean_db:.1f} dB off on average, {self.max_db:.1f} dB at most "
            f"({self.patches} patches)"
        )


@dataclass(frozen=True)
class PlayNotes:
    """Set a patch on a new synth and play its note ``NOTES`` times: a question for the pool."""

    job: RenderJob

    def __call__(self, engine: Engine) -> Levels | None:
        """Return the levels (notes, windows) in dB; None if the patch is silent or rings on."""
        engine.set(native_of(engine.spec, self.job))
        C_LIBRARY.srand(1)  # as ``renderer.workers.isolation.play`` does
        audio = engine.repeat(self.job.note, self.job.velocity, HOLD_S, EVERY_S, NOTES)
        return note_levels(audio, engine.spec.sample_rate)


def note_levels(audio: Audio, sample_rate: int) -> Levels | None:
    """Return the levels of the notes of ``Engine.repeat``.

    Args:
        audio: The notes, shape (channels, samples).
        sample_rate: Samples per second.

    Returns:
        Levels in dB, shape (notes, windows); None if a note is silent, or sounds until the next.
    """
    every = audio.shape[1] // NOTES
    window = round(WINDOW_S * sample_rate)
    count = round(HOLD_S / WINDOW_S)
    notes = audio[:, : NOTES * every].reshape(len(audio), NOTES, every).astype(np.float64)
    cut = notes[:, :, : count * window].reshape(len(audio), NOTES, count, window)
    levels = 10 * np.log10(np.square(cut).mean(axis=(0, 3)) + 1e-12)
    tail = 10 * np.log10(np.square(notes[:, :, -10 * window :]).mean(axis=(0, 2)) + 1e-12)
    loudest = levels.max(axis=1)
    if not np.isfinite(levels).all() or loudest.min() < -60 or (tail > loudest - TAIL_DB).any():
        return None
    floor_db = float(loudest.max()) - RANGE_DB - 10
    return np.asarray(np.maximum(levels, floor_db), np.float64)


def judged_settling(patches: Sequence[Levels]) -> Settling:
    """Return how long the first notes of some patches differ from their later notes.

    Later notes differ from each other too, if oscillators run freely or play noise. So the first
    note must differ by ``GLIDES_DB`` more than they do, in the mean over the patches.

    Args:
        patches: Levels (notes, windows) of each patch.

    Returns:
        The time from the start of the note until the first window without a difference.
    """
    if len(patches) < FEWEST:
        return Settling(len(patches))
    levels = np.stack(patches)  # (patches, notes, windows)
    settled = levels[:, 1:].mean(axis=1)
    counts = settled > settled.max(axis=1, keepdims=True) - RANGE_DB
    first = np.where(counts, np.abs(levels[:, 0] - settled), 0)
    later = np.where(counts, np.abs(levels[:, 1] - levels[:, 2]), 0)
    sounding = counts.sum(axis=0)
    excess = (first - later).sum(axis=0) / np.maximum(sounding, 1)
    compared = np.flatnonzero(sounding >= FEWEST)
    at_rest = next((i for i, window in enumerate(compared) if excess[window] < GLIDES_DB), None)
    glides = compared[:at_rest]
    if not len(glides):
        return Settling(len(patches))
    mean_db = float(first[:, glides].sum() / sounding[glides].sum())
    end = (int(glides[-1]) + 1) * WINDOW_S
    return Settling(len(patches), end, mean_db, float(first[:, glides].max()))


def measure_settling(spec: SynthSpec, seed: int, limits: Limits) -> Settling:
    """Measure how long random patches of a draft glide, each on a new synth.

    Args:
        spec: The draft.
        seed: Seed of the patches.
        limits: Time and memory of one patch.

    Returns:
        The result; patches that fail, are silent or ring on are left out.
    """
    found = []
    with RenderPool(spec, 1, "process", limits) as pool:
        for index in range(PATCHES):
            draw = sample(spec, seed, index)
            try:
                levels = pool.ask(PlayNotes(RenderJob(0, draw.note, draw.velocity, draw.unit)))
            except RenderError:
                continue
            finally:
                pool.refresh()
            if levels is not None:
                found.append(levels)
    return judged_settling(found)
