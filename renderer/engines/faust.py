"""Play a Faust program (``.dsp``) as a synth, compiled and hosted by DawDreamer.

Native values are in the program's own units, within the range that each slider declares. The
program needs the standard controls ``freq`` and ``gate`` (``gain`` for velocity), which notes set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import dawdreamer
import numpy as np

from datasets.errors import RenderError, SpecError
from datasets.spec import SynthSpec
from renderer.engines.audio_ports import check_outputs, rendered_outputs
from renderer.engines.base import Audio, Control
from renderer.plugins.locate import file_hash, find_plugin, numbered, position_of

NOTE_CONTROLS = ("freq", "gate", "gain")


class FaustEngine:
    """Play one voice of a Faust program (see ``renderer.engines.base.Engine``)."""

    preset_suffix = ".json"

    def __init__(self, spec: SynthSpec) -> None:
        self.spec = spec
        self._path = find_plugin(spec.plugin)
        block = int(spec.template.get("block_size", 512))
        self._host = dawdreamer.RenderEngine(spec.sample_rate, block)
        self._synth = self._host.make_faust_processor("synth")
        self._synth.num_voices = 1
        self._synth.group_voices = True
        try:
            self._synth.set_dsp(str(self._path))
            self._synth.compile()
        except RuntimeError as error:
            raise RenderError(
                f"{self._path.name} does not compile: {error}. Correct the program."
            ) from error
        check_outputs(spec, self.outputs, self._path.name)
        self._host.load_graph([(self._synth, [])])
        # The first render resets every slider to its initial value, so we set them after it.
        self._host.render(block / spec.sample_rate)
        described = self._synth.get_parameters_description()
        self._described = [row for row in described if _name(row) not in NOTE_CONTROLS]
        self._takes_notes = len(self._described) < len(described)
        self._positions = numbered([_name(row) for row in self._described])
        for name in spec.names:
            self._address(name)
        self.set(spec.template.get("controls", {}))

    def set(self, native: Mapping[str, float]) -> None:
        """Set sliders in their own units."""
        for name, value in native.items():
            self._synth.set_parameter(self._address(name), float(value))

    def read(self) -> dict[str, float]:
        """Return the current value of every slider."""
        return {name: self._synth.get_parameter(self._address(name)) for name in self._positions}

    def render(self, note: int, velocity: int, hold_s: float, length_s: float) -> Audio:
        """Play one note.

        Args:
            note: MIDI note number.
            velocity: MIDI velocity.
            hold_s: Seconds from key press to release.
            length_s: Length of the audio in seconds.

        Returns:
            Audio in float32, shape (channels, length_s * sample_rate).
        """
        return self.repeat(note, velocity, hold_s, length_s, 1)

    def repeat(self, note: int, velocity: int, hold_s: float, every_s: float, times: int) -> Audio:
        """Play one note several times in one go (see ``renderer.engines.base.Engine``)."""
        self._synth.clear_midi()
        for number in range(times):
            self._synth.add_midi_note(note, velocity, number * every_s, hold_s)
        samples = round(times * every_s * self.spec.sample_rate)
        # We ask for half a sample more: hosts count in single precision and drop the fraction.
        self._host.render((samples + 0.5) / self.spec.sample_rate)
        return np.ascontiguousarray(
            self._host.get_audio()[: self.spec.channels, :samples], np.float32
        )

    @property
    def outputs(self) -> int:
        """Return the number of the program's outputs."""
        return int(self._synth.get_num_output_channels())

    def is_effect(self) -> bool:
        """Return whether the program has inputs, and none of the controls that notes set."""
        return bool(self._synth.get_num_input_channels()) and not self._takes_notes

    def text(self, name: str) -> str:
        """Return the slider's value with four significant digits; units do not reach the host."""
        return f"{self._synth.get_parameter(self._address(name)):.4g}"

    def controls(self) -> list[Control]:
        """Return every slider except those that the note sets."""
        return [
            Control(name, value, float(self._row(name)["min"]), float(self._row(name)["max"]))
            for name, value in self.read().items()
        ]

    def preset(self, title: str) -> bytes:
        """Return the sliders as JSON, because Faust has no preset format."""
        return json.dumps({"title": title, "controls": self.read()}).encode()

    def load_preset(self, preset: bytes) -> None:
        """Load the sliders from the JSON that ``preset`` writes.

        Raises:
            RenderError: The content is not such a JSON file.
        """
        try:
            controls = {str(k): float(v) for k, v in json.loads(preset)["controls"].items()}
            self.set(controls)
        except (ValueError, KeyError, TypeError, AttributeError, SpecError) as error:
            raise RenderError(f"{self._path.name} refused the preset: {error}") from error

    def identity(self) -> dict[str, str]:
        """Return the program's file name, the file's SHA-256 and the version of DawDreamer."""
        return {
            "plugin": self._path.name,
            "plugin_sha256": file_hash(self._path),
            "host": f"dawdreamer {version('dawdreamer')}",
            **rendered_outputs(self.spec, self.outputs),
        }

    def _row(self, name: str) -> Mapping[str, Any]:
        row: Mapping[str, Any] = self._described[position_of(name, self._positions, self._path)]
        return row

    def _address(self, name: str) -> int:
        return int(str(self._row(name)["index"]))


def _name(row: Mapping[str, Any]) -> str:
    """Return the name of a slider without its groups."""
    return str(row["name"]).rsplit("/", 1)[-1]
