"""The wave that a preset's own wavetable plays becomes the nearest frame of the spec's table."""

import base64
import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vita
from numpy.typing import NDArray

from datasets.preset_tables.vital_frames import FRAME, TABLES, keyframes
from datasets.preset_tables.vital_waves import HARMONICS, nearest_frame, table_levels
from datasets.presets import read_presets
from datasets.spec import load_spec

Json = dict[str, Any]
Wave = NDArray[np.float64]
SHAPES = {"sine": 0, "triangle": 64, "sawtooth": 128, "square": 192, "pulse": 256}


@cache
def init_patch() -> Json:
    patch: Json = json.loads(vita.Synth().to_json())
    return patch


def table(*waves: Wave, interpolation: int = 0, style: int = 1) -> Json:
    """A wavetable as Vital saves it, with evenly spaced frames."""
    positions = np.linspace(0, 256, len(waves)).round() if len(waves) > 1 else [0]
    frames = [
        {"position": int(at), "wave_data": base64.b64encode(wave.astype("<f4").tobytes()).decode()}
        for at, wave in zip(positions, waves, strict=True)
    ]
    source: Json = {"type": "Wave Source", "keyframes": frames}
    source |= {"interpolation": interpolation, "interpolation_style": style}
    about = {"name": "mine", "author": "", "version": "1.0.0", "remove_all_dc": True}
    return about | {"full_normalize": True, "groups": [{"components": [source]}]}


def random_wave(seed: int) -> Wave:
    random = np.random.default_rng(seed)
    size = np.arange(1, 200.0) ** -random.uniform(0.3, 2) * 10 ** (random.normal(0, 8, 199) / 20)
    spectrum = np.zeros(FRAME // 2 + 1, np.complex128)
    spectrum[1:200] = size * np.exp(2j * np.pi * random.random(199))
    wave = np.fft.irfft(spectrum)
    return np.asarray(wave / np.abs(wave).max())


def played(wavetable: Json, frame: float) -> Wave:
    """The harmonics of A2 in Vital, in dB below the loudest."""
    patch = copy.deepcopy(init_patch())
    patch["settings"]["wavetables"][0] = wavetable
    patch["settings"] |= {"osc_1_wave_frame": frame, "env_1_sustain": 1.0}
    synth = vita.Synth()
    assert synth.load_json(json.dumps(patch))
    audio = synth.render(45, 0.8, 0.7, 0.8)[0][8820 : 8820 + 22050]
    power = np.abs(np.fft.rfft(audio * np.blackman(len(audio))))
    found = np.array([power[55 * n - 2 : 55 * n + 3].max() for n in range(1, HARMONICS + 1)])
    return np.asarray(20 * np.log10(found / found.max()))


@pytest.mark.parametrize("interpolation", [0, 1])
@pytest.mark.parametrize("style", [0, 1])
def test_a_table_is_read_as_vital_plays_it(interpolation: int, style: int) -> None:
    waves = [random_wave(seed) for seed in range(3)]
    one = table(*waves, interpolation=interpolation, style=style)
    one["groups"] += table(random_wave(9))["groups"]  # Vital adds the groups
    for frame in (0.0, 40.0, 128.0, 200.6, 256.0):
        read = table_levels(one, frame)
        assert read is not None
        heard = read > -50
        assert heard.sum() > 20
        assert np.abs(played(one, frame) - read)[heard].mean() < 0.2, frame


@pytest.mark.parametrize("own", TABLES)
def test_each_frame_of_an_own_table_is_found_in_any_other_table(own: str) -> None:
    frames = [base64.b64decode(str(one["wave_data"])) for one in keyframes(own)]
    waves = [np.frombuffer(frame, "<f4").astype(np.float64) for frame in frames]
    at = [int(str(one["position"])) for one in keyframes(own)]
    foreign = table(*(0.3 * np.roll(wave, 300) for wave in reversed(waves)))
    for number, position in enumerate(reversed(at)):
        where = 256 * number / (len(waves) - 1)
        found = nearest_frame(foreign, round(where), own)
        assert found is not None and abs(found - position) <= 4


def test_vitals_own_saw_is_the_sawtooth_of_our_shapes(tmp_path: Path) -> None:
    path = tmp_path / "init.vital"
    path.write_text(json.dumps(init_patch()), encoding="utf-8")
    for name in ("vital-16", "vital-32", "vital-64"):
        spec = load_spec(name)
        native = spec.to_native(read_presets(path, spec).unit[0])
        assert native["osc_1_wave_frame"] == pytest.approx(SHAPES["sawtooth"], abs=4)


def _without(one: Json, *keys: object) -> Json:
    place = changed = copy.deepcopy(one)
    for key in keys[:-1]:
        place = place[key]  # type: ignore[index]
    del place[keys[-1]]  # type: ignore[arg-type]
    return changed


FIRST = ("groups", 0, "components", 0)
MINE = table(random_wave(1), random_wave(2))


@pytest.mark.parametrize(
    "unread",
    [
        None,
        [],
        {},
        {"groups": []},
        {"groups": [3]},
        {"groups": [{"components": []}]},
        {"groups": [{"components": [{"type": "Audio File Source"}]}]},
        {"groups": [{"components": [*MINE["groups"][0]["components"], {"type": "Wave Folder"}]}]},
        table(np.zeros(FRAME)),
        table(np.full(FRAME, np.nan)),
        table(np.ones(FRAME // 2)),
        _without(MINE, *FIRST, "keyframes"),
        _without(MINE, *FIRST, "keyframes", 0, "position"),
        _without(MINE, *FIRST, "keyframes", 0, "wave_data"),
        _without(MINE, *FIRST, "type"),
    ],
)
def test_the_frame_of_a_table_that_cannot_be_read_stays(unread: object, tmp_path: Path) -> None:
    assert nearest_frame(unread, 100.0, "shapes") is None
    patch = copy.deepcopy(init_patch())
    patch["settings"]["wavetables"][0] = unread
    patch["settings"]["osc_1_wave_frame"] = 100.0
    path = tmp_path / "one.vital"
    path.write_text(json.dumps(patch), encoding="utf-8")
    spec = load_spec("vital-32")
    assert spec.to_native(read_presets(path, spec).unit[0])["osc_1_wave_frame"] == 100.0
