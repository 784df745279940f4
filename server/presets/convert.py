"""Convert a preset file into another format of the same synth.

Converting parameters to parameters, or a state to a state, needs no plugin. Converting between
parameters and a state runs the plugin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from datasets.atomic_write import replace_file
from datasets.errors import StoreError
from datasets.foreign_files import file_content
from datasets.preset_files import NamedPreset
from datasets.spec import SynthSpec, available_specs, load_spec
from plugin_bridge.preset_files.registry import (
    FORMATS,
    VITAL,
    PresetFormat,
    StateFormat,
    ValueFormat,
    format_of,
    standing,
    synth_of,
)
from plugin_bridge.preset_files.state import PluginState
from plugin_bridge.preset_files.vst2 import parse_fxp, write_fxp
from plugin_bridge.preset_files.vst3 import parse_vstpreset, write_vstpreset
from renderer.engines.base import Engine
from renderer.plugins.fxp import ended
from renderer.workers.pool import RenderPool
from renderer.workers.state_reader import StateReader

SHOWN = 5  # presets of a bank that an error names


@dataclass(frozen=True)
class Conversion:
    """Describe a conversion: the file to read and the file to write."""

    source: Path
    out: Path
    model: str  # A shipped model or spec, a model's folder, or a spec's .toml.
    preset: str = ""  # Preset of a bank: a number from 1, or a name.
    over: Path | None = None  # Base file of the written format; supplies all other values.
    reads: str = ""  # Name of the source's format, if its suffix does not identify it.
    writes: str = ""  # Name of the written format, if the suffix does not identify it.


@dataclass(frozen=True)
class _Save:
    """Ask a synth to save a preset file with these values."""

    name: str
    native: Mapping[str, float]

    def __call__(self, engine: Engine) -> bytes:
        known = engine.read()
        engine.set({key: value for key, value in self.native.items() if key in known})
        return engine.preset(self.name)


def convert(conversion: Conversion) -> str:
    """Write the converted file and return a line that describes it.

    After an error nothing is written.

    Raises:
        StoreError: A file cannot be read or written, or a preset does not fit the format.
        SpecError: The model or spec is unknown.
        CheckpointError: The model cannot be loaded.
        RenderError: The conversion needs the plugin, and the plugin is missing or fails.
    """
    spec = spec_of(conversion.model)
    synth = synth_of(spec)
    reader = format_of(conversion.source, synth, conversion.reads)
    writer = format_of(conversion.out, synth, conversion.writes)
    left_out = ""
    if not writer.writable:
        raise StoreError(f"{conversion.out.name}: {writer.name} files can only be read")
    if reader is writer and conversion.over is None and not conversion.preset:
        content = _copied(conversion.source, reader)
    elif isinstance(writer, StateFormat):
        content = writer.write(_state(conversion, reader, spec))
    else:
        presets = _chosen(_presets(conversion.source, reader, spec), conversion, writer.many)
        kept = [fitting(preset, writer) for preset in presets]
        left_out = what_is_left_out(presets[0], kept[0])
        over = _over(conversion, presets[0], reader, writer, spec)
        content = _written(kept, over, writer, conversion)
    replace_file(conversion.out, content)
    unverified = "" if writer.verified else f" ({standing(writer)})"
    return f"wrote {conversion.out}: {writer.name}{left_out}{unverified}"


def _copied(source: Path, reader: PresetFormat) -> bytes:
    """Return the bytes of a file after a check; only amsynth's missing zero byte is added.

    Raises:
        StoreError: The file is not of its format.
    """
    reader.check(source)
    return ended(file_content(source))


def formats_table() -> str:
    """Return a table of all formats: their synth, what they support and how they were verified."""
    rows = [("format", "file", "synth", "read", "write", "verified by")]
    rows += [(f.name, f.suffix, f.synth, "yes", _yes(f.writable), standing(f)) for f in FORMATS]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _yes(fact: bool) -> str:
    """Return a cell of the table."""
    return "yes" if fact else "no"


def spec_of(model: str) -> SynthSpec:
    """Return the spec of a shipped model or spec, of a model's folder, or of a ``.toml`` file."""
    if model in available_specs() or model.endswith(".toml"):
        return load_spec(model)
    from models.checkpoint import load_any

    return load_any(model).spec


def _presets(source: Path, reader: PresetFormat, spec: SynthSpec) -> list[NamedPreset]:
    """Return the presets of a file; a state is first loaded into the plugin."""
    if isinstance(reader, ValueFormat):
        return reader.read(source)
    state = reader.read(source)
    asked = StateReader(spec)
    try:
        with TemporaryDirectory() as folder:
            path = Path(folder, source.name)
            path.write_bytes((write_fxp if state.kind == "vst2" else write_vstpreset)(state))
            return [(state.name or source.stem, dict(asked(path)))]
    finally:
        asked.close()


def _state(conversion: Conversion, reader: PresetFormat, spec: SynthSpec) -> PluginState:
    """Return the state in the source, or the plugin's state with the values of the source."""
    if conversion.over is not None:
        raise StoreError(
            f"--over {conversion.over.name}: a plugin state needs no base file. Leave --over out"
        )
    if isinstance(reader, StateFormat):
        return reader.read(conversion.source)
    (preset,) = _chosen(reader.read(conversion.source), conversion, many=False)
    content = _saved(spec, preset)
    parse = parse_vstpreset if content[:4] == b"VST3" else parse_fxp
    state = parse(content, spec.name)
    return PluginState(preset[0], state.kind, state.plugin, state.component, state.controller)


def _saved(spec: SynthSpec, preset: NamedPreset) -> bytes:
    """Return the file that the synth saves for a preset; the spec's template fills other values."""
    with RenderPool(spec, 1, "process") as pool:
        return pool.ask(_Save(*preset))


def _chosen(
    presets: Sequence[NamedPreset], conversion: Conversion, many: bool
) -> Sequence[NamedPreset]:
    """Return the presets to write: all for a bank; else the chosen one, or the only one."""
    wanted = conversion.preset
    if not presets:
        raise StoreError(f"{conversion.source.name}: no preset in this file")
    if wanted.isdecimal() and 1 <= int(wanted) <= len(presets):
        return [presets[int(wanted) - 1]]
    if wanted:
        found = [preset for preset in presets if preset[0] == wanted]
        if found:
            return found[:1]
    elif many or len(presets) == 1:
        return presets
    names = ", ".join(repr(name) for name, _ in presets[:SHOWN])
    more = f" and {len(presets) - SHOWN} more" if len(presets) > SHOWN else ""
    fault = (
        f"no preset {wanted!r}"
        if wanted
        else f"{len(presets)} presets, but the written format holds one"
    )
    raise StoreError(
        f"{conversion.source.name}: {fault}. Choose with --preset, by number or name: {names}{more}"
    )


def fitting(preset: NamedPreset, writer: ValueFormat) -> NamedPreset:
    """Return a preset without the parameters that a format cannot hold.

    Raises:
        StoreError: The format holds none of the parameters.
    """
    name, native = preset
    if writer.names is None:
        return preset
    kept = {key: value for key, value in native.items() if key in writer.names}
    if not kept:
        raise StoreError(
            f"{name!r}: none of its parameters fits {writer.name}. Choose another with --to"
        )
    return name, kept


def what_is_left_out(whole: NamedPreset, kept: NamedPreset) -> str:
    """Return the words of the result for parameters that the format cannot hold, or ""."""
    lost = len(whole[1]) - len(kept[1])
    if not lost:
        return ""
    return f", without {lost} of {len(whole[1])} parameters that this format cannot hold"


def _written(
    presets: Sequence[NamedPreset], over: bytes | None, writer: ValueFormat, conversion: Conversion
) -> bytes:
    """Return the bytes of the file; an error names the base file."""
    try:
        return writer.write(presets, over)
    except StoreError as error:
        base = conversion.over or (conversion.source if over is not None else None)
        raise StoreError(f"{base.name}: {error}" if base else str(error)) from error


def _over(
    conversion: Conversion,
    preset: NamedPreset,
    reader: PresetFormat,
    writer: ValueFormat,
    spec: SynthSpec,
) -> bytes | None:
    """Return the base file: the one given by ``--over``, the source, or Vital's template."""
    if conversion.over is not None:
        return file_content(conversion.over)
    if isinstance(reader, ValueFormat) and reader.synth == writer.synth:
        return reader.base(conversion.source, preset)
    return _saved(spec, (spec.name, {})) if writer.synth == VITAL else None
