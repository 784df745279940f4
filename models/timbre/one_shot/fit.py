"""Fit a one-shot model to the hits of a folder: images, labels, network, axes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from datasets.errors import AudioError
from models.timbre.corpus.note import Report
from models.timbre.harmonic.latent_axes import find_axes
from models.timbre.one_shot.files import save_hits
from models.timbre.one_shot.images.image import HitImage, ImageSettings, image_of
from models.timbre.one_shot.images.onset import prepared
from models.timbre.one_shot.model import NONE, KnownHits, OneShotModel
from models.timbre.one_shot.network import HitNetworkConfig
from models.timbre.one_shot.sources.corpus import RawHit, is_stereo, read_hits, usual_rate
from models.timbre.one_shot.sources.labels import GROUPS, label_sounds
from models.timbre.one_shot.training import HitTrainingConfig, train_hits
from models.timbre.one_shot.training_images import ImageScaling, ImageVariations

Float32 = npt.NDArray[np.float32]
Show = Callable[[str], None]

LONGEST_S = 6.0  # Longest sound by default.
# The first step of an image is about 4 ms: an attack keeps its shape.
LEAST_WARP, WARP_PER_S = 3.0, 15.0


@dataclass(frozen=True)
class OneShotSettings:
    """Set how a one-shot model is fitted.

    Attributes:
        labels: Where classes come from (``models.timbre.one_shot.sources.labels.WAYS``).
        groups: Number of groups of similar sounds, if nothing names the classes.
        length_s: One length for all sounds in seconds; 0 keeps the length of each.
        channels: 1 for mono, 2 for stereo, 0 for what the files have.
        latent: Dimensions of the latent space.
        hidden: Neurons of the hidden layers.
        layers: Dense layers of the classifier.
        beta: Weight of the KL divergence.
        classifier: Weight of the classifier; 0 trains without it.
        training: The schedule.
    """

    labels: str = "auto"
    groups: int = GROUPS
    length_s: float = 0.0
    channels: int = 0
    latent: int = 16
    hidden: int = 256
    layers: int = 1
    beta: float = 1.0
    classifier: float = 20.0
    training: HitTrainingConfig = field(default_factory=HitTrainingConfig)


@dataclass(frozen=True)
class HitCorpus:
    """Hold prepared hits.

    Attributes:
        names: Name of each sound.
        clips: Audio of each, (channels, n).
        labels: Class of each, empty for none.
        image: Settings of their images.
        source: What they were made of.
        way: How the labels were found.
    """

    names: tuple[str, ...]
    clips: tuple[Float32, ...]
    labels: tuple[str, ...]
    image: ImageSettings
    source: str
    way: str


def fit_one_shot(
    folder: Path,
    out: Path,
    settings: OneShotSettings | None = None,
    name: str = "",
    show: Show = lambda line: None,
) -> tuple[OneShotModel, Report]:
    """Fit a model and save it; an interrupted fit continues.

    Args:
        folder: Folder of the sounds.
        out: Folder of the model; its subfolder ``training`` holds what resuming needs.
        settings: The settings.
        name: Name of the model; by default the name of the folder ``out``.
        show: Receives lines of progress.

    Returns:
        The model, and what was used and skipped.

    Raises:
        AudioError: The folder has fewer than two usable sounds.
        CheckpointError: ``out`` holds a training with other settings or sounds.
    """
    settings, report = settings or OneShotSettings(), Report()
    hits = read_hits(folder, report, show)
    corpus = prepare_corpus(hits, settings, report, folder)
    report.remarks.append(f"labels from {corpus.way}: {len(set(corpus.labels) - {''})} classes")
    model = fit_corpus(corpus, settings, name or out.name, out / "training", show)
    model = replace(model, facts={**model.facts, "skipped": len(report.skipped)})
    save_hits(model, out)
    return model, report


def prepare_corpus(
    hits: Sequence[RawHit], settings: OneShotSettings, report: Report, folder: Path | None = None
) -> HitCorpus:
    """Return the hits at one rate, from onset to end, with labels.

    Args:
        hits: The hits.
        settings: The settings.
        report: What was used and skipped, is extended.
        folder: Folder of the hits, for its table of labels.

    Returns:
        The corpus.

    Raises:
        AudioError: Fewer than two hits are usable.
    """
    longest = max(hit.samples.shape[1] / hit.sample_rate for hit in hits)
    image = ImageSettings(
        sample_rate=usual_rate(hits),
        channels=settings.channels or (2 if is_stereo(hits) else 1),
        longest_s=settings.length_s or max(0.05, min(LONGEST_S, longest)),
        fixed=settings.length_s > 0,
    )
    names, clips = [], []
    for hit in hits:
        try:
            clips.append(prepared(hit.samples, hit.sample_rate, image))
        except AudioError as error:
            report.skipped[hit.name] = str(error)
            continue
        names.append(hit.name)
    if len(names) < 2:
        raise AudioError(f"only {len(names)} of {len(hits)} sounds are usable: give two or more")
    report.used += names
    if not image.fixed:
        longest = max(clip.shape[1] for clip in clips) / image.sample_rate
        image = replace(image, longest_s=max(0.05, longest))
    image = replace(image, warp=max(LEAST_WARP, WARP_PER_S * image.longest_s))
    labels, way = label_sounds(
        names, clips, image.sample_rate, folder, settings.labels, settings.groups
    )
    source = "sounds in memory" if folder is None else f"folder {folder.name}"
    return HitCorpus(tuple(names), tuple(clips), tuple(labels), image, source, way)


def fit_corpus(
    corpus: HitCorpus,
    settings: OneShotSettings,
    name: str,
    state: Path | None = None,
    show: Show = lambda line: None,
    images: Sequence[HitImage] | None = None,
) -> OneShotModel:
    """Train a network on a corpus, and return its model.

    Args:
        corpus: The prepared sounds.
        settings: The settings.
        name: Name of the model.
        state: Folder for resuming; None keeps nothing on disk.
        show: Receives lines of progress.
        images: Images of the sounds, if they are known.

    Returns:
        The model.

    Raises:
        CheckpointError: ``state`` holds a training with other settings or sounds.
    """
    images = images or [image_of(clip, corpus.image) for clip in corpus.clips]
    show(f"{len(images)} images")
    classes = tuple(sorted(set(corpus.labels) - {""}))
    labels = np.array([classes.index(one) if one else NONE for one in corpus.labels], np.int32)
    scaling = ImageScaling.of(images, corpus.image)
    data = (*scaling.to_network(images, corpus.image), torch.from_numpy(labels).long())
    sizes = HitNetworkConfig(
        *corpus.image.shape, len(classes), settings.latent, settings.hidden, settings.layers,
        settings.beta, settings.classifier,
    )  # fmt: skip
    network, history = train_hits(
        data,
        sizes,
        settings.training,
        ImageVariations(scaling, corpus.image),
        state,
        {"image": asdict(corpus.image), "sounds": _identity(corpus)},
        lambda done, of, error: show(f"step {done} of {of}: error {error:.2f} dB"),
    )
    network.half().float()  # As it is stored: a loaded model gives the same sounds.
    facts = {
        "source": corpus.source,
        "labels": corpus.way,
        "settings": asdict(settings),
        "seconds": round(sum(c.shape[1] for c in corpus.clips) / corpus.image.sample_rate, 1),
        "trained_error_db": round(history[-1]["loss"], 2),
    }
    with torch.no_grad():
        latent = network.encode(data[0], data[1])[0].numpy()

        def effect(points: Float32) -> Float32:
            planes = network.decode(torch.from_numpy(points))[0]
            return np.asarray(planes[:, 0].flatten(1).numpy(), np.float32)

        axes = find_axes(latent, effect)
    levels = np.array([image.level_db for image in images], np.float32)
    known = KnownHits(corpus.names, labels, axes.to_positions(latent), levels)
    return OneShotModel(name, classes, corpus.image, network, scaling, axes, known, facts)


def _identity(corpus: HitCorpus) -> str:
    """Return a hash of the sounds and their labels."""
    digest = hashlib.sha256()
    for name, label, clip in zip(corpus.names, corpus.labels, corpus.clips, strict=True):
        digest.update(f"{name}\0{label}\0".encode() + clip.tobytes())
    return digest.hexdigest()[:16]
