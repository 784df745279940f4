"""Draw a patch in presentation mode from its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc, Circle, Rectangle
from PIL import Image

Box = dict[str, Any]
INK, FACE, FIELD, ACCENT = "#26282b", "#d9dbdd", "#f5f6f7", "#e8962e"
HASH = "Drawn from"  # the picture's text field with the patch's sha256
DPI, SCALE, FONT, LIVE_FONT = 100, 2, 5.4, 9.5


def draw(document: dict[str, Any], path: Path, digest: str) -> None:
    """Write a PNG of everything that presentation mode shows.

    Args:
        document: The patch.
        path: The PNG file.
        digest: The patch's SHA-256, stored in the picture.
    """
    boxes = [row["box"] for row in document["patcher"]["boxes"] if row["box"].get("presentation")]
    areas = [box["presentation_rect"] for box in boxes]
    width = max(x + w for x, _, w, _ in areas) + 8
    height = max(y + h for _, y, _, h in areas) + 5
    figure = Figure(figsize=(SCALE * width / DPI, SCALE * height / DPI), dpi=DPI, facecolor=FACE)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    for box in boxes:
        DRAWN[box["maxclass"]](axes, box)
    figure.savefig(path, metadata={HASH: digest, "Software": None})


def drawn_from(path: Path) -> str:
    """Return the hash of the patch in a picture; empty if there is none."""
    if not path.exists():
        return ""
    with Image.open(path) as picture:
        return str(picture.info.get(HASH, ""))


def _frame(axes: Axes, box: Box, colour: str = FIELD) -> None:
    x, y, w, h = box["presentation_rect"]
    axes.add_patch(Rectangle((x, y), w, h, facecolor=colour, edgecolor="#9a9da1", linewidth=0.8))


def _words(axes: Axes, box: Box, text: str, middle: bool = True) -> None:
    x, y, w, h = box["presentation_rect"]
    place = (x + w / 2 if middle else x + 2, y + h / 2)
    side = "center" if middle else "left"
    size = FONT * SCALE * box.get("fontsize", LIVE_FONT) / LIVE_FONT
    style: dict[str, Any] = {"ha": side, "va": "center", "fontsize": size, "color": INK}
    axes.text(*place, text, clip_on=True, **style)


def _comment(axes: Axes, box: Box) -> None:
    _words(axes, box, box["text"], middle=False)


def _comment_field(axes: Axes, box: Box) -> None:
    _frame(axes, box)
    _comment(axes, box)


def _button(axes: Axes, box: Box) -> None:
    _frame(axes, box)
    _words(axes, box, box["text"])


def _dial(axes: Axes, box: Box) -> None:
    x, y, w, _ = box["presentation_rect"]
    centre = (x + w / 2, y + 18)
    axes.add_patch(Arc(centre, 26, 26, theta1=120, theta2=420, color="#9a9da1", linewidth=4))
    axes.add_patch(Arc(centre, 26, 26, theta1=120, theta2=270, color=ACCENT, linewidth=4))
    axes.plot([centre[0]] * 2, [centre[1], centre[1] - 13], color=INK, linewidth=1.6)
    place = {**box, "presentation_rect": [x, y + 34, w, 12]}
    _words(axes, place, f"{_initial(box):.2f}")


def _number(axes: Axes, box: Box) -> None:
    _frame(axes, box)
    value = _initial(box)
    _words(axes, box, f"{value:.0f}" if value > 1 else f"{value:.2f}")


def _menu(axes: Axes, box: Box) -> None:
    names = _settings(box).get("parameter_enum")
    _frame(axes, box)
    _words(axes, box, names[int(_initial(box))] if names else "▾")


def _drop(axes: Axes, box: Box) -> None:
    _frame(axes, box)
    _words(axes, box, box["legend"])


def _pad(axes: Axes, box: Box) -> None:
    x, y, w, h = box["presentation_rect"]
    _frame(axes, box, "#1f2126")
    for across in (x + 6, x + w - 6):
        for down in (y + 6, y + h - 6):
            axes.add_patch(Circle((across, down), 4, fill=False, edgecolor="#8c99a6"))
    axes.add_patch(Circle((x + w / 2, y + h / 2), 5, color="#ffad33"))


def _settings(box: Box) -> dict[str, Any]:
    found: dict[str, Any] = box.get("saved_attribute_attributes", {}).get("valueof", {})
    return found


def _initial(box: Box) -> float:
    return float(_settings(box)["parameter_initial"][0])


DRAWN: dict[str, Callable[[Axes, Box], None]] = {
    "live.comment": _comment,
    "live.text": _button,
    "live.dial": _dial,
    "live.numbox": _number,
    "live.menu": _menu,
    "live.drop": _drop,
    "umenu": _menu,
    "textedit": _comment_field,
    "jsui": _pad,
}
