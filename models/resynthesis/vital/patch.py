"""Write a Vital patch: controls, wavetable, sample, LFO shapes, modulations and macros."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

SYNTH_VERSION = "1.5.5"  # The Vital plugin refuses presets that are newer than itself.
LAST_POSITION = 256  # Last position in a wavetable.
MOST_POINTS = 100  # Most points of an LFO shape.
# Vital's default level. A level that differs from the previous patch glides for 50 ms after
# loading. A preset that keeps the default sounds right from the first sample.
DEFAULT_LEVEL = float(np.float32(0.70710678119))
DEFAULT_VOLUME_DB, MOST_VOLUME_DB = -6.0206, 6.0206  # Vital's master volume is sqrt(x) - 80 dB.
PEAK = 0.7  # Of a note at velocity 100. Full velocity adds 1.6 dB.
TRIGGER, ONE_SHOT, LOOP_POINT = 0, 2, 4  # LFO sync types


@dataclass(frozen=True)
class Shape:
    """Hold a curve of straight lines, for an LFO or for a modulation.

    Attributes:
        name: Name that Vital shows.
        x: Ascending from 0 to 1, at most 100 points.
        y: Values from 0 to 1, one for each `x`.
        smooth: Whether Vital rounds the lines to half cosines.
    """

    name: str
    x: Float64
    y: Float64
    smooth: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the shape in Vital's JSON format, where y counts from the top.

        Raises:
            ValueError: The shape has more than 100 points.
        """
        if len(self.x) > MOST_POINTS:
            raise ValueError(
                f"shape {self.name!r} has {len(self.x)} points: use at most {MOST_POINTS}"
            )
        x, y = np.clip(self.x, 0, 1), np.clip(self.y, 0, 1)
        points = np.column_stack([x, 1 - y]).ravel()
        return {
            "name": self.name,
            "num_points": len(x),
            "points": [round(float(value), 6) for value in points],
            "powers": [0.0] * len(x),
            "smooth": self.smooth,
        }


def line(name: str, *points: tuple[float, float], smooth: bool = False) -> Shape:
    """Make a shape of (x, y) points."""
    values = np.array(points, np.float64)
    return Shape(name, values[:, 0], values[:, 1], smooth)


# A modulation of -0.7071 with this curve moves a level from silence (0) to the default (1).
LEVEL_CURVE = line("Level", (0.0, 1.0), (1.0, 0.0))


@lru_cache(maxsize=1)
def _initial_patch() -> str:
    import vita  # absent on platforms without a wheel

    return str(vita.Synth().to_json())


class VitalPatch:
    """Build a patch from Vital's initial patch, with every sound source off at first.

    Attributes:
        settings: Controls and shapes in Vital's JSON format.
        drawn_lfos: Slots of the LFOs that follow the recording, in drawing order.
    """

    def __init__(self, title: str) -> None:
        self._data: dict[str, Any] = json.loads(_initial_patch())
        self.settings: dict[str, Any] = self._data["settings"]
        self._modulations = 0
        self.drawn_lfos: list[int] = []
        self._data.update(preset_name=title, author="patchwright", synth_version=SYNTH_VERSION)
        self.set(
            osc_1_on=0, osc_2_on=0, osc_3_on=0, sample_on=0, filter_1_on=0, filter_2_on=0,
            env_1_attack=0, env_1_decay=0, env_1_sustain=1, stereo_mode=0,
        )  # fmt: skip

    def set(self, **controls: float) -> None:
        """Set controls, in Vital's own units.

        Raises:
            ValueError: Vital has no control of that name.
        """
        for name, value in controls.items():
            if name not in self.settings:
                raise ValueError(
                    f"{name!r}: Vital has no control of that name. Check the spelling."
                )
            self.settings[name] = float(value)

    def describe(self, comments: str) -> None:
        """Set the text that Vital shows with the preset."""
        self._data["comments"] = comments

    def lfo(
        self, slot: int, shape: Shape, rate_hz: float, mode: int = ONE_SHOT, phase: float = 0.0
    ) -> None:
        """Draw an LFO that runs at a rate in Hz, independent of the host's tempo.

        Args:
            slot: LFO, 1 to 8.
            shape: One cycle.
            rate_hz: Cycles in a second.
            mode: `TRIGGER` repeats, `ONE_SHOT` stops at the end, `LOOP_POINT` repeats from `phase`.
            phase: Start of a cycle, or of the loop for `LOOP_POINT`, 0 to 1.
        """
        self.settings["lfos"][slot - 1] = shape.to_dict()
        if mode != TRIGGER:
            self.drawn_lfos.append(slot)
        prefix = f"lfo_{slot}_"
        values = {
            "sync": 0, "sync_type": mode, "frequency": np.log2(rate_hz), "phase": phase,
            "smooth_mode": 0, "smooth_time": -10, "fade_time": 0, "delay_time": 0,
        }  # fmt: skip
        self.set(**{prefix + name: float(value) for name, value in values.items()})

    def modulate(
        self,
        source: str,
        destination: str,
        amount: float,
        bipolar: bool = False,
        curve: Shape | None = None,
    ) -> int:
        """Connect a modulation.

        Args:
            source: Name of the source: "lfo_1", "note", "velocity", "macro_control_1" and so on.
            destination: Name of a control.
            amount: Share of the control's range, -1 to 1.
            bipolar: Whether the source runs from -0.5 to 0.5 of that share instead of 0 to 1.
            curve: Curve that maps the source's value, 0 to 1.

        Returns:
            The number of the modulation, 1 to 64.
        """
        entry: dict[str, Any] = {"source": source, "destination": destination}
        if curve is not None:
            entry["line_mapping"] = curve.to_dict()
        self.settings["modulations"][self._modulations] = entry
        self._modulations += 1
        number = self._modulations
        self.set(**{f"modulation_{number}_amount": amount})
        self.set(**{f"modulation_{number}_bipolar": float(bipolar)})
        return number

    def macro(self, slot: int, name: str, value: float) -> None:
        """Name a macro and set its knob.

        Args:
            slot: Macro, 1 to 4.
            name: Name that Vital shows.
            value: Position of the knob, 0 to 1.
        """
        self._data[f"macro{slot}"] = name
        self.set(**{f"macro_control_{slot}": value})

    def raise_volume(self, peak: float) -> float:
        """Set the master volume so that a note at velocity 100 peaks at ``PEAK``.

        Args:
            peak: Peak of the note at Vital's default volume, 1 is full scale.

        Returns:
            The gain over the default volume, 1/4 to 4.
        """
        most = MOST_VOLUME_DB - DEFAULT_VOLUME_DB
        gain_db = float(np.clip(20 * np.log10(PEAK / peak), -most, most))
        self.set(volume=(80 + DEFAULT_VOLUME_DB + gain_db) ** 2)
        return float(10 ** (gain_db / 20))

    def wavetable(
        self, name: str, waves: Float64, positions: Sequence[int], oscillator: int = 1
    ) -> None:
        """Load wavetable frames into an oscillator; Vital cross-fades between them.

        Args:
            name: Name that Vital shows.
            waves: One period of each frame, shape (K, 2048).
            positions: Position of each frame, 0 to 256.
            oscillator: Oscillator, 1 to 3.
        """
        table = self.settings["wavetables"][oscillator - 1]
        table.update(name=name, author="patchwright", full_normalize=False, remove_all_dc=True)
        component = table["groups"][0]["components"][0]
        component.update(type="Wave Source", interpolation=0, interpolation_style=1)
        component["keyframes"] = [
            {"position": int(position), "wave_data": _base64(wave.astype("<f4"))}
            for position, wave in zip(positions, waves, strict=True)
        ]

    def sample(self, name: str, wave: Float64, sample_rate: int) -> None:
        """Load a wave into the sample slot, as 16-bit PCM.

        Args:
            name: Name that Vital shows.
            wave: Mono, -1..1, shape (n,).
            sample_rate: Hz.
        """
        pcm = np.round(np.clip(wave, -1, 1) * 32767).astype("<i2")
        self.settings["sample"] = {
            "name": name,
            "length": len(pcm),
            "sample_rate": sample_rate,
            "samples": _base64(pcm),
        }

    def to_bytes(self) -> bytes:
        """Return the content of a `.vital` file."""
        return json.dumps(self._data, separators=(",", ":")).encode()


def _base64(values: npt.NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
