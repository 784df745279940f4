"""Read what sounds in a Vital patch: controls of modules that are on and work as in the template.

A spec's template fixes switches, types and modulations; a person's preset has its own. A control
counts only where both agree. Otherwise its neutral value does: the module is then silent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from datasets.preset_tables.vital_values import VitalValues
from datasets.preset_tables.vital_waves import nearest_frame
from datasets.spec import SynthSpec

# The value that silences each module in the template, by prefix. Its switch is the prefix + "on".
SILENT: dict[str, dict[str, float]] = {
    "osc_1_": {"osc_1_level": 0.0},
    "osc_2_": {"osc_2_level": 0.0},
    "osc_3_": {"osc_3_level": 0.0},
    "sample_": {"sample_level": 0.0},
    "chorus_": {"chorus_dry_wet": 0.0},
    "phaser_": {"phaser_dry_wet": 0.0},
    "flanger_": {"flanger_dry_wet": 0.0},
    "delay_": {"delay_dry_wet": 0.0},
    "reverb_": {"reverb_dry_wet": 0.0},
    "distortion_": {"distortion_drive": 0.0, "distortion_mix": 0.0},
    "eq_": {"eq_low_gain": 0.0, "eq_band_gain": 0.0, "eq_high_gain": 0.0},
    "compressor_": {"compressor_mix": 0.0},
    "filter_fx_": {"filter_fx_mix": 0.0},
}
SOURCES = ("osc_1_", "osc_2_", "osc_3_", "sample_")  # the modules that a filter can filter
REACHED = {0: (1,), 1: (2,), 2: (1, 2)}  # The filters behind each destination; others have none.
# Vital's own values of the switches and routes that a template does not fix; the others are 0.
DEFAULTS = {
    "osc_1_on": 1.0,
    "osc_2_destination": 1.0,
    "osc_3_destination": 3.0,
    "sample_destination": 3.0,
}
ALIKE_MODELS = (frozenset({0, 1, 2, 3}),)  # Filters: analog, dirty, ladder and digital low-pass.
ALIKE_STYLES = (frozenset({0, 1}),)  # Filters: 12 dB and 24 dB.
# Where a type's amount does nothing, measured on a saw wave; 0 for the other types.
WARP_NEUTRAL = {1: 0.5, 4: 0.5, 5: 0.5}  # sync, bend, squeeze
MORPH_NEUTRAL = {1: 1.0, 2: 0.5, 3: 0.5, 4: 0.5, 7: 1.0, 9: 0.5, 10: 1.0}
# The control that gives each of these its meaning, and the neutral value by type.
TYPES: dict[str, tuple[str, dict[int, float]]] = {
    **{f"osc_{n}_distortion_amount": (f"osc_{n}_distortion_type", WARP_NEUTRAL) for n in (1, 2, 3)},
    **{
        f"osc_{n}_spectral_morph_amount": (f"osc_{n}_spectral_morph_type", MORPH_NEUTRAL)
        for n in (1, 2, 3)
    },
    "distortion_drive": ("distortion_type", {}),
    "eq_low_gain": ("eq_low_mode", {}),
    "eq_high_gain": ("eq_high_mode", {}),
}
ALIKE_TYPES = {"distortion_type": (frozenset({0, 1}),)}
AMOUNT = re.compile(r"modulation_(\d+)_amount")
FILTER = re.compile(r"filter_([12])_(\w+)")
MODULATOR = re.compile(r"((?:env|lfo)_\d+)_\w+")
WAVE_FRAME = re.compile(r"osc_([123])_wave_frame")
KEYBOARD_ENVELOPE = "env_1"  # It shapes the level of every voice, without a modulation.
BEATS_PER_S = 2.0  # Vital plays at 120 beats a minute when no host gives a tempo.
SYNC_SECONDS = 0
SYNC_FACTORS = {1: 1.0, 2: 2 / 3, 3: 3 / 2}  # tempo, dotted, triplets
WHOLE_BEAT = 8  # The tempo step of one cycle a beat; each step doubles the rate.


def sounding(patch: VitalValues, spec: SynthSpec) -> dict[str, float]:
    """Return the native values of a patch that count on a spec.

    Args:
        patch: The patch.
        spec: A spec of Vital.

    Returns:
        Values by name. A parameter that changes nothing in the patch is missing, or has the value
        that silences its module.
    """
    comparison = _Comparison(patch, spec)
    found = {name: comparison.value(name) for name in spec.names}
    return {name: value for name, value in found.items() if value is not None}


class _Comparison:
    """Compare one patch with a spec's template."""

    def __init__(self, patch: VitalValues, spec: SynthSpec) -> None:
        self._numbers, self._routes, self._spec = patch.numbers, patch.routes, spec
        self._wavetables: Sequence[object] = patch.wavetables
        self._fixed: Mapping[str, float] = spec.template.get("controls", {})
        self._template_routes: Sequence[Mapping[str, str]] = spec.template.get("modulations", ())

    def value(self, name: str) -> float | None:
        """Return the value of a parameter that counts, or None if it changes nothing."""
        if amount := AMOUNT.fullmatch(name):
            return self._amount(name, int(amount[1]))
        if in_filter := FILTER.fullmatch(name):
            return self._filter_value(name, int(in_filter[1]), in_filter[2])
        modulator = MODULATOR.fullmatch(name)
        if modulator and not self._modulates(modulator[1]):
            return None
        module = next((prefix for prefix in SILENT if name.startswith(prefix)), "")
        if module and name != f"{module}on" and not self._on(module):
            return SILENT[module].get(name)
        if frame := WAVE_FRAME.fullmatch(name):
            return self._wave_frame(name, int(frame[1]) - 1)
        if name in TYPES:
            return self._typed(name, *TYPES[name])
        if name.endswith("_frequency"):
            return self._rate(name)
        return self._numbers.get(name)

    def _template(self, name: str) -> float:
        """Return what the template fixes; a control that is learned there is as in the patch."""
        if name in self._spec.names:
            return self._of(name)
        return float(self._fixed.get(name, DEFAULTS.get(name, 0.0)))

    def _of(self, name: str) -> float:
        """Return a control of the patch; one that the file lacks is as in the template."""
        fallback = self._fixed.get(name, DEFAULTS.get(name, 0.0))
        return float(self._numbers.get(name, fallback))

    def _on(self, module: str) -> bool:
        return self._of(f"{module}on") != 0

    def _typed(self, name: str, kind: str, neutral: Mapping[int, float]) -> float | None:
        """Return a value if its type is the template's, else the neutral value."""
        fixed = self._template(kind)
        same = _alike(self._of(kind), fixed, ALIKE_TYPES.get(kind, ()))
        return self._numbers.get(name) if same else neutral.get(int(fixed), 0.0)

    def _wave_frame(self, name: str, oscillator: int) -> float | None:
        """Return the frame of the template's wavetable that sounds most like the patch's."""
        frame, own = self._numbers.get(name), self._spec.template.get("wavetables", ())
        if frame is None or oscillator >= min(len(self._wavetables), len(own)):
            return frame
        nearest = nearest_frame(self._wavetables[oscillator], frame, own[oscillator])
        return frame if nearest is None else nearest

    def _filter_value(self, name: str, slot: int, control: str) -> float | None:
        """Return a filter's value, from the filter that the template's sources go through."""
        if control == "on":
            return self._numbers.get(name)
        number = self._filter_of(slot)
        if number is not None:
            return self._numbers.get(f"filter_{number}_{control}")
        return self._open_filter(slot).get(control)

    def _filter_of(self, slot: int) -> int | None:
        """Return the patch's filter that counts as a filter of the template, or None."""
        for source in SOURCES:
            goes_there = slot in REACHED.get(int(self._template(f"{source}destination")), ())
            if not (goes_there and self._template(f"{source}on") and self._on(source)):
                continue
            usable = [number for number in self._reached(source) if self._works(number, slot)]
            if usable:
                return slot if slot in usable else usable[0]
        return None

    def _reached(self, source: str) -> tuple[int, ...]:
        """Return the filters that a source of the patch goes through."""
        reached = REACHED.get(int(self._of(f"{source}destination")), ())
        if len(reached) != 1 or not self._on(f"filter_{reached[0]}_"):
            return reached
        other = 3 - reached[0]  # It may take its input from the first one.
        return (*reached, other) if self._of(f"filter_{other}_filter_input") else reached

    def _works(self, number: int, slot: int) -> bool:
        """Return whether a filter of the patch is on, and works as the template's."""
        if not self._on(f"filter_{number}_") or self._numbers.get(f"filter_{number}_mix", 1.0) == 0:
            return False
        pairs = (("model", ALIKE_MODELS), ("style", ALIKE_STYLES))
        return all(
            _alike(
                self._of(f"filter_{number}_{what}"), self._template(f"filter_{slot}_{what}"), alike
            )
            for what, alike in pairs
        )

    def _open_filter(self, slot: int) -> dict[str, float]:
        """Return the values by which a filter of the template changes the sound least.

        A high-pass at the lowest cutoff changes 0.04 dB in J, a low-pass at the highest 1.3 dB.
        """
        known = {p.name: p for p in self._spec.parameters}
        opened = {"resonance": 0.0, "drive": 0.0, "mix": 0.0}
        cutoff, blend = known.get(f"filter_{slot}_cutoff"), known.get(f"filter_{slot}_blend")
        if blend is not None:
            opened["blend"] = blend.high
        if cutoff is not None:
            opened["cutoff"] = cutoff.high if blend is None else cutoff.low
        return opened

    def _amount(self, name: str, slot: int) -> float | None:
        """Return the depth of the template's modulation in the patch; 0 if it is not connected."""
        if slot > len(self._template_routes) or self._routes is None:
            return self._numbers.get(name)
        route = self._template_routes[slot - 1]
        destination = self._destination(route["destination"])
        amounts = [a for s, d, a in self._routes if (s, d) == (route["source"], destination)]
        return math.fsum(amounts)

    def _destination(self, name: str) -> str:
        """Return the patch's control for a destination of the template; empty: it is silent."""
        if in_filter := FILTER.fullmatch(name):
            number = self._filter_of(int(in_filter[1]))
            return "" if number is None else f"filter_{number}_{in_filter[2]}"
        off = any(name.startswith(module) and not self._on(module) for module in SILENT)
        return "" if off else name

    def _modulates(self, source: str) -> bool:
        """Return whether the patch has a modulation of the template with this source."""
        wanted = [r["destination"] for r in self._template_routes if r["source"] == source]
        if self._routes is None or source == KEYBOARD_ENVELOPE or not wanted:
            return True
        reached = {self._destination(name) for name in wanted} - {""}
        return any(s == source and d in reached for s, d, _ in self._routes)

    def _rate(self, name: str) -> float | None:
        """Return a rate as log2 of Hz; a rate that is synced to the tempo is converted."""
        sync = name.removesuffix("frequency") + "sync"
        mode, wanted = int(self._of(sync)), int(self._template(sync))
        tempo = self._numbers.get(name.removesuffix("frequency") + "tempo")
        if mode == wanted or sync not in self._numbers:
            return self._numbers.get(name)
        if wanted != SYNC_SECONDS or mode not in SYNC_FACTORS or tempo is None:
            return None
        return math.log2(BEATS_PER_S * SYNC_FACTORS[mode]) + round(tempo) - WHOLE_BEAT


def _alike(held: float, fixed: float, groups: Sequence[frozenset[int]]) -> bool:
    """Return whether two types are equal, or in one group of similar types."""
    return held == fixed or any({held, fixed} <= group for group in groups)
