"""Render a MIDI file with a timbre model; the same file, model and seed give the same samples."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import AudioError, StoreError, reason
from datasets.foreign_files import file_content
from models.timbre.contract import TimbreModel
from models.timbre.latent import position_of_knobs
from models.timbre.player.frames.frame_player import FramePlayer
from models.timbre.player.frames.phase_score import PhaseScore
from models.timbre.player.instrument import open_instrument, phase_of
from models.timbre.player.stream import KnobbedSynth, start_knobs
from models.timbre.player.synth import SAMPLE_RATE
from models.timbre.player.voices import VOICES
from models.timbre.tone import Float32

BLOCK = 1024  # samples; a knob moves between two blocks, and its bank fades in for 20 ms
LONGEST_S = 3600.0
TAIL_S = 30.0  # Longest sound after the last event.
SMPTE = 0x8000  # A larger division counts frames of film, not beats.


@dataclass(frozen=True)
class Song:
    """Hold the messages of a MIDI file.

    Attributes:
        events: Time in seconds and message, in their order.
        notes: Number of notes.
    """

    events: tuple[tuple[float, bytes], ...]
    notes: int

    @property
    def keys(self) -> list[int]:
        """Return the keys that the song plays, the lowest first."""
        return sorted({m[1] for _, m in self.events if m[0] & 0xF0 == 0x90 and m[2]})


def read_song(path: Path) -> Song:
    """Read a MIDI file, with its tempo changes and all channels.

    Args:
        path: A Standard MIDI File of type 0 or 1.

    Returns:
        The song.

    Raises:
        AudioError: The file cannot be read, is not MIDI, has no note, or is longer than an hour.
    """
    import mido

    try:
        content = file_content(path)
    except StoreError as error:
        raise AudioError(str(error)) from error
    if content[:4] != b"MThd":
        raise AudioError(f"{path}: not a MIDI file; give a .mid file")
    try:
        midi_file = mido.MidiFile(file=io.BytesIO(content), clip=True)
        events = _timed(midi_file, path)
    except AudioError:
        raise
    except Exception as error:  # mido has no error of its own for a damaged file
        raise AudioError(f"{path}: damaged MIDI file ({reason(error)}); export it again") from error
    notes = sum(message[0] & 0xF0 == 0x90 and message[2] > 0 for _, message in events)
    if not notes:
        raise AudioError(f"{path}: has no notes; give a MIDI file with at least one note")
    if events[-1][0] > LONGEST_S:
        raise AudioError(
            f"{path}: lasts {events[-1][0]:.0f} s; split it into files of {LONGEST_S:.0f} s or less"
        )
    return Song(events, notes)


def _timed(midi_file: Any, path: Path) -> tuple[tuple[float, bytes], ...]:  # noqa: ANN401  mido
    """Return the messages of all tracks with their times in seconds."""
    if midi_file.type == 2:
        raise AudioError(f"{path}: MIDI file of type 2; export it as type 0 or 1")
    if not 0 < midi_file.ticks_per_beat < SMPTE:
        raise AudioError(f"{path}: counts film frames, not beats; export it with beats")
    events, now_s = [], 0.0
    for message in midi_file:  # mido merges the tracks and follows the tempo
        now_s += message.time
        if not message.is_meta and message.type != "sysex":
            events.append((now_s, bytes(message.bytes())))
    return tuple(events)


def render_song(
    model: TimbreModel,
    song: Song,
    knobs: Sequence[float] | None = None,
    sample_rate: int = SAMPLE_RATE,
    voices: int = VOICES,
    seed: int = 0,
    phase: str = "",
) -> Float32:
    """Render a song, until its last note is silent.

    Args:
        model: The model.
        song: The song.
        knobs: Positions of the axes, 0 to 1; the model's start by default. CC 20 to 27 move them.
        sample_rate: Hz.
        voices: Notes that sound at the same time.
        seed: Seed of the noise.
        phase: Phase method of a spectral model; empty for its default.

    Returns:
        Mono audio between -1 and 1, (n,).

    Raises:
        SpecError: The phase method does not fit the model.
    """
    phase = phase_of(model, phase, live=False)
    position = start_knobs(model) if knobs is None else list(knobs)
    at, keys = position_of_knobs(model.axes, position), (float(song.keys[0]), float(song.keys[-1]))
    score = PhaseScore() if phase == "pghi" else None
    live = "peaks" if score else phase
    made = open_instrument(model, at, keys, sample_rate, voices, seed, live)
    if score and isinstance(made[0], FramePlayer):
        made[0].new_phases = score.voice
    blocks = []
    for block in _blocks(KnobbedSynth(model, made[0], position, made[1]), song, sample_rate):
        blocks.append(block)
        if score:
            score.integrate_ended()
    audio = np.concatenate(blocks)
    return audio if score is None else score.sound(len(audio))


def _blocks(synth: KnobbedSynth, song: Song, sample_rate: int) -> Iterator[Float32]:
    """Yield the blocks of a song, each (BLOCK,), until its last note is silent."""
    waiting = [(round(at_s * sample_rate), message) for at_s, message in song.events]
    start, last, at = 0, waiting[-1][0], 0
    while at < len(waiting) or (not synth.synth.is_silent and start < last + TAIL_S * sample_rate):
        now = []
        while at < len(waiting) and waiting[at][0] < start + BLOCK:
            now.append((waiting[at][1], waiting[at][0] - start))
            at += 1
        yield synth.block(now, BLOCK)[0]
        if synth.moved:
            synth.follow()
        start += BLOCK
