"""Render a preset as a WAV file, and keep the result for the next request."""

from __future__ import annotations

import io
from collections import OrderedDict

import numpy as np
import soundfile

from renderer.engines.base import Audio

LOUDEST_DB = -1.0  # dBFS: a preset may be far louder, and ears are on headphones
REMEMBERED = 32  # clips: 4 s of stereo are 700 kB

Key = tuple[bytes, int]  # unit vector or hash of a file, and MIDI note


class Previews:
    """The clips that were asked for last."""

    def __init__(self) -> None:
        self._clips: OrderedDict[Key, bytes] = OrderedDict()

    def get(self, key: Key) -> bytes | None:
        """A clip that is remembered still."""
        if key in self._clips:
            self._clips.move_to_end(key)
        return self._clips.get(key)

    def put(self, key: Key, clip: bytes) -> None:
        """Remember a clip, and forget the one that nobody has asked for for longest."""
        self._clips[key] = clip
        if len(self._clips) > REMEMBERED:
            self._clips.popitem(last=False)


def wav(audio: Audio, sample_rate: int) -> bytes:
    """Audio (channels, n) as 16-bit WAV, turned down where a peak is above LOUDEST_DB."""
    peak, loudest = float(np.abs(audio).max()), 10 ** (LOUDEST_DB / 20)
    gain = np.float32(min(1.0, loudest / peak)) if peak > 0 else np.float32(1)
    file = io.BytesIO()
    soundfile.write(file, audio.T * gain, sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()
