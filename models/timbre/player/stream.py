"""Play a timbre model block by block: MIDI in, audio out, knobs for the latent space.

The interface is that of a hosted plugin (``renderer.engines.stream``). A thread of its own decodes
the model when a knob moves; the audio thread only reads the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event, Thread

import numpy as np

from datasets.errors import RenderError
from datasets.spec import NotePolicy, Parameter, SynthSpec
from models.timbre.contract import TimbreModel
from models.timbre.export.archive import export_bytes
from models.timbre.export.export import ExportOptions
from models.timbre.export.latent_path import path_around
from models.timbre.latent import UNLEARNED, Axis, position_of_knobs
from models.timbre.player import midi
from models.timbre.player.instrument import Decode, MidiSynth, open_instrument
from models.timbre.player.synth import SAMPLE_RATE
from models.timbre.player.voices import VOICES
from models.timbre.tone import Float32
from renderer.engines.stream import MidiEvent


def timbre_spec(model: TimbreModel, sample_rate: int = SAMPLE_RATE) -> SynthSpec:
    """Describe a timbre model as a synth: one parameter, 0 to 1, for each axis."""
    low, high = (round(midi) for midi in model.pitch_range)
    return SynthSpec(
        name=model.name,
        version=1,
        engine="timbre",
        description=f"{model.name}, a timbre model of the kind {model.kind}",
        sample_rate=sample_rate,
        channels=1,
        note=NotePolicy(low, high),
        template={},
        parameters=tuple(axis_parameter(axis) for axis in model.axes),
    )


def axis_parameter(axis: Axis) -> Parameter:
    """Return the knob of an axis, 0 to 1."""
    if not axis.labels:
        return Parameter(axis.name, "continuous", "timbre", "")
    values = tuple(float(x) for x in np.linspace(0.0, 1.0, len(axis.labels)))
    return Parameter(axis.name, "stepped", "timbre", "", values=values, labels=axis.labels)


def unlearned(model: TimbreModel) -> str:
    """Return a line about the steps of axes that a model never learned; empty without any."""
    mark = f" ({UNLEARNED})"
    marked = [
        f"{axis.name} {label.removesuffix(mark)}"
        for axis in model.axes
        for label in axis.labels
        if label.endswith(mark)
    ]
    return f"{UNLEARNED}: {', '.join(marked)}" if marked else ""


def start_knobs(model: TimbreModel) -> list[float]:
    """Return the positions of the knobs at the start of a model, 0 to 1."""
    pairs = zip(model.axes, model.start.values, strict=True)
    return [float(np.clip(axis.knob(value), 0.0, 1.0)) for axis, value in pairs]


class KnobbedSynth:
    """Play MIDI on a synth, and keep the positions of the knobs.

    Attributes:
        knobs: Position of each axis, 0 to 1.
        moved: Whether a knob moved since its bank was decoded.
    """

    def __init__(
        self, model: TimbreModel, synth: MidiSynth, knobs: Sequence[float], decode: Decode
    ) -> None:
        self._model, self.synth, self._decode = model, synth, decode
        self.knobs, self.moved = list(knobs), False

    def set_axis(self, number: int, position: float) -> None:
        """Move a knob, numbered from 0; a number without an axis has no effect."""
        if number < len(self.knobs):
            self.knobs[number] = min(max(position, 0.0), 1.0)
            self.moved = True

    def follow(self) -> None:
        """Decode the current knobs, and play them; not for an audio thread."""
        self.moved = False
        self.synth.offer(self._decode(position_of_knobs(self._model.axes, self.knobs)))

    def block(self, events: Sequence[MidiEvent], frames: int) -> Float32:
        """Return the next samples with the messages, each at its own sample; (1, frames)."""
        pieces, done = [], 0
        for message, frame in sorted(events, key=lambda event: event[1]):
            if frame > done:
                pieces.append(self.synth.block(frame - done))
                done = frame
            midi.play(message, self.synth, self.set_axis)
        if frames > done:
            pieces.append(self.synth.block(frames - done))
        return np.concatenate(pieces, axis=1) if len(pieces) != 1 else pieces[0]


class TimbreStream:
    """Play a model continuously, as a hosted plugin does (``renderer.engines.stream``).

    Args:
        model: The model to play.
        sample_rate: Hz.
        voices: Notes that sound at the same time.
        knobs: Positions of the axes to start with, 0 to 1; the model's start by default.
        seed: Seed of the noise.
        phase: Phase method of a spectral model; empty for its default.

    Attributes:
        spec: The model as a synth; each axis is a parameter.
        worker: Native id of the thread that decodes.
    """

    glide_s = 0.0  # A new bank fades in by itself.

    def __init__(
        self,
        model: TimbreModel,
        sample_rate: int = SAMPLE_RATE,
        voices: int = VOICES,
        knobs: Sequence[float] | None = None,
        seed: int = 0,
        phase: str = "",
    ) -> None:
        self._model, self.spec = model, timbre_spec(model, sample_rate)
        self.axes = self.spec.names
        position = start_knobs(model) if knobs is None else list(knobs)
        at = position_of_knobs(model.axes, position)
        made = open_instrument(model, at, model.pitch_range, sample_rate, voices, seed, phase)
        self._synth = KnobbedSynth(model, made[0], position, made[1])
        self.trouble = ""  # Error of the last decoding; the old sound plays on.
        self._moved, self._ended = Event(), Event()
        self._thread = Thread(target=self._decode, name="timbre decoder", daemon=True)
        self._thread.start()
        self.worker = self._thread.native_id or 0

    def set(self, native: Mapping[str, float]) -> None:
        """Move knobs, 0 to 1; the sound follows as soon as the model is decoded.

        Raises:
            RenderError: The model has no axis of that name.
        """
        for name, value in native.items():
            self._synth.set_axis(self._number(name), float(value))
        self._moved.set()

    def value(self, name: str) -> float:
        """Return the position of a knob, 0 to 1."""
        return self._synth.knobs[self._number(name)]

    def read(self) -> dict[str, float]:
        """Return the position of every knob, 0 to 1."""
        return dict(zip(self.axes, self._synth.knobs, strict=True))

    def block(self, events: Sequence[MidiEvent], frames: int) -> Float32:
        """Play the next block (see ``renderer.engines.stream.SynthStream``)."""
        audio = self._synth.block(events, frames)
        if self._synth.moved:  # by a MIDI controller
            self._moved.set()
        return audio

    def preset(self, title: str) -> bytes:
        """Return the current sound as a Vital preset; not for an audio thread."""
        path = path_around(self._model, self._synth.knobs)
        return export_bytes(self._model, "vital", ExportOptions(path, title))[0]

    def close(self) -> None:
        """End the thread that decodes."""
        self._ended.set()
        self._moved.set()
        self._thread.join()

    def _number(self, name: str) -> int:
        if name not in self.axes:
            raise RenderError(
                f"axis {name!r}: {self.spec.name} has none of that name; use {', '.join(self.axes)}"
            )
        return self.axes.index(name)

    def _decode(self) -> None:
        """Decode the newest position of the knobs, again and again."""
        while True:
            self._moved.wait()
            self._moved.clear()
            if self._ended.is_set():
                return
            try:
                self._synth.follow()
            except Exception as error:  # The thread must live, and the old sound plays on.
                self.trouble = f"{type(error).__name__}: {error}"
