"""The commands that make models: tag a dataset, train on it.

Each imports what it needs inside its own function, so `--help` is instant.
"""

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()


@commands.command()
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
    from models.train import Machine
    from models.train_console import settings_of, train_command

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

    from datasets.store import open_store
    from models.estimator import EstimatorConfig, fit_estimator

    config = EstimatorConfig.of(library, epochs, seed)
    tell = partial(typer.echo, err=True)
    typer.echo(json.dumps(fit_estimator(open_store(dataset), model, config, tell)))
