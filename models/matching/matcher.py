"""Match a sound: from an audio file to a preset, within a budget of renders and seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from datasets.errors import RenderError, SpecError
from datasets.spec import FloatArray, SynthSpec
from models.audio.distance import TargetDistance, headline
from models.audio.features import is_silent, mono
from models.checkpoint import Checkpoint
from models.instrument.neighbours import Neighbour, nearest_presets
from models.matching.confidence import Confidence, confidence
from models.matching.initial_population import TargetFeatures, library_of, own_search
from models.matching.objective import Objective, RenderedCandidate, play_preset
from models.matching.search import Search
from models.matching.sound_target import SoundTarget, load_target
from models.matching.threads import one_thread
from models.matching.variation import Variation
from renderer.engines.base import Audio, open_engine
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool, whole

CANDIDATES = 12  # of a match, in its document


@dataclass(frozen=True)
class Effort:
    """What a budget may cost: whichever is spent first ends the search."""

    renders: int
    seconds: float  # wall clock from the first render on
    fast_seconds: float  # the same for a synth that plays a note in FAST_MS


FAST_MS = 50  # amsynth takes 25, Vital 110
EFFORTS: dict[str, Effort] = {
    "instant": Effort(0, 0.0, 0.0),
    "quick": Effort(16, 1.2, 0.5),
    "refine": Effort(250, 60.0, 60.0),
    "deep": Effort(5000, 1800.0, 1800.0),
}


@dataclass(frozen=True)
class MatchOptions:
    """What a match may cost, and what it listens to."""

    budget: str = "quick"  # one of EFFORTS
    seed: int = 0  # of the search and the posterior's samples
    start_s: float | None = None  # part of the file to match, seconds
    end_s: float | None = None
    note: int | None = None  # MIDI; measured on the sound unless given
    limit_s: float | None = None  # instead of the budget's; a generous one makes answers repeatable
    present: tuple[float, ...] | None = None  # (P,) the player's own preset, one more to begin from
    locked: tuple[str, ...] = ()  # parameters that keep its values; SpecError without it

    def __post_init__(self) -> None:
        """SpecError for a budget that does not exist."""
        if self.budget not in EFFORTS:
            raise SpecError(f"--budget {self.budget!r}: use one of {', '.join(EFFORTS)}")

    def check(self, spec: SynthSpec) -> None:
        """SpecError unless the locks and the present preset are this synth's."""
        Variation.of(spec, self.locked)
        if self.present is not None:
            spec.to_native(self.present)  # refuses a vector of another length or beyond 0..1
        elif self.locked:
            raise SpecError(f"no preset to lock {', '.join(self.locked)} at: give one with --from")


@dataclass(frozen=True)
class Progress:
    """How far a match is."""

    renders: int
    of: int
    distance: float  # J of the best so far, dB
    unit: FloatArray = field(repr=False)  # (P,) of it


Watcher = Callable[[Progress], bool | None]  # False ends the search with the best so far


@dataclass(frozen=True)
class SearchOutcome:
    """What a search came to."""

    candidates: tuple[RenderedCandidate, ...]  # best first; under ``instant`` only expected to be
    renders: int
    stopped_by: str  # renders, seconds, cancelled; budget when nothing was to be rendered
    target_distance: TargetDistance
    timings_ms: dict[str, float]


@dataclass(frozen=True)
class MatchResult:
    """A match: the winner's preset and audio, and all that ``match.json`` says."""

    target: SoundTarget
    unit: FloatArray  # (P,) of the winner
    preset: bytes  # in the synth's own format
    preset_suffix: str
    audio: Audio  # (channels, samples), rendered from ``preset``
    sample_rate: int
    document: dict[str, Any] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The content of ``match.json``."""
        return self.document


class Matcher:
    """A model with its synth loaded in worker processes; calls block, and are not thread-safe."""

    def __init__(self, checkpoint: Checkpoint, workers: int = 2) -> None:
        one_thread()
        self.checkpoint, self.workers = checkpoint, workers
        self.pool = RenderPool(checkpoint.spec, workers)
        self._engine = open_engine(checkpoint.spec)  # for texts and preset files, never played

    def match(
        self,
        sound: str | Path,
        options: MatchOptions | None = None,
        watch: Watcher | None = None,
    ) -> MatchResult:
        """The preset that sounds most like ``sound``, within the budget.

        ``watch`` is told of every generation, and may end the search. Raises AudioError for a sound
        that cannot be used, RenderError when the synth fails.
        """
        options, sound = options or MatchOptions(), Path(sound)
        spec = self.checkpoint.spec
        target = load_target(sound, spec, options.start_s, options.end_s, options.note)
        return self.answer(target, options, sound.stem, watch)

    def answer(
        self, target: SoundTarget, options: MatchOptions, title: str, watch: Watcher | None = None
    ) -> MatchResult:
        """The same for a target that is loaded already; ``title`` names the preset."""
        found = self.find(target, options, watch)
        started = time.perf_counter()
        found, preset, (audio, again) = self._played(found, target.note, f"match {title}")
        distance = found.target_distance.distance(audio).j
        floor = headline(audio, again, self.checkpoint.spec.sample_rate)
        found.timings_ms["winner"] = 1000 * (time.perf_counter() - started)
        budgets = {name: effort.renders for name, effort in EFFORTS.items()}
        sure = confidence(distance, floor, found.renders, budgets)
        document = self._document(target, found, sure, options)
        suffix, unit = self._engine.preset_suffix, found.candidates[0].unit
        rate = self.checkpoint.spec.sample_rate
        return MatchResult(target, unit, preset, suffix, audio, rate, document)

    def _played(
        self, found: SearchOutcome, note: int, title: str
    ) -> tuple[SearchOutcome, bytes, list[Audio]]:
        """The best, its preset file, and that played twice.

        Nobody has heard what `instant` expects to be best: one that turns out silent goes last.
        """
        for last, one in enumerate(found.candidates, 1):
            preset = self.preset(one.unit, title)
            audio = play_preset(self.pool, self.checkpoint.spec, preset, note, times=2)
            if not is_silent(mono(audio[0])) or last == len(found.candidates):
                break
        order = (*found.candidates[last - 1 :], *found.candidates[: last - 1])
        return replace(found, candidates=order), preset, audio

    def find(
        self, target: SoundTarget, options: MatchOptions, watch: Watcher | None = None
    ) -> SearchOutcome:
        """The search alone: the best presets within the budget, best first."""
        if EFFORTS[options.budget].renders:
            self.pool.ready()
        timings, started = dict(target.timings_ms), time.perf_counter()
        target_features = TargetFeatures(self.checkpoint, target.audio, target.note)
        timings["features"] = 1000 * (time.perf_counter() - started)
        started = time.perf_counter()
        target_distance = TargetDistance(target.audio, target.sample_rate)
        spec = self.checkpoint.spec
        objective = Objective(
            self.pool, spec, target_distance, target.note, self.checkpoint.features
        )
        search = _begun(objective, target_features, options)
        if EFFORTS[options.budget].renders:
            stopped = _spend(search, options, watch)
            candidates = objective.ranked()[:CANDIDATES]
        else:
            stopped, candidates = "budget", search.promising(4)
        whole = 1000 * (time.perf_counter() - started)
        timings |= {"rendering": objective.rendering_ms, "search": whole - objective.rendering_ms}
        timings["answer"] = sum(timings.values())
        return SearchOutcome(
            tuple(candidates), len(objective.heard), stopped, target_distance, timings
        )

    def hear(self, unit: FloatArray, note: int) -> tuple[Audio, int]:
        """A preset (P,) played at a MIDI note: (channels, n) and its rate in Hz.

        Raises RenderError when the synth fails or stays silent.
        """
        spec = self.checkpoint.spec
        job = RenderJob(0, note, spec.note.velocity, spec.snap(unit))
        (rendered,) = self.pool.render([job], whole)
        if rendered.status != "ok" or rendered.audio is None:
            raise RenderError(f"{spec.name} plays nothing at note {note}: {rendered.status}")
        return rendered.audio, spec.sample_rate

    def near(self, sound: Path, options: MatchOptions, count: int) -> list[Neighbour]:
        """The presets of the library that sound most like ``sound``; nothing is rendered.

        Raises AudioError for a sound that cannot be used, CheckpointError without a library.
        """
        spec, library = self.checkpoint.spec, library_of(self.checkpoint)
        target = load_target(sound, spec, options.start_s, options.end_s, options.note)
        target_features = TargetFeatures(self.checkpoint, target.audio, target.note)
        return nearest_presets(spec, library, library.project(target_features.mel), count)

    def preset(self, unit: FloatArray, title: str) -> bytes:
        """The whole patch of a unit vector (P,) in the synth's own format."""
        self._engine.set(self.checkpoint.spec.to_native(unit))
        return self._engine.preset(title)

    def parameters(self, unit: FloatArray) -> dict[str, dict[str, object]]:
        """Unit value, native value and display text of every parameter, by name."""
        native = self.checkpoint.spec.to_native(unit)
        self._engine.set(native)
        return {
            name: {"unit": float(x), "native": native[name], "text": self._engine.text(name)}
            for name, x in zip(self.checkpoint.spec.names, unit, strict=True)
        }

    def close(self) -> None:
        """End the render workers."""
        self.pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _document(
        self, target: SoundTarget, found: SearchOutcome, sure: Confidence, options: MatchOptions
    ) -> dict[str, Any]:
        checkpoint, note = self.checkpoint, self.checkpoint.spec.note
        played = {"midi": target.note, "velocity": note.velocity}
        lengths = {"hold_s": note.hold_s, "length_s": note.length_s}
        measured = [sure.distance, *(one.distance for one in found.candidates[1:])]
        ranked = [
            {
                "rank": rank,
                "distance": j if math.isfinite(j) else None,  # silent, or nobody has heard it
                "unit": [float(x) for x in one.unit],
            }
            for rank, (one, j) in enumerate(zip(found.candidates, measured, strict=True), 1)
        ]
        return {
            "model": checkpoint.name,
            "spec": checkpoint.spec.name,
            "budget": options.budget,
            "seed": options.seed,
            "note": played | lengths,
            "target": {
                "f0_hz": target.f0_hz,
                "onset_s": target.onset_s,
                "duration_s": target.duration_s,
                "warnings": list(target.warnings),
            },
            "sample_rate": checkpoint.spec.sample_rate,
            "distance": sure.distance,
            "confidence": sure.to_dict(),
            "renders": found.renders + 2,  # and the answer, twice
            "stopped_by": found.stopped_by,
            "timings_ms": {name: round(ms, 2) for name, ms in found.timings_ms.items()},
            "parameters": self.parameters(found.candidates[0].unit),
            "candidates": ranked,
        }


def _begun(objective: Objective, target_features: TargetFeatures, options: MatchOptions) -> Search:
    options.check(objective.spec)
    present = None if options.present is None else np.array(options.present, np.float32)
    return own_search(objective, target_features, options.seed, options.locked, present)


def _spend(search: Search, options: MatchOptions, watch: Watcher | None) -> str:
    """Search until the budget is spent; and say what ended it (see ``SearchOutcome``)."""
    effort, objective, started = EFFORTS[options.budget], search.objective, time.perf_counter()
    while (left := effort.renders - len(objective.heard)) > 0:
        search.advance(left)
        best, renders = objective.best, len(objective.heard)
        told = Progress(renders, effort.renders, best.distance, best.unit)
        if watch is not None and watch(told) is False:
            return "cancelled"
        each_ms = objective.rendering_ms / renders
        limit = effort.fast_seconds if each_ms < FAST_MS else effort.seconds
        if time.perf_counter() - started >= (limit if options.limit_s is None else options.limit_s):
            return "seconds"
    return "renders"
