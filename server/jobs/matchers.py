"""Hold the matchers of one model: on its own template, and on the player's own patch.

A timbre model has one matcher, because it has no template.
"""

from __future__ import annotations

from typing import Any, Protocol

from datasets.errors import RenderError
from models.checkpoint import Checkpoint, load_checkpoint, on_template
from models.matching.matcher import Matcher
from models.timbre.instrument.matcher import TimbreMatcher
from models.timbre.instrument.playable import open_timbre
from models.timbre.recognise import is_timbre
from renderer.plugins.patch_template import PatchFile, PatchTemplate
from renderer.workers.own_patch import read_patch

TRIED_NOTE = 60  # MIDI note at which a file is rendered before it is read


class HeldMatchers(Protocol):
    """Describe the matchers of one model, as the matcher's process uses them."""

    @property
    def own(self) -> Matcher | TimbreMatcher:
        """Return the matcher of the model's own template."""

    def on(self, template: PatchTemplate | None) -> Any:  # noqa: ANN401  the two results differ
        """Return the matcher of a patch, or the model's own for None."""

    def read_patch(self, file: PatchFile) -> PatchTemplate:
        """Put the model's spec on a player's own patch."""

    def close(self) -> None:
        """Free the synth."""


def open_matchers(model: str, workers: int) -> HeldMatchers:
    """Open the matchers of a model.

    Args:
        model: Name of a shipped model, or a folder.
        workers: Number of processes that render; a timbre model needs none.

    Returns:
        The matchers.

    Raises:
        CheckpointError: The model cannot be loaded.
        RenderError: The synth cannot be loaded.
    """
    if is_timbre(model):
        return TimbreMatchers(TimbreMatcher(open_timbre(model)))
    return Matchers(load_checkpoint(model), workers)


class TimbreMatchers:
    """Hold the matcher of a timbre model."""

    def __init__(self, own: TimbreMatcher) -> None:
        self.own = own

    def on(self, template: PatchTemplate | None) -> TimbreMatcher:
        """Return the matcher; a timbre model has no template."""
        return self.own

    def read_patch(self, file: PatchFile) -> PatchTemplate:
        """Refuse a preset file of a synth; SpecError."""
        return self.own.read_patch(file)

    def close(self) -> None:
        """Free nothing: there is no synth."""


class Matchers:
    """Hold a model's matcher, and the matcher of the patch that was searched on last.

    Matches run one at a time, so one patch is enough. Renders of presets need no matcher of their
    own: a whole preset file sounds the same in any of them.
    """

    def __init__(self, checkpoint: Checkpoint, workers: int) -> None:
        """Load the synth.

        Raises:
            RenderError: The synth cannot be loaded.
        """
        self.own = Matcher(checkpoint, workers)
        self.own.pool.ready()
        self._patched: tuple[str, Matcher] | None = None  # digest of the file, and its matcher

    def on(self, template: PatchTemplate | None) -> Matcher:
        """Return the matcher of a patch, or the model's own for None."""
        if template is None:
            return self.own
        if self._patched is None or self._patched[0] != template.file.digest:
            self._close_patched()
            checkpoint = on_template(self.own.checkpoint, template)
            matcher = Matcher(checkpoint, self.own.workers)
            self._patched = template.file.digest, matcher
        return self._patched[1]

    def read_patch(self, file: PatchFile) -> PatchTemplate:
        """Put the model's spec on a player's own patch.

        Vital loads a file in this process to read it. So a render in another process comes first:
        a damaged file can crash only that one.

        Raises:
            StoreError: The file is not a preset of this synth.
            RenderError: The synth fails on the file.
        """
        spec = self.own.checkpoint.spec
        if spec.engine == "vita":
            self._try_out(file)
        return read_patch(file, spec)

    def _try_out(self, file: PatchFile) -> None:
        """Render a file; RenderError names it."""
        try:
            self.own.hear_preset(file.content, TRIED_NOTE)
        except RenderError as error:
            raise RenderError(f"{file.name}: {error}") from error

    def close(self) -> None:
        """Stop the render workers."""
        self._close_patched()
        self.own.close()

    def _close_patched(self) -> None:
        if self._patched is not None:
            self._patched[1].close()
            self._patched = None
