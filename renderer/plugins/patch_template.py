"""Put a spec on a player's own patch: everything in the patch stays, the parameters start there."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from datasets.spec import FloatArray, Parameter, SynthSpec

MOST_BYTES = 16 * 2**20  # largest file; a preset with three wavetables has about 2 MB


@dataclass(frozen=True)
class PatchFile:
    """Hold a player's own preset file.

    Attributes:
        name: Name of the file, with its suffix.
        content: The bytes of the file.
    """

    name: str
    content: bytes = field(repr=False)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, eq=False)
class PatchTemplate:
    """Describe a player's own patch as the template of a spec.

    Attributes:
        spec: The spec on the patch. Each parameter holds the patch's own value.
        unit: The patch as a unit vector of that spec, (P,).
        idle: Parameters that change nothing in this patch.
        notes: What the model assumes and the patch lacks or has otherwise, one line each.
        file: The file of the patch.
    """

    spec: SynthSpec
    unit: FloatArray
    idle: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    file: PatchFile = field(default=PatchFile("", b""), repr=False)

    def listing(self) -> dict[str, Any]:
        """List the file and what the model assumes and the patch lacks, as ``match.json`` has it.

        Returns:
            ``file`` and ``sha256``; ``missing``, one line each for the player; and ``idle``, the
            parameters that change nothing in this patch.
        """
        return {
            "file": self.file.name,
            "sha256": self.file.digest,
            "missing": list(self.notes),
            "idle": list(self.idle),
        }


def dataset_spec(spec: SynthSpec, patch: PatchTemplate) -> SynthSpec:
    """Return the spec of a dataset on a patch: its name differs from the name of ``spec``.

    Args:
        spec: The spec on its own template.
        patch: The same spec on the patch.

    Returns:
        The spec on the patch, as ``vital-32-on-1a2b3c4d``.
    """
    return replace(patch.spec, name=f"{spec.name}-on-{patch.file.digest[:8]}")


def shown_names(spec: SynthSpec) -> tuple[str, ...]:
    """Return the plugin's own name of each parameter, in the patch of a spec.

    A patch may have a modulation of the spec in another slot. Hosts must then move the control of
    that slot. An idle parameter that had this name gets a name that no plugin has.
    """
    renamed: Mapping[str, str] = spec.template.get("renamed", {})
    taken = set(renamed.values())
    return tuple(
        renamed.get(name, f"{name} (idle)" if name in taken else name) for name in spec.names
    )


def idle_of(spec: SynthSpec) -> tuple[str, ...]:
    """Return the parameters that change nothing in the patch of a spec; empty without a patch."""
    return tuple(spec.template.get("idle", ()))


def on_patch(
    spec: SynthSpec,
    template: Mapping[str, Any],
    native: Mapping[str, float],
    idle: Collection[str] = (),
    notes: Collection[str] = (),
) -> PatchTemplate:
    """Return a spec whose template is a patch and whose parameters hold the patch's values.

    Args:
        spec: The spec that the model knows.
        template: What the engine loads as the fixed part.
        native: Value of every parameter in the patch, by name. Values beyond the learned range and
            between steps are kept.
        idle: Names of parameters that change nothing in this patch.
        notes: What to tell the player, one line each.

    Returns:
        The spec, and the patch as its unit vector.
    """
    parameters = tuple(_held(p, native[p.name]) for p in spec.parameters)
    unit = np.array([p.held[0] if p.held else 0.0 for p in parameters], np.float32)
    outside = [p.name for p in parameters if _is_outside(p)]
    lines = [*notes, *(_outside_line(p) for p in parameters if p.name in outside)]
    on = replace(spec, template=dict(template), parameters=parameters)
    return PatchTemplate(on, unit, tuple(idle), tuple(lines))


def _held(parameter: Parameter, native: float) -> Parameter:
    """Return a parameter that keeps a native value, at the unit value nearest to it."""
    unit = np.float32(np.clip(replace(parameter, held=None).from_native(native), 0.0, 1.0))
    return replace(parameter, held=(float(unit + np.float32(0.0)), float(native)))


def _is_outside(parameter: Parameter) -> bool:
    """Return whether the held value is beyond the range or between two steps."""
    assert parameter.held is not None
    if parameter.kind == "stepped":
        return parameter.held[1] not in parameter.values
    return not parameter.low <= parameter.held[1] <= parameter.high


def _outside_line(parameter: Parameter) -> str:
    assert parameter.held is not None
    native = parameter.held[1]
    if parameter.kind == "stepped":
        return f"{parameter.name} is {native:g}, between the steps that the model knows"
    return (
        f"{parameter.name} is {native:g}, beyond the learned range "
        f"{parameter.low:g} to {parameter.high:g}: the knob reaches it"
    )
