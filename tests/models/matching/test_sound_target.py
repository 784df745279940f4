"""From a sound file to a target: onset, note, warnings and errors."""

import os
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from datasets.errors import AudioError
from datasets.spec import NotePolicy, load_spec
from models.audio.distance import headline
from models.matching.sound_target import SoundTarget, load_target
from tests import ROOT

POLICY = NotePolicy(low=36, high=84, hold_s=2.0, length_s=3.0)
SPEC = replace(load_spec("vital-32"), note=POLICY)
Wave = NDArray[np.floating[Any]]


def tone(hertz: float = 220.0, seconds: float = 1.0, rate: int = 44100, peak: float = 0.5) -> Wave:
    return peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def silence(seconds: float, rate: int = 44100) -> Wave:
    return np.zeros(round(seconds * rate))


def saved(
    folder: Path, samples: Wave, rate: int = 44100, name: str = "s.wav", subtype: str | None = None
) -> Path:
    soundfile.write(folder / name, samples, rate, subtype=subtype)
    return folder / name


def loaded(folder: Path, samples: Wave, rate: int = 44100, **options: Any) -> SoundTarget:  # noqa: ANN401
    return load_target(saved(folder, samples, rate, subtype="FLOAT"), SPEC, **options)


def refusal(path: str | Path, **options: Any) -> str:  # noqa: ANN401
    """Return the error message for a file: always one line."""
    with pytest.raises(AudioError) as caught:
        load_target(path, SPEC, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- what is read -------------------------------------------------------------------------------


def test_target_starts_at_the_onset_and_fills_the_length(tmp_path: Path) -> None:
    mono = np.concatenate([silence(0.5, 48000), tone(220, 1.5, 48000)])
    target = loaded(tmp_path, np.stack([mono, mono], axis=1), 48000)
    assert target.audio.shape == (3 * 44100,) and target.audio.dtype == np.float32
    assert target.sample_rate == 44100
    assert target.note == 57
    assert target.f0_hz == pytest.approx(220, rel=1e-3)
    assert 0.49 <= target.onset_s <= 0.5
    assert target.duration_s == pytest.approx(2.0 - target.onset_s, abs=1e-4)
    lead = round((0.5 - target.onset_s) * 44100)
    assert np.abs(target.audio[: lead - 50]).max() < 1e-3  # the resampler rings a little
    assert target.audio[lead : lead + 44100] == pytest.approx(tone(), abs=0.01)
    assert not target.audio[round(target.duration_s * 44100) :].any()
    assert target.warnings == ()
    assert target.timings_ms.keys() == {"load", "f0"}
    assert min(target.timings_ms.values()) > 0


FORMATS = {
    "8 bit": ("s.wav", 22050, "PCM_U8"),
    "24 bit": ("s.wav", 44100, "PCM_24"),
    "double": ("s.wav", 44100, "DOUBLE"),
    "mu-law": ("s.wav", 8000, "ULAW"),
    "192 kHz": ("s.wav", 192000, "PCM_16"),
    "768 kHz": ("s.wav", 768000, "PCM_16"),
    "4 kHz": ("s.wav", 4000, "PCM_16"),
    "odd rate": ("s.wav", 44056, "PCM_16"),
    "flac": ("s.flac", 96000, "PCM_24"),
    "ogg": ("s.ogg", 48000, "VORBIS"),
    "opus": ("s.ogg", 48000, "OPUS"),
    "mp3": ("s.mp3", 44100, "MPEG_LAYER_III"),
    "aiff": ("s.aiff", 44100, "PCM_16"),
    "no suffix": ("s", 44100, "PCM_16"),
    "wrong suffix": ("s.mp3", 44100, "PCM_16"),
    "not ASCII": ("été \n.wav", 44100, "PCM_16"),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_target(tmp_path: Path, kind: str) -> None:
    name, rate, subtype = FORMATS[kind]
    sound = np.concatenate([silence(0.2, rate), tone(220, 0.8, rate)])
    container = {"OPUS": "OGG", "VORBIS": "OGG", "MPEG_LAYER_III": "MP3"}.get(subtype, "WAV")
    container = {"flac": "FLAC", "aiff": "AIFF"}.get(kind, container)
    soundfile.write(tmp_path / name, sound, rate, format=container, subtype=subtype)
    target = load_target(str(tmp_path / name), SPEC)
    assert target.note == 57
    assert target.f0_hz == pytest.approx(220, rel=2e-3)
    assert target.onset_s == pytest.approx(0.2, abs=0.01)
    assert target.duration_s == pytest.approx(0.8, abs=0.06)  # a codec may pad
    assert target.warnings == ()


def test_sound_at_the_specs_rate_stays_unchanged(tmp_path: Path) -> None:
    sound = tone(110, 4.0).astype(np.float32)
    target = loaded(tmp_path, sound)
    assert target.onset_s == 0 and target.duration_s == 3.0
    assert np.array_equal(target.audio, sound[: 3 * 44100])
    assert target.warnings == ("only the first 3 s of 4 s are used",)


def test_start_and_end_choose_the_part(tmp_path: Path) -> None:
    sound = np.concatenate([tone(220, 1), silence(0.5), tone(330, 1), tone(500, 1)])
    target = loaded(tmp_path, sound, start_s=1.2, end_s=2.5)
    assert target.note == 64
    assert target.onset_s == pytest.approx(1.5, abs=0.01)  # from the beginning of the file
    assert target.duration_s == pytest.approx(1.0, abs=0.01)
    assert loaded(tmp_path, sound, end_s=1.0).note == 57
    assert loaded(tmp_path, sound, start_s=2.5, end_s=3.5005).note == 71  # the end, rounded up


def test_the_onset_is_found_anywhere_in_a_long_file(tmp_path: Path) -> None:
    sound = np.concatenate([silence(30, 8000), tone(220, 60, 8000)])
    target = loaded(tmp_path, sound, 8000)
    assert target.onset_s == pytest.approx(30, abs=0.01)
    assert target.warnings == (
        "only the first 60 s were searched for the onset",
        "only the first 3 s of 60 s are used",
    )
    late = loaded(tmp_path, sound, 8000, start_s=85)
    assert (late.onset_s, late.duration_s) == (85, 3)
    assert late.warnings == ("only the first 3 s of 5 s are used",)
    soundfile.write(tmp_path / "s.wav", np.concatenate([silence(70, 8000), sound]), 8000)
    assert "silent from 0 to 60 s" in refusal(tmp_path / "s.wav")


def test_onset_ignores_a_quiet_murmur_and_a_constant(tmp_path: Path) -> None:
    hiss = 0.001 * np.random.default_rng(0).standard_normal(44100)
    target = loaded(tmp_path, np.concatenate([hiss[:22050], tone()]) + 0.2)
    assert target.onset_s == pytest.approx(0.5, abs=0.01)
    assert target.note == 57


def click(peak: float = 0.9) -> Wave:
    return peak * np.random.default_rng(1).uniform(-1, 1, 220)  # 5 ms


@pytest.mark.parametrize("peak", [0.1, 0.9])
def test_clicks_before_the_sound_are_ignored(tmp_path: Path, peak: float) -> None:
    """The sound is quiet, as a hum is: a loud click before it is 20 dB louder."""
    one = [click(peak), silence(0.45)]
    sound = np.concatenate([silence(0.5), *one, *one, tone(peak=0.05)])
    target = loaded(tmp_path, sound)
    onset_s = (len(sound) - 44100) / 44100
    assert target.onset_s == pytest.approx(onset_s, abs=0.01)
    assert target.note == 57
    found = f"a click at 0.50 s is ignored: the onset is at {target.onset_s:.2f} s"
    assert target.warnings == (found,)
    assert loaded(tmp_path, sound, start_s=1.2).warnings == ()


def test_a_short_sound_is_no_click(tmp_path: Path) -> None:
    """Where nothing that lasts comes after it, a click is the sound. So is a tone's own attack."""
    for rest in (silence(1), 0.02 * click(), tone(peak=0.002)):
        woodblock = np.concatenate([silence(0.2), click(), silence(0.3), rest])
        assert loaded(tmp_path, woodblock).onset_s == pytest.approx(0.2, abs=0.01)
    attack = np.concatenate([silence(0.2), click(), silence(0.02), tone(peak=0.2)])
    target = loaded(tmp_path, attack)
    assert target.onset_s == pytest.approx(0.2, abs=0.01) and target.warnings == ()


@pytest.mark.parametrize("offset", [0.002, -0.1])
@pytest.mark.parametrize("seconds", [0.3, 5.0])
def test_a_constant_offset_is_removed(tmp_path: Path, offset: float, seconds: float) -> None:
    decay = tone(196, seconds) * np.exp(-3 * np.arange(round(seconds * 44100)) / 44100)
    clean = loaded(tmp_path, decay)
    target = loaded(tmp_path, decay + offset)
    assert target.audio == pytest.approx(clean.audio, abs=0.005 * abs(offset) + 1e-5)
    before = headline(clean.audio, clean.audio + np.float32(offset), 44100)
    assert headline(clean.audio, target.audio, 44100) < 0.1 * before


# --- chords -------------------------------------------------------------------------------------


def test_a_chord_gives_a_warning(tmp_path: Path) -> None:
    notes = [harmonic(440 * 2 ** ((midi - 69) / 12)) for midi in (60, 64, 67)]
    target = loaded(tmp_path, sum(notes, start=silence(1)) / 3)
    (warning,) = target.warnings
    assert warning == (
        f"this sounds like a chord of C4, E4, G4, but a match plays one note ({target.note}): "
        "use a single note, or choose the note yourself"
    )
    assert loaded(tmp_path, notes[0]).warnings == ()


def harmonic(hertz: float) -> Wave:
    return sum((tone(hertz * n, peak=0.2 / n) for n in range(1, 13)), start=silence(1))


@settings(max_examples=25, deadline=None)
@given(
    lead_s=st.floats(0, 1, allow_subnormal=False),
    hertz=st.floats(70, 1000),
    rate=st.sampled_from([8000, 22050, 44100, 48000, 96000]),
    peak=st.floats(0.003, 1),
)
def test_onset_and_note_of_any_tone(
    tmp_path_factory: pytest.TempPathFactory, lead_s: float, hertz: float, rate: int, peak: float
) -> None:
    sound = np.concatenate([silence(lead_s, rate), tone(hertz, 0.4, rate, peak)])
    target = loaded(tmp_path_factory.mktemp("tone"), sound, rate)
    assert -0.01 <= target.onset_s - lead_s <= 0.002
    assert abs(target.note - (69 + 12 * np.log2(hertz / 440))) <= 0.55
    assert 0.4 <= target.duration_s <= 0.411


# --- channels and levels ------------------------------------------------------------------------


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = tone(220), tone(440)
    target = loaded(tmp_path, np.stack([left, right], axis=1))
    assert target.audio[:44100] == pytest.approx((left + right) / 2, abs=1e-6)
    assert target.warnings == ()


def test_one_silent_channel_is_no_cancelling(tmp_path: Path) -> None:
    target = loaded(tmp_path, np.stack([tone(), silence(1)], axis=1))
    assert target.audio[:44100] == pytest.approx(tone() / 2, abs=1e-6)
    assert target.warnings == ()


def test_cancelling_channels_give_the_loudest(tmp_path: Path) -> None:
    target = loaded(tmp_path, np.stack([-0.9 * tone(), tone()], axis=1))
    assert target.audio[:44100] == pytest.approx(tone(), abs=1e-6)
    assert target.note == 57
    assert target.warnings == ("the channels cancel each other: only channel 2 is used",)


def test_six_channels(tmp_path: Path) -> None:
    target = loaded(tmp_path, np.stack([tone()] * 6, axis=1))
    assert target.audio[:44100] == pytest.approx(tone(), abs=1e-6)


def test_clipping_gives_a_warning(tmp_path: Path) -> None:
    sound = np.clip(tone(220, peak=2), -1, 1)
    target = load_target(saved(tmp_path, sound, subtype="PCM_16"), SPEC)
    full = int((np.abs(sound) >= 32767 / 32768).sum())
    assert target.warnings == (f"clipped: {full} samples at full scale",)
    assert target.note == 57


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_full_scale_tone_is_not_clipped(tmp_path: Path, subtype: str) -> None:
    assert load_target(saved(tmp_path, tone(peak=1), subtype=subtype), SPEC).warnings == ()


def test_unscaled_samples_are_clipped(tmp_path: Path) -> None:
    target = loaded(tmp_path, tone(peak=32768))
    assert target.warnings == (
        "samples reach 3.28e+04 times full scale: the sound was scaled down",
    )
    assert np.abs(target.audio).max() == 1.0


# --- the note -----------------------------------------------------------------------------------


def test_noise_has_no_pitch(tmp_path: Path) -> None:
    target = loaded(tmp_path, 0.1 * np.random.default_rng(0).standard_normal(44100))
    assert (target.note, target.f0_hz) == (60, None)
    assert target.warnings == ("no clear pitch: note 60 is used",)


def test_a_given_note_wins(tmp_path: Path) -> None:
    target = loaded(tmp_path, tone(220), note=62)
    assert target.note == 62
    assert target.f0_hz == pytest.approx(220, rel=1e-3)
    assert target.warnings == ()


@pytest.mark.parametrize(
    ("note", "used", "warning"),
    [
        (101, 77, "note 101 is above the range: 77, two octaves lower, is used"),
        (85, 73, "note 85 is above the range: 73, one octave lower, is used"),
        (127, 79, "note 127 is above the range: 79, 4 octaves lower, is used"),
        (35, 47, "note 35 is below the range: 47, one octave higher, is used"),
        (0, 36, "note 0 is below the range: 36, three octaves higher, is used"),
    ],
)
def test_note_moves_into_the_range_by_octaves(
    tmp_path: Path, note: int, used: int, warning: str
) -> None:
    target = loaded(tmp_path, tone(), note=note)
    assert (target.note, target.warnings) == (used, (warning,))


def test_measured_note_moves_into_the_range(tmp_path: Path) -> None:
    assert loaded(tmp_path, tone(1396.9)).warnings == (
        "note 89 is above the range: 77, one octave lower, is used",
    )


def test_narrow_range_takes_its_nearest_end(tmp_path: Path) -> None:
    spec = replace(SPEC, note=replace(POLICY, low=60, high=60))
    path = saved(tmp_path, tone())
    target = load_target(path, spec)
    assert target.note == 60
    assert target.warnings == ("note 57 is below the range: 60 is used",)
    assert load_target(path, spec, note=65).note == 60


@given(note=st.integers(0, 127))
@settings(max_examples=20, deadline=None)
def test_any_note_keeps_its_name_and_lands_in_the_range(
    tmp_path_factory: pytest.TempPathFactory, note: int
) -> None:
    target = loaded(tmp_path_factory.mktemp("note"), tone(seconds=0.1), note=note)
    assert 36 <= target.note <= 84 and (target.note - note) % 12 == 0
    assert bool(target.warnings) == (target.note != note)


@pytest.mark.parametrize("note", [-1, 128])
def test_a_note_outside_midi_is_refused(tmp_path: Path, note: int) -> None:
    message = refusal(saved(tmp_path, tone()), note=note)
    assert message == f"note {note}: not a MIDI note. Give one from 0 to 127, middle C is 60"


# --- what is refused ----------------------------------------------------------------------------


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.wav") == f"'{tmp_path}/no.wav' does not exist: check the path"
    assert refusal(tmp_path) == f"'{tmp_path}' is a folder: give the path of one sound file"
    assert "null" in refusal("a\0b.wav")
    assert "File name too long" in refusal(tmp_path / ("n" * 999))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems want names to be Unicode")
def test_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xe9t\xe9.wav")
    saved(tmp_path, tone()).rename(path)
    assert load_target(path, SPEC).note == 57
    saved(tmp_path, silence(1)).rename(path)
    assert refusal(path).startswith(r"'\udce9t\udce9.wav' is silent")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file" in refusal(tmp_path / "pipe")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read anything"
)
def test_unreadable_file(tmp_path: Path) -> None:
    path = saved(tmp_path, tone())
    path.chmod(0)
    assert refusal(path) == f"'{path}' cannot be read: Permission denied"


@pytest.mark.parametrize("name", ["s.wav", "s.mp3", "s.raw", "s.txt"])
def test_what_is_not_a_sound(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"hello, world\n" * 500)
    assert refusal(tmp_path / name) == (
        f"'{name}' has an unknown or damaged format: convert it to wav, flac, mp3 or m4a"
    )


def test_empty_and_short(tmp_path: Path) -> None:
    (tmp_path / "e.wav").touch()
    assert refusal(tmp_path / "e.wav") == "'e.wav' is empty (0 bytes): record or export it again"
    path = saved(tmp_path, silence(0))
    assert refusal(path) == "'s.wav' contains no audio (0 frames): record or export it again"
    path = saved(tmp_path, np.ones(1))
    assert refusal(path).startswith(
        "'s.wav' has only 0.0227 ms of audio: give a sound of at least 50"
    )
    path = saved(tmp_path, tone(seconds=0.04))
    assert refusal(path).startswith("'s.wav' has only 40 ms of audio")
    path = saved(tmp_path, np.concatenate([silence(1), tone(seconds=0.02)]))
    assert "of sound after its onset at 1.00 s" in refusal(path)
    assert loaded(tmp_path, tone(seconds=0.05)).duration_s == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize("samples", [silence(1), 0 * tone() + 0.5, tone(peak=0.0009)])
def test_silence(tmp_path: Path, samples: Wave) -> None:
    message = refusal(saved(tmp_path, samples, subtype="FLOAT"))
    assert message.startswith("'s.wav' is silent from 0 to 1 s: the level is -")
    assert message.endswith("below -63. Give a louder part of the file")


def test_a_quiet_sound_is_not_silence(tmp_path: Path) -> None:
    assert loaded(tmp_path, tone(peak=0.0011)).note == 57


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_broken_samples(tmp_path: Path, bad: float) -> None:
    samples = tone()
    samples[22050] = bad
    path = saved(tmp_path, samples, subtype="FLOAT")
    expected = "'s.wav' has NaN or infinite samples, the first at 0.500 s: export it again"
    assert refusal(path) == expected
    assert refusal(path, start_s=0.25) == expected
    assert load_target(path, SPEC, end_s=0.5).note == 57


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (-1, None, "start -1 s is outside the file: give 0 to 1.000 s"),
        (2, None, "start 2 s is outside the file: give 0 to 1.000 s"),
        (None, 1.5, "end 1.5 s is outside the file: give 0 to 1.000 s"),
        (float("nan"), None, "start nan s is outside the file: give 0 to 1.000 s"),
        (None, float("inf"), "end inf s is outside the file: give 0 to 1.000 s"),
        (0.5, 0.5, "start 0.5 s is not before end 0.5 s: give an earlier start or a later end"),
        (0.6, 0.5, "start 0.6 s is not before end 0.5 s: give an earlier start or a later end"),
        (1, None, "start 1 s is not before end 1 s: give an earlier start or a later end"),
    ],
)
def test_part_outside_the_file(
    tmp_path: Path, start: float | None, end: float | None, expected: str
) -> None:
    path = saved(tmp_path, tone())
    assert refusal(path, start_s=start, end_s=end) == f"'s.wav': {expected}"


def test_part_that_is_too_short(tmp_path: Path) -> None:
    message = refusal(saved(tmp_path, tone()), start_s=0.5, end_s=0.52)
    assert message.startswith("'s.wav' has only 20 ms of audio")


@pytest.mark.parametrize("rate", [1, 3999, 768001, 2_000_000_000])
def test_sample_rate_that_no_recording_has(tmp_path: Path, rate: int) -> None:
    path = saved(tmp_path, tone())
    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack("<I", rate)
    path.write_bytes(content)
    assert refusal(path) == (
        f"'s.wav': the header gives an impossible sample rate of {rate} Hz: "
        "export the file again at 4000 to 768000 Hz"
    )


# --- damaged and hostile files ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["s.flac", "s.mp3"])
def test_truncated_file_is_used_as_far_as_it_goes(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, np.concatenate([tone(seconds=1), silence(5), tone()]), name=name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 9 // 10])
    target = load_target(path, SPEC)
    assert target.note == 57
    assert re.fullmatch(r"the file is damaged and ends at 6\.\d\d s", target.warnings[0])


def forged_flac(folder: Path) -> Path:
    """A FLAC of 1 s whose header claims 2^36 - 1 samples, 18 days."""
    path = saved(folder, tone(), name="s.flac")
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F  # STREAMINFO at 8: the last 36 bits before the MD5 are the length
    content[22:26] = b"\xff" * 4
    path.write_bytes(content)
    return path


def bomb(folder: Path) -> Path:
    """A FLAC of less than a megabyte that is half a gigabyte when decoded: a tone, then silence."""
    path = folder / "s.flac"
    with soundfile.SoundFile(path, "w", 44100, 2, "PCM_16") as sound:
        sound.write(np.stack([tone(), tone()], 1))
        for _ in range(26):
            sound.write(np.zeros((60 * 44100, 2), np.int16))
        assert sound.frames * 2 * 4 > 1 << 29
    assert path.stat().st_size < 1 << 20
    return path


@pytest.mark.parametrize("rate", [1, 3999, 768001, 2**20 - 1])
def test_a_flac_whose_rate_is_forged(tmp_path: Path, rate: int) -> None:
    path = saved(tmp_path, tone(), name="s.flac")
    content = bytearray(path.read_bytes())
    assert int.from_bytes(content[18:21], "big") >> 4 == 44100  # STREAMINFO: 20 bits of rate
    content[18:21] = ((rate << 4) | content[20] & 0x0F).to_bytes(3, "big")
    path.write_bytes(content)
    assert f"the header gives an impossible sample rate of {rate} Hz" in refusal(path)


@pytest.mark.parametrize("made", [forged_flac, bomb])
def test_forged_or_true_lengths_cost_no_memory(
    tmp_path: Path, made: Callable[[Path], Path]
) -> None:
    path = made(tmp_path)
    code = (
        "import resource, sys\n\n"
        "from datasets.spec import load_spec\n"
        "from models.matching.sound_target import load_target\n\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "target = load_target(sys.argv[1], load_spec('vital-32'))\n\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(target.note, (after - before) / 1024, 'librosa' in sys.modules)\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    pytest.importorskip("resource", reason="POSIX only")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    note, megabytes, librosa = done.stdout.split()
    assert (note, librosa) == ("57", "False")
    assert float(megabytes) < 120


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["s.wav", "s.flac", "s.ogg"]),
    place=st.integers(0, 200),
    junk=st.binary(min_size=1, max_size=8),
    kept=st.floats(0.01, 1),
)
def test_a_damaged_file_is_a_target_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: int, junk: bytes, kept: float
) -> None:
    path = saved(tmp_path_factory.mktemp("damaged"), tone(seconds=0.2), name=name)
    content = bytearray(path.read_bytes())
    content[place : place + len(junk)] = junk
    path.write_bytes(content[: max(1, int(kept * len(content)))])
    try:
        target = load_target(path, SPEC)
    except AudioError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(target.audio).all() and target.audio.shape == (3 * 44100,)
        assert 36 <= target.note <= 84
