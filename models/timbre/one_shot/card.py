"""Write the card of a one-shot model: what it was made of, and how well it does."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.timbre.one_shot.model import OneShotModel


def hit_card(model: OneShotModel) -> str:
    """Return the card of a model as Markdown."""
    facts, image = model.facts, model.image
    counts = Counter(model.label_of(row) or "no class" for row in range(len(model.known.names)))
    lengths = "one length" if image.fixed else "any length"
    rows = [
        ("kind", model.kind),
        ("made of", str(facts.get("source", "unknown"))),
        ("sounds", f"{len(model.known.names)} used, {facts.get('skipped', 0)} skipped"),
        ("classes", ", ".join(f"{name} ({count})" for name, count in counts.most_common())),
        ("labels from", str(facts.get("labels", "unknown"))),
        ("audio", f"{image.sample_rate} Hz, {'stereo' if image.channels == 2 else 'mono'}"),
        ("length", f"{lengths} up to {image.longest_s:.2f} s"),
        ("latent", f"{len(model.axes)} axes, beta {model.network.config.beta:g}"),
        ("error in training", f"{facts.get('trained_error_db', 'unknown')} dB RMS"),
    ]
    rows += [(str(name), str(value)) for name, value in dict(facts.get("measured", {})).items()]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    notes = "".join(f"\n{line}\n" for line in facts.get("notes", ()))
    return f"# {model.name}\n\n| | |\n| --- | --- |\n{table}\n{notes}"
