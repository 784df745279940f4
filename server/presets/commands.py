"""The commands for preset files: ``patchwright preset convert`` and ``formats``."""

from pathlib import Path
from typing import Annotated

import typer

preset = typer.Typer(help="Preset files: from one format into another.", no_args_is_help=True)


@preset.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A preset file.")],
    model: Annotated[str, typer.Option(help="Of that synth: a model, or a spec by its name.")],
    out: Annotated[Path, typer.Option(help="File to write; its ending names the format.")],
    chosen: Annotated[
        str, typer.Option("--preset", help="Of a bank: a number from 1, or a name.")
    ] = "",
    over: Annotated[
        Path | None, typer.Option(help="A file that gives all that IN does not hold.")
    ] = None,
    reads: Annotated[str, typer.Option("--from", help="Format of IN, if not by its ending.")] = "",
    writes: Annotated[str, typer.Option("--to", help="Format to write, if not by --out.")] = "",
) -> None:
    """Read a preset in one format and write it in another of the same synth."""
    from server.presets.convert import Conversion
    from server.presets.convert import convert as run

    typer.echo(run(Conversion(source, out, model, chosen, over, reads, writes)))


@preset.command()
def formats() -> None:
    """List the formats: which synth, what reads and writes them, what they were tried on."""
    from server.presets.convert import formats_table

    typer.echo(formats_table())
