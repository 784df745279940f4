"""Define the command ``patchwright timbre render``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from models.seed import checked_seed

commands = typer.Typer()


def knob_list(text: str, option: str) -> list[float] | None:
    """Return the positions in a text such as ``0.5,0.2``; None for an empty one.

    Args:
        text: Positions, separated by commas.
        option: Name of the option, for the error.

    Returns:
        The positions.

    Raises:
        SpecError: A part is not a number.
    """
    from datasets.errors import SpecError

    if not text:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise SpecError(f"{option} {text!r}: give numbers as in 0.5,0.2") from None


@commands.command()
def render(
    model: Annotated[str, typer.Argument(help="Timbre model: a shipped name, or a folder.")],
    song: Annotated[Path, typer.Argument(help="MIDI file to play, .mid.")],
    out: Annotated[Path, typer.Option(help="Sound file to write, .wav.")],
    knobs: Annotated[
        str, typer.Option(help="Positions of the axes, 0 to 1, as 0.5,0.2; default: the centre.")
    ] = "",
    rate: Annotated[int, typer.Option(min=8000, max=192000, help="Sample rate in Hz.")] = 48000,
    voices: Annotated[int, typer.Option(min=1, max=64, help="Notes at the same time.")] = 8,
    seed: Annotated[int, typer.Option(min=0, callback=checked_seed, help="Seed of the noise.")] = 0,
) -> None:
    """Play a MIDI file with a timbre model, and write the sound.

    All channels play. The command follows tempo changes, bend, pressure, pedal and controllers.
    CC 20 to 27 move the axes. A one-shot model plays each of its classes on one key.
    """
    from models.timbre.model_folder import is_one_shot, load_one_shot, load_timbre
    from models.timbre.player.write_song import write_song

    if is_one_shot(model):
        from models.timbre.player.hit_song import write_hit_song

        hits, positions = load_one_shot(model), knob_list(knobs, "--knobs")
        seconds, notes = write_hit_song(hits, song, out, positions, rate, voices, seed)
        typer.echo(f"wrote {out}: {seconds:.1f} s, {notes} hits")
        return
    loaded = load_timbre(model)
    seconds, notes = write_song(loaded, song, out, knob_list(knobs, "--knobs"), rate, voices, seed)
    typer.echo(f"wrote {out}: {seconds:.1f} s, {notes} notes")
