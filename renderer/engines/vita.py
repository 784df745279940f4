"""Play Vital, which the ``vita`` wheel embeds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import vita

from datasets.errors import RenderError, SpecError
from datasets.preset_tables.vital_frames import keyframes
from datasets.spec import SynthSpec
from renderer.engines.audio_ports import check_outputs
from renderer.engines.base import Audio, Control
from renderer.engines.vita_noise import white_noise
from renderer.engines.vita_patch import moved_patch
from renderer.plugins.locate import file_hash

# vita writes version 99999.9.9 into its patches, and the Vital plugin refuses newer patches.
PLUGIN_VERSION = "1.5.5"
VITA_RATE = 44100  # Hz, of a new ``vita.Synth``
NUMBER = re.compile(r"-?\d+\.\d+")


class VitaEngine:
    """Play one ``vita.Synth`` with the spec's template (see ``renderer.engines.base.Engine``)."""

    preset_suffix = ".vital"
    outputs = 2

    def __init__(self, spec: SynthSpec) -> None:
        check_outputs(spec, self.outputs, "Vital")
        self.spec = spec
        self._synth = _new_synth(spec)
        patch = template_patch(json.loads(self._synth.to_json()), spec)
        if not _loads(self._synth, json.dumps(patch)):
            raise RenderError(f"spec {spec.name!r}: Vital refused its template")
        self._file: str | None = spec.template.get("patch")
        # What `renderer.engines.vita_template` found in a player's own patch.
        self._renamed: Mapping[str, str] = spec.template.get("renamed", {})
        self._idle = frozenset(spec.template.get("idle", ()))
        self._moved: dict[str, float] = {}  # controls set since the file was loaded, native
        self._controls = self._synth.get_controls()
        for name in spec.names:
            self._checked(name)

    def set(self, native: Mapping[str, float]) -> None:
        """Set controls in control units.

        This avoids ``set_normalized``, which is wrong for exponential controls.
        """
        placed = {self._renamed.get(k, k): v for k, v in native.items() if k not in self._idle}
        for name, value in placed.items():
            self._controls[self._checked(name)].set(value)
        if self._file is not None:
            self._moved.update(placed)

    def render(self, note: int, velocity: int, hold_s: float, length_s: float) -> Audio:
        """Play one note.

        Args:
            note: MIDI note number.
            velocity: MIDI velocity.
            hold_s: Seconds from key press to release.
            length_s: Length of the audio in seconds.

        Returns:
            Audio in float32, shape (2, length_s * sample_rate).
        """
        if self._file is not None and self._moved:  # render what the file of ``preset`` sounds like
            self._play_file(moved_patch(self._file, self._moved, self.spec.name).decode())
        samples = round(length_s * self.spec.sample_rate)
        # We ask for half a sample more: hosts count in single precision and drop the fraction.
        padded_s = (samples + 0.5) / self.spec.sample_rate
        audio = self._synth.render(note, velocity / 127, hold_s, padded_s)
        return np.ascontiguousarray(audio[:, :samples], np.float32)

    def repeat(self, note: int, velocity: int, hold_s: float, every_s: float, times: int) -> Audio:
        """Play one note several times in one go (see ``renderer.engines.base.Engine``)."""
        notes = [self.render(note, velocity, hold_s, every_s) for _ in range(times)]
        return np.concatenate(notes, axis=1)

    def read(self) -> dict[str, float]:
        """Return the current value of all 772 controls, in control units."""
        return {name: float(control.value()) for name, control in self._controls.items()}

    def controls(self) -> list[Control]:
        """Return all 772 controls with their own ranges; Vital gives units only in its texts."""
        found = []
        for name, control in self._controls.items():
            details = self._synth.get_control_details(name)
            found.append(Control(name, float(control.value()), details.min, details.max))
        return found

    def identity(self) -> dict[str, str]:
        """Return the version of the ``vita`` wheel and the SHA-256 of its library."""
        library = Path(str(vita.vita.__file__))
        return {
            "plugin": "Vital (embedded)",
            "plugin_sha256": file_hash(library),
            "host": f"vita {version('vita')}",
        }

    def upgraded(self) -> str:
        """Return the patch as this Vital writes it, whatever version the file has."""
        return str(self._synth.to_json())

    def is_effect(self) -> bool:
        """Return False: Vital is an instrument."""
        return False

    def text(self, name: str) -> str:
        """Return Vital's display text of a control, as ``0.25 secs``, to 4 significant digits."""
        text = str(self._synth.get_control_text(self._renamed.get(name, name))).strip()
        return NUMBER.sub(lambda number: f"{float(number[0]):.4g}", text)

    def preset(self, title: str) -> bytes:
        """Return the patch as a ``.vital`` file that Vital 1.5.5 and later load.

        If the spec's template is a whole preset file, this is that file with the controls that were
        set.

        Args:
            title: The file's ``preset_name``.

        Returns:
            The content of the file.
        """
        if self._file is not None:
            if "renamed" in self.spec.template:  # a player's own patch keeps its name
                title = json.loads(self._file).get("preset_name", title)
            return moved_patch(self._file, self._moved, title)
        patch = json.loads(self._synth.to_json())
        patch |= {"preset_name": title, "author": "patchwright", "synth_version": PLUGIN_VERSION}
        return json.dumps(patch).encode()

    def _checked(self, name: str) -> str:
        if name not in self._controls:
            raise SpecError(
                f"control {name!r} of spec {self.spec.name!r}: Vital has none of that name"
            )
        return name

    def load_preset(self, preset: bytes) -> None:
        """Replace the patch by the content of a ``.vital`` file.

        A new synth plays it. Vital moves its levels gradually from the patch before, so in the same
        synth the first 50 ms of the next note would depend on that patch.

        Raises:
            RenderError: Vital refuses the file; the patch does not change.
        """
        # Bytes that are not text are not JSON either, so Vital refuses them.
        text = preset.decode(errors="replace")
        self._play_file(text)
        if self._file is not None:
            self._file, self._moved = text, {}

    def _play_file(self, text: str) -> None:
        """Load a preset file into a new synth."""
        synth = vita.Synth()
        if self.spec.sample_rate != VITA_RATE:
            synth.set_sample_rate(self.spec.sample_rate)
        if not _loads(synth, text):
            raise RenderError("Vital refused the preset: it is not a .vital file of this version")
        self._synth, self._controls = synth, synth.get_controls()


def _new_synth(spec: SynthSpec) -> vita.Synth:
    """Return a synth at the spec's sample rate.

    Setting the rate, even to the same value, changes the first milliseconds of the next patch. A
    whole preset file must sound as in a synth that just started, so its rate is not set. Existing
    datasets were rendered with the rate set.
    """
    synth = vita.Synth()
    if spec.sample_rate != VITA_RATE or "patch" not in spec.template:
        synth.set_sample_rate(spec.sample_rate)
    return synth


def _loads(synth: vita.Synth, text: str) -> bool:
    """Load a patch; return whether Vital accepts it."""
    try:
        return bool(synth.load_json(text))
    except Exception:  # the wheel raises its own kinds of errors for values of an unexpected type
        return False


def template_patch(init: dict[str, Any], spec: SynthSpec) -> dict[str, Any]:
    """Return the patch on which a spec's parameters are set.

    Args:
        init: Vital's init patch; it is changed in place.
        spec: Its template gives fixed controls, modulations and wavetables; white noise is added.
            Or it has ``patch``, the text of a whole preset file, which is used alone.

    Returns:
        The patch, as Vital's JSON.

    Raises:
        SpecError: The template names a control that Vital does not have.
    """
    if "patch" in spec.template:
        whole: dict[str, Any] = json.loads(spec.template["patch"])
        return whole
    settings = init["settings"]
    for name, value in spec.template["controls"].items():
        if name not in settings:
            raise SpecError(f"control {name!r} of spec {spec.name!r}: Vital has none of that name")
        settings[name] = float(value)
    for slot, modulation in enumerate(spec.template["modulations"]):
        settings["modulations"][slot] |= modulation
    settings["sample"] = white_noise()
    for oscillator, table in enumerate(spec.template["wavetables"]):
        wavetable = settings["wavetables"][oscillator]
        wavetable["name"] = table
        wavetable["groups"][0]["components"][0]["keyframes"] = keyframes(table)
    return init | {"preset_name": spec.name, "synth_version": PLUGIN_VERSION}
