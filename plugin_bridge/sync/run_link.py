"""Run a link until Ctrl-C or SIGTERM, for every ``patchwright bridge`` command."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event

from datasets.errors import SpecError, StoreError, reason
from datasets.foreign_files import file_content, parse_json
from datasets.spec import SynthSpec, load_spec
from plugin_bridge.addresses import parse_address
from plugin_bridge.stop_signals import set_by_stop_signals
from plugin_bridge.sync.host_parameters import with_macros
from plugin_bridge.sync.link import Link, Tell
from plugin_bridge.sync.target import Target

OpenTarget = Callable[[SynthSpec], Target]


def run_link(
    open_target: OpenTarget,
    model: str,
    server: str,
    tell: Tell,
    token: str = "",
    stopped: Event | None = None,
) -> None:
    """Connect a server to a target until Ctrl-C or SIGTERM, or until ``stopped`` is set.

    Args:
        open_target: Opens the target; receives the model's spec, for Vital with its four macros. A
            TargetError makes the link try again later.
        model: Shipped model, model folder or spec.
        server: HOST:PORT of the server's OSC.
        tell: Receives lines for the user.
        token: Token of the server, if it has one.
        stopped: Event that ends the link; None waits for Ctrl-C or SIGTERM.

    Raises:
        SpecError: The model is unknown.
        ServeError: The server's address is invalid.
    """
    spec = model_spec(model)
    wider = with_macros(spec)
    link = Link(parse_address(server), lambda: open_target(wider), spec, tell, token)
    with set_by_stop_signals() as signalled, closing(link):
        link.run(stopped or signalled)


def model_spec(model: str) -> SynthSpec:
    """Return the spec of a shipped model's name, a model folder or a ``.toml`` file.

    Raises:
        SpecError: The model is unknown, or its folder has no spec.
    """
    config = Path(model) / "config.json"
    if not config.is_file():
        return load_spec(model)
    try:
        return SynthSpec.from_dict(parse_json(file_content(config), str(config))["spec"])
    except (StoreError, KeyError, TypeError) as error:
        raise SpecError(
            f"{config}: no spec in it ({reason(error)}); give a trained model's folder"
        ) from error
