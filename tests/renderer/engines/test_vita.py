"""Vital through its own engine: renders repeat bit for bit, presets carry the whole patch."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vita

from datasets.errors import RenderError, SpecError
from datasets.preset_tables.vital_frames import TABLES, keyframes
from datasets.sampler import sample
from datasets.spec import FloatArray, SynthSpec, load_spec
from renderer.engines.base import Audio, open_engine
from renderer.engines.vita import VitaEngine
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool, whole

NAME = "vital-64"  # every module of the template is on
HOLD_S, LENGTH_S = 0.3, 0.5


@pytest.fixture(scope="module")
def spec() -> SynthSpec:
    """vital-64 with notes short enough for a test."""
    data = load_spec(NAME).to_dict()
    data["note"] |= {"hold_s": HOLD_S, "length_s": LENGTH_S}
    return SynthSpec.from_dict(data)


@pytest.fixture(scope="module")
def jobs(spec: SynthSpec) -> list[RenderJob]:
    draws = [sample(spec, 11, index) for index in range(4)]
    loud = [np.maximum(draw.unit, 0.35).astype(np.float32) for draw in draws]
    return [
        RenderJob(d.index, d.note, d.velocity, spec.snap(u))
        for d, u in zip(draws, loud, strict=True)
    ]


def unit_of(job: RenderJob) -> FloatArray:
    assert job.unit is not None
    return job.unit


@pytest.fixture(scope="module")
def presets(spec: SynthSpec, jobs: list[RenderJob]) -> list[bytes]:
    """The patches of the jobs, saved by one engine that has rendered in between."""
    engine = VitaEngine(spec)
    saved = []
    for job in jobs[:2]:
        engine.set(spec.to_native(unit_of(job)))
        engine.render(job.note, job.velocity, HOLD_S, LENGTH_S)
        saved.append(engine.preset(f"patch {job.index}"))
    return saved


@pytest.fixture(scope="module")
def renders(spec: SynthSpec, jobs: list[RenderJob], presets: list[bytes]) -> dict[str, list[Audio]]:
    """The jobs by one worker, twice over in other orders by two workers, and from presets."""
    from_presets = [
        RenderJob(0, job.note, job.velocity, preset=preset)
        for job, preset in zip(jobs, presets, strict=False)
    ]
    orders = jobs + jobs[::-1] + from_presets
    with RenderPool(spec, 1) as one:
        alone = [r.audio for r in one.render(jobs, whole)]
    with RenderPool(spec, 2) as two:
        shared = [r.audio for r in two.render(orders, whole)]
    assert all(audio is not None for audio in alone + shared)
    kept = [audio for audio in alone + shared if audio is not None]
    size = len(jobs)
    return {
        "one": kept[:size],
        "two": kept[size : 2 * size],
        "backwards": kept[2 * size : 3 * size][::-1],
        "presets": kept[3 * size :],
    }


def test_renders_repeat_in_any_order_and_layout(renders: dict[str, list[Audio]]) -> None:
    for i, audio in enumerate(renders["one"]):
        assert audio.shape == (2, round(LENGTH_S * 44100)) and np.abs(audio).max() > 1e-3
        assert np.array_equal(audio, renders["two"][i])
        assert np.array_equal(audio, renders["backwards"][i])
    assert len({audio.tobytes() for audio in renders["one"]}) == len(renders["one"])


def test_two_engines_give_one_sound(
    spec: SynthSpec, jobs: list[RenderJob], renders: dict[str, list[Audio]]
) -> None:
    """Vital draws a new noise sample for every instance; ours is fixed."""
    at = spec.names.index("sample_level")
    assert unit_of(jobs[0])[at] > 0.3, "the patch must hold noise to show anything"
    for _ in range(2):
        engine = open_engine(spec)
        engine.set(spec.to_native(unit_of(jobs[0])))
        audio = engine.render(jobs[0].note, jobs[0].velocity, HOLD_S, LENGTH_S)
        assert np.array_equal(audio, renders["one"][0])


def play_preset(preset: bytes, job: RenderJob) -> Audio:
    """What somebody else's fresh Vital makes of a preset."""
    synth = vita.Synth()
    synth.set_sample_rate(44100)
    assert synth.load_json(preset.decode())
    return np.ascontiguousarray(
        synth.render(job.note, job.velocity / 127, HOLD_S, LENGTH_S), np.float32
    )


def test_a_saved_preset_sounds_as_its_patch(
    jobs: list[RenderJob], presets: list[bytes], renders: dict[str, list[Audio]]
) -> None:
    for i, preset in enumerate(presets):
        fresh = play_preset(preset, jobs[i])
        assert np.array_equal(fresh, renders["presets"][i])
        # Setting controls on the loaded template is not bit-equal to it (modulations), but near.
        assert np.abs(fresh - renders["one"][i]).max() < 1e-4 * np.abs(fresh).max()  # -80 dB


def test_a_saved_preset_sounds_the_same_in_another_process(
    jobs: list[RenderJob], presets: list[bytes], renders: dict[str, list[Audio]], tmp_path: Path
) -> None:
    path = tmp_path / "preset.vital"
    path.write_bytes(presets[0])
    code = (
        "import sys, hashlib, vita, numpy as np\n"
        "synth = vita.Synth()\n"
        "synth.set_sample_rate(44100)\n"
        "assert synth.load_json(open(sys.argv[1], encoding='utf-8').read())\n"
        f"audio = synth.render(int(sys.argv[2]), {jobs[0].velocity} / 127, {HOLD_S}, {LENGTH_S})\n"
        "print(hashlib.sha256(np.ascontiguousarray(audio, np.float32).tobytes()).hexdigest())\n"
    )
    command = [sys.executable, "-c", code, str(path), str(jobs[0].note)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    wanted = hashlib.sha256(renders["presets"][0].tobytes()).hexdigest()
    assert done.stdout.split()[-1] == wanted


def test_a_preset_holds_the_full_patch(
    spec: SynthSpec, jobs: list[RenderJob], presets: list[bytes]
) -> None:
    patch: dict[str, Any] = json.loads(presets[0])
    settings = patch["settings"]
    assert patch["synth_version"] == "1.5.5"
    assert patch["preset_name"] == "patch 0"
    native = {k: float(v) for k, v in spec.template["controls"].items()}
    native |= spec.to_native(unit_of(jobs[0]))
    for name, value in native.items():
        assert settings[name] == pytest.approx(value, rel=1e-6, abs=1e-6), name
    for slot, modulation in enumerate(spec.template["modulations"]):
        assert modulation.items() <= settings["modulations"][slot].items()
    for oscillator, table in enumerate(spec.template["wavetables"]):
        wavetable = settings["wavetables"][oscillator]
        frames = wavetable["groups"][0]["components"][0]["keyframes"]
        assert [f["position"] for f in frames] == [f["position"] for f in keyframes(table)]
        assert len(frames) == len(TABLES[table]()) > 1
    assert settings["sample"]["length"] == 44100


def test_an_own_preset_is_taken_back(spec: SynthSpec, presets: list[bytes]) -> None:
    engine = VitaEngine(spec)
    engine.load_preset(presets[1])
    again = json.loads(engine.preset("patch 1"))
    assert again["settings"] == json.loads(presets[1])["settings"]


def test_what_is_no_preset_is_refused(spec: SynthSpec) -> None:
    with pytest.raises(RenderError, match="refused"):
        VitaEngine(spec).load_preset(b"not a preset")


def test_every_exponential_control_takes_the_value_it_is_given(spec: SynthSpec) -> None:
    """``set_normalized`` does not; this is why the engine never calls it."""
    synth = vita.Synth()
    engine = VitaEngine(spec)
    names = [
        name
        for name in synth.get_controls()
        if synth.get_control_details(name).scale == vita.constants.ValueScale.Exponential
    ]
    assert len(names) >= 20
    for share in (0.0, 0.3, 1.0):
        values = {}
        for name in names:
            details = synth.get_control_details(name)
            values[name] = details.min + share * (details.max - details.min)
        engine.set(values)
        settings = json.loads(engine.preset("set"))["settings"]
        for name, value in values.items():
            assert settings[name] == pytest.approx(value, rel=1e-5, abs=1e-5), name


def test_texts_show_the_exponent_of_two(spec: SynthSpec) -> None:
    engine = VitaEngine(spec)
    engine.set({"reverb_decay_time": 2.0})
    assert engine.text("reverb_decay_time").split()[0].startswith("4")
    assert engine.text("reverb_decay_time").endswith("secs")
    engine.set({"reverb_decay_time": -1.0})
    assert float(engine.text("reverb_decay_time").split()[0]) == pytest.approx(0.5)


def test_unknown_controls_are_named(spec: SynthSpec) -> None:
    with pytest.raises(SpecError, match="osc_9_level"):
        VitaEngine(spec).set({"osc_9_level": 1.0})
    data = spec.to_dict()
    data["template"] = data["template"] | {"controls": {"osc_9_on": 1}}
    with pytest.raises(SpecError, match="osc_9_on"):
        VitaEngine(SynthSpec.from_dict(data))
    data["template"] = load_spec(NAME).to_dict()["template"] | {"wavetables": ["noodles"]}
    with pytest.raises(SpecError, match=r"noodles.*shapes, vowels, partials"):
        VitaEngine(SynthSpec.from_dict(data))
