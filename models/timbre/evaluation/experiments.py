"""Run the paper's experiments: unseen pitches, sizes, generation; and a pitch sweep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.timbre.evaluation.frames import (
    SteadyFrames,
    error_db,
    train_on,
)

NETWORKS = ("ae", "cae", "cvae")
OCTAVE = range(60, 72)
TARGETS = range(63, 69)  # Paper, section 4.1.
NEIGHBOURS = 3
BETAS = (0.01, 0.1, 1.0)
LATENTS = (2, 8, 32, 64)
TEST_SHARE = 5  # One note of five tests the sweeps.
UNSEEN_EVERY = 6  # Semitones between the pitches that generation leaves out.
OURS = {"hidden": 128, "latent": 8, "beta": 0.01}
STEP_CENTS = 5.0


@dataclass(frozen=True)
class Row:
    """Hold one measured value.

    Attributes:
        experiment: Name of the experiment.
        network: Network or method.
        target: Unseen pitch, or the size that changes; empty if there is none.
        seed: Seed of the training.
        value: Measured value.
    """

    experiment: str
    network: str
    target: str
    seed: int
    value: float


def reconstruction(frames: SteadyFrames, seeds: int, steps: int) -> Iterator[Row]:
    """Yield the error at unseen pitches, trained on neighbours and on the octave's ends.

    Args:
        frames: Steady frames of one instrument.
        seeds: Number of trainings of each network.
        steps: Steps of each training.

    Yields:
        A row for each network, pitch and seed, in dB.
    """
    inside = frames.where(np.isin(frames.pitch, OCTAVE))
    for seed in range(seeds):
        for kind in NETWORKS:
            for target in TARGETS:
                distance = np.abs(inside.pitch - target)
                near = inside.where((distance > 0) & (distance <= NEIGHBOURS))
                yield from _unseen("neighbours", inside, near, [target], kind, seed, steps)
            ends = inside.where(np.isin(inside.pitch, (OCTAVE[0], OCTAVE[-1])))
            middle = list(OCTAVE)[1:-1]
            yield from _unseen("ends", inside, ends, middle, kind, seed, steps)


def _unseen(
    name: str,
    frames: SteadyFrames,
    chosen: SteadyFrames,
    targets: list[int],
    kind: str,
    seed: int,
    steps: int,
) -> Iterator[Row]:
    """Train on the chosen frames, and yield the error at each target."""
    trained = train_on(chosen, kind, seed, steps)
    for target in targets:
        there = frames.where(frames.pitch == target)
        if len(there.pitch):
            error = error_db(trained.rebuilt(there), there.cepstra)
            yield Row(name, kind, str(target), seed, error)


def sweeps(frames: SteadyFrames, seeds: int, steps: int) -> Iterator[Row]:
    """Yield the error on unseen instances for each beta and each latent size (paper, fig. 6).

    Args:
        frames: Steady frames of one instrument.
        seeds: Number of trainings of each network.
        steps: Steps of each training.

    Yields:
        A row for each setting and seed, in dB.
    """
    inside = frames.where(np.isin(frames.pitch, OCTAVE))
    for seed in range(seeds):
        test = inside.note % TEST_SHARE == seed % TEST_SHARE
        known, unseen = inside.where(~test), inside.where(test)
        for beta in BETAS:
            trained = train_on(known, "cvae", seed, steps, beta=beta)
            error = error_db(trained.rebuilt(unseen), unseen.cepstra)
            yield Row("beta", "cvae", f"{beta:g}", seed, error)
        for latent in LATENTS:
            for kind in ("ae", "cvae"):
                trained = train_on(known, kind, seed, steps, latent=latent)
                error = error_db(trained.rebuilt(unseen), unseen.cepstra)
                yield Row("latent", kind, str(latent), seed, error)


def generation(frames: SteadyFrames, seeds: int, steps: int) -> Iterator[Row]:
    """Yield the error of the latent point 0 at unseen pitches, and those of two baselines.

    Args:
        frames: Steady frames of one instrument.
        seeds: Number of trainings of each network.
        steps: Steps of each training.

    Yields:
        A row for each method, pitch and seed, in dB.
    """
    pitches = np.unique(frames.pitch)
    for target in pitches[3:-1:UNSEEN_EVERY]:
        known = frames.where(frames.pitch != target)
        there = frames.where(frames.pitch == target)
        if not np.isin((target - 1, target + 1), pitches).all():
            continue
        between = np.float32(0.5) * (frames.mean_at(target - 1) + frames.mean_at(target + 1))
        for name, envelope in (("mean", known.mean()), ("interpolation", between)):
            error = error_db(envelope[None], there.cepstra)
            yield Row("generation", name, str(target), 0, error)
        for seed in range(seeds):
            for name, sizes in (("paper", {}), ("ours", OURS)):
                trained = train_on(known, "cvae", seed, steps, **sizes)
                made = trained.generated(there.midi, there.level_db)
                yield Row("generation", name, str(target), seed, error_db(made, there.cepstra))


def sweep_of_pitch(frames: SteadyFrames, seeds: int, steps: int) -> Iterator[Row]:
    """Yield the largest change of the envelope in 5 cents, over the range of the notes.

    Args:
        frames: Steady frames of one instrument.
        seeds: Number of trainings of each network.
        steps: Steps of each training.

    Yields:
        A row for each seed, in dB.
    """
    low, high = float(frames.midi.min()), float(frames.midi.max())
    midi = np.arange(low, high, STEP_CENTS / 100)
    level = np.full(len(midi), np.median(frames.level_db))
    for seed in range(seeds):
        for name, sizes in (("paper", {}), ("ours", OURS)):
            made = train_on(frames, "cvae", seed, steps, **sizes).generated(midi, level)
            changes = np.sqrt((np.diff(made, axis=0) ** 2).sum(axis=1))
            yield Row("5 cents", name, "", seed, float(changes.max()))
