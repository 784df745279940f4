"""``patchwright bridge ...``: the server joined to hosts and synths.

Each imports what it needs inside its own function, so `--help` is instant. A further target is a
function of a few lines like ``ableton``.
"""

from typing import Annotated

import typer

commands = typer.Typer()
bridge = typer.Typer(
    name="bridge",
    help="Join a running server to Ableton Live, a synth or a controller.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
commands.add_typer(bridge)

Model = Annotated[str, typer.Option(help="What the server plays: shipped model, folder or spec.")]
Server = Annotated[str, typer.Option(help="HOST:PORT of the server's OSC.")]
Token = Annotated[
    str, typer.Option(help="The server's, if it has one.", envvar="PATCHWRIGHT_TOKEN")
]
HERE = "127.0.0.1:9000"


@bridge.command()
def ableton(
    track: Annotated[str, typer.Option(help="Name of the track, or its number from 1.")] = "",
    device: Annotated[str, typer.Option(help="Name of the device, or its number from 1.")] = "",
    model: Model = "vital-32",
    server: Server = HERE,
    token: Token = "",
) -> None:
    """Ableton Live through AbletonOSC: its plugin follows the knobs, its knobs are heard."""
    from plugin_bridge.ableton import open_ableton
    from plugin_bridge.bridge import run_link

    run_link(lambda spec: open_ableton(spec, track, device), model, server, typer.echo, token)


@bridge.command()
def doctor(model: Model = "vital-32", server: Server = HERE, token: Token = "") -> None:
    """What can be reached, what is set up, what to do next."""
    from plugin_bridge.doctor import diagnose

    for line in diagnose(model, server, token):
        typer.echo(line)
