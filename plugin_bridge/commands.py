"""Define the commands ``patchwright bridge ...``; ``host`` is in ``patchwright.py``.

Each command imports its code inside its own function, so ``--help`` is fast. To add a target,
write a short function like ``ableton``.
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
    help="Connect a running server to Ableton Live, a synth or a controller.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
commands.add_typer(bridge)

Model = Annotated[str, typer.Option(help="The server's model: shipped model, folder or spec.")]
Server = Annotated[str, typer.Option(help="HOST:PORT where the server receives OSC.")]
Token = Annotated[
    str, typer.Option(help="Token of the server, if it has one.", envvar="PATCHWRIGHT_TOKEN")
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
    """Control a plugin in Ableton Live through AbletonOSC, in both directions."""
    from plugin_bridge.ableton.ableton_target import open_ableton
    from plugin_bridge.ableton.device_memory import DeviceMemory
    from plugin_bridge.sync.run_link import run_link

    memory = DeviceMemory()
    run_link(
        lambda spec: open_ableton(spec, track, device, memory=memory),
        model,
        server,
        typer.echo,
        token,
    )


@bridge.command()
def surge(
    patch: Annotated[
        Path | None, typer.Option(help="A .fxp file on this machine to load first.")
    ] = None,
    mapping: Annotated[
        str, typer.Option("--map", help="Shipped map, or your own .toml.")
    ] = "surge-xt",
    host: Annotated[
        str, typer.Option(help="IP or name of the machine that runs Surge XT.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of Surge XT's OSC input.")] = 53280,
    listen_port: Annotated[int, typer.Option(help="Port of Surge XT's OSC output.")] = 53281,
    model: Model = "surge-xt-32",
    server: Server = HERE,
    token: Token = "",
) -> None:
    """Control Surge XT through its own OSC; switch that on in its menu first."""
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
    output: Annotated[
        str, typer.Option("--out", help="MIDI port of the synth: its name, or a part of it.")
    ],
    mapping: Annotated[str, typer.Option("--map", help="Shipped map, or your own .toml.")],
    input_port: Annotated[
        str, typer.Option("--in", help="MIDI port that the synth sends to.")
    ] = "",
    model: Model = "amsynth-34",
    server: Server = HERE,
    token: Token = "",
) -> None:
    """Control a synth by MIDI controllers: hardware, or a standalone program."""
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
    out: Annotated[Path, typer.Argument(help="Map file to write, .toml.")],
    input_port: Annotated[str, typer.Option("--in", help="MIDI port that the synth sends to.")],
    model: Model = "amsynth-34",
) -> None:
    """Make a MIDI map: move the knob of each parameter that the command names."""
    from datasets.atomic_write import check_writable
    from plugin_bridge.midi.learn import learn as learn_map
    from plugin_bridge.midi.map import write_midi_map
    from plugin_bridge.midi.ports import open_input
    from plugin_bridge.sync.run_link import model_spec

    check_writable(out)  # the player moves every knob before it is written
    port = open_input(input_port)
    try:
        found = learn_map(port, model_spec(model).names, lambda name: typer.echo(f"move {name}"))
    finally:
        port.close()
    write_midi_map(out, found)
    typer.echo(f"wrote {len(found.assignments)} controllers to {out}")


@bridge.command()
def amsynth_controllers() -> None:
    """Write amsynth's controllers file with our map, and keep the old file."""
    from plugin_bridge.midi.amsynth_controllers import controllers_path, install
    from plugin_bridge.midi.map import read_midi_map

    path = controllers_path()
    kept = install(read_midi_map("amsynth"), path)
    typer.echo(f"wrote {path}" + (f"; the old file is now {kept.name}" if kept else ""))
    typer.echo("restart amsynth: it reads the file only when it starts")


@bridge.command()
def reaper(
    track: Annotated[int, typer.Option(help="Number of the track from 1; 0 is the master.")],
    fx: Annotated[int, typer.Option(help="Number of the effect on that track, from 1.")] = 1,
    host: Annotated[
        str, typer.Option(help="IP or name of the machine that runs REAPER.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Local listen port of REAPER's OSC surface.")] = 8000,
    listen_port: Annotated[int, typer.Option(help="Device port of REAPER's OSC surface.")] = 9010,
    model: Model = "vital-32",
    server: Server = HERE,
    token: Token = "",
) -> None:
    """Control one effect on one track of REAPER through its OSC control surface."""
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
    """Control any program that receives OSC, described by a mapping file."""
    from plugin_bridge.osc.generic import open_generic
    from plugin_bridge.sync.run_link import run_link

    run_link(lambda spec: open_generic(spec.names, mapping), model, server, typer.echo, token)


@bridge.command()
def preset(
    file: Annotated[
        Path | None,
        typer.Argument(help="File to write; by default patchwright.* in the synth's folder."),
    ] = None,
    over: Annotated[
        Path | None,
        typer.Option(help="Your preset file; it supplies all that the model does not set."),
    ] = None,
    replace: Annotated[bool, typer.Option(help="Replace FILE if it exists.")] = False,
    model: Model = "vital-32",
    server: Server = HERE,
    token: Token = "",
) -> None:
    """Write a preset file that follows the knobs, for a synth without remote control."""
    from plugin_bridge.preset_files.preset_target import preset_file
    from plugin_bridge.sync.run_link import model_spec, run_link

    kept = preset_file(model_spec(model), file, over, replace)
    run_link(lambda _: kept.open(), model, server, typer.echo, token)


@bridge.command()
def doctor(model: Model = "vital-32", server: Server = HERE, token: Token = "") -> None:
    """Check what the bridge can reach and what is set up, and say what to do next."""
    from plugin_bridge.doctor import diagnose

    for line in diagnose(model, server, token):
        typer.echo(line)
