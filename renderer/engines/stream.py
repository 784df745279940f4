"""Play a VST3 block by block, with notes and parameter changes between blocks.

Only pedalboard can do this: DawDreamer ends all notes after each render, and vita starts each
render with a new note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np

from datasets.errors import RenderError
from datasets.spec import SynthSpec
from renderer.engines.base import Audio
from renderer.engines.pedalboard import PedalboardEngine

LONGEST = 8192  # frames at a time; fixed, because pedalboard restarts the plugin when it changes
GLIDE_S = 0.02  # A parameter that jumps during a note clicks; in this time it does not.
MidiEvent = tuple[bytes, int]  # a MIDI message and its frame in the block


class SynthStream(Protocol):
    """Play one synth continuously, in one thread at a time: what the live host plays.

    Its state carries over from block to block.

    Attributes:
        spec: The synth: its sample rate, channels and parameters.
        axes: Parameters that ``/patchwright/timbre/axis/N`` moves; none for a plugin.
        glide_s: Seconds in which the host moves a parameter to a new value; 0 for a stream that
            avoids jumps by itself.
    """

    spec: SynthSpec
    axes: tuple[str, ...]
    glide_s: float

    @property
    def trouble(self) -> str:
        """Return the error of the last change that was not made; empty without one."""

    def set(self, native: Mapping[str, float]) -> None:
        """Set parameters from the next block on.

        Raises:
            RenderError: The synth has no parameter of that name.
        """

    def value(self, name: str) -> float:
        """Return the current value of a parameter."""

    def read(self) -> dict[str, float]:
        """Return the current value of every parameter."""

    def block(self, events: Sequence[MidiEvent], frames: int) -> Audio:
        """Play the next block.

        Args:
            events: MIDI messages, each with its frame in this block.
            frames: Length of the block in samples.

        Returns:
            Audio in float32, shape (channels, frames).
        """

    def close(self) -> None:
        """End what the stream runs beside the audio."""


@runtime_checkable
class PresetMaker(Protocol):
    """Make preset files of the sound that a stream plays."""

    def preset(self, title: str) -> bytes:
        """Return the current sound as a Vital preset; call it outside the audio thread."""


@runtime_checkable
class WorkingStream(Protocol):
    """Prepare sounds in a thread of its own.

    Attributes:
        worker: Native id of that thread. The audio thread may wait for it, because both need
            Python's lock.
    """

    worker: int


@runtime_checkable
class ListeningStream(WorkingStream, Protocol):
    """Take audio too: a stream that processes an input.

    Attributes:
        listens: Whether it needs the audio input.
    """

    listens: bool

    def hear(self, samples: Audio) -> None:
        """Take the audio input of the next block, (frames,), in float32."""


class PluginStream:
    """Play one plugin continuously (see ``SynthStream``)."""

    axes: tuple[str, ...] = ()
    glide_s = GLIDE_S
    trouble = ""

    def __init__(self, spec: SynthSpec) -> None:
        """Load the plugin with the spec's template.

        Raises:
            RenderError: The plugin is missing, or pedalboard cannot host it.
        """
        self.spec = replace(spec, engine="pedalboard")
        fixed = {**spec.template, "block_size": LONGEST}
        self._engine = PedalboardEngine(replace(self.spec, template=fixed))
        # Fetched once, because it takes 1 ms for a small synth: a fifth of a block. The handles
        # point into the plugin. The engine never replaces it; `load_preset` fetches them again.
        self._handles = self._engine.handles()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of every parameter, including MIDI controllers."""
        return tuple(self._handles)

    def set(self, native: Mapping[str, float]) -> None:
        """Set parameters, 0..1, from the next block on.

        Raises:
            RenderError: The plugin has no parameter of that name.
        """
        for name, value in native.items():
            if name not in self._handles:
                raise RenderError(f"parameter {name!r}: {self.spec.name} has none of that name")
            self._handles[name].raw_value = float(value)

    def value(self, name: str) -> float:
        """Return the current value of a parameter, 0..1."""
        return float(self._handles[name].raw_value)

    def read(self) -> dict[str, float]:
        """Return the current value of every parameter, 0..1."""
        return {name: handle.raw_value for name, handle in self._handles.items()}

    def load_preset(self, preset: bytes) -> None:
        """Load the content of a ``.vstpreset`` file.

        Raises:
            RenderError: The plugin refuses the file.
        """
        self._engine.load_preset(preset)
        self._handles = self._engine.handles()

    def close(self) -> None:
        """Leave the plugin loaded: this process cannot load it twice."""

    def block(self, events: Sequence[MidiEvent], frames: int) -> Audio:
        """Play the next block (see ``SynthStream``)."""
        rate = self.spec.sample_rate
        audio = self._engine.advance(
            [(list(message), frame / rate) for message, frame in events], frames, LONGEST
        )
        return np.ascontiguousarray(audio, np.float32)
