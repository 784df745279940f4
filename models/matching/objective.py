"""Render candidates for one target, and measure their distance.

This module does not import torch, because render workers load it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from datasets.errors import RenderError
from datasets.spec import FloatArray, SynthSpec
from models.audio.distance import TargetDistance
from models.audio.features import FeatureSettings
from models.audio.note.trained_form import TrainedForm, trained_mel
from renderer.engines.base import Audio
from renderer.workers.isolation import Rendered, RenderJob
from renderer.workers.pool import RenderPool, whole

UNHEARD = np.inf  # dB: distance of a silent or failed render


@dataclass(frozen=True)
class RenderedCandidate:
    """Hold a rendered preset and its distance.

    Attributes:
        unit: The preset as it was rendered, (P,); stepped parameters are on their steps.
        distance: J to the target, dB; infinite for a silent or failed render.
        mss: Multi-scale half of J, dB.
        mel: Log-mel (bands, frames) by the settings of the objective, or None without settings.
    """

    unit: FloatArray
    distance: float
    mss: float
    mel: npt.NDArray[np.float16] | None

    @property
    def sounds(self) -> bool:
        """Return whether the render was audible."""
        return math.isfinite(self.distance)


@dataclass
class Objective:
    """Hold one target, the synth, and every candidate rendered for it.

    Attributes:
        pool: Render workers.
        spec: The synth.
        target_distance: Measures distances to the target.
        note: MIDI note to render.
        features: Settings of the log-mels to keep; None keeps none.
        form: Hold and length to render, and the model's hold; None renders the spec's note.
        rendering_ms: Wall-clock time of rendering and measuring, ms.
        began: Start time, as ``time.perf_counter`` gives it.
        seconds: Time of each candidate's result, seconds since ``began``.
    """

    pool: RenderPool
    spec: SynthSpec
    target_distance: TargetDistance
    note: int
    features: FeatureSettings | None = None
    form: TrainedForm | None = None
    rendered: list[RenderedCandidate] = field(default_factory=list)  # every candidate, in order
    rendering_ms: float = 0.0
    began: float = field(default_factory=time.perf_counter)
    seconds: list[float] = field(default_factory=list)

    def play(self, units: Sequence[FloatArray]) -> list[RenderedCandidate]:
        """Render presets (P,) at the target's note and measure them; keep their order."""
        started = time.perf_counter()
        snapped = [self.spec.snap(unit) for unit in units]
        hold_s, length_s = (None, None) if self.form is None else self.form.times
        velocity = self.spec.note.velocity
        jobs = [
            RenderJob(0, self.note, velocity, unit, hold_s=hold_s, length_s=length_s)
            for unit in snapped
        ]
        finish = partial(
            measure,
            target_distance=self.target_distance.analysed(),
            features=self.features,
            form=self.form,
        )
        results = self.pool.render(jobs, finish)
        new = [
            RenderedCandidate(unit, *result) for unit, result in zip(snapped, results, strict=True)
        ]
        self.rendered += new
        now = time.perf_counter()
        self.rendering_ms += 1000 * (now - started)
        self.seconds += [now - self.began] * len(new)
        return new

    @property
    def best(self) -> RenderedCandidate:
        """Return the candidate with the smallest distance, the first one of equals."""
        return min(self.rendered, key=lambda one: one.distance)

    def ranked(self) -> list[RenderedCandidate]:
        """Return all candidates, smallest distance first."""
        return sorted(self.rendered, key=lambda one: one.distance)

    def curve(self) -> list[float]:
        """Return the best distance after each render, dB."""
        best = np.minimum.accumulate([one.distance for one in self.rendered])
        return [float(distance) for distance in best]


def measure(
    rendered: Rendered,
    target_distance: TargetDistance,
    features: FeatureSettings | None,
    form: TrainedForm | None = None,
) -> tuple[float, float, npt.NDArray[np.float16] | None]:
    """Measure one render in a worker.

    Args:
        rendered: The render.
        target_distance: Measures distances to the target.
        features: Settings of the log-mel; None makes none.
        form: Hold and length of the render, for its log-mel; None for the model's own.

    Returns:
        J in dB, MSS in dB, and the log-mel (bands, frames) or None.
    """
    if rendered.status != "ok" or rendered.audio is None:
        return UNHEARD, UNHEARD, None
    mel = trained_mel(rendered.audio, features, rendered.job.note, form) if features else None
    distance = target_distance.distance(rendered.audio)
    return distance.j, distance.mss, None if mel is None else mel.astype(np.float16)


def play_preset(
    pool: RenderPool,
    spec: SynthSpec,
    preset: bytes,
    note: int,
    times: int = 1,
    form: TrainedForm | None = None,
) -> list[Audio]:
    """Render a preset file, as any user of the file would hear it.

    Args:
        pool: Render workers.
        spec: The synth.
        preset: Content of the preset file.
        note: MIDI, 0..127.
        times: Number of renders, in parallel.
        form: Hold and length to render; the spec's by default.

    Returns:
        The audio of each render, (channels, n).

    Raises:
        RenderError: The synth fails on the preset.
    """
    hold_s, length_s = (None, None) if form is None else form.times
    job = RenderJob(0, note, spec.note.velocity, None, preset, hold_s, length_s)
    audios = []
    for rendered in pool.render([job] * times, whole):
        if rendered.audio is None:
            why = rendered.reason or rendered.status
            raise RenderError(f"{spec.name} failed on its own preset ({why}): try another --seed")
        audios.append(rendered.audio)
    return audios
