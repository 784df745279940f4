"""Make spoken digits of one voice with eSpeak NG: words, speed, pitch and volume vary."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import soxr

from datasets.errors import AudioError
from models.timbre.one_shot.sources.corpus import read_hit

Float32 = npt.NDArray[np.float32]

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
RATE, LENGTH = 8000, 4096  # As in the paper: half a second.
PROGRAM = "espeak-ng"


def spoken_digits(each: int, seed: int) -> tuple[Float32, npt.NDArray[np.int64]]:
    """Return digits of one voice, and their values.

    Args:
        each: Recordings of each digit.
        seed: Seed of speed, pitch and volume.

    Returns:
        Clips at 8 kHz, (10 * each, 4096), padded with silence, and values.

    Raises:
        AudioError: eSpeak NG is missing.
    """
    if shutil.which(PROGRAM) is None:
        raise AudioError(f"{PROGRAM}: not found. Install it to make spoken digits")
    random, clips = np.random.default_rng(seed), []
    values = np.repeat(np.arange(10), each)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "digit.wav"
        for value in values.tolist():
            speed, pitch, volume = random.integers((190, 30, 60), (271, 71, 141)).tolist()
            subprocess.run(
                [PROGRAM, "-v", "en-us", "-s", str(speed), "-p", str(pitch), "-a", str(volume),
                 "-w", str(path), WORDS[value]],
                check=True,
            )  # fmt: skip
            clips.append(_clip(path))
    return np.stack(clips), values


def _clip(path: Path) -> Float32:
    """Return a file at 8 kHz from the start of the word, cut or padded to the length."""
    hit = read_hit(path)
    word = soxr.resample(hit.samples.mean(axis=0), hit.sample_rate, RATE, quality="HQ")
    start = int(np.argmax(np.abs(word) > 0.02 * np.abs(word).max()))
    word = word[start : start + LENGTH]
    return np.pad(word, (0, LENGTH - len(word))).astype(np.float32)
