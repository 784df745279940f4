"""A whole preset file as an instrument: the knobs change its macros and nothing else."""

import json

import numpy as np
import pytest

from datasets.clip import hash_of
from datasets.errors import RenderError, StoreError
from models.instrument.instrument import Instrument
from models.instrument.patch_instrument import patch_playable
from renderer.engines.vita_patch import MACROS
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool, whole
from tests.fakes.vital_patch import MACRO_NAMES, changed, vital_file


def test_macros_are_the_knobs_and_start_where_the_file_has_them() -> None:
    patch = patch_playable(vital_file())
    instrument = Instrument(patch)
    assert patch.name == "Mine" and patch.spec.names == MACROS
    assert [knob.name for knob in instrument.knobs] == MACRO_NAMES
    expected = np.array([0.123456789, 1, 0, 0], np.float32)
    assert np.array_equal(instrument.unit, expected)
    assert [knob.position for knob in instrument.knobs] == expected.tolist()
    assert [value.text for value in instrument.refresh()] == ["0.1235", "1", "0", "0"]


def test_at_default_positions_the_file_is_unchanged() -> None:
    patch = patch_playable(vital_file())
    instrument = Instrument(patch)
    assert instrument.preset(instrument.unit, "Mine") == (vital_file(), ".vital")
    renamed, _ = instrument.preset(instrument.unit, "Yours")
    assert json.loads(renamed) == json.loads(vital_file()) | {"preset_name": "Yours"}
    instrument.turn(1, 0.75)
    instrument.turn(1, instrument.knobs[0].position)
    instrument.turn(1, float(patch.start[0]))
    assert instrument.preset(instrument.unit, "Mine")[0] == vital_file()


def test_a_knob_moves_its_macro_and_nothing_else() -> None:
    patch = patch_playable(vital_file())
    instrument = Instrument(patch)
    (change,) = instrument.turn(3, 0.25)
    assert (change.name, change.unit) == ("macro_control_3", 0.25)
    written, _ = instrument.preset(instrument.unit, "Mine")
    assert json.loads(written) == changed(vital_file(), macro_control_3=0.25)
    assert patch.preset(instrument.unit, "Mine") == written  # without a synth
    again = Instrument(patch_playable(written))
    assert np.array_equal(again.unit, instrument.unit)


def test_a_file_without_macros_has_them_at_zero() -> None:
    patch = json.loads(vital_file())
    for name in MACROS:
        del patch["settings"][name]
    bare = json.dumps(patch).encode()
    instrument = Instrument(patch_playable(b"\xef\xbb\xbf" + bare))
    assert not instrument.unit.any()
    assert instrument.preset(instrument.unit, "Mine")[0] == bare


def test_a_written_file_plays_as_the_instrument_does() -> None:
    """A moved macro sounds the same from the written file as from the instrument's own synth."""
    patch = patch_playable(vital_file())
    moved = patch.start.copy()
    moved[0] = 0.9
    edited = json.dumps(changed(vital_file(), macro_control_1=float(moved[0]))).encode()
    files = [vital_file(), patch.preset(moved, "Mine"), edited]
    with RenderPool(patch.spec, 1) as pool:
        jobs = [RenderJob(i, 48, 100, preset=file) for i, file in enumerate(files)]
        jobs.append(RenderJob(3, 48, 100, unit=moved))
        hashes = [hash_of(one.audio) for one in pool.render(jobs, whole) if one.audio is not None]
    file, moved_file, edited_file, moved_here = hashes
    assert moved_file == edited_file == moved_here != file


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "no 'settings'"),
        (b'{"settings": {"macro_control_2": 1.5}}', "macro_control_2 is 1.5"),
        (b'{"settings": {"macro_control_2": true}}', "macro_control_2 is True"),
        (b'{"settings": {"macro_control_2": NaN}}', "macro_control_2 is nan"),
        (b" " * (16 * 2**20 + 1), "over 16 MB"),
    ],
)
def test_other_bytes_are_refused_in_one_line(file: bytes, says: str) -> None:
    with pytest.raises(StoreError, match=says) as error:
        patch_playable(file, "a.vital")
    assert str(error.value).startswith("a.vital") and "\n" not in str(error.value)


@pytest.mark.parametrize("wrong", [{"osc_1_level": "loud"}, {"wavetables": 3}, {"lfos": [None]}])
def test_a_patch_that_vital_refuses_is_a_render_error(wrong: dict[str, object]) -> None:
    with pytest.raises(RenderError, match="Vital refused"):
        Instrument(patch_playable(json.dumps(changed(vital_file(), **wrong)).encode()))
