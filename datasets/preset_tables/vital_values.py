"""Read the values, modulations and wavetables of a Vital patch."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from datasets.errors import StoreError
from datasets.preset_files import control_values, vital_patch

# Vital's code converts control values of older files when it loads them, and none of newer files.
FIRST_UNCONVERTED = (0, 9, 0)


@dataclass(frozen=True)
class VitalValues:
    """Hold what a ``.vital`` file says about controls and modulations."""

    name: str
    numbers: Mapping[str, float]  # value of each control, in control units
    # (source, destination, amount) of each modulation that acts; None: the file lists none
    routes: tuple[tuple[str, str, float], ...] | None
    wavetables: tuple[object, ...] = ()  # the wavetable of each oscillator, as in the file


def read_patch(
    content: bytes,
    source: str,
    stem: str,
    converted: Callable[[], Mapping[str, float]] | None = None,
) -> VitalValues:
    """Read the content of a ``.vital`` file.

    The values of released versions (1.0.0 and later) are taken as they are: Vital converts none of
    them. It converts those of older files, so Vital itself reads them.

    Args:
        content: The file.
        source: Its name, for messages.
        stem: Name of a preset that has none.
        converted: Returns the control values after Vital has loaded the file.

    Returns:
        The patch.

    Raises:
        StoreError: The content is not a Vital preset, or it is old and there is no ``converted``.
    """
    patch = vital_patch(content, source)
    settings, version = patch["settings"], patch.get("synth_version")
    numbers: Mapping[str, float] = control_values(settings, source)
    if is_converted(version):
        if converted is None:
            raise StoreError(
                f"{source}: Vital {version} saved it, and only Vital can convert its values: "
                "install the synth, or save the preset again in Vital"
            )
        numbers = converted()
    name = str(patch.get("preset_name") or stem)
    tables = settings.get("wavetables")
    return VitalValues(
        name,
        numbers,
        _routes(settings.get("modulations"), numbers),
        tuple(tables) if isinstance(tables, list) else (),
    )


def _routes(
    modulations: object, numbers: Mapping[str, float]
) -> tuple[tuple[str, str, float], ...] | None:
    """Return (source, destination, amount) of each modulation that acts; None without a list."""
    if not isinstance(modulations, list):
        return None
    routes = []
    for slot, one in enumerate(modulations, 1):
        if isinstance(one, dict) and not numbers.get(f"modulation_{slot}_bypass", 0.0):
            ends = str(one.get("source", "")), str(one.get("destination", ""))
            routes.append((*ends, numbers.get(f"modulation_{slot}_amount", 0.0)))
    return tuple(routes)


def is_converted(version: object) -> bool:
    """Return whether Vital converts the values of a file of this version; not without a version."""
    if not isinstance(version, str) or not re.fullmatch(r"\d+(\.\d+)*", version):
        return False
    return tuple(int(number) for number in version.split(".")) < FIRST_UNCONVERTED
