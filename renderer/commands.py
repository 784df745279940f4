"""The command that renders: ``patchwright render``, also called ``render-presets``.

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
    dry_run: Annotated[bool, typer.Option(help="Only estimate time and size.")] = False,
) -> None:
    """Render a dataset of (parameters, audio) pairs."""
    from renderer.dataset.render import parse_shard
    from renderer.dataset.render_command import Order

    share = parse_shard(shard)
    order = Order(spec, count, out, seed, recipe, isolation, split)
    order.check()
    if dry_run:
        typer.echo(order.plan(workers, share))
    else:
        typer.echo(order.on_cluster(ray) if ray else order.render(workers, share))
