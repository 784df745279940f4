"""The instrument: a preset, and knobs that move it through the latent space.

Knows no transport. Knob k moves one axis of z; with p its position and r its place of rest,

    z = z0 + sum over k of (p_k - r_k) * (high_k - low_k) along axis_k
    unit = clip(unit0 + (z_to_unit(z) - z_to_unit(z0)))

(with a surrogate, p_k is first laid out by what is heard: ``models.instrument.knob_taper``),

so that with every knob at rest z is z0 to the bit, the difference is zero and unit is unit0: what
the flow's round trip or a clamp loses never reaches the preset.
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
from models.instrument.protocols import Playable
from models.networks.flow_numpy import NumpyFlow
from models.networks.flow_vae import FlowVAE
from renderer.engines.base import open_engine

PREVIEW_NOTE = 60.0  # MIDI: a knob is laid out by what it does at middle C


@dataclass(frozen=True)
class Knob:
    """A macro-knob and where it stands."""

    index: int  # from 1
    name: str
    position: float  # 0..1, exactly a float32: it survives the wire


class ParameterValue(
    NamedTuple
):  # of dozens a turn: a frozen dataclass takes five times as long to make
    """One parameter's value, as a display and a host need it."""

    name: str
    unit: float  # 0..1
    native: float  # the plugin's own value
    text: str  # what the plugin's display shows
    steps: int  # 0 for a continuous parameter


@dataclass(frozen=True)
class _Start:
    """A loaded preset as the knobs need it."""

    unit: FloatArray  # (P,)
    z: FloatArray  # (C,)
    image: FloatArray  # (P,) z taken back to parameters: unit, but for the flow's rounding
    spans: FloatArray  # (K,) length in z of each knob's whole way
    rest: FloatArray  # (K,) position 0..1 at which each knob leaves the preset as it is


@dataclass(frozen=True)
class InstrumentState:
    """Everything that an instrument has to come back to, but its locks."""

    start: _Start
    positions: FloatArray  # (K,) of the knobs
    unit: FloatArray  # (P,)


class Instrument:
    """The present preset and its knobs. One thread at a time; the ``check_*`` from any thread."""

    def __init__(self, checkpoint: Playable) -> None:
        self.spec = checkpoint.spec
        self._model, self._preview = checkpoint.model, checkpoint.surrogate
        self._one = NumpyFlow(self._model) if isinstance(self._model, FlowVAE) else None
        self._macros = tuple(checkpoint.macros)
        self._axes = np.array([macro.axis for macro in self._macros], np.int64)
        self._low = np.array([macro.low for macro in self._macros], np.float32)
        self._high = np.array([macro.high for macro in self._macros], np.float32)
        if not (self._low < self._high).all():
            raise CheckpointError(f"model {checkpoint.name!r}: a macro's low is not below its high")
        self._indices = {name: i for i, name in enumerate(self.spec.names)}
        # Only ever asked for texts, so the state that renders would leave behind does not matter.
        self._engine = open_engine(self.spec)
        self._locked = np.zeros(len(self.spec), bool)
        self._travels: dict[int, KnobTaper] = {}
        self.spec.to_native(checkpoint.start)  # as load does
        self._start = self._start_at(checkpoint.start)
        self._positions = self._start.rest
        self._unit = self._played(self._start, self._positions, self._start.unit)
        if self._preview and self._macros:
            self._laid_out(self._start, 0)  # the first takes a second: not while someone plays

    def close(self) -> None:
        """Let go of the synth; nothing can be asked any more."""
        del self._engine

    @property
    def unit(self) -> FloatArray:
        """The present preset (P,), a copy."""
        return self._unit.copy()

    @property
    def knobs(self) -> list[Knob]:
        """All knobs and where they stand."""
        return [self.knob(n) for n in range(1, len(self._macros) + 1)]

    def knob(self, n: int) -> Knob:
        """One of them, from 1."""
        return Knob(n, self._macros[n - 1].name, float(self._positions[n - 1]))

    def load(self, unit: FloatArray) -> list[ParameterValue]:
        """Start from a preset (P,): its knobs come to rest where it lies. All parameters.

        Stepped parameters go to their steps. Raises SpecError when the vector does not fit.
        """
        self.spec.to_native(unit)  # refuses a vector of another length or beyond 0..1
        self._begin(np.where(self._locked, self._unit, unit))
        return self.refresh()

    @property
    def standing(self) -> InstrumentState:
        """Where it stands now, to come back to."""
        return InstrumentState(self._start, self._positions, self._unit)

    def stand(self, standing: InstrumentState) -> list[ParameterValue]:
        """Go back to where it stood, locked parameters too; the parameters that changed."""
        before = self._unit
        self._take(standing)
        return self._describe(np.flatnonzero(self._unit != before))

    @property
    def locked(self) -> list[str]:
        """Names of the locked parameters, in the spec's order."""
        return [self.spec.names[i] for i in np.flatnonzero(self._locked)]

    def lock(self, names: Iterable[str], on: bool = True) -> None:
        """Lock parameters where they are, or free them; SpecError for a name, then none changes."""
        names = list(names)
        for name in names:
            self.check_parameter(name, 0.0)
        self._locked[[self._indices[name] for name in names]] = on

    def turn(self, n: int, position: float) -> list[ParameterValue]:
        """Turn knob ``n`` (from 1) to a position 0..1; the parameters that changed.

        Raises ServeError for a knob or a position that does not exist.
        """
        self.check_knob(n, position)
        positions = self._positions.copy()
        positions[n - 1] = position
        unit = self._played(self._start, positions, self._unit)
        changed = np.flatnonzero(unit != self._unit)
        self._positions, self._unit = positions, unit
        return self._describe(changed)

    def set_parameter(self, name: str, unit: float) -> list[ParameterValue]:
        """Set a parameter to 0..1, though it be locked; knobs now start, at rest, from there.

        Gives the parameters that changed. Raises SpecError for a name, ServeError for a value.
        """
        self.check_parameter(name, unit)
        before, after = self._unit, self._unit.copy()
        after[self._indices[name]] = unit
        self._begin(after)
        return self._describe(np.flatnonzero(self._unit != before))

    def refresh(self) -> list[ParameterValue]:
        """All parameters."""
        return self._describe(np.arange(len(self.spec)))

    def preset(self, unit: FloatArray, title: str) -> tuple[bytes, str]:
        """A preset (P,) in the synth's own format, and the ending of such files."""
        self._engine.set(self.spec.to_native(unit))
        return self._engine.preset(title), self._engine.preset_suffix

    def check_knob(self, n: int, position: float) -> None:
        """ServeError unless there is a knob ``n`` and the position is within 0..1."""
        if not 1 <= n <= len(self._macros):
            raise ServeError(f"no knob {n}: there are 1 to {len(self._macros)}")
        if not 0 <= position <= 1:
            raise ServeError(f"knob {n}: {position} is outside 0..1")

    def check_parameter(self, name: str, unit: float) -> None:
        """SpecError unless the parameter exists, ServeError unless the value is within 0..1."""
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
            self._travels = {}
        self._start, self._positions = standing.start, standing.positions
        self._unit = standing.unit

    def _start_at(self, unit: FloatArray) -> _Start:
        # Adding 0 turns -0.0 into the plain 0.0 that clipping would make of it.
        unit = self.spec.snap(unit) + np.float32(0)
        z = self._to_z(unit)
        at = z[self._axes]
        # A preset beyond the calibrated range widens it: a knob must be able to rest on it.
        low, high = np.minimum(self._low, at), np.maximum(self._high, at)
        rest = np.clip((at - low) / (high - low), 0, 1).astype(np.float32)
        return _Start(unit, z, self._to_unit(z, unit), high - low, rest)

    def _played(self, start: _Start, positions: FloatArray, held: FloatArray) -> FloatArray:
        """The preset of such positions; locked parameters are as ``held`` (P,)."""
        z = start.z.copy()
        # add.at, for two knobs may share an axis.
        np.add.at(z, self._axes, (self._shares(start, positions) - start.rest) * start.spans)
        # The brackets matter: only a difference that comes first is exactly 0 at rest.
        unit = start.unit + (self._to_unit(z, start.unit) - start.image)
        if not np.isfinite(unit).all():
            raise ServeError("the model has no preset there: turn the knobs back towards rest")
        return np.where(self._locked, held, np.clip(unit, 0.0, 1.0))

    def _shares(self, start: _Start, positions: FloatArray) -> FloatArray:
        """How far along its axis each knob is (K,); exactly the place of rest for one at rest."""
        shares = positions.copy()
        moved = np.flatnonzero(positions != start.rest) if self._preview else np.array([], int)
        for k in moved.tolist():
            if k not in self._travels:
                self._travels[k] = self._laid_out(start, k)
            shares[k] = self._travels[k].share(positions[k])
        return shares

    @torch.no_grad()
    def _laid_out(self, start: _Start, k: int) -> KnobTaper:
        """Knob ``k``'s travel from a preset, the others at rest."""
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
        """Presets (N, P) of points (N, C), the stepped parameters of one (P,)."""
        if self._one is not None:
            return self._one.to_unit(z, like)
        rows = torch.from_numpy(z), torch.from_numpy(np.tile(like, (len(z), 1)))
        return self._model.z_to_unit(*rows).numpy()

    # One row at a time, always: a batch of two may sum in another order and miss rest by a bit.
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
        return ParameterValue(parameter.name, unit, native, text, parameter.steps)
