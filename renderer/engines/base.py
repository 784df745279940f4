"""Define the engine protocol (one loaded synth to set and play) and list the engines."""

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
    """Describe one parameter as the synth itself declares it."""

    name: str
    value: float  # native, after loading
    low: float = 0.0  # native range
    high: float = 1.0
    unit: str = ""  # of its display text, if the synth reports the unit separately


class Engine(Protocol):
    """Hold one loaded synth, which is **stateful**: a render may depend on the one before it.

    For independent renders use ``renderer.workers.isolation``. Use an engine directly for display
    texts and preset files.
    """

    spec: SynthSpec

    def set(self, native: Mapping[str, float]) -> None:
        """Set controls by native name, in the plugin's own units."""

    def render(self, note: int, velocity: int, hold_s: float, length_s: float) -> Audio:
        """Play one MIDI note.

        Args:
            note: MIDI note number.
            velocity: MIDI velocity.
            hold_s: Seconds from key press to release.
            length_s: Length of the audio in seconds.

        Returns:
            Audio in float32, shape (channels, length_s * sample_rate).
        """

    def repeat(self, note: int, velocity: int, hold_s: float, every_s: float, times: int) -> Audio:
        """Play one MIDI note several times in one go; the synth's state carries over.

        Args:
            note: MIDI note number.
            velocity: MIDI velocity.
            hold_s: Seconds from key press to release.
            every_s: Seconds from one key press to the next.
            times: Number of notes.

        Returns:
            Audio in float32, shape (channels, times * every_s * sample_rate).
        """

    def read(self) -> dict[str, float]:
        """Return the current native value of every control, by name."""

    def controls(self) -> list[Control]:
        """Return every control of the synth, learned or not, without hosts' pseudo-parameters."""

    def identity(self) -> dict[str, str]:
        """Return what makes the sound: plugin, SHA-256 of its file, host and its version."""

    @property
    def outputs(self) -> int:
        """Return the number of the plugin's output channels; the spec's channels come first."""

    def is_effect(self) -> bool:
        """Return whether it has audio inputs and takes no notes; it may play, so use it last."""

    def text(self, name: str) -> str:
        """Return the synth's own display text of a control, with its unit."""

    def preset(self, title: str) -> bytes:
        """Return the whole current patch in the synth's own file format.

        Args:
            title: Name of the preset, in formats that store one.

        Returns:
            The content of the preset file.
        """

    def load_preset(self, preset: bytes) -> None:
        """Replace the whole patch by the content of a preset file.

        Raises:
            RenderError: The synth refuses the file.
        """

    @property
    def preset_suffix(self) -> str:
        """Return the file name ending of that format, with its dot."""


# Engine by name: its module, its class, and the package that installs it.
ENGINES = {
    "vita": ("vita", "VitaEngine", "vita (Linux x86-64, Windows x86-64, Apple silicon)"),
    "dawdreamer": ("dawdreamer", "DawDreamerEngine", "dawdreamer"),
    "faust": ("faust", "FaustEngine", "dawdreamer"),
    "pedalboard": ("pedalboard", "PedalboardEngine", "pedalboard"),
    "fake": ("fake", "FakeEngine", ""),
}


def open_engine(spec: SynthSpec) -> Engine:
    """Return the engine that a spec names, with the spec's template loaded.

    Raises:
        SpecError: The engine does not exist.
        RenderError: The engine is not installed.
    """
    if spec.engine not in ENGINES:
        known = ", ".join(name for name in ENGINES if name != "fake")
        raise SpecError(
            f"engine {spec.engine!r} of spec {spec.name!r} does not exist: use one of {known}"
        )
    module, kind, package = ENGINES[spec.engine]
    try:
        engine: Engine = getattr(import_module(f"renderer.engines.{module}"), kind)(spec)
    except ModuleNotFoundError as error:
        raise RenderError(
            f"spec {spec.name!r} needs engine {spec.engine!r} ({error}): pip install {package}"
        ) from error
    return engine


def is_effect(engine: Engine) -> bool:
    """Return whether the plugin is an effect: a question for ``RenderPool.ask``."""
    return engine.is_effect()
