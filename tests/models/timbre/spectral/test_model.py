"""A spectral model plays in tune, bounds its axes, and marks what it never learned."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest

from datasets.errors import SpecError
from models.audio.pitch import estimate_f0
from models.timbre.contract import LatentPosition, position_of_knobs
from models.timbre.player.song import read_song, render_song
from models.timbre.player.stream import timbre_spec, unlearned
from models.timbre.spectral.model import SpectralModel
from tests.models.timbre.tones import hz, tone


def test_every_key_of_a_song_is_in_tune_also_of_classes_never_learned(
    spectral: SpectralModel, tmp_path: Path
) -> None:
    file, track = mido.MidiFile(), mido.MidiTrack()
    file.tracks.append(track)
    keys = (60, 61, 67, 72, 50)
    for key in keys:
        track.append(mido.Message("note_on", note=key, velocity=100))
        track.append(mido.Message("note_off", note=key, time=480))
    file.save(tmp_path / "song.mid")
    audio = render_song(spectral, read_song(tmp_path / "song.mid"))
    for number, key in enumerate(keys):
        part = audio[round((0.5 * number + 0.1) * 48000) :][: round(0.35 * 48000)]
        assert 1200 * np.log2(estimate_f0(part, 48000) / hz(key)) == pytest.approx(0, abs=6)


def test_classes_that_were_not_learned_are_marked_and_their_keys_use_a_neighbour(
    spectral: SpectralModel,
) -> None:
    axis = spectral.axes[-1]
    assert axis.labels[1] == "C" and axis.labels[2] == "C# (not learned)"
    assert spectral.note_class(spectral.start, 61) in (0, 2)
    chosen = LatentPosition((*spectral.start.values[:-1], 2.0))
    assert spectral.note_class(chosen, 64) == 1
    assert unlearned(spectral).startswith("not learned: note class C#, note class D#")
    knob = timbre_spec(spectral).parameters[-1]
    assert knob.kind == "stepped" and knob.labels == axis.labels


def test_axes_are_bounded_and_a_knob_that_is_not_set_keeps_the_keys_class(
    spectral: SpectralModel,
) -> None:
    for axis in spectral.axes[:-1]:
        assert 0 <= axis.low < axis.high <= 1
    assert position_of_knobs(spectral.axes, [0.2]).values[-1] == 0.0
    middle = spectral.morph(spectral.start, LatentPosition((0.9, 0.9, 3.0)), 0.6)
    assert middle.values[-1] == 3.0
    with pytest.raises(SpecError, match="give 3"):
        spectral.decode(LatentPosition((0.5,)), 60, 1.0)


def test_a_sound_is_found_near_its_preset_and_decoded_like_it(spectral: SpectralModel) -> None:
    encoded = spectral.encode(tone(67, 0.5, bright=9.0), 48000)
    assert encoded.midi == pytest.approx(67, abs=0.1)
    names = [known.name for known in spectral.neighbours(encoded.position, 7)]
    assert {name.split("/")[0] for name in names} & {"p5", "p6", "p7"}
    dark = spectral.encode(tone(67, 0.5, bright=0.0), 48000)
    both = [spectral.decode(one.position, 67, 1.0) for one in (encoded, dark)]
    levels = [one.amplitudes(5, hz(67), 12) for one in both]
    assert levels[0][9] / levels[0][0] > 1.5 * levels[1][9] / levels[1][0]
