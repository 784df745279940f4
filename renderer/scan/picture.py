"""Draw a scan: effects by kind, levels, and reset methods."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from renderer.scan.findings import KINDS, Kind
from renderer.scan.scan import Scan

COLOURS: dict[Kind, str] = {
    "acts": "#2a78b5",
    "rare": "#5b9bd0",
    "weak": "#93b8d6",
    "level": "#e0a030",
    "dead": "#8c8c8c",
    "dangerous": "#c03a2b",
    "random": "#8e44ad",
}
MOST_BARS = 64  # controls shown at most, the strongest first


def draw(found: Scan, path: Path) -> None:
    """Write the picture of a scan as PNG; the same figures give the same bytes."""
    bars = min(MOST_BARS, len(found.findings))
    figure = Figure(figsize=(10, max(4.5, 1.5 + 0.16 * bars)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplot_mosaic(
        [["effects", "levels"], ["effects", "resets"]], width_ratios=(3, 2)
    )
    _effects(axes["effects"], found)
    _levels(axes["levels"], found)
    _resets(axes["resets"], found)
    figure.suptitle(found.plugin)
    figure.savefig(path, dpi=80, metadata={"Software": None})


def _effects(axes: Axes, found: Scan) -> None:
    def strength(index: int) -> float:
        effect = found.findings[index].effect
        return effect.mean_db if effect else 0.0

    order = sorted(range(len(found.findings)), key=strength, reverse=True)[:MOST_BARS]
    shown = [found.findings[i] for i in order]
    places = range(len(shown))
    values = [strength(i) for i in order]
    axes.barh(places, values, color=[COLOURS[f.kind] for f in shown])
    names = [f.control.name + (f" ({len(f.steps)})" if f.steps else "") for f in shown]
    axes.set_yticks(places, [name.replace("$", r"\$") for name in names], fontsize=7)
    for label, finding in zip(axes.get_yticklabels(), shown, strict=True):
        label.set_color(COLOURS[finding.kind])  # shows the kind even if the bar has no length
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlabel("mean effect, mel dB; (n): stepped")
    kinds = [kind for kind in KINDS if any(f.kind == kind for f in found.findings)]
    handles = [Patch(color=COLOURS[kind], label=kind) for kind in kinds]
    axes.legend(handles=handles, loc="lower right", fontsize=8)


def _levels(axes: Axes, found: Scan) -> None:
    levels = [clip.rms_db for clip in found.levels.rendered] if found.levels else []
    axes.set_xlabel("level while held, dB full scale")
    axes.set_ylabel("patches")
    if levels:
        axes.hist(levels, bins=16, color=COLOURS["acts"])
    else:
        axes.text(0.5, 0.5, "no draft, so no patches", ha="center", transform=axes.transAxes)


def _resets(axes: Axes, found: Scan) -> None:
    axes.axis("off")
    rows = [
        [r.method, "-", "-", "-"]
        if r.failed
        else [r.method, f"{r.equal:.0%}", f"{r.mel_max:.2f}", f"{r.processor_ms:.0f}"]
        for r in found.resets
    ]
    if not rows:
        return
    table = axes.table(
        cellText=rows,
        colLabels=["reset", "bit-equal", "mel dB, max", "processor ms"],
        loc="center",
        cellLoc="center",
    )
    table.auto_set_font_size(False)
    table.set_fontsize(8)
    table.scale(1, 1.4)
