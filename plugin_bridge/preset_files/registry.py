"""All preset formats by name: synth, files, and where each was tested.

A format of *values* holds parameters that are read without the plugin; one of *states* holds bytes
that only the plugin understands. Where we had no file that the synth itself wrote, ``verified`` is
empty, and commands and pages say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.errors import StoreError
from datasets.preset_files import (
    NamedPreset,
    bank_parameters,
    h2p_parameters,
    read_bank,
    read_h2p,
    read_vital,
)
from datasets.spec import SynthSpec
from plugin_bridge.preset_files import ableton, amsynth, diva, surge, vital, vst2, vst3
from plugin_bridge.preset_files.state import PluginState

UNVERIFIED = "unverified: we had no file that the synth itself wrote"
VITAL, AMSYNTH, DIVA, SURGE = "Vital", "amsynth", "Diva", "Surge XT"


@dataclass(frozen=True)
class ValueFormat:
    """Files of one synth that hold its parameters: native values by name."""

    name: str
    suffix: str
    synth: str
    read: Callable[[Path], list[NamedPreset]]
    write: Callable[[Sequence[NamedPreset], bytes | None], bytes]  # with what to write over
    names: frozenset[str] | None = None  # parameters that it has a place for; None: any control
    many: bool = False  # a file holds many presets
    over: bool = False  # can be written over a file of the player's
    verified: str = ""  # the foreign files it was tried on


@dataclass(frozen=True)
class StateFormat:
    """Files of any plugin of a kind that hold its whole state."""

    name: str
    suffix: str
    synth: str
    read: Callable[[Path], PluginState]
    write: Callable[[PluginState], bytes]
    verified: str = ""


PresetFormat = ValueFormat | StateFormat


def _first(presets: Sequence[NamedPreset]) -> NamedPreset:
    if len(presets) != 1:
        raise StoreError(f"{len(presets)} presets for a file of one: choose one")
    return presets[0]


def _write_vital(presets: Sequence[NamedPreset], base: bytes | None) -> bytes:
    if base is None:
        raise StoreError("a .vital file is written over another: name one")
    return vital.write_vital(_first(presets), base)


_AMSYNTH_NAMES = frozenset(p.name for p in bank_parameters())

FORMATS: tuple[PresetFormat, ...] = (
    ValueFormat(
        "vital",
        ".vital",
        VITAL,
        read_vital,
        _write_vital,
        over=True,
        verified="files that Vital's own engine (vita) saved; it loads ours",
    ),
    ValueFormat(
        "amsynth-bank",
        ".bank",
        AMSYNTH,
        read_bank,
        lambda presets, _: amsynth.write_bank(presets),
        _AMSYNTH_NAMES,
        many=True,
        verified="amsynth 1.13's 28 own banks; amsynth loads ours and saves them equal",
    ),
    ValueFormat(
        "amsynth-preset",
        ".amSynthPreset",
        AMSYNTH,
        read_bank,
        lambda presets, _: amsynth.write_single(_first(presets)),
        _AMSYNTH_NAMES,
        verified="the text in states that amsynth's VST2 saved; it takes ours",
    ),
    ValueFormat(
        "amsynth-fxp",
        ".fxp",
        AMSYNTH,
        amsynth.read_state,
        lambda presets, _: amsynth.write_state(_first(presets)),
        _AMSYNTH_NAMES,
        verified="states that amsynth's VST2 saved in DawDreamer; it loads ours",
    ),
    ValueFormat(
        "diva-h2p",
        ".h2p",
        DIVA,
        read_h2p,
        lambda presets, base: diva.write_h2p(_first(presets), base),
        frozenset(p.name for p in h2p_parameters()),
        over=True,
    ),
    ValueFormat(
        "surge-fxp",
        ".fxp",
        SURGE,
        surge.read_patch,
        lambda presets, base: surge.write_patch(_first(presets), base),
        frozenset(p.name for p in surge.surge_parameters()),
        over=True,
    ),
    StateFormat(
        "vst3-preset",
        ".vstpreset",
        "any VST3",
        vst3.read_vstpreset,
        vst3.write_vstpreset,
        "states of Nekobi and Kars that pedalboard saved; ours are equal to the byte",
    ),
    StateFormat(
        "vst2-fxp",
        ".fxp",
        "any VST2",
        vst2.read_fxp,
        vst2.write_fxp,
        "states of amsynth and ZynAddSubFX that DawDreamer saved; they load ours",
    ),
    StateFormat(
        "live-rack", ".adg", "any VST3 (experimental)", ableton.read_adg, ableton.write_adg
    ),
)


def synth_of(spec: SynthSpec) -> str:
    """The synth whose own formats a spec's presets take; the plugin's name where it has none."""
    if spec.engine == "vita":
        return VITAL
    stems = [Path(name).name.lower() for name in spec.plugin]
    for start, synth in (("amsynth", AMSYNTH), ("diva", DIVA), ("surge", SURGE)):
        if any(stem.startswith(start) for stem in stems):
            return synth
    return spec.plugin[0] if spec.plugin else spec.name


def format_of(path: Path, synth: str, name: str = "") -> PresetFormat:
    """The format of a file by its ending: the synth's own, else one of any plugin.

    With ``name`` that format. StoreError lists what there is.
    """
    fitting = [f for f in FORMATS if f.synth == synth or isinstance(f, StateFormat)]
    suffix = path.suffix.lower()
    found = [f for f in fitting if (f.name == name if name else f.suffix.lower() == suffix)]
    if not found:
        known = ", ".join(f"{f.name} ({f.suffix})" for f in fitting)
        raise StoreError(f"{name or path.name} is no preset format for {synth}: use {known}")
    return found[0]


def standing(preset_format: PresetFormat) -> str:
    """What a format was tried on, or that it is unverified."""
    return preset_format.verified or UNVERIFIED
