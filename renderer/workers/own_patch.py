"""Read a player's own preset file as the template of a spec, for any synth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from datasets.errors import StoreError
from datasets.foreign_files import file_content, text_lines
from datasets.preset_files import (
    READERS,
    SINGLE_HEADER,
    STATES,
    bank_parameters,
    bank_presets,
    vital_patch,
)
from datasets.spec import SynthSpec
from renderer.plugins.fxp import amsynth_state
from renderer.plugins.patch_template import MOST_BYTES, PatchFile, PatchTemplate, on_patch
from renderer.workers.state_template import state_template

AMSYNTH = (".bank", ".amsynthpreset")  # texts that amsynth's plugin loads inside a state
STARTS = {b"CcnK": ".fxp", b"VST3": ".vstpreset", b"amSynth": ".bank"}  # first bytes of a file


def read_template(
    path: Path, spec: SynthSpec, labels: Mapping[str, str] | None = None
) -> PatchTemplate:
    """Put a spec on a player's own preset file; everything in the file stays.

    Args:
        path: ``.vital`` for Vital; ``.fxp``, ``.vstpreset``, ``.bank`` (with one preset) or
            ``.h2p`` for hosted plugins.
        spec: The spec that the model knows.
        labels: New ``name``, ``author`` and ``comment`` of a ``.vital`` file. Others stay.

    Returns:
        The spec on the file, and the file as its unit vector.

    Raises:
        StoreError: The file is not of this synth, is damaged, or has several presets; or its
            format has no place for labels.
    """
    if spec.engine != "vita":
        _check_kind(path, spec, labels or {})
    file = PatchFile(path.name, file_content(path, MOST_BYTES))
    return replace(_template(path, spec, file.content, labels or {}), file=file)


def _check_kind(path: Path, spec: SynthSpec, labels: Mapping[str, str]) -> None:
    """Check, before the plugin starts, that a file of this kind can be a template of a plugin.

    Raises:
        StoreError: The suffix is unknown, or the format has no place for labels.
    """
    if labels:
        raise StoreError(f"{path.name}: --{next(iter(labels))} needs a .vital file")
    if path.suffix.lower() not in (*READERS, *STATES):
        known = ", ".join((*READERS, *STATES))
        raise StoreError(f"{path.name}: no preset file of {spec.name}. Use one of {known}")


def read_patch(file: PatchFile, spec: SynthSpec) -> PatchTemplate:
    """Put a spec on a preset file that is in memory; see ``read_template``."""
    with TemporaryDirectory() as folder:
        path = Path(folder, re.sub(r"[^\w .()+-]+", "_", file.name))
        path.write_bytes(file.content)
        return replace(read_template(path, spec), file=file)


def named_patch(content: bytes, title: str, spec: SynthSpec) -> PatchFile:
    """Return a preset file with a name whose suffix follows from its first bytes.

    Args:
        content: The bytes of the file.
        title: Name of the patch, with or without a suffix; ``patch`` if it is empty.
        spec: The spec that the file is for.

    Returns:
        The file.

    Raises:
        StoreError: The file is empty or too large, or is no JSON of Vital although it must be.
    """
    stem = Path(title.replace("\\", "/")).name
    if not content:
        raise StoreError(f"{stem or 'the patch'} is empty: send the content of a preset file")
    if len(content) > MOST_BYTES:
        raise StoreError(f"{stem or 'the patch'} is over {MOST_BYTES // 2**20} MiB: not a preset")
    is_json = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    other = ".vital" if is_json or spec.engine == "vita" else ".h2p"
    suffix = next((s for start, s in STARTS.items() if content.startswith(start)), other)
    known = stem.lower().endswith((*READERS, *STATES))
    name = Path(stem).stem if known else stem
    file = PatchFile(f"{name[:100] or 'patch'}{suffix}", content)
    if spec.engine == "vita":
        vital_patch(content, file.name)
    return file


def _template(
    path: Path, spec: SynthSpec, content: bytes, labels: Mapping[str, str]
) -> PatchTemplate:
    """Put a spec on a preset file; raise the errors of ``read_template``."""
    suffix = path.suffix.lower()
    if spec.engine == "vita":
        from renderer.engines.vita_template import vital_template

        return vital_template(spec, content, path.name, labels)
    if suffix in STATES:
        return state_template(spec, path)
    presets = READERS[suffix](path)
    if len(presets) != 1:
        raise StoreError(f"{path.name} has {len(presets)} presets: give a file with one")
    if suffix in AMSYNTH:
        _check_names(spec, presets[0][1], path)
        with TemporaryDirectory() as folder:
            state = Path(folder, f"{path.name}.fxp")
            state.write_bytes(amsynth_state(_text(path)))
            return state_template(spec, state)
    return _on_values(spec, presets[0][1], path)


def lock_notes(
    answer: bytes, suffix: str, spec: SynthSpec, wanted: Mapping[str, float]
) -> list[str]:
    """Return a line for each locked value that an answer's file does not hold exactly.

    Args:
        answer: Content of the preset file.
        suffix: Its suffix, with the dot.
        spec: The spec that the model knows.
        wanted: Native value of each locked parameter, by name.

    Returns:
        Lines as ``--lock Cutoff: amsynth-34 holds 0.123457, not 0.12345679``.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, f"answer{suffix}")
        path.write_bytes(answer)
        template = read_template(path, spec)
    held = template.spec.to_native(template.unit)
    return [
        f"--lock {name}: {spec.name} holds {held[name]:.9g}, not {value:.9g}"
        for name, value in wanted.items()
        if np.float32(held[name]) != np.float32(value)
    ]


def _on_values(spec: SynthSpec, values: Mapping[str, float], path: Path) -> PatchTemplate:
    """Return the spec with all values of a file as its fixed part."""
    _check_names(spec, values, path)
    controls = {**spec.template.get("controls", {}), **values}
    return on_patch(spec, {**spec.template, "controls": controls}, values)


def _check_names(spec: SynthSpec, values: Mapping[str, float], path: Path) -> None:
    """Raise StoreError if a file has no value for a parameter of the spec."""
    missing = [name for name in spec.names if name not in values]
    if missing:
        raise StoreError(f"{path.name} has no value for {', '.join(missing[:3])} of {spec.name}")


def _text(path: Path) -> str:
    """Return the text of an amsynth file with one preset, as amsynth's plugin saves it.

    Every line stays as it is. Parameters that an older file lacks get amsynth's own defaults.

    Raises:
        StoreError: The file is damaged.
    """
    lines = text_lines(path, "utf-8")
    (preset,) = bank_presets(lines, path.name)
    held = [line for line in lines[1:] if line.strip() not in ("", "EOF")]
    lacking = [p for p in bank_parameters() if p.name not in preset.raw]
    added = [f"<parameter> {p.name} {p.default:.9g}" for p in lacking]
    return "\n".join([SINGLE_HEADER, *held, *added, ""])
