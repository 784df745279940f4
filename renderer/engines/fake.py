"""Synthesise sine waves without a plugin, for fast tests and for faults on demand.

It does not replace a real engine. A spec with ``engine = "fake"`` uses the controls ``level``
0..1, ``brightness`` 0..1, ``decay`` seconds and ``octave`` -1..1. A control named ``fault``
kills the process at 1, hangs at 2, returns NaN at 3 and returns silence at 4.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from datasets.errors import RenderError
from datasets.spec import SynthSpec
from renderer.engines.base import Audio, Control


class FakeEngine:
    """Render a deterministic additive synth that leaks state from render to render.

    Real plugins leak state in the same way.
    """

    preset_suffix = ".json"

    def __init__(self, spec: SynthSpec) -> None:
        self.spec = spec
        self._controls: dict[str, float] = dict(spec.template.get("controls", {}))
        self._phase = 0.0

    def set(self, native: Mapping[str, float]) -> None:
        """Set controls by name."""
        self._controls.update(native)

    def render(self, note: int, velocity: int, hold_s: float, length_s: float) -> Audio:
        """Play one note: eight harmonics with an exponential decay.

        The phase continues from the last render.

        Args:
            note: MIDI note number.
            velocity: MIDI velocity.
            hold_s: Seconds from key press to release.
            length_s: Length of the audio in seconds.

        Returns:
            Audio in float32, shape (channels, length_s * sample_rate).
        """
        self._fail()
        value = {"level": 0.8, "brightness": 0.5, "decay": 1.0, "octave": 0.0} | self._controls
        time_s = np.arange(round(length_s * self.spec.sample_rate)) / self.spec.sample_rate
        hertz = 440 * 2 ** ((note - 69) / 12 + value["octave"])
        phases = 2 * np.pi * hertz * time_s + self._phase
        harmonics = sum(value["brightness"] ** n * np.sin((n + 1) * phases) for n in range(8))
        envelope = np.exp(-time_s / max(value["decay"], 1e-3)) * np.where(time_s < hold_s, 1, 0.1)
        self._phase = float(phases[-1] % (2 * np.pi))
        audio = 0.2 * value["level"] * velocity / 127 * envelope * harmonics
        return np.tile(audio.astype(np.float32), (self.spec.channels, 1))

    def repeat(self, note: int, velocity: int, hold_s: float, every_s: float, times: int) -> Audio:
        """Play one note several times in one go (see ``renderer.engines.base.Engine``)."""
        notes = [self.render(note, velocity, hold_s, every_s) for _ in range(times)]
        return np.concatenate(notes, axis=1)

    def read(self) -> dict[str, float]:
        """Return the controls that are set."""
        return dict(self._controls)

    def controls(self) -> list[Control]:
        """Return the controls that this synth uses."""
        ranges = {"level": (0, 1), "brightness": (0, 1), "decay": (0.01, 2), "octave": (-1, 1)}
        return [
            Control(name, self._controls.get(name, 0.5), *ends) for name, ends in ranges.items()
        ]

    def identity(self) -> dict[str, str]:
        """Return the hash of this file as the plugin's identity."""
        source = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
        return {"plugin": "fake", "plugin_sha256": source, "host": "patchwright"}

    @property
    def outputs(self) -> int:
        """Return the number of channels of the spec."""
        return self.spec.channels

    def is_effect(self) -> bool:
        """Return False: it has no inputs."""
        return False

    def text(self, name: str) -> str:
        """Return the control's value with three decimals."""
        return f"{self._controls.get(name, 0.0):.3f}"

    def preset(self, title: str) -> bytes:
        """Return the controls as JSON."""
        return json.dumps({"title": title, "controls": self._controls}).encode()

    def load_preset(self, preset: bytes) -> None:
        """Load the controls from the JSON that ``preset`` writes.

        Raises:
            RenderError: The content is not such a JSON file.
        """
        try:
            self._controls = dict(json.loads(preset)["controls"])
        except (ValueError, KeyError) as error:
            raise RenderError(f"the fake synth refused the preset: {error}") from error

    def _fail(self) -> None:
        fault = round(self._controls.get("fault", 0))
        if fault == 1:
            os.kill(os.getpid(), signal.SIGSEGV)
        if fault == 2:
            time.sleep(3600)
        if fault == 3:
            self._controls["level"] = float("nan")
        if fault == 4:
            self._controls["level"] = 0.0
