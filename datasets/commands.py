"""The commands of datasets.

Each imports what it needs inside its own function, so `--help` is instant.
"""

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()
dataset = typer.Typer(help="A rendered dataset: its card.", no_args_is_help=True)
commands.add_typer(dataset, name="dataset")


@dataset.callback()
def _dataset() -> None:
    """Make `card` a word of its own: typer leaves out the name of an only command."""


@dataset.command()
def card(
    folder: Annotated[Path, typer.Argument(help="Folder made by render.")],
    license_id: Annotated[
        str, typer.Option("--license", help="Licence of the data, as the hub names it.")
    ] = "other",
) -> None:
    """Print the dataset card, for the README.md of a hub."""
    from datasets.storage.store import open_store

    typer.echo(open_store(folder).card(license_id), nl=False)
