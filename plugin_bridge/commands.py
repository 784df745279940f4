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


@commands.command()
def host(
    synth: Annotated[str, typer.Argument(help="Spec, model, or a VST3 plugin's name or path.")],
    output: Annotated[str, typer.Option(help="jack, card, or auto: JACK if it runs.")] = "auto",
    device: Annotated[str, typer.Option(help="Part of the sound card's name.")] = "",
    frames: Annotated[int, typer.Option(min=16, max=8192, help="Of a sound card's block.")] = 256,
    osc_port: Annotated[int, typer.Option(min=0, max=65535, help="For notes, UDP.")] = 9020,
    server: Annotated[
        str,
        typer.Option(help="HOST:PORT of the server to follow; none if left out."),
    ] = "",
    preset: Annotated[str, typer.Option(help="A .vstpreset file to begin with.")] = "",
    token: Token = "",
) -> None:
    """Play a VST3 live, without a DAW: notes by MIDI or OSC, parameters from the server."""
    from plugin_bridge.host.session import HostOptions, run_host

    options = HostOptions(synth, output, device, frames, osc_port, server, token, preset)
    run_host(options, typer.echo)


@bridge.command()
def doctor(model: Model = "vital-32", server: Server = HERE, token: Token = "") -> None:
    """What can be reached, what is set up, what to do next."""
    from plugin_bridge.doctor import diagnose

    for line in diagnose(model, server, token):
        typer.echo(line)
