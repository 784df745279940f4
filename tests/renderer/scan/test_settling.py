"""Check the measured settling times against plugins whose smoothing is known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.sampler import sample
from datasets.spec import NotePolicy, Parameter, SynthSpec
from renderer.engines.base import Audio, Engine
from renderer.scan.settling import (
    EVERY_S,
    NOTES,
    PATCHES,
    WINDOW_S,
    Levels,
    Settling,
    judged_settling,
    measure_settling,
    note_levels,
)
from renderer.workers.isolation import Limits
from renderer.workers.pool import RenderPool
from tests.programs.real_plugins import many, nekobi

LIMITS = Limits(wall_s=60)
RATE = 44100
TAU_S = 0.05  # of Many's level
SMOOTH = """import("stdfaust.lib");
freq = hslider("freq", 440, 20, 20000, 0.01);
gain = hslider("gain", 0.5, 0, 1, 0.01);
gate = button("gate");
level = hslider("level", 1, 0, 1, 0.01) SMOOTHED;
process = os.sawtooth(freq) * en.adsr(0.001, 0.1, 0.8, 0.2, gate) * gain * level <: _, _;
"""


def spec_of(plugin: Path, engine: str, channels: int, name: str, low: float) -> SynthSpec:
    note = NotePolicy(
        low=84, high=96
    )  # whole periods in a window, so its level is that of the note
    fixed: dict[str, Any] = {"controls": {}}
    learned = (Parameter(name, "continuous", "", "", low, 1.0),)
    return SynthSpec("s", 1, engine, "", RATE, channels, note, fixed, learned, (str(plugin),))


def smooth(folder: Path, smoothed: str) -> SynthSpec:
    program = folder / "smooth.dsp"
    program.write_text(SMOOTH.replace("SMOOTHED", smoothed), encoding="utf-8")
    return spec_of(program, "faust", 2, "level", 0.05)


def test_the_time_of_a_smoothed_plugin_follows_its_time_constant() -> None:
    """Compare with the closed form: the level glides from 1 to its value x."""
    spec = spec_of(many(), "dawdreamer", 2, "Level", 0.1)
    found = measure_settling(spec, 0, LIMITS)
    levels = np.array([spec.to_native(sample(spec, 0, i).unit)["Level"] for i in range(PATCHES)])
    time_s = (np.arange(100) + 0.5) * WINDOW_S
    off_db = 20 * np.log10(1 + (1 / levels[:, None] - 1) * np.exp(-time_s / TAU_S))
    length_s = WINDOW_S * int(np.argmax(off_db.mean(0) < 1))
    assert found.patches == PATCHES
    assert found.length_s == pytest.approx(length_s, abs=2 * WINDOW_S)
    mean_db = off_db[:, : round(found.length_s / WINDOW_S)].mean()
    assert found.mean_db == pytest.approx(mean_db, abs=0.5)
    assert found.max_db == pytest.approx(off_db.max(), abs=1)
    assert f"first {1000 * found.length_s:.0f} ms differ" in found.conclusions[0]


def test_a_smoothed_faust_program_glides_and_the_same_one_without_does_not(tmp_path: Path) -> None:
    """Smooth in Faust, which starts from zero at the first note of a render."""
    slow = measure_settling(smooth(tmp_path, ": si.smooth(ba.tau2pole(0.05))"), 0, LIMITS)
    assert 0.03 <= slow.length_s <= 0.2 and slow.max_db > 10
    assert measure_settling(smooth(tmp_path, ""), 0, LIMITS) == Settling(PATCHES)


def test_nekobi_does_not_glide() -> None:
    found = measure_settling(spec_of(nekobi(), "dawdreamer", 1, "Cutoff", 0.1), 0, LIMITS)
    assert found.patches >= 6 and found.length_s == 0 and found.conclusions == []


def levels(random: np.random.Generator, first_db: float, windows: int) -> Levels:
    """Return the levels of a noisy patch.

    Args:
        random: Source of the noise.
        first_db: Difference of the first note.
        windows: Number of windows with this difference.

    Returns:
        Levels in dB, shape (notes, windows).
    """
    found = random.normal(-20, 1.5, (NOTES, 100))
    found[0, :windows] += first_db
    return np.asarray(found, np.float64)


def test_noise_is_not_called_a_glide() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        assert judged_settling([levels(random, 0, 0) for _ in range(12)]).length_s == 0
        found = judged_settling([levels(random, -8, 4) for _ in range(12)])
        assert found.length_s == pytest.approx(4 * WINDOW_S)
        assert found.mean_db == pytest.approx(8, abs=1)


def test_few_patches_give_no_result() -> None:
    found = judged_settling([levels(np.random.default_rng(0), -8, 4)] * 2)
    assert found == Settling(2) and "within" in found.cell
    assert "not measured" in judged_settling([]).cell


def notes(*gains: float, tail: float = 0.0) -> Audio:
    """Return notes of half a second, with a tail until the next one."""
    every = round(EVERY_S * RATE)
    wave = np.sin(2 * np.pi * 440 * np.arange(every) / RATE)
    wave[RATE // 2 :] *= tail
    return np.concatenate([gain * wave for gain in gains])[None].astype(np.float32)


def test_notes_that_are_silent_or_ring_on_are_not_compared() -> None:
    found = note_levels(notes(0.1, 0.5, 0.5), RATE)
    assert found is not None and found.shape == (NOTES, 100)
    assert np.allclose(found[1] - found[0], 20 * np.log10(5), atol=0.1)
    assert note_levels(notes(0, 0, 0), RATE) is None
    assert note_levels(notes(0.5, 0.5, 0.5, tail=0.1), RATE) is None
    assert note_levels(notes(0.5, float("nan"), 0.5), RATE) is None


class Repeated:
    """Play a note once and three times in one go: a question for the pool."""

    def __call__(self, engine: Engine) -> tuple[Audio, Audio]:
        """Return the three notes, then the same three notes again."""
        return tuple(np.array(engine.repeat(60, 100, 0.1, 0.5, 3)) for _ in range(2))  # type: ignore[return-value]


@pytest.mark.parametrize("engine", ["dawdreamer", "pedalboard"])
def test_every_engine_repeats_a_note(engine: str) -> None:
    spec = spec_of(nekobi(), engine, 1, "Cutoff", 0.1)
    with RenderPool(spec, 1, "process", LIMITS) as pool:
        audio, again = pool.ask(Repeated())
    assert audio.shape == again.shape == (1, round(1.5 * RATE))
    attacks = [float(np.abs(audio[0, round(s * RATE) :][:4410]).max()) for s in (0, 0.5, 1)]
    assert min(attacks) > 0.3 * max(attacks) > 0
