"""Define what an instrument needs from a trained model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor

from datasets.spec import FloatArray, SynthSpec
from models.estimator.library import Library
from models.instrument.neighbours import Neighbour
from models.networks.protocols import LatentMap


class Preview(Protocol):
    """Predict the features of presets, as a surrogate does."""

    def __call__(self, unit: Tensor, note: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (B, K) and levels (B,) of presets (B, P) at MIDI notes (B,)."""


class KnobRange(Protocol):
    """Describe a macro of a checkpoint."""

    @property
    def name(self) -> str:
        """Return the name of the knob."""

    @property
    def axis(self) -> int:
        """Return the latent dimension that the knob moves."""

    @property
    def low(self) -> float:
        """Return z at the knob's position 0."""

    @property
    def high(self) -> float:
        """Return z at the knob's position 1."""


class Playable(Protocol):
    """Describe the part of ``models.checkpoint.Checkpoint`` that an instrument needs."""

    @property
    def name(self) -> str:
        """Return the name of the model."""

    @property
    def spec(self) -> SynthSpec:
        """Return the synth."""

    @property
    def model(self) -> LatentMap:
        """Return the map between presets and the latent space."""

    @property
    def macros(self) -> Sequence[KnobRange]:
        """Return the knobs."""

    @property
    def start(self) -> FloatArray:
        """Return the preset to start from, (P,)."""

    @property
    def surrogate(self) -> Preview | None:
        """Return the surrogate, or None for a model without one."""

    @property
    def library(self) -> Library | None:
        """Return the library of presets, or None for a model without one."""


class Panel(Protocol):
    """Show values as a synth's display does, and make its preset files; an ``Engine`` does both."""

    def set(self, native: Mapping[str, float]) -> None:
        """Set parameters to native values, by name."""

    def text(self, name: str) -> str:
        """Return the display text of a parameter, with its unit."""

    def preset(self, title: str) -> bytes:
        """Return the whole sound as a preset file of this title."""

    @property
    def preset_suffix(self) -> str:
        """Return the suffix of that file, with its dot."""


class Surroundings(Protocol):
    """Find sounds around any preset of one playable (see ``Neighbourhood``)."""

    def known(self, unit: FloatArray, count: int) -> list[Neighbour]:
        """Return known sounds near a preset (P,), the nearest first."""

    def fresh(self, unit: FloatArray, distance: float, count: int, seed: int) -> list[Neighbour]:
        """Return new presets at a distance from a preset.

        Args:
            unit: The preset, (P,).
            distance: Distance in dB.
            count: Number of presets.
            seed: Seed of the directions.

        Returns:
            The presets.
        """


@runtime_checkable
class OwnSynth(Playable, Protocol):
    """Describe a playable that brings its own synth, as a timbre model does.

    It needs no engine, and it offers its sound in several file formats.
    """

    @property
    def formats(self) -> tuple[str, ...]:
        """Return the names of the file formats, the default first."""

    def panel(self) -> Panel:
        """Return a panel for display texts and preset files."""

    def surroundings(self) -> Surroundings:
        """Return what finds sounds around a preset."""

    def export(self, unit: FloatArray, title: str, form: str) -> tuple[bytes, str]:
        """Return a preset as a file.

        Args:
            unit: The preset, (P,).
            title: Name in the file.
            form: One of ``formats``.

        Returns:
            The content, and the suffix of the file name.
        """
