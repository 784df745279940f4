"""Search near a player's own patch by its renders, as far as the surrogate is wrong there.

A surrogate learned the sounds of one template. On another patch it can be useless. So the first
renders measure it (``LocalSteps.trust``). As many renders as it is wrong are then chosen without
it: probes move one parameter each, and steps go where the measured slopes lead (Gauss-Newton steps:
Nocedal and Wright, "Numerical optimization", 2006, section 10.3).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from datasets.spec import FloatArray, SynthSpec

PROBE = 0.12  # Move of a parameter in a probe, unit value.
PROBES = 10  # Parameters that are probed at most.
REGION = 0.25  # Largest move of a parameter in one step, unit value.
NEAR = 1.0  # Presets this far from the best one (Euclidean) say nothing about its slopes.
CURVED = 3.0  # Change that is not linear, relative to the linear change, for each unit of a move.
SMALLEST = 0.01  # A step that moves no parameter by this is none.
FEWEST = 2  # Near renders before the surrogate is judged, and before the first step.
TRUSTED = 0.6  # From this trust on the surrogate chooses every render.
FAR_DB = 9.0  # While the best distance is above, no parameter is probed alone.
PASSES = 50  # of the coordinate descent in one step
MOST = 128  # Renders to remember, the best ones. The cost grows with their cube.


class LocalModel:
    """Predict the features near a rendered preset: base + move @ slopes, by ridge regression."""

    def __init__(self, base: FloatArray, moves: FloatArray, features: FloatArray) -> None:
        """Estimate the slopes from presets near the base.

        Args:
            base: Features of the base preset, dB, shape (K,).
            moves: Other presets minus the base, shape (N, P).
            features: Their features, dB, shape (N, K).
        """
        self._base, length = base.astype(np.float64), np.linalg.norm(moves, axis=1)
        near = (length > 0) & (length < NEAR)
        near_moves, length = moves[near].astype(np.float64), length[near]
        changes = features[near] - self._base
        size = np.linalg.norm(changes, axis=1) / length
        self._prior = float(np.median(size)) if len(size) else 1.0
        noise = np.square(CURVED * np.square(length)) + 1e-6
        gram = near_moves @ near_moves.T + np.diag(noise)
        gain = np.linalg.solve(gram, near_moves)
        self._slopes = gain.T @ changes  # (P, K) dB
        # Covariance of the slopes as a share of the prior's: 1 for a parameter that never moved.
        self._doubt = np.eye(moves.shape[1]) - near_moves.T @ gain

    def step(
        self, target: FloatArray, low: FloatArray, high: FloatArray
    ) -> npt.NDArray[np.float64]:
        """Return the move (P,) that is expected to come nearest to the target.

        Args:
            target: Features of the target, dB, shape (K,).
            low: Smallest move of each parameter, shape (P,).
            high: Largest move of each parameter, shape (P,).

        Returns:
            The move. What is not known about the slopes counts as distance.
        """
        aim = self._slopes @ (target - self._base)
        matrix = self._slopes @ self._slopes.T + np.square(self._prior) * self._doubt
        matrix += 1e-6 * np.eye(len(aim))
        move = np.zeros(len(aim))
        for _ in range(PASSES):
            for i in np.flatnonzero(high > low):
                rest = aim[i] - matrix[i] @ move + matrix[i, i] * move[i]
                move[i] = min(max(rest / matrix[i, i], low[i]), high[i])
        return move


class LocalSteps:
    """Propose presets near the best one of a search on a player's own patch."""

    def __init__(
        self,
        spec: SynthSpec,
        start: FloatArray,
        free: Collection[int],
        target: FloatArray,
        effects: FloatArray,
    ) -> None:
        """Prepare; nothing is known yet.

        Args:
            spec: The spec on the patch.
            start: The patch itself, (P,). It is rendered first.
            free: Positions of the parameters that may move; stepped ones never do here.
            target: Features of the target, dB, shape (K,).
            effects: Expected effect of each parameter, shape (P,): the largest are probed first.
        """
        self._spec, self._patch, self._target = spec, start, target
        continuous = [i for i in free if spec.parameters[i].kind == "continuous"]
        self._moves = np.isin(np.arange(len(spec)), continuous)
        self._ahead = sorted(continuous, key=lambda i: -effects[i])[:PROBES]
        self._units: list[FloatArray] = []
        self._features: list[FloatArray] = []
        self._judged: list[float] = []
        # The patch itself: unit vector, predicted features, measured features.
        self._start: tuple[FloatArray, FloatArray, FloatArray] | None = None
        self._right: list[float] = []  # cosines of predicted and measured changes
        self._turns, self._screened = 0, 0

    def hear(
        self,
        units: FloatArray,
        predicted: FloatArray,
        measured: FloatArray,
        judged: Sequence[float],
    ) -> None:
        """Learn from rendered presets; the first one of all is the patch itself.

        Args:
            units: Presets, shape (N, P).
            predicted: Features that the surrogate predicted, dB, shape (N, K).
            measured: Features of the renders, dB, shape (N, K).
            judged: J to the target, dB, N values.
        """
        for unit, guess, features, j in zip(units, predicted, measured, judged, strict=True):
            if self._start is None:
                self._start = unit, guess, features
            elif 0 < np.linalg.norm(unit - self._start[0]) < NEAR:
                self._right.append(_cosine(guess - self._start[1], features - self._start[2]))
            self._units.append(unit)
            self._features.append(features)
            self._judged.append(j)
        while len(self._units) > MOST:
            worst = int(np.argmax(self._judged))
            for known in (self._units, self._features, self._judged):
                del known[worst]

    @property
    def trust(self) -> float:
        """Return how right the surrogate is near the patch, 0..1.

        It is the mean cosine of predicted and measured changes; 0 before it is measured.
        """
        return max(0.0, float(np.mean(self._right))) if len(self._right) >= FEWEST else 0.0

    def report(self, cells: int) -> dict[str, float]:
        """Return the error of the surrogate at the patch in dB, and the trust in it.

        Args:
            cells: Cells of a log-mel.

        Returns:
            ``error_db`` (root mean square over the cells) and ``trust``; empty without a render.
        """
        if self._start is None:
            return {}
        wrong = np.square(self._start[2] - self._start[1]).sum() / cells
        return {"error_db": float(np.sqrt(wrong)), "trust": self.trust}

    def proposals(self, played: Collection[bytes], count: int) -> list[FloatArray]:
        """Return presets to render, fewer than ``count`` where the surrogate chooses.

        Args:
            played: Bytes of every preset that was rendered or chosen.
            count: Number of presets wanted.

        Returns:
            At most ``count`` presets (P,).
        """
        if not self._units:
            return self._probe(self._patch)[:count] if self._patch.tobytes() in played else []
        if self.trust >= TRUSTED:
            return []
        base = int(np.argmin(self._judged))
        found = self._step(base)
        while len(found) < count and self._probes_next(base):
            found += self._probe(self._units[base])
        return [unit for unit in found if unit.tobytes() not in played][:count]

    def _probes_next(self, base: int) -> bool:
        """Return whether the next render is a probe, so that the surrogate gets its share."""
        if not self._ahead or self._judged[base] > FAR_DB:
            return False
        self._turns += 1
        screened = self._screened < self.trust * self._turns
        self._screened += screened
        return not screened

    def _probe(self, preset: FloatArray) -> list[FloatArray]:
        """Return a preset with the next parameter moved; nothing after the last one."""
        if not self._ahead:
            return []
        unit, index = preset.copy(), self._ahead.pop(0)
        unit[index] += PROBE if unit[index] < 0.5 else -PROBE
        return [self._spec.snap(unit)]

    def _step(self, base: int) -> list[FloatArray]:
        """Return the best preset moved by the slopes, if that is a move."""
        unit = self._units[base]
        moves = np.stack(self._units) - unit
        length = np.linalg.norm(moves, axis=1)
        if np.count_nonzero((length > 0) & (length < NEAR)) < FEWEST:
            return []
        model = LocalModel(self._features[base], moves * self._moves, np.stack(self._features))
        low = np.where(self._moves, np.maximum(-unit, -REGION), 0.0)
        high = np.where(self._moves, np.minimum(1 - unit, REGION), 0.0)
        move = model.step(self._target, low, high)
        if np.abs(move).max() < SMALLEST:
            return []
        moved = self._spec.snap((unit + move).astype(np.float32))
        near = any(np.abs(moved - one).max() < SMALLEST for one in self._units)
        return [] if near else [moved]


def _cosine(one: FloatArray, other: FloatArray) -> float:
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / length if length else 0.0
