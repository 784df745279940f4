"""Open a timbre model of any kind as a stream that the live host plays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.timbre.model_folder import is_one_shot, load_one_shot, load_timbre
from models.timbre.player.hits.hit_stream import HitStream
from models.timbre.player.live.live_input import open_live
from models.timbre.player.stream import TimbreStream, unlearned
from renderer.engines.stream import SynthStream


def open_stream(
    name_or_folder: str,
    sample_rate: int,
    voices: int,
    phase: str = "",
    inputs: Sequence[str] = (),
    tell: Callable[[str], None] = print,
) -> SynthStream:
    """Return the stream of a model.

    Args:
        name_or_folder: Name of a shipped model, or a folder that ``timbre fit`` wrote.
        sample_rate: Hz.
        voices: Notes or hits that sound at the same time.
        phase: Phase method of a spectral model; empty for its default.
        inputs: Sound files or ``jack``: a spectral model decodes these instead of notes.
        tell: Shows a line about the model, such as note classes that it did not learn.

    Returns:
        The stream.

    Raises:
        CheckpointError: The model does not exist or is damaged, or its kind cannot take inputs.
    """
    if is_one_shot(name_or_folder) and not inputs:
        return HitStream(load_one_shot(name_or_folder), sample_rate, voices)
    model = load_timbre(name_or_folder)
    if line := unlearned(model):
        tell(line)
    if inputs:
        return open_live(model, inputs, sample_rate)
    return TimbreStream(model, sample_rate, voices, phase=phase)
