"""Define the commands ``serve``, ``bench``, ``demo`` and ``preset``.

Each command imports what it needs inside its own function. ``--help`` therefore stays fast.
"""

from pathlib import Path
from typing import Annotated

import typer

from server.presets.commands import preset

commands = typer.Typer()
commands.add_typer(preset, name="preset")


def _read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Use the values of a TOML file as the defaults of the command's options."""
    if path is not None:
        from server.config import read_config

        known = {option.name for option in context.command.params} - {"config", "help"}
        context.default_map = read_config(path, {name for name in known if name})
    return path


# Each option also has an environment variable: PATCHWRIGHT_OSC_PORT, PATCHWRIGHT_TOKEN, ...
@commands.command(context_settings={"auto_envvar_prefix": "PATCHWRIGHT"})
def serve(
    model: Annotated[str, typer.Option(help="Name of a shipped model, or a folder.")] = "vital-32",
    patch: Annotated[
        Path | None,
        typer.Option(help="Preset file to play on: it stays, and the knobs start from it."),
    ] = None,
    host: Annotated[
        str, typer.Option(help="IP address or name for HTTP; needs --token if not loopback.")
    ] = "127.0.0.1",
    http_port: Annotated[int, typer.Option(help="TCP port for HTTP; 0 takes a free one.")] = 8765,
    osc_host: Annotated[
        str, typer.Option(help="Address for OSC and OSCQuery; needs --token if not loopback.")
    ] = "127.0.0.1",
    osc_port: Annotated[int, typer.Option(help="UDP port for OSC; 0 takes a free one.")] = 9000,
    oscquery_port: Annotated[
        int, typer.Option(help="TCP port for OSCQuery; 0 takes a free one.")
    ] = 8766,
    announce: Annotated[
        bool, typer.Option(help="Announce the server to other programs by Zeroconf.")
    ] = True,
    token: Annotated[
        str | None, typer.Option(help="Secret that clients must send to get access.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of saved presets; default: the user's data folder.")
    ] = None,
    log_level: Annotated[
        str, typer.Option(help="Least severe log lines: debug, info, warning or error.")
    ] = "info",
    log_format: Annotated[
        str, typer.Option(help="Format of the log on stderr: text or json.")
    ] = "text",
    config: Annotated[
        Path | None,
        typer.Option(
            help="TOML file with these options. Environment variables and flags override it.",
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
    run(model, serving, data, patch=patch)


@commands.command()
def bench(
    what: Annotated[
        str, typer.Argument(help="Benchmark to run: render, match, train, osc, timbre or all.")
    ] = "all",
    model: Annotated[str, typer.Option(help="Name of a shipped model, or a folder.")] = "vital-32",
) -> None:
    """Measure the speed of this machine; the last line is one JSON object."""
    from server.benchmarks.bench import bench as run

    run(what, model)


@commands.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("demo"),
) -> None:
    """Render 200 presets, match three sketches and turn a knob over OSC."""
    from server.demo import demo as run

    run(out)
