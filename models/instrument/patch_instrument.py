"""Make an instrument from a whole ``.vital`` preset file: its four macros are the knobs.

Wavetables, curves and modulations stay as they are in the file. No model is needed: the four macro
values are the latent space.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from datasets.errors import StoreError
from datasets.preset_files import vital_patch
from datasets.spec import FloatArray, NotePolicy, SynthSpec
from models.estimator.library import Library
from models.instrument.protocols import Preview
from models.networks.protocols import LatentMap
from renderer.engines.vita_patch import MACROS, macro_parameters, moved_patch

MOST_BYTES = 16 * 2**20  # largest file; a resynthesised one has 1.2 MB
SAMPLE_RATE = 44100  # Hz
SPEC_NAME = "vital-patch"


class PatchMacro(NamedTuple):
    """Describe one macro of a preset file as a knob over its whole range."""

    name: str
    axis: int
    low: float = 0.0
    high: float = 1.0


class IdentityMap:
    """Map presets to themselves: the latent space is the preset."""

    def unit_to_z(self, unit: Tensor) -> Tensor:
        """Return presets (B, P) as points (B, P)."""
        return unit.clone()

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        """Return points (B, P) as presets (B, P); ``like`` is not used."""
        return z.clone()


@dataclass(frozen=True, eq=False)
class PatchPlayable:
    """Hold a whole preset file as an instrument needs it (see ``Playable``)."""

    name: str  # title of the patch
    file: bytes = field(repr=False)
    digest: str  # SHA-256 of the file
    spec: SynthSpec = field(repr=False)
    macros: tuple[PatchMacro, ...]
    start: FloatArray  # (4,) the file's own macro values
    model: LatentMap = field(default_factory=IdentityMap, repr=False)
    surrogate: Preview | None = None
    library: Library | None = None

    def preset(self, unit: FloatArray, title: str) -> bytes:
        """Return the file with its macros at ``unit`` (4,) and ``title`` as its ``preset_name``.

        All other JSON values stay as they are in the file.

        Raises:
            SpecError: ``unit`` has another length, or a value is outside 0..1.
        """
        native = self.spec.to_native(unit)
        return moved_patch(self.spec.template["patch"], native, title)


def patch_playable(preset: bytes, title: str = "") -> PatchPlayable:
    """Return the instrument of a preset file; the synth is not loaded yet.

    Args:
        preset: Content of a ``.vital`` file, UTF-8.
        title: Name of the patch in messages; the file's ``preset_name`` when empty.

    Returns:
        The preset as an instrument needs it.

    Raises:
        StoreError: The bytes are no Vital preset, the file is too big, or a macro is outside 0..1.
    """
    source = title or "the preset"
    if len(preset) > MOST_BYTES:
        raise StoreError(f"{source} has over {MOST_BYTES // 2**20} MB: give a Vital preset")
    try:
        text = preset.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StoreError(f"{source} is not JSON, so it is not a .vital file: {error}") from error
    patch = vital_patch(text.encode(), source)
    start = np.array([_macro_value(patch, name, source) for name in MACROS], np.float32)
    names = [_macro_name(patch, n) for n in range(1, len(MACROS) + 1)]
    return PatchPlayable(
        name=title or str(patch.get("preset_name") or "patch"),
        file=preset,
        digest=hashlib.sha256(preset).hexdigest(),
        spec=_spec(text),
        macros=tuple(PatchMacro(name, axis) for axis, name in enumerate(names)),
        start=start,
    )


def _spec(text: str) -> SynthSpec:
    """Return a spec with the whole patch as its template and the macros as its parameters."""
    return SynthSpec(
        name=SPEC_NAME,
        version=1,
        engine="vita",
        description="A whole Vital preset, played with its macros.",
        sample_rate=SAMPLE_RATE,
        channels=2,
        note=NotePolicy(),
        template={"patch": text},
        parameters=macro_parameters(),
        plugin=("Vital",),
    )


def _macro_value(patch: Mapping[str, Any], name: str, source: str) -> float:
    """Return a macro's value 0..1; a macro that is missing from the file is 0, as in Vital."""
    value = patch["settings"].get(name, 0.0)
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise StoreError(f"{source}: {name} is {str(value)[:40]}, but a macro must be in 0..1")
    return float(value)


def _macro_name(patch: Mapping[str, Any], n: int) -> str:
    """Return the file's name of macro ``n``; Vital calls an unnamed one ``MACRO 1``."""
    name = str(patch.get(f"macro{n}") or "").strip()
    return f"Macro {n}" if name in ("", f"MACRO {n}") else name[:100]
