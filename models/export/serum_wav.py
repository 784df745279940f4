"""Write a WAV file that Serum and compatible synthesizers load as a wavetable.

The frames follow each other in one mono file. A chunk `clm ` marks them. libsndfile cannot add
it, so this module writes the RIFF chunks itself.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError
from models.export.frames import checked_frames

Float64 = npt.NDArray[np.float64]

FRAME_SIZE = 2048  # samples
MOST_FRAMES = 256
SAMPLE_RATE = 44100  # Hz; a WAV file needs one, but a wavetable has none
IEEE_FLOAT = 3  # WAVE_FORMAT_IEEE_FLOAT
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
    samples = checked_frames(waves, MOST_FRAMES).astype("<f4").ravel()
    label = name.encode("ascii", "replace").decode()
    marker = f"<!>{FRAME_SIZE} {CROSSFADE} wavetable ({label})"
    byte_rate = SAMPLE_RATE * 4
    layout = struct.pack("<HHIIHHH", IEEE_FLOAT, 1, SAMPLE_RATE, byte_rate, 4, 32, 0)
    chunks = (
        _chunk(b"fmt ", layout)
        + _chunk(b"fact", struct.pack("<I", len(samples)))
        + _chunk(b"clm ", marker.encode())
        + _chunk(b"data", samples.tobytes())
    )
    return _chunk(b"RIFF", b"WAVE" + chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    """Return a RIFF chunk, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
