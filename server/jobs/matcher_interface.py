"""Describe the part of a matcher that the server uses."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from datasets.spec import FloatArray
from models.instrument.neighbours import Neighbour
from models.matching.options import MatchOptions, Watcher
from renderer.engines.base import Audio
from renderer.plugins.patch_template import PatchFile, PatchTemplate
from server.jobs.job import MatchOutcome


class MatcherLike(Protocol):
    """Describe the part of ``models.matching.matcher.Matcher`` that the server uses."""

    def match(
        self,
        sound: Path,
        options: MatchOptions,
        watch: Watcher | None,
        template: PatchTemplate | None = None,
    ) -> MatchOutcome:
        """Match a sound.

        Args:
            sound: The sound file.
            options: Budget, method and part of the sound.
            watch: Called with the progress; the search ends when it returns False.
            template: A player's own patch to search on; None for the model's own template.

        Returns:
            The result.
        """

    def hear(self, unit: FloatArray, note: int) -> tuple[Audio, int]:
        """Render a preset (P,) and return its audio and its sample rate in Hz."""

    def hear_preset(self, preset: bytes, note: int) -> tuple[Audio, int]:
        """Render a whole preset file and return its audio and its sample rate in Hz."""

    def near(self, sound: Path, options: MatchOptions, count: int) -> list[Neighbour]:
        """Return the presets of the library that sound most like a sound.

        Args:
            sound: The sound file.
            options: The part of the sound and its note.
            count: Number of presets.

        Returns:
            The presets, nearest first.
        """

    def read_patch(self, file: PatchFile) -> PatchTemplate:
        """Put the model's spec on a player's own patch.

        Args:
            file: The preset file.

        Returns:
            The template.
        """

    def close(self) -> None:
        """Free the synth; another thread may call this to end a request that hangs."""
