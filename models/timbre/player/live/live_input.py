"""Open sounds for a live input, or process them to a file: `play --input` and `timbre morph`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import soundfile

from datasets.atomic_write import replace_file
from datasets.errors import SpecError
from models.audio.decode import read_part
from models.audio.spectra.stft import Float64, at_rate
from models.timbre.contract import TimbreModel
from models.timbre.export.latent_path import check_knobs
from models.timbre.player.live.live_frames import (
    FrameCoder,
    live_axes,
    live_knobs,
    live_start,
    process_sound,
)
from models.timbre.player.live.live_stream import MICROPHONE, LiveStream
from models.timbre.player.synth import limited

MOST_INPUTS = 2


@dataclass(frozen=True)
class MorphSettings:
    """Set how sounds are changed.

    Attributes:
        knobs: Offset of each latent axis, and the note class, 0 to 1; None changes nothing.
        crossfade: 0 for the first sound, 1 for the second.
        crossfade_end: Crossfade at the end; None for the same.
        gains: Linear gain of each sound.
        sample_rate: Hz of the result.
    """

    knobs: Sequence[float] | None = None
    crossfade: float = 0.0
    crossfade_end: float | None = None
    gains: tuple[float, float] = (1.0, 1.0)
    sample_rate: int = 48000


def coder_of(model: TimbreModel) -> FrameCoder:
    """Return a model that encodes and decodes frames.

    Raises:
        SpecError: The model is of another kind.
    """
    if model.kind != "spectral":
        raise SpecError(f"{model.name} is a {model.kind} model: use a spectral model for inputs")
    return cast(FrameCoder, model)


def open_live(model: TimbreModel, inputs: Sequence[str], sample_rate: int) -> LiveStream:
    """Return a stream that plays inputs through a model.

    Args:
        model: A spectral model.
        inputs: Sound files, or ``jack`` for the audio input; at most two.
        sample_rate: Hz.

    Returns:
        The stream.

    Raises:
        SpecError: The model is of another kind, or there are too many inputs.
        AudioError: A file cannot be used.
    """
    coder = coder_of(model)
    _check_count(inputs)
    sounds = [None if one == MICROPHONE else read_sound(Path(one), sample_rate) for one in inputs]
    return LiveStream(coder, sounds, sample_rate)


def write_morph(
    model: TimbreModel, paths: Sequence[Path], out: Path, settings: MorphSettings
) -> float:
    """Encode and decode sounds, and write the result with 24-bit samples.

    Args:
        model: A spectral model.
        paths: One or two sound files.
        out: File to write.
        settings: What to change.

    Returns:
        Seconds of sound.

    Raises:
        SpecError: The model is of another kind, or a knob or the number of sounds is wrong.
        AudioError: A file cannot be used.
        StoreError: The file cannot be written.
    """
    coder = coder_of(model)
    _check_count(paths)
    axes = live_axes(coder, len(paths))
    given = list(settings.knobs or [])
    check_knobs(coder, given, "--knobs")
    positions = [*given, *live_start(axes)[len(given) :]]
    knobs = live_knobs(coder, axes, positions)
    knobs.crossfade, knobs.gains = settings.crossfade, list(settings.gains)
    rate = settings.sample_rate
    sounds = [read_sound(path, rate) for path in paths]
    end = settings.crossfade_end if len(paths) == MOST_INPUTS else None
    audio = limited(process_sound(coder, sounds, rate, knobs, end))
    content = io.BytesIO()
    soundfile.write(content, audio.astype(np.float32), rate, "PCM_24", format="WAV")
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_file(out, content.getvalue())
    return len(audio) / rate


def read_sound(path: Path, sample_rate: int) -> Float64:
    """Return the first minutes of a sound file, mono, at a sample rate.

    Raises:
        AudioError: The file cannot be used.
    """
    part = read_part(path, None, None, [])
    return at_rate(part.frames.T, part.sample_rate, sample_rate)


def _check_count(inputs: Sequence[object]) -> None:
    """Refuse more inputs than a crossfade has.

    Raises:
        SpecError: There are more than two.
    """
    if len(inputs) > MOST_INPUTS:
        raise SpecError(f"{len(inputs)} inputs: give one, or two for a crossfade")
