"""Write WAV files of 32-bit float or 24-bit samples, with chunks that libsndfile cannot add."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

PCM, IEEE_FLOAT = 1, 3  # WAVE_FORMAT_PCM, WAVE_FORMAT_IEEE_FLOAT
FULL_24 = 2**23 - 1
FORWARD_LOOP = 0

Chunk = tuple[bytes, bytes]  # name of four bytes, content


def float_wav(
    samples: npt.NDArray[np.float32], sample_rate: int, chunks: Sequence[Chunk] = ()
) -> bytes:
    """Return a mono WAV file with 32-bit float samples.

    Args:
        samples: Samples, (n,).
        sample_rate: Hz.
        chunks: Further chunks, before the samples.

    Returns:
        The content of the file.
    """
    fact = (b"fact", struct.pack("<I", len(samples)))
    return _wav(IEEE_FLOAT, 4, sample_rate, samples.astype("<f4").tobytes(), [fact, *chunks])


def pcm24_wav(
    samples: npt.NDArray[np.floating], sample_rate: int, chunks: Sequence[Chunk] = ()
) -> bytes:
    """Return a WAV file with 24-bit samples; values outside -1..1 become -1 or 1.

    Args:
        samples: Samples, (n,) or (channels, n).
        sample_rate: Hz.
        chunks: Further chunks, before the samples.

    Returns:
        The content of the file.
    """
    frames = np.atleast_2d(samples).T
    whole = np.ascontiguousarray(np.round(np.clip(frames, -1, 1) * FULL_24).astype("<i4"))
    content = whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return _wav(PCM, 3, sample_rate, content, chunks, frames.shape[1])


def loop_chunk(note: int, sample_rate: int, start: int, end: int) -> Chunk:
    """Return the chunk `smpl`: root key and one forward loop.

    Args:
        note: MIDI note that plays the sample at its own pitch.
        sample_rate: Hz.
        start: First sample of the loop.
        end: Last sample of the loop.

    Returns:
        Name and content.
    """
    period_ns = round(1e9 / sample_rate)
    head = struct.pack("<9I", 0, 0, period_ns, note, 0, 0, 0, 1, 0)
    return b"smpl", head + struct.pack("<6I", 0, FORWARD_LOOP, start, end, 0, 0)


def _wav(
    kind: int, width: int, rate: int, content: bytes, chunks: Sequence[Chunk], channels: int = 1
) -> bytes:
    """Return a WAV file."""
    frame = width * channels
    layout = struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, 8 * width)
    layout += struct.pack("<H", 0) if kind == IEEE_FLOAT else b""
    every = [(b"fmt ", layout), *chunks, (b"data", content)]
    return _chunk(b"RIFF", b"WAVE" + b"".join(_chunk(*chunk) for chunk in every))


def _chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
