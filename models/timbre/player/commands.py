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
    phase: Annotated[
        str, typer.Option(help="Spectral: peaks, noise, pghi, or tones. Default: peaks.")
    ] = "",
) -> None:
    """Play a MIDI file with a timbre model, and write the sound.

    All channels play. The command follows tempo changes, bend, pressure, pedal and controllers.
    CC 20 to 27 move the axes. A one-shot model plays each of its classes on one key.
    """
    from models.timbre.model_folder import is_one_shot, load_one_shot, load_timbre
    from models.timbre.player.write_song import write_song

    if is_one_shot(model):
        from models.timbre.player.hits.hit_song import write_hit_song

        hits, positions = load_one_shot(model), knob_list(knobs, "--knobs")
        seconds, notes = write_hit_song(hits, song, out, positions, rate, voices, seed)
        typer.echo(f"wrote {out}: {seconds:.1f} s, {notes} hits")
        return
    loaded = load_timbre(model)
    positions = knob_list(knobs, "--knobs")
    seconds, notes = write_song(loaded, song, out, positions, rate, voices, seed, phase)
    typer.echo(f"wrote {out}: {seconds:.1f} s, {notes} notes")


@commands.command()
def morph(
    model: Annotated[str, typer.Argument(help="Spectral model: a shipped name, or a folder.")],
    sounds: Annotated[list[Path], typer.Argument(help="One or two sound files.")],
    out: Annotated[Path, typer.Option(help="Sound file to write, .wav.")],
    knobs: Annotated[
        str,
        typer.Option(help="Offsets of the axes, 0 to 1, and the note class; 0.5 changes nothing."),
    ] = "",
    crossfade: Annotated[
        float, typer.Option(min=0, max=1, help="From the first to the second.")
    ] = 0,
    crossfade_end: Annotated[
        float | None, typer.Option(min=0, max=1, help="Crossfade at the end; default: the same.")
    ] = None,
    gain_a: Annotated[float, typer.Option(min=0, help="Linear gain of the first sound.")] = 1.0,
    gain_b: Annotated[float, typer.Option(min=0, help="Linear gain of the second sound.")] = 1.0,
    rate: Annotated[int, typer.Option(min=8000, max=192000, help="Sample rate in Hz.")] = 48000,
) -> None:
    """Encode sounds with a spectral model, change or crossfade them, and write the sound."""
    from models.timbre.model_folder import load_timbre
    from models.timbre.player.live.live_input import MorphSettings, write_morph

    settings = MorphSettings(
        knob_list(knobs, "--knobs"), crossfade, crossfade_end, (gain_a, gain_b), rate
    )
    seconds = write_morph(load_timbre(model), sounds, out, settings)
    typer.echo(f"wrote {out}: {seconds:.1f} s")
