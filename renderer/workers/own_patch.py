"""Read a player's own preset file as the template of a spec, for any synth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from datasets.errors import StoreError
from datasets.foreign_files import file_content, text_lines
from datasets.preset_files import READERS, SINGLE_HEADER, STATES, bank_parameters, bank_presets
from datasets.spec import SynthSpec
from renderer.plugins.fxp import amsynth_state
from renderer.plugins.patch_template import PatchTemplate, on_patch
from renderer.workers.state_template import state_template

AMSYNTH = (".bank", ".amsynthpreset")  # texts that amsynth's plugin loads inside a state


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
    suffix = path.suffix.lower()
    if spec.engine == "vita":
        from renderer.engines.vita_template import vital_template

        return vital_template(spec, file_content(path), path.name, labels or {})
    if labels:
        raise StoreError(f"{path.name}: --{next(iter(labels))} needs a .vital file")
    if suffix in STATES:
        return state_template(spec, path)
    if suffix not in READERS:
        known = ", ".join((*READERS, *STATES))
        raise StoreError(f"{path.name}: no preset file of {spec.name}. Use one of {known}")
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
