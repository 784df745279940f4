"""The commands of models: tag, train, match, evaluate, compare, draw.

Each imports what it needs inside its own function, so `--help` is instant.
"""

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()

# Options that several commands share, or that need many words.
Workers = Annotated[int, typer.Option(min=1, help="Processes that render.")]
Budget = Annotated[
    str, typer.Option(help="instant (0), quick (16), refine (250) or deep (5000 renders).")
]
Method = Annotated[
    str,
    typer.Option(
        help="parameters: a patch that comes near; resynthesis: the sound itself, drawn into "
        "Vital; auto: both, the nearer one as the answer."
    ),
]
Frames = Annotated[
    int, typer.Option(min=1, max=257, help="Wavetable frames of the resynthesis; 11 kB each.")
]
SecondNote = Annotated[
    Path | None,
    typer.Option(help="Another note of the same instrument, to learn how its formants move."),
]
Exports = Annotated[
    bool, typer.Option("--exports", help="Write the wavetable for Vital, Serum and Surge too.")
]
StartPreset = Annotated[
    Path | None, typer.Option("--from", help="A preset file to begin from, beside the library.")
]
Locks = Annotated[
    list[str] | None, typer.Option(help="A parameter that stays as in --from; may be repeated.")
]


@commands.command()
def tag(
    dataset: Annotated[Path, typer.Argument(help="Folder made by render-presets.")],
    csv: Annotated[
        Path | None,
        typer.Option(help="Your own tags: columns index,tags; separate a clip's tags by ;"),
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
    """Tag a dataset: dark or bright, ... by measurement; bass, pad, ... by preset names."""
    from datasets.storage.store import open_store
    from models.data.tagging import Tagging, tag_dataset

    tagging = Tagging(low, high, csv, replace, presets)

    def show(done: int, parts: int) -> None:
        if done == parts or done % 20 == 0:
            typer.echo(f"descriptors: part {done} of {parts}", err=True)

    typer.echo(tag_dataset(open_store(dataset), tagging, show).table())


@commands.command()
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
    precision: Annotated[
        str, typer.Option(help="Of the steps: 32-true, bf16-mixed, ...; default: by the device.")
    ] = "",
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the network first.")] = False,
) -> None:
    """Train a model: audio VAE, flows, step heads, library and macro-knobs; or one of the paper."""
    from models.training.console import settings_of, train_command
    from models.training.run import Machine

    machine = Machine(accelerator, devices, compiled, precision)
    given = (epochs, batch, learning_rate, warm_up, patience)
    config = settings_of(paper, seed, given)
    train_command(dataset, out, kind, config, size or [], machine)


@commands.command()
def estimator(
    dataset: Annotated[Path, typer.Argument(help="Folder made by render-presets.")],
    model: Annotated[Path, typer.Option(help="Folder of a model of the same synth.")],
    library: Annotated[
        int, typer.Option(min=100, help="Presets in the library, at most.")
    ] = 40_000,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of each network; default 40 and 15.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights and shuffling.")] = 0,
) -> None:
    """Fit what a model's search needs: library, forward surrogate and posterior."""
    import json
    from functools import partial

    from datasets.storage.store import open_store
    from models.training.train_estimator import EstimatorConfig, fit_estimator

    config = EstimatorConfig.of(library, epochs, seed)
    tell = partial(typer.echo, err=True)
    typer.echo(json.dumps(fit_estimator(open_store(dataset), model, config, tell)))


@commands.command()
def match(
    sound: Annotated[Path, typer.Argument(help="A sound: wav, flac, mp3, m4a, webm...")],
    model: Annotated[str, typer.Option(help="Shipped model or folder.")] = "vital-32",
    out: Annotated[Path, typer.Option(help="Folder of the answer.")] = Path("match"),
    budget: Budget = "quick",
    start: Annotated[float | None, typer.Option(help="Seconds: begin here.")] = None,
    end: Annotated[float | None, typer.Option(help="Seconds: end here.")] = None,
    note: Annotated[int | None, typer.Option(help="MIDI note; default: measured.")] = None,
    limit: Annotated[
        float | None, typer.Option(min=0, help="Seconds to search, instead of the budget's.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the search.")] = 0,
    present: StartPreset = None,
    lock: Locks = None,
    workers: Workers = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print match.json.")] = False,
    method: Method = "auto",
    frames: Frames = 64,
    second: SecondNote = None,
    exports: Exports = False,
) -> None:
    """Find the preset that sounds like a recording."""
    from models.matching.console import match_command
    from models.matching.options import MatchOptions

    locked, words = tuple(lock or ()), (method, frames, second)
    options = MatchOptions(budget, seed, start, end, note, limit, None, locked, *words)
    typer.echo(match_command(sound, model, out, options, present, workers, as_json, exports))


@commands.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="Shipped model or folder.")],
    dataset: Annotated[Path | None, typer.Option(help="Dataset whose test split asks.")] = None,
    sounds: Annotated[Path | None, typer.Option(help="Folder of recorded sounds instead.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("results"),
    count: Annotated[int, typer.Option(min=2, help="Targets.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of the targets and of every search.")] = 0,
    workers: Workers = 2,
    knobs: Annotated[bool, typer.Option("--knobs", help="Its knobs, on --count presets.")] = False,
) -> None:
    """Measure a model by the frozen protocol, or its knobs, on re-rendered audio."""
    from models.checkpoint import load_checkpoint
    from models.evaluation.knob_report import KnobTrial, knob_report
    from models.evaluation.run_protocol import run_protocol

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
    workers: Workers = 2,
) -> None:
    """Name a model's knobs after what they change most in the sound."""
    from models.checkpoint import load_checkpoint, rename_macros
    from models.evaluation.knob_naming import Naming, heard_names

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
    workers: Workers = 2,
) -> None:
    """Compare trained models by the frozen protocol, as the paper's Table 1."""
    from models.evaluation.compare_models import compare as run

    typer.echo(run(models, dataset, sounds, out, count, seed, workers))


@commands.command()
def figures(
    model: Annotated[str, typer.Argument(help="Shipped model or folder.")],
    dataset: Annotated[Path, typer.Option(help="Dataset whose test split is shown.")],
    out: Annotated[Path, typer.Option(help="Folder of the report.")],
    seed: Annotated[int, typer.Option(min=0, help="Of clips and latent samples.")] = 0,
    workers: Workers = 2,
    examples: Annotated[int, typer.Option(min=1, max=20, help="Reconstructions shown.")] = 4,
) -> None:
    """Draw the paper's figures for a model: an HTML report with pictures and sounds."""
    from functools import partial

    from models.checkpoint import load_any
    from models.figures.report import make_figures

    tell = partial(typer.echo, err=True)
    typer.echo(make_figures(load_any(model), dataset, out, seed, workers, examples, tell))


@commands.command()
def curve(
    model: Annotated[str, typer.Argument(help="Shipped model or folder.")],
    dataset: Annotated[Path | None, typer.Option(help="Dataset whose test split asks.")] = None,
    sounds: Annotated[Path | None, typer.Option(help="Folder of recorded sounds instead.")] = None,
    out: Annotated[
        Path, typer.Option(help="Folder of the results; continued if it is there.")
    ] = Path("curve"),
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
    workers: Workers = 2,
) -> None:
    """Compare ways of searching: distance against renders, on the same targets."""
    from models.checkpoint import load_checkpoint
    from models.evaluation.budget_curve import CurveRun, run_curve

    chosen = tuple(methods.split(","))
    run = CurveRun(chosen, renders, count, seed, searches, workers, note, flow_reg)
    typer.echo(run_curve(load_checkpoint(model), dataset, sounds, out, run))
