"""The answers of a match: the parametric preset, the resynthesised one, and which is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from datasets.spec import FloatArray
from models.matching.confidence import Confidence
from models.matching.options import PARAMETERS, RESYNTHESIS
from models.matching.sound_target import SoundTarget
from models.resynthesis.draft import Draft
from renderer.engines.base import Audio

COMES_NEAR = "A patch that comes near, found by its parameters"


@dataclass(frozen=True)
class PresetAnswer:
    """One answer of a match.

    Attributes:
        method: "parameters" or "resynthesis".
        preset: Content of the preset file.
        suffix: Ending of such files, with its dot.
        audio: Rendered from the preset at the target's note, (channels, n).
        hold_s: How long the key was held, seconds.
        confidence: How near it is, and what more renders would gain.
        about: One sentence that says what the preset is.
        draft: The parts of a resynthesis, for exports; None for a parametric answer.
    """

    method: str
    preset: bytes = field(repr=False)
    suffix: str
    audio: Audio = field(repr=False)
    hold_s: float
    confidence: Confidence
    about: str
    draft: Draft | None = field(default=None, repr=False)

    @property
    def distance(self) -> float:
        """Return J to the target, dB."""
        return self.confidence.distance

    def file_names(self, chosen: bool) -> tuple[str, str]:
        """Return the names of its preset and audio in the folder of a match."""
        if chosen:
            return f"preset{self.suffix}", "match.wav"
        return f"{self.method}{self.suffix}", f"{self.method}.wav"


@dataclass(frozen=True)
class MatchResult:
    """A match: the chosen answer, and all that ``match.json`` says.

    Attributes:
        target: The sound.
        unit: The preset of the parametric answer, (P,).
        answers: All answers, the parametric one first.
        chosen: The answer to give.
        sample_rate: Of their audio, Hz.
        document: The content of ``match.json``.
    """

    target: SoundTarget
    unit: FloatArray
    answers: tuple[PresetAnswer, ...]
    chosen: PresetAnswer
    sample_rate: int
    document: dict[str, Any] = field(repr=False)

    @property
    def method(self) -> str:
        """Return the method of the chosen answer: "parameters" or "resynthesis"."""
        return self.chosen.method

    @property
    def preset(self) -> bytes:
        """Return the content of the chosen answer's preset file."""
        return self.chosen.preset

    @property
    def preset_suffix(self) -> str:
        """Return the ending of the chosen answer's preset file, with its dot."""
        return self.chosen.suffix

    @property
    def audio(self) -> Audio:
        """Return the chosen answer as it was rendered, (channels, n)."""
        return self.chosen.audio

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``match.json``."""
        return self.document


def choose(answers: Sequence[PresetAnswer], method: str) -> PresetAnswer:
    """Choose the answer to give.

    Args:
        answers: The parametric answer, and the resynthesised one if there is one.
        method: The method that was asked for; "auto" chooses the nearer answer, and the
            parametric one of equals, because all of its parameters can be turned.
    """
    asked = [one for one in answers if one.method == method]
    order = {PARAMETERS: 0, RESYNTHESIS: 1}
    return min(asked or answers, key=lambda one: (one.distance, order[one.method]))
