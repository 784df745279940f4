"""Write every change into a preset file, for a synth that has no remote control.

The file is replaced whole with every change that is delivered. The player loads it again in the
synth: most of them do not look at a file that they have loaded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.atomic_write import replace_file
from datasets.errors import StoreError
from datasets.preset_files import file_content
from datasets.spec import SynthSpec
from plugin_bridge.preset_files.registry import (
    FORMATS,
    VITAL,
    ValueFormat,
    format_of,
    standing,
    synth_of,
)
from plugin_bridge.sync.target import Capabilities, ParameterChange, TargetError

Writer = Callable[[Mapping[str, float]], bytes]  # native values by name -> the file
PACE_HZ = 1.0  # a file is for a knob that rests; nobody loads it faster
NAME = "patchwright"  # of the preset, and of its file unless another is given

# Where each synth looks for presets of the player's own, ``~`` being the player's home. Vital, by
# its source; amsynth, by its package; Surge XT and Diva as their users and CLAP's examples name it
# (Diva asks for "Rescan Folders"). A player who has moved a folder gives it.
USER_FOLDERS: Mapping[str, Mapping[str, str]] = {
    "vital": {
        "linux": "~/.local/share/vital/User/Presets",
        "darwin": "~/Music/Vital/User/Presets",
        "win32": "~/Documents/Vital/User/Presets",
    },
    "surge-xt": {
        "linux": "~/Documents/Surge XT/Patches",
        "darwin": "~/Documents/Surge XT/Patches",
        "win32": "~/Documents/Surge XT/Patches",
    },
    "diva": {
        "linux": "~/.u-he/Diva/Presets/Diva",
        "darwin": "~/Library/Audio/Presets/u-he/Diva",
        "win32": "~/Documents/u-he/Diva.data/Presets/Diva",
    },
    "amsynth": {"linux": "~/.local/share/amsynth/banks"},
}


class PresetTarget:
    """One file that follows a model's parameters; a parameter unheard of keeps its first value."""

    def __init__(
        self, path: Path, writer: Writer, start: Mapping[str, float], warning: str = ""
    ) -> None:
        """``warning`` is said with the advice to load the file."""
        self.path, self.writer = path, writer
        self._values = dict(start)
        self._closed = False
        advice = f"load {path.name} again in the synth after a change"
        self.capabilities = Capabilities(False, False, PACE_HZ, advice=advice + warning)

    def __str__(self) -> str:
        return str(self.path)

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Write the file with these values; the old one stays when that fails (TargetError)."""
        if self._closed:
            raise TargetError(f"{self.path} is closed: open it again")
        values = self._values | {change.name: change.native for change in changes}
        content = self.writer(values)
        try:
            replace_file(self.path, content)
        except StoreError as error:
            raise TargetError(str(error)) from error
        self._values = values

    def read(self) -> Mapping[str, float]:
        """Nothing: the synth has its own copy, which a file cannot tell."""
        return {}

    def moved(self) -> Mapping[str, float]:
        """Nothing, for the same reason."""
        return {}

    def close(self) -> None:
        """Leave the file where it is."""
        self._closed = True


@dataclass(frozen=True)
class FollowedPresetFile:
    """The file that a model's parameters are kept in: which, and how it is written."""

    path: Path
    writer: Writer
    start: Mapping[str, float]  # native values of all that is written
    warning: str  # empty for a format that was tried on files of others

    def open(self) -> PresetTarget:
        """The target; a file that is there is replaced."""
        return open_preset(self.writer, self.start, self.path, True, self.warning)


def preset_file(
    spec: SynthSpec, path: Path | None = None, over: Path | None = None, replace: bool = False
) -> FollowedPresetFile:
    """The file of a spec's synth; without ``path`` one of ours in the synth's own folder.

    ``over`` is a file of the player's that gives all else. TargetError when the synth has no
    format of values, or the player's own file is there and may not be replaced.
    """
    synth = synth_of(spec)
    kept = path or Path(f"{NAME}{_first_format(spec, synth).suffix}")
    preset_format = format_of(kept, synth)
    if not isinstance(preset_format, ValueFormat):
        raise TargetError(f"a {preset_format.suffix} holds no values: use `patchwright preset`")
    if path is None:
        kept = user_folder(synth.lower().replace(" ", "-")) / kept
    elif kept.expanduser().exists() and not replace:
        raise TargetError(f"{kept} is there already: give another name, or --replace")
    base = file_content(over) if over else _template(spec, synth)

    def written(values: Mapping[str, float]) -> bytes:
        return preset_format.write([(NAME, dict(values))], base)

    warning = (
        "" if preset_format.verified else f" ({preset_format.name}: {standing(preset_format)})"
    )
    return FollowedPresetFile(kept, written, _start(spec, preset_format), warning)


def _first_format(spec: SynthSpec, synth: str) -> ValueFormat:
    for one in FORMATS:
        if isinstance(one, ValueFormat) and one.synth == synth:
            return one
    raise TargetError(f"{spec.name}: no format holds the values of {synth}: use `patchwright host`")


def _template(spec: SynthSpec, synth: str) -> bytes | None:
    """Vital's patch that the spec was learned on; the other formats need none."""
    if synth != VITAL:
        return None
    from renderer.engines.vita import VitaEngine

    return VitaEngine(spec).preset(NAME)


def _start(spec: SynthSpec, preset_format: ValueFormat) -> dict[str, float]:
    """What the template fixes, and every parameter where it rests."""
    rests = spec.from_native({one.name: one.rest for one in spec.parameters})
    start = {**spec.template.get("controls", {}), **spec.to_native(rests)}
    places = preset_format.names
    return {name: value for name, value in start.items() if places is None or name in places}


def open_preset(
    writer: Writer,
    start: Mapping[str, float],
    file: Path,
    overwrite: bool = False,
    warning: str = "",
) -> PresetTarget:
    """A preset file, written at once with ``start`` so that it can be loaded.

    Its folder is made when it is missing. TargetError when a file is already there that may not be
    overwritten: it may be the player's own.
    """
    file = file.expanduser()
    if file.exists() and not overwrite:
        raise TargetError(f"{file} is there already: give another name, or allow to replace it")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TargetError(f"cannot make {file.parent}: {error.strerror}") from error
    target = PresetTarget(file, writer, start, warning)
    target.apply([])
    return target


def user_folder(
    synth: str, platform: str = sys.platform, environment: Mapping[str, str] = os.environ
) -> Path:
    """Where a synth looks for the player's presets; TargetError where that is not known."""
    folder = USER_FOLDERS.get(synth, {}).get(platform)
    if folder is None:
        known = ", ".join(sorted(one for one, where in USER_FOLDERS.items() if platform in where))
        raise TargetError(
            f"the preset folder of {synth!r} on {platform} is not known (known: {known}): give it"
        )
    if platform == "linux" and (data := environment.get("XDG_DATA_HOME")):
        folder = folder.replace("~/.local/share", data)
    return Path(folder).expanduser()
