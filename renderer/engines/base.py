"""The engine protocol: one loaded synth that can be set and played; and the list of engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import numpy as np
import numpy.typing as npt

from datasets.errors import RenderError, SpecError
from datasets.spec import SynthSpec

Audio = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Control:
    """One parameter as the synth itself declares it."""

    name: str
    value: float  # native, as it stands after loading
    low: float = 0.0  # native range
    high: float = 1.0
    unit: str = ""  # of its display text, where the synth tells it apart


class Engine(Protocol):
    """A loaded synth, raw and **stateful**: a render may depend on the one before it.

    Use ``renderer.workers.isolation`` for renders that do not; use this for texts and preset files.
    """

    spec: SynthSpec

    def set(self, native: Mapping[str, float]) -> None:
        """Set controls by native name, in the plugin's own units."""

    def render(self, note: int, velocity: int, hold_s: float, length_s: float) -> Audio:
        """Play one MIDI note; float32 of shape (channels, length_s * sample_rate)."""

    def read(self) -> dict[str, float]:
        """Present native value of every control of the synth, by name."""

    def controls(self) -> list[Control]:
        """Every control of the synth, learned or not; hosts' pseudo-parameters left out."""

    def identity(self) -> dict[str, str]:
        """What makes the sound: the plugin, the SHA-256 of its file, the host and its version."""

    def text(self, name: str) -> str:
        """What the synth's own display shows for a control, with its unit."""

    def preset(self, title: str) -> bytes:
        """The whole present patch in the synth's own file format."""

    def load_preset(self, preset: bytes) -> None:
        """Replace the whole patch by a preset file's content; RenderError when it is refused."""

    @property
    def preset_suffix(self) -> str:
        """File name ending of that format, with its dot."""


# Engine by name: its module, its class, and what brings it where it is missing.
ENGINES = {
    "vita": ("vita", "VitaEngine", "vita (Linux x86-64, Windows x86-64, Apple silicon)"),
    "dawdreamer": ("dawdreamer", "DawDreamerEngine", "dawdreamer"),
    "faust": ("faust", "FaustEngine", "dawdreamer"),
    "pedalboard": ("pedalboard", "PedalboardEngine", "pedalboard"),
    "fake": ("fake", "FakeEngine", ""),
}


def open_engine(spec: SynthSpec) -> Engine:
    """The engine a spec names, with the spec's template loaded.

    Raises SpecError for an engine that does not exist, RenderError for one that is not installed.
    """
    if spec.engine not in ENGINES:
        known = ", ".join(name for name in ENGINES if name != "fake")
        raise SpecError(f"spec {spec.name!r} names engine {spec.engine!r}: use one of {known}")
    module, kind, package = ENGINES[spec.engine]
    try:
        engine: Engine = getattr(import_module(f"renderer.engines.{module}"), kind)(spec)
    except ModuleNotFoundError as error:
        raise RenderError(
            f"spec {spec.name!r} needs engine {spec.engine!r} ({error}): pip install {package}"
        ) from error
    return engine
