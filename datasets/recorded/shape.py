"""Cut raw audio to a clip: from its onset, with fixed length and level, in 24 bits."""

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
FADE_S = 0.05  # Length of the fade where a sound is cut.
FRAME_S, ONSET_DB, BACK_S = 0.01, -30.0, 0.005  # A match finds the onset of its target like this.
LOWEST_HZ = 20.0  # Some sounds were recorded or looped with an offset of a tenth of full scale.
FULL_SCALE = 1 << 23  # Of 24 bits: float32 holds every step exactly.


def shape(audio: FloatArray) -> FloatArray:
    """Return audio (n,) at RATE as a clip (LENGTH_S * RATE,) that starts with its onset.

    The clip has no offset. It is cut or zero-padded, faded out at its end, and its peak is PEAK. It
    is rounded to 24 bits, so the file holds exactly these samples.
    """
    filtered: Wave = sosfilt(
        butter(2, LOWEST_HZ, "highpass", fs=RATE, output="sos"), audio.astype(np.float64)
    )
    clip = np.zeros(round(LENGTH_S * RATE), np.float64)
    sound = filtered[_onset(filtered) :][: len(clip)]
    clip[: len(sound)] = sound
    fade = min(round(FADE_S * RATE), len(sound))
    clip[len(sound) - fade : len(sound)] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(fade) / fade)
    steps = np.rint(clip * (PEAK * FULL_SCALE / np.abs(clip).max()))
    return np.asarray(steps / FULL_SCALE, np.float32) + np.float32(0)  # a file cannot store -0


def wav_bytes(clip: FloatArray) -> bytes:
    """Return a clip as a 24-bit WAV file, because a float WAV would contain the time of writing."""
    encoded = io.BytesIO()
    # Integers, because libsndfile scales floats by one step less than full scale.
    steps: npt.NDArray[np.int32] = (clip.astype(np.float64) * (1 << 31)).astype(np.int32)
    soundfile.write(encoded, steps, RATE, format="WAV", subtype="PCM_24")
    return encoded.getvalue()


def _onset(audio: Wave) -> int:
    """Return the onset: the sample BACK_S before the level first reaches ONSET_DB of its peak."""
    frame = round(FRAME_S * RATE)
    power = np.cumsum(np.concatenate([np.zeros(frame), np.square(audio)]))
    level = power[frame:] - power[:-frame]
    first = int(np.argmax(level >= level.max() * 10 ** (ONSET_DB / 10)))
    return max(0, first - round(BACK_S * RATE))
