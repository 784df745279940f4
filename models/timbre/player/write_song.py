"""Render a MIDI file to a WAV file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import soundfile

from datasets.atomic_write import replace_file
from models.timbre.contract import TimbreModel
from models.timbre.export.latent_path import check_knobs
from models.timbre.player.song import read_song, render_song


def write_song(
    model: TimbreModel,
    song: Path,
    out: Path,
    knobs: Sequence[float] | None,
    sample_rate: int,
    voices: int,
    seed: int,
    phase: str = "",
) -> tuple[float, int]:
    """Render a MIDI file and write it with 24-bit samples.

    Args:
        model: The model.
        song: MIDI file.
        out: File to write.
        knobs: Positions of the axes, 0 to 1; axes without one are in the middle.
        sample_rate: Hz.
        voices: Notes that sound at the same time.
        seed: Seed of the noise.
        phase: Phase method of a spectral model; empty for its default.

    Returns:
        Seconds of sound, and the number of notes.

    Raises:
        AudioError: The MIDI file cannot be used.
        SpecError: A knob is out of range, or the phase method does not fit the model.
        StoreError: The file cannot be written.
    """
    read = read_song(song)
    if knobs is not None:
        check_knobs(model, knobs, "--knobs")
        knobs = [*knobs, *[axis.rest for axis in model.axes[len(knobs) :]]]
    audio = render_song(model, read, knobs, sample_rate, voices, seed, phase)
    content = io.BytesIO()
    soundfile.write(content, audio, sample_rate, "PCM_24", format="WAV")
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_file(out, content.getvalue())
    return len(audio) / sample_rate, read.notes
