"""Host VST3 and Audio Unit plugins with pedalboard.

Native values are the plugin's own normalised parameters, 0..1; ``text`` shows its units.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
from pedalboard import _pedalboard

from datasets.errors import RenderError, SpecError
from datasets.spec import SynthSpec
from renderer.engines.audio_ports import check_outputs, effect_refused, rendered_outputs
from renderer.engines.base import Audio, Control
from renderer.plugins.locate import file_hash, find_plugin, numbered, position_of, with_unit
from renderer.plugins.silence_output import silenced

NO_PLUGIN_HAS = 999  # output channels: pedalboard refuses this number before it plays
Event = tuple[list[int], float]  # MIDI bytes, seconds


def _hosted(path: Path) -> Any:  # noqa: ANN401  pedalboard's classes differ by platform
    """Load a plugin without pedalboard's probing of every parameter."""
    name = "AudioUnitPlugin" if path.suffix == ".component" else "VST3Plugin"
    kind = getattr(pedalboard, name, None)
    if kind is None or path.suffix not in (".vst3", ".component"):
        raise RenderError(f"pedalboard cannot host {path.name}: use engine = 'dawdreamer'")
    try:
        with _no_probing():
            # A timeout of 0 plays no test note on loading: the note would change the synth's state.
            return kind(
                path_to_plugin_file=str(path), parameter_values={}, initialization_timeout=0
            )
    except (ImportError, RuntimeError, ValueError) as error:
        raise RenderError(f"pedalboard cannot load {path}: {error}") from error


def _main_outputs(plugin: Any, spec: SynthSpec) -> int:  # noqa: ANN401  see _hosted
    """Return the number of channels of the main outputs, which only an error message contains."""
    try:
        plugin(
            [],
            duration=0.01,
            sample_rate=spec.sample_rate,
            num_channels=NO_PLUGIN_HAS,
            buffer_size=int(spec.template.get("block_size", 2048)),
            reset=False,
        )
    except ValueError as error:
        found = re.search(r"(\d+) output channels", str(error))
        return int(found[1]) if found else spec.channels
    return spec.channels


@contextmanager
def _no_probing() -> Iterator[None]:
    """Make pedalboard ignore every parameter while it loads a plugin or a preset.

    Its Python layer asks for 1,001 texts of each parameter: 10 CPU seconds for a small synth with
    2,088 parameters. This engine uses the parameters one layer below and needs none of these texts.
    """
    ignored = _pedalboard.PARAMETER_NAME_REGEXES_TO_IGNORE
    everything = re.compile("")
    ignored.add(everything)
    try:
        yield
    finally:
        ignored.discard(everything)


class PedalboardEngine:
    """Play one plugin in pedalboard (see ``renderer.engines.base.Engine``)."""

    preset_suffix = ".vstpreset"

    def __init__(self, spec: SynthSpec) -> None:
        self.spec = spec
        self._path = find_plugin(spec.plugin)
        with silenced():
            self._plugin = _hosted(self._path)
        if not self._plugin.is_instrument:
            raise SpecError(effect_refused(self._path.name))
        self.outputs = _main_outputs(self._plugin, spec)
        check_outputs(spec, self.outputs, self._path.name)
        self._positions = numbered([handle.name for handle in self._plugin._parameters])
        for name in spec.names:
            position_of(name, self._positions, self._path)
        if "state" in spec.template:  # a player's own patch
            self.load_preset(base64.b64decode(spec.template["state"]))
        self.set(spec.template.get("controls", {}))

    def set(self, native: Mapping[str, float]) -> None:
        """Set parameters, 0..1."""
        handles = self._handles(native)
        for name, value in native.items():
            if "state" in self.spec.template and handles[name].raw_value == value:
                # JUCE drops a value that it believes to be set. After a state was loaded, some
                # plugins report another value than they play.
                handles[name].raw_value = 1.0 - round(value)
            handles[name].raw_value = float(value)

    def read(self) -> dict[str, float]:
        """Return the current value of every parameter, 0..1."""
        return {name: h.raw_value for name, h in self._handles(self._positions).items()}

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
        starts = [number * every_s for number in range(times)]
        events: list[Event] = [([0x90, note, velocity], start) for start in starts]
        events += [([0x80, note, 0], start + hold_s) for start in starts]
        events.sort(key=lambda event: event[1])
        samples = round(times * every_s * self.spec.sample_rate)
        block = int(self.spec.template.get("block_size", 2048))
        return np.ascontiguousarray(self.advance(events, samples, block), np.float32)

    def advance(self, events: Sequence[Event], samples: int, block: int) -> Audio:
        """Play more samples, from where the last call stopped.

        Args:
            events: MIDI bytes and their times, in seconds from now.
            samples: Number of samples to play.
            block: Samples that the plugin computes at a time.

        Returns:
            Audio, shape (channels, samples).

        Raises:
            SpecError: The plugin has another number of channels than the spec.
        """
        # pedalboard raises ValueError for a plugin with another number of channels.
        try:
            audio: Audio = self._plugin(
                events,
                # Half a sample more: hosts count in single precision and drop the fraction.
                duration=(samples + 0.5) / self.spec.sample_rate,
                sample_rate=self.spec.sample_rate,
                num_channels=self.outputs,
                buffer_size=block,
                reset=False,  # True loads the plugin again and loses some controls
            )
        except ValueError as error:
            raise SpecError(f"spec {self.spec.name!r}: {self._path.name}: {error}") from error
        return audio[: self.spec.channels, :samples]

    def is_effect(self) -> bool:
        """Return False: this engine refuses effects when it loads them."""
        return False

    def text(self, name: str) -> str:
        """Return the plugin's own display text of a parameter, with its unit."""
        handle = self._handles([name])[name]
        return with_unit(str(handle.string_value), str(handle.label))

    def controls(self) -> list[Control]:
        """Return every parameter of the plugin except MIDI controllers."""
        return [
            Control(name, handle.raw_value, 0.0, 1.0, str(handle.label).strip())
            for name, handle in self._handles(self._positions).items()
        ]

    def preset(self, title: str) -> bytes:
        """Return the plugin's state as the content of a ``.vstpreset`` file."""
        # A VST3 applies parameters with the next block; until then its state is out of date.
        self.render(60, 1, 0.0, 0.1)
        return bytes(self._plugin.preset_data)

    def load_preset(self, preset: bytes) -> None:
        """Load the content of a ``.vstpreset`` file.

        Raises:
            RenderError: The plugin refuses the file.
        """
        try:
            with _no_probing():  # pedalboard looks for a parameter with the attribute's name
                self._plugin.preset_data = preset
        except (RuntimeError, ValueError) as error:
            raise RenderError(f"{self._path.name} refused the preset: {error}") from error

    def identity(self) -> dict[str, str]:
        """Return the plugin's file name, the file's SHA-256 and the host's version."""
        return {
            "plugin": self._path.name,
            "plugin_sha256": file_hash(self._path),
            "host": f"pedalboard {version('pedalboard')}",
            **rendered_outputs(self.spec, self.outputs),
        }

    def handles(self) -> dict[str, Any]:
        """Return pedalboard's parameters by name; they are valid until the next ``load_preset``."""
        return self._handles(self._positions)

    def _handles(self, names: Iterable[str]) -> dict[str, Any]:
        """Return pedalboard's parameters by name, fetched again at each call.

        They point into the plugin, which pedalboard may replace: a kept one crashes the process.
        """
        found = self._plugin._parameters
        return {name: found[position_of(name, self._positions, self._path)] for name in names}
