"""Check wavetable frames before they are written."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]


def checked_frames(waves: Float64, most: int) -> Float32:
    """Return frames as float32 with the loudest sample of all at 1.

    Args:
        waves: shape (frames, samples), at least one frame.
        most: frames that the format takes.

    Raises:
        AudioError: no frame, too many frames, silence, or values that are not finite.
    """
    if waves.ndim != 2 or waves.size == 0:
        raise AudioError(f"a wavetable has shape {waves.shape}: give (frames, samples)")
    if len(waves) > most:
        raise AudioError(f"{len(waves)} frames: this format takes at most {most}")
    if not np.isfinite(waves).all():
        raise AudioError("a wavetable frame has NaN or infinite samples")
    peak = float(np.abs(waves).max())
    if peak == 0:
        raise AudioError("the wavetable is silent")
    return np.asarray(waves / peak, np.float32)
