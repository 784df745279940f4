"""Offer a fitted set of one-shots: positions of sounds, and sounds of positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.errors import SpecError
from models.timbre.contract import Axis, LatentPosition, check_position
from models.timbre.harmonic.latent_axes import LatentAxes
from models.timbre.hits import Hit, KnownHit
from models.timbre.one_shot.images.image import HitImage, ImageSettings, clip_of, image_of
from models.timbre.one_shot.images.onset import prepared
from models.timbre.one_shot.network import HitNetwork
from models.timbre.one_shot.training_images import ImageScaling

Float32 = npt.NDArray[np.float32]

NONE = -1  # Number of the class of a sound without one.
LOUD_RANGE = (0.1, 0.9)  # Quantiles of the levels of a class at loudness 0 and 1.
RIDGE = 0.1  # Of the regression from level to position, relative to its variance.


@dataclass(frozen=True)
class KnownHits:
    """Hold the training sounds as positions.

    Attributes:
        names: Name of each sound.
        labels: Number of each class, -1 for none, (N,).
        positions: Positions, (N, D).
        levels_db: Level of each sound, (N,).
    """

    names: tuple[str, ...]
    labels: npt.NDArray[np.int32]
    positions: Float32
    levels_db: Float32


@dataclass(frozen=True)
class OneShotModel:
    """Make one-shots from positions (see ``models.timbre.hits.HitModel``).

    Attributes:
        name: Name of the model.
        classes: Names of the classes.
        image: How sounds become images.
        network: The network.
        scaling: The map from images to the network's units.
        latent: The axes.
        known: The training sounds.
        facts: What the model was made of and measured with, as plain values.
    """

    name: str
    classes: tuple[str, ...]
    image: ImageSettings
    network: HitNetwork
    scaling: ImageScaling
    latent: LatentAxes
    known: KnownHits
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return ``one-shot``."""
        return "one-shot"

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Return the axes, the one with the largest effect first."""
        return self.latent.described()

    @property
    def sample_rate(self) -> int:
        """Return the rate of the sounds in Hz."""
        return self.image.sample_rate

    @property
    def channels(self) -> int:
        """Return 1 for mono sounds, 2 for stereo."""
        return self.image.channels

    def encode(self, samples: npt.NDArray[np.floating], sample_rate: int) -> LatentPosition:
        """Return the position of a sound (see ``HitModel``)."""
        clip = prepared(samples, sample_rate, self.image)
        return LatentPosition.of(self.positions_of([image_of(clip, self.image)])[0])

    @torch.no_grad()
    def positions_of(self, images: Sequence[HitImage]) -> Float32:
        """Return the positions (N, D) of images."""
        mean, _ = self.network.encode(*self.scaling.to_network(images, self.image))
        return self.latent.to_positions(mean.numpy())

    def decode(self, position: LatentPosition, seed: int = 0) -> Hit:
        """Return the sound of a position (see ``HitModel``)."""
        return self.decode_many([position], seed)[0]

    def decode_many(self, positions: Sequence[LatentPosition], seed: int = 0) -> list[Hit]:
        """Return the sounds of positions (see ``HitModel``)."""
        images = self.images_at(positions)
        return [Hit(clip_of(one, self.image, seed), self.sample_rate) for one in images]

    @torch.no_grad()
    def images_at(self, positions: Sequence[LatentPosition]) -> list[HitImage]:
        """Return the images of positions."""
        points = np.stack([check_position(self.axes, position) for position in positions])
        planes, scalars = self.network.decode(torch.from_numpy(self.latent.to_latent(points)))
        return self.scaling.to_images(planes, scalars, self.image)

    def morph(self, a: LatentPosition, b: LatentPosition, share: float) -> LatentPosition:
        """Return the position between two.

        Args:
            a: The position at share 0.
            b: The position at share 1.
            share: Place between them, 0 to 1.

        Returns:
            The position.
        """
        first, second = check_position(self.axes, a), check_position(self.axes, b)
        return LatentPosition.of((1 - share) * first + share * second)

    def class_number(self, label: str) -> int:
        """Return the number of a class.

        Raises:
            SpecError: The class does not exist.
        """
        if label not in self.classes:
            names = ", ".join(self.classes) or "none; fit the sounds with labels"
            raise SpecError(f"class {label!r}: {self.name} has none of that name; use {names}")
        return self.classes.index(label)

    def centre(self, label: str) -> LatentPosition:
        """Return the centre of a class (see ``HitModel``)."""
        return LatentPosition.of(self.members(label).mean(axis=0))

    def members(self, label: str) -> Float32:
        """Return the positions of the training sounds of a class, (n, D)."""
        chosen = self.known.labels == self.class_number(label)
        return np.asarray(self.known.positions[chosen], np.float32)

    def at_loudness(self, label: str, loud: float) -> LatentPosition:
        """Return the position of a class at a loudness (see ``HitModel``).

        The position moves from the centre along the regression on the level of the class's sounds.
        """
        points = self.members(label)
        levels = self.known.levels_db[self.known.labels == self.class_number(label)]
        off = levels - levels.mean()
        slope = (
            off @ (points - points.mean(axis=0)) / (float(np.square(off).sum()) + RIDGE * len(off))
        )
        low, high = np.quantile(off, LOUD_RANGE)
        moved = (low + (high - low) * float(np.clip(loud, 0, 1))) * slope
        return LatentPosition.of(points.mean(axis=0) + moved)

    def random_hits(self, label: str, count: int, seed: int = 0) -> list[LatentPosition]:
        """Return random positions of a class, each between three of its sounds.

        Args:
            label: The class.
            count: Number of positions.
            seed: Seed of the choice.

        Returns:
            The positions.

        Raises:
            SpecError: The class does not exist.
        """
        points, random = self.members(label), np.random.default_rng(seed)
        found = []
        for _ in range(count):
            chosen = points[random.integers(len(points), size=3)]
            found.append(LatentPosition.of(random.dirichlet(np.ones(3)) @ chosen))
        return found

    @torch.no_grad()
    def class_shares(self, position: LatentPosition) -> dict[str, float]:
        """Return how much a position belongs to each class, by the classifier; sum 1."""
        if not self.classes:
            return {}
        point = torch.from_numpy(self.latent.to_latent(check_position(self.axes, position)[None]))
        shares = self.network.classify(point).softmax(dim=1)[0]
        return dict(zip(self.classes, shares.tolist(), strict=True))

    def neighbours(self, position: LatentPosition, count: int) -> list[KnownHit]:
        """Return the training sounds nearest to a position, the nearest first."""
        here = check_position(self.axes, position)
        near = np.square(self.known.positions - here).sum(axis=1)
        rows = np.argsort(near, kind="stable")[:count]
        mine, *others = self.images_at(
            [position, *(LatentPosition.of(self.known.positions[row]) for row in rows)]
        )
        return [
            KnownHit(
                self.known.names[row],
                self.label_of(int(row)),
                LatentPosition.of(self.known.positions[row]),
                float(np.sqrt(np.square(other.planes[0] - mine.planes[0]).mean())),
            )
            for row, other in zip(rows, others, strict=True)
        ]

    def label_of(self, row: int) -> str:
        """Return the class of a training sound by its number; empty for none."""
        number = int(self.known.labels[row])
        return "" if number == NONE else self.classes[number]

    def position_of(self, name: str) -> LatentPosition:
        """Return the position of a training sound by its name, or of a class by its name.

        Raises:
            SpecError: No sound or class has the name, or several sounds have it.
        """
        if name in self.classes:
            return self.centre(name)
        stems = [one.rsplit(".", 1)[0] for one in self.known.names]
        rows = [
            row for row, (full, stem) in enumerate(zip(self.known.names, stems, strict=True))
            if name in (full, stem, full.rsplit("/", 1)[-1], stem.rsplit("/", 1)[-1])
        ]  # fmt: skip
        if len(rows) != 1:
            near = ", ".join(self.known.names[row] for row in rows[:4]) or "none"
            raise SpecError(
                f"{name!r}: {len(rows)} sounds of {self.name} have this name ({near}). Use a name "
                "from patchwright timbre map, a class, or a sound file"
            )
        return LatentPosition.of(self.known.positions[rows[0]])
