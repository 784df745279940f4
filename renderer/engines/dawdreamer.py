"""VST2, VST3 and Audio Units hosted by DawDreamer: no window, no audio device.

Native values are the plugin's own normalised parameters, 0..1; ``text`` shows its units.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import dawdreamer

from datasets.errors import RenderError, SpecError
from datasets.spec import SynthSpec
from renderer.engines.base import Audio, Control, Engine
from renderer.plugins.fxp import ended
from renderer.plugins.locate import file_hash, find_plugin, numbered, position_of, with_unit
from renderer.plugins.silence_output import silenced

# Per block a VST3 costs by its parameter count, 2,088 for a small DPF plugin: fewer, larger blocks.
# A VST2 is fastest at 512; both are measured.
BLOCK = {".vst3": 2048}
# With its last plugin pedalboard ends more than its own: the next one that DawDreamer loads crashes
# this process. So the first that wrote a preset here stays.
KEPT: dict[str, Engine] = {}


class DawDreamerEngine:
    """One plugin in one DawDreamer graph (see ``renderer.engines.base.Engine``)."""

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
        self._check_channels()
        self._host.load_graph([(self._plugin, [])])
        self._described = self._plugin.get_parameters_description()
        self._positions = numbered([row["name"] for row in self._described])
        for name in spec.names:
            self._position(name)
        self.set(spec.template.get("controls", {}))
        self._host.get_audio()  # its first call prepares NumPy: here, not in every fork

    @property
    def preset_suffix(self) -> str:
        """``.vstpreset`` for VST3, ``.fxp`` otherwise."""
        return ".vstpreset" if self._path.suffix == ".vst3" else ".fxp"

    def set(self, native: Mapping[str, float]) -> None:
        """Set parameters, 0..1."""
        for name, value in native.items():
            self._plugin.set_parameter(self._position(name), float(value))

    def read(self) -> dict[str, float]:
        """Every parameter's present value, 0..1."""
        return {name: self._plugin.get_parameter(i) for name, i in self._positions.items()}

    def render(self, note: int, velocity: int, hold_s: float, length_s: float) -> Audio:
        """Play one note; (channels, length_s * sample_rate) float32."""
        self._plugin.clear_midi()
        self._plugin.add_midi_note(note, velocity, 0.0, hold_s)
        samples = round(length_s * self.spec.sample_rate)
        # Half a sample more than wanted: hosts count in single precision and drop the fraction.
        self._host.render((samples + 0.5) / self.spec.sample_rate)
        audio: Audio = self._host.get_audio()[:, :samples]
        return audio

    def text(self, name: str) -> str:
        """The plugin's own display of a parameter, with its unit."""
        position = self._position(name)
        label = str(self._described[position]["label"])
        return with_unit(str(self._plugin.get_parameter_text(position)), label)

    def controls(self) -> list[Control]:
        """Every parameter of the plugin but MIDI controllers."""
        values = self.read()
        return [
            Control(name, values[name], 0.0, 1.0, str(self._described[i]["label"]).strip())
            for name, i in self._positions.items()
        ]

    def preset(self, title: str) -> bytes:
        """The plugin's state as an ``.fxp`` file, or its parameters as a ``.vstpreset`` file.

        DawDreamer writes the state of a VST3 in a form of its own that no other host reads, so
        pedalboard writes that one.
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
        """Take a state file's content; RenderError when the plugin refuses it.

        Never by DawDreamer's ``load_state``: it opens the plugin's window, and without a screen
        that ends the process.
        """
        is_vst3 = preset[:4] == b"VST3"
        if is_vst3 and self._path.suffix != ".vst3":  # DawDreamer would say yes and do nothing
            raise RenderError(f"{self._path.name} refused the preset: it is one of a VST3")
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
        """What made the sound: plugin file, its hash, and the host's version."""
        return {
            "plugin": self._path.name,
            "plugin_sha256": file_hash(self._path),
            "host": f"dawdreamer {version('dawdreamer')}",
        }

    def _position(self, name: str) -> int:
        return position_of(name, self._positions, self._path)

    def _check_channels(self) -> None:
        channels = self._plugin.get_num_output_channels()
        if channels != self.spec.channels:
            raise SpecError(
                f"spec {self.spec.name!r} says {self.spec.channels} channels, {self._path.name} "
                f"has {channels}: correct the spec"
            )
