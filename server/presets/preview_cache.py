"""Convert rendered presets to WAV files and cache them."""

from __future__ import annotations

import io
from collections import OrderedDict

import numpy as np
import soundfile

from renderer.engines.base import Audio

LOUDEST_DB = -1.0  # dBFS; some presets are much louder, and players may use headphones
REMEMBERED = 32  # clips; 4 s of stereo take 700 kB

Key = tuple[bytes, int]  # bytes of the unit vector or hash of the preset file, and MIDI note


class Previews:
    """Cache the most recent clips."""

    def __init__(self) -> None:
        self._clips: OrderedDict[Key, bytes] = OrderedDict()

    def get(self, key: Key) -> bytes | None:
        """Return a cached clip, or None."""
        if key in self._clips:
            self._clips.move_to_end(key)
        return self._clips.get(key)

    def put(self, key: Key, clip: bytes) -> None:
        """Store a clip; drop the clip that was not requested for the longest time."""
        self._clips[key] = clip
        if len(self._clips) > REMEMBERED:
            self._clips.popitem(last=False)


def wav(audio: Audio, sample_rate: int) -> bytes:
    """Return audio (channels, n) as a 16-bit WAV file, with peaks lowered to LOUDEST_DB."""
    peak, loudest = float(np.abs(audio).max()), 10 ** (LOUDEST_DB / 20)
    gain = np.float32(min(1.0, loudest / peak)) if peak > 0 else np.float32(1)
    file = io.BytesIO()
    soundfile.write(file, audio.T * gain, sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()
