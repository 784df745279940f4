"""A preset file in the synth's own folder: for a synth that nothing else reaches.

The file is replaced whole with every change that is delivered. The player loads it again in the
synth: most of them do not look at a file that they have loaded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from datasets.errors import StoreError
from datasets.replacing import replace_file
from plugin_bridge.targets import Capabilities, Change, TargetError

Writer = Callable[[Mapping[str, float]], bytes]  # native values by name -> the file
PACE_HZ = 1.0  # a file is for a knob that rests; nobody loads it faster

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

    def __init__(self, path: Path, writer: Writer, start: Mapping[str, float]) -> None:
        self.path, self.writer = path, writer
        self._values = dict(start)
        self._closed = False
        advice = f"load {path.name} again in the synth after a change"
        self.capabilities = Capabilities(False, False, PACE_HZ, advice=advice)

    def __str__(self) -> str:
        return str(self.path)

    def apply(self, changes: Sequence[Change]) -> None:
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


def open_preset(
    writer: Writer, start: Mapping[str, float], file: Path, overwrite: bool = False
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
    target = PresetTarget(file, writer, start)
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
