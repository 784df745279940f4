"""Learning curves as a picture."""

from __future__ import annotations

from pathlib import Path

TERMS = ("loss", "reconstruction", "kl", "regression", "steps")


def draw_curves(history: list[dict[str, float]], path: Path) -> None:
    """Training and validation of each term of the objective, by epoch, as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 3), layout="constrained")
    for axis, term in zip(figure.subplots(1, len(TERMS)), TERMS, strict=True):
        axis.plot([row[f"train_{term}"] for row in history], label="training")
        axis.plot([row[term] for row in history], label="validation")
        axis.set(title=term, xlabel="epoch")
    axis.legend()
    figure.savefig(path, dpi=110)
