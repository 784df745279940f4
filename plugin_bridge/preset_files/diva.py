"""Write u-he Diva's ``.h2p``: ``Key=Value`` lines below each module's name, then a binary tail.

Unverified: written from public descriptions of the format (``preset_tables/diva-h2p.toml``),
because we had no Diva. It is safer to write over a preset that Diva saved, because then only the
values change.
"""

from __future__ import annotations

from datasets.errors import StoreError
from datasets.preset_files import H2P_TAILS, NamedPreset, h2p_parameters
from plugin_bridge.preset_files.state import plain_name

ENCODING = "latin-1"  # keeps the binary tail of a base file unchanged


def write_h2p(preset: NamedPreset, base: bytes | None = None) -> bytes:
    """Return a preset's normalised values (0..1, by VST2 name) as a ``.h2p`` file.

    With a base file, everything else in that file is kept. Without one, the file has only these
    keys, and Diva must use its own defaults for all others.

    Args:
        preset: Name and values.
        base: Content of a ``.h2p`` file that Diva saved.

    Returns:
        Content of the new file.

    Raises:
        StoreError: A parameter has no known key, or the base is not a preset of Diva.
    """
    values = _file_values(preset)
    if base is None:
        return _bare(preset[0], values).encode(ENCODING, "replace")
    text = base.decode(ENCODING)
    if "#AM=Diva" not in text:
        raise StoreError("the base file has no line '#AM=Diva': use a preset that Diva saved")
    return _replaced(text, values).encode(ENCODING)


def _file_values(preset: NamedPreset) -> dict[str, str]:
    """Return text by MODULE.Key; raise StoreError for a parameter without a known key."""
    table = {p.name: p for p in h2p_parameters()}
    name, native = preset
    unknown = sorted(native.keys() - table.keys())
    if unknown:
        raise StoreError(f"preset {name!r}: no .h2p key is known for {unknown[0]!r}; leave it out")
    values = {}
    for parameter, value in native.items():
        row = table[parameter]
        inside = min(max(value, 0.0), 1.0)
        number = row.file_low + inside * (row.file_high - row.file_low)
        values[row.file_key] = f"{number:.9g}"
    return values


def _bare(name: str, values: dict[str, str]) -> str:
    """Return the text of a file that has only these values."""
    lines = ["/*@Meta", "", "Description:", f"'{plain_name(name).replace(chr(39), '')}'", "", "*/"]
    lines += ["#AM=Diva", "#Vers=10001"]
    modules: dict[str, list[str]] = {}
    for key, value in values.items():
        module, _, short = key.partition(".")
        modules.setdefault(module, []).append(f"{short}={value}")
    for module, keys in modules.items():
        lines += [f"#cm={module}", *keys]
    return "\n".join([*lines, H2P_TAILS[0], ""])


def _replaced(text: str, values: dict[str, str]) -> str:
    """Return a text with new values; raise StoreError if it does not have a key."""
    lines = text.split("\n")
    module, left = "", dict(values)
    for i, line in enumerate(lines):
        if line.startswith(H2P_TAILS):
            break
        if line.startswith("#cm="):
            module = line[4:].strip()
        key = f"{module}.{line.partition('=')[0].strip()}"
        if key in left and not line.startswith("#"):
            end = "\r" if line.endswith("\r") else ""
            lines[i] = f"{line.partition('=')[0]}={left.pop(key)}{end}"
    if left:
        raise StoreError(f"the base file has no key {next(iter(left))!r}: save it again with Diva")
    return "\n".join(lines)
