"""Store rendered presets with compact features, and find exact nearest neighbours.

Each log-mel is computed **at the clip's own note**, with band edges that move with the note
(``FeatureSettings.reference_note``). The target and a preset can have different pitches. They are
compared as if both were played at the reference note.

The image is projected on its principal components and stored as 8-bit numbers. Distances are
Euclidean in that space (dB, root mean square per mel cell).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy
import torch

from datasets.errors import CheckpointError, reason
from datasets.spec import FloatArray
from models.data.feature_cache import Clips
from models.estimator.weights import DAMAGE

COMPONENTS = 192
FITTED_ON = 6000  # The components are computed from about this many clips.
SPARE = 64  # Extra neighbours that are measured exactly beyond the requested ones.


@dataclass(frozen=True)
class Library:
    """Hold presets and their compact features in memory."""

    unit: npt.NDArray[np.uint16]  # (N, P) 65535 = 1.
    note: npt.NDArray[np.int16]  # (N,) MIDI note of the render.
    index: npt.NDArray[np.int64]  # (N,) Index of the clip in its dataset.
    code: npt.NDArray[np.int8]  # (N, K) Principal components / scale.
    scale: FloatArray  # (K,) dB per step of the code.
    centre: npt.NDArray[np.float16]  # (bands * frames,) Mean image, dB.
    basis: npt.NDArray[np.float16]  # (K, bands * frames) Orthonormal rows.

    def __len__(self) -> int:
        return len(self.unit)

    @cached_property
    def _decoded(self) -> FloatArray:
        """Return the codes in dB (N, K), unpacked once because every search reads all of them."""
        return np.asarray(self.code * self.scale, np.float32)

    @cached_property
    def _squares(self) -> FloatArray:
        """Return the squared length (N,) of each preset's features."""
        return np.asarray(np.square(self._decoded).sum(1), np.float32)

    @cached_property
    def _projection(self) -> tuple[FloatArray, FloatArray]:
        """Return basis and centre in single precision."""
        return self.basis.astype(np.float32), self.centre.astype(np.float32)

    @property
    def cells(self) -> int:
        """Return the number of cells of a log-mel: bands times frames."""
        return int(self.basis.shape[1])

    def units(self, rows: npt.NDArray[np.int64]) -> FloatArray:
        """Return the unit vectors (len(rows), P) of some presets."""
        return self.unit[rows].astype(np.float32) / np.float32(65535)

    def project(self, mel: FloatArray) -> FloatArray:
        """Return the library features (..., K) in dB of log-mels (..., bands, frames)."""
        basis, centre = self._projection
        flat = mel.reshape(*mel.shape[:-2], -1).astype(np.float32)
        return np.asarray((flat - centre) @ basis.T, np.float32)

    def features(self, rows: npt.NDArray[np.int64]) -> FloatArray:
        """Return the features (len(rows), K) of some presets."""
        return self._decoded[rows]

    def neighbours(self, mel: FloatArray, count: int) -> tuple[npt.NDArray[np.int64], FloatArray]:
        """Return rows and distances of the presets nearest to a log-mel (bands, frames), sorted.

        Distances are root mean squares over mel cells, in dB. The search is exact.
        """
        return self.nearest(self.project(mel), count)

    def nearest(self, target: FloatArray, count: int) -> tuple[npt.NDArray[np.int64], FloatArray]:
        """Return rows and distances of the presets nearest to features (K,) in dB, sorted."""
        # Expanding |a - b|^2 needs no copy of the library, but loses some last digits.
        # Therefore the nearest presets are measured again.
        rough = self._squares - 2 * (self._decoded @ target)
        count = min(count, len(self))
        rows = np.sort(np.argpartition(rough, min(count + SPARE, len(self)) - 1)[: count + SPARE])
        squares = np.square(self._decoded[rows] - target).sum(1)
        nearest = np.argsort(squares, kind="stable")[:count]
        return rows[nearest].astype(np.int64), np.sqrt(squares[nearest] / self.cells)

    def to_bytes(self) -> bytes:
        """Return the library as safetensors."""
        data: bytes = safetensors.numpy.save({name: getattr(self, name) for name in _FIELDS})
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> Library:
        """Load a library from the bytes of `to_bytes`.

        Raises:
            CheckpointError: The bytes are damaged.
        """
        try:
            arrays = safetensors.numpy.load(data)
            library = cls(**{name: arrays[name] for name in _FIELDS})
        except (*DAMAGE, safetensors.SafetensorError) as error:
            raise CheckpointError(
                f"library.safetensors is damaged ({reason(error)}): train the model again"
            ) from error
        library._check()
        return library

    def _check(self) -> None:
        """Raise CheckpointError if the arrays do not fit each other."""
        count, components, cells = len(self.note), len(self.scale), len(self.centre)
        shapes = {
            "unit": (count, *self.unit.shape[1:2]),
            "note": (count,),
            "index": (count,),
            "code": (count, components),
            "scale": (components,),
            "centre": (cells,),
            "basis": (components, cells),
        }
        for name, (kind, dimensions) in _FIELDS.items():
            array = getattr(self, name)
            if array.dtype != kind or array.ndim != dimensions or array.shape != shapes[name]:
                raise CheckpointError(
                    f"library.safetensors is damaged: {name} has the shape {array.shape} and the "
                    f"type {array.dtype}. Train the model again"
                )


# Type and number of dimensions of each array.
_FIELDS = {
    "unit": (np.uint16, 2),
    "note": (np.int16, 1),
    "index": (np.int64, 1),
    "code": (np.int8, 2),
    "scale": (np.float32, 1),
    "centre": (np.float16, 1),
    "basis": (np.float16, 2),
}


def build_library(clips: Clips) -> Library:
    """Build a library of all clips, whose features must be pitch-normalised."""
    step = max(1, len(clips) // FITTED_ON)
    flat = clips.mel.reshape(len(clips), -1)
    some = flat[::step].astype(np.float32)
    centre = some.mean(0)
    basis = _principal(some - centre, min(COMPONENTS, *some.shape)).astype(np.float16)
    turned = basis.T.astype(np.float32)
    projected = np.concatenate(
        [
            (flat[i : i + 1000].astype(np.float32) - centre.astype(np.float16)) @ turned
            for i in range(0, len(flat), 1000)
        ]
    )
    scale = np.maximum(np.abs(projected).max(0) / 127, 1e-6).astype(np.float32)
    return Library(
        unit=np.round(clips.unit * 65535).astype(np.uint16),
        note=clips.note,
        index=clips.index,
        code=np.round(projected / scale).astype(np.int8),
        scale=scale,
        centre=centre.astype(np.float16),
        basis=basis,
    )


def _principal(centred: FloatArray, components: int) -> FloatArray:
    """Return orthonormal rows (components, cells) of largest variance, the same at every call."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, _, columns = torch.pca_lowrank(
            torch.from_numpy(centred), q=components, center=False, niter=4
        )
    return np.ascontiguousarray(columns.T.numpy(), np.float32)
