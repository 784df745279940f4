"""Analyse a clip for the figures, inside a render worker: no torch, no matplotlib."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.spec import FloatArray, NotePolicy
from models.audio.descriptors import describe
from models.audio.distance import judge_settings
from models.audio.features import log_mel, mono
from renderer.workers.isolation import Rendered


@dataclass(frozen=True)
class ClipAnalysis:
    """Hold a clip and its analysis."""

    samples: FloatArray  # (n,) mono.
    mel: FloatArray  # Shape (bands, frames), dB relative to the clip's maximum, absolute pitch.
    status: str  # Of the render: "ok", "silent", "crashed", ...
    descriptors: dict[str, float]  # By name (``models.audio.descriptors``).


def analyse(
    samples: FloatArray, sample_rate: int, note: float, hold_s: float, status: str = "ok"
) -> ClipAnalysis:
    """Analyse a clip.

    Args:
        samples: Mono, shape (n,).
        sample_rate: Hz.
        note: MIDI note of the clip.
        hold_s: Time from the key press to its release, seconds.
        status: Status of the render.

    Returns:
        The clip with its log-mel and its descriptors.
    """
    mel = log_mel(samples, judge_settings(sample_rate, None, len(samples)))
    return ClipAnalysis(samples, mel, status, describe(samples, sample_rate, note, hold_s))


class AnalyseClip:
    """Analyse a finished render in the worker; a class, because it must be picklable."""

    def __init__(self, sample_rate: int, policy: NotePolicy) -> None:
        self.sample_rate, self.hold_s = sample_rate, policy.hold_s
        self.length = round(policy.length_s * sample_rate)

    def __call__(self, rendered: Rendered) -> ClipAnalysis:
        """Analyse one render; a failed one counts as silence of the right length."""
        if rendered.audio is None or not np.isfinite(rendered.audio).all():
            samples = np.zeros(self.length, np.float32)
        else:
            samples = mono(rendered.audio).copy()  # the worker's buffer is reused
        note = rendered.job.note
        return analyse(samples, self.sample_rate, note, self.hold_s, rendered.status)
