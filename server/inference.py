"""The transport-free core: a sound in, a preset out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import torch

from datasets.errors import RenderError, SpecError
from datasets.spec import FloatArray
from models.checkpoint import Checkpoint
from models.features import log_mel
from models.yardstick import Yardstick
from renderer.engine import Audio, open_engine
from renderer.pool import RenderPool
from server.search import Candidate, rank, render_preset
from server.target import Target, load_target

Budget = Literal["instant", "quick"]


@dataclass(frozen=True)
class MatchOptions:
    """What a match may cost, and what it listens to."""

    budget: Budget = "quick"
    seed: int = 0  # of the posterior's samples
    start_s: float | None = None  # part of the file to match, seconds
    end_s: float | None = None
    note: int | None = None  # MIDI; measured on the sound unless given


@dataclass(frozen=True)
class Effort:
    """Where a budget's candidates come from; all are rendered, save under ``instant``."""

    neighbours: int
    samples: int  # of the posterior, its mode included
    rendered: bool


EFFORTS: dict[str, Effort] = {
    "instant": Effort(neighbours=4, samples=1, rendered=False),
    "quick": Effort(neighbours=20, samples=12, rendered=True),
}


def parse_budget(text: str) -> Budget:
    """The budget of that name; SpecError lists what there is."""
    if text == "instant":
        return "instant"
    if text == "quick":
        return "quick"
    raise SpecError(f"--budget {text!r}: use one of {', '.join(EFFORTS)}")


@dataclass(frozen=True)
class MatchResult:
    """A match: the winner's preset and audio, and all that ``match.json`` says."""

    target: Target
    unit: FloatArray  # (P,) of the winner
    preset: bytes  # in the synth's own format
    preset_suffix: str
    audio: Audio  # (channels, samples), rendered from ``preset``
    sample_rate: int
    document: dict[str, Any] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The content of ``match.json``."""
        return self.document


class Inference:
    """A model with its synth loaded in worker processes; calls block, and are not thread-safe."""

    def __init__(self, checkpoint: Checkpoint, workers: int = 2) -> None:
        self.checkpoint, self.workers = checkpoint, workers
        self.pool = RenderPool(checkpoint.spec, workers)
        self._engine = open_engine(checkpoint.spec)  # for texts and preset files, never played

    def match(self, sound: Path, options: MatchOptions | None = None) -> MatchResult:
        """The preset that sounds most like ``sound``, within the budget.

        Raises AudioError for a sound that cannot be used, RenderError when the synth fails.
        """
        options = options or MatchOptions()
        spec = self.checkpoint.spec
        target = load_target(sound, spec, options.start_s, options.end_s, options.note)
        return self.answer(target, options, sound.stem)

    def answer(self, target: Target, options: MatchOptions, title: str) -> MatchResult:
        """The same for a target that is loaded already; ``title`` names the preset."""
        spec, timings = self.checkpoint.spec, dict(target.timings_ms)
        candidates = self.candidates(target, options, timings)
        renders = 0
        yardstick = Yardstick(target.audio, target.sample_rate)
        if EFFORTS[options.budget].rendered:
            ranking = rank(self.pool, spec, yardstick, target.note, candidates, self.workers)
            candidates, renders = list(ranking.candidates), ranking.renders
            timings |= {"rendering": ranking.rendering_ms, "ranking": ranking.ranking_ms}
        timings["answer"] = sum(timings.values())
        preset = self.preset(candidates[0].unit, f"match {title}")
        started = time.perf_counter()
        audio = render_preset(self.pool, spec, preset, target.note)
        if audio is None:
            raise RenderError(f"{spec.name} failed on the preset it was given: try another --seed")
        distance = yardstick.distance(audio).j
        candidates[0] = replace(candidates[0], distance=distance)
        timings["winner"] = 1000 * (time.perf_counter() - started)
        document = self._document(target, candidates, options, renders + 1, timings)
        suffix, unit = self._engine.preset_suffix, candidates[0].unit
        return MatchResult(target, unit, preset, suffix, audio, spec.sample_rate, document)

    @torch.no_grad()
    def candidates(
        self, target: Target, options: MatchOptions, timings: dict[str, float]
    ) -> list[Candidate]:
        """Presets to try, most promising first: library neighbours, then posterior samples."""
        effort, checkpoint = EFFORTS[options.budget], self.checkpoint
        started = time.perf_counter()
        mel = log_mel(target.audio, checkpoint.features, target.note)
        timings["features"] = 1000 * (time.perf_counter() - started)
        started = time.perf_counter()
        found: list[Candidate] = []
        if checkpoint.library is not None:
            rows, distances = checkpoint.library.neighbours(mel, effort.neighbours)
            units = checkpoint.spec.snap(checkpoint.library.units(rows))
            found = [
                Candidate(u, "library", float(d)) for u, d in zip(units, distances, strict=True)
            ]
        timings["library"] = 1000 * (time.perf_counter() - started)
        started = time.perf_counter()
        generator = torch.Generator().manual_seed(options.seed)
        note = torch.tensor([float(target.note)])
        drawn = checkpoint.model.propose(
            torch.from_numpy(mel)[None], note, effort.samples, generator
        )
        found += [Candidate(unit, "network") for unit in checkpoint.spec.snap(drawn.numpy())]
        timings["network"] = 1000 * (time.perf_counter() - started)
        return found

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
        self,
        target: Target,
        candidates: list[Candidate],
        options: MatchOptions,
        renders: int,
        timings: dict[str, float],
    ) -> dict[str, Any]:
        checkpoint, note = self.checkpoint, self.checkpoint.spec.note
        played = {"midi": target.note, "velocity": note.velocity}
        lengths = {"hold_s": note.hold_s, "length_s": note.length_s}
        ranked = [
            {
                "rank": i,
                "distance": c.distance,
                "estimate": c.estimate,
                "source": c.source,
                "unit": [float(x) for x in c.unit],
            }
            for i, c in enumerate(candidates, 1)
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
            "distance": candidates[0].distance,
            "renders": renders,
            "timings_ms": {name: round(ms, 2) for name, ms in timings.items()},
            "parameters": self.parameters(candidates[0].unit),
            "candidates": ranked,
        }
