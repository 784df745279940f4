"""List all preset formats: name, synth, files, and how each was tested.

A format of *values* holds parameters that can be read without the plugin. A format of *states*
holds bytes that only the plugin understands. If we had no file that the synth itself wrote, the
format's ``verified`` is empty, and commands and pages say "unverified".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.errors import StoreError
from datasets.foreign_files import file_content
from datasets.preset_files import (
    NamedPreset,
    bank_parameters,
    h2p_parameters,
    read_bank,
    read_h2p,
    read_vital,
    read_vitalbank,
    vitalbank_presets,
)
from datasets.spec import SynthSpec
from plugin_bridge.preset_files import ableton, amsynth, diva, surge, vital, vst2, vst3
from plugin_bridge.preset_files.state import PluginState

UNVERIFIED = "unverified: we had no file that the synth itself wrote"
VITAL, AMSYNTH, DIVA, SURGE = "Vital", "amsynth", "Diva", "Surge XT"


@dataclass(frozen=True)
class ValueFormat:
    """Describe a format of one synth that holds native values of its parameters by name."""

    name: str
    suffix: str
    synth: str
    read: Callable[[Path], list[NamedPreset]]
    write: Callable[[Sequence[NamedPreset], bytes | None], bytes]  # presets and the user's file
    names: frozenset[str] | None = None  # Parameters that the format can hold; None: any control.
    many: bool = False  # True: a file holds many presets.
    writable: bool = True
    verified: str = ""  # Foreign files that it was tested with.
    inspect: Callable[[Path], object] | None = None  # Checks a file that is copied; None: ``read``.
    base: Callable[[Path, NamedPreset], bytes] = lambda path, _: file_content(path)

    def check(self, path: Path) -> None:
        """Check that a file has this format; raise StoreError if it is damaged or foreign."""
        (self.inspect or self.read)(path)


@dataclass(frozen=True)
class StateFormat:
    """Describe a format that holds the whole state of any plugin of a kind."""

    name: str
    suffix: str
    synth: str
    read: Callable[[Path], PluginState]
    write: Callable[[PluginState], bytes]
    verified: str = ""
    writable: bool = True

    def check(self, path: Path) -> None:
        """Check that a file has this format; raise StoreError if it is damaged or foreign."""
        self.read(path)


PresetFormat = ValueFormat | StateFormat


def _first(presets: Sequence[NamedPreset]) -> NamedPreset:
    """Return the only preset; raise StoreError if there is not exactly one."""
    if len(presets) != 1:
        raise StoreError(f"{len(presets)} presets: this file holds exactly one; choose one")
    return presets[0]


def _write_vital(presets: Sequence[NamedPreset], base: bytes | None) -> bytes:
    """Write a Vital preset over a base file; raise StoreError without one."""
    if base is None:
        raise StoreError("a .vital file needs another .vital file to write over: give one")
    return vital.write_vital(_first(presets), base)


def _write_vitalbank(presets: Sequence[NamedPreset], base: bytes | None) -> bytes:
    """Refuse to write: raise StoreError, because a bank also has the wavetables of its presets."""
    raise StoreError("a .vitalbank can only be read: write one .vital file, chosen with --preset")


def _file_in_vitalbank(path: Path, preset: NamedPreset) -> bytes:
    """Return the ``.vital`` file of a preset in a bank; raise StoreError if it is not in it."""
    for found, content in vitalbank_presets(path):
        if found == preset:
            return content
    raise StoreError(f"{path.name}: no preset {preset[0]!r} with these values")


_AMSYNTH_NAMES = frozenset(p.name for p in bank_parameters())

FORMATS: tuple[PresetFormat, ...] = (
    ValueFormat(
        "vital",
        ".vital",
        VITAL,
        read_vital,
        _write_vital,
        verified="files that Vital's own engine (vita) saved; it loads ours",
    ),
    ValueFormat(
        "vital-bank",
        ".vitalbank",
        VITAL,
        read_vitalbank,
        _write_vitalbank,
        many=True,
        writable=False,
        base=_file_in_vitalbank,
    ),
    ValueFormat(
        "amsynth-bank",
        ".bank",
        AMSYNTH,
        read_bank,
        amsynth.write_bank,
        _AMSYNTH_NAMES,
        many=True,
        verified="the 28 banks of amsynth 1.13; amsynth loads ours and saves them unchanged",
    ),
    ValueFormat(
        "amsynth-preset",
        ".amSynthPreset",
        AMSYNTH,
        read_bank,
        lambda presets, base: amsynth.write_single(_first(presets), base),
        _AMSYNTH_NAMES,
        verified="the text in states that amsynth's VST2 saved; it loads ours",
    ),
    ValueFormat(
        "amsynth-fxp",
        ".fxp",
        AMSYNTH,
        amsynth.read_state,
        lambda presets, base: amsynth.write_state(_first(presets), base),
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
    ),
    ValueFormat(
        "surge-fxp",
        ".fxp",
        SURGE,
        surge.read_patch,
        lambda presets, base: surge.write_patch(_first(presets), base),
        frozenset(p.name for p in surge.surge_parameters()),
        inspect=surge.check_patch,
    ),
    StateFormat(
        "vst3-preset",
        ".vstpreset",
        "any VST3",
        vst3.read_vstpreset,
        vst3.write_vstpreset,
        "states of Nekobi and Kars that pedalboard saved; ours are identical",
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
    """Return the synth whose formats a spec's presets use; the plugin's name if it has none."""
    if spec.engine == "vita":
        return VITAL
    stems = [Path(name).name.lower() for name in spec.plugin]
    for start, synth in (("amsynth", AMSYNTH), ("diva", DIVA), ("surge", SURGE)):
        if any(stem.startswith(start) for stem in stems):
            return synth
    return spec.plugin[0] if spec.plugin else spec.name


def format_of(path: Path, synth: str, name: str = "") -> PresetFormat:
    """Return the format of a file by its suffix: first the synth's own, then any plugin's.

    Args:
        path: File to read or write.
        synth: Name of the synth.
        name: Name of the format; if given, the suffix does not matter.

    Returns:
        The format.

    Raises:
        StoreError: No format fits; the message lists the known formats.
    """
    fitting = [f for f in FORMATS if f.synth == synth or isinstance(f, StateFormat)]
    suffix = path.suffix.lower()
    found = [f for f in fitting if (f.name == name if name else f.suffix.lower() == suffix)]
    if not found:
        known = ", ".join(f"{f.name} ({f.suffix})" for f in fitting)
        raise StoreError(f"{name or path.name} is not a preset format for {synth}: use {known}")
    return found[0]


def standing(preset_format: PresetFormat) -> str:
    """Return what a format was tested with, or that it is unverified."""
    return preset_format.verified or UNVERIFIED
