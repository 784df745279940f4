"""Define the commands ``patchwright preset convert`` and ``patchwright preset formats``."""

from pathlib import Path
from typing import Annotated

import typer

preset = typer.Typer(help="Convert preset files between formats.", no_args_is_help=True)


@preset.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Preset file to read.")],
    model: Annotated[str, typer.Option(help="The synth: a model, or the name of a spec.")],
    out: Annotated[Path, typer.Option(help="File to write; its suffix sets the format.")],
    chosen: Annotated[
        str, typer.Option("--preset", help="Preset of a bank: a number from 1, or a name.")
    ] = "",
    over: Annotated[
        Path | None, typer.Option(help="File that supplies all values that IN lacks.")
    ] = None,
    reads: Annotated[
        str, typer.Option("--from", help="Format of IN; default: by its suffix.")
    ] = "",
    writes: Annotated[str, typer.Option("--to", help="Format to write; default: by --out.")] = "",
) -> None:
    """Read a preset in one format and write it in another format of the same synth."""
    from server.presets.convert import Conversion
    from server.presets.convert import convert as run

    typer.echo(run(Conversion(source, out, model, chosen, over, reads, writes)))


@preset.command()
def formats() -> None:
    """List the formats: their synth, what reads and writes them, how they were verified."""
    from server.presets.convert import formats_table

    typer.echo(formats_table())
