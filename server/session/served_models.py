"""Open the models that a server can play: models of synths, and timbre models."""

from __future__ import annotations

from functools import partial

from models.checkpoint import load_checkpoint, shipped_names
from models.instrument.protocols import Playable
from models.timbre.instrument.playable import open_timbre
from models.timbre.model_folder import is_one_shot, shipped_timbres
from models.timbre.recognise import is_timbre
from server.jobs.matcher_interface import MatcherLike
from server.jobs.matcher_process import MatcherProcess
from server.session.service import Opener


def load_playable(model: str) -> Playable:
    """Load a model of a synth or a timbre model.

    Args:
        model: Name of a shipped model, or a folder.

    Returns:
        The model as an instrument needs it.

    Raises:
        CheckpointError: The model cannot be loaded.
    """
    return open_timbre(model) if is_timbre(model) else load_checkpoint(model)


def open_model(model: str) -> tuple[Playable, MatcherLike]:
    """Load a model and start its matcher.

    Raises:
        CheckpointError: The model cannot be loaded.
        RenderError: The synth cannot be loaded.
    """
    return load_playable(model), MatcherProcess(model)


def served_models(model: str, name: str) -> dict[str, Opener]:
    """Return the models that a client can change to, by name.

    Args:
        model: The model that the server starts with: a shipped name, or a folder.
        name: The name of that model.

    Returns:
        What opens each model.
    """
    # One-shots have no pitch: the live host plays them.
    timbres = [one for one in shipped_timbres() if not is_one_shot(one)]
    names = (*shipped_names(), *timbres)
    models: dict[str, Opener] = {one: partial(open_model, one) for one in names}
    return models | {name: partial(open_model, model)}
