"""The commands that render.

Each imports what it needs inside its own function, so `--help` is instant.
"""

from typing import Annotated

import typer

commands = typer.Typer()


@commands.command()
def render(
    spec: Annotated[
        str,
        typer.Argument(help="Synth spec: a shipped name (vital-32, amsynth-34, ...) or a .toml."),
    ],
    count: Annotated[int, typer.Option(min=1, help="Clips in the whole dataset.")],
    out: Annotated[
        str, typer.Option(help="Folder or URI (s3://...) of the dataset; continued if it is there.")
    ],
    seed: Annotated[int, typer.Option(min=0, help="Every clip follows from seed and index.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
    shard: Annotated[
        str, typer.Option(help="I/N: only the I-th of N shares of its parts, from 0.")
    ] = "0/1",
    recipe: Annotated[
        str, typer.Option(help="Mixture to draw from: human, mixture or a .toml; default: uniform.")
    ] = "",
    split: Annotated[
        str, typer.Option(help="train, validation or test: only its clips; default: all.")
    ] = "",
    isolation: Annotated[
        str, typer.Option(help="fork, process or instance; default: the spec's or platform's.")
    ] = "",
    ray: Annotated[
        str, typer.Option(help="[ADDRESS]: as Ray tasks, there or on a local cluster.")
    ] = "",
    dry_run: Annotated[bool, typer.Option(help="Only tell time and size.")] = False,
) -> None:
    """Render a dataset of (parameters, audio) pairs."""
    from datasets.spec import load_spec
    from datasets.split import parse_split
    from renderer import console
    from renderer.batch import clips_to_render, parse_shard, shard_clips
    from renderer.isolation import parse_isolation
    from renderer.order import Order
    from renderer.states import open_recipe

    synth, share, kept = load_spec(spec), parse_shard(shard), parse_split(split)
    method, mixture = parse_isolation(isolation, synth.isolation), open_recipe(recipe, synth)
    if dry_run:
        clips = clips_to_render(synth, count, seed, share, mixture, kept)
        typer.echo(console.plan(synth, clips, workers, method, mixture))
        return
    order = Order(spec, count, out, seed, recipe, isolation, kept)
    if ray:
        typer.echo(order.on_cluster(ray))
        return
    with console.progress_bar(shard_clips(count, share)) as progress:
        summary = order.render(synth, workers, method, share, progress, mixture)
    typer.echo(console.report(synth, summary, out, mixture))
