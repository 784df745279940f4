"""Run a link until Ctrl-C, for every ``patchwright bridge`` command."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Event

from datasets.errors import ServeError, SpecError
from datasets.spec import SynthSpec, load_spec
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
    """Join a server to a target until Ctrl-C, or until ``stopped`` is set.

    ``open_target`` is given the model's spec, of Vital with its four macros too, and is tried again
    for as long as it raises TargetError; other errors are the caller's. Raises SpecError for a
    model, ServeError for an address that is none.
    """
    spec = model_spec(model)
    wider = with_macros(spec)
    link = Link(parse_address(server), lambda: open_target(wider), spec, tell, token)
    try:
        link.run(stopped or Event())
    finally:
        link.close()


def model_spec(model: str) -> SynthSpec:
    """The spec of a shipped model's name, of a model's folder, or of a ``.toml`` file."""
    config = Path(model) / "config.json"
    if not config.is_file():
        return load_spec(model)
    try:
        return SynthSpec.from_dict(json.loads(config.read_text(encoding="utf-8"))["spec"])
    except (ValueError, KeyError, TypeError) as error:
        raise SpecError(f"{config} holds no spec ({error}): is it a trained model?") from error


def parse_address(text: str) -> tuple[str, int]:
    """IP and UDP port of ``HOST:PORT``; ServeError when it is none, or the host is not known."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ServeError(f"{text!r} is no address: give HOST:PORT, such as 127.0.0.1:9000")
    try:
        return socket.gethostbyname(host), int(port)
    except OSError as error:
        raise ServeError(f"host {host!r} is not known: give its IP address") from error
