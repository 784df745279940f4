"""Render a MIDI file with the pads of a one-shot model; the same seed gives the same samples."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from datasets.atomic_write import replace_file
from datasets.errors import SpecError
from models.timbre.contract import Float32
from models.timbre.hits import HitModel
from models.timbre.player.hits.hit_synth import HitSynth
from models.timbre.player.hits.pads import MIDDLE, pad_keys, pads_of_knobs
from models.timbre.player.song import BLOCK, TAIL_S, Song, read_song


def render_hit_song(
    model: HitModel,
    song: Song,
    knobs: Sequence[float] | None = None,
    sample_rate: int = 0,
    voices: int = 16,
    seed: int = 0,
) -> Float32:
    """Render a song, until its last hit is silent.

    Args:
        model: The model.
        song: The song.
        knobs: Positions of the axes, 0 to 1; the middle by default. CC 20 to 27 move them.
        sample_rate: Hz; 0 for the model's rate.
        voices: Hits that sound at the same time.
        seed: Seed of the noise in the sounds.

    Returns:
        Audio between -1 and 1, (channels, n).

    Raises:
        SpecError: A knob is out of range or has no axis, or no key of the song has a pad.
    """
    position = _checked(model, knobs or [])
    keys = pad_keys(model.classes)
    if not set(song.keys) & set(keys.values()):
        pads = ", ".join(f"{key} {label}" for label, key in keys.items())
        raise SpecError(f"keys {song.keys[:8]}: {model.name} has no pad on them; use {pads}")
    rate, moved = sample_rate or model.sample_rate, set[int]()

    def set_axis(number: int, place: float) -> None:
        if number < len(position):
            position[number] = place
            moved.add(number)

    bank = pads_of_knobs(model, position, rate, seed)
    synth = HitSynth(bank, model.channels, rate, voices, set_axis)
    waiting = [(round(at_s * rate), message) for at_s, message in song.events]
    blocks, start, at, last = [], 0, 0, waiting[-1][0]
    while at < len(waiting) or (synth.sounding and start < last + TAIL_S * rate):
        now = []
        while at < len(waiting) and waiting[at][0] < start + BLOCK:
            now.append((waiting[at][1], waiting[at][0] - start))
            at += 1
        blocks.append(synth.block(now, BLOCK))
        if moved:
            moved.clear()
            synth.offer(pads_of_knobs(model, position, rate, seed))
        start += BLOCK
    return np.concatenate(blocks, axis=1)


def _checked(model: HitModel, knobs: Sequence[float]) -> list[float]:
    """Return a position for each axis.

    Raises:
        SpecError: There are more knobs than axes, or one is out of range.
    """
    if len(knobs) > len(model.axes):
        raise SpecError(f"--knobs {len(knobs)} positions: {model.name} has {len(model.axes)} axes")
    for knob in knobs:
        if not 0.0 <= knob <= 1.0:
            raise SpecError(f"--knobs {knob:g}: must be in 0..1")
    return [*knobs, *[MIDDLE] * (len(model.axes) - len(knobs))]


def write_hit_song(
    model: HitModel,
    song: Path,
    out: Path,
    knobs: Sequence[float] | None,
    sample_rate: int,
    voices: int,
    seed: int,
) -> tuple[float, int]:
    """Render a MIDI file and write it with 24-bit samples.

    Args:
        model: The model.
        song: MIDI file.
        out: File to write.
        knobs: Positions of the axes, 0 to 1; axes without one are in the middle.
        sample_rate: Hz.
        voices: Hits that sound at the same time.
        seed: Seed of the noise in the sounds.

    Returns:
        Seconds of sound, and the number of notes.

    Raises:
        AudioError: The MIDI file cannot be used.
        SpecError: A knob is out of range, or no key of the song has a pad.
        StoreError: The file cannot be written.
    """
    read = read_song(song)
    audio = render_hit_song(model, read, knobs, sample_rate, voices, seed)
    content = io.BytesIO()
    soundfile.write(content, audio.T, sample_rate, "PCM_24", format="WAV")
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_file(out, content.getvalue())
    return audio.shape[1] / sample_rate, read.notes
