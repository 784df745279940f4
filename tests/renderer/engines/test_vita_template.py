"""Put Vital's specs on a player's own patch, with the real synth."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from datasets.errors import StoreError
from datasets.spec import SynthSpec, load_spec

vita = pytest.importorskip("vita", reason="no wheel of vita for this platform")

from renderer.engines.vita import VitaEngine  # noqa: E402
from renderer.engines.vita_template import vital_template  # noqa: E402

SPEC = load_spec("vital-32")
SOURCES = ("osc_1", "osc_2", "osc_3", "sample")


def patch(**settings: float) -> dict[str, Any]:
    """Make a patch with FM, a second oscillator, a chorus and a mapped macro."""
    data: dict[str, Any] = json.loads(vita.Synth().to_json())
    data |= {"preset_name": "Mine", "author": "Somebody", "comments": "Warm", "macro1": "Bite"}
    data["settings"] |= {
        "osc_1_random_phase": 0.0, "osc_2_on": 1.0, "osc_2_random_phase": 0.0,
        "osc_1_distortion_type": 7.0, "osc_1_distortion_amount": 0.4, "filter_1_on": 1.0,
        "filter_1_cutoff": 80.0, "chorus_on": 1.0, "chorus_sync": 0.0,
    }  # fmt: skip
    slots = data["settings"]["modulations"]
    slots[4] |= {"source": "env_2", "destination": "filter_1_cutoff"}
    slots[0] |= {"source": "macro_control_1", "destination": "osc_2_wave_frame"}
    data["settings"] |= {"modulation_5_amount": 0.25, "modulation_1_amount": 0.5} | settings
    return data


def written(data: dict[str, Any]) -> bytes:
    return json.dumps(data).encode()


def moved(spec: SynthSpec, unit: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return the preset of a unit vector on a patch."""
    engine = VitaEngine(spec)
    engine.set(spec.to_native(unit))
    preset: dict[str, Any] = json.loads(engine.preset("match"))
    return preset


def play(spec: SynthSpec, unit: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    engine = VitaEngine(spec)
    engine.set(spec.to_native(unit))
    return engine.render(57, 100, 0.3, 0.5)


def test_the_patch_itself_comes_back_to_the_last_value_and_sample() -> None:
    data = patch(env_1_attack=2.5, osc_1_transpose=5.0, filter_1_drive=-3.0)
    template = vital_template(SPEC, written(data), "mine.vital")
    assert moved(template.spec, template.unit) == data
    file = vita.Synth()
    file.load_json(json.dumps(data))
    rendered = file.render(57, 100 / 127, 0.3, 0.5 + 0.5 / 44100)[:, : 44100 // 2]
    assert np.array_equal(play(template.spec, template.unit), rendered)


def test_only_parameters_of_the_model_move() -> None:
    data = patch()
    template = vital_template(SPEC, written(data), "mine.vital")
    unit = np.where(template.unit < 0.5, template.unit + 0.2, template.unit - 0.2)
    unit = template.spec.snap(unit.astype(np.float32))
    preset = moved(template.spec, unit)
    changed = {k for k, v in data["settings"].items() if preset["settings"][k] != v}
    allowed = {*SPEC.names, "modulation_5_amount"} - set(template.idle) - {"modulation_1_amount"}
    assert changed and changed <= allowed
    assert {k: v for k, v in preset.items() if k != "settings"} == {
        k: v for k, v in data.items() if k != "settings"
    }


def test_a_modulation_is_found_in_its_slot_or_is_idle() -> None:
    template = vital_template(SPEC, written(patch()), "mine.vital")
    assert template.spec.template["renamed"] == {"modulation_1_amount": "modulation_5_amount"}
    assert "modulation_2_amount" in template.idle and "lfo_1_frequency" in template.idle
    assert any("lfo_1" in note for note in template.notes)


def test_a_module_that_is_off_is_idle_and_named() -> None:
    data = patch(filter_1_on=0.0)
    template = vital_template(SPEC, written(data), "mine.vital")
    assert {"filter_1_cutoff", "filter_1_resonance", "reverb_dry_wet"} <= set(template.idle)
    assert "osc_2_level" not in template.idle
    assert any("filter_1 off" in note for note in template.notes)
    unit = template.unit.copy()
    unit[SPEC.names.index("filter_1_cutoff")] = 0.1
    assert moved(template.spec, unit) == data


LOUD = {"osc_2_on": 1.0, "osc_2_level": 0.7, "osc_3_level": 0.7, "sample_level": 0.7}
UNFILTERED = dict.fromkeys([f"{one}_destination" for one in SOURCES], 3.0)


@pytest.mark.parametrize(
    ("name", "silent", "acts"),
    [
        ("osc_1_distortion_amount", {"osc_1_distortion_type": 0.0}, {"osc_1_distortion_type": 2.0}),
        ("osc_1_distortion_amount", {"osc_1_distortion_type": 8.0}, {"osc_3_on": 1.0}),
        ("osc_2_distortion_amount", {"osc_2_distortion_type": 9.0}, {"sample_on": 1.0}),
        ("lfo_1_frequency", {"lfo_1_sync": 1.0}, {"lfo_1_sync": 0.0}),
        ("modulation_2_amount", {"modulation_7_bypass": 1.0}, {"modulation_7_bypass": 0.0}),
        ("filter_1_cutoff", UNFILTERED, {"osc_2_destination": 2.0}),
        (
            "filter_1_cutoff",
            UNFILTERED | {"filter_2_on": 1.0, "osc_1_destination": 1.0},
            {"filter_1_filter_input": 1.0},
        ),
        ("filter_1_blend", {"filter_1_model": 5.0}, {"filter_1_model": 0.0}),
        ("filter_1_drive", {"filter_1_model": 6.0}, {"filter_1_model": 7.0}),
    ],
)
def test_what_is_idle_is_silent_in_vital(
    name: str, silent: dict[str, float], acts: dict[str, float]
) -> None:
    for changes, expected in ((silent, True), (silent | acts, False)):
        data = patch(**{**LOUD, "osc_3_on": 0.0, "sample_on": 0.0, "modulation_7_amount": 0.5})
        data["settings"]["modulations"][6] |= {"source": "lfo_1", "destination": "filter_1_cutoff"}
        data["settings"] |= dict.fromkeys([f"{one}_random_phase" for one in SOURCES], 0.0) | changes
        template = vital_template(SPEC, written(data), "mine.vital")
        assert (name in template.idle) is expected
        parameter = SPEC.parameters[SPEC.names.index(name)]
        control = template.spec.template["renamed"].get(name, name.replace("tion_2", "tion_7"))
        sounds = []
        for share in (0.3, 0.7):
            data["settings"][control] = parameter.to_native(share)
            file = vita.Synth()
            file.load_json(json.dumps(data))
            sounds.append(file.render(57, 0.8, 0.1, 0.15))
        assert np.array_equal(*sounds) is expected


def test_a_file_of_an_old_version_moves_as_vital_converts_it() -> None:
    data = patch(filter_1_style=1.0, filter_1_blend=0.0) | {"synth_version": "0.8.5"}
    template = vital_template(SPEC, written(data), "old.vital")
    assert any("0.8.5: converted" in note for note in template.notes)
    unit = template.unit.copy()
    unit[SPEC.names.index("filter_1_blend")] = 0.5
    engine = VitaEngine(template.spec)
    engine.load_preset(written(moved(template.spec, unit)))
    assert engine.read()["filter_1_blend"] == pytest.approx(1.0)


def test_a_file_of_an_old_version_keeps_its_sample() -> None:
    """Vital rounds a sample's values again when it writes them: one of them would change by 1."""
    data = patch(sample_on=1.0) | {"synth_version": "0.8.5"}
    values = np.random.default_rng(1).integers(-30000, 30000, 2000).astype("<i2")
    data["settings"]["sample"] |= {
        "length": len(values),
        "samples": base64.b64encode(values.tobytes()).decode(),
    }
    template = vital_template(SPEC, written(data), "old.vital")
    kept = moved(template.spec, template.unit)
    assert kept["settings"]["sample"] == data["settings"]["sample"]


def test_a_value_beyond_the_range_is_kept_and_the_knob_reaches_it() -> None:
    template = vital_template(SPEC, written(patch(env_1_attack=2.0)), "mine.vital")
    index = SPEC.names.index("env_1_attack")
    parameter = template.spec.parameters[index]
    assert template.unit[index] == 1.0 and parameter.to_native(1.0) == 2.0
    natives = [parameter.to_native(unit) for unit in np.linspace(0, 1, 101)]
    assert natives == sorted(natives) and natives[50] == SPEC.parameters[index].to_native(0.5)
    assert any("env_1_attack is 2, beyond" in note for note in template.notes)


def test_labels_replace_name_author_and_comment() -> None:
    labels = {"name": "New", "author": "Me", "comment": "Bright"}
    template = vital_template(SPEC, written(patch()), "mine.vital", labels)
    preset = moved(template.spec, template.unit)
    found = (preset["preset_name"], preset["author"], preset["comments"], preset["macro1"])
    assert found == ("New", "Me", "Bright", "Bite")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"settings": 3}', b"\xff\xfe"])
def test_what_is_not_a_patch_is_refused(content: bytes) -> None:
    with pytest.raises(StoreError, match=r"mine\.vital"):
        vital_template(SPEC, content, "mine.vital")
