"""The learned parameters of a synth, and the conversion between unit vectors and native values.

A **unit vector** is float32 in ``[0, 1]^P``, in the order of the spec; a **native** value is what
the plugin itself takes. Each synth and size is one file, ``datasets/synths/NAME.toml``.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from datasets.errors import SpecError

FloatArray = npt.NDArray[np.float32]
SYNTHS = Path(__file__).parent / "synths"


@dataclass(frozen=True)
class Parameter:
    """One learned control of the synth.

    ``continuous``: native = low + unit * (high - low), in the plugin's own control units.
    ``stepped``: unit i / (n - 1) means ``values[i]``; anything between snaps to the nearest step.
    """

    name: str
    kind: Literal["continuous", "stepped"]
    group: str
    unit: str  # of the text the synth shows ("secs", "dB", "semitones", "")
    low: float = 0.0
    high: float = 1.0
    values: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()  # what the synth shows at each of the values, where it is a word
    rest: float = 0.0  # native value at which the control does nothing
    rest_probability: float = 0.0  # share of sampled patches that leave it there, as people do

    def __post_init__(self) -> None:
        if self.labels and len(self.labels) != len(self.values):
            raise SpecError(
                f"parameter {self.name!r}: {len(self.labels)} labels for {len(self.values)} values"
            )
        if self.kind == "stepped" and len(self.values) < 2:
            raise SpecError(f"parameter {self.name!r} is stepped but has {len(self.values)} values")
        if self.kind == "continuous" and not self.low < self.high:
            raise SpecError(
                f"parameter {self.name!r}: low {self.low} is not below high {self.high}"
            )
        if self.kind not in ("continuous", "stepped"):
            raise SpecError(
                f"parameter {self.name!r}: kind {self.kind!r} is not continuous|stepped"
            )

    @property
    def steps(self) -> int:
        """Number of steps; 0 for a continuous parameter."""
        return len(self.values)

    def to_native(self, unit: float) -> float:
        """The plugin's value at ``unit`` (0..1)."""
        if self.kind == "stepped":
            return self.values[round(float(unit) * (self.steps - 1))]
        return self.low + float(unit) * (self.high - self.low)

    def from_native(self, native: float) -> float:
        """The unit value of ``native``; a stepped value is taken to its nearest step."""
        if self.kind == "stepped":
            distances = [abs(native - value) for value in self.values]
            return distances.index(min(distances)) / (self.steps - 1)
        return (native - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class NotePolicy:
    """The note of every clip: pitches are drawn from ``low..high``, the rest is fixed."""

    low: int = 36  # MIDI
    high: int = 84  # MIDI, included
    velocity: int = 100  # MIDI 1..127
    hold_s: float = 3.0  # seconds from note-on to note-off (the paper, section 4.1)
    length_s: float = 4.0  # seconds rendered, so that the release is heard


@dataclass(frozen=True)
class SynthSpec:
    """A synth, the fixed part of its patch, and the parameters that are learned."""

    name: str
    version: int
    engine: str
    description: str
    sample_rate: int
    channels: int
    note: NotePolicy
    template: Mapping[str, Any]
    parameters: tuple[Parameter, ...]
    plugin: tuple[str, ...] = ()  # file stems or paths, the first that is found is hosted
    isolation: str = ""  # what makes this synth repeat itself, where the platform's way does not

    def __len__(self) -> int:
        return len(self.parameters)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Native parameter names, in unit-vector order."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def continuous(self) -> npt.NDArray[np.int64]:
        """Positions of the continuous parameters in the unit vector."""
        return np.array(
            [i for i, p in enumerate(self.parameters) if p.kind == "continuous"], np.int64
        )

    @cached_property
    def stepped(self) -> npt.NDArray[np.int64]:
        """Positions of the stepped parameters in the unit vector."""
        return np.array([i for i, p in enumerate(self.parameters) if p.kind == "stepped"], np.int64)

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """Number of steps of each stepped parameter, in unit-vector order."""
        return tuple(self.parameters[i].steps for i in self.stepped)

    def to_native(self, unit: npt.ArrayLike) -> dict[str, float]:
        """Native value by name of a unit vector of shape (P,).

        Raises SpecError when the vector has another length or leaves [0, 1].
        """
        vector = self._checked(unit)
        return {p.name: p.to_native(x) for p, x in zip(self.parameters, vector, strict=True)}

    def from_native(self, native: Mapping[str, float]) -> FloatArray:
        """The unit vector (P,) of native values by name; values beyond a range go to its end."""
        missing = [name for name in self.names if name not in native]
        if missing:
            raise SpecError(f"{self.name}: no native value for {', '.join(missing)}")
        unit = [p.from_native(native[p.name]) for p in self.parameters]
        return np.clip(np.array(unit, np.float32), 0.0, 1.0)

    def snap(self, unit: npt.ArrayLike) -> FloatArray:
        """The same vector(s) (..., P) clipped to [0, 1], stepped parameters on their steps."""
        snapped = np.clip(np.array(unit, np.float32), 0.0, 1.0)
        for i, steps in zip(self.stepped, self.steps, strict=True):
            snapped[..., i] = np.rint(snapped[..., i] * (steps - 1)) / np.float32(steps - 1)
        return snapped

    def digest(self) -> str:
        """Short hash of everything that shapes the audio: datasets and checkpoints carry it."""
        data = self.to_dict()
        # Words, and what dataset.json holds beside this: the plugin's hash, recipe and isolation.
        del data["description"], data["plugin"], data["isolation"]
        data["template"] = {k: v for k, v in data["template"].items() if k != "presets"}
        for parameter in data["parameters"]:
            del parameter["group"], parameter["unit"], parameter["labels"]
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as ``from_dict`` and JSON take it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SynthSpec:
        """The spec of plain data; SpecError names the key that is missing or unknown."""
        try:
            parameters = tuple(
                Parameter(**{**p, **{k: tuple(p.get(k, ())) for k in ("values", "labels")}})
                for p in data["parameters"]
            )
            fields = {k: data[k] for k in ("name", "version", "engine", "description")}
            fields |= {k: data[k] for k in ("sample_rate", "channels", "template")}
            plugin = data.get("plugin", ())
            fields["plugin"] = (plugin,) if isinstance(plugin, str) else tuple(plugin)
            fields["isolation"] = data.get("isolation", "")
            spec = cls(**fields, note=NotePolicy(**data["note"]), parameters=parameters)
        except KeyError as error:
            raise SpecError(f"spec {data.get('name', '?')!r}: key {error} is missing") from error
        except TypeError as error:
            raise SpecError(f"spec {data.get('name', '?')!r}: {error}") from error
        if len(set(spec.names)) != len(spec):
            raise SpecError(f"spec {spec.name!r}: a parameter is listed twice")
        return spec

    def _checked(self, unit: npt.ArrayLike) -> FloatArray:
        vector = np.asarray(unit, np.float32)
        if vector.shape != (len(self),):
            raise SpecError(f"{self.name} has {len(self)} parameters, got shape {vector.shape}")
        if not ((vector >= 0.0) & (vector <= 1.0)).all():  # NaN is neither
            worst = self.names[int(np.argmax(np.abs(np.nan_to_num(vector, nan=np.inf) - 0.5)))]
            raise SpecError(f"{self.name}: unit value of {worst!r} is outside 0..1")
        return vector


def available_specs() -> list[str]:
    """Names of the specs that ship with the project."""
    return sorted(path.stem for path in SYNTHS.glob("*.toml"))


def load_spec(name_or_path: str | Path) -> SynthSpec:
    """The spec of a shipped name (``vital-32``) or of a ``.toml`` file.

    Raises SpecError when there is none of that name, or the file is not valid.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = SYNTHS / f"{name_or_path}.toml"
    data = _read_toml(path, str(name_or_path))
    return SynthSpec.from_dict({**data, "parameters": data.get("parameter", [])})


def _read_toml(path: Path, asked: str) -> dict[str, Any]:
    """One file over the one it ``extends``: parameters appended, template values replaced."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(available_specs())
        raise SpecError(f"no spec {asked!r}: use one of {known}, or a .toml file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path.name} is not valid TOML: {error}") from error
    if "extends" not in data:
        return data
    base = _read_toml(path.with_name(f"{data.pop('extends')}.toml"), asked)
    below, above = base.get("template", {}), data.get("template", {})
    template = below | above
    template["controls"] = below.get("controls", {}) | above.get("controls", {})
    if "modulations" in template:  # Vital's
        template["modulations"] = below.get("modulations", []) + above.get("modulations", [])
    learned = base["parameter"] + data.get("parameter", [])
    return base | data | {"template": template, "parameter": learned}
