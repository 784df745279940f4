"""Read the hits of a folder, with their channels and their own sample rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError
from models.audio.decode import read_part
from models.timbre.corpus.note import Report, is_sound_file

Float32 = npt.NDArray[np.float32]

MOST_READ_S = 30.0  # A longer file is read only up to here.


@dataclass(frozen=True)
class RawHit:
    """Hold a sound as its file has it.

    Attributes:
        name: Path of the file within its folder, with ``/``.
        samples: Audio, (channels, n).
        sample_rate: Hz.
    """

    name: str
    samples: Float32
    sample_rate: int


def read_hits(
    folder: Path, report: Report, show: Callable[[str], None] = lambda line: None
) -> list[RawHit]:
    """Read the sound files of a folder and its subfolders, in the order of their names.

    Args:
        folder: The folder.
        report: What was used and skipped, is extended.
        show: Receives lines of progress.

    Returns:
        The hits, at least two.

    Raises:
        AudioError: The folder does not exist, or has fewer than two usable sounds.
    """
    if not folder.is_dir():
        raise AudioError(f"{str(folder)!r} is not a folder: give a folder of one-shot sounds")
    found = []
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or not path.is_file() or not is_sound_file(path):
            continue
        name = path.relative_to(folder).as_posix()
        try:
            found.append(read_hit(path, name))
        except AudioError as error:
            report.skipped[name] = str(error)
            continue
        show(f"sound {len(found)}: {name}")
    if len(found) < 2:
        why = "; ".join(f"{n}: {w}" for n, w in [*report.skipped.items()][:3])
        raise AudioError(f"{folder} has fewer than two usable sounds ({why or 'it is empty'})")
    return found


def read_hit(path: Path, name: str = "") -> RawHit:
    """Read one sound file.

    Args:
        path: The file.
        name: Its name; by default the name of the file.

    Returns:
        The hit, not yet cut to its onset.

    Raises:
        AudioError: The file cannot be used.
    """
    part = read_part(path, None, None, [])
    frames = part.frames[: round(MOST_READ_S * part.sample_rate)]
    return RawHit(name or path.name, np.ascontiguousarray(frames.T), part.sample_rate)


def usual_rate(hits: Sequence[RawHit], most: int = 48000) -> int:
    """Return the most frequent sample rate of hits, or ``most`` if it is lower."""
    return min(Counter(hit.sample_rate for hit in hits).most_common(1)[0][0], most)


def is_stereo(hits: Sequence[RawHit], least: float = 0.25) -> bool:
    """Return whether a part of the hits has two different channels."""
    count = sum(len(hit.samples) > 1 and not _is_same(hit.samples) for hit in hits)
    return count >= least * len(hits)


def _is_same(samples: Float32) -> bool:
    side = np.abs(samples[0] - samples[1]).max()
    return bool(side < 1e-3 * max(float(np.abs(samples).max()), 1e-9))
