"""Preset files of the real amsynth end where it stops reading."""

import struct

import numpy as np
import pytest

from models.matching.objective import play_preset
from renderer.plugins.fxp import CHUNK_SIZE_AT, ended
from renderer.workers.pool import RenderPool
from tests.programs.real_plugins import amsynth
from tests.renderer.workers.test_state_reader import Save, hosted


def made(magic: bytes, chunk: bytes) -> bytes:
    at = CHUNK_SIZE_AT[magic]
    return b"CcnK" + bytes(4) + magic + bytes(at - 12) + struct.pack(">i", len(chunk)) + chunk


@pytest.mark.parametrize("magic", CHUNK_SIZE_AT)
def test_only_amsynths_text_is_given_an_end(magic: bytes) -> None:
    assert ended(made(magic, b"amSynth1.0preset\n")) == made(magic, b"amSynth1.0preset\n\0")
    for left in (made(magic, b"other"), made(magic, b"amSynth\0"), made(magic, b"amSynth") + b"x"):
        assert ended(left) == left
    for cut in range(len(made(magic, b"amSynth"))):
        assert ended(made(magic, b"amSynth")[:cut]) == made(magic, b"amSynth")[:cut]


def test_what_amsynth_saves_has_an_end_and_plays_with_or_without_it() -> None:
    spec = hosted("amsynth-34", amsynth())
    unit = spec.snap(np.random.default_rng(8).random(len(spec)))
    with RenderPool(spec, 1) as pool:
        preset = pool.ask(Save(unit))
        assert preset[156:160] == struct.pack(">i", len(preset) - 160) and preset[-1] == 0
        open_ended = preset[:156] + struct.pack(">i", len(preset) - 161) + preset[160:-1]
        (whole,), (again,) = (play_preset(pool, spec, one, 60) for one in (preset, open_ended))
    assert np.abs(whole).max() > 0 and np.array_equal(whole, again)
