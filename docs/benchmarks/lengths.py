"""Compare matches at a sound's own length with matches of 2 s plus 1 s.

    python docs/benchmarks/lengths.py sounds
    python docs/benchmarks/lengths.py parameters
    python docs/benchmarks/lengths.py resynthesis
    python docs/benchmarks/lengths.py table

The first command makes ten sounds of each length. Up to 3 s they are cut from the recorded sounds
(``make sounds``) and faded. The longer ones are six notes of FluidR3 and four random Vital patches,
held for 80 % of their length. The other commands match each sound twice: as a note of the spec
(2 s held, 3 s in all), and at its own hold and length. Both answers are played with the sound's own
hold and length, and J is computed over the whole sound. A run that was interrupted continues.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from datasets.errors import PatchwrightError  # noqa: E402
from datasets.recorded.play import FLUIDSYNTH, RATE  # noqa: E402
from datasets.sampler import sample  # noqa: E402
from datasets.spec import FloatArray  # noqa: E402
from models.audio.distance import TargetDistance  # noqa: E402
from models.audio.note.trained_form import TrainedForm  # noqa: E402
from models.checkpoint import load_checkpoint  # noqa: E402
from models.matching.matcher import Matcher  # noqa: E402
from models.matching.objective import play_preset  # noqa: E402
from models.matching.options import PARAMETERS, MatchOptions  # noqa: E402
from models.matching.resynthesis_answer import resynthesis_answer  # noqa: E402
from models.matching.sound_target import SoundTarget, load_target  # noqa: E402
from renderer.workers.isolation import RenderJob  # noqa: E402
from renderer.workers.pool import RenderPool, whole  # noqa: E402

RECORDED, SOUNDS = Path(".cache/sounds"), Path(".cache/lengths")
OUT = HERE / "lengths.json"
SHORT, LONG, EACH, SEED = (0.1, 0.3, 1.0, 3.0), (8.0, 30.0), 10, 21
FONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
PROGRAMS = (0, 19, 24, 40, 48, 52, 56, 73, 89, 95, 11, 71)
PATIENT_S = 600.0  # time limit of a search, long enough for its 16 renders
Row = dict[str, Any]


def make_sounds() -> None:
    """Make ten sounds of each length."""
    random = np.random.default_rng(SEED)
    rows = json.loads((RECORDED / "sounds.json").read_text())["sounds"]
    for length_s in SHORT:
        for number, row in enumerate(random.choice(len(rows), EACH, replace=False)):
            path = RECORDED / rows[row]["file"]
            audio, _ = soundfile.read(path, round(length_s * RATE), dtype="float32")
            _save(length_s, f"{number}-{path.stem}", audio, min(0.05, 0.2 * length_s))
    with RenderPool(load_checkpoint("vital-32").spec, 2) as pool:
        for length_s in LONG:
            for number, program in enumerate(random.choice(PROGRAMS, 6, replace=False)):
                audio = _soundfont(int(program), int(random.integers(43, 72)), length_s)
                _save(length_s, f"{number}-gm{program}", audio, 0.05)
            _random_patches(pool, length_s)


def _random_patches(pool: RenderPool, length_s: float) -> None:
    """Render the first four random Vital patches that sound while the key is held."""
    spec, number, index = load_checkpoint("vital-32").spec, 6, 0
    while number < EACH:
        draw = sample(spec, 1000 + int(length_s), index)
        hold_s = 0.8 * length_s
        job = RenderJob(0, draw.note, 100, draw.unit, hold_s=hold_s, length_s=length_s)
        (rendered,) = pool.render([job], whole)
        index += 1
        if rendered.audio is None:
            continue
        audio = rendered.audio.mean(0)
        if np.sqrt(np.square(audio[RATE : round(0.6 * length_s * RATE)]).mean()) > 1e-3:
            _save(length_s, f"{number}-vital{index - 1}", audio, 0.05)
            number += 1


def _save(length_s: float, name: str, audio: FloatArray, fade_s: float) -> None:
    folder, fade = SOUNDS / f"{length_s:g}", round(fade_s * RATE)
    folder.mkdir(parents=True, exist_ok=True)
    audio[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(fade) / fade)
    audio = (audio / np.abs(audio).max() * 0.8).astype(np.float32)
    soundfile.write(folder / f"{name}.wav", audio, RATE, subtype="FLOAT")


def _soundfont(program: int, note: int, length_s: float) -> FloatArray:
    """Return a note of a soundfont that is held for 80 % of the length, (n,)."""
    with tempfile.TemporaryDirectory() as folder:
        song, raw = Path(folder, "note.mid"), Path(folder, "note.raw")
        song.write_bytes(_midi(program, note, 0.8 * length_s, 0.2 * length_s + 0.5))
        command = (*FLUIDSYNTH, f"--fast-render={raw}", FONT, str(song))
        subprocess.run(command, check=True, capture_output=True)
        frames = np.fromfile(raw, "<f4").reshape(-1, 2)
    return np.asarray(frames.mean(axis=1)[: round(length_s * RATE)])


def _midi(program: int, note: int, hold_s: float, ring_s: float) -> bytes:
    events = (
        (0, bytes([0xC0, program])),
        (0, bytes([0x90, note, 100])),
        (round(1000 * hold_s), bytes([0x80, note, 0])),
        (round(1000 * ring_s), b"\xff\x2f\x00"),
    )
    track = b"".join(_variable(wait) + event for wait, event in events)
    header = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, 500)
    return header + struct.pack(">4sI", b"MTrk", len(track)) + track


def _variable(number: int) -> bytes:
    """Return a number in the variable length of MIDI files, seven bits in each byte."""
    found = [number & 0x7F]
    while number := number >> 7:
        found.insert(0, number & 0x7F | 0x80)
    return bytes(found)


def measure(method: str, lengths: list[str]) -> None:
    """Match every sound that is not measured yet; the file is written after each."""
    with Matcher(load_checkpoint("vital-32"), 1) as matcher:
        matcher.pool.ready()
        for number in range(EACH):
            for length in lengths:
                (path,) = (SOUNDS / length).glob(f"{number}-*.wav")
                document = json.loads(OUT.read_text()) if OUT.is_file() else {}
                rows = document.setdefault(method, {})
                name = f"{length}/{path.stem}"
                if name not in rows:
                    rows[name] = _row(matcher, path, method)
                    OUT.write_text(json.dumps(document, indent=1) + "\n")
                    print(name, rows[name], flush=True)


def _row(matcher: Matcher, path: Path, method: str) -> Row:
    """Match a sound in both ways; J is None where a match fails."""
    spec = matcher.checkpoint.spec
    # A random patch may move its pitch like a phrase; a given start makes it one note.
    start_s = 0.0 if "vital" in path.stem else None
    own = load_target(path, spec, start_s, own_length=True)
    form, distance = own.form(spec), TargetDistance(own.audio, own.sample_rate)
    assert form is not None
    row: Row = {"hold_s": form.hold_s, "length_s": form.length_s}
    for arm, target in (("spec_note", load_target(path, spec)), ("own_length", own)):
        started = time.perf_counter()
        try:
            preset, hold_s, renders = _answer(matcher, target, method)
        except PatchwrightError as error:
            row[arm] = {"j": None, "error": str(error)}
            continue
        seconds = time.perf_counter() - started
        holds = {form.hold_s, hold_s} if method != PARAMETERS else {form.hold_s}
        j = min(
            distance.distance(play_preset(matcher.pool, spec, preset, own.note, 1, one)[0]).j
            for one in (TrainedForm(hold, form.length_s, spec.note.hold_s) for hold in holds)
        )
        row[arm] = {"j": j, "seconds": round(seconds, 2), "renders": renders}
    return row


def _answer(matcher: Matcher, target: SoundTarget, method: str) -> tuple[bytes, float, int]:
    """Return the preset of a quick match, its hold in seconds, and its number of renders."""
    options = MatchOptions("quick", limit_s=PATIENT_S, method=method)
    if method == PARAMETERS:
        result = matcher.answer(target, options, "length")
        return result.preset, result.chosen.hold_s, int(result.document["renders"])
    spec = matcher.checkpoint.spec
    found = resynthesis_answer(matcher.pool, spec, target, options, "length")
    return found.answer.preset, found.answer.hold_s, found.renders


def table() -> None:
    """Print the medians of each method and length as Markdown."""
    document = json.loads(OUT.read_text())
    print("| method | length | sounds | median J before | after | median ratio | nearer | time |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for method, rows in document.items():
        for length in (*SHORT, *LONG):
            found = [row for name, row in rows.items() if name.startswith(f"{length:g}/")]
            both = [(r["spec_note"], r["own_length"]) for r in found]
            both = [pair for pair in both if None not in (pair[0]["j"], pair[1]["j"])]
            if both:
                print(_line(method, length, both))


def _line(method: str, length: float, both: list[tuple[Row, Row]]) -> str:
    old, new = (np.array([pair[i]["j"] for pair in both]) for i in (0, 1))
    seconds = [float(np.median([pair[i]["seconds"] for pair in both])) for i in (0, 1)]
    return (
        f"| {method} | {length:g} s | {len(both)} | {np.median(old):.2f} | {np.median(new):.2f} | "
        f"{np.median(new / old):.2f} | {int((new < old).sum())} | "
        f"{seconds[0]:.0f} / {seconds[1]:.0f} s |"
    )


if __name__ == "__main__":
    wanted = sys.argv[1]
    if wanted == "sounds":
        make_sounds()
    elif wanted == "table":
        table()
    else:
        measure(wanted, sys.argv[2:] or [f"{length:g}" for length in (*SHORT, *LONG)])
