"""Measure how often a match finds the note of a voice: vowels sung at known notes, and speech.

    apt-get install festival festvox-kallpc16k festvox-kdlpc16k festvox-italp16k festvox-itapc16k
    python docs/benchmarks/sung.py [OUT.json]

Festival's diphone voices are recordings of four people, resynthesised at exactly the requested
pitch (`<PITCH FREQ>` of its singing mode). Each sings five vowels at every third note from MIDI 40
to 64, held for 2.5 s. The script measures the note as a match does. Right means within 50 cents,
octave included.

Speech has no known note. The script compares with the median of librosa's pYIN.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import librosa
import numpy as np
import soundfile
from pitch import verdict

from datasets.spec import load_spec
from models.matching.sound_target import load_target

VOICES = {
    "kal_diphone": ("ah", "eh", "ee", "oh", "oo"),
    "ked_diphone": ("ah", "eh", "ee", "oh", "oo"),
    "lp_diphone": ("a", "e", "i", "o", "u"),
    "pc_diphone": ("a", "e", "i", "o", "u"),
}
NOTES = range(40, 65, 3)  # mostly men's voices; festival crashes above 440 Hz
HELD_S = 2.5
SENTENCES = {
    "kal_diphone": ("A bright and slowly opening pad.", "Make it darker.", "One two three four."),
    "ked_diphone": ("A bright and slowly opening pad.", "Make it darker.", "One two three four."),
    "lp_diphone": ("Un suono chiaro e lento.", "Fallo più scuro.", "Uno due tre quattro."),
    "pc_diphone": ("Un suono chiaro e lento.", "Fallo più scuro.", "Uno due tre quattro."),
}
SONG = """<?xml version="1.0"?>
<!DOCTYPE SINGING PUBLIC "-//SINGING//DTD SINGING mark up//EN" "Singing.v0_1.dtd" []>
<SINGING BPM="60">
<PITCH FREQ="{hz:.4f}"><DURATION SECONDS="{held}">{vowel}</DURATION></PITCH>
</SINGING>
"""  # each element on a separate line: festival crashes otherwise
SPEC = load_spec("amsynth-34")


def speak(voice: str, text: Path, out: Path, *options: str) -> Path:
    """Record a festival voice that speaks or sings a text file.

    Args:
        voice: Name of the voice.
        text: The text file.
        out: WAV file to write.
        options: More options of `text2wave`.

    Returns:
        The WAV file.
    """
    voiced = ("-eval", f"(voice_{voice})", str(text), "-o", str(out))
    subprocess.run(("text2wave", *options, *voiced), check=True, capture_output=True)
    return out


def detected_note(path: Path) -> float | None:
    """Return the MIDI note that a match finds, with fractions, or None for no clear pitch."""
    f0 = load_target(path, SPEC).f0_hz
    return None if f0 is None else float(librosa.hz_to_midi(f0))


def sung(folder: Path) -> Iterator[tuple[str, str, int, float | None]]:
    """Yield voice, vowel, sung note and detected note."""
    for voice, vowels in VOICES.items():
        for vowel in vowels:
            for note in NOTES:
                hz = 440 * 2 ** ((note - 69) / 12)
                song = folder / "song.xml"
                song.write_text(SONG.format(hz=hz, held=HELD_S, vowel=vowel), encoding="utf-8")
                path = speak(voice, song, folder / "song.wav", "-mode", "singing")
                yield voice, vowel, note, detected_note(path)


def spoken(folder: Path) -> Iterator[tuple[str, str, float | None, float]]:
    """Yield voice, sentence, detected note, and pYIN's median note over the same 2 s."""
    for voice, sentences in SENTENCES.items():
        for sentence in sentences:
            text = folder / "text.txt"
            text.write_text(sentence, encoding="latin-1")
            path = speak(voice, text, folder / "text.wav")
            samples, rate = soundfile.read(path, dtype="float32")
            f0, _, _ = librosa.pyin(samples[: 2 * rate], fmin=50, fmax=600, sr=rate)
            yield voice, sentence, detected_note(path), float(librosa.hz_to_midi(np.nanmedian(f0)))


def main() -> None:
    """Print the tables of sung notes and of speech."""
    with tempfile.TemporaryDirectory() as folder:
        songs, speeches = list(sung(Path(folder))), list(spoken(Path(folder)))
    counts = Counter(verdict(found, note) for *_, note, found in songs)
    print(f"sung: {len(songs)}, right {counts['right'] / len(songs):.3f}", dict(counts))
    for voice in VOICES:
        print(voice, dict(Counter(verdict(f, n) for v, _, n, f in songs if v == voice)))
    for note in NOTES:
        print(note, dict(Counter(verdict(f, n) for *_, n, f in songs if n == note)))
    offs = [abs(found - median) for *_, found, median in speeches if found is not None]
    clear = f"{len(offs)} of {len(speeches)} have a clear pitch"
    print(
        f"spoken: {clear}, median {np.median(offs):.2f} semitones from pYIN's, most {max(offs):.2f}"
    )
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps([songs, speeches]), encoding="utf-8")


main()
