"""Options of a match: the budget, the method, the part of the sound; and its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from datasets.errors import SpecError
from datasets.spec import FloatArray, SynthSpec
from models.matching.variation import Variation

PARAMETERS, RESYNTHESIS = "parameters", "resynthesis"
METHODS = ("auto", PARAMETERS, RESYNTHESIS)


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
    """What a match may cost, which answer it gives, and which part of the sound it uses."""

    budget: str = "quick"  # one of EFFORTS
    seed: int = 0  # of the search and the posterior's samples
    start_s: float | None = None  # part of the file to match, seconds
    end_s: float | None = None
    note: int | None = None  # MIDI; measured on the sound unless given
    limit_s: float | None = None  # instead of the budget's; a generous one makes answers repeatable
    present: tuple[float, ...] | None = None  # (P,) the player's own preset, one more to begin from
    locked: tuple[str, ...] = ()  # parameters that keep its values; SpecError without it
    method: str = "auto"  # one of METHODS: the answer to give; "auto" gives the nearer one
    frames: int = 64  # wavetable frames of a resynthesis, 1 to 257
    second: Path | None = None  # another note of the same instrument, for the resynthesis

    def __post_init__(self) -> None:
        """Refuse a budget or a method that does not exist, with a SpecError."""
        if self.budget not in EFFORTS:
            raise SpecError(f"--budget {self.budget!r}: use one of {', '.join(EFFORTS)}")
        if self.method not in METHODS:
            raise SpecError(f"--method {self.method!r}: use one of {', '.join(METHODS)}")

    def resynthesises(self, spec: SynthSpec) -> bool:
        """Say whether a match of this synth makes a resynthesised preset too.

        Raises:
            SpecError: ``method`` asks for a resynthesis that the synth or the budget excludes.
        """
        possible = spec.engine == "vita" and EFFORTS[self.budget].renders > 0
        if self.method == RESYNTHESIS and spec.engine != "vita":
            raise SpecError(
                f"--method resynthesis writes Vital presets, and {spec.name} is another synth: "
                "use --model vital-32, or --method parameters"
            )
        if self.method == RESYNTHESIS and not possible:
            raise SpecError("--budget instant renders nothing: resynthesis needs quick or more")
        return possible and self.method != PARAMETERS

    def check(self, spec: SynthSpec) -> None:
        """Refuse locks, a preset or a method that do not fit the synth, with a SpecError."""
        self.resynthesises(spec)
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
