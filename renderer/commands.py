"""Define the command that renders: ``patchwright render``, also called ``render-presets``.

Each command imports what it needs in its own function, so `--help` is instant.
"""

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()


@commands.command()
def render(
    spec: Annotated[
        str,
        typer.Argument(help="Synth spec: a built-in name (vital-32, amsynth-34, ...) or a .toml."),
    ],
    count: Annotated[int, typer.Option(min=1, help="Clips in the whole dataset.")],
    out: Annotated[
        str, typer.Option(help="Folder or URI (s3://...) of the dataset; continued if it exists.")
    ],
    seed: Annotated[int, typer.Option(min=0, help="Random seed; clip i depends on it and i.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Number of render processes.")] = 2,
    shard: Annotated[
        str, typer.Option(help="I/N: render only share I of N; I counts from 0.")
    ] = "0/1",
    template: Annotated[
        Path | None,
        typer.Option(help="Preset file to render on: parameters vary, the rest of it stays."),
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="Recipe of patches: human, mixture or a .toml; default: uniform.")
    ] = "",
    split: Annotated[
        str, typer.Option(help="Render one split only: train, validation or test; default: all.")
    ] = "",
    isolation: Annotated[
        str, typer.Option(help="fork, process or instance; default: from the spec or platform.")
    ] = "",
    ray: Annotated[
        str, typer.Option(help="Run as Ray tasks at ADDRESS; without one, on a local cluster.")
    ] = "",
    dry_run: Annotated[bool, typer.Option(help="Report the expected time and size only.")] = False,
) -> None:
    """Render a dataset of (parameters, audio) pairs."""
    from renderer.dataset.render import parse_shard
    from renderer.dataset.render_command import Order

    share = parse_shard(shard)
    order = Order(spec, count, out, seed, recipe, isolation, split, template)
    order.check()
    if dry_run:
        typer.echo(order.plan(workers, share))
    else:
        typer.echo(order.on_cluster(ray) if ray else order.render(workers, share))
