"""Put a spec of a hosted plugin on a whole state file: it must sound as the file does."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from datasets.foreign_files import file_content
from datasets.spec import FloatArray, SynthSpec
from renderer.plugins.patch_template import PatchTemplate, on_patch
from renderer.workers.isolation import Rendered, RenderJob
from renderer.workers.pool import RenderPool, whole
from renderer.workers.state_reader import StateReader

HOLD_S, LENGTH_S = 0.3, 0.5  # of the notes that are compared, seconds


def state_template(spec: SynthSpec, path: Path) -> PatchTemplate:
    """Put a spec on a plugin's state file; the plugin loads the whole file.

    Some plugins report another value than they play: DPF's report 0 for the first parameter of
    every file. So the values are checked by the sound.

    Args:
        spec: The spec that the model knows.
        path: The ``.fxp`` or ``.vstpreset`` file.

    Returns:
        The spec on the file.

    Raises:
        StoreError: The plugin refuses or ignores the file.
        RenderError: The plugin fails on it.
    """
    with closing(StateReader(spec)) as reader:
        values = reader(path)
    content = file_content(path)
    fixed = {key: value for key, value in spec.template.items() if key != "controls"}
    fixed["state"] = base64.b64encode(content).decode()
    template = on_patch(spec, fixed, values)
    corrected, note = _corrected(template, content, path.name)
    if not note:
        return template
    return on_patch(spec, fixed, {**values, **corrected}, notes=[note])


def _corrected(
    template: PatchTemplate, content: bytes, source: str
) -> tuple[Mapping[str, float], str]:
    """Return the value that a plugin plays but does not report, and a note; else nothing."""
    spec = template.spec
    short = replace(spec, note=replace(spec.note, hold_s=HOLD_S, length_s=LENGTH_S))
    note, velocity = (spec.note.low + spec.note.high) // 2, spec.note.velocity
    with RenderPool(short, 1) as pool:

        def play(units: Sequence[FloatArray]) -> list[Rendered]:
            return pool.render([RenderJob(0, note, velocity, unit) for unit in units], whole)

        file, again = pool.render([RenderJob(0, note, velocity, preset=content)] * 2, whole)
        (reported,) = play([template.unit])
        if not _same(file, again) or _same(file, reported):
            return {}, ""
        others = _other_steps(template)
        for (name, value), rendered in zip(others, play(_moved(template, others)), strict=True):
            if _same(file, rendered):
                wrong = spec.to_native(template.unit)[name]
                return {name: value}, f"{name}: the plugin reports {wrong:g} but plays {value:g}"
    return {}, (
        f"{source}: the plugin plays other values than it reports, so the search starts near the "
        "file and not at it"
    )


def _other_steps(template: PatchTemplate) -> list[tuple[str, float]]:
    """List each stepped parameter with each value that the plugin does not report."""
    native = template.spec.to_native(template.unit)
    return [
        (parameter.name, value)
        for parameter in template.spec.parameters
        for value in parameter.values
        if value != native[parameter.name]
    ]


def _moved(template: PatchTemplate, moves: Sequence[tuple[str, float]]) -> list[FloatArray]:
    """Return the patch (P,) once for each move of one stepped parameter."""
    units = []
    for name, value in moves:
        unit, index = template.unit.copy(), template.spec.names.index(name)
        parameter = template.spec.parameters[index]
        unit[index] = parameter.values.index(value) / (parameter.steps - 1)
        units.append(unit)
    return units


def _same(one: Rendered, other: Rendered) -> bool:
    if one.audio is None or other.audio is None:
        return one.audio is other.audio
    return bool(np.array_equal(one.audio, other.audio))
