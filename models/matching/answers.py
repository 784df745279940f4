"""Hold the answers of a match: the parametric preset and the resynthesised one."""

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

COMES_NEAR = "A patch that sounds similar, found by a search over its parameters"


@dataclass(frozen=True)
class PresetAnswer:
    """Hold one answer of a match.

    Attributes:
        method: "parameters" or "resynthesis".
        preset: Content of the preset file.
        suffix: Suffix of the preset file, with its dot.
        audio: Render of the preset at the target's note, (channels, n).
        hold_s: Time from the key press to its release, seconds.
        confidence: Distance to the target, and the gain of more renders.
        about: One sentence that describes the preset.
        draft: Parts of a resynthesis, for exports; None for a parametric answer.
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
        """Return the names of the preset file and the audio file in the folder of a match."""
        if chosen:
            return f"preset{self.suffix}", "match.wav"
        return f"{self.method}{self.suffix}", f"{self.method}.wav"


@dataclass(frozen=True)
class MatchResult:
    """Hold a match: the chosen answer, and the content of ``match.json``.

    Attributes:
        target: The sound to match.
        unit: The preset of the parametric answer, (P,).
        answers: All answers, the parametric one first.
        chosen: The answer to give.
        sample_rate: Sample rate of the answers' audio, Hz.
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
        """Return the suffix of the chosen answer's preset file, with its dot."""
        return self.chosen.suffix

    @property
    def audio(self) -> Audio:
        """Return the render of the chosen answer, (channels, n)."""
        return self.chosen.audio

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``match.json``."""
        return self.document


def choose(answers: Sequence[PresetAnswer], method: str) -> PresetAnswer:
    """Choose the answer to give.

    Args:
        answers: The parametric answer, and the resynthesised one if there is one.
        method: The requested method. "auto" chooses the smaller distance. If both are equal, it
            chooses the parametric answer, because all of its parameters can be turned.

    Returns:
        The answer of that method, if there is one.
    """
    asked = [one for one in answers if one.method == method]
    order = {PARAMETERS: 0, RESYNTHESIS: 1}
    return min(asked or answers, key=lambda one: (one.distance, order[one.method]))
