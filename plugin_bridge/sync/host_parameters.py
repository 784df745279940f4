"""The names and ranges that a host shows for a synth's parameters.

A plugin shows its host a name and a value 0..1 for every parameter. Hosted plugins were learned
through exactly those. Vital was learned through its engine, with other names (``osc_1_level``) and
values (semitones, seconds): ``vital.toml`` says what its plugin makes of them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from datasets.errors import SpecError
from datasets.spec import SynthSpec
from renderer.engines.vita_patch import macro_parameters

VITAL = Path(__file__).with_name("vital.toml")


@dataclass(frozen=True)
class HostParameter:
    """One parameter as a host has it."""

    name: str  # shown by the host
    low: float = 0.0  # native value at the host's 0
    high: float = 1.0  # native value at the host's 1

    def to_host(self, native: float) -> float:
        """0..1 in the host of a native value; values beyond the plugin's range go to its end."""
        return min(max((native - self.low) / (self.high - self.low), 0.0), 1.0)

    def to_native(self, host: float) -> float:
        """The native value of 0..1 in the host."""
        return self.low + host * (self.high - self.low)


def host_parameters(spec: SynthSpec) -> dict[str, HostParameter]:
    """What a host has of each learned parameter, by the spec's name.

    Raises SpecError when Vital's table lacks one.
    """
    if spec.engine != "vita":
        return {name: HostParameter(name) for name in spec.names}
    table = _vital()
    unknown = [name for name in spec.names if name not in table]
    if unknown:
        raise SpecError(f"{spec.name}: Vital has no control {', '.join(unknown)}")
    return {name: table[name] for name in spec.names}


def with_macros(spec: SynthSpec) -> SynthSpec:
    """Return a spec of Vital with Vital's macros after its own parameters; any other as it is.

    A server that plays a whole preset file of Vital tells those.
    """
    if spec.engine != "vita":
        return spec
    macros = tuple(one for one in macro_parameters() if one.name not in spec.names)
    return replace(spec, parameters=(*spec.parameters, *macros))


def plugin_names(spec: SynthSpec) -> tuple[str, ...]:
    """What the plugin may be called, the most likely first."""
    stems = [Path(name).stem for name in spec.plugin]
    return tuple(dict.fromkeys([*stems, spec.name.rpartition("-")[0] or spec.name]))


def folded(name: str) -> str:
    """A name without case, spaces and punctuation: hosts and plugin formats differ in those."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def find_names(
    wanted: Mapping[str, HostParameter], shown: Sequence[str]
) -> tuple[dict[str, int], list[str]]:
    """Places in ``shown`` of the wanted parameters by the spec's name, and those not found.

    A name is found as it stands, else folded; either way only if exactly one has it, and no place
    is given to two.
    """
    exact, loose = _only_once(list(shown)), _only_once([folded(name) for name in shown])
    places: dict[str, int] = {}
    for name, parameter in wanted.items():
        for found in (exact.get(parameter.name), loose.get(folded(parameter.name))):
            if found is not None and found not in places.values():
                places[name] = found
                break
    return places, [name for name in wanted if name not in places]


def _only_once(names: list[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names) if names.count(name) == 1}


@cache
def _vital() -> Mapping[str, HostParameter]:
    rows = tomllib.loads(VITAL.read_text(encoding="utf-8"))
    return {name: HostParameter(*row) for name, row in rows.items()}
