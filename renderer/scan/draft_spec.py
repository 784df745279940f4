"""Write the draft spec of a scan, as the TOML that ``patchwright render`` reads.

Equal findings give equal files: nothing depends on the clock, the machine or the user.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from datasets.errors import RenderError
from datasets.spec import NotePolicy, Parameter, SynthSpec
from renderer.plugins.locate import find_plugin
from renderer.scan.findings import WORTH, Finding

SIZES = (16, 32, 64)  # sizes of the proposed subsets


def ranked(findings: Sequence[Finding]) -> list[Finding]:
    """Return the controls worth learning, the strongest effect first."""
    acting = [f for f in findings if f.kind in WORTH and f.effect is not None]
    return sorted(acting, key=lambda f: -f.effect.mean_db if f.effect else 0.0)


def draft_spec(
    bare: SynthSpec,
    name: str,
    findings: Sequence[Finding],
    chosen: Collection[int],
    isolation: str,
) -> SynthSpec:
    """Return a spec that learns the chosen controls and fixes the others at their default.

    Args:
        bare: The synth with nothing learned.
        name: Name of the draft.
        findings: One finding for each control.
        chosen: Positions of the controls to learn.
        isolation: Method that keeps renders independent.

    Returns:
        The draft spec.
    """
    groups = group_names([finding.control.name for finding in findings])
    fixed = {f.control.name: f.native(f.rest) for i, f in enumerate(findings) if i not in chosen}
    parameters = tuple(
        _parameter(findings[i], groups[findings[i].control.name]) for i in sorted(chosen)
    )
    return replace(
        bare,
        name=name,
        template={**bare.template, "controls": fixed},
        parameters=parameters,
        plugin=_plugin_names(bare.plugin),
        isolation=isolation,
    )


def _parameter(finding: Finding, group: str) -> Parameter:
    name, unit = finding.control.name, finding.control.unit
    if finding.steps is None:
        low, high = finding.native(finding.low), finding.native(finding.high)
        rest = min(max(finding.native(finding.rest), low), high)
        return Parameter(name, "continuous", group, unit, low, high, rest=rest)
    values = tuple(finding.native(position) for position in finding.safe_steps)
    labels = tuple(finding.steps.labels[i] for i in finding.allowed if finding.steps.labels)
    rest = min(values, key=lambda value: abs(value - finding.native(finding.rest)))
    return Parameter(name, "stepped", group, unit, values=values, labels=labels, rest=rest)


def _plugin_names(plugin: tuple[str, ...]) -> tuple[str, ...]:
    """Return the file's stem, for other machines, then its path on this machine.

    If the stem finds another file, the path comes first.
    """
    if not plugin:
        return ()
    path = Path(plugin[0])
    try:
        other = find_plugin([path.stem])
    except RenderError:
        other = path  # not in a standard folder: the path works here, the stem elsewhere
    return (path.stem, str(path)) if other == path else (str(path), path.stem)


def group_names(names: Sequence[str]) -> dict[str, str]:
    """Return a group for each control: the first word of its name, if others share it.

    >>> group_names(["amp_attack", "amp_decay", "Volume"])
    {'amp_attack': 'amp', 'amp_decay': 'amp', 'Volume': ''}
    """
    first = {name: re.split(r"[\s_/#]+", name.strip())[0].lower() for name in names}
    shared = Counter(first.values())
    return {name: word if shared[word] > 1 else "" for name, word in first.items()}


def to_toml(spec: SynthSpec, comment: Sequence[str]) -> str:
    """Return a spec file in the format of the built-in specs, with a comment at the top."""
    head = {
        "name": spec.name,
        "version": spec.version,
        "engine": spec.engine,
        "plugin": list(spec.plugin),
        "isolation": spec.isolation,
        "description": spec.description,
        "sample_rate": spec.sample_rate,
        "channels": spec.channels,
    }
    if not spec.plugin:
        del head["plugin"]
    extra = {key: value for key, value in spec.template.items() if key != "controls"}
    return "\n".join(
        [
            *(f"# {line}".rstrip() for line in comment),
            *(f"{key} = {_toml(value)}" for key, value in head.items()),
            "\nparameter = [",
            *(f"  {{ {_inline(parameter)} }}," for parameter in spec.parameters),
            "]\n\n[note]",
            *(f"{key} = {_toml(value)}" for key, value in _note(spec.note).items()),
            *(["\n[template]"] if extra else []),
            *(f"{key} = {_toml(value)}" for key, value in extra.items()),
            "\n[template.controls]",
            *(f"{_toml(key)} = {_toml(v)}" for key, v in spec.template["controls"].items()),
            "",
        ]
    )


def _note(note: NotePolicy) -> dict[str, float]:
    names = ("low", "high", "velocity", "hold_s", "length_s")
    return {name: getattr(note, name) for name in names}


def _inline(parameter: Parameter) -> str:
    names = ["name", "kind", "group", "unit"]
    if parameter.kind == "continuous":
        names += ["low", "high"]
    else:
        names += ["values"] + ["labels"] * bool(parameter.labels)
    pairs = [f"{name} = {_toml(getattr(parameter, name))}" for name in [*names, "rest"]]
    return ", ".join(pairs)


def _toml(value: object) -> str:
    """Return a TOML value; numbers have as many digits as they need."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)
