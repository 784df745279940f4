"""Measure how near a Vital preset with its own wavetables comes to its reading on a spec.

    python docs/benchmarks/foreign_wavetables.py [PATCHES] [SEED]

Each patch is a random vital-32 patch without warp, noise and drive. Its wavetables have one to nine
keyframes of random waves: FM, pulses, driven sines, hard sync, formants, and random or sparse
harmonics. The script prints the median J between the patch and three readings: with the frame as
the file has it, with the nearest frame, and with the frame in the middle of the table.
"""

from __future__ import annotations

import base64
import copy
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import vita
from numpy.typing import NDArray

from datasets.presets import read_presets
from datasets.spec import FloatArray, load_spec
from models.audio.distance import headline
from renderer.engines.vita import template_patch

SPEC = load_spec("vital-32")
HARMONICS: NDArray[np.float64] = np.arange(1.0, 513.0)
PHASE = np.arange(2048) / 2048
FRAMES = [i for i, name in enumerate(SPEC.names) if name.endswith("_wave_frame")]
PLAIN = {"osc_1_distortion_amount": 0.5, "osc_2_distortion_amount": 0.5, "distortion_drive": 0.0}
Random = np.random.Generator
Wave = NDArray[np.float64]


def random_wave(random: Random) -> Wave:
    """Return one period of a random wave, shape (2048,)."""
    kind = random.integers(7)
    if kind == 0:
        modulator = np.sin(2 * np.pi * PHASE * random.integers(1, 6))
        return np.asarray(np.sin(2 * np.pi * PHASE + random.uniform(0, 8) * modulator))
    if kind == 1:
        return np.where(random.uniform(0.03, 0.5) > PHASE, 1.0, -1.0)
    if kind == 2:
        return np.asarray(np.tanh(random.uniform(1, 20) * np.sin(2 * np.pi * PHASE)))
    if kind == 3:
        return np.asarray((PHASE * random.uniform(1, 8)) % 1 * 2 - 1)
    size: Wave
    if kind == 4:
        ripple = np.asarray(10 ** (random.normal(0, 6, 512) / 20), np.float64)
        size = HARMONICS ** -random.uniform(0.3, 3) * ripple
    elif kind == 5:
        centre, width = random.uniform(1, 24), random.uniform(0.5, 6)
        size = np.asarray(np.exp(-0.5 * ((HARMONICS - centre) / width) ** 2) + 1e-3 / HARMONICS)
    else:
        size = HARMONICS ** -random.uniform(0.5, 2) * (random.random(512) < random.uniform(0.2, 1))
        size[0] += 0.05
    return np.fft.irfft(np.concatenate([[0], size * np.exp(2j * np.pi * random.random(512))]), 2048)


def random_table(random: Random) -> dict[str, Any]:
    """Return a wavetable in Vital's JSON."""
    count = int(random.choice([1, 2, 3, 5, 9]))
    frames = []
    for position in np.linspace(0, 256, count) if count > 1 else [0.0]:
        wave = random_wave(random)
        data = base64.b64encode((wave / np.abs(wave).max()).astype("<f4").tobytes()).decode()
        frames.append({"position": round(position), "wave_data": data})
    source = {"type": "Wave Source", "interpolation_style": 1, "keyframes": frames}
    groups = [{"components": [source | {"interpolation": int(random.integers(2))}]}]
    about = {"name": "foreign", "author": "", "version": "1.0.0", "remove_all_dc": True}
    return about | {"full_normalize": True, "groups": groups}


def play(patch: dict[str, Any], note: int) -> FloatArray:
    """Return the render of a patch, (2, n)."""
    synth = vita.Synth()
    assert synth.load_json(json.dumps(patch))
    audio: FloatArray = synth.render(note, 100 / 127, SPEC.note.hold_s, SPEC.note.length_s)
    return audio


def measure(random: Random, template: dict[str, Any], folder: Path) -> list[float]:
    """Return J of one patch to its readings: frame as it is, nearest frame, middle frame."""
    unit = SPEC.snap(random.random(len(SPEC), np.float32))
    patch, note = copy.deepcopy(template), int(random.integers(40, 72))
    settings = patch["settings"]
    settings |= SPEC.to_native(unit) | PLAIN | {"sample_level": 0.0, "filter_1_blend": 0.0}
    settings |= {"osc_2_level": float(random.choice([0.0, 0.0, 0.5, 0.8]))}
    settings |= {"filter_1_cutoff": float(random.uniform(60, 128))}
    settings["wavetables"] = [random_table(random) for _ in range(3)]
    file = folder / "patch.vital"
    file.write_text(json.dumps(patch), encoding="utf-8")
    read, target = read_presets(file, SPEC).unit[0], play(patch, note)
    readings = [read.copy(), read, read.copy()]
    readings[0][FRAMES], readings[2][FRAMES] = unit[FRAMES], 0.5
    found = []
    for reading in readings:
        answer = copy.deepcopy(template)
        answer["settings"] |= SPEC.to_native(reading)
        found.append(headline(target, play(answer, note), SPEC.sample_rate))
    return found


def main() -> None:
    """Print the medians over the patches."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    random = np.random.default_rng(seed)
    template = template_patch(json.loads(vita.Synth().to_json()), SPEC)
    with tempfile.TemporaryDirectory() as folder:
        rows = np.array([measure(random, template, Path(folder)) for _ in range(count)])
    readings = ("frame as it is", "nearest frame", "middle frame")
    for name, column in zip(readings, rows.T, strict=True):
        print(f"{name}: median J {np.median(column):.2f} dB, mean {column.mean():.2f} dB")
    better = int((rows[:, 1] < rows[:, 0]).sum())
    print(f"the nearest frame is better than the frame as it is in {better} of {count} patches")


if __name__ == "__main__":
    main()
