"""Run the experiments: each yields rows with a value for one seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.timbre.contract import LatentPosition
from models.timbre.corpus.note import Report
from models.timbre.one_shot.denoise import denoise
from models.timbre.one_shot.evaluation.digits import RATE, spoken_digits
from models.timbre.one_shot.evaluation.measures import (
    centre_distances,
    is_monotone,
    log_mel_errors,
    nearest_accuracy,
    snr_db,
)
from models.timbre.one_shot.fit import HitCorpus, OneShotSettings, fit_corpus, prepare_corpus
from models.timbre.one_shot.images.image import HitImage, ImageSettings, image_of
from models.timbre.one_shot.images.onset import prepared
from models.timbre.one_shot.model import NONE, OneShotModel
from models.timbre.one_shot.raw.network import KINDS, RawVaeConfig
from models.timbre.one_shot.raw.signals import NAMES, clean_signals, noisy_signals
from models.timbre.one_shot.raw.training import RawTrainingConfig, decoded, encoded, train_raw
from models.timbre.one_shot.sources.corpus import RawHit, read_hits
from models.timbre.one_shot.sources.drum_words import drum_class
from models.timbre.one_shot.training import HitTrainingConfig

Float32 = npt.NDArray[np.float32]
Clips = tuple[Float32, npt.NDArray[np.int64]]

EACH, EACH_TEST = 30, 10  # Recordings of each digit for training and test.
NOISES = (0.05, 0.2)  # Largest value of the noise, relative to the peak (paper, section 4.2.1).
PAIRS, MORPH_STEPS = 30, 5
MEASURED = 40  # Held-out drums whose sound is measured.
WITH, WITHOUT = "images, classifier", "images, no classifier"


@dataclass(frozen=True)
class HitRow:
    """Hold one measured value.

    Attributes:
        experiment: Name of the experiment.
        model: What was measured.
        measure: The measure.
        seed: Seed of the training.
        value: The value.
    """

    experiment: str
    model: str
    measure: str
    seed: int
    value: float


def digits(seed: int, steps: int) -> Iterator[HitRow]:
    """Yield rows of spoken digits: accuracy and centre distance, with and without classifier."""
    train, test = spoken_digits(EACH, 1000), spoken_digits(EACH_TEST, 2000)
    names = tuple(f"{value}-{n}.wav" for n, value in enumerate(train[1]))
    corpus = HitCorpus(
        names,
        tuple(clip[None] for clip in train[0]),
        tuple(map(str, train[1])),
        ImageSettings(RATE, longest_s=0.512, warp=1.0, fixed=True),
        "eSpeak NG",
        "names",
    )
    for name, weight in ((WITH, 20.0), (WITHOUT, 0.0)):
        settings = OneShotSettings(
            latent=20, layers=3, classifier=weight, training=HitTrainingConfig(steps, seed=seed)
        )
        model = fit_corpus(corpus, settings, "digits")
        images = [image_of(clip[None], corpus.image) for clip in test[0]]
        points = model.positions_of(images)
        accuracy = nearest_accuracy(model.known.positions, train[1], points, test[1])
        yield HitRow("digits", name, "1-NN accuracy", seed, accuracy)
        if weight:
            centres = [points[test[1] == value].mean(axis=0) for value in range(10)]
            made = model.decode_many([LatentPosition.of(point) for point in centres])
            sounds = np.stack([hit.samples[0] for hit in made])
            yield from _digit_sounds("digits", name, seed, test, sounds)
            rebuilt = model.decode_many([LatentPosition.of(point) for point in points])
            yield from _errors(
                "digits", name, seed, list(test[0]), [hit.samples[0] for hit in rebuilt], RATE
            )


def raw_digits(seed: int, steps: int) -> Iterator[HitRow]:
    """Yield rows of spoken digits for the paper's networks, at a small part of their size."""
    train, test = spoken_digits(EACH, 1000), spoken_digits(EACH_TEST, 2000)
    peak = np.abs(train[0]).max()
    for kind in KINDS:
        sizes = RawVaeConfig(kind, width=0.125, layers=10)
        config = RawTrainingConfig(steps, 10, seed=seed)
        network = train_raw(train[0] / peak, train[1], sizes, config)
        known, points = encoded(network, train[0] / peak), encoded(network, test[0] / peak)
        name = f"raw, {kind}"
        accuracy = nearest_accuracy(known, train[1], points, test[1])
        yield HitRow("digits", name, "1-NN accuracy", seed, accuracy)
        centres = np.stack([points[test[1] == value].mean(axis=0) for value in range(10)])
        yield from _digit_sounds("digits", name, seed, test, decoded(network, centres) * peak)
        rebuilt = decoded(network, points) * peak
        yield from _errors("digits", name, seed, list(test[0]), list(rebuilt), RATE)


def _digit_sounds(
    experiment: str, name: str, seed: int, test: Clips, centres: Float32
) -> Iterator[HitRow]:
    """Yield the mean centre distance over the digits (paper, table 5.5)."""
    found = [
        value
        for digit in range(10)
        for value in centre_distances([*test[0][test[1] == digit]], centres[digit], RATE)
    ]
    yield HitRow(experiment, name, "centre distance", seed, float(np.mean(found)))


def _errors(
    experiment: str, name: str, seed: int, targets: list[Float32], made: list[Float32], rate: int
) -> Iterator[HitRow]:
    """Yield the log-mel error of sounds and of silence in dB."""
    pairs = [log_mel_errors(a, b, rate) for a, b in zip(targets, made, strict=True)]
    error, silence = np.mean(pairs, axis=0).tolist()
    yield HitRow(experiment, name, "log-mel error, dB", seed, error)
    yield HitRow(experiment, name, "log-mel error of silence, dB", seed, silence)


@dataclass(frozen=True)
class DrumKits:
    """Hold drums to learn and other drums to test, analysed once for all seeds.

    Attributes:
        corpus: The drums to learn.
        images: Their images.
        names: Name of each other drum.
        clips: The other drums.
        others: Their images.
    """

    corpus: HitCorpus
    images: list[HitImage]
    names: tuple[str, ...]
    clips: list[Float32]
    others: list[HitImage]


@lru_cache(maxsize=1)
def read_kits(train: Path, test: Path) -> DrumKits:
    """Return the drums of two folders of kits; a drum that is in both is only learned."""
    report = Report()
    known = read_hits(train, report)
    corpus = prepare_corpus(known, OneShotSettings(labels="words", channels=1), report)
    others = [hit for hit in read_hits(test, report) if not _is_among(hit, known)]
    clips = [prepared(hit.samples, hit.sample_rate, corpus.image) for hit in others]
    return DrumKits(
        corpus,
        [image_of(clip, corpus.image) for clip in corpus.clips],
        tuple(hit.name for hit in others),
        clips,
        [image_of(clip, corpus.image) for clip in clips],
    )


def drums(seed: int, steps: int, train: Path, test: Path) -> Iterator[HitRow]:
    """Yield rows of drums: accuracy, error, denoising and morphs on kits that were not learned.

    Args:
        seed: Seed of the trainings.
        steps: Steps of each training.
        train: Folder of the kits to learn.
        test: Folder of other kits.

    Yields:
        The rows.
    """
    kits = read_kits(train, test)
    for name, weight in ((WITH, 20.0), (WITHOUT, 0.0)):
        settings = OneShotSettings(classifier=weight, training=HitTrainingConfig(steps, seed=seed))
        model = fit_corpus(kits.corpus, settings, "drums", images=kits.images)
        points = model.positions_of(kits.others)
        wanted = np.array([_number(model, one) for one in kits.names])
        accuracy = nearest_accuracy(model.known.positions, model.known.labels, points, wanted)
        yield HitRow("drums", name, "1-NN accuracy", seed, accuracy)
        if weight:
            yield HitRow("drums", name, "held-out sounds", seed, float((wanted >= 0).sum()))
            yield from _drum_sounds(model, seed, kits.clips, points)


def _is_among(hit: RawHit, known: list[RawHit]) -> bool:
    """Return whether a hit is in another kit too: some kits share their samples."""
    return any(
        hit.samples.shape == one.samples.shape and np.allclose(hit.samples, one.samples, atol=1e-3)
        for one in known
    )


def _number(model: OneShotModel, name: str) -> int:
    label = drum_class(Path(name).stem)
    return model.classes.index(label) if label in model.classes else NONE


def _drum_sounds(
    model: OneShotModel,
    seed: int,
    clips: list[Float32],
    points: Float32,
) -> Iterator[HitRow]:
    """Yield the measures of decoded drums."""
    rate, random = model.sample_rate, np.random.default_rng(seed)
    rows = random.permutation(len(clips))[:MEASURED]
    made = model.decode_many([LatentPosition.of(points[row]) for row in rows])
    targets = [clips[row].mean(axis=0) for row in rows]
    yield from _errors(
        "drums", WITH, seed, targets, [hit.samples.mean(axis=0) for hit in made], rate
    )
    own = random.permutation(len(model.known.names))[:MEASURED]
    for noise in NOISES:
        gains = [_denoising_gain(model, clips[row], noise, random) for row in rows]
        better = float(np.mean([gain > 0 for gain in gains]))
        yield HitRow(
            "drums", WITH, f"SNR gain at {noise:.0%} noise, dB", seed, float(np.mean(gains))
        )
        yield HitRow("drums", WITH, f"better SNR at {noise:.0%} noise", seed, better)
    places = model.known.positions
    pairs = [(a, b) for a, b in zip(own, np.roll(own, 1), strict=True) if a != b][:PAIRS]
    monotone = [is_monotone(_morph(model, places[a], places[b]), rate) for a, b in pairs]
    yield HitRow("drums", WITH, "monotone morphs", seed, float(np.mean(monotone)))


def _denoising_gain(
    model: OneShotModel, clip: Float32, noise: float, random: np.random.Generator
) -> float:
    """Return by how much denoising raises the SNR of a hit with uniform noise, in dB."""
    added = random.uniform(-noise, noise, clip.shape) * np.abs(clip).max()
    noisy = (clip + added).astype(np.float32)
    found = denoise(model, noisy, model.sample_rate)
    return snr_db(clip, found) - snr_db(clip, noisy)


def _morph(model: OneShotModel, a: Float32, b: Float32) -> list[Float32]:
    line = [
        LatentPosition.of((1 - share) * a + share * b)
        for share in np.linspace(0, 1, MORPH_STEPS).tolist()
    ]
    return [hit.samples.mean(axis=0) for hit in model.decode_many(line)]


def signals(seed: int, steps: int) -> Iterator[HitRow]:
    """Yield the SNR of class centres of the paper's simple signals, for the paper's networks."""
    clean = clean_signals()
    for noise in NOISES:
        clips, kinds = noisy_signals(600, noise, seed)
        given = np.mean([snr_db(clean[kind], clips[kinds == kind][0]) for kind in range(3)])
        for name in KINDS:
            sizes = RawVaeConfig(name, 512, 0, latent=2, width=0.125, layers=6)
            config = RawTrainingConfig(steps, 16, 2e-3, seed=seed)
            network = train_raw(clips, None, sizes, config)
            points = encoded(network, clips)
            centres = np.stack([points[kinds == kind].mean(axis=0) for kind in range(3)])
            made = decoded(network, centres)
            found = np.mean([snr_db(clean[kind], made[kind]) for kind in range(len(NAMES))])
            measure = f"SNR gain at {noise:.0%} noise, dB"
            yield HitRow("signals", f"raw, {name}", measure, seed, float(found - given))
