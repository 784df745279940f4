"""Write ``docs/reference/cli.md`` from the commands themselves.

python -m tests.docs.write_pages
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

import patchwright
from tests import ROOT

PAGE = ROOT / "docs" / "reference" / "cli.md"
HEAD = """# Commands

Made from the commands by `python -m tests.docs.write_pages`; a test compares them. Every command
prints the same text with `--help`.

`render-presets` is another name for `patchwright render`. A command that fails because of its input
prints one line, `error: ...`, and ends with exit code 2. Ctrl-C ends with exit code 130.
"""
TypeName = {int: "integer", float: "number", str: "text", bool: "switch", Path: "path"}

TyperObject = Any  # a command or parameter: typer keeps their types private


def document() -> str:
    """Return the whole page as Markdown."""
    top = typer.main.get_command(patchwright.app)
    commands = list(_commands(top, "patchwright"))
    rows = ["| command | purpose |", "| --- | --- |"]
    rows += [
        f"| [`{name}`](#{_anchor(name)}) | {_cell(_summary(command))} |"
        for name, command in commands
    ]
    sections = (line for name, command in commands for line in _section(name, command))
    return "\n".join([HEAD, *rows, "", *sections])


def _commands(group: TyperObject, name: str) -> Iterator[tuple[str, TyperObject]]:
    """Yield every command that does something, by its full name."""
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def _section(name: str, command: TyperObject) -> Iterator[str]:
    """Yield the lines of one command."""
    yield f"## {name}\n"
    yield from (f"{paragraph}\n" for paragraph in _paragraphs(command))
    given = " ".join(["[OPTIONS]", *(_usage(one) for one in _arguments(command))])
    yield f"```text\n{name} {given}\n```\n"
    if _arguments(command):
        yield "| argument | type | meaning |\n| --- | --- | --- |"
        for one in _arguments(command):
            yield f"| `{one.name}` | {_type(one)} | {_cell(one.help or '')} |"
        yield ""
    options = [one for one in command.params if one.param_type_name == "option"]
    if options:
        yield "| option | type | default | meaning |\n| --- | --- | --- | --- |"
        prefix = command.context_settings.get("auto_envvar_prefix")
        for one in options:
            names = "`, `".join([*one.opts, *one.secondary_opts])
            meaning = _cell(one.help or "") + _environment(one, prefix)
            yield f"| `{names}` | {_type(one)} | {_default(one)} | {meaning} |"
        yield ""


def _arguments(command: TyperObject) -> list[TyperObject]:
    return [one for one in command.params if one.param_type_name == "argument"]


def _usage(argument: TyperObject) -> str:
    word = f"{argument.name.upper()}{'...' if argument.nargs == -1 else ''}"
    return word if argument.required else f"[{word}]"


def _type(parameter: TyperObject) -> str:
    """Return the type and range of a parameter in words."""
    kind = parameter.type_descriptor.annotation
    word = TypeName.get(kind) or _inner(kind)
    low, high = parameter.min, parameter.max
    if low is not None and high is not None:
        word += f", {low} to {high}"
    elif low is not None:
        word += f", at least {low}"
    repeated = parameter.multiple or parameter.nargs == -1
    return f"{word}, may be repeated" if repeated else word


def _inner(kind: object) -> str:
    """Return the word for the type inside a list or an optional value."""
    inside = (TypeName[one] for one in getattr(kind, "__args__", ()) if one in TypeName)
    return next(inside, "text")


def _default(option: TyperObject) -> str:
    if option.required:
        return "required"
    value = option.default
    if isinstance(value, bool):
        return "on" if value else "off"
    return "-" if value in (None, "", (), []) else f"`{value}`"


def _environment(option: TyperObject, prefix: str | None) -> str:
    """Return the environment variable of an option as part of its meaning."""
    name = option.envvar or (f"{prefix}_{option.name}".upper() if prefix else "")
    return f" Environment: `{name}`." if name else ""


def _paragraphs(command: TyperObject) -> list[str]:
    return [" ".join(part.split()) for part in (command.help or "").split("\n\n") if part.strip()]


def _summary(command: TyperObject) -> str:
    return next(iter(_paragraphs(command)), "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "&#124;").replace("``", "`")


def _anchor(name: str) -> str:
    return name.replace(" ", "-")
