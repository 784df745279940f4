"""Read the options of ``patchwright train`` and print its progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from datasets.storage.store import open_store
from models.networks.registry import read_overrides
from models.training.run import PAPER, Machine, TrainConfig
from models.training.train import train

SHOWN = ("loss", "reconstruction", "regression", "parameter_mse", "steps", "tags")


GIVEN = ("epochs", "batch", "learning_rate", "warm_up", "patience")


def settings_of(paper: bool, seed: int, given: Sequence[float | None]) -> TrainConfig:
    """Return the paper's schedule or ours, changed by the given values.

    Args:
        paper: True for the paper's schedule.
        seed: Seed of weights and shuffling.
        given: One value for each name in ``GIVEN``; None keeps the schedule's value.

    Returns:
        The settings of the training.
    """
    pairs = zip(GIVEN, given, strict=True)
    changed: dict[str, Any] = {name: value for name, value in pairs if value is not None}
    return replace(PAPER if paper else TrainConfig(), seed=seed, **changed)


def train_command(
    dataset: Path, out: Path, kind: str, config: TrainConfig, sizes: Sequence[str], machine: Machine
) -> None:
    """Train a model, and print a line for each epoch on stderr.

    Args:
        dataset: Folder made by render-presets.
        out: Folder of the model.
        kind: One of ``models.networks.registry.KINDS``.
        config: Settings of the training.
        sizes: Texts ``FIELD=VALUE`` that change the network's config.
        machine: Device and precision.
    """

    def show(epoch: int, row: dict[str, float]) -> None:
        terms = "  ".join(f"{name} {row[name]:.3f}" for name in SHOWN if name in row)
        left_out = f"  {row['skipped']:.0f} steps skipped" if row["skipped"] else ""
        line = f"epoch {epoch + 1}/{config.epochs}  {terms}  {row['seconds']:.1f} s{left_out}"
        typer.echo(line, err=True)

    def show_features(done: int, parts: int) -> None:
        if done == parts or done % 20 == 0:
            typer.echo(f"features: part {done} of {parts}", err=True)

    network = read_overrides(kind, sizes)
    store = open_store(dataset)
    checkpoint = train(store, out, config, network, show, show_features, kind, machine)
    typer.echo(f"{out}: validation loss {checkpoint.metrics['validation_loss']:.3f}")
