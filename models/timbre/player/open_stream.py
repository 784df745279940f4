"""Open a timbre model of any kind as a stream that the live host plays."""

from __future__ import annotations

from models.timbre.model_folder import is_one_shot, load_one_shot, load_timbre
from models.timbre.player.hit_stream import HitStream
from models.timbre.player.stream import TimbreStream


def open_stream(name_or_folder: str, sample_rate: int, voices: int) -> TimbreStream | HitStream:
    """Return the stream of a model.

    Args:
        name_or_folder: Name of a shipped model, or a folder that ``timbre fit`` wrote.
        sample_rate: Hz.
        voices: Notes or hits that sound at the same time.

    Returns:
        The stream.

    Raises:
        CheckpointError: The model does not exist or is damaged.
    """
    if is_one_shot(name_or_folder):
        return HitStream(load_one_shot(name_or_folder), sample_rate, voices)
    return TimbreStream(load_timbre(name_or_folder), sample_rate, voices)
