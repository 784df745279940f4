"""Host VST2, VST3 and Audio Unit plugins with DawDreamer, without a window or an audio device.

Native values are the plugin's own normalised parameters, 0..1; ``text`` shows its units.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import dawdreamer
import numpy as np

from datasets.errors import RenderError
from datasets.spec import SynthSpec
from renderer.engines.audio_ports import (
    AUDIBLE,
    NOISE_S,
    check_outputs,
    passes_input,
    rendered_outputs,
)
from renderer.engines.base import Audio, Control, Engine
from renderer.plugins.fxp import ended
from renderer.plugins.locate import file_hash, find_plugin, numbered, position_of, with_unit
from renderer.plugins.silence_output import silenced

# The cost of a VST3 block grows with the number of parameters (2,088 for a small DPF plugin), so
# its blocks are large. A VST2 is fastest at 512. Both sizes come from measurements.
BLOCK = {".vst3": 2048}
# When pedalboard's last plugin closes, the next plugin that DawDreamer loads crashes this process.
# So we keep the first pedalboard engine that wrote a preset.
KEPT: dict[str, Engine] = {}


class DawDreamerEngine:
    """Play one plugin in one DawDreamer graph (see ``renderer.engines.base.Engine``)."""

    def __init__(self, spec: SynthSpec) -> None:
        self.spec = spec
        self._path = find_plugin(spec.plugin)
        block = int(spec.template.get("block_size", BLOCK.get(self._path.suffix, 512)))
        self._host = dawdreamer.RenderEngine(spec.sample_rate, block)
        try:
            with silenced():
                self._plugin = self._host.make_plugin_processor("synth", str(self._path))
        except RuntimeError as error:
            raise RenderError(f"DawDreamer cannot load {self._path}: {error}") from error
        check_outputs(spec, self.outputs, self._path.name)
        self._host.load_graph([(self._plugin, [])])
        self._described = self._plugin.get_parameters_description()
        self._positions = numbered([row["name"] for row in self._described])
        for name in spec.names:
            self._position(name)
        if "state" in spec.template:  # a player's own patch
            self.load_preset(base64.b64decode(spec.template["state"]))
        self.set(spec.template.get("controls", {}))
        self._host.get_audio()  # the first call prepares NumPy: once here, not in every fork

    @property
    def preset_suffix(self) -> str:
        """Return ``.vstpreset`` for VST3, ``.fxp`` otherwise."""
        return ".vstpreset" if self._path.suffix == ".vst3" else ".fxp"

    def set(self, native: Mapping[str, float]) -> None:
        """Set parameters, 0..1."""
        for name, value in native.items():
            self._plugin.set_parameter(self._position(name), float(value))

    def read(self) -> dict[str, float]:
        """Return the current value of every parameter, 0..1."""
        return {name: self._plugin.get_parameter(i) for name, i in self._positions.items()}

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
        self._plugin.clear_midi()
        for number in range(times):
            self._plugin.add_midi_note(note, velocity, number * every_s, hold_s)
        samples = round(times * every_s * self.spec.sample_rate)
        # We ask for half a sample more: hosts count in single precision and drop the fraction.
        self._host.render((samples + 0.5) / self.spec.sample_rate)
        audio: Audio = self._host.get_audio()[: self.spec.channels, :samples]
        return audio

    @property
    def outputs(self) -> int:
        """Return the number of the plugin's output channels, over all its buses."""
        return int(self._plugin.get_num_output_channels())

    def is_effect(self) -> bool:
        """Return whether a note is silent, and noise in the plugin's inputs is audible."""
        if not self._plugin.get_num_input_channels():
            return False
        note = self.render(60, 100, NOISE_S, NOISE_S)
        is_silent = float(np.abs(note).max()) < AUDIBLE
        return is_silent and passes_input(self._host, self._plugin, self.spec.sample_rate)

    def text(self, name: str) -> str:
        """Return the plugin's own display text of a parameter, with its unit."""
        position = self._position(name)
        label = str(self._described[position]["label"])
        return with_unit(str(self._plugin.get_parameter_text(position)), label)

    def controls(self) -> list[Control]:
        """Return every parameter of the plugin except MIDI controllers."""
        values = self.read()
        return [
            Control(name, values[name], 0.0, 1.0, str(self._described[i]["label"]).strip())
            for name, i in self._positions.items()
        ]

    def preset(self, title: str) -> bytes:
        """Return the plugin's state as ``.fxp``, or its parameters as ``.vstpreset``.

        DawDreamer writes the state of a VST3 in a format that no other host reads. So pedalboard
        writes the ``.vstpreset`` file.

        Args:
            title: Ignored: the plugin's state has no title.

        Returns:
            The content of the preset file.
        """
        if self._path.suffix == ".vst3":
            from renderer.engines.pedalboard import PedalboardEngine

            writer = PedalboardEngine(self.spec)
            KEPT.setdefault("writer", writer)
            writer.set(self.read())
            return writer.preset(title)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "state.fxp")
            self._plugin.save_state(str(path))
            state = path.read_bytes()
        return ended(state)

    def load_preset(self, preset: bytes) -> None:
        """Load the content of a state file.

        This never uses DawDreamer's ``load_state``: it opens the plugin's window, and without a
        screen that ends the process.

        Raises:
            RenderError: The plugin refuses the file.
        """
        is_vst3 = preset[:4] == b"VST3"
        if is_vst3 and self._path.suffix != ".vst3":  # DawDreamer would accept it and do nothing
            raise RenderError(
                f"{self._path.name} refused the preset: it is a VST3 preset, "
                "and this plugin is not a VST3"
            )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "state.vstpreset" if is_vst3 else "state.fxp")
            path.write_bytes(ended(preset))
            load = self._plugin.load_vst3_preset if is_vst3 else self._plugin.load_preset
            try:
                taken = load(str(path))
            except RuntimeError:
                taken = False
        if not taken:
            raise RenderError(f"{self._path.name} refused the preset: is it a file of this plugin?")

    def identity(self) -> dict[str, str]:
        """Return the plugin's file name, the file's SHA-256 and the host's version."""
        return {
            "plugin": self._path.name,
            "plugin_sha256": file_hash(self._path),
            "host": f"dawdreamer {version('dawdreamer')}",
            **rendered_outputs(self.spec, self.outputs),
        }

    def _position(self, name: str) -> int:
        return position_of(name, self._positions, self._path)
