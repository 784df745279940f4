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
    """A clip as it is shown and compared."""

    samples: FloatArray  # (n,) mono
    mel: FloatArray  # (bands, frames) dB below the clip's maximum, absolute pitch
    status: str  # of the render: "ok", "silent", "crashed", ...
    descriptors: dict[str, float]  # by name (``models.audio.descriptors``)


def hear(
    samples: FloatArray, sample_rate: int, note: float, hold_s: float, status: str = "ok"
) -> ClipAnalysis:
    """Analyse a clip (n,) of a MIDI note that was held so many seconds."""
    mel = log_mel(samples, judge_settings(sample_rate, None, len(samples)))
    return ClipAnalysis(samples, mel, status, describe(samples, sample_rate, note, hold_s))


class AnalyseClip:
    """Finish a render by analysing it in the worker; a class, to be picklable."""

    def __init__(self, sample_rate: int, policy: NotePolicy) -> None:
        self.sample_rate, self.hold_s = sample_rate, policy.hold_s
        self.length = round(policy.length_s * sample_rate)

    def __call__(self, rendered: Rendered) -> ClipAnalysis:
        """What failed is heard as silence of the right length."""
        if rendered.audio is None or not np.isfinite(rendered.audio).all():
            samples = np.zeros(self.length, np.float32)
        else:
            samples = mono(rendered.audio).copy()  # the worker's buffer is reused
        note = rendered.job.note
        return hear(samples, self.sample_rate, note, self.hold_s, rendered.status)
