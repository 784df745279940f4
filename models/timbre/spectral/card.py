"""Write the card of a spectral model: what it was made of, and how well it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.audio.spectra.chroma import NAMES
from models.timbre.spectral.network import SIZES

if TYPE_CHECKING:
    from models.timbre.spectral.model import SpectralModel


def spectral_card(model: SpectralModel) -> str:
    """Return the card of a model as Markdown."""
    low, high = model.pitch_range
    facts, config = model.facts, model.network.config
    learned = [n for n, known in zip(NAMES, model.learned, strict=True) if known]
    missing = [n for n in NAMES if n not in learned]
    training = facts.get("settings", {}).get("training", {})
    rows = [
        ("kind", f"{model.kind} ({config.kind})"),
        ("made of", str(facts.get("source", "unknown"))),
        ("notes", f"{facts.get('used', 0)} used, {facts.get('skipped', 0)} skipped"),
        ("presets or clips", str(facts.get("groups", "unknown"))),
        ("audio", f"{facts.get('seconds', 0)} s, {facts.get('frames', 0)} frames"),
        ("pitches", f"MIDI {low:.1f} to {high:.1f}"),
        ("note classes learned", ", ".join(learned) or "none"),
        ("note classes not learned", ", ".join(missing) or "none"),
        ("latent", f"{model.latent} axes, {_bottleneck(model)}"),
        ("layers", "-".join(map(str, (*config.hidden, config.latent)))),
        ("input", f"magnitudes to the power {config.power:g}, appended: {config.augmentation}"),
        ("chroma at the bottleneck", "yes" if config.skip else "no"),
        ("command", _command(model)),
        ("seed", str(training.get("seed", "unknown"))),
        ("error in training", _error(facts.get("trained_mse"))),
        ("error on unseen presets or clips", _error(facts.get("held_out_mse"))),
    ]
    if facts.get("mean_frame_mse") is not None:
        rows.append(("error of the mean frame", _error(facts["mean_frame_mse"])))
    if "mesh_accuracy" in facts:
        rows.append(("latent mesh with the right note class", f"{facts['mesh_accuracy']:.3f}"))
    if "divergence_nats" in facts:
        rows.append(("divergence of each axis", f"{facts['divergence_nats']} nats"))
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"# {model.name}\n\n| | |\n| --- | --- |\n{table}\n"


def _command(model: SpectralModel) -> str:
    """Return the command that fits the model."""
    config = model.network.config
    training = model.facts.get("settings", {}).get("training", {})
    size = next((name for name, hidden in SIZES.items() if hidden == config.hidden), "")
    options = [
        f"--latent {config.latent}",
        f"--epochs {training.get('epochs', '?')}",
        f"--seed {training.get('seed', '?')}",
    ]
    options += [f"--size {size}"] if size else []
    options += ["--network vae", f"--beta {config.beta:g}"] if config.kind == "vae" else []
    options += [f"--power {config.power:g}"]
    options += ["--bottleneck lrelu"] if config.bottleneck == "lrelu" else []
    options += [f"--augmentation {config.augmentation}"] if config.augmentation != "chroma" else []
    options += [] if config.skip else ["--no-skip"]
    return f"patchwright timbre fit SOUNDS --kind spectral {' '.join(options)} --out MODEL"


def _bottleneck(model: SpectralModel) -> str:
    config = model.network.config
    return f"beta {config.beta:g}" if config.kind == "vae" else config.bottleneck


def _error(value: float | None) -> str:
    return "none was held out" if value is None else f"{1e4 * value:.3f}e-4 (mean squared)"
