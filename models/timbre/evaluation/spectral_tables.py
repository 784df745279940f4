"""Train what tables I to V of Colonel and Keene compare, and the beta-VAE that they warn of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from models.audio.spectra.chroma import NAMES, note_classes, one_hot
from models.timbre.evaluation.experiments import Row
from models.timbre.spectral.fit import ACTIVE_NATS, MESHES, divergences
from models.timbre.spectral.frames import TEST, TRAIN, SpectralFrames
from models.timbre.spectral.mesh import mesh_accuracy, occupied_share
from models.timbre.spectral.model import LEARNED_SHARE
from models.timbre.spectral.network import SIZES, SpectralNetwork, SpectralNetworkConfig
from models.timbre.spectral.training import SpectralTraining, latents, mean_error, train_spectral

TABLES = ("I", "II-III", "IV", "V", "vae")
MESH_POINTS = 10_000  # Drawn from each mesh.
BETAS = (0.1, 1.0, 4.0)


@dataclass(frozen=True)
class TablePlan:
    """Set how the tables are computed.

    Attributes:
        tables: Any of ``TABLES``.
        seeds: Trainings of each network; each seed has a split of its own.
        visits: Frames that a training sees, over all its epochs.
        size: Layers of the networks, of ``SIZES``.
        every: Only every so many frames are learned: windows overlap by 75 %.
    """

    tables: tuple[str, ...] = TABLES
    seeds: int = 3
    visits: int = 100_000
    size: str = "small"
    every: int = 2


@dataclass(frozen=True)
class TrainedSpectra:
    """Hold a trained network, its frames, and the CPU seconds of its training."""

    network: SpectralNetwork
    data: SpectralFrames
    split: torch.Tensor
    cpu_s: float

    def part(self, which: int) -> SpectralFrames:
        """Return the frames of a split."""
        return self.data.where((self.split == which).numpy())

    def test_error(self) -> float:
        """Return the mean squared error on the test split, in 1e-4."""
        unseen = self.part(TEST)
        chroma = torch.from_numpy(one_hot(unseen.classes))
        return 1e4 * mean_error(self.network, torch.from_numpy(unseen.frames), chroma)


def train_table(
    data: SpectralFrames, plan: TablePlan, seed: int, network: SpectralNetworkConfig
) -> TrainedSpectra:
    """Train one network on the frames of a plan.

    Args:
        data: All frames of a corpus.
        plan: The plan.
        seed: Seed of split, weights and order.
        network: The topology.

    Returns:
        The trained network.
    """
    kept = np.zeros(len(data), bool)
    kept[:: plan.every] = True
    thinned = data.where(kept)
    split = torch.from_numpy(thinned.split(seed))
    known = int((split == TRAIN).sum())
    training = SpectralTraining(max(1, round(plan.visits / known)), seed=seed)
    started = time.process_time()
    trained, _ = train_spectral(thinned, split, network, training)
    return TrainedSpectra(trained, thinned, split, time.process_time() - started)


def corpus_rows(data: SpectralFrames, synth: bool, plan: TablePlan) -> Iterator[Row]:
    """Yield the rows of all tables for one corpus.

    Args:
        data: Its frames.
        synth: True for the one-octave synth corpus, which tables I and the beta-VAE use too.
        plan: What to compute.

    Yields:
        Test errors in 1e-4, CPU seconds, and shares.
    """
    yield from _baseline(data, plan)
    for seed in range(plan.seeds):
        if synth and "I" in plan.tables:
            yield from _augmentations(data, plan, seed)
        if "II-III" in plan.tables:
            yield from _bottlenecks(data, plan, seed)
        if "IV" in plan.tables:
            yield from _three_neurons(data, plan, seed)
        if "V" in plan.tables:
            sizes = _config(plan, 8, "sigmoid", skip=True)
            yield from _mesh(train_table(data, plan, seed, sizes), 8, seed)
        if synth and "vae" in plan.tables and seed == 0:
            yield from _collapse(data, plan, seed)


def _config(plan: TablePlan, latent: int, bottleneck: str, skip: bool) -> SpectralNetworkConfig:
    return SpectralNetworkConfig(
        hidden=SIZES[plan.size], latent=latent, bottleneck=bottleneck, skip=skip
    )


def _baseline(data: SpectralFrames, plan: TablePlan) -> Iterator[Row]:
    """Yield the error of the mean training frame."""
    for seed in range(plan.seeds):
        split = data.split(seed)
        mean = data.frames[split == TRAIN].mean(axis=0)
        error = 1e4 * float(((data.frames[split == TEST] - mean) ** 2).mean())
        yield Row("baseline", "mean frame", "", seed, error)


def _augmentations(data: SpectralFrames, plan: TablePlan, seed: int) -> Iterator[Row]:
    """Yield table I: the input's augmentations, with 8 neurons and leaky ReLU."""
    for name in ("none", "difference", "chroma"):
        network = SpectralNetworkConfig(
            hidden=SIZES[plan.size],
            latent=8,
            bottleneck="lrelu",
            augmentation=name,
            skip=False,
        )
        trained = train_table(data, plan, seed, network)
        yield Row("I", name, "", seed, trained.test_error())
        yield Row("I seconds", name, "", seed, trained.cpu_s)


def _bottlenecks(data: SpectralFrames, plan: TablePlan, seed: int) -> Iterator[Row]:
    """Yield tables II and III: activation and skip with 2 neurons; embeddings; the 2D mesh."""
    for bottleneck in ("lrelu", "sigmoid"):
        for skip in (False, True):
            trained = train_table(data, plan, seed, _config(plan, 2, bottleneck, skip))
            name = f"{bottleneck}, {'skip' if skip else 'no skip'}"
            yield Row("II-III", name, "", seed, trained.test_error())
            yield Row("II-III seconds", name, "", seed, trained.cpu_s)
            yield from _embedding(trained, name, seed)
            if bottleneck == "sigmoid" and skip and "V" in plan.tables:
                yield from _mesh(trained, 2, seed)


def _embedding(trained: TrainedSpectra, name: str, seed: int) -> Iterator[Row]:
    """Yield bounds, density and correlation of the training embedding (section V-A)."""
    z = np.asarray(latents(trained.network, trained.part(TRAIN)).numpy())
    yield Row("embedding", name, "lowest", seed, float(z.min()))
    yield Row("embedding", name, "highest", seed, float(z.max()))
    yield Row("embedding", name, "cells with a point", seed, occupied_share(z))
    spread = z.std(axis=0)
    is_flat = bool((spread < 1e-6).any())
    correlation = 1.0 if is_flat else float(abs(np.corrcoef(z.T)[0, 1]))
    yield Row("embedding", name, "correlation", seed, correlation)


def _three_neurons(data: SpectralFrames, plan: TablePlan, seed: int) -> Iterator[Row]:
    """Yield table IV: the skip with 3 sigmoid neurons; the 3D mesh."""
    for skip in (False, True):
        trained = train_table(data, plan, seed, _config(plan, 3, "sigmoid", skip))
        name = "skip" if skip else "no skip"
        yield Row("IV", name, "", seed, trained.test_error())
        yield Row("IV seconds", name, "", seed, trained.cpu_s)
        if skip and "V" in plan.tables:
            yield from _mesh(trained, 3, seed)


def _mesh(trained: TrainedSpectra, latent: int, seed: int) -> Iterator[Row]:
    """Yield table V: the share of mesh points with the conditioned note class."""
    counts = np.bincount(trained.part(TRAIN).classes, minlength=12)
    present = [c for c in range(12) if counts[c] >= LEARNED_SHARE * counts.sum()]
    ends = np.zeros(latent, np.float32), np.ones(latent, np.float32)
    shares = mesh_accuracy(trained.network, MESHES[latent], ends, present, MESH_POINTS)
    for note_class, share in zip(present, shares, strict=True):
        yield Row("V", f"{latent}D", NAMES[note_class], seed, float(share))
    if latent == 8:
        yield Row("V 8D error", "8D", "", seed, trained.test_error())


def _collapse(data: SpectralFrames, plan: TablePlan, seed: int) -> Iterator[Row]:
    """Yield the error and the collapsed dimensions of beta-VAEs (section VI)."""
    for beta in BETAS:
        for skip in (False, True):
            network = SpectralNetworkConfig(
                "vae", hidden=SIZES[plan.size], latent=8, skip=skip, beta=beta
            )
            trained = train_table(data, plan, seed, network)
            nats = divergences(trained.network, trained.part(TRAIN))
            name = f"beta {beta:g}, {'skip' if skip else 'no skip'}"
            yield Row("vae", name, "error", seed, trained.test_error())
            yield Row("vae", name, "collapsed of 8", seed, float((nats < ACTIVE_NATS).sum()))
            yield Row("vae", name, "largest nats", seed, float(nats.max()))
            if skip is False:
                yield Row("vae", name, "axes that change the class", seed, _changes(trained))


@torch.no_grad()
def _changes(trained: TrainedSpectra) -> float:
    """Return how many of 8 latent axes change the note class when only they move."""
    known = trained.part(TRAIN)
    z = latents(trained.network, known)
    centre, spread = z.mean(dim=0), z.std(dim=0)
    count = 0
    for axis in range(z.shape[1]):
        points = centre.repeat(21, 1)
        points[:, axis] += torch.linspace(-2, 2, 21) * torch.clamp(spread[axis], min=1.0)
        frames = trained.network.decode(points, torch.zeros(21, 12)).numpy()
        count += len(np.unique(note_classes(frames))) > 1
    return float(count)
