"""Write a WAV file that Serum and compatible synthesizers load as a wavetable.

The frames follow each other in one mono file. A chunk `clm ` marks them. libsndfile cannot add
it, so ``models.export.riff`` writes the file.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError
from models.export.frames import FRAME_SIZE, checked_frames
from models.export.riff import float_wav

Float64 = npt.NDArray[np.float64]

MOST_FRAMES = 256
SAMPLE_RATE = 44100  # Hz; a WAV file needs one, but a wavetable has none
CROSSFADE = "10000000"  # the first flag: linear cross-fade between frames


def serum_wav(name: str, waves: Float64) -> bytes:
    """Return the content of a WAV file with 32-bit float samples and a `clm ` chunk.

    Args:
        name: Name of the maker, which some synthesizers show; ASCII.
        waves: Frames of 2048 samples, shape (K, 2048), K from 1 to 256.

    Returns:
        The bytes of the file.

    Raises:
        AudioError: The format cannot hold the frames.
    """
    if waves.ndim == 2 and waves.shape[1] != FRAME_SIZE:
        raise AudioError(f"frames have {waves.shape[1]} samples: Serum takes {FRAME_SIZE}")
    samples = checked_frames(waves, MOST_FRAMES).ravel()
    label = name.encode("ascii", "replace").decode()
    marker = f"<!>{FRAME_SIZE} {CROSSFADE} wavetable ({label})"
    return float_wav(samples, SAMPLE_RATE, [(b"clm ", marker.encode())])
