"""Hold the images of a corpus for a network, scaled, and vary them in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.timbre.one_shot.images.image import HitImage, ImageSettings

Float32 = npt.NDArray[np.float32]

UNIT_DB = 40.0  # This many dB are 1 for the network.
MOST_SHIFT = 2  # Bands by which a sound moves in training.
MOST_STRETCH = 0.12  # Part by which a sound is slower or faster in training.
NOISE_DB = (-60.0, -8.0)  # Level of noise in training, relative to the loudest cell.
TEXTURES = 64  # Different noises.


@dataclass(frozen=True)
class ImageScaling:
    """Map images and their scalars to the units of a network, and back.

    Attributes:
        mean: Mean image of the corpus, (planes, bands, steps), in units.
        scalars: Mean and scale of log2(length) and of the level, (2, 2).
    """

    mean: Float32
    scalars: Float32

    @classmethod
    def of(cls, images: Sequence[HitImage], settings: ImageSettings) -> ImageScaling:
        """Return the scaling of a corpus."""
        planes = np.mean([_units(image.planes, settings) for image in images], axis=0)
        numbers = np.array([_numbers(image) for image in images])
        scale = np.maximum(numbers.std(axis=0), 0.05)
        mean = planes.astype(np.float16).astype(np.float32)  # as it is stored
        return cls(mean, np.stack([numbers.mean(axis=0), scale]).astype(np.float32))

    def to_network(
        self, images: Sequence[HitImage], settings: ImageSettings
    ) -> tuple[Tensor, Tensor]:
        """Return the images (N, planes, bands, steps) and scalars (N, 2) in units."""
        planes = np.stack([_units(image.planes, settings) for image in images]) - self.mean
        numbers = np.array([_numbers(image) for image in images], np.float32)
        scaled = (numbers - self.scalars[0]) / self.scalars[1]
        return torch.from_numpy(planes.astype(np.float32)), torch.from_numpy(scaled)

    def to_images(self, planes: Tensor, scalars: Tensor, settings: ImageSettings) -> list[HitImage]:
        """Return the images of a network's outputs, within the range of images.

        Args:
            planes: Images in units, (N, planes, bands, steps).
            scalars: Length and level in units, (N, 2).
            settings: The settings of the images.

        Returns:
            The images.
        """
        found = planes.numpy() + self.mean
        floor = settings.floor_db
        levels = np.clip((found * UNIT_DB) + floor / 2, floor, 6.0)
        levels[:, 1] = np.clip(found[:, 1] + 0.5, 0.0, 1.0)
        numbers = np.clip(scalars.numpy(), -4, 4) * self.scalars[1] + self.scalars[0]
        if settings.fixed:
            numbers[:, 0] = np.log2(settings.longest_s)
        return [
            HitImage(levels[n], float(min(2.0**length, settings.longest_s)), float(level))
            for n, (length, level) in enumerate(numbers)
        ]


def _units(planes: Float32, settings: ImageSettings) -> Float32:
    units = (planes - settings.floor_db / 2) / UNIT_DB
    units[1] = planes[1] - 0.5
    return np.asarray(units, np.float32)


def _numbers(image: HitImage) -> tuple[float, float]:
    return float(np.log2(max(image.length_s, 1e-3))), image.level_db


class ImageVariations:
    """Change images in training: higher, lower, slower, faster, and with noise.

    Args:
        scaling: The scaling of the images.
        settings: The settings of the images.
    """

    def __init__(self, scaling: ImageScaling, settings: ImageSettings) -> None:
        self._mean = torch.from_numpy(scaling.mean)
        self._floor = settings.floor_db
        shape = (TEXTURES, settings.bands, settings.steps)
        # Power of white noise in cells of about two independent values.
        draws = np.random.default_rng(0).gamma(2.0, 0.5, shape).astype(np.float32)
        self._textures = torch.from_numpy(draws)

    def moved(
        self, images: Tensor, scalars: Tensor, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Return the images at another pitch and speed, each by its own amount.

        Args:
            images: Images in units, (N, planes, bands, steps).
            scalars: Length and level in units, (N, 2).
            random: Draws the amounts.

        Returns:
            Images and scalars.
        """
        whole = images + self._mean
        shifts = torch.randint(-MOST_SHIFT, MOST_SHIFT + 1, (len(whole),), generator=random)
        rows = torch.arange(whole.shape[2]).repeat(len(whole), 1) - shifts[:, None]
        index = rows.clamp(0, whole.shape[2] - 1)[:, None, :, None].expand_as(whole)
        whole = whole.gather(2, index)
        speed = 1 + MOST_STRETCH * (2 * torch.rand(len(whole), 1, generator=random) - 1)
        place = (torch.arange(whole.shape[3]) * speed).clamp(max=whole.shape[3] - 1.001)
        low = place.long()
        share = (place - low)[:, None, None, :]
        at = low[:, None, None, :].expand_as(whole)
        whole = whole.gather(3, at) * (1 - share) + whole.gather(3, at + 1) * share
        return whole - self._mean, scalars

    def noisy(self, images: Tensor, random: torch.Generator) -> Tensor:
        """Return the images with white noise in the first half, up to the end of each sound."""
        count = len(images) // 2
        whole = images[:count] + self._mean
        level = whole[:, 0] * UNIT_DB + self._floor / 2
        sounding = (level > self._floor + 0.5).any(dim=1, keepdim=True)
        last = sounding.flip(2).cummax(dim=2).values.flip(2)
        low, high = NOISE_DB
        noise_db = low + (high - low) * torch.rand(count, 1, 1, generator=random)
        texture = self._textures[torch.randint(len(self._textures), (count,), generator=random)]
        noise = 10 ** (noise_db / 10) * texture * last
        power = 10 ** (level / 10)
        summed = (10 * (power + noise).log10()).clamp(self._floor, 6.0)
        whole[:, 0] = (summed - self._floor / 2) / UNIT_DB
        whole[:, 1] = (whole[:, 1] + 0.5) * power / (power + noise) - 0.5
        return torch.cat([whole - self._mean, images[count:]])
