"""Cut raw audio to a clip: from its onset, of fixed length and level, in 24 bits."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import butter, sosfilt

from datasets.recorded.play import RATE
from datasets.spec import FloatArray

Wave = npt.NDArray[np.float64]

LENGTH_S = 4.0
PEAK = 0.891  # -1 dBFS
FADE_S = 0.05  # where a sound is cut
FRAME_S, ONSET_DB, BACK_S = 0.01, -30.0, 0.005  # as a match finds the onset of its target
LOWEST_HZ = 20.0  # some were recorded, or looped, with an offset: a tenth of full scale
FULL_SCALE = 1 << 23  # of 24 bits: float32 holds every step


def shape(audio: FloatArray) -> FloatArray:
    """Audio (n,) at RATE as a clip (LENGTH_S * RATE,) that begins with its onset.

    Without its offset, cut or zero-padded, faded out at its end, its peak at PEAK, rounded to 24
    bits, so that the file holds exactly these samples.
    """
    heard: Wave = sosfilt(
        butter(2, LOWEST_HZ, "highpass", fs=RATE, output="sos"), audio.astype(np.float64)
    )
    clip = np.zeros(round(LENGTH_S * RATE), np.float64)
    sound = heard[_onset(heard) :][: len(clip)]
    clip[: len(sound)] = sound
    fade = min(round(FADE_S * RATE), len(sound))
    clip[len(sound) - fade : len(sound)] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(fade) / fade)
    steps = np.rint(clip * (PEAK * FULL_SCALE / np.abs(clip).max()))
    return np.asarray(steps / FULL_SCALE, np.float32) + np.float32(0)  # a file knows no -0


def wav_bytes(clip: FloatArray) -> bytes:
    """A clip as a WAV file of 24 bits: a float one would carry the time of writing."""
    encoded = io.BytesIO()
    # Integers, since libsndfile scales floats by one step less than full scale.
    steps: npt.NDArray[np.int32] = (clip.astype(np.float64) * (1 << 31)).astype(np.int32)
    soundfile.write(encoded, steps, RATE, format="WAV", subtype="PCM_24")
    return encoded.getvalue()


def _onset(audio: Wave) -> int:
    """BACK_S before a level meter of FRAME_S first reads ONSET_DB under the loudest it reads."""
    frame = round(FRAME_S * RATE)
    power = np.cumsum(np.concatenate([np.zeros(frame), np.square(audio)]))
    level = power[frame:] - power[:-frame]
    first = int(np.argmax(level >= level.max() * 10 ** (ONSET_DB / 10)))
    return max(0, first - round(BACK_S * RATE))
