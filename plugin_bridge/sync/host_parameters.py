"""Give the names and ranges that a host shows for a synth's parameters.

A plugin shows its host a name and a value 0..1 for each parameter. Models of hosted plugins use
these names and values. The Vital model uses Vital's engine, which has other names
(``osc_1_level``) and values (semitones, seconds). ``vital.toml`` translates them to those of the
plugin.
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
    """Describe one parameter as a host shows it."""

    name: str  # as the host shows it
    low: float = 0.0  # native value at the host's 0
    high: float = 1.0  # native value at the host's 1

    def to_host(self, native: float) -> float:
        """Return the host's value 0..1 of a native value, clipped to the plugin's range."""
        return min(max((native - self.low) / (self.high - self.low), 0.0), 1.0)

    def to_native(self, host: float) -> float:
        """Return the native value of the host's value 0..1."""
        return self.low + host * (self.high - self.low)


def host_parameters(spec: SynthSpec) -> dict[str, HostParameter]:
    """Return the host's view of each learned parameter, by the spec's name.

    Raises:
        SpecError: Vital's table does not have one of the names.
    """
    if spec.engine != "vita":
        return {name: HostParameter(name) for name in spec.names}
    table = _vital()
    unknown = [name for name in spec.names if name not in table]
    if unknown:
        raise SpecError(f"{spec.name}: Vital has no control {', '.join(unknown)}; correct the spec")
    return {name: table[name] for name in spec.names}


def with_macros(spec: SynthSpec) -> SynthSpec:
    """Return a spec of Vital with Vital's macros after its parameters; other specs unchanged.

    A server that plays a whole Vital preset file sends these macros.
    """
    if spec.engine != "vita":
        return spec
    macros = tuple(one for one in macro_parameters() if one.name not in spec.names)
    return replace(spec, parameters=(*spec.parameters, *macros))


def plugin_names(spec: SynthSpec) -> tuple[str, ...]:
    """Return the names that the plugin may have in a host, the most likely first."""
    stems = [Path(name).stem for name in spec.plugin]
    return tuple(dict.fromkeys([*stems, spec.name.rpartition("-")[0] or spec.name]))


def folded(name: str) -> str:
    """Return a name without case, spaces and punctuation, which differ between hosts."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def find_names(
    wanted: Mapping[str, HostParameter], shown: Sequence[str]
) -> tuple[dict[str, int], list[str]]:
    """Find the wanted parameters among the names that a host shows.

    A name matches exactly, or else folded (see ``folded``). It must match exactly one shown name,
    and each shown name is used once.

    Args:
        wanted: Parameters to find, by the spec's name.
        shown: Names that the host shows, in its order.

    Returns:
        Index in ``shown`` by the spec's name, and the names that were not found.
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
    """Return the index of each name that occurs exactly once."""
    return {name: place for place, name in enumerate(names) if names.count(name) == 1}


@cache
def _vital() -> Mapping[str, HostParameter]:
    """Read Vital's table, ``vital.toml``, once."""
    rows = tomllib.loads(VITAL.read_text(encoding="utf-8"))
    return {name: HostParameter(*row) for name, row in rows.items()}
