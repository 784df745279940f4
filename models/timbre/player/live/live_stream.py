"""Play a live input through a spectral model, as a stream of the live host.

The audio thread only moves samples. A thread of its own encodes and decodes them, one hop at a
time, and has one hop of time for it. From input to output it takes ``LATENCY`` samples.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from queue import SimpleQueue
from threading import Thread

import numpy as np

from datasets.errors import RenderError
from datasets.spec import NotePolicy, SynthSpec
from models.audio.spectra.stft import HOP, WINDOW, Float32, Float64
from models.timbre.player.live.live_frames import (
    FrameCoder,
    LiveFrames,
    live_axes,
    live_knobs,
    live_start,
)
from models.timbre.player.midi import AXES, FIRST_AXIS
from models.timbre.player.stream import axis_parameter
from models.timbre.player.synth import limited
from renderer.engines.stream import MidiEvent

SLACK_HOPS = 2  # One to collect a hop, one for the thread.
LATENCY = WINDOW + (SLACK_HOPS - 1) * HOP  # Samples from input to output.
MICROPHONE = "jack"  # Name of the audio input, in place of a file.

Hops = list[Float64]


class LiveStream:
    """Encode and decode one or two inputs as they play (see ``renderer.engines.stream``).

    Args:
        model: The model.
        inputs: Sounds at the stream's rate, which repeat; None for the audio input.
        sample_rate: Hz.

    Attributes:
        spec: The model as a synth; its knobs are offsets, note class, crossfade and gains.
        axes: Names of the knobs.
        listens: Whether one of the inputs is the audio input.
        worker: Native id of that thread.
        late: Hops that the thread did not finish in time; silence replaces them.
        trouble: Error of the thread; empty without one.
    """

    glide_s = 0.0  # Windows overlap: a knob never jumps.

    def __init__(
        self, model: FrameCoder, inputs: Sequence[Float64 | None], sample_rate: int
    ) -> None:
        low, high = (round(midi) for midi in model.pitch_range)
        self._model, self._axes = model, live_axes(model, len(inputs))
        self.spec = SynthSpec(
            name=model.name,
            version=1,
            engine="timbre",
            description=f"{model.name}, which encodes and decodes its input",
            sample_rate=sample_rate,
            channels=1,
            note=NotePolicy(low, high),
            template={},
            parameters=tuple(axis_parameter(axis) for axis in self._axes),
        )
        self.axes, self.listens = self.spec.names, any(one is None for one in inputs)
        self.late, self.trouble = 0, ""
        self._knobs = live_start(self._axes)
        self._inputs, self._place = list(inputs), 0
        self._heard = np.zeros(0)
        self._pending = np.zeros((len(inputs), 0))
        self._ready: deque[Float64] = deque([np.zeros(HOP) for _ in range(SLACK_HOPS)])
        self._rest, self._owed = np.zeros(0), 0
        self._given = self._done = 0
        self._work: SimpleQueue[Hops | None] = SimpleQueue()
        self._live = LiveFrames(model, sample_rate, len(inputs))
        self._thread = Thread(target=self._follow, name="live timbre", daemon=True)
        self._thread.start()
        self.worker = self._thread.native_id or 0

    @property
    def behind(self) -> int:
        """Return the number of hops that wait for the thread, or that it works on."""
        return self._given - self._done

    def hear(self, samples: Float32) -> None:
        """Take the audio input of the next block, (frames,)."""
        self._heard = np.asarray(samples, np.float64)

    def set(self, native: Mapping[str, float]) -> None:
        """Move knobs, 0 to 1.

        Raises:
            RenderError: There is no knob of that name.
        """
        for name, value in native.items():
            self._knobs[self._number(name)] = min(max(float(value), 0.0), 1.0)

    def value(self, name: str) -> float:
        """Return the position of a knob, 0 to 1."""
        return self._knobs[self._number(name)]

    def read(self) -> dict[str, float]:
        """Return the position of every knob, 0 to 1."""
        return dict(zip(self.axes, self._knobs, strict=True))

    def block(self, events: Sequence[MidiEvent], frames: int) -> Float32:
        """Play the next block (see ``SynthStream``); CC 20 to 27 move the knobs."""
        for message, _ in events:
            number = message[1] - FIRST_AXIS if message[0] & 0xF0 == 0xB0 else -1
            if 0 <= number < min(AXES, len(self._knobs)):
                self._knobs[number] = message[2] / 127
        self._pending = np.concatenate([self._pending, self._next_input(frames)], axis=1)
        while self._pending.shape[1] >= HOP:
            self._given += 1
            self._work.put(list(self._pending[:, :HOP]))
            self._pending = self._pending[:, HOP:]
        return limited(self._next_output(frames))[None].astype(np.float32)

    def close(self) -> None:
        """End the thread."""
        self._work.put(None)
        self._thread.join()

    def _number(self, name: str) -> int:
        if name not in self.axes:
            raise RenderError(f"knob {name!r}: use one of {', '.join(self.axes)}")
        return self.axes.index(name)

    def _next_input(self, frames: int) -> Float64:
        """Return the next samples of every input, (inputs, frames)."""
        rows = np.zeros((len(self._inputs), frames))
        for row, sound in zip(rows, self._inputs, strict=True):
            if sound is None:
                count = min(frames, len(self._heard))
                row[:count] = self._heard[:count]
            elif len(sound):
                row[:] = sound[(self._place + np.arange(frames)) % len(sound)]
        self._place += frames
        self._heard = np.zeros(0)
        return rows

    def _next_output(self, frames: int) -> Float64:
        """Return the next finished samples; silence for a hop that is late."""
        while len(self._rest) < frames:
            while self._owed and self._ready:  # It came after its time.
                self._ready.popleft()
                self._owed -= 1
            if self._ready:
                part = self._ready.popleft()
            else:
                part = np.zeros(HOP)
                self._owed += 1
                self.late += 1
            self._rest = np.concatenate([self._rest, part])
        out, self._rest = self._rest[:frames], self._rest[frames:]
        return out

    def _follow(self) -> None:
        """Encode and decode hops in their order."""
        while (hops := self._work.get()) is not None:
            try:
                knobs = live_knobs(self._model, self._axes, self._knobs)
                self._ready.append(self._live.hop(hops, knobs))
            except Exception as error:  # The thread must live.
                self.trouble = f"{type(error).__name__}: {error}"
                self._ready.append(np.zeros(HOP))
            self._done += 1
