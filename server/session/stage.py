"""Hold the instruments that can be current: the model on a template, and whole preset files.

The model plays on its own template or on a player's own patch.

The code runs in the instrument's thread.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from datasets.errors import ServeError
from models.instrument.instrument import Instrument, InstrumentState, ParameterValue
from models.instrument.patch_instrument import PatchPlayable
from models.instrument.patched_model import PatchedModel
from models.instrument.protocols import Playable
from renderer.plugins.patch_template import PatchTemplate
from server.session.exploration import Exploration

PATCHES_OPEN = 2  # enough to compare two patches; each has its own synth of 50 MB


@dataclass(frozen=True)
class LoadedInstrument:
    """Hold an instrument with its open synth, and the exploration around its preset."""

    playable: Playable
    instrument: Instrument
    exploration: Exploration

    @classmethod
    def of(cls, playable: Playable) -> LoadedInstrument:
        """Open the synth; RenderError if it fails or refuses the patch."""
        instrument = Instrument(playable)
        return cls(playable, instrument, Exploration(playable, instrument))

    @property
    def patch(self) -> PatchPlayable | None:
        """Return the whole preset file that plays, or None for a model's instrument."""
        return self.playable if isinstance(self.playable, PatchPlayable) else None

    @property
    def template(self) -> PatchTemplate | None:
        """Return the player's own patch that a model plays on, or None."""
        return self.playable.template if isinstance(self.playable, PatchedModel) else None


@dataclass(frozen=True)
class Place:
    """Hold a position to return to: the instrument and its state, without the locks."""

    playable: Playable
    standing: InstrumentState


class Stage:
    """Hold the current instrument, and change to another one and back.

    Attributes:
        own: The model's instrument on its own template.
        model: The model's instrument on the template in use.
        current: The instrument that plays: ``model``, or that of a whole preset file.
    """

    def __init__(self, model: Playable) -> None:
        """Open the model's instrument and make it the current one."""
        self.own = self.model = self.current = LoadedInstrument.of(model)
        self._patches = OrderedDict[str, LoadedInstrument]()  # by digest, the newest last
        self._templates = OrderedDict[str, LoadedInstrument]()  # the same, for the model on patches

    @property
    def instrument(self) -> Instrument:
        """Return the current instrument."""
        return self.current.instrument

    @property
    def model_is_current(self) -> bool:
        """Return whether the model's instrument plays, not a whole preset file."""
        return self.current.patch is None

    @property
    def standing(self) -> Place:
        """Return the current instrument and its state."""
        return Place(self.current.playable, self.current.instrument.standing)

    def stand(self, place: Place) -> list[ParameterValue]:
        """Return to an earlier position.

        Args:
            place: The position.

        Returns:
            The parameters that changed; all of them if the current instrument is another one now.
        """
        before = self.current.instrument
        self.play(place.playable)
        changes = self.current.instrument.stand(place.standing)
        return changes if self.current.instrument is before else self.current.instrument.refresh()

    def open(self, playable: Playable) -> LoadedInstrument:
        """Return the instrument of the model, of the model on a patch, or of a whole preset file.

        The instrument is opened if needed. The current instrument does not change.

        Raises:
            RenderError: Vital refuses the patch.
        """
        if not isinstance(playable, PatchPlayable | PatchedModel):
            return self.own
        opened = self._patches if isinstance(playable, PatchPlayable) else self._templates
        loaded = opened.pop(playable.digest, None)
        loaded = replace(loaded, playable=playable) if loaded else LoadedInstrument.of(playable)
        opened[playable.digest] = loaded
        self._close_oldest(opened)
        return loaded

    def play(self, playable: Playable) -> LoadedInstrument:
        """Make the instrument of the model or of a patch the current one; errors as of ``open``."""
        self.current = self.open(playable)
        if self.current.patch is None:
            self.model = self.current
        return self.current

    def template(self, digest: str) -> LoadedInstrument | None:
        """Return the model's instrument on a patch by the digest of its file, if it is open."""
        return self._templates.get(digest)

    def check_model(self, what: str) -> LoadedInstrument:
        """Return the model's instrument, if no whole preset file plays.

        Args:
            what: What the caller needs it for, named in the error.

        Returns:
            The model's instrument.

        Raises:
            ServeError: A whole preset file plays.
        """
        if not self.model_is_current:
            raise ServeError(
                f"a whole preset file plays, but {what} needs a preset of "
                f"{self.model.playable.spec.name}: load one, or undo"
            )
        return self.model

    def check_fits(self, patch: PatchPlayable) -> None:
        """Check that the model's synth is the synth of a patch.

        Raises:
            ServeError: They are different synths.
        """
        spec = self.model.playable.spec
        if spec.engine != patch.spec.engine:
            raise ServeError(
                f"{patch.name!r} is a preset file of Vital, but the server plays {spec.name}: "
                "change to a model of Vital"
            )

    def is_open(self, patch: PatchPlayable) -> bool:
        """Return whether the synth of this patch is already open."""
        return patch.digest in self._patches

    def close(self) -> None:
        """Close all synths."""
        for loaded in (self.own, *self._templates.values(), *self._patches.values()):
            loaded.instrument.close()

    def _close_oldest(self, opened: OrderedDict[str, LoadedInstrument]) -> None:
        """Close the instruments that were not used for the longest time, but none in use."""
        used = (self.instrument, self.model.instrument)
        spare = [d for d, one in opened.items() if all(one.instrument is not u for u in used)]
        for digest in spare[: max(0, len(opened) - PATCHES_OPEN)]:
            opened.pop(digest).instrument.close()
