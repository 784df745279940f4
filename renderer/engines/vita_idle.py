"""Find out why a control changes nothing in a Vital patch. Every rule was measured on Vital."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

MODULE = re.compile(
    r"((?:osc_[123]|sample|filter_[12]|filter_fx|chorus|phaser|flanger|delay|reverb|distortion|eq"
    r"|compressor)_)\w+"
)
MODULATOR = re.compile(r"((?:env|lfo)_\d+)_\w+")
ALWAYS = "env_1"  # shapes the level of every voice, without a modulation
RATE = re.compile(r"(\w+?)_frequency")
WARP = re.compile(r"osc_([123])_distortion_amount")
FILTER = re.compile(r"filter_([12])_(\w+)")
SOURCES = ("osc_1", "osc_2", "osc_3", "sample")
REACHED = {0: (1,), 1: (2,), 2: (1, 2)}  # the filters behind each destination; others have none
# Controls that do nothing in a filter of this model: 5 is Formant, 6 is Comb.
UNUSED = {5: ("cutoff", "resonance", "drive", "blend"), 6: ("drive",)}
NO_WARP, FM_FIRST, FM_SECOND, FM_SAMPLE = 0, 7, 8, 9  # types of an oscillator's distortion
Read = Callable[[str, float], float]


def why_silent(name: str, sources: Collection[str], loaded: Mapping[str, float]) -> str:
    """Return why a control changes nothing in a patch; empty where it acts.

    Args:
        name: The control.
        sources: Sources of the patch's modulations that are not bypassed.
        loaded: Value of every control, as Vital loaded them.

    Returns:
        Text as ``filter_1 off``.
    """

    def value(control: str, other: float) -> float:
        return float(loaded.get(control, other))

    module = MODULE.fullmatch(name)
    if module and not value(f"{module[1]}on", 1.0):
        return f"{module[1].rstrip('_')} off"
    modulator = MODULATOR.fullmatch(name)
    if modulator and modulator[1] != ALWAYS and modulator[1] not in sources:
        return f"no modulation by {modulator[1]}"
    if (rate := RATE.fullmatch(name)) and value(f"{rate[1]}_sync", 0.0):
        return f"{rate[1]} in step with the tempo or the key"
    if warp := WARP.fullmatch(name):
        return _why_no_warp(int(warp[1]), value)
    if in_filter := FILTER.fullmatch(name):
        return _why_unfiltered(int(in_filter[1]), in_filter[2], value)
    return ""


def _why_no_warp(number: int, value: Read) -> str:
    kind = round(value(f"osc_{number}_distortion_type", 0.0))
    others = [n for n in (1, 2, 3) if n != number]
    source = {
        FM_FIRST: f"osc_{others[0]}",
        FM_SECOND: f"osc_{others[1]}",
        FM_SAMPLE: "sample",
    }.get(kind)
    if kind == NO_WARP:
        return f"osc_{number} without distortion"
    if source is not None and not value(f"{source}_on", 0.0):
        return f"{source} off, which modulates osc_{number}"
    return ""


def _why_unfiltered(number: int, control: str, value: Read) -> str:
    if control in UNUSED.get(round(value(f"filter_{number}_model", 0.0)), ()):
        return f"another model of filter_{number}, without {control}"
    reached = {
        one
        for source in SOURCES
        if value(f"{source}_on", 0.0)
        for one in REACHED.get(round(value(f"{source}_destination", 0.0)), ())
    }
    other = 3 - number
    through = value(f"filter_{number}_filter_input", 0.0) and value(f"filter_{other}_on", 0.0)
    if number in reached or (other in reached and through):
        return ""
    return f"no sound through filter_{number}"
