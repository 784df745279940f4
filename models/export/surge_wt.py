"""Write a `.wt` file: a wavetable for Surge XT and Bitwig."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError
from models.export.frames import checked_frames

Float64 = npt.NDArray[np.float64]

SIZES = tuple(2**power for power in range(1, 13))  # 2 to 4096 samples in a frame
MOST_FRAMES = 512
FLOAT32 = 0  # flags: no sample, no loop, 32-bit float


def surge_wt(waves: Float64) -> bytes:
    """Return the content of a `.wt` file with 32-bit float samples.

    The layout: `vawt`, samples in a frame (uint32), frames (uint16), flags (uint16), the samples.
    All numbers are little-endian.

    Args:
        waves: Samples, shape (K, samples), K from 1 to 512; samples is a power of two, 2 to 4096.

    Returns:
        The bytes of the file.

    Raises:
        AudioError: The format cannot hold the frames.
    """
    if waves.ndim == 2 and waves.shape[1] not in SIZES:
        raise AudioError(f"frames have {waves.shape[1]} samples: give a power of two up to 4096")
    frames = checked_frames(waves, MOST_FRAMES)
    header = struct.pack("<4sIHH", b"vawt", frames.shape[1], len(frames), FLOAT32)
    return header + frames.astype("<f4").tobytes()
