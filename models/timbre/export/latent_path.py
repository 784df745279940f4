"""Follow a path through a latent space, and describe the held sound at its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.errors import SpecError
from models.timbre.contract import TimbreModel
from models.timbre.latent import LatentPosition, position_of_knobs
from models.timbre.tone import MOST_HARMONICS, START_PHASES, Float64, Tone, sample_envelope

SOUNDING_DB = -12.0  # A one-shot is described by the frames within this of its loudest one.


@dataclass(frozen=True)
class LatentPath:
    """Hold a path between two positions: straight, or straight to its middle and from there.

    Attributes:
        start: LatentPosition at share 0.
        end: LatentPosition at share 1.
        middle: LatentPosition at share 0.5; None for a straight path.
    """

    start: LatentPosition
    end: LatentPosition
    middle: LatentPosition | None = None

    def points(self, model: TimbreModel, count: int) -> list[LatentPosition]:
        """Return evenly spaced positions, the start first; one point is the middle."""
        shares = np.linspace(0, 1, count) if count > 1 else np.array([0.5])
        return [self._point(model, float(share)) for share in shares]

    def _point(self, model: TimbreModel, share: float) -> LatentPosition:
        """Return the position at a share, 0 to 1."""
        if self.middle is None:
            return model.morph(self.start, self.end, share)
        if share <= 0.5:
            return model.morph(self.start, self.middle, 2 * share)
        return model.morph(self.middle, self.end, 2 * share - 1)


def path_of_knobs(
    model: TimbreModel, start: Sequence[float] | None, end: Sequence[float] | None
) -> LatentPath:
    """Return the path between two settings of the knobs.

    Args:
        model: The model.
        start: Knob positions 0 to 1; axes without one stay in the middle. By default the model's
            start with the first axis at 0.
        end: The same for the end, by default with the first axis at 1.

    Returns:
        The path.

    Raises:
        SpecError: There are more positions than axes, or one is not from 0 to 1.
    """
    ends = []
    for name, knobs, first in (("--start", start, 0.0), ("--end", end, 1.0)):
        if knobs is None:
            centre = [axis.knob(v) for axis, v in zip(model.axes, model.start.values, strict=True)]
            knobs = [first, *centre[1:]]
        else:
            check_knobs(model, knobs, name)
        ends.append(position_of_knobs(model.axes, knobs))
    return LatentPath(*ends)


def path_around(model: TimbreModel, knobs: Sequence[float], option: str = "knobs") -> LatentPath:
    """Return the path along the first axis whose middle is a setting of the knobs.

    Args:
        model: The model.
        knobs: Knob positions 0 to 1; axes without one stay in the middle.
        option: Name of the knobs, for the error.

    Returns:
        The path: the first axis goes from 0 to 1, and the other axes do not move.

    Raises:
        SpecError: There are more positions than axes, or one is not from 0 to 1.
    """
    check_knobs(model, knobs, option)
    rest = list(knobs)[1:]
    start, end = ([first, *rest] for first in (0.0, 1.0))
    return LatentPath(*(position_of_knobs(model.axes, at) for at in (start, end, knobs)))


def check_knobs(model: TimbreModel, knobs: Sequence[float], option: str) -> None:
    """Check the knob positions that an option gives.

    Args:
        model: The model.
        knobs: The positions.
        option: Name of the option, for the error.

    Raises:
        SpecError: There are more positions than axes, or one is not from 0 to 1.
    """
    if len(knobs) > len(model.axes):
        raise SpecError(
            f"{option}: {len(knobs)} positions, but {model.name} has {len(model.axes)} axes; give "
            "at most one for each"
        )
    wrong = [knob for knob in knobs if not 0 <= knob <= 1]
    if wrong:
        raise SpecError(f"{option} {wrong[0]:g}: a knob's position is from 0 to 1")


def steady_frames(tone: Tone, midi: float) -> npt.NDArray[np.int64]:
    """Return the frames of a tone that sound while a key is held."""
    if tone.loop_start is not None:
        return np.arange(tone.loop_start, len(tone))
    level_db = 20 * np.log10(levels(tone, midi) + 1e-9)
    return np.flatnonzero(level_db > level_db.max() + SOUNDING_DB)


def levels(tone: Tone, midi: float) -> Float64:
    """Return the RMS level of the harmonics of each frame, (frames,)."""
    amplitudes = sample_envelope(tone.harmonics_db, _hz(tone, midi)).astype(np.float64)
    return np.asarray(np.sqrt((amplitudes**2).sum(axis=1) / 2))


def steady_spectrum(tone: Tone, midi: float) -> npt.NDArray[np.complex128]:
    """Return the complex amplitudes of the harmonics of a held note, (MOST_HARMONICS,).

    The magnitude is the root mean square over the frames. A harmonic with the phase p is
    ``sin(2 pi k c + p)``, as in the contract.
    """
    amplitudes = sample_envelope(tone.harmonics_db, _hz(tone, midi)).astype(np.float64)
    power = (amplitudes[steady_frames(tone, midi)] ** 2).mean(axis=0)
    phases = START_PHASES[:MOST_HARMONICS] - np.pi / 2
    return np.asarray(np.sqrt(power) * np.exp(1j * phases))


def steady_noise_db(tone: Tone, midi: float) -> Float64:
    """Return the mean power density of the noise of a held note in dB, (NOISE_BANDS,)."""
    power = 10 ** (tone.noise_db[steady_frames(tone, midi)].astype(np.float64) / 10)
    return np.asarray(10 * np.log10(power.mean(axis=0)))


def _hz(tone: Tone, midi: float) -> Float64:
    return np.full(len(tone), 440.0 * 2 ** ((midi - 69) / 12))
