"""Laws of human Vital presets: a vector says only what sounds, and our own presets come back."""

import copy
import json
import math
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vita

from datasets.errors import StoreError
from datasets.preset_tables.vital_modules import SILENT
from datasets.presets import read_presets
from datasets.spec import FloatArray, SynthSpec, load_spec
from renderer.engines.vita import template_patch
from renderer.workers.state_reader import StateReader

Json = dict[str, Any]
SPECS = ("vital-16", "vital-32", "vital-64")


@cache
def init_patch() -> Json:
    """The patch of a new Vital: one saw; the filters, the effects and all else are off."""
    patch: Json = json.loads(vita.Synth().to_json())
    return patch


@cache
def template(name: str) -> Json:
    return template_patch(copy.deepcopy(init_patch()), load_spec(name))


def any_unit(spec: SynthSpec, seed: int) -> FloatArray:
    return spec.snap(np.random.default_rng(seed).random(len(spec), np.float32))


def own_patch(spec: SynthSpec, unit: FloatArray) -> Json:
    """The template with the values of a vector, as ``match`` writes it."""
    patch = copy.deepcopy(template(spec.name))
    patch["settings"] |= spec.to_native(unit)
    return patch


def vector(folder: Path, patch: Json, spec: SynthSpec) -> FloatArray:
    path = folder / "any.vital"
    path.write_text(json.dumps(patch), encoding="utf-8")
    unit: FloatArray = read_presets(path, spec).unit[0]
    return unit


def native(folder: Path, changes: Json, spec: SynthSpec, patch: Json | None = None) -> Json:
    """The native values read from a patch (default: Vital's init patch) with some changes."""
    patch = copy.deepcopy(patch or init_patch())
    patch["settings"] |= changes
    return spec.to_native(vector(folder, patch, spec))


def connected(source: str, destination: str, slot: int = 1) -> list[Json]:
    """Vital's 64 modulations; one of them is connected."""
    slots = [{"source": "", "destination": ""} for _ in range(64)]
    slots[slot - 1] = {"source": source, "destination": destination}
    return slots


@pytest.mark.parametrize("name", SPECS)
def test_a_preset_of_our_own_template_comes_back_exactly(tmp_path: Path, name: str) -> None:
    spec = load_spec(name)
    for seed in range(20):
        unit = any_unit(spec, seed)
        assert np.array_equal(vector(tmp_path, own_patch(spec, unit), spec), unit)


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("module", [*SILENT, "filter_1_", "filter_2_"])
def test_a_module_that_is_off_changes_nothing(tmp_path: Path, name: str, module: str) -> None:
    spec, random = load_spec(name), np.random.default_rng(1)
    patch = own_patch(spec, any_unit(spec, 0))
    patch["settings"][f"{module}on"] = 0.0
    before = vector(tmp_path, patch, spec)
    synth = vita.Synth()
    names = [n for n in synth.get_controls() if n.startswith(module) and n != f"{module}on"]
    assert len(names) >= 5
    for key in names:
        details = synth.get_control_details(key)
        low, high = details.min, details.max
        changed = copy.deepcopy(patch)
        changed["settings"][key] = float(random.uniform(low, high))
        assert np.array_equal(vector(tmp_path, changed, spec), before), key
    values = spec.to_native(before)
    for control, silent in SILENT.get(module, {}).items():
        lowest = {p.name: p.low for p in spec.parameters}
        if control in values:
            assert values[control] == pytest.approx(max(silent, lowest[control])), control


@pytest.mark.parametrize("name", SPECS)
def test_the_init_patch_is_one_oscillator(tmp_path: Path, name: str) -> None:
    values = native(tmp_path, {}, load_spec(name))
    silent = [f"{m}_dry_wet" for m in ("reverb", "delay", "chorus", "phaser", "flanger")]
    silent += ["osc_2_level", "osc_3_level", "sample_level", "distortion_drive"]
    assert values["osc_1_level"] == pytest.approx(math.sqrt(0.5))
    assert {key: values[key] for key in silent if values.get(key)} == {}
    open_cutoff, blend = (128, None) if name == "vital-16" else (28, 2)  # low-pass, or high-pass
    assert values["filter_1_cutoff"] == pytest.approx(open_cutoff)
    assert values.get("filter_1_blend") == blend
    assert values["filter_1_resonance"] == values["filter_1_drive"] == 0


@pytest.mark.parametrize(
    ("changes", "name", "expected"),
    [
        # Types: the amount of another warp, morph, distortion or EQ mode is not ours.
        ({"osc_1_distortion_type": 1, "osc_1_distortion_amount": 0.8},
         "osc_1_distortion_amount", 0.8),
        ({"osc_1_distortion_type": 5, "osc_1_distortion_amount": 0.8},
         "osc_1_distortion_amount", 0.5),
        ({"osc_1_distortion_amount": 0.8}, "osc_1_distortion_amount", 0.5),
        ({"osc_1_spectral_morph_type": 3, "osc_1_spectral_morph_amount": 0.1},
         "osc_1_spectral_morph_amount", 0.1),
        ({"osc_1_spectral_morph_type": 7, "osc_1_spectral_morph_amount": 0.1},
         "osc_1_spectral_morph_amount", 0.5),
        ({"distortion_on": 1, "distortion_drive": 9}, "distortion_drive", 9),
        ({"distortion_on": 1, "distortion_drive": 9, "distortion_type": 5}, "distortion_drive", 0),
        ({"eq_on": 1, "eq_low_gain": 6}, "eq_low_gain", 6),
        ({"eq_on": 1, "eq_low_gain": 6, "eq_low_mode": 1}, "eq_low_gain", 0),
        # Filters: one that no oscillator goes through, of another kind, or fully dry is open.
        ({"filter_1_on": 1, "filter_1_cutoff": 70}, "filter_1_cutoff", 70),
        ({"filter_1_on": 1, "filter_1_cutoff": 70, "osc_1_destination": 3}, "filter_1_cutoff", 28),
        ({"filter_1_on": 1, "filter_1_cutoff": 70, "filter_1_model": 6}, "filter_1_cutoff", 28),
        ({"filter_1_on": 1, "filter_1_cutoff": 70, "filter_1_style": 3}, "filter_1_cutoff", 28),
        ({"filter_1_on": 1, "filter_1_cutoff": 70, "filter_1_style": 1}, "filter_1_cutoff", 70),
        ({"filter_1_on": 1, "filter_1_cutoff": 70, "filter_1_mix": 0}, "filter_1_cutoff", 28),
        ({"filter_2_on": 1, "filter_2_cutoff": 70}, "filter_1_cutoff", 28),
        ({"filter_2_on": 1, "filter_2_cutoff": 70, "osc_1_destination": 1}, "filter_1_cutoff", 70),
        ({"filter_2_on": 1, "filter_2_cutoff": 70, "filter_2_filter_input": 1},
         "filter_1_cutoff", 28),
        ({"filter_2_on": 1, "filter_2_cutoff": 70, "filter_2_filter_input": 1, "filter_1_on": 1,
          "filter_1_model": 6}, "filter_1_cutoff", 70),
        # Rates: in seconds, in beats at 120 a minute, or following the keyboard.
        ({"delay_on": 1, "delay_sync": 0, "delay_frequency": 3.5}, "delay_frequency", 3.5),
        ({"delay_on": 1, "delay_sync": 1, "delay_tempo": 8}, "delay_frequency", 1),
        ({"delay_on": 1, "delay_sync": 3, "delay_tempo": 9}, "delay_frequency", 2 + math.log2(1.5)),
        ({"chorus_on": 1, "chorus_sync": 2, "chorus_tempo": 8},
         "chorus_frequency", math.log2(4 / 3)),
        # Modulations: the amounts of others are not ours.
        ({"modulation_1_amount": 0.5}, "modulation_1_amount", 0),
        ({"modulation_1_amount": 0.5, "env_2_decay": 1.0}, "env_2_decay", 0.3),
        ({"modulations": connected("env_2", "osc_1_level"), "modulation_1_amount": 0.5},
         "modulation_1_amount", 0),
        ({"modulations": connected("env_2", "filter_1_cutoff", 7), "modulation_7_amount": 0.5},
         "modulation_1_amount", 0),
        ({"modulations": connected("env_2", "filter_1_cutoff", 7), "modulation_7_amount": 0.5,
          "filter_1_on": 1}, "modulation_1_amount", 0.5),
        ({"modulations": connected("env_2", "filter_1_cutoff", 7), "modulation_7_amount": 0.5,
          "filter_1_on": 1, "modulation_7_bypass": 1}, "modulation_1_amount", 0),
        ({"modulations": connected("env_2", "filter_2_cutoff", 7), "modulation_7_amount": 0.5,
          "filter_2_on": 1, "osc_1_destination": 1}, "modulation_1_amount", 0.5),
        ({"modulations": connected("env_2", "filter_1_cutoff", 7), "filter_1_on": 1,
          "env_2_decay": 1.0}, "env_2_decay", 1.0),
    ],
)  # fmt: skip
def test_a_value_counts_where_switch_type_and_route_are_the_templates(
    tmp_path: Path, changes: Json, name: str, expected: float
) -> None:
    assert native(tmp_path, changes, load_spec("vital-64"))[name] == pytest.approx(
        expected, abs=1e-5
    )


@pytest.mark.parametrize("version", ["0.9.0", "1.0.0", "1.0.7", "1.5.3"])
def test_vital_converts_no_value_of_a_released_version(tmp_path: Path, version: str) -> None:
    """So reading the file alone gives what Vital plays."""
    spec = load_spec("vital-64")
    patch = own_patch(spec, any_unit(spec, 3)) | {"synth_version": version}
    synth = vita.Synth()
    assert synth.load_json(json.dumps(patch))
    for name, control in synth.get_controls().items():
        assert control.value() == np.float32(patch["settings"][name]), name
    assert np.array_equal(vector(tmp_path, patch, spec), any_unit(spec, 3))


def test_vital_itself_reads_values_that_it_converts(tmp_path: Path) -> None:
    spec = load_spec("vital-64")
    patch = own_patch(spec, any_unit(spec, 3)) | {"synth_version": "0.7.4"}
    patch["settings"]["flanger_center"] = 10.0
    path = tmp_path / "old.vital"
    path.write_text(json.dumps(patch), encoding="utf-8")
    with closing(StateReader(spec)) as reader:
        unit = read_presets(path, spec, reader).unit[0]
    assert spec.to_native(unit)["flanger_center"] == pytest.approx(10 + 53.69, abs=1e-3)
    with pytest.raises(
        StoreError, match=r"old\.vital: Vital 0\.7\.4 saved it.*save the preset again"
    ):
        read_presets(path, spec)
