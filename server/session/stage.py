"""Hold the instruments that can be current: the model's own, and those of whole preset files.

The code runs in the instrument's thread.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from datasets.errors import ServeError
from models.instrument.instrument import Instrument, InstrumentState, ParameterValue
from models.instrument.patch_instrument import PatchPlayable
from models.instrument.protocols import Playable
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


@dataclass(frozen=True)
class Place:
    """Hold a position to return to: the instrument and its state, without the locks."""

    playable: Playable
    standing: InstrumentState


class Stage:
    """Hold the current instrument, and change to another one and back."""

    def __init__(self, model: Playable) -> None:
        """Open the model's instrument and make it the current one."""
        self.model = self.current = LoadedInstrument.of(model)
        self._patches = OrderedDict[str, LoadedInstrument]()  # by digest, the newest last

    @property
    def instrument(self) -> Instrument:
        """Return the current instrument."""
        return self.current.instrument

    @property
    def model_is_current(self) -> bool:
        """Return whether the model's instrument plays, not a whole preset file."""
        return self.current is self.model

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
        """Return the instrument of the model or of a patch, and open it if needed.

        The current instrument does not change.

        Raises:
            RenderError: Vital refuses the patch.
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
        for loaded in (self.model, *self._patches.values()):
            loaded.instrument.close()

    def _close_oldest(self) -> None:
        """Close the patches that were not used for the longest time, but never the current one."""
        spare = [d for d, one in self._patches.items() if one.instrument is not self.instrument]
        for digest in spare[: max(0, len(self._patches) - PATCHES_OPEN)]:
            self._patches.pop(digest).instrument.close()
