"""The instruments that can be current: the model's own, and those of whole preset files.

For the instrument's thread.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from datasets.errors import ServeError
from models.instrument.instrument import Instrument, InstrumentState, ParameterValue
from models.instrument.patch_instrument import PatchPlayable
from models.instrument.protocols import Playable
from server.session.exploration import Exploration

PATCHES_OPEN = 2  # with a synth each, of 50 MB: enough to compare two patches at once


@dataclass(frozen=True)
class LoadedInstrument:
    """An instrument with its synth open, and what lies around its preset."""

    playable: Playable
    instrument: Instrument
    exploration: Exploration

    @classmethod
    def of(cls, playable: Playable) -> LoadedInstrument:
        """Open the synth; RenderError when it fails or refuses the patch."""
        instrument = Instrument(playable)
        return cls(playable, instrument, Exploration(playable, instrument))

    @property
    def patch(self) -> PatchPlayable | None:
        """The whole preset file that is played; None for a model's instrument."""
        return self.playable if isinstance(self.playable, PatchPlayable) else None


@dataclass(frozen=True)
class Place:
    """What was current, and where it stood: everything to come back to, but its locks."""

    playable: Playable
    standing: InstrumentState


class Stage:
    """The current instrument, and the way to another one and back."""

    def __init__(self, model: Playable) -> None:
        """Open the model's instrument and make it the current one."""
        self.model = self.current = LoadedInstrument.of(model)
        self._patches = OrderedDict[str, LoadedInstrument]()  # by digest, the last used one last

    @property
    def instrument(self) -> Instrument:
        """The current instrument."""
        return self.current.instrument

    @property
    def model_is_current(self) -> bool:
        """Whether the model's instrument plays, and no whole preset file."""
        return self.current is self.model

    @property
    def standing(self) -> Place:
        """What is current and where it stands."""
        return Place(self.current.playable, self.current.instrument.standing)

    def stand(self, place: Place) -> list[ParameterValue]:
        """Go back to a place.

        Returns:
            The parameters that changed; all of them when another instrument is current now.
        """
        before = self.current.instrument
        self.play(place.playable)
        changes = self.current.instrument.stand(place.standing)
        return changes if self.current.instrument is before else self.current.instrument.refresh()

    def open(self, playable: Playable) -> LoadedInstrument:
        """Return the instrument of the model or of a patch, which may have to be opened.

        The current one stays. Raises RenderError when Vital refuses the patch.
        """
        if not isinstance(playable, PatchPlayable):
            return self.model
        loaded = self._patches.pop(playable.digest, None)
        loaded = replace(loaded, playable=playable) if loaded else LoadedInstrument.of(playable)
        self._patches[playable.digest] = loaded
        self._close_oldest()
        return loaded

    def play(self, playable: Playable) -> LoadedInstrument:
        """Make the instrument of the model or of a patch the current one; errors as of ``open``."""
        self.current = self.open(playable)
        return self.current

    def check_model(self, what: str) -> LoadedInstrument:
        """Return the model's instrument; ServeError that names ``what`` while a patch plays."""
        if not self.model_is_current:
            raise ServeError(
                f"a whole patch plays, and {what} needs a preset of "
                f"{self.model.playable.spec.name}: load one, or undo"
            )
        return self.model

    def check_fits(self, patch: PatchPlayable) -> None:
        """Refuse a patch with ServeError unless the model's synth is that of the patch."""
        spec = self.model.playable.spec
        if spec.engine != patch.spec.engine:
            raise ServeError(
                f"{patch.name!r} is a whole patch of Vital, and what is served is {spec.name}: "
                "change to a model of Vital"
            )

    def is_open(self, patch: PatchPlayable) -> bool:
        """Whether the synth has this patch loaded already."""
        return patch.digest in self._patches

    def close(self) -> None:
        """Let go of all synths."""
        for loaded in (self.model, *self._patches.values()):
            loaded.instrument.close()

    def _close_oldest(self) -> None:
        """Let go of the patches used longest ago, never of the current one."""
        spare = [d for d, one in self._patches.items() if one.instrument is not self.instrument]
        for digest in spare[: max(0, len(self._patches) - PATCHES_OPEN)]:
            self._patches.pop(digest).instrument.close()
