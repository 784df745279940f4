"""Define the options of a resynthesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from datasets.errors import AudioError

MOST_FRAMES = 257  # positions of a Vital wavetable


@dataclass(frozen=True)
class ResynthesisOptions:
    """Hold the options of a resynthesis.

    Attributes:
        frames: Wavetable frames, 1 to 257. Each adds 11 kB to the preset.
        rounds: Most corrections in the loop, 0 to 8; 0 gives the open-loop preset only.
        noise: Whether the preset has shaped noise in addition to the wavetable. A percussive
            sound always has noise.
        formant_tracking: From 0 (formants move with the note) to 1 (formants stay). None
            chooses it for the sound.
        loop: "auto" loops a sustained sound while the key is held; "never" plays it once.
        seed: Seed of the noise.
    """

    frames: int = 64
    rounds: int = 4
    noise: bool = True
    formant_tracking: float | None = None
    loop: Literal["auto", "never"] = "auto"
    seed: int = 7

    def __post_init__(self) -> None:
        """Check that every value is in its range.

        Raises:
            AudioError: A value is out of range.
        """
        if not 1 <= self.frames <= MOST_FRAMES:
            raise AudioError(f"frames {self.frames} is out of range: use 1 to {MOST_FRAMES}")
        if not 0 <= self.rounds <= 8:
            raise AudioError(f"rounds {self.rounds} is out of range: use 0 to 8")
        tracking = self.formant_tracking
        if tracking is not None and not 0 <= tracking <= 1:
            raise AudioError(f"formant_tracking {tracking:g} is out of range: use 0 to 1")
