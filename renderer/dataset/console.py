"""Print the plan, the progress and the summary of ``render-presets``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from datasets.recipe import UNIFORM, Recipe
from datasets.sampler import sample
from datasets.spec import SynthSpec
from renderer.dataset.audit import refuse_effect
from renderer.dataset.render import RenderSummary
from renderer.workers.encode import Encode
from renderer.workers.isolation import Isolation, RenderJob
from renderer.workers.pool import RenderPool

TRIED = 8  # clips that --dry-run renders to measure the cost of one


def plan(spec: SynthSpec, count: int, workers: int, isolation: Isolation, recipe: Recipe) -> str:
    """Return one line with the expected time and size of a run; it renders a few clips now.

    Args:
        spec: The synth.
        count: Clips to render.
        workers: Number of render processes.
        isolation: Method that keeps renders independent.
        recipe: The mixture that patches are drawn from.

    Returns:
        The line.

    Raises:
        SpecError: The plugin is an effect.
    """
    draws = [sample(spec, 0, index, recipe) for index in range(TRIED)]
    jobs = [RenderJob(d.index, d.note, d.velocity, d.unit) for d in draws]
    with RenderPool(spec, 1, isolation) as pool:
        list(pool.map(jobs[:1], Encode(spec.sample_rate)))  # the synth is loaded
        started = time.monotonic()
        answers = list(pool.map(jobs, Encode(spec.sample_rate)))
        each_s = (time.monotonic() - started) / TRIED
        if all(status == "silent" for _, status, *_ in answers):
            refuse_effect(pool)
    clips = [columns for *_, columns in answers if columns]
    each_mb = sum(len(clip["audio"]["bytes"]) for clip in clips) / max(len(clips), 1) / 1e6
    return (
        f"{count} clips of {spec.note.length_s:g} s with {workers} workers: about "
        f"{count * each_s / workers / 60:.1f} minutes and {count * each_mb / 1000:.2f} GB"
    )


@contextmanager
def progress_bar(count: int) -> Iterator[Callable[[RenderSummary], None]]:
    """Show a bar with clips done, rate, time left and clips rejected.

    Yields:
        A function that updates the bar with a summary.
    """
    columns = (
        TextColumn("rendering"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f}/s"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rejected]} rejected"),
    )
    progress = Progress(*columns, console=Console(stderr=True))
    task = progress.add_task("render", total=count, rate=0.0, rejected=0)

    def feed(summary: RenderSummary) -> None:
        progress.start()  # with the first clip, so an error before it prints no bar
        done = summary.resumed + summary.left_out + summary.rendered
        elapsed = progress.tasks[task].elapsed or 0.0
        rate = summary.rendered / elapsed if elapsed else 0.0
        progress.update(task, completed=done, rate=rate, rejected=summary.rejected)

    try:
        yield feed
    finally:
        progress.stop()


def report(
    spec: SynthSpec, summary: RenderSummary, folder: str | Path, recipe: Recipe = UNIFORM
) -> str:
    """Return a summary of one screen: clips rendered, clips rejected, and speed.

    Args:
        spec: The synth.
        summary: The figures of the run.
        folder: Where the dataset is.
        recipe: The mixture that patches were drawn from.

    Returns:
        The lines, joined.
    """
    speed = summary.audio_s / summary.wall_s if summary.wall_s else 0.0
    lines = [
        f"{spec.name} in {folder}",
        f"  rendered   {summary.rendered} clips, {summary.audio_s:.0f} s of audio",
        f"  resumed    {summary.resumed} clips from earlier runs",
        *([f"  left out   {summary.left_out} of other splits"] if summary.left_out else []),
        f"  silent     {summary.silent}",
        f"  clipped    {summary.clipped} (peaks above full scale, stored normalised)",
        f"  failed     {summary.failed} ({summary.retried} tried a second time)",
        f"  audited    {summary.audited} clips rendered again, all bit-equal",
        f"  speed      {speed:.1f} x real time, {summary.wall_s:.1f} s in all",
    ]
    changed = (
        f"{recipe.changed} presets have values that {spec.name} cannot take; it uses the nearest"
    )
    notes = [changed] if recipe.changed else []
    notes += [f"preset file skipped: {why}" for why in recipe.skipped] + summary.reasons
    return "\n".join(lines + [f"  {note}" for note in notes[:10]])
