"""Describe the learned parameters of a synth; convert between unit vectors and native values.

A **unit vector** is float32 in ``[0, 1]^P``, in the order of the spec. A **native** value is in the
plugin's own units. Each synth and size is one file, ``datasets/synths/NAME.toml``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from datasets.errors import SpecError
from datasets.foreign_files import HUGE, read_toml, typed

FloatArray = npt.NDArray[np.float32]
SYNTHS = Path(__file__).parent / "synths"
# Clips are FLAC files, so these limits are FLAC's.
MOST_CHANNELS, MOST_RATE = 8, 655350
MOST_CLIP_BYTES = 2**29  # of one clip as 16-bit samples: 50 minutes of stereo at 44.1 kHz
EDGE = 0.1  # share of a parameter's range that reaches to a held value beyond it
SAME = 1e-4  # Values that differ by this share of the range are equal: files round their numbers.


@dataclass(frozen=True)
class Parameter:
    """Describe one learned control of the synth.

    ``continuous``: native = low + unit * (high - low), in the plugin's own control units.
    ``stepped``: unit i / (n - 1) means ``values[i]``; any value between snaps to the nearest step.
    """

    name: str
    kind: Literal["continuous", "stepped"]
    group: str
    unit: str  # unit of the synth's display text ("secs", "dB", "semitones", "")
    low: float = 0.0
    high: float = 1.0
    values: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()  # The synth's text at each of the values, if it is a word.
    rest: float = 0.0  # Native value at which the control does nothing.
    rest_probability: float = 0.0  # Share of sampled patches that keep it there, as people do.
    # Unit and native value in a player's own patch, which the parameter keeps exactly. A native
    # value beyond the range stretches the outer ``EDGE`` of the range up to it.
    held: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.labels and len(self.labels) != len(self.values):
            raise SpecError(
                f"parameter {self.name!r}: {len(self.labels)} labels for {len(self.values)} "
                "values: give one label for each value"
            )
        if self.kind == "stepped" and len(self.values) < 2:
            raise SpecError(
                f"parameter {self.name!r} is stepped but has {len(self.values)} values: "
                "give at least 2"
            )
        if self.kind == "continuous" and not self.low < self.high:
            raise SpecError(
                f"parameter {self.name!r}: low {self.low} must be below high {self.high}"
            )
        if self.kind not in ("continuous", "stepped"):
            raise SpecError(
                f"parameter {self.name!r}: kind {self.kind!r} must be continuous or stepped"
            )

    @property
    def steps(self) -> int:
        """Return the number of steps; 0 for a continuous parameter."""
        return len(self.values)

    def to_native(self, unit: float) -> float:
        """Return the plugin's value at ``unit`` (0..1)."""
        unit = float(unit)
        if self.held is not None and unit == self.held[0]:
            return self.held[1]
        if self.kind == "stepped":
            return self.values[round(unit * (self.steps - 1))]
        native = self.low + unit * (self.high - self.low)
        end, beyond = self._beyond
        return native + beyond * max(0.0, 1.0 - abs(unit - end) / EDGE) if beyond else native

    def from_native(self, native: float) -> float:
        """Return the unit value of ``native``; a stepped value snaps to its nearest step."""
        if self.held is not None and native == self.held[1]:
            return self.held[0]
        if self.kind == "stepped":
            distances = [abs(native - value) for value in self.values]
            return distances.index(min(distances)) / (self.steps - 1)
        unit = (native - self.low) / (self.high - self.low)
        end, beyond = self._beyond
        inner = abs(end - EDGE)  # where the stretched part of the range begins
        if (unit - inner) * beyond <= 0.0:
            return unit
        slope = 1.0 + abs(beyond) / (self.high - self.low) / EDGE
        return inner + (unit - inner) / slope

    @property
    def _beyond(self) -> tuple[float, float]:
        """Return the end (0 or 1) behind which the held value is, and by how much, native."""
        if self.held is None or self.kind == "stepped":
            return 0.0, 0.0
        native = self.held[1]
        if native > self.high:
            return 1.0, native - self.high
        return 0.0, min(0.0, native - self.low)

    def replaced(self, native: float) -> str:
        """Return what happens to a native value that the parameter cannot take.

        Returns:
            Text as ``-5 becomes 0 (steps -24, -12, 0, 7, 12, 24)``; empty if the value is kept.
        """
        used = self.to_native(min(max(self.from_native(native), 0.0), 1.0))
        low, high = (min(self.values), max(self.values)) if self.values else (self.low, self.high)
        if abs(native - used) <= SAME * (high - low):
            return ""
        steps = ", ".join(f"{value:g}" for value in self.values)
        takes = f"steps {steps}" if steps else f"range {low:g} to {high:g}"
        return f"{native:.4g} becomes {used:.4g} ({takes})"


@dataclass(frozen=True)
class NotePolicy:
    """Describe the note of every clip: pitches are drawn from ``low..high``, all else is fixed."""

    low: int = 36  # MIDI
    high: int = 84  # MIDI, included
    velocity: int = 100  # MIDI 1..127
    hold_s: float = 3.0  # seconds from note-on to note-off (the paper, section 4.1)
    length_s: float = 4.0  # seconds rendered, including the release

    def __post_init__(self) -> None:
        for name, least in (("low", 0), ("high", 0), ("velocity", 1)):
            _check_whole(f"[note] {name}", getattr(self, name), least, 127)
        if self.low > self.high:
            raise SpecError(f"[note] low {self.low} is above high {self.high}: swap them")
        if not (0 <= self.hold_s < np.inf and 0 < self.length_s < np.inf):
            raise SpecError(
                f"[note] hold_s {self.hold_s}, length_s {self.length_s}: must be seconds, at least "
                "0 and above 0"
            )


@dataclass(frozen=True)
class SynthSpec:
    """Describe a synth, the fixed part of its patch, and the parameters that are learned."""

    name: str
    version: int
    engine: str
    description: str
    sample_rate: int
    channels: int
    note: NotePolicy
    template: Mapping[str, Any]
    parameters: tuple[Parameter, ...]
    plugin: tuple[str, ...] = ()  # file stems or paths; the first one found is used
    isolation: str = ""  # method for repeatable renders, if the platform's default is not enough

    def __post_init__(self) -> None:
        about = f"spec {self.name!r}: "
        _check_whole(f"{about}sample_rate", self.sample_rate, 1, MOST_RATE)
        # A sampler or a drum machine can have 64 outputs; their main pair comes first.
        hint = ". Write 2 for the main stereo pair" if self.channels not in range(3) else ""
        _check_whole(f"{about}channels", self.channels, 1, MOST_CHANNELS, hint)
        if not 0 < self.clip_bytes <= MOST_CLIP_BYTES:
            most = MOST_CLIP_BYTES // (2 * self.channels * self.sample_rate)
            raise SpecError(
                f"{about}[note] length_s {self.note.length_s:g}: a clip must have at least one "
                f"sample and at most {MOST_CLIP_BYTES // 2**20} MiB as 16-bit samples"
                + f": set length_s to at most {most:.0f}"
                * bool(most)
            )

    @property
    def clip_bytes(self) -> int:
        """Return the size of a clip as 16-bit samples; FLAC files are smaller."""
        return 2 * self.channels * round(self.note.length_s * self.sample_rate)

    def __len__(self) -> int:
        return len(self.parameters)

    @property
    def has_patch(self) -> bool:
        """Return whether the template is a player's own patch, whose values parameters hold."""
        return any(parameter.held is not None for parameter in self.parameters)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the native parameter names, in unit-vector order."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def continuous(self) -> npt.NDArray[np.int64]:
        """Return the positions of the continuous parameters in the unit vector."""
        return np.array(
            [i for i, p in enumerate(self.parameters) if p.kind == "continuous"], np.int64
        )

    @cached_property
    def stepped(self) -> npt.NDArray[np.int64]:
        """Return the positions of the stepped parameters in the unit vector."""
        return np.array([i for i, p in enumerate(self.parameters) if p.kind == "stepped"], np.int64)

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """Return the number of steps of each stepped parameter, in unit-vector order."""
        return tuple(self.parameters[i].steps for i in self.stepped)

    def to_native(self, unit: npt.ArrayLike) -> dict[str, float]:
        """Return the native values of a unit vector of shape (P,), by name.

        Raises:
            SpecError: The vector has another length, or a value outside 0..1.
        """
        vector = self._checked(unit)
        return {p.name: p.to_native(x) for p, x in zip(self.parameters, vector, strict=True)}

    def from_native(self, native: Mapping[str, float]) -> FloatArray:
        """Return the unit vector (P,) of native values.

        Args:
            native: Value of each parameter by name. A value out of range becomes the end of the
                range.

        Returns:
            Values in 0..1, shape (P,).

        Raises:
            SpecError: A value is missing.
        """
        missing = [name for name in self.names if name not in native]
        if missing:
            raise SpecError(f"{', '.join(missing)}: no native value, but {self.name} needs one")
        unit = [p.from_native(native[p.name]) for p in self.parameters]
        return np.clip(np.array(unit, np.float32), 0.0, 1.0)

    def snap(self, unit: npt.ArrayLike) -> FloatArray:
        """Return the vectors (..., P) clipped to [0, 1], with stepped parameters on their steps."""
        snapped = np.clip(np.array(unit, np.float32), 0.0, 1.0)
        for i, steps in zip(self.stepped, self.steps, strict=True):
            snapped[..., i] = np.rint(snapped[..., i] * (steps - 1)) / np.float32(steps - 1)
        return snapped

    def digest(self) -> str:
        """Return a short hash of everything that shapes the audio.

        Datasets and checkpoints store it.
        """
        data = self.to_dict()
        # These are texts, or dataset.json has them separately: plugin hash, recipe and isolation.
        del data["description"], data["plugin"], data["isolation"]
        data["template"] = {k: v for k, v in data["template"].items() if k != "presets"}
        for parameter in data["parameters"]:
            del parameter["group"], parameter["unit"], parameter["labels"]
            if parameter["held"] is None:
                del parameter["held"]
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for ``from_dict`` and JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SynthSpec:
        """Return the spec of plain data.

        Raises:
            SpecError: A key is missing, unknown or wrong, or a parameter is listed twice.
        """
        if not isinstance(data, Mapping):
            raise SpecError(f"a spec is {str(data)[:40]!r}: must be a table of values")
        what = f"spec {str(data.get('name', '?'))[:40]!r}"
        known = {field.name for field in fields(cls)}
        values = {"isolation": "", **{key: data[key] for key in data if key in known}}
        for key in ("name", "version", "engine", "description", "sample_rate", "channels"):
            if key not in values:
                raise SpecError(f"{what}: key {key!r} is missing")
        values["note"] = typed(NotePolicy, data.get("note"), f"{what}: [note]", SpecError)
        listed, plugin = data.get("parameters"), data.get("plugin", ())
        if not isinstance(listed, list | tuple):
            raise SpecError(f"{what}: the list of parameters is missing")
        values["parameters"] = tuple(
            typed(Parameter, one, f"{what}: parameter {number}", SpecError)
            for number, one in enumerate(listed, 1)
        )
        values["plugin"] = (plugin,) if isinstance(plugin, str) else plugin
        spec = typed(cls, values, f"{what}:", SpecError)
        _check_controls(spec.template, what)
        if len(set(spec.names)) != len(spec):
            raise SpecError(f"spec {spec.name!r}: a parameter is listed twice: remove one")
        return spec

    def _checked(self, unit: npt.ArrayLike) -> FloatArray:
        vector = np.asarray(unit, np.float32)
        if vector.shape != (len(self),):
            raise SpecError(
                f"unit vector of shape {vector.shape}: {self.name} has {len(self)} parameters"
            )
        if not ((vector >= 0.0) & (vector <= 1.0)).all():  # NaN fails both comparisons
            worst = self.names[int(np.argmax(np.abs(np.nan_to_num(vector, nan=np.inf) - 0.5)))]
            raise SpecError(f"{self.name}: unit value of {worst!r} must be in 0..1")
        return vector


def _check_whole(key: str, value: object, least: int, most: int, hint: str = "") -> None:
    if not (isinstance(value, Integral) and least <= int(value) <= most):
        raise SpecError(f"{key} {value!r}: must be a whole number from {least} to {most}{hint}")


def available_specs() -> list[str]:
    """Return the names of the built-in specs."""
    return sorted(path.stem for path in SYNTHS.glob("*.toml"))


def load_spec(name_or_path: str | Path) -> SynthSpec:
    """Return the spec of a built-in name (``vital-32``) or of a ``.toml`` file.

    Raises:
        SpecError: There is no spec of that name, or the file is not valid.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = SYNTHS / f"{name_or_path}.toml"
    data = _read_toml(path, str(name_or_path))
    return SynthSpec.from_dict({**data, "parameters": data.get("parameter", [])})


def _check_controls(template: Mapping[str, Any], what: str) -> None:
    """Raise SpecError if a value that the template fixes is not a number."""
    controls = template.get("controls", {})
    if not isinstance(controls, Mapping):
        raise SpecError(f"{what}: [template] controls must be a table of numbers")
    for name, value in controls.items():
        if type(value) not in (int, float) or not abs(value) < HUGE:
            raise SpecError(f"{what}: [template] {name!r} {str(value)[:40]!r}: must be a number")


def _read_toml(path: Path, asked: str, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a file and the one it ``extends``: parameters are appended, template values replaced."""
    if path in above:
        raise SpecError(f"spec {path.name} extends itself: remove the key 'extends'")
    try:
        data = read_toml(path, SpecError, f"spec {path.name}")
    except FileNotFoundError:
        known = ", ".join(available_specs())
        raise SpecError(
            f"spec {asked!r} does not exist: use one of {known}, or a .toml file"
        ) from None
    _check_tables(data, path)
    if "extends" not in data:
        return data
    base = _read_toml(path.with_name(f"{data.pop('extends')}.toml"), asked, (*above, path))
    below, own = base.get("template", {}), data.get("template", {})
    template = below | own
    template["controls"] = below.get("controls", {}) | own.get("controls", {})
    if "modulations" in template:  # only Vital's templates have them
        template["modulations"] = below.get("modulations", []) + own.get("modulations", [])
    learned = base.get("parameter", []) + data.get("parameter", [])
    return base | data | {"template": template, "parameter": learned}


def _check_tables(data: Mapping[str, Any], path: Path) -> None:
    """Raise SpecError if a part of a file that is joined with another has the wrong form."""
    template = data.get("template", {})
    parts = [("template", template, dict), ("parameter", data.get("parameter", []), list)]
    if isinstance(template, dict):
        parts.append(("template.controls", template.get("controls", {}), dict))
        parts.append(("template.modulations", template.get("modulations", []), list))
    for key, value, kind in parts:
        if not isinstance(value, kind):
            form = "a table" if kind is dict else "an array"
            raise SpecError(f"spec {path.name}: {key} must be {form}")
    base = data.get("extends", "base")
    if not isinstance(base, str) or Path(base).name != base or "\0" in base:
        raise SpecError(
            f"spec {path.name}: extends is {str(base)[:40]!r}: must be the name of a spec beside it"
        )
