"""Write one wavetable in every format: for Vital, Serum and Surge."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.export.serum_wav import MOST_FRAMES, serum_wav
from models.export.surge_wt import surge_wt
from models.export.vital_table import vital_table

Float64 = npt.NDArray[np.float64]


def wavetable_files(name: str, waves: Float64) -> dict[str, bytes]:
    """Return a wavetable in all formats, content by file name.

    Args:
        name: Name of the files and of the wavetable.
        waves: Frames of 2048 samples, shape (K, 2048), K from 1 to 257. Serum takes the first 256.

    Returns:
        `NAME.vitaltable`, `NAME.wav` (Serum) and `NAME.wt` (Surge).

    Raises:
        AudioError: A format cannot hold the frames.
    """
    return {
        f"{name}.vitaltable": vital_table(name, waves),
        f"{name}.wav": serum_wav(name, waves[:MOST_FRAMES]),
        f"{name}.wt": surge_wt(waves),
    }
