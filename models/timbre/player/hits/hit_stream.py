"""Play a one-shot model block by block: pads by MIDI, knobs for the latent space.

The interface is that of a hosted plugin (``renderer.engines.stream``). Hits are rendered before
they play. When a knob moves, a thread of its own renders the pads again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event, Thread

from datasets.errors import RenderError
from datasets.spec import NotePolicy, Parameter, SynthSpec
from models.timbre.contract import Float32
from models.timbre.hits import HitModel
from models.timbre.player.hits.hit_synth import HitSynth
from models.timbre.player.hits.pads import MIDDLE, PadBank, pad_keys, pads_of_knobs
from renderer.engines.stream import MidiEvent


class HitStream:
    """Play the pads of a model continuously (see ``renderer.engines.stream.SynthStream``).

    Args:
        model: The model.
        sample_rate: Hz; 0 for the model's rate.
        voices: Hits that sound at the same time.
        knobs: Positions of the axes to start with, 0 to 1; the middle by default.
        seed: Seed of the noise in the sounds.

    Attributes:
        spec: The model as a synth; each axis is a parameter.
    """

    glide_s = 0.0  # A hit that sounds does not change.

    def __init__(
        self,
        model: HitModel,
        sample_rate: int = 0,
        voices: int = 16,
        knobs: Sequence[float] | None = None,
        seed: int = 0,
    ) -> None:
        rate = sample_rate or model.sample_rate
        self._model, self._rate, self._seed = model, rate, seed
        self.spec = _spec(model, rate)
        self.axes = self.spec.names
        given = list(knobs or [])
        self._knobs = [*given, *[MIDDLE] * (len(self.axes) - len(given))]
        self.trouble = ""  # Error of the last rendering; the old pads play on.
        self._moved, self._ended = Event(), Event()
        self._synth = HitSynth(self._pads(), model.channels, rate, voices, self._set_axis)
        self._thread = Thread(target=self._render, name="hit renderer", daemon=True)
        self._thread.start()
        self.worker = self._thread.native_id or 0  # the host gives it priority

    @property
    def sounding(self) -> int:
        """Return the number of hits that sound."""
        return self._synth.sounding

    def set(self, native: Mapping[str, float]) -> None:
        """Move knobs, 0 to 1; later hits follow as soon as the pads are rendered.

        Raises:
            RenderError: The model has no axis of that name.
        """
        for name, value in native.items():
            self._set_axis(self._number(name), float(value))

    def value(self, name: str) -> float:
        """Return the position of a knob, 0 to 1."""
        return self._knobs[self._number(name)]

    def read(self) -> dict[str, float]:
        """Return the position of every knob, 0 to 1."""
        return dict(zip(self.axes, self._knobs, strict=True))

    def block(self, events: Sequence[MidiEvent], frames: int) -> Float32:
        """Play the next block (see ``renderer.engines.stream.SynthStream``)."""
        return self._synth.block(events, frames)

    def close(self) -> None:
        """End the thread that renders."""
        self._ended.set()
        self._moved.set()
        self._thread.join()

    def _set_axis(self, number: int, position: float) -> None:
        if number < len(self._knobs):
            self._knobs[number] = min(max(position, 0.0), 1.0)
            self._moved.set()

    def _number(self, name: str) -> int:
        if name not in self.axes:
            raise RenderError(
                f"axis {name!r}: {self.spec.name} has none of that name; use {', '.join(self.axes)}"
            )
        return self.axes.index(name)

    def _pads(self) -> PadBank:
        return pads_of_knobs(self._model, self._knobs, self._rate, self._seed)

    def _render(self) -> None:
        """Render the pads of the newest knobs, again and again."""
        while True:
            self._moved.wait()
            self._moved.clear()
            if self._ended.is_set():
                return
            try:
                self._synth.offer(self._pads())
            except Exception as error:  # The thread must live, and the old pads play on.
                self.trouble = f"{type(error).__name__}: {error}"


def _spec(model: HitModel, sample_rate: int) -> SynthSpec:
    """Describe a one-shot model as a synth: one parameter, 0 to 1, for each axis."""
    keys = sorted(pad_keys(model.classes).values()) or [36]
    return SynthSpec(
        name=model.name,
        version=1,
        engine="timbre",
        description=f"{model.name}, a timbre model of the kind {model.kind}",
        sample_rate=sample_rate,
        channels=model.channels,
        note=NotePolicy(keys[0], keys[-1]),
        template={},
        parameters=tuple(Parameter(axis.name, "continuous", "timbre", "") for axis in model.axes),
    )
