"""Cut the middle out of a long note, so that a search can render it in the time of a short one.

The beginning of the note and its release stay. A search on the short note finds candidates; the
best of them are then rendered at the whole length.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.audio.note.shape import NoteShape

FADE_S = 0.02  # Length of the cross-fade at the cut.
LEAST_RELEASE_S = 0.05  # A note with less after its hold shows no release.

Float32 = npt.NDArray[np.float32]


def compact_note(
    sound: Float32, sample_rate: int, shape: NoteShape, hold_s: float, length_s: float
) -> tuple[Float32, NoteShape]:
    """Shorten a note to a hold and a length.

    Args:
        sound: Mono audio from the onset, shape (n,), longer than ``length_s``.
        sample_rate: Hz.
        shape: Hold and length of the sound; its hold is longer than ``hold_s``.
        hold_s: Hold of the short note, seconds.
        length_s: Length of the short note, seconds.

    Returns:
        The audio, zero-padded to the length, and its shape. A note without a release is cut at
        ``length_s``, and its key is held to the end.
    """
    length = round(length_s * sample_rate)
    if shape.length_s - shape.hold_s < LEAST_RELEASE_S or shape.hold_s <= hold_s:
        return sound[:length], NoteShape(min(shape.hold_s, length_s), length_s, shape.kind)
    cut, release = round(hold_s * sample_rate), round(shape.hold_s * sample_rate)
    fade = min(cut, round(FADE_S * sample_rate))
    weight = np.linspace(0, 1, fade, dtype=np.float32)
    joint = (1 - weight) * sound[cut - fade : cut] + weight * sound[release - fade : release]
    parts = [sound[: cut - fade], joint, sound[release : release + length - cut]]
    short = np.zeros(length, np.float32)
    joined = np.concatenate(parts)
    short[: len(joined)] = joined
    return short, NoteShape(hold_s, length_s, shape.kind)
