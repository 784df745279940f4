"""What a caller can choose about a resynthesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from datasets.errors import AudioError

MOST_FRAMES = 257  # positions of a Vital wavetable


@dataclass(frozen=True)
class ResynthesisOptions:
    """Options of a resynthesis.

    Attributes:
        frames: wavetable frames, 1 to 257; the preset grows by 11 kB with each.
        rounds: corrections in the loop, 0 to 8; 0 gives the open-loop preset only.
        noise: shaped noise beside the wavetable; False leaves the wavetable alone.
        formant_tracking: how far the formants stay when the note moves: 0 moves them with the
            note, 1 keeps them; None chooses it for the sound.
        loop: "auto" loops a sustained sound while the key is held, "never" plays it once.
        seed: of the noise.
    """

    frames: int = 64
    rounds: int = 4
    noise: bool = True
    formant_tracking: float | None = None
    loop: Literal["auto", "never"] = "auto"
    seed: int = 7

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        if not 1 <= self.frames <= MOST_FRAMES:
            raise AudioError(f"frames is {self.frames}: use 1 to {MOST_FRAMES}")
        if not 0 <= self.rounds <= 8:
            raise AudioError(f"rounds is {self.rounds}: use 0 to 8")
        if self.formant_tracking is not None and not 0 <= self.formant_tracking <= 1:
            raise AudioError(f"formant_tracking is {self.formant_tracking:g}: use 0 to 1")
