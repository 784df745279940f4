"""Find plugin files, identify them, and address their parameters."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from datasets.errors import RenderError, SpecError

SUFFIXES = (".vst3", ".so", ".dll", ".vst", ".component", ".dsp")
BUNDLES = (".vst3", ".vst", ".component")  # folders that are one plugin
# A VST3 of a MIDI synth shows 16 x 130 MIDI controllers as parameters. None of them is a knob.
MIDI_PARAMETER = re.compile(r"^MIDI (CC |Ch\. ?\d+ )", re.IGNORECASE)


def standard_folders() -> list[Path]:
    """Return the folders to search for plugins.

    The folders in ``PATCHWRIGHT_PLUGINS`` come first, then the platform's folders.
    """
    home = Path.home()
    own = [Path(p) for p in os.environ.get("PATCHWRIGHT_PLUGINS", "").split(os.pathsep) if p]
    if sys.platform == "darwin":
        bases = [home / "Library/Audio/Plug-Ins", Path("/Library/Audio/Plug-Ins")]
        return own + [base / kind for base in bases for kind in ("VST3", "Components", "VST")]
    if sys.platform == "win32":
        files = Path(os.environ.get("PROGRAMFILES", r"C:\Program Files"))
        return [*own, files / "Common Files/VST3", files / "VSTPlugins", files / "Steinberg"]
    roots = [home, Path("/usr/local/lib"), Path("/usr/lib")]
    names = [".{}", "{}", "{}"]
    return own + [
        root / name.format(kind)
        for kind in ("vst3", "vst", "lxvst")
        for root, name in zip(roots, names, strict=True)
    ]


def find_plugin(names: Sequence[str]) -> Path:
    """Return the first plugin of ``names`` (paths or file stems) that exists.

    A stem is searched in every standard folder and in the folders below them. For a file inside a
    bundle the bundle is returned: the code alone is not a plugin of its kind.

    Raises:
        RenderError: No plugin is found; the message lists the folders that were searched.
    """
    for name in names:
        path = Path(name).expanduser()
        if path.exists():
            path = _bundle_of(path.absolute()) or path
        if path.suffix in SUFFIXES and path.exists():
            return path.resolve()
        for folder in standard_folders():
            found = _search(folder, name)
            if found is not None:
                return found
    folders = ", ".join(str(folder) for folder in standard_folders())
    raise RenderError(
        f"{' or '.join(names) or '(no name given)'}: no plugin found in {folders}. Install it, "
        "or add its folder to PATCHWRIGHT_PLUGINS"
    )


def _bundle_of(path: Path) -> Path | None:
    """Return the plugin bundle that a file or folder is in, or None."""
    for bundle in path.parents:
        inside = path.relative_to(bundle).parts
        if bundle.suffix.lower() in BUNDLES and inside[0] == "Contents":
            return bundle
    return None


def _search(folder: Path, stem: str) -> Path | None:
    wanted = {f"{stem}{suffix}" for suffix in SUFFIXES}
    for parent, folders, files in os.walk(folder):
        hits = sorted(wanted.intersection(folders + files))
        if hits:
            return Path(parent, hits[0]).resolve()
        # A bundle is a plugin, not a folder of plugins.
        folders[:] = sorted(name for name in folders if Path(name).suffix not in SUFFIXES)
    return None


@cache
def file_hash(path: Path) -> str:
    """Return the SHA-256 of a plugin file, or of all files of its bundle in name order."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        digest.update(file.relative_to(path.parent).as_posix().encode() + b"\0")
        digest.update(file.read_bytes())
    return digest.hexdigest()


def numbered(names: Sequence[str]) -> dict[str, int]:
    """Return the position of each parameter by name.

    Names that occur more than once become ``Name``, ``Name#2``, ``Name#3``. MIDI controllers and
    parameters without a name are left out.
    """
    positions: dict[str, int] = {}
    for position, name in enumerate(names):
        if not name.strip() or MIDI_PARAMETER.match(name):
            continue
        unique, count = name, 1
        while unique in positions:
            count += 1
            unique = f"{name}#{count}"
        positions[unique] = position
    return positions


def position_of(name: str, positions: Mapping[str, int], plugin: Path) -> int:
    """Return the position of the parameter ``name`` in its plugin.

    Args:
        name: Name of the parameter, as ``numbered`` gives it.
        positions: Position of each parameter by name.
        plugin: The plugin's file, for the error message.

    Returns:
        The position of the parameter.

    Raises:
        SpecError: The plugin has no such parameter; the message suggests a similar name.
    """
    if name in positions:
        return positions[name]
    near = [known for known in positions if known.lower() == name.lower()]
    hint = f"Did you mean {near[0]!r}?" if near else f"patchwright scan {plugin.name} lists them."
    raise SpecError(f"parameter {name!r}: {plugin.name} has none of that name. {hint}")


def with_unit(text: str, label: str) -> str:
    """Return a display text with the plugin's unit label added, if it does not end in it."""
    text, label = text.strip(), label.strip()
    return text if not label or text.endswith(label) else f"{text} {label}"
