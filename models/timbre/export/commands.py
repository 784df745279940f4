"""Define the command ``patchwright timbre export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.timbre.player.commands import knob_list

if TYPE_CHECKING:
    from models.timbre.contract import TimbreModel
    from models.timbre.export.latent_path import LatentPath

commands = typer.Typer()


@commands.command()
def export(
    model: Annotated[str, typer.Argument(help="Timbre model: a shipped name, or a folder.")],
    kind: Annotated[
        str,
        typer.Option("--to", help="vital, vitaltable, serum, surge, sfz, dspreset or wav."),
    ],
    out: Annotated[Path, typer.Option(help="File to write; for wav a folder.")],
    start: Annotated[
        str, typer.Option(help="Axes at the start of the path, 0 to 1, as 0.5,0.2.")
    ] = "",
    end: Annotated[
        str, typer.Option(help="Axes at its end; by default axis 1 goes from 0 to 1.")
    ] = "",
    at: Annotated[
        str, typer.Option(help="Axes of one position: the middle of a path along axis 1.")
    ] = "",
    name: Annotated[str, typer.Option(help="Name in the file; by default the model's.")] = "",
    frames: Annotated[int, typer.Option(min=1, max=256, help="Frames of a wavetable.")] = 64,
    note: Annotated[
        int | None, typer.Option(min=0, max=127, help="MIDI note of a wavetable.")
    ] = None,
    low: Annotated[
        int | None, typer.Option(min=0, max=127, help="Lowest MIDI note of a preset or samples.")
    ] = None,
    high: Annotated[int | None, typer.Option(min=0, max=127, help="Highest MIDI note.")] = None,
) -> None:
    """Write a timbre model as a preset, a wavetable or samples for another synthesizer.

    A path through the latent space becomes the axis of a wavetable, or macro 1 of a Vital preset.
    Samples are made in its middle. ``--at`` writes one position of the model. A one-shot model
    writes its kit: wav, sfz or dspreset.
    """
    from models.timbre.export.export import ExportOptions, export_timbre
    from models.timbre.model_folder import is_one_shot, load_one_shot, load_timbre

    if is_one_shot(model):
        from models.timbre.export.kit import export_kit

        files = export_kit(load_one_shot(model), kind, out, name)
        typer.echo(f"wrote {out}: {sum(path.suffix == '.wav' for path in files)} samples")
        return
    loaded = load_timbre(model)
    path = _path(loaded, at, start, end)
    options = ExportOptions(path, name or loaded.name, frames, note, low, high)
    written = export_timbre(loaded, kind, out, options)
    samples = sum(path.suffix == ".wav" for path in written if path != out)
    typer.echo(f"wrote {out}" + (f" and {samples} samples" if samples else ""))


def _path(model: TimbreModel, at: str, start: str, end: str) -> LatentPath:
    """Return the path that the options give.

    Raises:
        SpecError: An option is wrong, or ``--at`` comes with ``--start`` or ``--end``.
    """
    from datasets.errors import SpecError
    from models.timbre.export.latent_path import path_around, path_of_knobs

    if at and (start or end):
        raise SpecError(f"--at {at}: it replaces --start and --end; give only one of them")
    if (middle := knob_list(at, "--at")) is not None:
        return path_around(model, middle, "--at")
    return path_of_knobs(model, knob_list(start, "--start"), knob_list(end, "--end"))
