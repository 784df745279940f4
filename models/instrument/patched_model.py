"""Put a model on a player's own patch: the same knobs, which start from the patch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datasets.errors import SpecError
from datasets.spec import FloatArray, SynthSpec
from models.estimator.library import Library
from models.instrument.protocols import KnobRange, Playable, Preview
from models.networks.protocols import LatentMap
from renderer.plugins.patch_template import PatchFile, PatchTemplate


@dataclass(frozen=True, eq=False)
class PatchedModel:
    """Hold a model on a patch as an instrument needs it (see ``Playable``).

    Attributes:
        base: The model on its own template.
        template: The model's spec on the patch.
    """

    base: Playable
    template: PatchTemplate

    def __post_init__(self) -> None:
        """Check that the template belongs to the model.

        Raises:
            SpecError: It has other parameters.
        """
        if self.template.spec.names != self.base.spec.names:
            raise SpecError(f"{self.file.name} was read for another model than {self.base.name}")

    @property
    def file(self) -> PatchFile:
        """Return the file of the patch."""
        return self.template.file

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return self.file.digest

    @property
    def name(self) -> str:
        """Return the name of the model."""
        return self.base.name

    @property
    def spec(self) -> SynthSpec:
        """Return the synth, with the patch as its template."""
        return self.template.spec

    @property
    def model(self) -> LatentMap:
        """Return the map between presets and the latent space."""
        return self.base.model

    @property
    def macros(self) -> Sequence[KnobRange]:
        """Return the knobs."""
        return self.base.macros

    @property
    def start(self) -> FloatArray:
        """Return the patch itself, (P,)."""
        return self.template.unit

    @property
    def surrogate(self) -> Preview | None:
        """Return the surrogate, or None for a model without one."""
        return self.base.surrogate

    @property
    def library(self) -> Library | None:
        """Return the library of presets, or None for a model without one."""
        return self.base.library
