"""Collect the public interface of the checkout as plain data.

Texts, titles, schema names and operation ids are left out: they may change freely.
"""

import dataclasses
import hashlib
import inspect
import itertools
import json
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_type_hints

import typer
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

import patchwright
from datasets.spec import load_spec
from models.checkpoint import load_checkpoint
from models.evaluation.run_protocol import run_protocol
from models.matching.export import write_match
from models.matching.matcher import Matcher
from models.matching.options import MatchOptions
from plugin_bridge import protocol
from server.http.app import create_app
from server.http.websocket import MESSAGE
from server.session.service import Service
from tests import ROOT
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher

ROOMS = ("datasets", "renderer", "models", "server", "plugin_bridge", "maxpatches")
SKETCHES = ROOT / "server" / "sketches"
# Keys of a JSON schema that hold text for people, not a contract.
TEXTS = {"description", "title", "summary", "operationId", "examples", "example", "tags"}

Json = Any  # as json.loads returns it
TyperObject = Any  # a command or parameter: typer keeps their types private
Interface = dict[str, Any]
# Public classes that a program makes itself; of the others only the members are frozen.
CONSTRUCTED = {"MatchOptions", "Matcher", "RenderJob", "RenderPool"}


def collect() -> Interface:
    """Collect every part of the interface; takes some seconds, because it matches a sound."""
    return {
        "commands": commands(),
        "environment": environment(),
        "http": http(),
        "osc": osc(),
        "files": files(),
        "specs": specs(),
        "models": models(),
        "python": python(),
    }


def commands() -> Interface:
    """Describe each command with its parameters, by its full name."""
    return dict(_commands(typer.main.get_command(patchwright.app), "patchwright"))


def _commands(command: TyperObject, name: str) -> Iterable[tuple[str, Interface]]:
    """Yield a command and the commands below it."""
    types = get_type_hints(command.callback) if command.callback else {}
    yield name, dict(_parameter(parameter, types) for parameter in command.params)
    for word, child in getattr(command, "commands", {}).items():
        yield from _commands(child, f"{name} {word}")


def _parameter(parameter: TyperObject, types: dict[str, Any]) -> tuple[str, Interface]:
    kind, default = types[parameter.name], parameter.default
    return " ".join([*parameter.opts, *parameter.secondary_opts]), {
        "type": kind.__name__ if isinstance(kind, type) else str(kind),
        "default": default if isinstance(default, bool | int | float | None) else str(default),
        "min": parameter.min,
        "max": parameter.max,
        "required": parameter.required,
        "repeated": parameter.multiple,
        "kind": parameter.param_type_name,
    }


def environment() -> list[str]:
    """List the environment variables that commands read."""
    sources = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    named = (re.findall(r"PATCHWRIGHT_[A-Z_]*[A-Z]", path.read_text("utf-8")) for path in sources)
    found = set(itertools.chain.from_iterable(named))
    group: Any = typer.main.get_command(patchwright.app)
    for command in group.commands.values():
        prefix = command.context_settings.get("auto_envvar_prefix")
        found.update(f"{prefix}_{one.name}".upper() for one in command.params if prefix)
    return sorted(found)


def http() -> Interface:
    """Describe every route: methods, fields and status codes, with schemas inlined."""
    app = create_app(Service(FakeCheckpoint(), FakeMatcher()), ("testserver",))
    with TestClient(app) as client:
        document = client.get("/openapi.json").json()
        metrics = text_string_to_metric_families(client.get("/metrics").text)
        names = sorted(f"{family.name} {family.type}" for family in metrics)
    messages = MESSAGE.json_schema()
    return {
        "paths": _plain(document["paths"], document),
        "/metrics": [name for name in names if name.startswith("patchwright")],
        "/v1/live": _plain({key: messages[key] for key in messages if key != "$defs"}, messages),
    }


def _plain(schema: Json, document: Interface, named: bool = False) -> Json:
    """Inline references and drop texts; ``named`` says that the keys are names of fields."""
    if isinstance(schema, list):
        return [_plain(part, document) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _plain(target, document)
    return {
        key: _plain(value, document, key in ("properties", "paths", "responses", "content"))
        for key, value in schema.items()
        if named or key not in TEXTS
    }


def osc() -> Interface:
    """Describe the arguments of every OSC address, in each direction."""
    directions = {
        "to the server": protocol.INCOMING,
        "from the server": protocol.OUTGOING,
        "to the live host": protocol.HOSTED,
        "to the live host of a timbre model": protocol.TIMBRE,
    }
    return {
        direction: {address.path: _arguments(address) for address in addresses}
        for direction, addresses in directions.items()
    }


def _arguments(address: protocol.Address) -> list[Interface]:
    return [
        {"name": one.name, "kind": one.kind, "default": one.default} for one in address.arguments
    ]


def files() -> Interface:
    """Describe ``match.json`` and ``results.json`` by real runs of the shipped Vital model."""
    checkpoint = load_checkpoint("vital-32")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        with Matcher(checkpoint, workers=2) as matcher:
            result = matcher.match(SKETCHES / "sung_vowel.flac", MatchOptions("instant"))
            names = sorted(write_match(result, out, checkpoint.spec))
            match = shape(json.loads((out / "match.json").read_text()))
        run_protocol(checkpoint, None, SKETCHES, out, count=2, seed=0, workers=2)
        results = shape(json.loads((out / "results.json").read_text()))
    return {"match": names, "match.json": match, "results.json": results}


def shape(value: Json) -> Json:
    """Return the keys of a JSON document, with the type of each value; a list by its first."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value[:1]]
    return "number" if isinstance(value, int | float) else type(value).__name__


def specs() -> Interface:
    """Name each shipped spec and recipe with the digest that datasets and models record."""
    synths = sorted((ROOT / "datasets" / "synths").glob("*.toml"))
    recipes = sorted((ROOT / "datasets" / "recipes").glob("*.toml"))
    return {
        "synths": {path.stem: load_spec(path.stem).digest() for path in synths},
        "recipes": {path.stem: _digest(path) for path in recipes},
    }


def models() -> Interface:
    """Name each file of each shipped model, with the start of its SHA-256 digest."""
    folders = sorted(path for path in (ROOT / "models" / "shipped").iterdir() if path.is_dir())
    return {
        folder.name: {
            path.name: _digest(path)
            for path in sorted(folder.iterdir())
            if path.suffix in (".safetensors", ".json")
        }
        for folder in folders
    }


def python() -> Interface:
    """Describe each name of ``import patchwright``: its signature, and its public members."""
    return {name: _described(getattr(patchwright, name)) for name in patchwright.__all__}


def _described(public: Json) -> Interface:
    if not isinstance(public, type):
        return {"parameters": _defaults(public)}
    if issubclass(public, BaseException):
        return {"exception": True}
    parameters = _defaults(public) if public.__name__ in CONSTRUCTED else {}
    fields = dataclasses.fields(public) if dataclasses.is_dataclass(public) else ()
    attributes = {field.name: "attribute" for field in fields}
    return {"parameters": parameters, "members": attributes | _members(public)}


def _defaults(function: Json) -> Interface:
    """Name the parameters of a function or class; ``None`` stands for one without default."""
    parameters = inspect.signature(function).parameters.values()
    return {
        one.name: None if one.default is one.empty else type(one.default).__name__
        for one in parameters
        if one.name not in ("self", "cls")
    }


def _members(public: type) -> Interface:
    names = [name for name in vars(public) if not name.startswith("_")]
    found = {name: inspect.getattr_static(public, name) for name in names}
    functions = {name: getattr(one, "__func__", one) for name, one in found.items()}
    return {
        name: _defaults(one) if inspect.isfunction(one) else "attribute"
        for name, one in functions.items()
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
