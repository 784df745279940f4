"""The commands that use models: judge, compare, draw, match, serve, measure.

Each imports what it needs inside its own function, so `--help` is instant.
"""

from pathlib import Path
from typing import Annotated

import typer

from server.preset_commands import preset

commands = typer.Typer()
commands.add_typer(preset, name="preset")


@commands.command()
def match(
    sound: Annotated[Path, typer.Argument(help="A wav, flac, ogg or mp3 file.")],
    model: Annotated[str, typer.Option(help="Shipped model or folder.")] = "vital-32",
    out: Annotated[Path, typer.Option(help="Folder of the answer.")] = Path("match"),
    budget: Annotated[
        str, typer.Option(help="instant (unheard), quick (16), refine (250), deep (5000 renders).")
    ] = "quick",
    start: Annotated[float | None, typer.Option(help="Seconds: begin here.")] = None,
    end: Annotated[float | None, typer.Option(help="Seconds: end here.")] = None,
    note: Annotated[int | None, typer.Option(help="MIDI note; measured unless given.")] = None,
    limit: Annotated[
        float | None, typer.Option(min=0, help="Seconds to search, instead of the budget's.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the search.")] = 0,
    present: Annotated[
        Path | None, typer.Option("--from", help="A preset file to begin from, beside the library.")
    ] = None,
    lock: Annotated[
        list[str] | None, typer.Option(help="A parameter that stays as in --from; may be repeated.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print match.json.")] = False,
) -> None:
    """Find the preset that sounds like a recording."""
    from server.console import match_command
    from server.inference import MatchOptions

    options = MatchOptions(budget, seed, start, end, note, limit, locked=tuple(lock or ()))
    typer.echo(match_command(sound, model, out, options, present, workers, as_json))


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
        str, typer.Option(help="IPv4 address of OSC and OSCQuery; the same holds.")
    ] = "127.0.0.1",
    osc_port: Annotated[int, typer.Option(help="UDP port of OSC.")] = 9000,
    oscquery_port: Annotated[int, typer.Option(help="TCP port of OSCQuery.")] = 8766,
    announce: Annotated[bool, typer.Option(help="Tell other programs of it (Zeroconf).")] = True,
    token: Annotated[
        str | None, typer.Option(help="What other machines have to send to be let in.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of kept presets; default: the user's data folder.")
    ] = None,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
    log_format: Annotated[str, typer.Option(help="text or json, on stderr.")] = "text",
    config: Annotated[
        Path | None,
        typer.Option(
            help="TOML file of these options; flags and PATCHWRIGHT_OSC_PORT, ... go first.",
            is_eager=True,
            callback=_read_config,
        ),
    ] = None,
) -> None:
    """Serve a model to musicians over HTTP, OSC and OSCQuery."""
    from server.logs import set_up
    from server.run import Serving
    from server.run import serve as run

    set_up(log_level, log_format)
    serving = Serving(host, http_port, osc_host, osc_port, oscquery_port, token, announce)
    run(model, serving, data)


@commands.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="Shipped model or folder.")],
    dataset: Annotated[Path | None, typer.Option(help="Dataset whose test split asks.")] = None,
    sounds: Annotated[Path | None, typer.Option(help="Folder of recorded sounds instead.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("results"),
    count: Annotated[int, typer.Option(min=2, help="Targets.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of the targets and of every search.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
    knobs: Annotated[bool, typer.Option("--knobs", help="Its knobs, on --count presets.")] = False,
) -> None:
    """Measure a model by the frozen protocol, or its knobs, on re-rendered audio."""
    from models.checkpoint import load_checkpoint
    from server.knobs import KnobTrial, knob_report
    from server.protocol_run import run_protocol

    checkpoint = load_checkpoint(model)
    if knobs:
        trial = KnobTrial(count, min(20, count), seed=seed, workers=workers)
        typer.echo(knob_report(checkpoint, dataset, out, trial))
    else:
        typer.echo(run_protocol(checkpoint, dataset, sounds, out, count, seed, workers))


@commands.command()
def name_knobs(
    model: Annotated[str, typer.Argument(help="Shipped model or folder; its config.json changes.")],
    presets: Annotated[int, typer.Option(min=2, help="Of the library, that knobs turn on.")] = 24,
    seed: Annotated[int, typer.Option(min=0, help="Of their choice.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
) -> None:
    """Call a model's knobs after what they are heard to change most."""
    from models.checkpoint import load_checkpoint, rename_macros
    from server.knob_names import Naming, heard_names

    names = heard_names(load_checkpoint(model), Naming(presets, seed, workers))
    rename_macros(model, names)
    typer.echo("\n".join(names))


@commands.command()
def compare(
    models: Annotated[list[str], typer.Argument(help="Shipped models or folders, of one synth.")],
    dataset: Annotated[Path, typer.Option(help="Dataset that they were trained on.")],
    sounds: Annotated[
        Path | None, typer.Option(help="Folder of recorded sounds as targets.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("comparison"),
    count: Annotated[int, typer.Option(min=2, help="Targets.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of the targets.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
) -> None:
    """Compare trained models by the frozen protocol, as the paper's Table 1."""
    from server.comparison import compare as run

    typer.echo(run(models, dataset, sounds, out, count, seed, workers))


@commands.command()
def figures(
    model: Annotated[str, typer.Argument(help="Shipped model or folder.")],
    dataset: Annotated[Path, typer.Option(help="Dataset whose test split is shown.")],
    out: Annotated[Path, typer.Option(help="Folder of the report.")],
    seed: Annotated[int, typer.Option(min=0, help="Of clips and latent samples.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
    examples: Annotated[int, typer.Option(min=1, max=20, help="Reconstructions shown.")] = 4,
) -> None:
    """Draw the paper's figures for a model: an HTML report with pictures and sounds."""
    from functools import partial

    from models.checkpoint import load_any
    from server.figures.report import make_figures

    tell = partial(typer.echo, err=True)
    typer.echo(make_figures(load_any(model), dataset, out, seed, workers, examples, tell))


@commands.command()
def bench(
    what: Annotated[str, typer.Argument(help="render, match, train, osc or all.")] = "all",
    model: Annotated[str, typer.Option(help="Shipped model or folder.")] = "vital-32",
) -> None:
    """Measure speed; the last line is one JSON object."""
    from server.bench import bench as run

    run(what, model)


@commands.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder of what it makes.")] = Path("demo"),
) -> None:
    """Render 200 presets, match three sketches, turn a knob over OSC."""
    from server.demo import demo as run

    run(out)


@commands.command()
def curve(
    model: Annotated[str, typer.Argument(help="Shipped model or folder.")],
    dataset: Annotated[Path | None, typer.Option(help="Dataset whose test split asks.")] = None,
    sounds: Annotated[Path | None, typer.Option(help="Folder of recorded sounds instead.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results; gone on with.")] = Path("curve"),
    methods: Annotated[
        str,
        typer.Option(help="Of random,nn,cma,nn_cma,nn_cma_z,nn_ga,flow,flow_reg,posterior,ours."),
    ] = "random,nn,cma,nn_cma,nn_cma_z,nn_ga,flow,posterior,ours",
    flow_reg: Annotated[str, typer.Option(help="Folder of the Flow_reg of that method.")] = "",
    renders: Annotated[int, typer.Option(min=1, help="Of every search.")] = 100,
    count: Annotated[int, typer.Option(min=2, help="Targets.")] = 100,
    searches: Annotated[int, typer.Option(min=1, help="Search seeds for every target.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice of targets.")] = 0,
    note: Annotated[
        int | None, typer.Option(min=0, max=127, help="MIDI note of all targets; else their own.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
) -> None:
    """Compare ways of searching: distance against renders, on the same targets."""
    from models.checkpoint import load_checkpoint
    from server.curve import CurveRun, run_curve

    chosen = tuple(methods.split(","))
    run = CurveRun(chosen, renders, count, seed, searches, workers, note, flow_reg)
    typer.echo(run_curve(load_checkpoint(model), dataset, sounds, out, run))
