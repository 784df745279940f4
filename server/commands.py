"""The commands that run on their own: serve, bench, demo, preset.

Each imports what it needs inside its own function, so `--help` is instant.
"""

from pathlib import Path
from typing import Annotated

import typer

from server.presets.commands import preset

commands = typer.Typer()
commands.add_typer(preset, name="preset")


def _read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Take an option's default from a file, where it has one."""
    if path is not None:
        from server.config import read_config

        known = {option.name for option in context.command.params} - {"config", "help"}
        context.default_map = read_config(path, {name for name in known if name})
    return path


# Every option can come from the environment too: PATCHWRIGHT_OSC_PORT, PATCHWRIGHT_TOKEN, ...
@commands.command(context_settings={"auto_envvar_prefix": "PATCHWRIGHT"})
def serve(
    model: Annotated[str, typer.Option(help="Shipped model or folder.")] = "vital-32",
    host: Annotated[
        str, typer.Option(help="Address of HTTP; others than loopback need --token.")
    ] = "127.0.0.1",
    http_port: Annotated[int, typer.Option(help="TCP port of HTTP.")] = 8765,
    osc_host: Annotated[
        str, typer.Option(help="IPv4 address of OSC and OSCQuery; the same rule for --token.")
    ] = "127.0.0.1",
    osc_port: Annotated[int, typer.Option(help="UDP port of OSC.")] = 9000,
    oscquery_port: Annotated[int, typer.Option(help="TCP port of OSCQuery.")] = 8766,
    announce: Annotated[
        bool, typer.Option(help="Announce the server to other programs (Zeroconf).")
    ] = True,
    token: Annotated[
        str | None, typer.Option(help="What other machines must send to get access.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of saved presets; default: the user's data folder.")
    ] = None,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
    log_format: Annotated[str, typer.Option(help="text or json, on stderr.")] = "text",
    config: Annotated[
        Path | None,
        typer.Option(
            help="TOML file of these options; flags and PATCHWRIGHT_OSC_PORT, ... override it.",
            is_eager=True,
            callback=_read_config,
        ),
    ] = None,
) -> None:
    """Serve a model to musicians over HTTP, OSC and OSCQuery."""
    from server.lifecycle import Serving
    from server.lifecycle import serve as run
    from server.logging_setup import set_up

    set_up(log_level, log_format)
    serving = Serving(host, http_port, osc_host, osc_port, oscquery_port, token, announce)
    run(model, serving, data)


@commands.command()
def bench(
    what: Annotated[str, typer.Argument(help="render, match, train, osc or all.")] = "all",
    model: Annotated[str, typer.Option(help="Shipped model or folder.")] = "vital-32",
) -> None:
    """Measure speed; the last line is one JSON object."""
    from server.benchmarks.bench import bench as run

    run(what, model)


@commands.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder of what it makes.")] = Path("demo"),
) -> None:
    """Render 200 presets, match three sketches, turn a knob over OSC."""
    from server.demo import demo as run

    run(out)
