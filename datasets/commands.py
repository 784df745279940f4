"""Define the commands about datasets.

Each command imports what it needs in its own function, so `--help` is instant.
"""

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()
dataset = typer.Typer(help="Describe a rendered dataset.", no_args_is_help=True)
commands.add_typer(dataset, name="dataset")


@dataset.callback()
def _dataset() -> None:
    """Keep `card` as a subcommand: typer leaves out the name of a single command."""


@dataset.command()
def card(
    folder: Annotated[Path, typer.Argument(help="Folder that `patchwright render` wrote.")],
    license_id: Annotated[
        str, typer.Option("--license", help="Licence of the data, as the hub calls it.")
    ] = "other",
) -> None:
    """Print the dataset card, for the README.md of a hub."""
    from datasets.storage.store import open_store

    typer.echo(open_store(folder).card(license_id), nl=False)
