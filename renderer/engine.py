"""The seam where reality varies: one synth, loaded, that can be set and played."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from datasets.errors import RenderError, SpecError
from datasets.spec import SynthSpec

Audio = npt.NDArray[np.float32]


class Engine(Protocol):
    """A loaded synth, raw and **stateful**: a render may depend on the one before it.

    Use ``renderer.isolation`` for renders that do not; use this for texts and preset files.
    """

    spec: SynthSpec

    def set(self, native: Mapping[str, float]) -> None:
        """Set controls by native name, in the plugin's own units."""

    def render(self, note: int, velocity: int, hold_s: float, length_s: float) -> Audio:
        """Play one MIDI note; float32 of shape (channels, length_s * sample_rate)."""

    def text(self, name: str) -> str:
        """What the synth's own display shows for a control, with its unit."""

    def preset(self, title: str) -> bytes:
        """The whole present patch in the synth's own file format."""

    def load_preset(self, preset: bytes) -> None:
        """Replace the whole patch by a preset file's content; RenderError when it is refused."""

    @property
    def preset_suffix(self) -> str:
        """File name ending of that format, with its dot."""


def open_engine(spec: SynthSpec) -> Engine:
    """The engine a spec names, with the spec's template loaded.

    Raises SpecError for an engine that does not exist.
    """
    if spec.engine == "vita":
        try:
            from renderer.vita_engine import VitaEngine
        except ModuleNotFoundError as error:
            raise RenderError(
                f"spec {spec.name!r} needs Vital's engine ({error}): pip install vita; its wheels "
                "are for Linux x86-64, Windows x86-64 and Apple silicon"
            ) from error

        return VitaEngine(spec)
    if spec.engine == "fake":
        from renderer.fake_engine import FakeEngine

        return FakeEngine(spec)
    raise SpecError(f"spec {spec.name!r} names engine {spec.engine!r}: this version has vita")
