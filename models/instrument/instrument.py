"""Play a preset with knobs that move it through the latent space.

This module knows no transport. Knob k moves one axis of z. With p its position and r its default
position,

    z = z0 + sum over k of (p_k - r_k) * (high_k - low_k) along axis_k
    unit = clip(unit0 + (z_to_unit(z) - z_to_unit(z0)))

With a surrogate, ``models.instrument.knob_taper`` first adapts p_k to the sound.

With every knob at its default position, z is exactly z0, the difference is zero and unit is unit0.
So rounding in the flow and clipping never change the preset.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from datasets.errors import CheckpointError, ServeError, SpecError
from datasets.spec import FloatArray
from models.instrument.knob_taper import KnobTaper, laid_out, points
from models.instrument.protocols import OwnSynth, Panel, Playable
from models.networks.flow_numpy import NumpyFlow
from models.networks.flow_vae import FlowVAE
from renderer.engines.base import open_engine
from renderer.plugins.patch_template import idle_of, shown_names

MOVES = 0.05  # share of its range: a knob that moves a parameter by less hardly changes it
PREVIEW_NOTE = 60.0  # MIDI: tapers follow the sound at middle C


@dataclass(frozen=True)
class Knob:
    """Hold a macro-knob and its position."""

    index: int  # from 1
    name: str
    position: float  # 0..1, a float32 value, so clients receive it exactly
    idle: bool = False  # does nothing in this patch: it moves only parameters that are idle there


# A NamedTuple: a frozen dataclass takes five times as long to make, and a turn makes dozens.
class ParameterValue(NamedTuple):
    """Hold one parameter's value for a display and a host."""

    name: str
    unit: float  # 0..1
    native: float  # plugin's own value
    text: str  # on the plugin's display
    steps: int  # 0 for a continuous parameter


@dataclass(frozen=True)
class _Start:
    """Hold a loaded preset as the knobs need it.

    Attributes:
        unit: The preset, (P,).
        z: Its point in the latent space, (C,).
        image: The preset of ``z``, (P,); it differs from ``unit`` by the flow's rounding.
        spans: Range of each knob in z, (K,).
        rest: Default position 0..1 of each knob, which leaves the preset unchanged, (K,).
    """

    unit: FloatArray
    z: FloatArray
    image: FloatArray
    spans: FloatArray
    rest: FloatArray


@dataclass(frozen=True)
class InstrumentState:
    """Hold the state of an instrument, to restore it later; locks are not part of it."""

    start: _Start
    positions: FloatArray  # (K,) of the knobs
    unit: FloatArray  # (P,)


class Instrument:
    """Hold the current preset and its knobs.

    Use it from one thread at a time. The ``check_*`` methods are safe in any thread.
    """

    def __init__(self, checkpoint: Playable) -> None:
        """Start at the checkpoint's own preset.

        Raises:
            CheckpointError: A macro's low is not below its high.
            SpecError: The checkpoint's preset does not fit its spec.
        """
        self.spec = checkpoint.spec
        self._model, self._preview = checkpoint.model, checkpoint.surrogate
        self._one = NumpyFlow(self._model) if isinstance(self._model, FlowVAE) else None
        self._macros = tuple(checkpoint.macros)
        self._axes = np.array([macro.axis for macro in self._macros], np.int64)
        self._low = np.array([macro.low for macro in self._macros], np.float32)
        self._high = np.array([macro.high for macro in self._macros], np.float32)
        if not (self._low < self._high).all():
            raise CheckpointError(
                f"model {checkpoint.name!r}: a macro's low is not below its high. Train it again"
            )
        # The plugin's own names in this patch come first; the spec's names are accepted too.
        self.names = shown_names(self.spec)
        self._indices = {name: i for i, name in enumerate((*self.spec.names, *self.names))}
        self._indices = {name: i % len(self.spec) for name, i in self._indices.items()}
        # It only makes texts and preset files, so its state from earlier calls does not matter.
        self._engine = _panel_of(checkpoint)
        self._locked = np.zeros(len(self.spec), bool)
        # Parameters that do nothing in a player's own patch keep its values.
        self._idle = np.isin(self.spec.names, idle_of(self.spec))
        self._idle_knobs: frozenset[int] = frozenset()  # from 0
        self._tapers: dict[int, KnobTaper] = {}
        self.spec.to_native(checkpoint.start)  # checks the length and the range 0..1
        self._start = self._start_at(checkpoint.start)
        self._positions = self._start.rest
        self._unit = self._played(self._start, self._positions, self._start.unit)
        if self._idle.any():
            knobs = range(len(self._macros))
            self._idle_knobs = frozenset(k for k in knobs if self._moves_only_idle(k))
        if self._preview and self._macros:
            # The first one takes a second, so make it before someone plays.
            self._laid_out(self._start, 0)

    def close(self) -> None:
        """Free the synth; the instrument cannot be used after that."""
        del self._engine

    @property
    def unit(self) -> FloatArray:
        """Return a copy of the current preset, (P,)."""
        return self._unit.copy()

    @property
    def knobs(self) -> list[Knob]:
        """Return all knobs with their positions."""
        return [self.knob(n) for n in range(1, len(self._macros) + 1)]

    @property
    def knob_count(self) -> int:
        """Return the number of knobs."""
        return len(self._macros)

    def knob(self, n: int) -> Knob:
        """Return knob ``n``, counted from 1."""
        position = float(self._positions[n - 1])
        return Knob(n, self._macros[n - 1].name, position, n - 1 in self._idle_knobs)

    @property
    def idle(self) -> list[str]:
        """Return the names of the parameters that change nothing in this patch."""
        return [self.spec.names[i] for i in np.flatnonzero(self._idle)]

    def load(self, unit: FloatArray) -> list[ParameterValue]:
        """Load a preset (P,) and set every knob to its default position for that preset.

        Stepped parameters snap to their steps. Locked parameters keep their values.

        Returns:
            All parameters.

        Raises:
            SpecError: The vector has another length, or a value is outside 0..1.
        """
        self.spec.to_native(unit)  # checks the length and the range 0..1
        self._begin(np.where(self._kept, self._unit, unit))
        return self.refresh()

    @property
    def standing(self) -> InstrumentState:
        """Return the current state, to restore it later with ``stand``."""
        return InstrumentState(self._start, self._positions, self._unit)

    def stand(self, standing: InstrumentState) -> list[ParameterValue]:
        """Restore a state, locked parameters too; return the parameters that changed."""
        before = self._unit
        self._take(standing)
        return self._describe(np.flatnonzero(self._unit != before))

    @property
    def locked(self) -> list[str]:
        """Return the names of the locked parameters, in the spec's order."""
        return [self.spec.names[i] for i in np.flatnonzero(self._locked)]

    def lock(self, names: Iterable[str], on: bool = True) -> None:
        """Lock parameters at their values, or unlock them with ``on=False``.

        Raises:
            SpecError: A name is unknown; then no lock changes.
        """
        names = list(names)
        for name in names:
            self.check_parameter(name, 0.0)
        self._locked[[self._indices[name] for name in names]] = on

    def turn(self, n: int, position: float) -> list[ParameterValue]:
        """Turn knob ``n`` (from 1) to a position 0..1.

        Returns:
            The parameters that changed.

        Raises:
            ServeError: The knob or the position does not exist, or the model has no preset there.
        """
        self.check_knob(n, position)
        positions = self._positions.copy()
        positions[n - 1] = position
        unit = self._played(self._start, positions, self._unit)
        changed = np.flatnonzero(unit != self._unit)
        self._positions, self._unit = positions, unit
        return self._describe(changed)

    def set_parameter(self, name: str, unit: float) -> list[ParameterValue]:
        """Set a parameter to a unit value 0..1, even if it is locked.

        The knobs start from the new preset, at their default positions. A parameter that does
        nothing in this patch keeps the patch's value.

        Returns:
            The parameters that changed, and the one that was set if it is idle.

        Raises:
            SpecError: The name is unknown.
            ServeError: The value is outside 0..1.
        """
        self.check_parameter(name, unit)
        index = self._indices[name]
        if self._idle[index]:
            return self._describe(np.array([index]))
        before, after = self._unit, self._unit.copy()
        after[index] = unit
        self._begin(after)
        return self._describe(np.flatnonzero(self._unit != before))

    def refresh(self) -> list[ParameterValue]:
        """Return all parameters."""
        return self._describe(np.arange(len(self.spec)))

    def preset(self, unit: FloatArray, title: str) -> tuple[bytes, str]:
        """Return a preset (P,) as a file in the synth's own format, and that format's suffix."""
        self._engine.set(self.spec.to_native(unit))
        return self._engine.preset(title), self._engine.preset_suffix

    def check_knob(self, n: int, position: float) -> None:
        """Check that knob ``n`` exists and that the position is in 0..1.

        Raises:
            ServeError: The knob does not exist, or the position is outside 0..1.
        """
        if not 1 <= n <= len(self._macros):
            raise ServeError(f"no knob {n}: there are 1 to {len(self._macros)}")
        if not 0 <= position <= 1:
            raise ServeError(f"knob {n}: {position} is outside 0..1")

    def check_parameter(self, name: str, unit: float) -> None:
        """Check that the parameter exists and that the unit value is in 0..1.

        Raises:
            SpecError: The parameter does not exist.
            ServeError: The value is outside 0..1.
        """
        if name not in self._indices:
            raise SpecError(f"{self.spec.name} has no parameter {name[:100]!r}")
        if not 0 <= unit <= 1:
            raise ServeError(f"{name}: unit value {unit} is outside 0..1")

    def _begin(self, unit: FloatArray) -> None:
        start = self._start_at(unit)
        played = self._played(start, start.rest, start.unit)
        self._take(InstrumentState(start, start.rest, played))

    def _take(self, standing: InstrumentState) -> None:
        if standing.start is not self._start:
            self._tapers = {}
        self._start, self._positions = standing.start, standing.positions
        self._unit = standing.unit

    def _start_at(self, unit: FloatArray) -> _Start:
        # Adding 0 turns -0.0 into 0.0, as clipping does later.
        unit = self.spec.snap(unit) + np.float32(0)
        z = self._to_z(unit)
        at = z[self._axes]
        # A preset outside the calibrated range widens it, so its knob has a default position.
        low, high = np.minimum(self._low, at), np.maximum(self._high, at)
        rest = np.clip((at - low) / (high - low), 0, 1).astype(np.float32)
        return _Start(unit, z, self._to_unit(z, unit), high - low, rest)

    def _played(self, start: _Start, positions: FloatArray, held: FloatArray) -> FloatArray:
        """Return the preset of the knobs' positions; locked parameters are as in ``held`` (P,)."""
        z = start.z.copy()
        # add.at, because two knobs may share an axis.
        np.add.at(z, self._axes, (self._shares(start, positions) - start.rest) * start.spans)
        # Keep the brackets: at the default positions, the difference is then exactly 0.
        unit = start.unit + (self._to_unit(z, start.unit) - start.image)
        if not np.isfinite(unit).all():
            raise ServeError(
                "the model has no preset there: turn the knobs back to their default positions"
            )
        return np.where(self._kept, held, np.clip(unit, 0.0, 1.0))

    @property
    def _kept(self) -> npt.NDArray[np.bool_]:
        """Return a mask (P,) of the parameters that no knob and no preset changes."""
        return self._locked | self._idle

    def _moves_only_idle(self, k: int) -> bool:
        """Return whether knob ``k`` moves no parameter that acts by more than ``MOVES``."""
        ends = np.array([0.0, 1.0], np.float32)
        z = np.tile(self._start.z, (len(ends), 1))
        z[:, self._axes[k]] += (ends - self._start.rest[k]) * self._start.spans[k]
        moved = self._to_units(z, self._start.unit) - self._start.image
        units = np.clip(self._start.unit + np.nan_to_num(moved), 0.0, 1.0)
        travel = np.abs(units - self._start.unit).max(axis=0)
        return bool((travel[~self._idle] < MOVES).all())

    def _shares(self, start: _Start, positions: FloatArray) -> FloatArray:
        """Return the share of each knob's range, (K,); exactly ``rest`` for an unmoved knob."""
        shares = positions.copy()
        moved = np.flatnonzero(positions != start.rest) if self._preview else np.array([], int)
        for k in moved.tolist():
            if k not in self._tapers:
                self._tapers[k] = self._laid_out(start, k)
            shares[k] = self._tapers[k].share(positions[k])
        return shares

    @torch.no_grad()
    def _laid_out(self, start: _Start, k: int) -> KnobTaper:
        """Return the taper of knob ``k``, with the other knobs at their default positions."""
        assert self._preview is not None
        rest = float(start.rest[k])
        shares = points(rest)
        z = np.tile(start.z, (len(shares), 1))
        z[:, self._axes[k]] += (shares - rest) * start.spans[k]
        moved = self._to_units(z, start.unit) - start.image
        unit = torch.from_numpy(np.nan_to_num(np.clip(start.unit + moved, 0, 1)))
        features, _ = self._preview(unit, torch.full((len(unit),), PREVIEW_NOTE))
        return laid_out(shares, features.numpy(), rest)

    def _to_units(self, z: FloatArray, like: FloatArray) -> FloatArray:
        """Return presets (N, P) of points (N, C), with the stepped parameters of ``like`` (P,)."""
        if self._one is not None:
            return self._one.to_unit(z, like)
        rows = torch.from_numpy(z), torch.from_numpy(np.tile(like, (len(z), 1)))
        return self._model.z_to_unit(*rows).numpy()

    # Always one row at a time. A batch of two may sum in another order, and a knob at its default
    # position would change the preset by a rounding error.
    @torch.no_grad()
    def _to_z(self, unit: FloatArray) -> FloatArray:
        if self._one is not None:
            return self._one.to_z(unit)
        return self._model.unit_to_z(torch.from_numpy(unit)[None])[0].numpy().copy()

    @torch.no_grad()
    def _to_unit(self, z: FloatArray, like: FloatArray) -> FloatArray:
        if self._one is not None:
            return self._one.to_unit(z, like)
        rows = torch.from_numpy(z)[None], torch.from_numpy(like)[None]
        return self._model.z_to_unit(*rows)[0].numpy().copy()

    def _describe(self, indices: npt.NDArray[np.int64]) -> list[ParameterValue]:
        return [self._change(i) for i in indices.tolist()]

    def _change(self, index: int) -> ParameterValue:
        parameter, unit = self.spec.parameters[index], float(self._unit[index])
        native = float(parameter.to_native(unit))
        self._engine.set({parameter.name: native})
        text = self._engine.text(parameter.name)
        return ParameterValue(self.names[index], unit, native, text, parameter.steps)


def _panel_of(checkpoint: Playable) -> Panel:
    """Return a playable's own panel, or the engine of its spec."""
    return checkpoint.panel() if isinstance(checkpoint, OwnSynth) else open_engine(checkpoint.spec)
