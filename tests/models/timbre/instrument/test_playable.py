"""A timbre model as an instrument: knobs are axes, presets are positions, files are exports."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from datasets.errors import AudioError, RenderError, ServeError, SpecError
from models.instrument.instrument import Instrument
from models.instrument.morph import morph
from models.instrument.protocols import OwnSynth
from models.matching.options import MatchOptions, Progress
from models.timbre.export.latent_path import path_around
from models.timbre.instrument.matcher import TimbreMatcher
from models.timbre.instrument.playable import TimbrePlayable, open_timbre, timbre_playable
from models.timbre.latent import position_of_knobs
from renderer.plugins.patch_template import PatchFile
from tests.fakes.formant_timbre import FormantTimbre

FORMANT = timbre_playable(FormantTimbre(), "formant")


@pytest.fixture(scope="module")
def violin() -> TimbrePlayable:
    return open_timbre("violin")


def test_a_knob_is_an_axis_and_its_default_position_is_the_start(violin: TimbrePlayable) -> None:
    assert isinstance(violin, OwnSynth)
    instrument = Instrument(violin)
    assert [knob.name for knob in instrument.knobs] == [axis.name for axis in violin.timbre.axes]
    assert np.array_equal(instrument.unit, violin.start)
    position = instrument.knob(2).position
    (changed,) = instrument.turn(2, 0.9)
    assert changed.name == violin.timbre.axes[1].name
    assert changed.unit == pytest.approx(0.9, abs=1e-6) and changed.text == "90.0 %"
    instrument.turn(2, position)
    assert np.array_equal(instrument.unit, violin.start)


def test_a_position_of_knobs_is_the_models_own(violin: TimbrePlayable) -> None:
    unit = np.linspace(0, 1, len(violin.spec)).astype(np.float32)
    position = violin.position(unit)
    assert position == position_of_knobs(violin.timbre.axes, unit.tolist())
    assert violin.surroundings().unit(position) == pytest.approx(unit, abs=1e-5)


def test_a_morph_ends_at_its_corners_and_is_straight_between_them(violin: TimbrePlayable) -> None:
    a, b = np.full(8, 0.2, np.float32), np.full(8, 0.7, np.float32)
    assert np.array_equal(morph(violin.model, violin.spec, [a, b], [1, 0]), a)
    middle = morph(violin.model, violin.spec, [a, b], [1, 1])
    assert middle == pytest.approx(np.full(8, 0.45), abs=1e-6)
    between = violin.timbre.morph(violin.position(a), violin.position(b), 0.5)
    assert violin.position(middle).array() == pytest.approx(between.array(), abs=1e-5)


def test_models_of_one_name_are_distinguished_by_their_content() -> None:
    other = timbre_playable(FormantTimbre(), "another")
    assert other.spec.names == FORMANT.spec.names
    assert other.spec.digest() != FORMANT.spec.digest()


def test_neighbours_are_training_sounds_and_new_positions_at_a_distance(
    violin: TimbrePlayable,
) -> None:
    around = violin.surroundings()
    known = around.known(violin.start, 5)
    assert len({one.name for one in known}) == 5
    assert [one.distance for one in known] == sorted(one.distance for one in known)
    fresh = around.fresh(violin.start, 1.0, 6, 3)
    assert [one.distance for one in fresh] == pytest.approx([1.0] * 6, abs=0.1)
    for one in fresh:
        assert 0 <= one.unit.min() and one.unit.max() <= 1
    with pytest.raises(ServeError, match=r"-1\.0 dB: outside 0\.\.40"):
        around.fresh(violin.start, -1.0, 1, 0)


def test_the_middle_of_the_path_is_the_position_itself(violin: TimbrePlayable) -> None:
    knobs = [0.8, 0.3, *[0.5] * 6]
    path = path_around(violin.timbre, knobs)
    (middle,) = path.points(violin.timbre, 1)
    start, same, end = path.points(violin.timbre, 3)
    here = position_of_knobs(violin.timbre.axes, knobs).array()
    assert middle == same and middle.array() == pytest.approx(here, abs=1e-6)
    assert [violin.timbre.axes[0].knob(one.values[0]) for one in (start, end)] == pytest.approx(
        [0.0, 1.0], abs=1e-6
    )
    assert start.values[1:] == pytest.approx(middle.values[1:], abs=1e-6)
    with pytest.raises(SpecError, match="at most one for each"):
        path_around(violin.timbre, [0.5] * 9)


@pytest.mark.parametrize("form", FORMANT.formats)
def test_every_format_is_one_file(form: str) -> None:
    narrow = replace(FORMANT, timbre=FormantTimbre(pitch_range=(60.0, 62.0)))
    content, suffix = narrow.export(FORMANT.start, "Reed", form)
    if suffix != ".zip":
        assert len(content) > 1000
        return
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert any(name.endswith(".wav") for name in names)
    if form != "wav":
        assert f"instrument.{form}" in names


def test_a_preset_holds_its_title_and_another_position_is_another_preset() -> None:
    first = json.loads(FORMANT.export(FORMANT.start, "Reed")[0])
    other = json.loads(FORMANT.export(np.array([0.5, 1.0], np.float32), "Reed")[0])
    assert first["preset_name"] == "Reed"
    assert first["settings"]["wavetables"] == other["settings"]["wavetables"]
    assert first["settings"]["sample_level"] < other["settings"]["sample_level"]


@pytest.fixture(scope="module")
def note(violin: TimbrePlayable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A note of the violin at its start, after half a second of silence."""
    audio, rate = TimbreMatcher(violin).hear(violin.start, 67)
    path = tmp_path_factory.mktemp("note") / "note.wav"
    soundfile.write(path, np.concatenate([np.zeros(rate // 2), audio[0]]), rate)
    return path


def test_a_note_of_the_model_is_matched_by_a_near_note(violin: TimbrePlayable, note: Path) -> None:
    seen: list[Progress] = []
    found = TimbreMatcher(violin).match(note, MatchOptions(), seen.append)
    document = found.to_dict()
    assert json.loads(json.dumps(document)) == document
    assert document["note"]["midi"] == 67 and 2.8 < document["note"]["hold_s"] < 3.3
    assert document["distance"] < 5.0  # dB; another seed of the noise alone makes 1 to 2
    assert [one.renders for one in seen] == [0, 1]
    assert json.loads(found.preset)["preset_name"] == "violin note"
    far, _ = TimbreMatcher(violin).hear(np.array([1.0, 0.0] * 4, np.float32), 67)
    assert far.shape == (1, 4 * 48000)


def test_locked_axes_keep_the_current_position(violin: TimbrePlayable, note: Path) -> None:
    present = tuple([0.25] * 8)
    locked = violin.spec.names[:2]
    found = TimbreMatcher(violin).match(note, MatchOptions(present=present, locked=locked))
    assert found.unit[:2].tolist() == [0.25, 0.25]
    assert (found.unit[2:] != 0.25).all()


def test_sounds_near_a_note_have_the_names_of_the_training_notes(
    violin: TimbrePlayable, note: Path
) -> None:
    near = TimbreMatcher(violin).near(note, MatchOptions(), 3)
    assert len(near) == 3 and all(one.name.endswith(".wav") for one in near)


def test_what_is_no_note_and_what_needs_a_synth_is_refused(
    violin: TimbrePlayable, tmp_path: Path
) -> None:
    matcher, path = TimbreMatcher(violin), tmp_path / "noise.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).normal(size=48000), 48000)
    with pytest.raises(AudioError, match="single notes"):
        matcher.match(path, MatchOptions())
    with pytest.raises(SpecError, match="violin is a timbre model"):
        matcher.match(path, MatchOptions(method="resynthesis"))
    with pytest.raises(RenderError, match="plays no preset files"):
        matcher.hear_preset(b"{}", 60)
    with pytest.raises(SpecError, match=r"a\.vital: violin is a timbre model"):
        matcher.read_patch(PatchFile("a.vital", b"{}"))
