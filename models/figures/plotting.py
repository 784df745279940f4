"""Share colours, spectrograms and curves between all pictures.

Functions import matplotlib themselves, because it loads slowly. Figures need no screen.
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

# Colours of Okabe and Ito, which colour-blind people can distinguish. A colour has the same meaning
# in every picture.
TRUE, INFERRED = "#0072B2", "#D55E00"  # also negative and positive side of a tag pair
CURVES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
FAINT, REST = "#B8B8B8", "#555555"
SPECTROGRAM = "magma"
HERTZ = (300, 1000, 3000, 10000)  # ticks that fit into a small strip
WIDTH, DPI = 13, 110  # inches; pixels per inch
STYLE: dict[Any, Any] = {  # keys of matplotlib
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
    """Return a context in which pictures have our font sizes."""
    from matplotlib import rc_context

    return rc_context(STYLE)


def new_figure(width: float, height: float) -> Figure:
    """Return a figure of a width and height in inches that lays itself out."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def stacked(figure: Figure | SubFigure, heights: Sequence[float]) -> list[SubFigure]:
    """Split a figure into rows of the given relative heights, each with its own layout."""
    rows = figure.subfigures(len(heights), 1, height_ratios=list(heights), squeeze=False)
    return [*rows.flat]


def in_a_row(place: Figure | SubFigure, count: int) -> list[Axes]:
    """Return ``count`` panels side by side."""
    return [*place.subplots(1, count, squeeze=False).flat]


def plain(name: str) -> str:
    """Return a parameter's name for people."""
    return name.replace("_", " ")


def with_unit(descriptor: str) -> str:
    """Return a descriptor's name and unit, for a title."""
    unit = DESCRIPTORS[descriptor].unit
    return f"{descriptor}, {unit}" if unit else f"{descriptor} (no unit)"


def show_mel(axis: Axes, mel: FloatArray, spec: SynthSpec, labels: bool = True) -> AxesImage:
    """Draw a log-mel over seconds and hertz.

    Args:
        axis: The panel.
        mel: Log-mel in dB, shape (bands, frames).
        spec: The synth.
        labels: Draw the labels of the axes; False inside a strip.

    Returns:
        The image, for ``mel_scale``.
    """
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
    """Draw log-mels side by side with one colour scale; only the first has labels.

    Args:
        figure: The place to draw.
        mels: Log-mels in dB, each (bands, frames).
        titles: A title for each.
        spec: The synth.
    """
    axes = in_a_row(figure, len(mels))
    for place, (axis, mel, title) in enumerate(zip(axes, mels, titles, strict=True)):
        image = show_mel(axis, mel, spec, labels=place == 0)
        axis.set_title(title, fontsize=8)
    mel_scale(figure, image, axes)


def mel_scale(figure: Figure | SubFigure, image: AxesImage, axes: Sequence[Axes]) -> None:
    """Draw the colour scale of log-mels, in dB.

    Args:
        figure: The place to draw.
        image: One of the log-mels.
        axes: The panels beside the scale.
    """
    bar = figure.colorbar(image, ax=list(axes), pad=0.01, aspect=15)
    bar.set_label("dB re clip's peak", fontsize=8)
    bar.ax.tick_params(labelsize=7)


def show_curves(
    axis: Axes, x: FloatArray, unit: FloatArray, which: Sequence[int], spec: SynthSpec
) -> None:
    """Draw some parameters as curves, each in its own colour, with a legend on the right.

    Args:
        axis: The panel.
        x: Positions, shape (N,).
        unit: Presets, shape (N, P).
        which: Indices of the parameters to draw.
        spec: The synth.
    """
    for place, i in enumerate(which):
        axis.plot(
            x,
            unit[:, i],
            color=CURVES[place % len(CURVES)],
            label=plain(spec.names[i]),
            linewidth=1.8,
        )
    axis.set(ylim=(-0.03, 1.03), ylabel="unit value", xlim=(x[0], x[-1]))
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def varying(unit: FloatArray, count: int) -> list[int]:
    """Return the ``count`` parameters of presets (N, P) with the highest variance, in order."""
    order = np.argsort(-unit.var(0), kind="stable")[:count]
    return [int(i) for i in order]


def _bands_of(hertz: Sequence[float], settings: FeatureSettings) -> FloatArray:
    """Return the positions of frequencies among the mel bands."""
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
