"""Play one note of a timbre model, without a live bank."""

from __future__ import annotations

import numpy as np

from models.timbre.contract import TimbreModel
from models.timbre.latent import LatentPosition
from models.timbre.player.bank import make_bank
from models.timbre.player.synth import SAMPLE_RATE, PolySynth
from models.timbre.tone import Float32


def play_note(
    model: TimbreModel,
    position: LatentPosition,
    key: int,
    velocity: int,
    hold_s: float,
    length_s: float,
) -> Float32:
    """Return a note as the player plays it, at 48 kHz.

    Args:
        model: The model.
        position: Point of its latent space.
        key: MIDI note.
        velocity: MIDI velocity.
        hold_s: Seconds from key-down to key-up.
        length_s: Length of the sound in seconds, at least ``hold_s``.

    Returns:
        Mono audio, (n,).
    """
    synth = PolySynth(make_bank(model, position, [float(key)]), SAMPLE_RATE)
    held = round(hold_s * SAMPLE_RATE)
    synth.note_on(0, key, velocity)
    first = synth.block(held)
    synth.note_off(0, key)
    rest = synth.block(round(length_s * SAMPLE_RATE) - held)
    return np.asarray(np.concatenate([first, rest], axis=1)[0], np.float32)
