"""Define the commands of models: tag, train, match, evaluate, compare, draw.

Each command imports its modules inside its own function, to keep `--help` fast.
"""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from models.seed import checked_seed
from models.timbre.commands import timbre

commands = typer.Typer()
commands.add_typer(timbre, name="timbre")

# Options that several commands share, or that have long help texts.
Workers = Annotated[int, typer.Option(min=1, help="Number of render processes.")]
Budget = Annotated[
    str, typer.Option(help="instant (0 renders), quick (16), refine (250) or deep (5000).")
]
Method = Annotated[
    str,
    typer.Option(
        help="parameters: search the model's parameters. resynthesis: build a Vital preset from "
        "the recording. auto: run both and return the nearer result."
    ),
]
Frames = Annotated[
    int, typer.Option(min=1, max=257, help="Wavetable frames of the resynthesis, 11 kB each.")
]
SecondNote = Annotated[
    Path | None,
    typer.Option(help="Another note of the instrument; measures how its formants move."),
]
Exports = Annotated[
    bool, typer.Option("--exports", help="Also write the wavetable for Vital, Serum and Surge.")
]
StartPreset = Annotated[
    Path | None,
    typer.Option("--from", help="Your own preset file: the answer keeps everything else in it."),
]
Locks = Annotated[
    list[str] | None, typer.Option(help="Parameter to keep as in --from; may be repeated.")
]


@commands.command()
def tag(
    dataset: Annotated[Path, typer.Argument(help="Folder made by render-presets.")],
    csv: Annotated[
        Path | None,
        typer.Option(help="Your own tags: columns index,tags; separate the tags of a clip by ;"),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Give the clips of the CSV only its tags.")
    ] = False,
    low: Annotated[
        float, typer.Option(help="A clip up to this quantile is dark, soft and so on.")
    ] = 0.25,
    high: Annotated[
        float, typer.Option(help="A clip from this quantile on is bright, aggressive and so on.")
    ] = 0.75,
    presets: Annotated[
        Path | None, typer.Option(help="Presets that the dataset used; default: the spec's.")
    ] = None,
) -> None:
    """Tag a dataset: dark or bright by measurement, bass or pad by preset names."""
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
    out: Annotated[
        Path, typer.Option(help="Folder of the model; an unfinished training in it resumes.")
    ],
    kind: Annotated[
        str, typer.Option(help="flow_vae (ours), or a model of the paper: mlp, cnn, ... flow_dis.")
    ] = "flow_vae",
    paper: Annotated[
        bool, typer.Option("--paper", help="Use the paper's schedule: 500 epochs, batch 64, 2e-4.")
    ] = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most epochs; default 60.")] = None,
    batch: Annotated[int | None, typer.Option(min=2, help="Clips in a step; default 128.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(min=0, help="Learning rate at the start; default 1e-3.")
    ] = None,
    warm_up: Annotated[
        int | None, typer.Option(min=0, help="Epochs until the KL has full weight; default 10.")
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(min=1, help="Stop after this many epochs without gain; default 20."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, callback=checked_seed, help="Seed of weights and shuffling.")
    ] = 0,
    size: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE of the network's config.")
    ] = None,
    devices: Annotated[int, typer.Option(min=1, help="Processes that share a batch.")] = 1,
    accelerator: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    precision: Annotated[
        str, typer.Option(help="Precision: 32-true, bf16-mixed, ...; default: by the device.")
    ] = "",
    compiled: Annotated[bool, typer.Option("--compile", help="Compile the network first.")] = False,
) -> None:
    """Train a model with its library and macro-knobs, or a model of the paper."""
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
    library: Annotated[int, typer.Option(min=100, help="Most presets in the library.")] = 40_000,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Epochs of both networks; default: surrogate 40, posterior 15."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, callback=checked_seed, help="Seed of weights and shuffling.")
    ] = 0,
) -> None:
    """Fit the parts that a model's search uses: library, surrogate and posterior."""
    import json
    from functools import partial

    from datasets.storage.store import open_store
    from models.training.train_estimator import EstimatorConfig, fit_estimator

    config = EstimatorConfig.of(library, epochs, seed)
    report = partial(typer.echo, err=True)
    typer.echo(json.dumps(fit_estimator(open_store(dataset), model, config, report)))


@commands.command()
def match(
    context: typer.Context,
    sound: Annotated[
        Path, typer.Argument(help="A sound: wav, flac, mp3, m4a, webm... Or a folder of sounds.")
    ],
    model: Annotated[str, typer.Option(help="Shipped model or folder.")] = "vital-32",
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("match"),
    budget: Budget = "quick",
    start: Annotated[float | None, typer.Option(help="Start of the part to match, s.")] = None,
    end: Annotated[float | None, typer.Option(help="End of the part to match, s.")] = None,
    note: Annotated[int | None, typer.Option(help="MIDI note; default: measured.")] = None,
    limit: Annotated[
        float | None, typer.Option(min=0, help="Time limit in seconds; default: the budget's.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, callback=checked_seed, help="Seed of the search.")
    ] = 0,
    present: StartPreset = None,
    lock: Locks = None,
    workers: Workers = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print match.json.")] = False,
    method: Method = "auto",
    frames: Frames = 64,
    second: SecondNote = None,
    exports: Exports = False,
    name: Annotated[str | None, typer.Option(help="Name of the preset made from --from.")] = None,
    author: Annotated[str | None, typer.Option(help="Author of the preset from --from.")] = None,
    comment: Annotated[str | None, typer.Option(help="Comment of the preset from --from.")] = None,
) -> None:
    """Find the preset that sounds like a recording, or one for each recording of a folder.

    A folder becomes a bank: a folder for each sound, all presets, and index.html. Run the command
    again to continue an interrupted bank. Exit status 1: some sounds failed.
    """
    from models.matching.console import match_command
    from models.matching.options import MatchOptions

    locked, resynthesis = tuple(lock or ()), (method, frames, second)
    options = MatchOptions(budget, seed, start, end, note, limit, None, locked, *resynthesis)
    given = {"name": name, "author": author, "comment": comment}
    labels = {key: text for key, text in given.items() if text is not None}
    if sound.is_dir():
        from models.banks.console import BankRequest, as_text, bank_command

        request = BankRequest(sound, model, out, options, present, workers, exports, labels)
        document, lines = bank_command(request, context.obj, partial(typer.echo, err=True))
        typer.echo(as_text(document, lines, as_json))
        raise typer.Exit(1 if document["failed"] else 0)
    typer.echo(
        match_command(sound, model, out, options, present, workers, as_json, exports, labels)
    )


@commands.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="Shipped model or folder.")],
    dataset: Annotated[
        Path | None, typer.Option(help="Dataset whose test split gives the targets.")
    ] = None,
    sounds: Annotated[
        Path | None, typer.Option(help="Folder of recorded sounds to use as targets instead.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("results"),
    count: Annotated[int, typer.Option(min=2, help="Number of targets.")] = 100,
    seed: Annotated[
        int,
        typer.Option(min=0, callback=checked_seed, help="Seed of the targets and of every search."),
    ] = 0,
    workers: Workers = 2,
    knobs: Annotated[
        bool, typer.Option("--knobs", help="Measure the knobs instead, on --count presets.")
    ] = False,
) -> None:
    """Measure a model with the frozen protocol, or its knobs, on rendered audio."""
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
    presets: Annotated[int, typer.Option(min=2, help="Library presets to turn the knobs on.")] = 24,
    seed: Annotated[
        int, typer.Option(min=0, callback=checked_seed, help="Seed of the choice of presets.")
    ] = 0,
    workers: Workers = 2,
) -> None:
    """Name a model's knobs after their largest measured effect on the sound."""
    from models.checkpoint import load_checkpoint, rename_macros
    from models.evaluation.knob_naming import Naming, measured_names

    names = measured_names(load_checkpoint(model), Naming(presets, seed, workers))
    rename_macros(model, names)
    typer.echo("\n".join(names))


@commands.command()
def compare(
    models: Annotated[list[str], typer.Argument(help="Shipped models or folders of one synth.")],
    dataset: Annotated[Path, typer.Option(help="Dataset that the models were trained on.")],
    sounds: Annotated[
        Path | None, typer.Option(help="Folder of recorded sounds as targets.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("comparison"),
    count: Annotated[int, typer.Option(min=2, help="Number of targets.")] = 100,
    seed: Annotated[
        int, typer.Option(min=0, callback=checked_seed, help="Seed of the targets.")
    ] = 0,
    workers: Workers = 2,
) -> None:
    """Compare trained models with the frozen protocol, as in the paper's Table 1."""
    from models.evaluation.compare_models import compare as run

    typer.echo(run(models, dataset, sounds, out, count, seed, workers))


@commands.command()
def figures(
    model: Annotated[str, typer.Argument(help="Shipped model or folder.")],
    dataset: Annotated[Path, typer.Option(help="Dataset whose test split the report shows.")],
    out: Annotated[Path, typer.Option(help="Folder of the report.")],
    seed: Annotated[
        int, typer.Option(min=0, callback=checked_seed, help="Seed of clips and latent samples.")
    ] = 0,
    workers: Workers = 2,
    examples: Annotated[
        int, typer.Option(min=1, max=20, help="Number of reconstructions to show.")
    ] = 4,
) -> None:
    """Draw the paper's figures for a model: an HTML report with pictures and sounds."""
    from functools import partial

    from models.checkpoint import load_any
    from models.figures.report import make_figures

    report = partial(typer.echo, err=True)
    typer.echo(make_figures(load_any(model), dataset, out, seed, workers, examples, report))


@commands.command()
def curve(
    model: Annotated[str, typer.Argument(help="Shipped model or folder.")],
    dataset: Annotated[
        Path | None, typer.Option(help="Dataset whose test split gives the targets.")
    ] = None,
    sounds: Annotated[
        Path | None, typer.Option(help="Folder of recorded sounds to use as targets instead.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder of the results; an unfinished run in it continues.")
    ] = Path("curve"),
    methods: Annotated[
        str,
        typer.Option(
            help="Any of random,nn,cma,nn_cma,nn_cma_z,nn_ga,flow,flow_reg,posterior,ours."
        ),
    ] = "random,nn,cma,nn_cma,nn_cma_z,nn_ga,flow,posterior,ours",
    flow_reg: Annotated[str, typer.Option(help="Model folder for the method flow_reg.")] = "",
    renders: Annotated[int, typer.Option(min=1, help="Renders of every search.")] = 100,
    count: Annotated[int, typer.Option(min=2, help="Number of targets.")] = 100,
    searches: Annotated[int, typer.Option(min=1, help="Search seeds for every target.")] = 1,
    seed: Annotated[
        int, typer.Option(min=0, callback=checked_seed, help="Seed of the choice of targets.")
    ] = 0,
    note: Annotated[
        int | None,
        typer.Option(min=0, max=127, help="MIDI note of all targets; default: their own."),
    ] = None,
    workers: Workers = 2,
) -> None:
    """Compare search methods on the same targets: distance against renders."""
    from models.checkpoint import load_checkpoint
    from models.evaluation.budget_curve import CurveRun, run_curve

    chosen = tuple(methods.split(","))
    run = CurveRun(chosen, renders, count, seed, searches, workers, note, flow_reg)
    typer.echo(run_curve(load_checkpoint(model), dataset, sounds, out, run))
