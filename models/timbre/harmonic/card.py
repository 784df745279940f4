"""Write the card of a harmonic model: what it was made of, and how well it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.timbre.harmonic.model import HarmonicModel


def model_card(model: HarmonicModel) -> str:
    """Return the card of a model as Markdown."""
    low, high = model.pitch_range
    facts = model.facts
    held = facts.get("held_out_error_db")
    rows = [
        ("kind", f"{model.kind} ({model.network.config.kind})"),
        ("made of", str(facts.get("source", "unknown"))),
        ("notes", f"{len(model.known.names)} used, {facts.get('skipped', 0)} skipped"),
        ("audio", f"{facts.get('seconds', 0)} s"),
        ("pitches", f"MIDI {low:.1f} to {high:.1f}"),
        ("loudness", f"{model.loudness[0]:.1f} to {model.loudness[1]:.1f} dB"),
        ("sounds", "sustained" if model.shapes.sustained else "decaying"),
        ("latent", f"{len(model.axes)} axes, beta {model.network.config.beta:g}"),
        ("envelope", f"{model.envelope.method}, {model.envelope.order} coefficients"),
        ("error in training", f"{facts.get('trained_error_db', 'unknown')} dB RMS"),
        ("error on held-out notes", "none was held out" if held is None else f"{held} dB RMS"),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"# {model.name}\n\n| | |\n| --- | --- |\n{table}\n"
