"""Define the commands `patchwright timbre ...`.

Each command imports its modules inside its own function, to keep `--help` fast.
"""

from pathlib import Path
from typing import Annotated

import typer

from models.seed import checked_seed
from models.timbre.export.commands import commands as export_commands
from models.timbre.one_shot.commands import commands as one_shot_commands
from models.timbre.one_shot.commands import fit_hits
from models.timbre.player.commands import commands as player_commands

timbre = typer.Typer(
    help="Learn a timbre from recordings, play it, and export it.", no_args_is_help=True
)
timbre.add_typer(player_commands)
timbre.add_typer(export_commands)
timbre.add_typer(one_shot_commands)

HARMONIC_PARTS = "reconstruction,sweeps,generation,sound"
Sounds = Annotated[
    Path,
    typer.Argument(help="Folder of notes, one recording, an .sf2 SoundFont, or a dataset."),
]
Program = Annotated[
    int | None, typer.Option(min=0, max=127, help="Instrument of a SoundFont: its program.")
]
Bank = Annotated[int, typer.Option(min=0, help="Instrument of a SoundFont: its bank.")]
Low = Annotated[int, typer.Option(min=0, max=127, help="Lowest MIDI note of a SoundFont.")]
High = Annotated[int, typer.Option(min=0, max=127, help="Highest MIDI note of a SoundFont.")]


@timbre.command()
def fit(
    context: typer.Context,
    sounds: Sounds,
    out: Annotated[Path, typer.Option(help="Folder of the model; an unfinished fit continues.")],
    kind: Annotated[
        str, typer.Option(help="Kind of the model: harmonic or one-shot.")
    ] = "harmonic",
    name: Annotated[str, typer.Option(help="Name of the model; default: that of --out.")] = "",
    program: Program = None,
    bank: Bank = 0,
    low: Low = 55,
    high: High = 88,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the frames.")] = 200,
    latent: Annotated[
        int, typer.Option(min=1, max=64, help="Axes of the latent space; 16 for one-shots.")
    ] = 8,
    beta: Annotated[
        float, typer.Option(min=0, help="Weight of the KL divergence; 1 for one-shots.")
    ] = 0.01,
    network: Annotated[str, typer.Option(help="Network: cvae, ae or cae.")] = "cvae",
    labels: Annotated[
        str, typer.Option(help="Classes of one-shots: auto, csv, words, folders, names or groups.")
    ] = "auto",
    length: Annotated[
        float, typer.Option(min=0, max=30, help="One length of all one-shots in s; 0: their own.")
    ] = 0.0,
    steps: Annotated[int, typer.Option(min=1, help="Steps of a training of one-shots.")] = 1500,
    seed: Annotated[
        int, typer.Option(min=0, callback=checked_seed, help="Seed of weights, order and noise.")
    ] = 0,
) -> None:
    """Learn a timbre model from the notes of one instrument, or from a folder of one-shots."""
    if kind == "one-shot":
        from models.timbre.one_shot.fit import OneShotSettings
        from models.timbre.one_shot.training import HitTrainingConfig

        names = [name for name in ("latent", "beta") if _is_given(context, name)]
        chosen = {name: context.params[name] for name in names}
        training = HitTrainingConfig(steps, seed=seed)
        shots = OneShotSettings(labels, length_s=length, training=training, **chosen)
        return fit_hits(sounds, out, name, shots)
    from models.timbre.console import fit_command
    from models.timbre.corpus.open_corpus import FontOptions
    from models.timbre.harmonic.fit import HarmonicSettings
    from models.timbre.harmonic.training import TrainingConfig

    settings = HarmonicSettings(
        network,
        latent=latent,
        beta=beta,
        training=TrainingConfig(epochs, seed=seed),
    )
    font = FontOptions(program, bank, low, high)
    fit_command(sounds, out, kind, name, font, settings)


def _is_given(context: typer.Context, name: str) -> bool:
    """Return whether an option was on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


@timbre.command()
def evaluate(
    out: Annotated[Path, typer.Option(help="Folder of the results: timbre.json, timbre.md.")],
    sounds: Annotated[
        list[Path] | None, typer.Argument(help="Instruments; default: Faust's violin.")
    ] = None,
    program: Program = None,
    bank: Bank = 0,
    kind: Annotated[
        str, typer.Option(help="harmonic, or one-shot: folders of kits to learn and to test.")
    ] = "harmonic",
    parts: Annotated[
        str,
        typer.Option(
            help="Any of reconstruction,sweeps,generation,sound; for one-shot any of "
            "digits,raw-digits,signals,drums, by default all."
        ),
    ] = HARMONIC_PARTS,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each network.")] = 3,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each training.")] = 1500,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only state the number of trainings and the CPU time.")
    ] = False,
) -> None:
    """Repeat the experiments of the papers, and measure what their successors must show."""
    from models.timbre.console import check_kind

    if kind == "one-shot":
        from models.timbre.one_shot.evaluation.run import PARTS as hit_parts
        from models.timbre.one_shot.evaluation.run import HitEvaluationPlan, evaluate_hits

        wanted = hit_parts if parts == HARMONIC_PARTS else tuple(parts.split(","))
        hits = HitEvaluationPlan(wanted, seeds, *(sounds or [])[:2])
        return evaluate_hits(out, hits, dry_run)
    check_kind(kind)
    from models.timbre.evaluation.run import EvaluationPlan, evaluate_command

    plan = EvaluationPlan(tuple(parts.split(",")), seeds, steps)
    evaluate_command(sounds or [], program, bank, out, plan, dry_run)
