"""Draw a match: spectrograms, envelopes, and the parameters or the wavetable of the preset."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from datasets.spec import SynthSpec
from models.audio.features import FeatureSettings, Float32, log_mel
from models.matching.answers import MatchResult, PresetAnswer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 12  # parameters in the picture: those furthest from the middle of their range


def picture(result: MatchResult, spec: SynthSpec) -> bytes:
    """Draw a match as PNG: log-mels of target and answer, envelopes, and the preset.

    A parametric preset is shown by its most unusual parameters, a resynthesis by its wavetable.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7), layout="constrained")
    grid = figure.subplots(2, 2)
    audios = {"target": result.target.audio, "match": result.audio}
    length_s = result.target.length_s(spec)
    for axis, (name, audio) in zip(grid[0], audios.items(), strict=True):
        _draw_mel(axis, name, audio, result.sample_rate, length_s)
    _draw_envelopes(grid[1, 0], audios, result.sample_rate, length_s)
    if result.chosen.draft is not None and result.chosen.draft.frames is not None:
        _draw_wavetable(grid[1, 1], result.chosen)
    else:
        _draw_parameters(grid[1, 1], result, spec)
    png = io.BytesIO()
    figure.savefig(png, dpi=100, format="png")
    return png.getvalue()


def _draw_mel(axis: Axes, name: str, audio: Float32, rate: int, length_s: float) -> None:
    settings = FeatureSettings(sample_rate=rate, duration_s=length_s)
    axis.imshow(
        log_mel(audio, settings),
        origin="lower",
        aspect="auto",
        extent=(0, length_s, 0, settings.bands),
        vmin=settings.floor_db,
        vmax=0,
        cmap="magma",
    )
    axis.set(title=name, xlabel="seconds", ylabel="mel band (30 Hz to 11 kHz)")


def _draw_envelopes(axis: Axes, audios: dict[str, Float32], rate: int, length_s: float) -> None:
    for name, audio in audios.items():
        level = envelope_db(audio, rate)
        axis.plot(np.linspace(0, length_s, len(level)), level, label=name)
    axis.set(title="envelope", xlabel="seconds", ylabel="dB below the peak", ylim=(-60, 3))
    axis.legend()


def _draw_wavetable(axis: Axes, answer: PresetAnswer) -> None:
    """Draw the frames of a resynthesis, one line each, the first at the bottom."""
    draft = answer.draft
    assert draft is not None and draft.frames is not None
    waves = draft.frames.waves(draft.gains)
    axis.imshow(waves, origin="lower", aspect="auto", extent=(0, 1, 0, len(waves)), cmap="RdBu_r")
    title = f"resynthesis, distance {answer.distance:.1f} dB: its wavetable"
    axis.set(title=title, xlabel="phase (periods)", ylabel="frame")


def _draw_parameters(axis: Axes, result: MatchResult, spec: SynthSpec) -> None:
    parameters = result.to_dict()["parameters"]
    names = sorted(parameters, key=lambda n: abs(parameters[n]["unit"] - 0.5))[-SHOWN:]
    labels = [f"{n.replace('_', ' ')}  {parameters[n]['text']}" for n in names]
    axis.barh(labels, [parameters[n]["unit"] for n in names])
    axis.set(title=f"{spec.name}, distance {result.chosen.distance:.1f} dB", xlim=(0, 1))


def envelope_db(audio: Float32, sample_rate: int) -> Float32:
    """Return the RMS of frames of 10 ms in dB relative to the loudest, at least -80."""
    mono = audio if audio.ndim == 1 else audio.mean(0)
    frame = sample_rate // 100
    level = np.sqrt(np.square(mono[: len(mono) // frame * frame].reshape(-1, frame)).mean(1))
    return np.asarray(20 * np.log10(np.maximum(level / max(level.max(), 1e-9), 1e-4)), np.float32)
