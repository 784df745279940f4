"""What ``render-presets`` shows: a plan, a progress bar, one screen of summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from datasets.recipe import UNIFORM, Recipe
from datasets.spec import SynthSpec
from renderer.batch import Summary

CLIP_KB = 280  # a stored clip of 3 s, measured; only for the estimate of --dry-run
RENDER_S = 0.2  # a render of Vital on one core, measured; likewise


def plan(spec: SynthSpec, count: int, workers: int) -> str:
    """One line: what a run would cost in time and space."""
    minutes = count * RENDER_S / workers / 60
    scale = spec.note.length_s / 3.0
    return (
        f"{count} clips of {spec.note.length_s:g} s with {workers} workers: about "
        f"{minutes * scale:.1f} minutes and {count * CLIP_KB * scale / 1e6:.2f} GB"
    )


@contextmanager
def progress_bar(count: int) -> Iterator[Callable[[Summary], None]]:
    """A bar with clips done, rate, time left and clips rejected; yields what feeds it."""
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

    def feed(summary: Summary) -> None:
        progress.start()  # with the first clip, so that an error before it stands alone
        done = summary.resumed + summary.rendered
        elapsed = progress.tasks[task].elapsed or 0.0
        rate = summary.rendered / elapsed if elapsed else 0.0
        progress.update(task, completed=done, rate=rate, rejected=summary.rejected)

    try:
        yield feed
    finally:
        progress.stop()


def report(spec: SynthSpec, summary: Summary, folder: str | Path, recipe: Recipe = UNIFORM) -> str:
    """One screen: what was rendered, rejected, and how fast."""
    speed = summary.audio_s / summary.wall_s if summary.wall_s else 0.0
    lines = [
        f"{spec.name} in {folder}",
        f"  rendered   {summary.rendered} clips, {summary.audio_s:.0f} s of audio",
        f"  resumed    {summary.resumed} clips that were there",
        f"  silent     {summary.silent}",
        f"  clipped    {summary.clipped} (peaks above full scale, stored normalised)",
        f"  failed     {summary.failed} ({summary.retried} tried a second time)",
        f"  audited    {summary.audited} clips rendered again, all bit-equal",
        f"  speed      {speed:.1f} x real time, {summary.wall_s:.1f} s in all",
    ]
    notes = [f"preset file skipped: {why}" for why in recipe.skipped] + summary.reasons
    return "\n".join(lines + [f"  {note}" for note in notes[:10]])
