"""Make sounds of other kinds for the resynthesis benchmark: one WAV file each, in a folder.

    apt-get install festival festvox-kallpc16k festvox-kdlpc16k festvox-italp16k festvox-itapc16k
    python docs/benchmarks/more_sounds.py .cache/more

    python -m models.evaluation.answer_benchmark --sounds .cache/more --part more --refined 0

The sounds are 20 vowels sung by four voices of festival at E3 and four spoken phrases. Then there
are a vowel with vibrato, one that glides an octave, a hum, and 30 random Vital presets.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from datasets.sampler import sample  # noqa: E402
from datasets.spec import load_spec  # noqa: E402
from renderer.workers.isolation import RenderJob  # noqa: E402
from renderer.workers.pool import RenderPool, whole  # noqa: E402

RATE = 44100
VOICES = {
    "kal_diphone": ("ah", "eh", "ee", "oh", "oo"),
    "ked_diphone": ("ah", "eh", "ee", "oh", "oo"),
    "lp_diphone": ("a", "e", "i", "o", "u"),
    "pc_diphone": ("a", "e", "i", "o", "u"),
}
PHRASES = {
    "kal_diphone": "A bright and slowly opening pad.",
    "ked_diphone": "One two three four.",
    "lp_diphone": "Un suono chiaro e lento.",
    "pc_diphone": "Uno due tre quattro.",
}
SONG = """<?xml version="1.0"?>
<!DOCTYPE SINGING PUBLIC "-//SINGING//DTD SINGING mark up//EN" "Singing.v0_1.dtd" []>
<SINGING BPM="60">
<PITCH FREQ="164.8138"><DURATION SECONDS="2.5">{vowel}</DURATION></PITCH>
</SINGING>
"""
FORMANTS = ((700.0, 110.0, 1.0), (1150.0, 120.0, 0.6), (2600.0, 170.0, 0.25))  # Hz, Hz, amplitude
VITAL_CLIPS, SEED = 30, 4711


def speak(voice: str, text: Path, out: Path, *options: str) -> None:
    """Record a festival voice that speaks or sings a text file.

    Args:
        voice: Name of the voice.
        text: The text file.
        out: WAV file to write.
        options: More options of `text2wave`.
    """
    voiced = ("-eval", f"(voice_{voice})", str(text), "-o", str(out))
    subprocess.run(("text2wave", *options, *voiced), check=True, capture_output=True)


def voices(folder: Path) -> None:
    """Write the sung vowels and the spoken phrases."""
    text = folder / "text.tmp"
    for voice, vowels in VOICES.items():
        for vowel in vowels:
            text.write_text(SONG.format(vowel=vowel), encoding="utf-8")
            speak(voice, text, folder / f"sung-{voice}-{vowel}.wav", "-mode", "singing")
        text.write_text(PHRASES[voice], encoding="latin-1")
        speak(voice, text, folder / f"phrase-{voice}.wav")
    text.unlink()


def vowel(f0_hz: NDArray[np.float64], brightness: float = 1.0) -> NDArray[np.float64]:
    """Synthesise a vowel (n,) of an f0 in Hz at every sample."""
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE
    tone = np.zeros(len(f0_hz))
    for k in range(1, 61):
        hz = k * f0_hz
        gain = sum(a / (1 + ((hz - f) / w) ** 2) for f, w, a in FORMANTS) + 0.02
        tone += np.where(hz < RATE / 2.2, gain * brightness ** (k - 1) * np.sin(k * phase), 0.0)
    edge = np.minimum(1, np.arange(len(tone)) / 2000)
    return np.asarray(0.3 * tone * edge * edge[::-1] / np.abs(tone).max())


def moving() -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield a vibrato, a glide and a hum, with a little noise."""
    t = np.arange(int(2.5 * RATE)) / RATE
    noise = 0.002 * np.random.default_rng(0).standard_normal(len(t))
    yield "vibrato", vowel(220 * 2 ** (0.5 * np.sin(2 * np.pi * 5.5 * t) / 12)) + noise
    yield "glide", vowel(150 * 2 ** (t / t[-1])) + noise
    yield "hum", vowel(130 + 2 * np.sin(2 * np.pi * 0.7 * t), brightness=0.6) + noise


def vital_clips() -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield random Vital presets, played at random notes."""
    spec = load_spec("vital-32")
    draws = [sample(spec, SEED, index) for index in range(2 * VITAL_CLIPS)]
    jobs = [RenderJob(i, d.note, 100, d.unit) for i, d in enumerate(draws)]
    with RenderPool(spec, 2) as pool:
        rendered = [one for one in pool.render(jobs, whole) if one.status == "ok"]
    for one in rendered[:VITAL_CLIPS]:
        assert one.audio is not None
        yield f"vital-{one.job.index:02d}", one.audio.T


def main(folder: Path) -> None:
    """Write all sounds."""
    folder.mkdir(parents=True, exist_ok=True)
    voices(folder)
    for name, audio in (*moving(), *vital_clips()):
        soundfile.write(folder / f"{name}.wav", audio, RATE, subtype="FLOAT")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
