"""Draw figure 4: test clips, their inferred parameters, and the re-rendered sounds.

Section 5.2 of the paper. Parameters and spectrograms are side by side because they disagree.
Presets with very different parameters may sound similar, and close ones may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from datasets.spec import FloatArray, SynthSpec
from models.audio.distance import TargetDistance
from models.figures.clip_analysis import ClipAnalysis
from models.figures.context import FigureContext, finite
from models.figures.document import Plate, Section, Track
from models.figures.latent import predict
from models.figures.plotting import (
    FAINT,
    INFERRED,
    TRUE,
    WIDTH,
    mel_scale,
    new_figure,
    plain,
    show_mel,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OTHERS = 12  # unrelated test clips, to compare J with
LEAD = (
    "Clips of the test split, which training did not use. The model predicts a preset for each "
    "target, and the synth renders it. J is the distance of the two sounds: the mean difference of "
    "log-mel spectrograms in dB, without level. 0 is the same sound. The parameter error is shown "
    "to compare: a small one does not always mean a similar sound."
)


def reconstruction(context: FigureContext) -> Section:
    """Predict presets for the first clips, render them and measure them."""
    count, clips, spec = context.examples, context.clips, context.spec
    targets = context.analyses[:count]
    truth, notes = clips.unit[:count], clips.note[:count]
    mels = np.stack([context.mel(t, note) for t, note in zip(targets, notes, strict=True)])
    answers = predict(context.checkpoint.model, mels, notes, spec)
    sounds = context.play(answers, [int(note) for note in notes])
    others = context.analyses[count : count + OTHERS]
    rows = [
        measure(target, sound, others, true, answer, spec)
        for target, sound, true, answer in zip(targets, sounds, truth, answers, strict=True)
    ]
    for row, index, note in zip(rows, clips.index, notes, strict=False):
        row |= {"clip": int(index), "note": int(note)}
    picture = context.keep_picture(
        draw(targets, sounds, truth, answers, rows, spec), "reconstruction"
    )
    plate = Plate(
        picture,
        f"{count} rows: target spectrogram, true and inferred parameters, answer's spectrogram",
        caption(rows),
        tracks=_tracks(context, targets, sounds, rows),
        table=_table(rows),
    )
    return Section("reconstruction", "Reconstruction", LEAD, (plate,), {"examples": rows})


def measure(
    target: ClipAnalysis,
    answer: ClipAnalysis,
    others: tuple[ClipAnalysis, ...],
    true: FloatArray,
    inferred: FloatArray,
    spec: SynthSpec,
) -> dict[str, Any]:
    """Measure one answer: distances, parameter error, and the distance of unrelated clips.

    Args:
        target: The target clip.
        answer: The render of the inferred preset.
        others: Unrelated clips.
        true: The target's preset, (P,).
        inferred: The answer's preset, (P,).
        spec: The synth.

    Returns:
        Numbers for ``figures.json``.
    """
    target_distance = TargetDistance(target.samples, spec.sample_rate)
    distance = target_distance.distance(answer.samples)
    unrelated = [target_distance.distance(other.samples).j for other in others]
    return {
        "j_db": finite(distance.j),
        "mss_db": finite(distance.mss),
        "log_mel_l1_db": finite(distance.log_mel_l1),
        "unrelated_j_db": finite(float(np.mean(unrelated))) if unrelated else None,
        "parameter_error": finite(float(np.abs(true - inferred).mean())),
        "status": answer.status,
        "true": [finite(x) for x in true],
        "inferred": [finite(x) for x in inferred],
    }


def caption(rows: list[dict[str, Any]]) -> str:
    """Describe what to look at, with numbers."""
    j = [row["j_db"] for row in rows]
    unrelated = [row["unrelated_j_db"] for row in rows if row["unrelated_j_db"] is not None]
    chance = f" For an unrelated test clip it is {np.mean(unrelated):.1f} dB." if unrelated else ""
    order = np.argsort([row["parameter_error"] for row in rows])
    nearest = rows[int(order[0])]
    best = int(np.argmin(j)) + 1
    return (
        f"J is {np.mean(j):.1f} dB on average, from {min(j):.1f} to {max(j):.1f}.{chance} "
        f"Compare the shapes left and right: attack, length, harmonics. The closest parameters "
        f"(row {int(order[0]) + 1}, mean error {nearest['parameter_error']:.2f} in unit values) "
        f"have J = {nearest['j_db']:.1f} dB. The closest sound is in row {best}."
    )


def draw(
    targets: tuple[ClipAnalysis, ...],
    sounds: list[ClipAnalysis],
    truth: FloatArray,
    answers: FloatArray,
    rows: list[dict[str, Any]],
    spec: SynthSpec,
) -> Figure:
    """Draw a row for each target: its spectrogram, the parameters, the answer's spectrogram.

    Args:
        targets: Target clips.
        sounds: Renders of the answers.
        truth: The targets' presets, shape (N, P).
        answers: The answers' presets, shape (N, P).
        rows: Numbers of each row (see ``measure``).
        spec: The synth.

    Returns:
        The figure.
    """
    figure = new_figure(WIDTH, 2.1 * len(rows) + 1.4)
    axes = figure.subplots(len(rows), 3, width_ratios=[3, 7, 3], squeeze=False)
    for place, (left, middle, right) in enumerate(axes):
        row = rows[place]
        image = show_mel(left, targets[place].mel, spec)
        show_mel(right, sounds[place].mel, spec)
        left.set_title(f"{place + 1}. target: clip {row['clip']}, note {row['note']}")
        right.set_title(f"answer: J = {row['j_db']:.1f} dB{_fault(row)}")
        bars(middle, truth[place], answers[place], spec, names=place == len(rows) - 1)
        middle.set_title(f"mean parameter error {row['parameter_error']:.2f}")
        if place < len(rows) - 1:
            left.set_xlabel("")
            right.set_xlabel("")
    keys = axes[0, 1].get_legend_handles_labels()
    figure.legend(*keys, loc="outside upper center", ncols=2)
    mel_scale(figure, image, [*axes[:, 2]])
    return figure


def bars(axis: Axes, true: FloatArray, inferred: FloatArray, spec: SynthSpec, names: bool) -> None:
    """Draw the true and inferred values of every parameter side by side.

    Args:
        axis: The panel.
        true: The target's preset, (P,).
        inferred: The answer's preset, (P,).
        spec: The synth.
        names: Draw the names of the parameters below.
    """
    x = np.arange(len(spec))
    axis.bar(x - 0.2, true, 0.4, color=TRUE, label="true")
    axis.bar(x + 0.2, inferred, 0.4, color=INFERRED, label="inferred")
    axis.set(ylim=(0, 1.03), xlim=(-0.7, len(spec) - 0.3), ylabel="unit value")
    axis.set_yticks([0, 0.5, 1])
    axis.grid(axis="y", color=FAINT, linewidth=0.4)
    axis.set_axisbelow(True)
    shown = [plain(name) for name in spec.names] if names else []
    axis.set_xticks(x, shown or [""] * len(x), rotation=90, fontsize=7)


def _fault(row: dict[str, Any]) -> str:
    return "" if row["status"] == "ok" else f" ({row['status']})"


def _tracks(
    context: FigureContext,
    targets: tuple[ClipAnalysis, ...],
    sounds: list[ClipAnalysis],
    rows: list[dict[str, Any]],
) -> tuple[Track, ...]:
    tracks = []
    for i, (target, sound) in enumerate(zip(targets, sounds, strict=True), 1):
        label = f"{i}. answer, J = {rows[i - 1]['j_db']:.1f} dB"
        tracks.append(
            context.keep_sound(target.samples, f"reconstruction-{i}-target", f"{i}. target")
        )
        tracks.append(context.keep_sound(sound.samples, f"reconstruction-{i}-answer", label))
    return tuple(tracks)


def _table(rows: list[dict[str, Any]]) -> tuple[tuple[str, ...], ...]:
    heads = (
        "row",
        "clip",
        "note, MIDI",
        "J, dB",
        "MSS, dB",
        "log-mel L1, dB",
        "J of unrelated clips, dB",
        "mean parameter error, unit values",
    )
    keys = ("j_db", "mss_db", "log_mel_l1_db", "unrelated_j_db", "parameter_error")
    body = [
        (
            str(i),
            str(row["clip"]),
            str(row["note"]),
            *("-" if row[key] is None else f"{row[key]:.2f}" for key in keys),
        )
        for i, row in enumerate(rows, 1)
    ]
    return (heads, *body)
