"""Encode a clip for the store: FLAC at full scale, with levels and hash of the original audio."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import numpy as np
import soundfile

from datasets.errors import StoreError, reason
from datasets.spec import FloatArray

# FLAC's level 1 of 8: 2 % larger than the default, 40 % less work, and the same decoded audio.
COMPRESSION = 0.125
FULL_SCALE = 32768  # readers divide 16-bit samples by this


def audio_columns(audio: FloatArray, sample_rate: int, name: str) -> dict[str, Any]:
    """Return the audio columns of a clip.

    The clip is stored as 16-bit FLAC, normalised to its peak. So loud clips do not clip, and quiet
    clips keep their resolution. ``gain_db`` is the gain added.

    Args:
        audio: The clip in float32, shape (channels, samples).
        sample_rate: Samples per second.
        name: Name of the encoded file, without its ending.

    Returns:
        The columns; ``audio_sha256`` is the hash of the float32 samples before encoding.
    """
    peak = max(float(audio.max()), -float(audio.min()))
    gain = 0.999 / peak if peak > 0 else 1.0
    encoded = io.BytesIO()
    soundfile.write(
        encoded,
        _pcm(audio, gain),
        sample_rate,
        format="FLAC",
        subtype="PCM_16",
        compression_level=COMPRESSION,
    )
    rms = float(np.sqrt(np.mean([np.vdot(samples, samples) for samples in audio]) / audio.shape[1]))
    return {
        "audio": {"bytes": encoded.getvalue(), "path": f"{name}.flac"},
        "audio_sha256": hash_of(audio),
        "gain_db": float(20 * np.log10(gain)),
        "rms_db": round(float(20 * np.log10(max(rms, 1e-10))), 3),
    }


def hash_of(audio: FloatArray) -> str:
    """Return the SHA-256 of the samples of a clip, in C order."""
    return hashlib.sha256(np.ascontiguousarray(audio).data).hexdigest()


def _pcm(audio: FloatArray, gain: float) -> Any:  # noqa: ANN401  int16 array (samples, channels)
    """Return the clip as interleaved 16-bit samples, twice as fast as libsndfile."""
    interleaved = np.empty(audio.shape[::-1], np.int16)
    scaled = np.empty(audio.shape[1], np.float32)
    for channel, samples in enumerate(audio):
        np.multiply(samples, np.float32(gain * FULL_SCALE), out=scaled)
        interleaved[:, channel] = np.rint(scaled, out=scaled)
    return interleaved


def decode(encoded: bytes | None) -> FloatArray:
    """Return the audio (channels, samples) of an encoded clip; empty if it has none.

    Raises:
        StoreError: The clip is damaged.
    """
    if encoded is None:
        return np.zeros((1, 0), np.float32)
    try:
        audio, _ = soundfile.read(io.BytesIO(encoded), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, ValueError, MemoryError) as error:
        raise StoreError(f"a clip is damaged ({reason(error)}): render its part again") from error
    return np.ascontiguousarray(audio.T)
