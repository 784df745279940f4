"""Test the exports of timbre models: each is read back, and played by another synthesizer."""

from __future__ import annotations

import base64
import io
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from datasets.errors import SpecError
from models.export.frames import FRAME_SIZE
from models.resynthesis.player import PresetPlayer
from models.timbre.commands import timbre
from models.timbre.export.archive import export_bytes
from models.timbre.export.distances import (
    LENGTH_S,
    RATE,
    key_distances,
    root_distances,
    sfz_play,
    table_preset,
    vital_play,
)
from models.timbre.export.export import ExportOptions, export_timbre, path_waves
from models.timbre.export.latent_path import path_around, path_of_knobs
from models.timbre.export.sampled_note import sample_note
from models.timbre.export.vital_preset import LOUD, roots_between, vital_preset
from models.timbre.tone import Float32, Float64, sample_envelope
from tests.fakes.formant_timbre import FormantTimbre
from tests.fakes.plain_timbre import PlainTimbre

MODEL = FormantTimbre()
QUIET = [0.5, 0.0]  # without audible noise
OPTIONS = ExportOptions(path_of_knobs(MODEL, [0.0, 0.0], [1.0, 0.0]), "Formant", frames=5)
STEADY = ExportOptions(path_of_knobs(MODEL, QUIET, QUIET), "Formant", low=48, high=72)
OCTAVES = (48, 55, 60, 66, 72)


@pytest.fixture(scope="module")
def vital() -> Iterator[PresetPlayer]:
    pytest.importorskip("vita")
    with PresetPlayer(RATE, LENGTH_S, 1) as player:
        yield player


def written(kind: str, out: Path, options: ExportOptions = OPTIONS) -> bytes:
    assert export_timbre(MODEL, kind, out, options)[-1] == out or kind == "wav"
    return out.read_bytes()


def frames_of(kind: str, content: bytes) -> Float64:
    """Read the frames of a wavetable file, (frames, samples)."""
    if kind == "vitaltable":
        keyframes = json.loads(content)["groups"][0]["components"][0]["keyframes"]
        waves = [base64.b64decode(frame["wave_data"]) for frame in keyframes]
        return np.stack([np.frombuffer(wave, "<f4") for wave in waves]).astype(np.float64)
    if kind == "serum":
        assert b"clm " in content
        return np.asarray(soundfile.read(io.BytesIO(content))[0]).reshape(-1, FRAME_SIZE)
    tag, size, count, _ = struct.unpack("<4sIHH", content[:12])
    assert tag == b"vawt"
    return np.frombuffer(content[12:], "<f4").reshape(count, size).astype(np.float64)


@pytest.mark.parametrize("kind", ["vitaltable", "serum", "surge"])
def test_a_wavetable_follows_the_path(kind: str, tmp_path: Path) -> None:
    frames = frames_of(kind, written(kind, tmp_path / "table"))
    waves = path_waves(MODEL, OPTIONS)
    assert np.allclose(frames, waves / np.abs(waves).max(), atol=1e-6)
    spectra = np.abs(np.fft.rfft(frames, axis=1))
    for frame, point in zip(spectra, OPTIONS.path.points(MODEL, 5), strict=True):
        tone = MODEL.decode(point, 60, LOUD)
        model = sample_envelope(tone.harmonics_db, np.full(len(tone), 261.63))[-1]
        ratio_db = 20 * np.log10(frame[1:40] / frame[1]) - 20 * np.log10(model[:39] / model[0])
        assert np.abs(ratio_db).max() < 0.1


def test_vital_plays_the_model_over_two_octaves(tmp_path: Path, vital: PresetPlayer) -> None:
    preset = written("vital", tmp_path / "a.vital", STEADY)
    found = key_distances(MODEL, STEADY, vital_play(vital, preset), OCTAVES)
    print("vital", found)
    assert max(found.values()) < 3.0
    table = table_preset(written("vitaltable", tmp_path / "a.vitaltable", STEADY))
    found = key_distances(MODEL, STEADY, vital_play(vital, table), [60])
    assert found[60] < 6.0  # without attack and release


def test_the_macro_of_a_vital_preset_follows_the_path(vital: PresetPlayer) -> None:
    preset = vital_preset(MODEL, OPTIONS.path, "Path", [60])
    settings = json.loads(preset)
    assert settings["macro1"] == "TIMBRE"
    for knob, point in zip((0.0, 0.25, 1.0), (0.0, 0.25, 1.0), strict=True):
        settings["settings"]["macro_control_1"] = knob
        audio = vital_play(vital, json.dumps(settings).encode())(60)[RATE // 2 : RATE]
        spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 8 * RATE))
        bins = np.round(8 * 261.6256 * np.arange(1, 20)).astype(int)
        found = np.array([spectrum[at - 16 : at + 17].max() for at in bins])
        ends = [MODEL.decode(p, 60, LOUD) for p in OPTIONS.path.points(MODEL, 3)]
        rows = [sample_envelope(t.harmonics_db[-1:], np.array([261.6256]))[0, :19] for t in ends]
        # Macro 1 fades between three points of the path.
        place = 2 * point
        low, share = min(int(place), 1), place - min(int(place), 1)
        expected = (1 - share) * rows[low] + share * rows[low + 1]
        difference = 20 * np.log10(found / found[0]) - 20 * np.log10(expected / expected[0])
        assert np.abs(difference).max() < 0.3


def test_a_vital_preset_of_a_position_sounds_like_it(vital: PresetPlayer) -> None:
    here = [ExportOptions(path_around(MODEL, [knob, 0.0]), "Here") for knob in (0.2, 0.9)]
    plays = [vital_play(vital, export_bytes(MODEL, "vital", one)[0]) for one in here]
    found = [[key_distances(MODEL, one, play, [60])[60] for play in plays] for one in here]
    print("position", found)
    for row, (own, other) in enumerate((found[0], found[1][::-1])):
        assert own < 3.0 and own < other - 1, row


def test_many_roots_are_no_worse_than_one(vital: PresetPlayer) -> None:
    roots = roots_between(48, 72, 4)
    found = root_distances(MODEL, STEADY, vital, [roots[0], roots[3], roots[-1]])
    print("roots", found)
    for key, distance in found["many"].items():
        assert distance <= found["one"][key] + 0.1
    assert np.mean(list(found["many"].values())) < np.mean(list(found["one"].values()))


def test_sfz_plays_the_model_over_two_octaves(tmp_path: Path) -> None:
    pytest.importorskip("pysfizz")
    options = STEADY
    text = written("sfz", tmp_path / "a.sfz", options).decode()
    found = key_distances(MODEL, options, sfz_play(tmp_path / "a.sfz"), OCTAVES)
    print("sfz", found)
    assert max(found.values()) < 1.5
    regions = text.split("<region>")[1:]
    served = set[tuple[int, int]]()
    for region in regions:
        values = dict(re.findall(r"(\w+)=(\S+)", region))
        keys = range(int(values["lokey"]), int(values["hikey"]) + 1)
        speeds = range(int(values["lovel"]), int(values["hivel"]) + 1)
        pairs = {(key, velocity) for key in keys for velocity in speeds}
        assert not served & pairs
        served |= pairs
        wav = tmp_path / "a-samples" / values["sample"]
        loop = struct.unpack("<6I", wav.read_bytes().split(b"smpl")[1][40:64])
        assert loop[2:4] == (int(values["loop_start"]), int(values["loop_end"]))
        assert int(values["loop_end"]) < soundfile.info(wav).frames
    assert served == {(key, v) for key in range(42, 79) for v in range(1, 128)}


def test_a_decent_sampler_preset_names_its_samples(tmp_path: Path) -> None:
    content = written("dspreset", tmp_path / "a.dspreset", replace(STEADY, low=60, high=63))
    samples = list(ElementTree.fromstring(content).iter("sample"))
    assert len(samples) == 6
    for sample in samples:
        assert (tmp_path / sample.attrib["path"]).is_file()
        assert int(sample.attrib["loopEnd"]) > int(sample.attrib["loopStart"])
    folder = tmp_path / "wav"
    export_timbre(MODEL, "wav", folder, replace(STEADY, low=60, high=60))
    assert [path.name for path in sorted(folder.iterdir())] == [
        f"060-{velocity:03d}.wav" for velocity in (42, 84, 127)
    ]


def largest_step(audio: Float32) -> float:
    return float(np.abs(np.diff(audio.astype(np.float64), 2)).max())


@pytest.mark.parametrize("knobs", [[0.5, 0.0], [0.5, 1.0]])
@pytest.mark.parametrize("model", [MODEL, PlainTimbre()])
def test_the_seam_of_a_loop_does_not_click(model: PlainTimbre, knobs: list[float]) -> None:
    point = path_of_knobs(model, knobs, knobs).points(model, 1)[0]
    for note in (40, 61, 90):
        sample = sample_note(model, point, note, 0.8, RATE)
        assert sample.loop is not None
        start, end = sample.loop
        once = sample.samples[start : end + 1]
        seam = np.concatenate([once[-480:], once[:480]])
        assert largest_step(seam[470:490]) <= 1.05 * largest_step(once)
        cycles = len(once) * 440 * 2 ** ((note - 69) / 12) / RATE
        assert abs(cycles - round(cycles)) < 0.03  # less than 0.1 cent in 0.5 s


def test_a_one_shot_has_no_loop(tmp_path: Path) -> None:
    model = FormantTimbre(loop=False)
    export_timbre(model, "sfz", tmp_path / "a.sfz", replace(STEADY, low=60, high=60))
    text = (tmp_path / "a.sfz").read_text()
    assert "loop_mode=one_shot" in text and "loop_start" not in text
    sample = sample_note(model, model.start, 60, 1.0, RATE)
    assert len(sample.samples) == pytest.approx(1.19 * RATE, abs=2)


def test_wrong_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"'mp3'.*vital, vitaltable"):
        export_timbre(MODEL, "mp3", tmp_path / "a", OPTIONS)
    with pytest.raises(SpecError, match="--low 70 is above --high 60"):
        export_timbre(MODEL, "vital", tmp_path / "a", replace(OPTIONS, low=70, high=60))
    with pytest.raises(SpecError, match="--start: 3 positions"):
        path_of_knobs(MODEL, [0.1, 0.2, 0.3], None)
    with pytest.raises(SpecError, match=r"--end 1\.5"):
        path_of_knobs(MODEL, None, [1.5])
    export = ["export", "violin", "--to", "vital", "--out", str(tmp_path / "a")]
    for options, words in (
        (["--at", "0.5", "--end", "1"], "--at 0.5: it replaces --start and --end"),
        (["--at", "0.5,x"], "--at '0.5,x': give numbers"),
        (["--at", "-1"], "--at -1: a knob's position is from 0 to 1"),
    ):
        result = CliRunner().invoke(timbre, [*export, *options])
        assert isinstance(result.exception, SpecError) and words in str(result.exception)
    assert not list(tmp_path.iterdir())
