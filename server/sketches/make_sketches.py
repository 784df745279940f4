"""Make the bundled sketches: ``python -m server.sketches.make_sketches [FOLDER]``.

Each function returns int16 samples at RATE. The plucked string and the sweep are always the same
to the bit. The vowel is too, with the version of espeak-ng that README.md names. Without espeak-ng
the vowel is skipped.
"""

from __future__ import annotations

import io
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Wave = npt.NDArray[np.float64]
Pcm = npt.NDArray[np.int16]

RATE = 22050  # Hz
PEAK = 0.7  # -3 dBFS
# Phoneme input: an open vowel, spoken slowly and high.
ESPEAK = ("espeak-ng", "-v", "en-us", "-p", "85", "-s", "80", "--stdout", "[[A::]]")
VOWEL_PERIOD = 157  # samples at RATE: about one period of this voice (140 Hz)
VOWEL_FROM_S = 0.25  # the vowel is steady from here on


def plucked_string() -> Pcm:
    """Synthesise E3 (note 52), 2.5 s: a noise burst in a damped delay line.

    The method is that of Karplus and Strong (1983). An allpass of one sample tunes the delay line
    between samples (Jaffe and Smith 1983).
    """
    loop = RATE / _hertz(52) - 0.5  # the averaging filter is half a sample long
    length = int(loop - 0.1)
    tuning = (1 - (loop - length)) / (1 + (loop - length))
    # numpy promises that only the raw bits of PCG64 never change.
    noise = np.random.PCG64(7).random_raw(length).astype(np.float64) / 2.0**63 - 1
    line = list(np.convolve(noise, np.ones(4) / 4, mode="same"))  # softer: a finger, not a pick
    samples, before, passed = [], 0.0, 0.0
    for i in range(int(2.5 * RATE)):
        damped = 0.997 * 0.5 * (line[i] + before)
        before = line[i]
        # Allpass: y[n] = c x[n] + x[n-1] - c y[n-1]; ``passed`` holds x[n-1] - c y[n-1].
        tuned = tuning * damped + passed
        passed = damped - tuning * tuned
        line.append(tuned)
        samples.append(before)
    return _finish(np.array(samples), attack_s=0.001, release_s=0.2)


def filtered_sweep() -> Pcm:
    """Synthesise A2 (note 45), 2 s: a saw through a resonant low-pass that opens and closes."""
    time = np.arange(2 * RATE) / RATE
    hertz = _hertz(45)
    saw = np.zeros_like(time)
    for k in range(1, int(0.45 * RATE / hertz) + 1):  # harmonics below Nyquist: no aliasing
        saw += np.sin(2 * np.pi * k * hertz * time) / k
    opened = np.sin(np.pi * time / 2) ** 2  # 0 at both ends, 1 at 1 s
    return _finish(_low_pass(saw, 180.0 * 24.0**opened, 5.0), attack_s=0.01, release_s=0.15)


def sung_vowel() -> Pcm:
    """Synthesise C3 (note 48), 2.2 s: the periods of a spoken vowel on one note, with vibrato.

    The periods of the spoken vowel become a wavetable. It is read at a steady pitch, forwards and
    backwards through the periods, which sustains the vowel for any time.

    Raises:
        RuntimeError: espeak-ng speaks at another sample rate.
    """
    spoken, rate = soundfile.read(io.BytesIO(subprocess.check_output(ESPEAK)))
    if rate != RATE:
        raise RuntimeError(f"espeak-ng speaks at {rate} Hz, not {RATE} Hz: use another version")
    table = _periods(spoken[int(VOWEL_FROM_S * RATE) :], count=40, size=256)
    time = np.arange(int(2.2 * RATE)) / RATE
    depth = 0.25 * np.clip((time - 0.4) / 0.6, 0, 1)  # semitones; the vibrato starts late
    hertz = _hertz(48) * 2 ** (depth * np.sin(2 * np.pi * 5.2 * time) / 12)
    cycles = np.cumsum(hertz) / RATE
    swing = 19.5 * (1 - np.cos(2 * np.pi * 0.45 * time))  # from row 0 to 39 and back
    return _finish(_read_table(table, cycles, swing), attack_s=0.09, release_s=0.35)


def _hertz(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _low_pass(samples: Wave, cutoff: Wave, resonance: float) -> Wave:
    """Apply a two-pole state-variable filter (trapezoidal; Zavalishin 2012, section 4)."""
    out, band, low = [], 0.0, 0.0
    for x, hertz in zip(samples.tolist(), cutoff.tolist(), strict=True):
        g = math.tan(math.pi * hertz / RATE)
        high = (x - (1 / resonance + g) * band - low) / (1 + g / resonance + g * g)
        middle = g * high + band
        band = g * high + middle
        bottom = g * middle + low
        low = g * middle + bottom
        out.append(bottom)
    return np.array(out)


def _periods(samples: Wave, count: int, size: int) -> Wave:
    """Return successive periods of a voice, each stretched to ``size`` points: (count, size)."""
    start = int(np.argmax(np.abs(samples[: 2 * VOWEL_PERIOD])))
    rows = []
    for _ in range(count):
        length = _period_at(samples, start)
        at = start + length * np.arange(size) / size
        rows.append(np.interp(at, np.arange(len(samples)), samples))
        start += length
    return np.array(rows)


def _period_at(samples: Wave, start: int) -> int:
    """Return the lag near VOWEL_PERIOD at which the next two periods resemble these most."""
    here = samples[start : start + 2 * VOWEL_PERIOD]
    lags = range(int(0.85 * VOWEL_PERIOD), int(1.15 * VOWEL_PERIOD))
    later = [samples[start + lag : start + lag + len(here)] for lag in lags]
    similarity = [float(here @ there) / math.sqrt(float(there @ there)) for there in later]
    return lags[int(np.argmax(similarity))]


def _read_table(table: Wave, cycles: Wave, row: Wave) -> Wave:
    """Read a (rows, size) table at a phase in cycles and a fractional row; interpolate linearly."""
    count, size = table.shape
    place = (cycles % 1) * size
    left, across = place.astype(int) % size, place % 1
    top = np.minimum(row.astype(int), count - 2)
    down = np.clip(row - top, 0, 1)
    upper = table[top, left] * (1 - across) + table[top, (left + 1) % size] * across
    lower = table[top + 1, left] * (1 - across) + table[top + 1, (left + 1) % size] * across
    return np.asarray(upper * (1 - down) + lower * down)


def _finish(samples: Wave, attack_s: float, release_s: float) -> Pcm:
    """Fade in and out (half cosines), set the peak and round to 16 bits."""
    samples = samples - samples.mean()
    for seconds, part in ((attack_s, samples), (release_s, samples[::-1])):
        count = int(seconds * RATE)
        part[:count] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)
    scaled = samples * (PEAK * 32767 / np.abs(samples).max())
    return np.asarray(np.rint(scaled), np.int16)


SYNTHESISED: dict[str, Callable[[], Pcm]] = {
    "plucked_string": plucked_string,
    "filtered_sweep": filtered_sweep,
}


def main(folder: Path) -> None:
    """Write the sketches that this machine can make into a folder, as FLAC files."""
    sketches = dict(SYNTHESISED)
    if shutil.which(ESPEAK[0]):
        sketches["sung_vowel"] = sung_vowel
    for name, make in sketches.items():
        path = folder / f"{name}.flac"
        soundfile.write(path, make(), RATE, subtype="PCM_16")
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
