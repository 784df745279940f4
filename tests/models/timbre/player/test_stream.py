"""Test the live stream of a timbre model: knobs, MIDI controllers, and errors of the model."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing

import numpy as np
import pytest

from datasets.errors import RenderError
from models.timbre.latent import LatentPosition
from models.timbre.player.stream import TimbreStream
from models.timbre.tone import Float32, Tone
from tests.fakes.plain_timbre import PlainTimbre

NOTE = (bytes([0x90, 60, 100]), 0)


@pytest.fixture
def stream() -> Iterator[TimbreStream]:
    with closing(TimbreStream(PlainTimbre())) as stream:
        yield stream


def tone(stream: TimbreStream) -> Float32:
    """Return the spectrum of the next 0.3 s, once changes have arrived."""
    time.sleep(0.2)
    stream.block([], 4800)
    audio = stream.block([], 14400)[0]
    return np.asarray(np.abs(np.fft.rfft(audio * np.hanning(len(audio)))), np.float32)


def brightness(spectrum: Float32) -> float:
    return float((spectrum * np.arange(len(spectrum))).sum() / spectrum.sum())


def test_knobs_and_controllers_move_the_same_axis(stream: TimbreStream) -> None:
    assert stream.axes == ("dark", "noise") and stream.read()["dark"] == pytest.approx(0.5)
    stream.block([NOTE], 4800)
    middle = brightness(tone(stream))
    stream.set({"dark": 1.0})
    dark = tone(stream)
    assert brightness(dark) < 0.8 * middle and stream.value("dark") == 1.0
    stream.block([(bytes([0xB0, 20, 64]), 0)], 256)
    assert brightness(tone(stream)) == pytest.approx(middle, rel=0.05)
    assert stream.value("dark") == pytest.approx(64 / 127)
    stream.block([(bytes([0xB0, 27, 64]), 0)], 256)  # an axis that the model does not have
    with pytest.raises(RenderError, match=r"'light'.*dark, noise"):
        stream.set({"light": 0.5})


class Failing(PlainTimbre):
    """Fail on bright positions."""

    def decode_many(
        self, position: LatentPosition, midi: Sequence[float], dynamics: Sequence[float]
    ) -> list[Tone]:
        if position.values[0] < 1.0:
            raise ValueError("too bright")
        return super().decode_many(position, midi, dynamics)


def test_a_failing_model_keeps_its_old_sound() -> None:
    with closing(TimbreStream(Failing())) as stream:
        stream.block([NOTE], 4800)
        before = tone(stream)
        stream.set({"dark": 0.0})
        assert np.allclose(brightness(tone(stream)), brightness(before), rtol=0.01)
        assert "too bright" in stream.trouble
        stream.set({"dark": 1.0})
        assert brightness(tone(stream)) < 0.8 * brightness(before)


def test_the_same_seed_gives_the_same_samples() -> None:
    def first(seed: int) -> Float32:
        with closing(TimbreStream(PlainTimbre(), seed=seed)) as stream:
            return stream.block([NOTE], 9600)

    assert np.array_equal(first(1), first(1))
    assert not np.array_equal(first(1), first(2))
