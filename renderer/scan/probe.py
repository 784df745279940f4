"""Render any patch of a plugin in a worker process, and measure it there."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from datasets.spec import FloatArray, NotePolicy, Parameter, SynthSpec
from renderer.engines.base import Audio, Control, Engine
from renderer.workers.isolation import RENDERED, Isolation, Limits, Rendered, RenderJob
from renderer.workers.pool import RenderPool

Mel = Callable[[Audio], FloatArray]  # a clip's log-mel, dB below its own maximum, as distances use
CLIP = NotePolicy(hold_s=1.0, length_s=1.5)  # the note of a scan: short, with some release
LIMITS = Limits(cpu_s=5, wall_s=10.0)
RUNAWAY_PEAK = 4.0  # +12 dB full scale
GROWTH = 2.0  # a tail runs away when it grows to this many times the held note, above full scale
QUIET_DB = -120.0  # dB full scale: the lowest level reported


@dataclass(frozen=True)
class Patch:
    """Hold one value for every control, and a note."""

    position: FloatArray  # (controls,), 0..1 over the native range of each
    note: int  # MIDI

    def moved(self, control: int, position: float) -> Patch:
        """Return the same patch with one control at another position, 0..1."""
        changed = self.position.copy()
        changed[control] = position
        return replace(self, position=changed)


@dataclass(frozen=True)
class MeasuredRender:
    """Hold the measures of one render; ``mel`` is None when there is no audio."""

    status: str  # as renderer.workers.isolation.Status, or "runaway"
    reason: str
    digest: str  # equal for equal audio, bit for bit
    mel: FloatArray | None = field(repr=False, default=None)
    rms_db: float = QUIET_DB  # dB full scale while the note is held
    peak: float = 0.0  # 1 is full scale
    dc: float = 0.0  # mean of the samples

    @property
    def is_fault(self) -> bool:
        """Return whether it failed: a crash, a hang, NaN, too much memory or a runaway level."""
        return self.status not in RENDERED

    @property
    def is_audible(self) -> bool:
        """Return whether it has a sound to measure."""
        return self.status == "ok"


def mel_distance(a: MeasuredRender, b: MeasuredRender) -> float:
    """Return the mean difference of two log-mels in dB; NaN after a fault.

    This is the project's distance. Level has no influence: a log-mel is relative to its own
    maximum.
    """
    if a.mel is None or b.mel is None:
        return math.nan
    return float(np.abs(a.mel - b.mel).mean())


def decibels(amplitude: float) -> float:
    """Return an amplitude in dB full scale, at least ``QUIET_DB``."""
    return max(QUIET_DB, 20 * math.log10(max(amplitude, 1e-12)))


class Measure:
    """Finish a render by measuring it in the worker; picklable."""

    def __init__(self, mel: Mel, spec: SynthSpec) -> None:
        self._mel = mel
        self._held = round(spec.note.hold_s * spec.sample_rate)  # samples

    def __call__(self, rendered: Rendered) -> MeasuredRender:
        """Return the measures of one render."""
        audio = rendered.audio
        if audio is None:
            return MeasuredRender(
                rendered.status, rendered.reason, f"{rendered.status} {rendered.reason}"
            )
        peak = float(np.abs(audio).max())
        status: str = rendered.status
        reason = rendered.reason
        if peak > RUNAWAY_PEAK or self._swells(audio):
            status, reason = "runaway", f"peak {decibels(peak):+.0f} dB full scale"
        return MeasuredRender(
            status,
            reason,
            audio_digest(audio),
            self._mel(audio),
            decibels(rms(audio[:, : self._held])),
            peak,
            float(audio.mean()),
        )

    def _swells(self, audio: Audio) -> bool:
        """Return whether the sound grows beyond full scale after the note ends."""
        window = self._held // 10
        held, last = audio[:, self._held - window : self._held], audio[:, -window:]
        return float(np.abs(last).max()) > 1 and rms(last) > GROWTH * rms(held)


def audio_digest(audio: Audio) -> str:
    """Return a text that is equal only for bit-equal audio."""
    return hashlib.sha256(audio.tobytes()).hexdigest()


def rms(audio: Audio) -> float:
    """Return the root mean square over channels and samples."""
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


@dataclass(frozen=True)
class SynthDescription:
    """Hold a loaded synth's description of itself."""

    controls: tuple[Control, ...]
    identity: dict[str, str]
    outputs: int = 0  # channels of the plugin; the spec may render only the main pair


def describe(engine: Engine) -> SynthDescription:
    """Return the synth's controls and identity: a question for ``RenderPool.ask``.

    A short note checks that the spec's channel count is right.
    """
    controls = tuple(control for control in engine.controls() if control.low < control.high)
    engine.render(60, 100, 0.1, 0.2)
    return SynthDescription(controls, engine.identity(), engine.outputs)


def open_spec(bare: SynthSpec, controls: Sequence[Control]) -> SynthSpec:
    """Return the spec with every control continuous over its whole range, and short clips."""
    parameters = tuple(
        Parameter(c.name, "continuous", "", c.unit, float(c.low), float(c.high)) for c in controls
    )
    note = replace(bare.note, hold_s=CLIP.hold_s, length_s=CLIP.length_s)
    return replace(bare, note=note, parameters=parameters)


class PatchRenderer:
    """Run workers that play any patch of one synth."""

    def __init__(
        self, spec: SynthSpec, mel: Mel, workers: int, isolation: Isolation, limits: Limits
    ) -> None:
        self.spec = spec
        self.pool = RenderPool(spec, workers, isolation, limits)
        self._measure = Measure(mel, spec)
        self.renders = 0

    def hear(self, patches: Sequence[Patch]) -> list[MeasuredRender]:
        """Render some patches and return their measures, in order."""
        self.renders += len(patches)
        return self.pool.render(self.jobs(patches), self._measure)

    def hear_again(self, patches: Sequence[Patch]) -> list[MeasuredRender]:
        """Render some patches in new processes and return their measures, in order."""
        self.pool.refresh()
        return self.hear(patches)

    def jobs(self, patches: Sequence[Patch]) -> list[RenderJob]:
        """Return patches as jobs for the pool."""
        velocity = self.spec.note.velocity
        return [RenderJob(i, p.note, velocity, p.position) for i, p in enumerate(patches)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pool.close()


def generator(*key: int) -> np.random.Generator:
    """Return an independent random stream for each key of one or two numbers."""
    return np.random.Generator(np.random.Philox(key=list(key)))


_spent_before = 0.0


def processor_ms() -> float:
    """Return the processor time in ms since the last call, with ended child processes."""
    global _spent_before
    spent = _processor_s()
    since, _spent_before = spent - _spent_before, spent
    return 1000 * since


def _processor_s() -> float:
    try:
        import resource
    except ImportError:  # Windows: workers have no children to count
        return time.process_time()
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def quantiles(values: Sequence[float] | npt.NDArray[np.float64], *at: float) -> list[float]:
    """Return quantiles of some values; NaN if there are none."""
    if len(values) == 0:
        return [math.nan] * len(at)
    return [float(q) for q in np.quantile(np.asarray(values, np.float64), at)]
