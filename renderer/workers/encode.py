"""Encode a render in the worker, before the worker sends it back."""

from __future__ import annotations

from typing import Any

from datasets.clip import audio_columns, hash_of
from renderer.workers.isolation import Rendered, RenderJob


class Encode:
    """Finish a job by encoding its audio in the worker; picklable."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate

    def __call__(self, rendered: Rendered) -> tuple[RenderJob, str, str, dict[str, Any] | None]:
        """Return (job, status, reason, audio columns or None)."""
        columns = None
        if rendered.audio is not None:
            name = f"{rendered.job.index:08d}"
            columns = audio_columns(rendered.audio, self.sample_rate, name)
        return rendered.job, rendered.status, rendered.reason, columns


def audio_hash(rendered: Rendered) -> tuple[int, str, str]:
    """Return (index, status, audio SHA-256) of a render; without audio, the reason replaces it."""
    found = rendered.reason if rendered.audio is None else hash_of(rendered.audio)
    return rendered.job.index, rendered.status, found
