"""A live input passes with a constant latency, and its knobs change timbre, class and mix."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import soundfile

from datasets.errors import RenderError, SpecError
from models.audio.spectra.chroma import note_classes
from models.audio.spectra.stft import HOP, at_rate, magnitudes
from models.timbre.player.live.live_frames import live_axes, live_knobs, live_start, process_sound
from models.timbre.player.live.live_input import MorphSettings, open_live, write_morph
from models.timbre.player.live.live_stream import LATENCY, LiveStream
from models.timbre.player.synth import limited
from models.timbre.spectral.model import SpectralModel
from renderer.engines.stream import ListeningStream
from tests.fakes.plain_timbre import PlainTimbre
from tests.models.timbre.tones import Float64, tone

DARK, BRIGHT = tone(62, 1.0, bright=0.0), tone(67, 1.0, bright=10.0)


def played(stream: LiveStream, blocks: Sequence[int]) -> Float64:
    """The output, with enough time for the thread after each block."""
    parts = []
    for size in blocks:
        parts.append(stream.block([], size)[0])
        limit = time.monotonic() + 5
        while stream.behind and time.monotonic() < limit:
            time.sleep(0.001)
    return np.concatenate(parts).astype(np.float64)


def class_of(sound: Float64) -> int:
    usual = note_classes(magnitudes(at_rate(sound[9600:40000], 48000)))
    return int(np.bincount(usual, minlength=12).argmax())


def processed(
    model: SpectralModel, *inputs: Float64, end: float | None = None, **at: float
) -> Float64:
    axes = live_axes(model, len(inputs))
    given = dict(zip((axis.name for axis in axes), live_start(axes), strict=True)) | {
        name.replace("_", " "): value for name, value in at.items()
    }
    return process_sound(model, inputs, 48000, live_knobs(model, axes, list(given.values())), end)


def test_the_stream_equals_the_file_a_constant_latency_later(spectral: SpectralModel) -> None:
    whole = limited(processed(spectral, DARK))
    for size in (256, 700):
        with closing(LiveStream(spectral, [DARK], 48000)) as stream:
            sound = played(stream, [size] * (40000 // size))
            assert stream.late == 0 and stream.trouble == ""
        count = len(sound) - LATENCY
        np.testing.assert_allclose(sound[LATENCY:], whole[:count], atol=1e-6)
    assert LATENCY == 5120


def test_the_input_of_the_sound_card_is_heard(spectral: SpectralModel) -> None:
    with closing(open_live(spectral, ["jack"], 48000)) as stream:
        assert isinstance(stream, ListeningStream) and stream.listens
        parts = []
        for start in range(0, 40960, HOP):
            stream.hear(DARK[start : start + HOP].astype(np.float32))
            parts.append(played(stream, [HOP]))
        assert np.concatenate(parts)[LATENCY + 9600 :].std() > 0.02


def test_an_unchanged_input_keeps_pitch_and_level(spectral: SpectralModel) -> None:
    sound = processed(spectral, BRIGHT)
    assert class_of(sound) == 7 and len(sound) == len(BRIGHT)
    inside = slice(9600, 40000)
    assert 20 * np.log10(sound[inside].std() / BRIGHT[inside].std()) == pytest.approx(0, abs=1.5)
    assert not np.abs(processed(spectral, np.zeros(9600))).any()


def test_the_crossfade_goes_from_one_input_to_the_other(spectral: SpectralModel) -> None:
    first, last = (processed(spectral, DARK, BRIGHT, crossfade=x) for x in (0.0, 1.0))
    assert class_of(first) == 2 and class_of(last) == 7
    np.testing.assert_allclose(first, processed(spectral, DARK), atol=1e-6)
    louder = processed(spectral, DARK, BRIGHT, gain_A=1.0)
    assert louder[9600:40000].std() == pytest.approx(2 * first[9600:40000].std(), rel=1e-3)
    fade = processed(spectral, DARK, BRIGHT, end=1.0)
    np.testing.assert_allclose(fade[:1000], first[:1000], atol=0.03)


def test_the_note_class_is_a_knob_and_offsets_change_the_sound(spectral: SpectralModel) -> None:
    chosen = processed(spectral, DARK, note_class=8 / 12)
    assert class_of(chosen) == 7
    assert (
        np.abs(processed(spectral, DARK, timbre_1_offset=1.0) - processed(spectral, DARK)).max()
        > 0.01
    )
    with closing(LiveStream(spectral, [DARK], 48000)) as stream:
        stream.block([(bytes([0xB0, 20, 127]), 0)], 64)
        assert stream.value("timbre 1 offset") == 1.0
        stream.set({"note class": 0.5})
        assert stream.read()["note class"] == 0.5
        with pytest.raises(RenderError, match="'brightness'"):
            stream.set({"brightness": 0.5})


def test_files_are_morphed_and_wrong_requests_are_refused(
    spectral: SpectralModel, tmp_path: Path
) -> None:
    paths = [tmp_path / "a.wav", tmp_path / "b.wav"]
    for path, sound in zip(paths, (DARK, BRIGHT), strict=True):
        soundfile.write(path, sound, 48000)
    seconds = write_morph(spectral, paths, tmp_path / "out.wav", MorphSettings(crossfade_end=1.0))
    assert seconds == pytest.approx(1.0) and soundfile.info(tmp_path / "out.wav").frames == 48000
    with pytest.raises(SpecError, match="use a spectral model"):
        open_live(PlainTimbre(), ["jack"], 48000)
    with pytest.raises(SpecError, match="3 inputs"):
        open_live(spectral, ["jack"] * 3, 48000)
