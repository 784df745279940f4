"""Match a sound: find a preset for an audio file, within a budget of renders and seconds."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from datasets.errors import AudioError, RenderError
from datasets.spec import FloatArray
from models.audio.distance import TargetDistance, headline
from models.audio.features import is_silent, mono
from models.checkpoint import Checkpoint
from models.instrument.neighbours import Neighbour, nearest_presets
from models.matching.answers import COMES_NEAR, MatchResult, PresetAnswer, choose
from models.matching.confidence import confidence
from models.matching.document import match_document
from models.matching.initial_population import TargetFeatures, library_of, own_search
from models.matching.objective import Objective, RenderedCandidate, play_preset
from models.matching.options import (
    EFFORTS,
    FAST_MS,
    LONGEST_S,
    PARAMETERS,
    RESYNTHESIS,
    MatchOptions,
    Progress,
    Watcher,
)
from models.matching.resynthesis_answer import Resynthesised, StoppedError, resynthesis_answer
from models.matching.search import Search, SearchOutcome
from models.matching.sound_target import SoundTarget, load_target
from models.matching.threads import one_thread
from models.resynthesis.resynthesise import Answer
from renderer.engines.base import Audio, open_engine
from renderer.workers.isolation import DEFAULT_ISOLATION, Isolation, RenderJob
from renderer.workers.pool import RenderPool, whole

CANDIDATES = 12  # listed in ``match.json``
JUDGED_WHOLE = 6  # candidates of a compact note that are rendered at its whole length


class Matcher:
    """Match sounds with one model; its synth runs in worker processes.

    Calls block. An object is not thread-safe.
    """

    def __init__(
        self, checkpoint: Checkpoint, workers: int = 2, isolation: Isolation = DEFAULT_ISOLATION
    ) -> None:
        """Start the workers.

        Args:
            checkpoint: The model.
            workers: Number of processes that render.
            isolation: Way to separate the renders; the platform's fastest way by default.
        """
        one_thread()
        self.checkpoint, self.workers = checkpoint, workers
        self.pool = RenderPool(checkpoint.spec, workers, isolation)
        self._engine = open_engine(checkpoint.spec)  # for texts and preset files only

    def match(
        self,
        sound: str | Path,
        options: MatchOptions | None = None,
        watch: Watcher | None = None,
    ) -> MatchResult:
        """Match a sound file: find the preset with the smallest distance within the budget.

        Args:
            sound: The sound file.
            options: Budget, method and so on; the defaults if None.
            watch: Function to call after each generation. It may return False to end the search.

        Returns:
            The chosen answer and all others.

        Raises:
            AudioError: The sound cannot be used.
            SpecError: The options do not fit the synth.
            RenderError: The synth fails.
        """
        options, sound = options or MatchOptions(), Path(sound)
        spec = self.checkpoint.spec
        part = options.start_s, options.end_s, options.note
        target = load_target(sound, spec, *part, own_length=True)
        return self.answer(target, options, sound.stem, watch)

    def answer(
        self, target: SoundTarget, options: MatchOptions, title: str, watch: Watcher | None = None
    ) -> MatchResult:
        """Match a target that is already loaded.

        Args:
            target: The sound to match.
            options: Budget, method and so on.
            title: Name of the sound; the preset is named after it.
            watch: Function to call after each generation. It may return False to end the search.

        Returns:
            The chosen answer and all others.

        Raises:
            SpecError: The method, the locks or the preset to start from do not fit the synth.
            AudioError: The options require a resynthesis, but the sound cannot be resynthesised.
            RenderError: The synth fails.
        """
        spec, title = self.checkpoint.spec, f"match {title}"
        with_resynthesis = options.resynthesises(spec)
        found = self.find(target, options, watch)
        found, parametric = self._parametric(found, target, title)
        answers, renders = [parametric], found.renders + 2  # the answer is rendered twice
        if with_resynthesis and found.stopped_by != "cancelled":
            target, other = self._resynthesised(target, found, options, title, watch)
            answers += [other.answer] if other else []
            renders += other.renders if other else 0
        chosen = choose(answers, options.method)
        document = match_document(self.checkpoint, target, found, answers, chosen, options)
        document |= {
            "renders": renders,
            "parameters": self.parameters(found.candidates[0].unit),
        }
        unit = found.candidates[0].unit
        return MatchResult(target, unit, tuple(answers), chosen, spec.sample_rate, document)

    def _parametric(
        self, found: SearchOutcome, target: SoundTarget, title: str
    ) -> tuple[SearchOutcome, PresetAnswer]:
        """Render the best preset of a search twice, to measure its distance and its floor."""
        started = time.perf_counter()
        found, preset, (audio, again) = self._played(found, target, title)
        spec = self.checkpoint.spec
        distance = found.target_distance.distance(audio).j
        floor = headline(audio, again, spec.sample_rate)
        budgets = {name: effort.renders for name, effort in EFFORTS.items()}
        sure = confidence(distance, floor, found.renders, budgets)
        found.timings_ms["winner"] = 1000 * (time.perf_counter() - started)
        suffix = self._engine.preset_suffix
        hold_s = spec.note.hold_s if target.shape is None else target.shape.hold_s
        about = f"{COMES_NEAR}; its distance is {distance:.1f} dB."
        return found, PresetAnswer(PARAMETERS, preset, suffix, audio, hold_s, sure, about)

    def _resynthesised(
        self,
        target: SoundTarget,
        found: SearchOutcome,
        options: MatchOptions,
        title: str,
        watch: Watcher | None,
    ) -> tuple[SoundTarget, Resynthesised | None]:
        """Resynthesise the target; add a warning to the target if that is not possible."""
        started = time.perf_counter()

        nearest = found.candidates[0].distance

        def on_open_loop(answer: Answer) -> None:
            nonlocal nearest
            nearest = answer.distance

        def goes_on() -> bool:
            progress = Progress(found.renders, found.renders, nearest, found.best_unit)
            return watch is None or watch(progress) is not False

        spec = self.checkpoint.spec
        try:
            other = resynthesis_answer(
                self.pool, spec, target, options, title, on_open_loop, goes_on
            )
        except StoppedError as error:
            return replace(target, warnings=(*target.warnings, str(error))), None
        except AudioError as error:
            if options.method == RESYNTHESIS or options.second is not None:
                raise
            warning = f"no resynthesis: {error}"
            return replace(target, warnings=(*target.warnings, warning)), None
        spent = 1000 * (time.perf_counter() - started)
        found.timings_ms["resynthesis"] = spent
        found.timings_ms["answer"] += spent
        return replace(target, warnings=(*target.warnings, *other.warnings)), other

    def _played(
        self, found: SearchOutcome, target: SoundTarget, title: str
    ) -> tuple[SearchOutcome, bytes, list[Audio]]:
        """Return the search, the file of its best audible candidate, and two renders of that file.

        That candidate comes first in the search. With ``instant`` no candidate was rendered before.
        So the first ones may be silent; they move to the end.
        """
        for last, one in enumerate(found.candidates, 1):
            preset = self.preset(one.unit, title)
            spec = self.checkpoint.spec
            audio = play_preset(self.pool, spec, preset, target.note, 2, target.form(spec))
            if not is_silent(mono(audio[0])) or last == len(found.candidates):
                break
        order = (*found.candidates[last - 1 :], *found.candidates[: last - 1])
        return replace(found, candidates=order), preset, audio

    def find(
        self, target: SoundTarget, options: MatchOptions, watch: Watcher | None = None
    ) -> SearchOutcome:
        """Search for the best presets within the budget, without a resynthesis.

        Args:
            target: The sound to match.
            options: Budget, seed, locks and preset to start from.
            watch: Function to call after each generation. It may return False to end the search.

        Returns:
            The best presets, best first, and what ended the search.

        Raises:
            SpecError: The options do not fit the synth.
            CheckpointError: The model has no library.
            RenderError: The synth fails.
        """
        if EFFORTS[options.budget].renders:
            self.pool.ready()
        spec, timings, started = self.checkpoint.spec, dict(target.timings_ms), time.perf_counter()
        short = target.compact(spec)  # of a long note; any other stays as it is
        form = short.form(spec)
        target_features = TargetFeatures(self.checkpoint, short.audio, target.note, form)
        timings["features"] = 1000 * (time.perf_counter() - started)
        started, features = time.perf_counter(), self.checkpoint.features
        near = TargetDistance(short.audio, target.sample_rate)
        objective = Objective(self.pool, spec, near, target.note, features, form)
        judge, candidates = objective, list[RenderedCandidate]()
        search = _begun(objective, target_features, options)
        if EFFORTS[options.budget].renders:
            stopped = _spend(search, options, watch, short.longer(spec))
            if short is not target:
                judge = self._judged_whole(target, objective, options)
            candidates += judge.ranked()[:CANDIDATES]
        else:
            stopped, candidates = "budget", search.promising(4)
        objectives = {id(one): one for one in (objective, judge)}.values()
        whole = 1000 * (time.perf_counter() - started)
        timings["rendering"] = sum(one.rendering_ms for one in objectives)
        timings["search"] = whole - timings["rendering"]
        timings["answer"] = sum(timings.values())
        renders = sum(len(one.rendered) for one in objectives)
        distance = near if short is target else TargetDistance(target.audio, target.sample_rate)
        return SearchOutcome(
            tuple(candidates), renders, stopped, distance, timings, search.surrogate
        )

    def _judged_whole(
        self, target: SoundTarget, objective: Objective, options: MatchOptions
    ) -> Objective:
        """Render the best candidates of a compact note, and the current preset, at full length."""
        spec, form = self.checkpoint.spec, target.form(self.checkpoint.spec)
        distance = TargetDistance(target.audio, target.sample_rate)
        judge = Objective(self.pool, spec, distance, target.note, None, form)
        units = [one.unit for one in objective.ranked()[:JUDGED_WHOLE]]
        if options.present is not None:
            units.append(np.array(options.present, np.float32))
        judge.play(units)
        return judge

    def hear(self, unit: FloatArray, note: int) -> tuple[Audio, int]:
        """Render a preset (P,) at a MIDI note.

        Returns:
            The audio (channels, n) and its sample rate in Hz.

        Raises:
            RenderError: The synth fails or stays silent.
        """
        spec = self.checkpoint.spec
        job = RenderJob(0, note, spec.note.velocity, spec.snap(unit))
        (rendered,) = self.pool.render([job], whole)
        if rendered.status != "ok" or rendered.audio is None:
            raise RenderError(
                f"note {note}: {spec.name} makes no sound ({rendered.status}). Try another note"
            )
        return rendered.audio, spec.sample_rate

    def hear_preset(self, preset: bytes, note: int) -> tuple[Audio, int]:
        """Render a whole preset file at a MIDI note.

        Args:
            preset: A file in the synth's own format.
            note: MIDI, 0..127.

        Returns:
            The audio (channels, n) and its sample rate in Hz.

        Raises:
            RenderError: The synth fails on the preset. A silent preset is no error.
        """
        spec = self.checkpoint.spec
        (rendered,) = self.pool.render(
            [RenderJob(0, note, spec.note.velocity, preset=preset)], whole
        )
        if rendered.audio is None:
            why = rendered.reason or rendered.status
            raise RenderError(f"note {note}: the preset cannot be rendered ({why})")
        return rendered.audio, spec.sample_rate

    def near(self, sound: Path, options: MatchOptions, count: int) -> list[Neighbour]:
        """Return the presets of the library that sound most like a file; render nothing.

        Args:
            sound: The sound file.
            options: Part of the sound, and its note.
            count: Number of presets.

        Returns:
            Presets and their distances, the smallest distance first.

        Raises:
            AudioError: The sound cannot be used.
            CheckpointError: The model has no library.
        """
        spec, library = self.checkpoint.spec, library_of(self.checkpoint)
        part = options.start_s, options.end_s, options.note
        target = load_target(sound, spec, *part, own_length=True)
        form = target.form(spec)
        target_features = TargetFeatures(self.checkpoint, target.audio, target.note, form)
        return nearest_presets(spec, library, library.project(target_features.mel), count)

    def preset(self, unit: FloatArray, title: str) -> bytes:
        """Return the whole patch of a unit vector (P,) as a file in the synth's own format."""
        self._engine.set(self.checkpoint.spec.to_native(unit))
        return self._engine.preset(title)

    def parameters(self, unit: FloatArray) -> dict[str, dict[str, object]]:
        """Return the unit value, native value and display text of every parameter, by name."""
        native = self.checkpoint.spec.to_native(unit)
        self._engine.set(native)
        return {
            name: {"unit": float(x), "native": native[name], "text": self._engine.text(name)}
            for name, x in zip(self.checkpoint.spec.names, unit, strict=True)
        }

    def close(self) -> None:
        """Stop the render workers."""
        self.pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _begun(objective: Objective, target_features: TargetFeatures, options: MatchOptions) -> Search:
    """Return a search that is ready to start; raise SpecError if the options do not fit."""
    options.check(objective.spec)
    present = None if options.present is None else np.array(options.present, np.float32)
    return own_search(objective, target_features, options.seed, options.locked, present)


def _spend(
    search: Search, options: MatchOptions, watch: Watcher | None, longer: float = 1.0
) -> str:
    """Search until the budget is used; return what ended the search (see ``SearchOutcome``).

    A note that is ``longer`` than the spec's has so many times the seconds of the budget, up to
    ``LONGEST_S``.
    """
    effort, objective, started = EFFORTS[options.budget], search.objective, time.perf_counter()
    while (left := effort.renders - len(objective.rendered)) > 0:
        search.advance(left)
        best, renders = objective.best, len(objective.rendered)
        progress = Progress(renders, effort.renders, best.distance, best.unit)
        if watch is not None and watch(progress) is False:
            return "cancelled"
        each_ms = objective.rendering_ms / renders / longer
        limit = effort.fast_seconds if each_ms < FAST_MS else effort.seconds
        limit = min(longer * limit, max(limit, LONGEST_S))
        if time.perf_counter() - started >= (limit if options.limit_s is None else options.limit_s):
            return "seconds"
    return "renders"
