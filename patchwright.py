"""The front door: every command of patchwright.

Each command imports what it needs inside its own function, so `--help` is instant.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

# The folders (datasets, renderer, models, ...) are imported by their own names. In a wheel they lie
# in `patchwright_app` next to this file, so that names this general never reach site-packages; in
# the checkout they lie next to this file itself. Whichever it is goes first on sys.path, so that
# inside this process `datasets` is ours even where another package of that name is installed.
_HERE = Path(__file__).resolve().parent
ROOMS = _HERE / "patchwright_app" if (_HERE / "patchwright_app").is_dir() else _HERE
sys.path.insert(0, str(ROOMS))

app = typer.Typer(
    name="patchwright",
    help="Steer any synthesizer by sound.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help and plain tracebacks: rich takes longer to import than all the rest.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    """Print the installed version and stop, if `--version` was given."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"patchwright {version('patchwright')}")
        raise typer.Exit


@app.callback()
def _front_door(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Steer any synthesizer by sound."""


@app.command()
def render(
    spec: Annotated[
        str,
        typer.Argument(help="Synth spec: a shipped name (vital-32, amsynth-34, ...) or a .toml."),
    ],
    count: Annotated[int, typer.Option(min=1, help="Clips in the whole dataset.")],
    out: Annotated[
        str, typer.Option(help="Folder or URI (s3://...) of the dataset; continued if it is there.")
    ],
    seed: Annotated[int, typer.Option(min=0, help="Every clip follows from seed and index.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
    shard: Annotated[
        str, typer.Option(help="I/N: only the I-th of N shares of its parts, from 0.")
    ] = "0/1",
    recipe: Annotated[
        str, typer.Option(help="Mixture to draw from: human, mixture or a .toml; default: uniform.")
    ] = "",
    isolation: Annotated[
        str, typer.Option(help="fork, process or instance; default: the spec's or platform's.")
    ] = "",
    ray: Annotated[
        str, typer.Option(help="[ADDRESS]: as Ray tasks, there or on a local cluster.")
    ] = "",
    dry_run: Annotated[bool, typer.Option(help="Only tell time and size.")] = False,
) -> None:
    """Render a dataset of (parameters, audio) pairs."""
    from datasets.spec import load_spec
    from renderer import console
    from renderer.batch import parse_shard, shard_clips
    from renderer.isolation import parse_isolation
    from renderer.order import Order
    from renderer.states import open_recipe

    synth, share = load_spec(spec), parse_shard(shard)
    method, mixture = parse_isolation(isolation, synth.isolation), open_recipe(recipe, synth)
    if dry_run:
        typer.echo(console.plan(synth, shard_clips(count, share), workers, method, mixture))
        return
    order = Order(spec, count, out, seed, recipe, isolation)
    if ray:
        typer.echo(order.on_cluster(ray))
        return
    with console.progress_bar(shard_clips(count, share)) as progress:
        summary = order.render(synth, workers, method, share, progress, mixture)
    typer.echo(console.report(synth, summary, out, mixture))


@app.command()
def scan(
    plugin: Annotated[str, typer.Argument(help="Plugin: a path, a name, or vital.")],
    out: Annotated[Path, typer.Option(help="Draft spec, .toml; report .md and .png next to it.")],
    engine: Annotated[
        str, typer.Option(help="dawdreamer, pedalboard, faust or vita; default: by the file.")
    ] = "",
    note_low: Annotated[int, typer.Option(min=0, max=127, help="Lowest MIDI note.")] = 36,
    note_high: Annotated[int, typer.Option(min=0, max=127, help="Highest MIDI note.")] = 84,
    patches: Annotated[int, typer.Option(min=2, help="Random patches to measure on.")] = 12,
    size: Annotated[int, typer.Option(min=1, help="Controls to learn at most: 16, 32, 64.")] = 32,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Of the random patches.")] = 0,
) -> None:
    """Probe a plugin: what acts, what is stepped or unsafe, how it repeats; draft its spec."""
    from functools import partial

    from models.features import FeatureSettings, log_mel
    from renderer.probe import CLIP
    from renderer.scan.console import scan_command
    from renderer.scan.open import ScanSettings

    settings = ScanSettings(patches, size, seed, note_low, note_high, workers)
    mel = partial(log_mel, settings=FeatureSettings(duration_s=CLIP.length_s))
    scan_command(plugin, out, settings, mel, engine, typer.echo)


@app.command()
def train(
    dataset: Annotated[Path, typer.Argument(help="Folder made by render-presets.")],
    out: Annotated[Path, typer.Option(help="Folder of the model; resumed if it is there.")],
    kind: Annotated[
        str, typer.Option(help="flow_vae (ours), or one of the paper's: mlp, cnn, ... flow_dis.")
    ] = "flow_vae",
    paper: Annotated[
        bool, typer.Option("--paper", help="The paper's schedule: 500 epochs, batch 64, 2e-4.")
    ] = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs at most; default 60.")] = None,
    batch: Annotated[int | None, typer.Option(min=2, help="Clips in a step; default 128.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(min=0, help="Of Adam, at the start; default 1e-3.")
    ] = None,
    warm_up: Annotated[
        int | None, typer.Option(min=0, help="Epochs until the KL counts fully; default 10.")
    ] = None,
    patience: Annotated[
        int | None, typer.Option(min=1, help="Epochs without gain before the end; default 20.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights and shuffling.")] = 0,
    size: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE of the network's config.")
    ] = None,
    devices: Annotated[int, typer.Option(min=1, help="Processes that share a batch.")] = 1,
    accelerator: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the network first.")] = False,
) -> None:
    """Train a model: audio VAE, flows, step heads, library and macro-knobs; or one of the paper."""
    from models.train import Machine
    from models.train_console import settings_of, train_command

    machine = Machine(accelerator, devices, compiled)
    given = (epochs, batch, learning_rate, warm_up, patience)
    config = settings_of(paper, seed, given)
    train_command(dataset, out, kind, config, size or [], machine)


@app.command()
def tag(
    dataset: Annotated[Path, typer.Argument(help="Folder made by render-presets.")],
    csv: Annotated[
        Path | None, typer.Option(help="Your own tags: columns index,tags; a clip's parted by ;")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Clips of the CSV get its tags alone.")
    ] = False,
    low: Annotated[
        float, typer.Option(help="Quantile up to which a clip is dark, soft, ...")
    ] = 0.25,
    high: Annotated[
        float, typer.Option(help="Quantile from which it is bright, aggressive, ...")
    ] = 0.75,
    presets: Annotated[
        Path | None, typer.Option(help="The presets it was drawn from; default: the spec's.")
    ] = None,
) -> None:
    """Tag a dataset: dark or bright, thin or phat, ... as heard; bass, pad, ... by preset names."""
    from datasets.store import open_store
    from models.tagging import Tagging, tag_dataset

    tagging = Tagging(low, high, csv, replace, presets)

    def show(done: int, parts: int) -> None:
        if done == parts or done % 20 == 0:
            typer.echo(f"descriptors: part {done} of {parts}", err=True)

    typer.echo(tag_dataset(open_store(dataset), tagging, show).table())


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
def match(
    sound: Annotated[Path, typer.Argument(help="A wav, flac, ogg or mp3 file.")],
    model: Annotated[str, typer.Option(help="Shipped model or folder.")] = "vital-32",
    out: Annotated[Path, typer.Option(help="Folder of the answer.")] = Path("match"),
    budget: Annotated[
        str, typer.Option(help="instant (chosen unheard) or quick (32 heard).")
    ] = "quick",
    start: Annotated[float | None, typer.Option(help="Seconds: begin here.")] = None,
    end: Annotated[float | None, typer.Option(help="Seconds: end here.")] = None,
    note: Annotated[int | None, typer.Option(help="MIDI note; measured unless given.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the posterior's samples.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print match.json.")] = False,
) -> None:
    """Find the preset that sounds like a recording."""
    from server.console import match_command
    from server.inference import MatchOptions, parse_budget

    options = MatchOptions(parse_budget(budget), seed, start, end, note)
    typer.echo(match_command(sound, model, out, options, workers, as_json))


@app.command()
def serve(
    model: Annotated[str, typer.Option(help="Shipped model or folder.")] = "vital-32",
    host: Annotated[
        str, typer.Option(help="Address of HTTP; others than loopback need --token.")
    ] = "127.0.0.1",
    http_port: Annotated[int, typer.Option(help="TCP port of HTTP.")] = 8765,
    osc_port: Annotated[int, typer.Option(help="UDP port of OSC.")] = 9000,
    token: Annotated[str | None, typer.Option(help="Bearer token of HTTP requests.")] = None,
) -> None:
    """Serve a model to musicians over HTTP and OSC."""
    from server.run import serve as run

    run(model, host, http_port, osc_port, token)


@app.command()
def bench(
    what: Annotated[str, typer.Argument(help="render, match, train, osc or all.")] = "all",
    model: Annotated[str, typer.Option(help="Shipped model or folder.")] = "vital-32",
) -> None:
    """Measure speed; the last line is one JSON object."""
    from server.bench import bench as run

    run(what, model)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder of what it makes.")] = Path("demo"),
) -> None:
    """Render 200 presets, match three sketches, turn a knob over OSC."""
    from server.demo import demo as run

    run(out)


def main() -> None:
    """Run `patchwright`."""
    _run(lambda: app(prog_name="patchwright"))


def render_presets_main() -> None:
    """Run `render-presets`, another name for `patchwright render`."""
    render = typer.main.get_group(app).commands["render"]
    _run(lambda: render(prog_name="render-presets"))


def _run(command: Callable[[], object]) -> None:
    """Run a command; an error that is the caller's to mend is one line and exit code 2."""
    from datasets.errors import PatchwrightError

    if "--ray" in sys.argv:  # its address may be left out, which the option parser cannot express
        after = sys.argv.index("--ray") + 1
        if after == len(sys.argv) or sys.argv[after].startswith("-"):
            sys.argv.insert(after, "local")
    try:
        command()
    except PatchwrightError as error:
        message = " ".join(str(error).splitlines())
        print(f"error: {message}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
