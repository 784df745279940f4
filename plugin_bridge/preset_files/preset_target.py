"""Write each change into a preset file, for a synth without remote control.

Each delivered change replaces the whole file. The player then loads it again in the synth, because
most synths do not check a loaded file for changes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.atomic_write import replace_file
from datasets.errors import StoreError
from datasets.foreign_files import file_content
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

Writer = Callable[[Mapping[str, float]], bytes]  # native values by name -> file content
PACE_HZ = 1.0  # a person does not load a file more often
NAME = "patchwright"  # name of the preset, and by default of its file

# Folder of the user's presets for each synth. Vital's comes from its source, amsynth's from its
# package. Surge XT's and Diva's come from their users and from CLAP's examples (Diva needs "Rescan
# Folders"). A user who has moved the folder must give the file's path.
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
    """Write a model's parameters to one file; unchanged parameters keep their first values."""

    def __init__(
        self, path: Path, writer: Writer, start: Mapping[str, float], warning: str = ""
    ) -> None:
        """Set up the target; it writes nothing now.

        Args:
            path: File to write.
            writer: Makes the file's content from native values by name.
            start: Native values by name until they change.
            warning: Text to add to the advice to load the file.
        """
        self.path, self.writer = path, writer
        self._values = dict(start)
        self._closed = False
        advice = f"load {path.name} again in the synth after a change"
        self.capabilities = Capabilities(False, False, PACE_HZ, advice=advice + warning)

    def __str__(self) -> str:
        return str(self.path)

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Write the file with these values.

        Raises:
            TargetError: The target is closed, or the file cannot be written; the old file then
                stays.
        """
        if self._closed:
            raise TargetError(f"{self.path}: the target is closed; open it again")
        values = self._values | {change.name: change.native for change in changes}
        content = self.writer(values)
        try:
            replace_file(self.path, content)
        except StoreError as error:
            raise TargetError(str(error)) from error
        self._values = values

    def read(self) -> Mapping[str, float]:
        """Return nothing: a file does not show the values in the synth."""
        return {}

    def moved(self) -> Mapping[str, float]:
        """Return nothing: a file does not show what the user turns in the synth."""
        return {}

    def close(self) -> None:
        """Stop writing, and leave the file."""
        self._closed = True


@dataclass(frozen=True)
class FollowedPresetFile:
    """Describe the file that follows a model's parameters, and how it is written."""

    path: Path
    writer: Writer
    start: Mapping[str, float]  # native values of all written parameters
    warning: str  # empty for a format that was tested with foreign files

    def open(self) -> PresetTarget:
        """Return the target; it replaces an existing file."""
        return open_preset(self.writer, self.start, self.path, True, self.warning)


def preset_file(
    spec: SynthSpec, path: Path | None = None, over: Path | None = None, replace: bool = False
) -> FollowedPresetFile:
    """Choose the file for a spec's synth, and how it is written.

    Args:
        spec: Spec of the model.
        path: File to write; by default ``patchwright.*`` in the synth's own folder.
        over: The user's preset file; it supplies all values that are not learned.
        replace: True if ``path`` may exist.

    Returns:
        The file; ``open`` writes it.

    Raises:
        TargetError: The synth has no format that holds values, or ``path`` exists.
    """
    synth = synth_of(spec)
    kept = path or Path(f"{NAME}{_first_format(spec, synth).suffix}")
    preset_format = format_of(kept, synth)
    if not isinstance(preset_format, ValueFormat):
        raise TargetError(f"a {preset_format.suffix} holds no values: use `patchwright preset`")
    if path is None:
        kept = user_folder(synth.lower().replace(" ", "-")) / kept
    elif kept.expanduser().exists() and not replace:
        raise TargetError(f"{kept} already exists: give another name, or --replace")
    base = file_content(over) if over else _template(spec, synth)

    def written(values: Mapping[str, float]) -> bytes:
        return preset_format.write([(NAME, dict(values))], base)

    warning = (
        "" if preset_format.verified else f" ({preset_format.name}: {standing(preset_format)})"
    )
    return FollowedPresetFile(kept, written, _start(spec, preset_format), warning)


def _first_format(spec: SynthSpec, synth: str) -> ValueFormat:
    """Return the synth's first format that holds values; raise TargetError if none does."""
    for one in FORMATS:
        if isinstance(one, ValueFormat) and one.synth == synth:
            return one
    raise TargetError(f"{spec.name}: no format holds the values of {synth}; use `patchwright host`")


def _template(spec: SynthSpec, synth: str) -> bytes | None:
    """Return the Vital patch that the spec was learned on; None for other formats."""
    if synth != VITAL:
        return None
    from renderer.engines.vita import VitaEngine

    return VitaEngine(spec).preset(NAME)


def _start(spec: SynthSpec, preset_format: ValueFormat) -> dict[str, float]:
    """Return the template's fixed values, and each parameter's default value."""
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
    """Open a preset file, and write it at once so that the user can load it.

    A missing folder is created.

    Args:
        writer: Makes the file's content from native values by name.
        start: Native values by name.
        file: File to write.
        overwrite: True if the file may exist.
        warning: Text to add to the advice to load the file.

    Returns:
        The target.

    Raises:
        TargetError: The file exists and may not be replaced, or it cannot be written.
    """
    file = file.expanduser()
    if file.exists() and not overwrite:
        raise TargetError(f"{file} already exists: give another name, or allow replacing it")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TargetError(
            f"{file.parent}: cannot create this folder ({error.strerror}); give another path"
        ) from error
    target = PresetTarget(file, writer, start, warning)
    target.apply([])
    return target


def user_folder(
    synth: str, platform: str = sys.platform, environment: Mapping[str, str] = os.environ
) -> Path:
    """Return the folder in which a synth looks for the user's presets.

    Args:
        synth: Key of ``USER_FOLDERS``.
        platform: ``sys.platform`` of the system.
        environment: Environment variables.

    Returns:
        The folder.

    Raises:
        TargetError: The folder is not known for this synth and platform.
    """
    folder = USER_FOLDERS.get(synth, {}).get(platform)
    if folder is None:
        known = ", ".join(sorted(one for one, where in USER_FOLDERS.items() if platform in where))
        raise TargetError(
            f"the preset folder of {synth!r} on {platform} is not known (known: {known}); give the "
            "path of the file"
        )
    if platform == "linux" and (data := environment.get("XDG_DATA_HOME")):
        folder = folder.replace("~/.local/share", data)
    return Path(folder).expanduser()
