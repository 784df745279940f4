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
        str, typer.Option(help="Kind of the model: harmonic, spectral, one-shot.")
    ] = "harmonic",
    name: Annotated[str, typer.Option(help="Name of the model; default: that of --out.")] = "",
    program: Program = None,
    bank: Bank = 0,
    low: Low = 55,
    high: High = 88,
    epochs: Annotated[
        int, typer.Option(min=1, help="Passes over the frames; spectral models need about 50.")
    ] = 200,
    latent: Annotated[
        int, typer.Option(min=1, max=64, help="Axes of the latent space; 16 for one-shots.")
    ] = 8,
    beta: Annotated[
        float, typer.Option(min=0, help="Weight of the KL divergence; 1 for one-shots.")
    ] = 0.01,
    network: Annotated[
        str, typer.Option(help="Harmonic: cvae, ae, cae. Spectral: ae (default) or vae.")
    ] = "cvae",
    bottleneck: Annotated[
        str, typer.Option(help="Spectral: sigmoid (bounded axes) or lrelu.")
    ] = "sigmoid",
    augmentation: Annotated[
        str, typer.Option(help="Spectral: appended to the input: chroma, difference, none.")
    ] = "chroma",
    skip: Annotated[
        bool, typer.Option(help="Spectral: the note class conditions the decoder too.")
    ] = True,
    power: Annotated[
        float,
        typer.Option(help="Spectral: magnitudes are learned to this power; 1 in the paper."),
    ] = 0.5,
    size: Annotated[
        str, typer.Option(help="Spectral: layers of the network: small, light, paper.")
    ] = "small",
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
    """Learn a timbre model from the notes of an instrument, the presets of a synth, or one-shots.

    Raises:
        CheckpointError: The kind does not exist.
    """
    if kind == "one-shot":
        from models.timbre.one_shot.fit import OneShotSettings
        from models.timbre.one_shot.training import HitTrainingConfig

        names = [name for name in ("latent", "beta") if _is_given(context, name)]
        chosen = {name: context.params[name] for name in names}
        training = HitTrainingConfig(steps, seed=seed)
        shots = OneShotSettings(labels, length_s=length, training=training, **chosen)
        return fit_hits(sounds, out, name, shots)
    from models.timbre.console import check_kind, fit_command
    from models.timbre.corpus.open_corpus import FontOptions
    from models.timbre.harmonic.fit import HarmonicSettings
    from models.timbre.harmonic.training import TrainingConfig
    from models.timbre.spectral.fit import SpectralSettings
    from models.timbre.spectral.network import sized_config
    from models.timbre.spectral.training import SpectralTraining

    check_kind(kind)
    settings: HarmonicSettings | SpectralSettings
    if kind == "harmonic":
        schedule = TrainingConfig(epochs, seed=seed)
        settings = HarmonicSettings(network, latent=latent, beta=beta, training=schedule)
    else:
        topology = "ae" if network == "cvae" else network  # cvae: no network was given.
        settings = SpectralSettings(
            sized_config(
                size, topology, latent, bottleneck, augmentation, skip=skip, beta=beta, power=power
            ),
            SpectralTraining(epochs, seed=seed),
        )
    fit_command(sounds, out, kind, name, FontOptions(program, bank, low, high), settings)


def _is_given(context: typer.Context, name: str) -> bool:
    """Return whether an option was on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


@timbre.command()
def scale(
    spec: Annotated[str, typer.Argument(help="Synth: name of a spec, or a .toml file.")],
    out: Annotated[Path, typer.Option(help="Folder to write: a subfolder for each preset.")],
    presets: Annotated[
        Path | None, typer.Option(help="File or folder of presets; default: the spec's own.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Presets to keep.")] = 80,
    notes: Annotated[
        str, typer.Option(help="MIDI notes, separated by commas.")
    ] = "60,62,64,65,67,69,71,72",
    hold: Annotated[float, typer.Option(help="Seconds from key-down to key-up.")] = 0.6,
    length: Annotated[float, typer.Option(help="Seconds of a note.")] = 0.7,
    any_pitch: Annotated[
        bool, typer.Option("--any-pitch", help="Keep presets without the pitch of their key too.")
    ] = False,
    seed: Annotated[
        int, typer.Option(min=0, callback=checked_seed, help="Seed of the draw of presets.")
    ] = 0,
) -> None:
    """Render a scale with many presets of a synth, as notes for ``timbre fit --kind spectral``."""
    from datasets.spec import load_spec
    from models.timbre.console import FitProgress
    from models.timbre.corpus.scale import PresetScales, ScaleSettings, open_presets, write_scales
    from models.timbre.player.commands import knob_list

    keys = tuple(round(key) for key in knob_list(notes, "--notes") or [])
    settings = ScaleSettings(keys, count, hold, length, pitched=not any_pitch, seed=seed)
    synth, progress = load_spec(spec), FitProgress()
    scales = PresetScales(synth, open_presets(synth, presets), settings)
    written, seconds = write_scales(scales, out, progress)
    progress.end()
    typer.echo(f"{out}: {written} notes of {count} presets, {seconds:.0f} s")


@timbre.command()
def evaluate(
    out: Annotated[Path, typer.Option(help="Folder of the results, JSON and Markdown.")],
    sounds: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Instruments, scales of presets, or folders of kits to learn and to test; "
            "default: Faust's violin."
        ),
    ] = None,
    kind: Annotated[
        str, typer.Option(help="Kind of the models: harmonic, spectral, one-shot.")
    ] = "harmonic",
    program: Program = None,
    bank: Bank = 0,
    parts: Annotated[
        str,
        typer.Option(
            help="Harmonic: any of reconstruction,sweeps,generation,sound. Spectral: any of "
            "I,II-III,IV,V,vae,phase. One-shot: any of digits,raw-digits,signals,drums. "
            "By default all."
        ),
    ] = HARMONIC_PARTS,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each network.")] = 3,
    steps: Annotated[int, typer.Option(min=1, help="Harmonic: steps of each training.")] = 1500,
    visits: Annotated[
        int, typer.Option(min=1, help="Spectral: frames that each training sees.")
    ] = 100000,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only state the number of trainings and the CPU time.")
    ] = False,
) -> None:
    """Repeat the experiments of the paper of a kind, and measure what it does not.

    Raises:
        CheckpointError: The kind does not exist.
    """
    from models.timbre.console import check_kind

    is_default = parts == HARMONIC_PARTS
    chosen = tuple(parts.split(","))
    if kind == "one-shot":
        from models.timbre.one_shot.evaluation.run import PARTS as hit_parts
        from models.timbre.one_shot.evaluation.run import HitEvaluationPlan, evaluate_hits

        wanted = hit_parts if is_default else chosen
        return evaluate_hits(out, HitEvaluationPlan(wanted, seeds, *(sounds or [])[:2]), dry_run)
    check_kind(kind)
    from models.timbre.evaluation.run import EvaluationPlan, evaluate_command
    from models.timbre.evaluation.spectral_run import SpectralEvaluation, evaluate_spectral
    from models.timbre.evaluation.spectral_tables import TABLES, TablePlan

    if kind == "spectral":
        tables = (*TABLES, "phase") if is_default else chosen
        plan = SpectralEvaluation(tables, TablePlan(seeds=seeds, visits=visits))
        return evaluate_spectral(sounds or [], out, plan, dry_run)
    harmonic = EvaluationPlan(chosen, seeds, steps)
    evaluate_command(sounds or [], program, bank, out, harmonic, dry_run)
