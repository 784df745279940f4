"""Define the options of a match (budget, method, part of the sound) and its progress."""

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
    """Limit a search; the limit that is reached first ends it.

    Attributes:
        renders: Number of renders.
        seconds: Wall-clock time from the first render, seconds.
        fast_seconds: The same for a synth that renders a note in less than ``FAST_MS``.
    """

    renders: int
    seconds: float
    fast_seconds: float


FAST_MS = 50  # ms for a note: amsynth takes 25, Vital 110
LONGEST_S = 600.0  # The seconds of a budget grow with the length of a sound, at most up to this.
EFFORTS: dict[str, Effort] = {
    "instant": Effort(0, 0.0, 0.0),
    "quick": Effort(16, 1.2, 0.5),
    "refine": Effort(250, 60.0, 60.0),
    "deep": Effort(5000, 1800.0, 1800.0),
}


@dataclass(frozen=True)
class MatchOptions:
    """Set the budget of a match, its method, and the part of the sound to use.

    Attributes:
        budget: One of ``EFFORTS``.
        seed: Seed of the search and of the posterior's samples.
        start_s: Start of the part to match, seconds; None is the beginning of the file.
        end_s: End of the part, seconds; None is the end of the file.
        note: MIDI note; None measures it on the sound.
        limit_s: Time limit in seconds instead of the budget's. A long one makes answers repeatable.
        present: The current preset (P,), one more to start from.
        locked: Parameters that keep the values of ``present``.
        method: One of ``METHODS``. "auto" gives the answer with the smaller distance.
        frames: Wavetable frames of a resynthesis, 1 to 257.
        second: File of another note of the same instrument, for the resynthesis.
    """

    budget: str = "quick"
    seed: int = 0
    start_s: float | None = None
    end_s: float | None = None
    note: int | None = None
    limit_s: float | None = None
    present: tuple[float, ...] | None = None
    locked: tuple[str, ...] = ()
    method: str = "auto"
    frames: int = 64
    second: Path | None = None

    def __post_init__(self) -> None:
        """Check the budget and the method.

        Raises:
            SpecError: The budget or the method does not exist.
        """
        if self.budget not in EFFORTS:
            raise SpecError(f"--budget {self.budget!r}: use one of {', '.join(EFFORTS)}")
        if self.method not in METHODS:
            raise SpecError(f"--method {self.method!r}: use one of {', '.join(METHODS)}")

    def resynthesises(self, spec: SynthSpec) -> bool:
        """Return whether a match of this synth also makes a resynthesised preset.

        Raises:
            SpecError: ``method`` requires a resynthesis, but the synth or the budget excludes it.
        """
        possible = spec.engine == "vita" and EFFORTS[self.budget].renders > 0
        if self.method == RESYNTHESIS and spec.engine != "vita":
            raise SpecError(
                f"--method resynthesis: it writes Vital presets, but the synth is {spec.name}. "
                "Use --model vital-32, or --method parameters"
            )
        if self.method == RESYNTHESIS and not possible:
            raise SpecError(
                "--budget instant: it renders nothing, but --method resynthesis needs renders. "
                "Use --budget quick or more"
            )
        return possible and self.method != PARAMETERS

    def check(self, spec: SynthSpec) -> None:
        """Check that the locks, the preset and the method fit the synth.

        Raises:
            SpecError: One of them does not fit.
        """
        self.resynthesises(spec)
        Variation.of(spec, self.locked)
        if self.present is not None:
            spec.to_native(self.present)  # checks the length and the range 0..1
        elif self.locked:
            raise SpecError(f"{', '.join(self.locked)}: no preset to lock at, give one with --from")


@dataclass(frozen=True)
class Progress:
    """Report how far a match is.

    Attributes:
        renders: Renders so far.
        of: Renders of the whole budget.
        distance: J of the best preset so far, dB.
        unit: The best preset so far, (P,).
    """

    renders: int
    of: int
    distance: float
    unit: FloatArray = field(repr=False)


Watcher = Callable[[Progress], bool | None]  # False ends the search; the best so far is kept
