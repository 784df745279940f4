"""Colours, spectrograms and curves that all pictures share.

matplotlib is imported inside functions (it is slow), and only as figures drawn without a screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from datasets.spec import FloatArray, SynthSpec
from models.audio.descriptors import DESCRIPTORS
from models.audio.distance import judge_settings
from models.audio.features import FeatureSettings, mel_filterbank

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.image import AxesImage

# Okabe and Ito: told apart by colour-blind eyes too. Meanings are the same in every picture.
TRUE, INFERRED = "#0072B2", "#D55E00"  # also: negative and positive side of a tag pair
CURVES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
FAINT, REST = "#B8B8B8", "#555555"
SPECTROGRAM = "magma"
HERTZ = (300, 1000, 3000, 10000)  # as many as a small strip has room for
WIDTH, DPI = 13, 110  # inches; pixels an inch
STYLE: dict[Any, Any] = {  # its keys are matplotlib's
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def styled() -> AbstractContextManager[None]:
    """In this context, pictures have our sizes of text."""
    from matplotlib import rc_context

    return rc_context(STYLE)


def new_figure(width: float, height: float) -> Figure:
    """A figure of so many inches that lays itself out."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def stacked(figure: Figure | SubFigure, heights: Sequence[float]) -> list[SubFigure]:
    """Rows of a figure, one above the other, each with a layout of its own."""
    rows = figure.subfigures(len(heights), 1, height_ratios=list(heights), squeeze=False)
    return [*rows.flat]


def in_a_row(place: Figure | SubFigure, count: int) -> list[Axes]:
    """So many panels side by side."""
    return [*place.subplots(1, count, squeeze=False).flat]


def plain(name: str) -> str:
    """A parameter's name for people."""
    return name.replace("_", " ")


def with_unit(descriptor: str) -> str:
    """A descriptor's name and unit, for a title."""
    unit = DESCRIPTORS[descriptor].unit
    return f"{descriptor}, {unit}" if unit else f"{descriptor} (no unit)"


def show_mel(axis: Axes, mel: FloatArray, spec: SynthSpec, labels: bool = True) -> AxesImage:
    """A log-mel (bands, frames) in dB over seconds and hertz; without labels inside a strip."""
    settings = judge_settings(spec.sample_rate, None, round(spec.note.length_s * spec.sample_rate))
    image = axis.imshow(
        mel,
        origin="lower",
        aspect="auto",
        extent=(0, spec.note.length_s, -0.5, settings.bands - 0.5),
        vmin=settings.floor_db,
        vmax=0,
        cmap=SPECTROGRAM,
        interpolation="nearest",
    )
    ticks = [hertz for hertz in HERTZ if settings.fmin <= hertz <= settings.fmax]
    axis.set_yticks(_bands_of(ticks, settings), [_short(hertz) for hertz in ticks])
    for side in ("top", "right"):
        axis.spines[side].set_visible(True)
    if labels:
        axis.set(xlabel="time, s", ylabel="frequency, Hz")
    else:
        axis.tick_params(labelleft=False, labelbottom=False, length=2)
    return image


def show_strip(
    figure: Figure | SubFigure,
    mels: Sequence[FloatArray],
    titles: Sequence[str],
    spec: SynthSpec,
) -> None:
    """Log-mels side by side on one scale, the first with labels; the scale stands at the end."""
    axes = in_a_row(figure, len(mels))
    for place, (axis, mel, title) in enumerate(zip(axes, mels, titles, strict=True)):
        image = show_mel(axis, mel, spec, labels=place == 0)
        axis.set_title(title, fontsize=8)
    mel_scale(figure, image, axes)


def mel_scale(figure: Figure | SubFigure, image: AxesImage, axes: Sequence[Axes]) -> None:
    """The colours of log-mels in dB, beside some axes."""
    bar = figure.colorbar(image, ax=list(axes), pad=0.01, aspect=15)
    bar.set_label("dB re clip's peak", fontsize=8)
    bar.ax.tick_params(labelsize=7)


def show_curves(
    axis: Axes, x: FloatArray, unit: FloatArray, which: Sequence[int], spec: SynthSpec
) -> None:
    """Some parameters (N, P) along (N,), each by its own colour; the key stands to the right."""
    for place, i in enumerate(which):
        axis.plot(
            x,
            unit[:, i],
            color=CURVES[place % len(CURVES)],
            label=plain(spec.names[i]),
            linewidth=1.8,
        )
    axis.set(ylim=(-0.03, 1.03), ylabel="position in its range", xlim=(x[0], x[-1]))
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def varying(unit: FloatArray, count: int) -> list[int]:
    """The ``count`` parameters of presets (N, P) with the highest variance, strongest first."""
    order = np.argsort(-unit.var(0), kind="stable")[:count]
    return [int(i) for i in order]


def _bands_of(hertz: Sequence[float], settings: FeatureSettings) -> FloatArray:
    """Where frequencies lie among the mel bands."""
    bank = mel_filterbank(
        settings.sample_rate, settings.window, settings.bands, settings.fmin, settings.fmax
    )
    bins = np.arange(settings.window // 2 + 1) * settings.sample_rate / settings.window
    weight = np.asarray(bank.sum(axis=1)).ravel()
    filled = np.flatnonzero(weight > 0)
    centres = (bank @ bins)[filled] / weight[filled]
    return np.interp(hertz, centres, filled).astype(np.float32)


def _short(hertz: float) -> str:
    return f"{hertz / 1000:g}k" if hertz >= 1000 else f"{hertz:g}"
