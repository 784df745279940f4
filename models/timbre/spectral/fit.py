"""Fit a spectral model to the notes of a corpus: frames, training, axes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.audio.spectra.chroma import NAMES, one_hot
from models.audio.spectra.stft import HOP, RATE, Float32
from models.timbre.corpus.note import Corpus, Report
from models.timbre.spectral.files import save_spectral
from models.timbre.spectral.frames import TEST, TRAIN, SpectralFrames, gather_frames
from models.timbre.spectral.harmonics import frame_pitch, midi_of_hz
from models.timbre.spectral.mesh import mesh_accuracy
from models.timbre.spectral.model import LEARNED_SHARE, KnownScales, SpectralModel
from models.timbre.spectral.network import SpectralNetwork, SpectralNetworkConfig
from models.timbre.spectral.training import (
    SpectralTraining,
    latents,
    mean_error,
    train_spectral,
)

LOW, HIGH = 0.01, 0.99  # Quantiles of the training frames at the ends of an axis.
NARROWEST = 1e-3
FEW_GROUPS = 6
MESHES = {2: 350, 3: 50, 8: 5}  # Points along each axis (section V-A).
MESH_POINTS = 1000  # Drawn from the mesh.
ACTIVE_NATS = 0.01  # A dimension of a beta-VAE with a smaller divergence has collapsed.

Show = Callable[[str], None]


@dataclass(frozen=True)
class SpectralSettings:
    """Set how a spectral model is fitted.

    Attributes:
        network: The topology.
        training: The schedule.
    """

    network: SpectralNetworkConfig = field(default_factory=SpectralNetworkConfig)
    training: SpectralTraining = field(default_factory=SpectralTraining)


def fit_spectral(
    corpus: Corpus,
    folder: Path,
    settings: SpectralSettings | None = None,
    name: str = "",
    show: Show = lambda line: None,
) -> tuple[SpectralModel, Report]:
    """Fit a model and save it; an interrupted training continues.

    Args:
        corpus: The notes.
        folder: Folder of the model; its subfolder ``training`` holds what resuming needs.
        settings: The settings.
        name: Name of the model; by default the name of the folder.
        show: Receives lines of progress.

    Returns:
        The model, and what was used and skipped.

    Raises:
        AudioError: The corpus has no usable note.
        CheckpointError: The folder holds a training with other settings or notes.
    """
    settings = settings or SpectralSettings()
    report = Report()
    data = gather_frames(corpus, report, show)
    groups = len(set(data.groups))
    if groups < FEW_GROUPS:
        report.remarks.append(f"only {groups} presets or clips: none is held out")
    split = torch.from_numpy(data.split(settings.training.seed))
    network, _ = train_spectral(
        data,
        split,
        settings.network,
        settings.training,
        folder / "training" / "state",
        {"frames": hashlib.sha256(data.frames.tobytes()).hexdigest()[:16]},
        lambda done, of, loss: show(f"epoch {done} of {of}: error {1e4 * loss:.3f}e-4"),
    )
    _round_to_half(network)
    facts = _facts(corpus, settings, report, data, split, network)
    model = build_spectral(name or folder.name, network, data, split, facts)
    report.remarks += _unlearned(model)
    save_spectral(model, folder)
    return model, report


def _round_to_half(network: SpectralNetwork) -> None:
    """Round the weights to half precision, as the file has them."""
    with torch.no_grad():
        for weights in network.parameters():
            weights.copy_(weights.half().float())


def _unlearned(model: SpectralModel) -> list[str]:
    """Return a remark that names the note classes that the model never learned."""
    missing = [n for n, learned in zip(NAMES, model.learned, strict=True) if not learned]
    if not missing:
        return []
    return [f"note classes not learned: {', '.join(missing)}; their keys use the nearest one"]


def _facts(
    corpus: Corpus,
    settings: SpectralSettings,
    report: Report,
    data: SpectralFrames,
    split: torch.Tensor,
    network: SpectralNetwork,
) -> dict[str, Any]:
    """Return what a model was made of, as plain values."""
    unseen = data.where((split == TEST).numpy())
    chroma = torch.from_numpy(one_hot(unseen.classes))
    tested = mean_error(network, torch.from_numpy(unseen.frames), chroma) if len(unseen) else None
    known = data.where((split == TRAIN).numpy())
    hot = torch.from_numpy(one_hot(known.classes))
    facts: dict[str, Any] = {
        "source": corpus.source,
        "settings": asdict(settings),
        "used": len(report.used),
        "skipped": len(report.skipped),
        "groups": len(set(data.groups)),
        "frames": len(data),
        "seconds": round(len(data) * HOP / RATE, 1),
        "trained_mse": mean_error(network, torch.from_numpy(known.frames), hot),
        "held_out_mse": tested,
        "mean_frame_mse": float(((data.frames - known.frames.mean(axis=0)) ** 2).mean()),
    }
    if network.config.skip and network.config.bounded:
        facts["mesh_accuracy"] = _mesh(network, known)
    if network.config.kind == "vae":
        facts["divergence_nats"] = [round(float(d), 4) for d in divergences(network, known)]
    return facts


def _mesh(network: SpectralNetwork, known: SpectralFrames) -> float:
    """Return the mean share of the latent mesh with the conditioned, learned note class."""
    latent = network.config.latent
    counts = np.bincount(known.classes, minlength=12)
    learned = [c for c in range(12) if counts[c] >= max(1.0, LEARNED_SHARE * counts.sum())]
    length = MESHES.get(latent, 5)
    ends = np.zeros(latent, np.float32), np.ones(latent, np.float32)
    shares = mesh_accuracy(network, length, ends, learned, MESH_POINTS)
    return round(float(shares.mean()), 4)


@torch.no_grad()
def divergences(network: SpectralNetwork, data: SpectralFrames) -> Float32:
    """Return the mean KL divergence of each latent dimension of a beta-VAE in nats, (latent,).

    A dimension below ``ACTIVE_NATS`` has collapsed to the prior (section VI).

    Args:
        network: A network of the kind ``vae``.
        data: The frames.

    Returns:
        The divergences.
    """
    chroma = torch.from_numpy(one_hot(data.classes))
    mean, log_variance = network.posterior(torch.from_numpy(data.frames), chroma)
    return np.asarray(network.divergence(mean, log_variance).mean(dim=0).numpy(), np.float32)


def build_spectral(
    name: str,
    network: SpectralNetwork,
    data: SpectralFrames,
    split: torch.Tensor,
    facts: dict[str, Any],
) -> SpectralModel:
    """Calibrate a trained network: axes, known notes, note classes.

    Args:
        name: Name of the model.
        network: The network.
        data: The frames of the corpus.
        split: Split of each frame, (N,).
        facts: What the model was made of.

    Returns:
        The model.
    """
    z = np.asarray(latents(network, data).numpy(), np.float32)
    known = (split == TRAIN).numpy()
    low, high = np.quantile(z[known], (LOW, HIGH), axis=0).astype(np.float32)
    high = np.maximum(high, low + NARROWEST).astype(np.float32)
    centre = z[known].mean(axis=0)
    order = _order(network, centre, low, high, int(np.bincount(data.classes[known]).argmax()))
    counts = np.bincount(data.classes[known], minlength=12).astype(np.int32)
    notes = _known(data, z[:, order], known)
    return SpectralModel(
        name, network, order, low[order], high[order], centre[order], counts, notes, facts
    )


@torch.no_grad()
def _order(
    network: SpectralNetwork, centre: Float32, low: Float32, high: Float32, usual: int
) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Return the latent dimensions, the one that changes the frame most first."""
    ends = np.repeat(centre[None], 2 * len(centre), axis=0)
    for i in range(len(centre)):
        ends[2 * i, i], ends[2 * i + 1, i] = low[i], high[i]
    chroma = torch.from_numpy(one_hot(np.full(len(ends), usual)))
    frames = network.decode(torch.from_numpy(ends), chroma).numpy()
    change = ((frames[1::2] - frames[::2]) ** 2).sum(axis=1)
    return np.argsort(-change, kind="stable").astype(np.int32)


def _known(data: SpectralFrames, z: Float32, chosen: np.ndarray[Any, Any]) -> KnownScales:
    """Return the training notes with their mean latent points."""
    rows = []
    for number in np.unique(data.note[chosen]):
        inside = data.note == number
        usual = int(np.bincount(data.classes[inside], minlength=12).argmax())
        midi = data.midi[number]
        if not np.isfinite(midi):
            frame = data.frames[inside & (data.classes == usual)].mean(axis=0)
            midi = float(midi_of_hz(frame_pitch(frame, list(range(usual + 24, 109, 12)))))
        rows.append((data.names[number], z[inside].mean(axis=0), midi, usual))
    names, points, pitches, classes = zip(*rows, strict=True)
    return KnownScales(
        tuple(names),
        np.stack(points).astype(np.float32),
        np.array(pitches, np.float32),
        np.array(classes, np.int32),
    )
