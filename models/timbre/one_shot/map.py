"""Draw the labelled map of a one-shot model: which sounds and classes are near each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from datasets.atomic_write import replace_file
from models.figures.document import Plate, Section, Track
from models.figures.html import page
from models.figures.latent_map import principal
from models.figures.plotting import DPI, new_figure, styled
from models.timbre.contract import LatentPosition
from models.timbre.export.kit import file_stem
from models.timbre.one_shot.model import OneShotModel
from models.timbre.one_shot.sounds import wav_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Float32 = npt.NDArray[np.float32]

NEAREST = 5  # Neighbours in the list of each sound.
MARKS = "os^vDP*X<>hdp8"
COLOURS = 10


def write_map(model: OneShotModel, out: Path) -> list[Path]:
    """Write ``map.json``, ``map.png``, ``map.html``, and the sound of each class.

    Args:
        model: The model.
        out: Folder to write.

    Returns:
        The written files, ``map.html`` first.

    Raises:
        StoreError: The folder cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    numbers = map_numbers(model)
    files = {"map.json": json.dumps(numbers, indent=1).encode()}
    tracks = []
    for label in model.classes:
        name = f"{file_stem(label)}.wav"
        files[name] = wav_bytes(model.decode(model.centre(label)))
        tracks.append(Track(f"{label}: its centre", name))
    with styled():
        figure = _draw(model, numbers)
        figure.savefig(out / "map.png", dpi=DPI)
    files["map.html"] = _html(model, numbers, tuple(tracks)).encode()
    for name, content in files.items():
        replace_file(out / name, content)
    return [out / name for name in ("map.html", "map.json", "map.png")]


def map_numbers(model: OneShotModel) -> dict[str, Any]:
    """Return the map as plain values: a place for each sound and class, and the neighbours."""
    points = model.known.positions
    centres = [model.centre(label).array() for label in model.classes]
    place, share = principal(np.concatenate([points, *[c[None] for c in centres]]))
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, : min(NEAREST, len(points) - 1)]
    sounds = [
        {
            "name": name,
            "label": model.label_of(row),
            "place": _plain(place[row]),
            "position": _plain(points[row]),
            "neighbours": [model.known.names[near] for near in order[row]],
        }
        for row, name in enumerate(model.known.names)
    ]
    classes = [
        {
            "name": label,
            "place": _plain(place[len(points) + number]),
            "position": _plain(centres[number]),
            "sounds": int((model.known.labels == number).sum()),
        }
        for number, label in enumerate(model.classes)
    ]
    return {
        "model": model.name,
        "axes": [axis.name for axis in model.axes],
        "shares_of_variance": _plain(share),
        "neighbours_of_same_class": round(same_class(model), 4),
        "classes": classes,
        "sounds": sounds,
    }


def same_class(model: OneShotModel) -> float:
    """Return the part of the labelled sounds whose nearest labelled neighbour has their class."""
    known = model.known.labels >= 0
    points, labels = model.known.positions[known], model.known.labels[known]
    if len(points) < 2:
        return 0.0
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    return float((labels[distances.argmin(axis=1)] == labels).mean())


def _plain(values: npt.NDArray[np.floating[Any]]) -> list[float]:
    return [round(float(value), 5) for value in values]


def _draw(model: OneShotModel, numbers: dict[str, Any]) -> Figure:
    """Draw the sounds on the two main directions, with a colour and a mark for each class."""
    from matplotlib import colormaps

    figure = new_figure(9.0, 7.0)
    axis = figure.subplots()
    colours = colormaps["tab10"]
    sounds = numbers["sounds"]
    for number, label in enumerate(("", *model.classes)):
        places = np.array([s["place"] for s in sounds if s["label"] == label]).reshape(-1, 2)
        if not len(places):
            continue
        colour = colours((number - 1) % COLOURS) if label else "#B8B8B8"
        mark = MARKS[number % len(MARKS)]
        title = f"{label or 'no class'} ({len(places)})"
        x, y = places.T
        axis.scatter(x, y, s=22, color=[colour], marker=mark, alpha=0.8, linewidths=0, label=title)
    for one in numbers["classes"]:
        axis.annotate(one["name"], one["place"], ha="center", weight="bold")
    share = numbers["shares_of_variance"]
    axis.set(
        xlabel=f"first direction ({share[0]:.0%} of the variance)",
        ylabel=f"second direction ({share[1]:.0%})",
    )
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _html(model: OneShotModel, numbers: dict[str, Any], tracks: tuple[Track, ...]) -> str:
    """Return the page with the picture, the class centres as sounds, and the neighbours."""
    rows = [("sound", "class", "nearest sounds")]
    rows += [
        (one["name"], one["label"] or "none", ", ".join(one["neighbours"]))
        for one in numbers["sounds"]
    ]
    plate = Plate(
        "map.png",
        f"Map of the {len(numbers['sounds'])} sounds of {model.name}",
        "Each mark is a sound, each word the centre of a class. Sounds that are near each other "
        "in the latent space are similar. Play the centres below: they are clean prototypes.",
        tracks=tracks,
        table=tuple(rows),
    )
    lead = (
        f"{numbers['neighbours_of_same_class']:.0%} of the sounds have their own class as the "
        "nearest neighbour."
    )
    about = f"{len(numbers['sounds'])} sounds in {len(model.classes)} classes."
    return page(f"{model.name}: map", about, [Section("map", "Map", lead, (plate,))])


def nearest_label(model: OneShotModel, position: LatentPosition) -> str:
    """Return the class of the nearest labelled training sound."""
    known = np.flatnonzero(model.known.labels >= 0)
    off = np.square(model.known.positions[known] - position.array()).sum(axis=1)
    return model.label_of(int(known[off.argmin()]))
