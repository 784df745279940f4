"""Read a player's own ``.vital`` file as the template of a spec of Vital."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from datasets.errors import RenderError, StoreError
from datasets.preset_files import vital_patch
from datasets.preset_tables.vital_values import is_converted
from datasets.spec import SynthSpec
from renderer.engines.vita import PLUGIN_VERSION, VitaEngine
from renderer.engines.vita_idle import why_silent
from renderer.plugins.patch_template import PatchTemplate, on_patch

AMOUNT = re.compile(r"modulation_(\d+)_amount")
LABELS = {"name": "preset_name", "author": "author", "comment": "comments"}
Route = tuple[str, str]


def vital_template(
    spec: SynthSpec, content: bytes, source: str, labels: Mapping[str, str] | None = None
) -> PatchTemplate:
    """Put a spec of Vital on a whole preset file.

    A modulation amount of the spec moves the slot in which the file has that modulation. Where the
    file has none, or where a module is off, the parameter is idle: it keeps the file's value.

    Args:
        spec: The spec that the model knows.
        content: The ``.vital`` file.
        source: Its name, for messages.
        labels: New ``name``, ``author`` and ``comment``; what is left out stays as in the file.

    Returns:
        The spec on the file.

    Raises:
        StoreError: The content is not a Vital preset, or Vital refuses it.
    """
    patch = vital_patch(content, source) | {LABELS[k]: v for k, v in (labels or {}).items()}
    text = json.dumps(patch) if labels else content.decode("utf-8-sig")
    try:
        engine = VitaEngine(replace(spec, template={"patch": text}))
    except RenderError as error:
        raise StoreError(f"{source}: {error}") from error
    loaded = engine.read()
    settings, notes = patch["settings"], []
    if is_converted(patch.get("synth_version")) or _differs(settings, loaded, spec.names):
        settings = _with_own_sample(json.loads(engine.upgraded())["settings"], settings)
        text = json.dumps(patch | {"settings": settings, "synth_version": PLUGIN_VERSION})
        version = patch.get("synth_version", "?")
        notes.append(f"{source} is of Vital {version}: converted to the values of this Vital")
    renamed, idle, more = _routing(spec, settings, loaded)
    values = {n: _number(settings, renamed.get(n, n), loaded) for n in spec.names}
    template = {"patch": text, "renamed": renamed, "idle": idle}
    return on_patch(spec, template, values, idle, [*notes, *more])


def _with_own_sample(converted: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return converted settings with the file's own sample, if its format is unchanged.

    Vital rounds the 16-bit values again when it writes a sample: some of them change by 1.
    """
    old, new = own.get("sample"), converted.get("sample")
    if not (isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys()):
        return dict(converted)
    same = all(old[key] == new[key] for key in ("length", "sample_rate") if key in new)
    return dict(converted) | ({"sample": old} if same else {})


def _number(settings: Mapping[str, Any], name: str, loaded: Mapping[str, float]) -> float:
    """Return the file's own number of a control; Vital's value where the file leaves it out."""
    held = settings.get(name)
    return float(held) if isinstance(held, int | float) else float(loaded[name])


def _differs(
    settings: Mapping[str, Any], loaded: Mapping[str, float], names: Sequence[str]
) -> bool:
    """Return whether Vital changed a learned value when it loaded the file."""
    return any(
        np.float32(_number(settings, name, loaded)) != np.float32(loaded[name]) for name in names
    )


def _routing(
    spec: SynthSpec, settings: Mapping[str, Any], loaded: Mapping[str, float]
) -> tuple[dict[str, str], list[str], list[str]]:
    """Compare a file with what the spec assumes.

    Returns:
        Control of each parameter that has another name in the file; idle parameters; notes.
    """
    routes = _routes(settings, loaded)
    sources = {source for source, _ in routes}
    renamed: dict[str, str] = {}
    idle: list[str] = []
    off: dict[str, None] = {}
    for name in spec.names:
        if amount := AMOUNT.fullmatch(name):
            route = _wanted(spec, int(amount[1]))
            if route in routes:
                renamed[name] = f"modulation_{routes.index(route) + 1}_amount"
            else:
                idle.append(name)
                off[f"no modulation of {route[1]} by {route[0]}"] = None
            continue
        why = why_silent(name, sources, loaded)
        if why:
            idle.append(name)
            off[why] = None
    lines = [f"the patch has {why}: its parameters change nothing" for why in off]
    return renamed, idle, lines


def _wanted(spec: SynthSpec, slot: int) -> Route:
    """Return source and destination of a modulation of the spec, or empty names."""
    modulations = spec.template.get("modulations", ())
    if slot > len(modulations):
        return ("", "")
    return modulations[slot - 1]["source"], modulations[slot - 1]["destination"]


def _routes(settings: Mapping[str, Any], loaded: Mapping[str, float]) -> list[Route]:
    """Return source and destination of every modulation slot; empty names where it is bypassed."""
    slots = settings.get("modulations")
    if not isinstance(slots, list):
        return []
    return [
        (str(one.get("source", "")), str(one.get("destination", "")))
        if isinstance(one, dict) and not loaded.get(f"modulation_{number}_bypass", 0.0)
        else ("", "")
        for number, one in enumerate(slots, 1)
    ]
