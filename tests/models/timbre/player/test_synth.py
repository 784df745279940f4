"""Test the synthesizer of timbre models against the formula of the contract."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.signal import welch

from models.timbre.latent import LatentPosition
from models.timbre.player.bank import ToneBank, live_zones, make_bank
from models.timbre.player.stream import KnobbedSynth, start_knobs
from models.timbre.player.synth import KNEE, PolySynth
from models.timbre.tone import (
    FLOOR_DB,
    NOISE_FLOOR_DB,
    NOISE_HZ,
    START_PHASES,
    Float64,
    Tone,
    sample_envelope,
)
from tests.fakes.plain_timbre import PlainTimbre

RATE = 48000
MODEL = PlainTimbre()
BRIGHT, SILENT_NOISE = LatentPosition((0.0, NOISE_FLOOR_DB)), LatentPosition((6.0, NOISE_FLOOR_DB))
ON, OFF, BEND = 0x90, 0x80, 0xE0


def bank(position: LatentPosition = SILENT_NOISE, model: PlainTimbre = MODEL) -> ToneBank:
    return make_bank(model, position, live_zones(model.pitch_range))


def decode(position: LatentPosition) -> ToneBank:
    return make_bank(MODEL, position, live_zones(MODEL.pitch_range))


def player(position: LatentPosition = SILENT_NOISE, voices: int = 8) -> KnobbedSynth:
    return KnobbedSynth(MODEL, PolySynth(bank(position), voices=voices), start_knobs(MODEL), decode)


def played(synth: KnobbedSynth, *events: tuple[float, bytes], seconds: float) -> Float64:
    """Play messages at their times, in one block."""
    timed = [(message, round(at_s * RATE)) for at_s, message in events]
    return np.asarray(synth.block(timed, round(seconds * RATE))[0], np.float64)


def formula(tone: Tone, midi_note: float, seconds: float) -> Float64:
    """Return the harmonics of a held note, as the contract defines them."""
    times_s = np.arange(1, round(seconds * RATE) + 1) / RATE
    f0_hz = 440 * 2 ** ((midi_note - 69) / 12)
    rows = sample_envelope(tone.harmonics_db, np.full(len(tone), f0_hz))
    places = tone.places(times_s)
    low = np.minimum(places.astype(int), len(tone) - 2)
    share = (places - low)[:, None]
    amplitudes = rows[low] * (1 - share) + rows[low + 1] * share
    angles = 2 * np.pi * f0_hz * times_s[:, None] * np.arange(1, rows.shape[1] + 1)
    return np.asarray((amplitudes * np.sin(angles + START_PHASES)).sum(axis=1))


@pytest.mark.parametrize("key", [48, 61, 84])
def test_a_note_is_the_sum_of_the_contract(key: int) -> None:
    audio = played(player(), (0.0, bytes([ON, key, 127])), seconds=0.5)
    expected = formula(MODEL.decode(SILENT_NOISE, key, 1.0), key, 0.5)
    later = slice(round(0.05 * RATE), None)  # after the attack, whose frames the ticks smooth
    gain = float(audio[later] @ expected[later] / (expected[later] @ expected[later]))
    error = audio[later] - gain * expected[later]
    assert np.sqrt((error**2).mean()) < 1e-2 * np.sqrt((audio[later] ** 2).mean())


def test_the_length_of_the_blocks_changes_nothing() -> None:
    events = [
        (0.01, bytes([ON, 60, 90])),
        (0.0123, bytes([ON, 67, 30])),
        (0.09, bytes([OFF, 60, 0])),
    ]
    whole = played(player(MODEL.start), *events, seconds=0.2)
    for size in (1, 50, 256, 1000):
        synth, pieces = player(MODEL.start), []
        timed = [(round(at_s * RATE), message) for at_s, message in events]
        for start in range(0, len(whole), size):
            now = [(m, at - start) for at, m in timed if start <= at < start + size]
            pieces.append(synth.block(now, min(size, len(whole) - start))[0])
        assert np.allclose(np.concatenate(pieces), whole, atol=1e-7)


def test_a_note_sounds_in_its_own_block() -> None:
    synth = player()
    assert not synth.block([], 256).any()
    assert np.abs(synth.block([(bytes([ON, 69, 127]), 0)], 256)).max() > 1e-4


@pytest.mark.parametrize("key", [96, 120, 127])
def test_harmonics_beyond_the_limit_are_silent(key: int) -> None:
    audio = played(player(BRIGHT), (0.0, bytes([ON, key, 127])), seconds=1.2)[-RATE:]
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
    hz = np.fft.rfftfreq(len(audio), 1 / RATE)
    f0_hz = 440 * 2 ** ((key - 69) / 12)
    harmonic = np.abs(hz / f0_hz - np.round(hz / f0_hz)) * f0_hz < 500  # the tone's loop: 50 Hz
    assert spectrum[~harmonic | (hz > 20100)].max() < 1e-3 * spectrum.max()


def test_noise_has_the_density_of_the_tone() -> None:
    only_noise = bank(LatentPosition((6.0, -60.0)))
    only_noise.harmonics_db[:] = FLOOR_DB
    slope_db = np.linspace(0, -30, len(NOISE_HZ), dtype=np.float32)
    only_noise.noise_db[:] = only_noise.noise_db + slope_db
    synth = KnobbedSynth(MODEL, PolySynth(only_noise), start_knobs(MODEL), decode)
    audio = played(synth, (0.0, bytes([ON, 60, 127])), seconds=8.0)[RATE:]
    hz, density = welch(audio, RATE, nperseg=4096)
    inside = (hz > 300) & (hz < 16000)
    expected = -80.0 + np.interp(hz[inside], NOISE_HZ, slope_db) + synth_gain_db(synth)
    difference = 10 * np.log10(density[inside]) - expected
    assert abs(float(np.mean(difference))) < 0.8  # the two frames of the loop are 0 and -1 dB
    assert float(np.std(difference)) < 1.0


def synth_gain_db(synth: KnobbedSynth) -> float:
    assert isinstance(synth.synth, PolySynth)
    return float(20 * np.log10(synth.synth._gain))


def test_velocity_and_pressure_make_a_note_louder() -> None:
    def level(*events: tuple[float, bytes]) -> float:
        audio = played(player(), *events, seconds=0.5)[RATE // 4 :]
        return float(np.sqrt((audio**2).mean()))

    levels = [level((0.0, bytes([ON, 60, velocity]))) for velocity in (1, 40, 80, 127)]
    assert all(after > 1.3 * before for before, after in itertools.pairwise(levels))
    soft = (0.0, bytes([ON, 60, 40]))
    for press in (bytes([0xD0, 127]), bytes([0xA0, 60, 127])):
        assert level(soft, (0.1, press)) == pytest.approx(levels[-1], rel=0.01)
    assert level(soft, (0.1, bytes([0xA0, 61, 127]))) == pytest.approx(levels[1], rel=0.01)


def test_bend_moves_the_pitch() -> None:
    def pitch(*events: tuple[float, bytes]) -> float:
        audio = played(player(), (0.0, bytes([ON, 60, 127])), *events, seconds=1.2)[-RATE:]
        spectrum = np.abs(np.fft.rfft(audio * np.hanning(RATE), 8 * RATE))
        return float(69 + 12 * np.log2(np.argmax(spectrum) / 8 / 440))

    start = pitch()
    assert pitch((0.0, bytes([BEND, 127, 127]))) - start == pytest.approx(2.0, abs=0.01)
    assert pitch((0.0, bytes([BEND, 0, 32]))) - start == pytest.approx(-1.0, abs=0.01)
    wide = [(0.0, bytes([0xB0, *pair])) for pair in ((101, 0), (100, 0), (6, 12))]
    assert pitch(*wide, (0.1, bytes([BEND, 127, 127]))) - start == pytest.approx(12.0, abs=0.01)
    other_channel = (0.0, bytes([BEND | 3, 127, 127]))
    assert pitch(other_channel) == pytest.approx(start, abs=0.001)


def test_notes_end_with_their_release_and_the_pedal_holds_them() -> None:
    synth = player()
    played(synth, (0.0, bytes([ON, 60, 100])), (0.1, bytes([0xB0, 64, 127])), seconds=0.2)
    played(synth, (0.0, bytes([OFF, 60, 0])), seconds=1.0)
    assert synth.synth.sounding == 1
    audio = played(synth, (0.0, bytes([0xB0, 64, 0])), seconds=0.3)
    assert synth.synth.is_silent and np.abs(audio[:4800]).max() > 1e-3
    assert not audio[round((MODEL.release_s + 0.01) * RATE) :].any()
    for controller in (120, 123):
        played(synth, *((0.0, bytes([ON | c, 60, 100])) for c in range(4)), seconds=0.1)
        ends = ((0.0, bytes([0xB0 | channel, controller, 0])) for channel in range(4))
        played(synth, *ends, seconds=MODEL.release_s + 0.05)
        assert synth.synth.is_silent


def roughness(audio: Float64) -> float:
    """Return the largest step of the slope, relative to the level of the slope around it."""
    slope = np.diff(audio, 2)
    width = 960
    power = np.convolve(slope**2, np.ones(width) / width, mode="same")
    return float((np.abs(slope) / np.sqrt(power + 1e-10)).max())


def test_a_ninth_note_takes_the_place_of_one_without_a_click() -> None:
    keys = [48, 52, 55, 59, 62, 65, 69, 72]
    synth = player(voices=8)
    events = [(0.1 * i, bytes([ON, key, 100])) for i, key in enumerate(keys)]
    before = played(synth, *events, seconds=1.0)
    audio = played(synth, (0.1, bytes([ON, 79, 100])), (0.1, bytes([ON, 84, 100])), seconds=0.5)
    assert synth.synth.sounding == 8
    assert roughness(audio) < 1.3 * roughness(before)
    # Many more notes at the same moment: the newest eight sound.
    rush = [(0.0, bytes([ON, 30 + i, 100])) for i in range(60)]
    audio = played(synth, *rush, seconds=0.5)
    assert synth.synth.sounding == 8 and np.abs(audio).max() < 1


def random_message(random: np.random.Generator) -> bytes:
    kind = int(random.choice([0x80, 0x90, 0x90, 0xA0, 0xB0, 0xB0, 0xD0, 0xE0, 0xC0]))
    data = [int(value) for value in random.integers(0, 128, 2)]
    if kind == 0xB0:
        data[0] = int(random.choice([1, 6, 7, 11, 20, 21, 22, 64, 100, 101, 120, 121, 123]))
    return bytes([kind | int(random.integers(0, 3)), *data[: 1 if kind in (0xD0, 0xC0) else 2]])


def test_random_messages_give_finite_sound_below_full_scale() -> None:
    random, synth = np.random.default_rng(0), player(MODEL.start)
    for _ in range(1000):
        events = [(random_message(random), int(random.integers(0, 256)))]
        audio = synth.block(events, 256)
        if synth.moved:
            synth.follow()
        assert np.isfinite(audio).all() and np.abs(audio).max() < 1


def test_controls_of_a_held_note_do_not_click() -> None:
    random, synth = np.random.default_rng(1), player(MODEL.start)
    own = 0.0
    for corner in (
        BRIGHT,
        SILENT_NOISE,
        LatentPosition((12.0, -60.0)),
        LatentPosition((0.0, -60.0)),
    ):
        steady = played(player(corner), (0.0, bytes([ON, 60, 80])), seconds=3.0)
        own = max(own, roughness(steady[RATE // 5 :]))
    synth.block([(bytes([ON, 60, 80]), 0)], RATE)
    pieces = []
    for _ in range(1000):
        while (message := random_message(random))[0] & 0xF0 in (0x80, 0x90) or (
            message[0] & 0xF0 == 0xB0 and message[1] in (7, 11, 120, 123, 6, 100, 101)
        ):
            pass
        message = bytes([message[0] & 0xF0, *message[1:]])
        pieces.append(synth.block([(message, int(random.integers(0, 256)))], 256)[0])
        if synth.moved:
            synth.follow()
    assert synth.synth.sounding == 1
    assert roughness(np.concatenate(pieces).astype(np.float64)) < own


def test_loud_chords_are_compressed_below_full_scale() -> None:
    synth = player(BRIGHT)
    audio = played(synth, *((0.0, bytes([ON, 60 + i, 127])) for i in range(8)), seconds=1.0)
    assert KNEE < np.abs(audio).max() < 1


def test_a_one_shot_ends_by_itself() -> None:
    model = PlainTimbre(loop=False)
    synth = KnobbedSynth(model, PolySynth(bank(SILENT_NOISE, model)), start_knobs(model), decode)
    played(synth, (0.0, bytes([ON, 60, 100])), seconds=0.1)
    assert synth.synth.is_silent
