"""Play a listed sound as raw audio with fluidsynth, espeak-ng or libsndfile."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from datasets.errors import AudioError
from datasets.recorded.listing import Program, RecordedSound, Sample, Vowel
from datasets.spec import FloatArray

RATE = 44100  # Hz
HOLD_S = 3.0  # Seconds that a key or vowel is held.
RING_S = 1.5  # Seconds rendered after the key is released.
TIMEOUT_S = 60  # A clip takes a fifth of a second.
REPEATS = 32  # Repeats of a long vowel: the shortest takes 0.16 s, and the last few are stressed.
# No reverb, because rooms differ between synths. Float output, so nothing clips and no dither is
# added.
FLUIDSYNTH = (
    *("fluidsynth", "--quiet", "--no-midi-in", "--no-shell", f"--load-config={os.devnull}"),
    *("--reverb=0", "--chorus=0", "--gain=0.5", f"--sample-rate={RATE}"),
    *("--audio-file-type=raw", "--audio-file-format=float", "--audio-file-endian=little"),
    *("-o", "synth.dynamic-sample-loading=1"),  # reads one program instead of all 140 MB
)


def play(sound: RecordedSound) -> FloatArray:
    """Return the sound as its source gives it: (n,) at RATE, the mean of its channels, any level.

    Raises:
        AudioError: A file of the package is missing, or its player fails or is silent.
    """
    match sound.recipe:
        case Program() as recipe:
            audio = _soundfont(recipe, sound)
        case Vowel() as recipe:
            audio = _vowel(recipe)
        case Sample() as recipe:
            audio = _sample(recipe, _existing(Path(sound.pack.path, recipe.file), sound))
    if not len(audio) or not np.abs(audio).max() > 0:
        raise AudioError(f"{sound.name}: {sound.pack.package} gave no sound for {sound.recipe}")
    return audio


def _soundfont(recipe: Program, sound: RecordedSound) -> FloatArray:
    font = _existing(Path(sound.pack.path), sound)
    with tempfile.TemporaryDirectory() as folder:
        song, raw = Path(folder, "note.mid"), Path(folder, "note.raw")
        song.write_bytes(midi_file(recipe.program, sound.note, recipe.velocity))
        _run(*FLUIDSYNTH, f"--fast-render={raw}", str(font), str(song))
        frames = np.fromfile(raw, "<f4").reshape(-1, 2)
    return _mono(frames)


def midi_file(program: int, note: int, velocity: int) -> bytes:
    """Return a MIDI file (format 0) with one note of ``HOLD_S``, then ``RING_S`` of silence.

    Args:
        program: General MIDI program, 0..127.
        note: MIDI note number.
        velocity: MIDI velocity, 1..127.

    Returns:
        The bytes of the file.
    """
    # A quarter note has 500 ticks; at the default tempo of 120 a tick is 1 ms.
    events = (
        (0, bytes([0xC0, program])),
        (0, bytes([0x90, note, velocity])),
        (round(1000 * HOLD_S), bytes([0x80, note, 0])),
        (round(1000 * RING_S), b"\xff\x2f\x00"),
    )
    # A wait has seven bits in each byte; the high bit is set in all bytes but the last.
    track = b"".join(bytes([wait >> 7 | 0x80, wait & 0x7F]) + event for wait, event in events)
    header = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, 500)
    return header + struct.pack(">4sI", b"MTrk", len(track)) + track


def _vowel(recipe: Vowel) -> FloatArray:
    # No closing tag, because espeak-ng would read it aloud after phonemes. Range 0 is a monotone.
    text = f'<prosody range="0">[[{recipe.phoneme * REPEATS}]]'
    voice = ("espeak-ng", "-v", recipe.voice, "-p", str(recipe.pitch), "-s", "80")
    spoken, rate = soundfile.read(
        io.BytesIO(_run(*voice, "-m", "-z", "--stdout", text)), dtype="float32"
    )
    audio: FloatArray = soxr.resample(spoken, rate, RATE)[: round(HOLD_S * RATE)]
    return audio


def _sample(recipe: Sample, path: Path) -> FloatArray:
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        file.seek(round(recipe.start_s * rate))
        frames = file.read(round(recipe.length_s * rate), dtype="float32", always_2d=True)
    audio: FloatArray = soxr.resample(_mono(frames), rate, RATE)
    return audio


def _existing(path: Path, sound: RecordedSound) -> Path:
    """Return the file if it exists: without it, fluidsynth would play another soundfont."""
    if not path.is_file():
        raise AudioError(
            f"{sound.name}: {sound.pack.package} is installed, but {path} is missing. "
            "Install the package again."
        )
    return path


def _mono(frames: FloatArray) -> FloatArray:
    mean: FloatArray = frames.mean(axis=1, dtype=np.float32)
    return mean


def _run(*command: str) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT_S)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise AudioError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise AudioError(f"{command[0]} failed with exit code {done.returncode}: {' '.join(said)}")
    return done.stdout
