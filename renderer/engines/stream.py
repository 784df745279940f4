"""Play a VST3 block by block, with notes and parameter changes between blocks.

DawDreamer ends all notes with each render and vita begins a new one, so only pedalboard can do it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from datasets.errors import RenderError
from datasets.spec import SynthSpec
from renderer.engines.base import Audio
from renderer.engines.pedalboard import PedalboardEngine

LONGEST = 8192  # frames at a time; were it to change, pedalboard would start the plugin again
MidiEvent = tuple[bytes, int]  # a MIDI message, and the frame of the block at which it sounds


class PluginStream:
    """One synth, for one thread at a time; what it played before is heard in what it plays next."""

    def __init__(self, spec: SynthSpec) -> None:
        """Load the plugin with the spec's template.

        Raises RenderError when there is none, or none that pedalboard hosts.
        """
        as_hosted = SynthSpec.from_dict(spec.to_dict() | {"engine": "pedalboard"})
        self._engine = PedalboardEngine(as_hosted)
        self.spec = as_hosted
        # Fetched once: 1 ms for a small synth, a fifth of a block. They point into the plugin and
        # go with it; the engine never replaces it, and `load_preset` fetches them anew.
        self._handles = self._engine.handles()

    @property
    def names(self) -> tuple[str, ...]:
        """Every parameter of the plugin, MIDI controllers among them."""
        return tuple(self._handles)

    def set(self, native: Mapping[str, float]) -> None:
        """Set parameters, 0..1, from the next block on; RenderError for one it does not have."""
        for name, value in native.items():
            if name not in self._handles:
                raise RenderError(f"{self.spec.name} has no parameter {name!r}")
            self._handles[name].raw_value = float(value)

    def value(self, name: str) -> float:
        """The present value of a parameter, 0..1."""
        return float(self._handles[name].raw_value)

    def read(self) -> dict[str, float]:
        """Every parameter's present value, 0..1."""
        return {name: handle.raw_value for name, handle in self._handles.items()}

    def load_preset(self, preset: bytes) -> None:
        """Take a ``.vstpreset`` file's content; RenderError when the plugin refuses it."""
        self._engine.load_preset(preset)
        self._handles = self._engine.handles()

    def block(self, events: Sequence[MidiEvent], frames: int) -> Audio:
        """The next ``frames`` samples, (channels, frames) float32, with these notes in them."""
        rate = self.spec.sample_rate
        audio = self._engine.advance(
            [(list(message), frame / rate) for message, frame in events], frames, LONGEST
        )
        return np.ascontiguousarray(audio, np.float32)
