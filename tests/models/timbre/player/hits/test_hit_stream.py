"""Pads play at the sample of their message, with the level of their velocity; hats choke."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from datasets.errors import RenderError
from models.timbre.one_shot.model import OneShotModel
from models.timbre.player.hits.hit_stream import HitStream
from models.timbre.player.hits.hit_synth import HitSynth
from models.timbre.player.hits.pads import Pad, pad_keys

KICK, SNARE, HAT = 36, 38, 42


@pytest.fixture(scope="module")
def module_hits(kit: tuple[OneShotModel, object]) -> OneShotModel:
    return kit[0]


@pytest.fixture
def stream(module_hits: OneShotModel) -> Iterator[HitStream]:
    with closing(HitStream(module_hits)) as stream:
        yield stream


def strike(key: int, velocity: int = 127) -> bytes:
    return bytes((0x90, key, velocity))


@pytest.mark.parametrize("frame", [0, 17, 200])
def test_a_hit_sounds_in_the_block_and_at_the_sample_of_its_message(
    stream: HitStream, frame: int
) -> None:
    first = stream.block([(strike(KICK), frame)], 256)
    assert first.shape == (1, 256) and not first[:, :frame].any()
    assert np.abs(first[:, frame:]).max() > 1e-4


def test_blocks_of_any_size_give_the_same_samples(module_hits: OneShotModel) -> None:
    events = [(strike(KICK), 100), (strike(HAT, 60), 700), (strike(SNARE, 90), 900)]
    sounds = []
    for size in (64, 1000):
        with closing(HitStream(module_hits)) as stream:
            blocks = [
                stream.block([(m, f - at) for m, f in events if at <= f < at + size], size)
                for at in range(0, 8000, size)
            ]
            sounds.append(np.concatenate(blocks, axis=1)[:, :8000])
    assert np.abs(sounds[0] - sounds[1]).max() < 1e-6


def test_velocity_sets_the_level(stream: HitStream) -> None:
    peaks = []
    for velocity in (1, 40, 90, 127):
        peaks.append(float(np.abs(stream.block([(strike(SNARE, velocity), 0)], 20000)).max()))
    assert peaks == sorted(peaks) and peaks[0] < 0.15 * peaks[-1]


def test_classes_have_the_keys_of_general_midi(module_hits: OneShotModel) -> None:
    assert pad_keys(module_hits.classes) == {"hat-closed": HAT, "kick": KICK, "snare": SNARE}


def test_a_pad_ends_those_that_it_chokes_in_5_ms() -> None:
    long, short = np.ones((1, 9000), np.float32), np.zeros((1, 10), np.float32)
    bank = {46: Pad("hat-open", (0.1 * long,), (1.0,)), 42: Pad("hat", (short,), (1.0,), (46,))}
    synth = HitSynth(bank, 1, 48000)
    synth.block([(strike(46), 0)], 256)
    after = synth.block([(strike(42), 0)], 512)
    assert after[0, 0] > 0.09 and not after[0, 240:].any() and synth.sounding == 0


def test_the_oldest_hit_makes_room_without_a_click() -> None:
    bank = {36: Pad("tone", (np.full((1, 40000), 0.1, np.float32),), (1.0,))}
    synth = HitSynth(bank, 1, 48000, voices=2)
    audio = [synth.block([(strike(36), 0)], 1000) for _ in range(5)]
    assert synth.sounding == 2
    steps = np.abs(np.diff(np.concatenate(audio, axis=1)[0]))
    assert np.sort(steps)[-3] < 0.11  # Only the starts of hits jump, by 0.1.


def test_a_moved_knob_changes_later_hits(stream: HitStream) -> None:
    before = stream.block([(strike(SNARE), 0)], 20000)
    stream.set({stream.axes[0]: 1.0})
    assert stream.value(stream.axes[0]) == 1.0 == stream.read()[stream.axes[0]]
    deadline = time.monotonic() + 20
    after = before
    while np.array_equal(before, after) and time.monotonic() < deadline:
        time.sleep(0.02)
        after = stream.block([(strike(SNARE), 0)], 20000)
    assert not np.array_equal(before, after) and not stream.trouble
    with pytest.raises(RenderError, match="cutoff"):
        stream.set({"cutoff": 0.5})
