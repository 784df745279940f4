"""Make an instrument of a timbre model: its axes are the knobs, and a preset is a position.

The unit vector of a preset has the knob position of each axis, 0 to 1. So knobs, locks, undo,
morphs, neighbours and saved presets work as they do for the presets of a synth.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from datasets.spec import FloatArray, SynthSpec
from models.estimator.library import Library
from models.instrument.patch_instrument import PatchMacro
from models.instrument.protocols import Preview
from models.networks.protocols import LatentMap
from models.timbre.contract import TimbreModel
from models.timbre.export.archive import export_bytes
from models.timbre.export.export import FORMATS, ExportOptions
from models.timbre.export.latent_path import path_around
from models.timbre.instrument.surroundings import SPREAD, TimbreSurroundings
from models.timbre.latent import LatentPosition, position_of_knobs
from models.timbre.model_folder import load_timbre, timbre_folder
from models.timbre.player.stream import start_knobs, timbre_spec

VITAL = "vital"


class KnobMap:
    """Map knob positions to a space in which the training data has about unit variance."""

    def unit_to_z(self, unit: Tensor) -> Tensor:
        """Return presets (B, P) as points (B, P)."""
        return (unit - 0.5) * SPREAD

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        """Return points (B, P) as presets (B, P); ``like`` is not used."""
        return z / SPREAD + 0.5


@dataclass(frozen=True, eq=False)
class TimbrePlayable:
    """Hold a timbre model as an instrument needs it (see ``OwnSynth``).

    Attributes:
        timbre: The model.
        spec: The model as a synth: one parameter for each axis. Its digest follows from the files
            of the model, so a saved position only loads into the model that it belongs to.
        start: Knob positions of the model's start, (P,).
        macros: One knob for each axis.
    """

    timbre: TimbreModel
    spec: SynthSpec
    start: FloatArray
    macros: tuple[PatchMacro, ...]
    model: LatentMap = field(default_factory=KnobMap, repr=False)
    surrogate: Preview | None = None
    library: Library | None = None

    @property
    def name(self) -> str:
        """Return the name of the model."""
        return self.timbre.name

    @property
    def formats(self) -> tuple[str, ...]:
        """Return the names of the file formats, the default first."""
        return FORMATS

    def position(self, unit: FloatArray) -> LatentPosition:
        """Return the position of a preset (P,)."""
        return position_of_knobs(self.timbre.axes, unit.tolist())

    def panel(self) -> TimbrePanel:
        """Return a panel for display texts and preset files."""
        return TimbrePanel(self)

    def surroundings(self) -> TimbreSurroundings:
        """Return what finds sounds around a preset."""
        return TimbreSurroundings(self.timbre)

    def export(self, unit: FloatArray, title: str, form: str = VITAL) -> tuple[bytes, str]:
        """Return a preset as a file (see ``OwnSynth``).

        Raises:
            SpecError: The format does not exist.
        """
        path = path_around(self.timbre, self.spec.snap(unit).tolist())
        return export_bytes(self.timbre, form, ExportOptions(path, title))


class TimbrePanel:
    """Show the positions of the knobs, and make Vital presets (see ``Panel``)."""

    preset_suffix = ".vital"

    def __init__(self, playable: TimbrePlayable) -> None:
        self._playable = playable
        self._values = dict(zip(playable.spec.names, playable.start.tolist(), strict=True))

    def set(self, native: Mapping[str, float]) -> None:
        """Set knob positions by the name of the axis."""
        self._values.update(native)

    def text(self, name: str) -> str:
        """Return the position of a knob in percent."""
        return f"{100 * self._values[name]:.1f} %"

    def preset(self, title: str) -> bytes:
        """Return the sound as a Vital preset of this title."""
        unit = np.array([self._values[name] for name in self._playable.spec.names], np.float32)
        return self._playable.export(unit, title)[0]


def timbre_playable(model: TimbreModel, identity: str = "") -> TimbrePlayable:
    """Return the instrument of a model.

    Args:
        model: The model.
        identity: Distinguishes models with the same name and axes.

    Returns:
        The instrument.
    """
    spec = replace(timbre_spec(model), template={"timbre": identity})
    low, high = -SPREAD / 2, SPREAD / 2
    knobs = tuple(PatchMacro(axis.name, n, low, high) for n, axis in enumerate(model.axes))
    return TimbrePlayable(model, spec, np.array(start_knobs(model), np.float32), knobs)


def open_timbre(name_or_folder: str | Path) -> TimbrePlayable:
    """Load a timbre model as an instrument.

    Args:
        name_or_folder: Name of a shipped model, or a folder that ``timbre fit`` wrote.

    Returns:
        The instrument.

    Raises:
        CheckpointError: The model does not exist, is damaged, or is of another kind or version.
    """
    model = load_timbre(name_or_folder)
    digest = hashlib.sha256()
    for path in sorted(timbre_folder(name_or_folder).glob("*.safetensors")):
        digest.update(path.read_bytes())
    return timbre_playable(model, digest.hexdigest())
