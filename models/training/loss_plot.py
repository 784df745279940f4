"""Plot the learning curves."""

from __future__ import annotations

from pathlib import Path


def draw_curves(history: list[dict[str, float]], path: Path) -> None:
    """Draw each term of the loss by epoch, for training and validation, into a PNG file."""
    from matplotlib.figure import Figure

    terms = [term for term in history[0] if f"train_{term}" in history[0]]
    figure = Figure(figsize=(2.8 * len(terms), 3), layout="constrained")
    axes = figure.subplots(1, len(terms), squeeze=False)[0]
    for axis, term in zip(axes, terms, strict=True):
        axis.plot([row[f"train_{term}"] for row in history], label="training")
        axis.plot([row[term] for row in history], label="validation")
        axis.set(title=term, xlabel="epoch")
    axis.legend()
    figure.savefig(path, dpi=110)
