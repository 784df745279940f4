"""Define the commands for one-shots: ``patchwright timbre map|morph|prototype|random|denoise``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.seed import checked_seed

if TYPE_CHECKING:
    from models.timbre.one_shot.fit import OneShotSettings

commands = typer.Typer()

Model = Annotated[str, typer.Argument(help="One-shot model: a shipped name, or a folder.")]
Place = Annotated[str, typer.Argument(help="Class, sound of the training data, or sound file.")]
Class = Annotated[str, typer.Argument(metavar="CLASS", help="Class of the model.")]
Folder = Annotated[Path, typer.Option("--out", help="Folder to write.")]
Wav = Annotated[Path, typer.Option("--out", help="Sound file to write, .wav.")]
Seed = Annotated[int, typer.Option(min=0, callback=checked_seed, help="Seed of the choice.")]
NoiseSeed = Annotated[
    int, typer.Option(min=0, callback=checked_seed, help="Seed of the noise in the sounds.")
]


@commands.command("map")
def draw_map(model: Model, out: Folder) -> None:
    """Draw the sounds and classes of a one-shot model as a page, a picture and JSON."""
    from models.timbre.model_folder import load_one_shot
    from models.timbre.one_shot.map import same_class, write_map

    loaded = load_one_shot(model)
    page = write_map(loaded, out)[0]
    count = len(loaded.known.names)
    typer.echo(
        f"wrote {page}: {count} sounds, {len(loaded.classes)} classes, "
        f"{same_class(loaded):.0%} have a nearest neighbour of their class"
    )


@commands.command()
def morph(
    model: Model,
    start: Place,
    end: Place,
    out: Folder,
    steps: Annotated[int, typer.Option(min=2, max=1000, help="Sounds, both ends included.")] = 8,
    seed: NoiseSeed = 0,
) -> None:
    """Write sounds between two hits, classes or sound files."""
    from models.timbre.model_folder import load_one_shot
    from models.timbre.one_shot.sounds import write_morph

    files = write_morph(load_one_shot(model), start, end, steps, out, seed)
    typer.echo(f"wrote {len(files)} sounds to {out}")


@commands.command()
def prototype(model: Model, label: Class, out: Wav, seed: NoiseSeed = 0) -> None:
    """Write the centre of a class as a sound: a clean prototype."""
    from datasets.atomic_write import check_writable, replace_file
    from models.timbre.model_folder import load_one_shot
    from models.timbre.one_shot.sounds import wav_bytes

    check_writable(out)
    loaded = load_one_shot(model)
    hit = loaded.decode(loaded.centre(label), seed)
    replace_file(out, wav_bytes(hit))
    typer.echo(f"wrote {out}: {hit.samples.shape[1] / hit.sample_rate:.2f} s")


@commands.command("random")
def random_hits(
    model: Model,
    label: Class,
    out: Folder,
    count: Annotated[int, typer.Option(min=1, max=1000, help="Number of sounds.")] = 8,
    seed: Seed = 0,
) -> None:
    """Write new random hits of a class."""
    from models.timbre.export.kit import file_stem
    from models.timbre.model_folder import load_one_shot
    from models.timbre.one_shot.sounds import write_hits

    loaded = load_one_shot(model)
    places = loaded.random_hits(label, count, seed)
    files = write_hits(loaded, places, out, file_stem(label), seed)
    typer.echo(f"wrote {len(files)} sounds to {out}")


@commands.command()
def denoise(
    model: Model,
    sound: Annotated[Path, typer.Argument(help="Recording of one hit.")],
    out: Wav,
) -> None:
    """Remove steady noise from the recording of one hit that is like those of the model."""
    from datasets.atomic_write import check_writable
    from models.timbre.model_folder import load_one_shot
    from models.timbre.one_shot.sounds import write_denoised

    check_writable(out)
    removed_db = write_denoised(load_one_shot(model), sound, out)
    typer.echo(f"wrote {out}: removed {removed_db:.1f} dB of the recording's power")


def fit_hits(sounds: Path, out: Path, name: str, settings: OneShotSettings) -> None:
    """Fit a one-shot model, and print what was used and skipped.

    Args:
        sounds: Folder of the sounds.
        out: Folder of the model.
        name: Name of the model; empty for the name of the folder.
        settings: The settings.
    """
    from models.timbre.console import FitProgress
    from models.timbre.one_shot.fit import fit_one_shot
    from models.timbre.one_shot.map import same_class

    progress = FitProgress()
    model, report = fit_one_shot(sounds, out, settings, name, progress)
    progress.end()
    typer.echo(report.text().replace(" notes used", " sounds used"))
    typer.echo(
        f"{out}: {len(model.classes)} classes, {len(model.axes)} axes, error "
        f"{model.facts['trained_error_db']} dB, {same_class(model):.0%} of the sounds have a "
        "nearest neighbour of their class"
    )
