"""The commands ``patchwright bridge ...`` and ``patchwright host``.

Each imports what it needs inside its own function, so `--help` is instant. A further target is a
function of a few lines like ``ableton``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datasets.spec import SynthSpec

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
    from plugin_bridge.ableton.ableton_target import open_ableton
    from plugin_bridge.sync.run_link import run_link

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
    midi: Annotated[str, typer.Option(help="Part of a MIDI port's name, for notes.")] = "",
    ahead: Annotated[
        int, typer.Option(help="Blocks made before they are due: 2 is steadier, and later.")
    ] = 0,
    token: Token = "",
) -> None:
    """Play a VST3 live, without a DAW: notes by MIDI or OSC, parameters from the server."""
    from plugin_bridge.host.session import HostOptions, run_host

    options = HostOptions(
        synth, output, device, frames, osc_port, server, token, preset, midi, ahead
    )
    run_host(options, typer.echo)


@bridge.command()
def surge(
    patch: Annotated[
        Path | None, typer.Option(help="A .fxp of this machine, loaded first.")
    ] = None,
    mapping: Annotated[str, typer.Option("--map", help="Mapping file of your own.")] = "surge-xt",
    host: Annotated[str, typer.Option(help="Where Surge XT runs.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its OSC input.")] = 53280,
    listen_port: Annotated[int, typer.Option(help="Its OSC output.")] = 53281,
    model: Model = "surge-xt-32",
    server: Server = HERE,
    token: Token = "",
) -> None:
    """Surge XT through its own OSC, switched on in its menu."""
    from plugin_bridge.osc.surge import SurgeTarget, open_surge
    from plugin_bridge.sync.run_link import run_link

    def opened(spec: SynthSpec) -> SurgeTarget:
        target = open_surge(spec.names, host, port, listen_port, mapping)
        if patch is not None:
            target.load_patch(patch)
        target.prepare(spec.template.get("controls", {}))
        return target

    run_link(opened, model, server, typer.echo, token)


@bridge.command()
def midi(
    output: Annotated[str, typer.Option("--out", help="MIDI port of the synth, or a part of it.")],
    mapping: Annotated[str, typer.Option("--map", help="Shipped map, or a .toml of your own.")],
    input_port: Annotated[str, typer.Option("--in", help="Port that the synth sends to.")] = "",
    model: Model = "amsynth-34",
    server: Server = HERE,
    token: Token = "",
) -> None:
    """A synth by MIDI controllers: hardware, or one that stands alone."""
    from plugin_bridge.midi.midi_target import open_midi
    from plugin_bridge.sync.run_link import run_link

    run_link(
        lambda spec: open_midi(spec.names, mapping, output, input_port),
        model,
        server,
        typer.echo,
        token,
    )


@bridge.command()
def learn(
    out: Annotated[Path, typer.Argument(help="The map to write, .toml.")],
    input_port: Annotated[str, typer.Option("--in", help="MIDI port that the synth sends to.")],
    model: Model = "amsynth-34",
) -> None:
    """Make a MIDI map: move the knob of each parameter as it is named."""
    from plugin_bridge.midi.learn import learn as learnt
    from plugin_bridge.midi.map import write_midi_map
    from plugin_bridge.midi.midi_target import open_input
    from plugin_bridge.sync.run_link import model_spec

    port = open_input(input_port)
    try:
        found = learnt(port, model_spec(model).names, lambda name: typer.echo(f"move {name}"))
    finally:
        port.close()
    write_midi_map(out, found)
    typer.echo(f"wrote {len(found.assignments)} controllers to {out}")


@bridge.command()
def amsynth_controllers() -> None:
    """Give amsynth our controllers: writes its own file, keeping the old one beside it."""
    from plugin_bridge.midi.amsynth_controllers import controllers_path, install
    from plugin_bridge.midi.map import read_midi_map

    path = controllers_path()
    kept = install(read_midi_map("amsynth"), path)
    typer.echo(f"wrote {path}" + (f", the old one is {kept.name}" if kept else ""))
    typer.echo("start amsynth again: it reads the file only then")


@bridge.command()
def reaper(
    track: Annotated[int, typer.Option(help="Number of the track from 1; 0 is the master.")],
    fx: Annotated[int, typer.Option(help="Number of the effect on it, from 1.")] = 1,
    host: Annotated[str, typer.Option(help="Where REAPER runs.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its surface's local listen port.")] = 8000,
    listen_port: Annotated[int, typer.Option(help="Its surface's device port.")] = 9010,
    model: Model = "vital-32",
    server: Server = HERE,
    token: Token = "",
) -> None:
    """REAPER through its OSC control surface: one effect of one track."""
    from plugin_bridge.osc.reaper import open_reaper
    from plugin_bridge.sync.run_link import run_link

    run_link(
        lambda spec: open_reaper(spec.names, track, fx, (), host, port, listen_port),
        model,
        server,
        typer.echo,
        token,
    )


@bridge.command()
def osc(
    mapping: Annotated[Path, typer.Argument(help="Mapping file, .toml.")],
    model: Model = "vital-32",
    server: Server = HERE,
    token: Token = "",
) -> None:
    """Any program that takes OSC, by a mapping file."""
    from plugin_bridge.osc.generic import open_generic
    from plugin_bridge.sync.run_link import run_link

    run_link(lambda spec: open_generic(spec.names, mapping), model, server, typer.echo, token)


@bridge.command()
def preset(
    file: Annotated[
        Path | None,
        typer.Argument(help="The file; patchwright.* in the synth's own folder if left out."),
    ] = None,
    over: Annotated[
        Path | None, typer.Option(help="A file of yours that gives all that is not learned.")
    ] = None,
    replace: Annotated[bool, typer.Option(help="FILE may be replaced.")] = False,
    model: Model = "vital-32",
    server: Server = HERE,
    token: Token = "",
) -> None:
    """A preset file that follows the knobs, for a synth that nothing else reaches."""
    from plugin_bridge.preset_files.preset_target import preset_file
    from plugin_bridge.sync.run_link import model_spec, run_link

    kept = preset_file(model_spec(model), file, over, replace)
    run_link(lambda _: kept.open(), model, server, typer.echo, token)


@bridge.command()
def doctor(model: Model = "vital-32", server: Server = HERE, token: Token = "") -> None:
    """What can be reached, what is set up, what to do next."""
    from plugin_bridge.doctor import diagnose

    for line in diagnose(model, server, token):
        typer.echo(line)
