"""Hold the values of a player's own patch exactly, inside and outside the learned range."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.spec import Parameter, SynthSpec, load_spec
from renderer.plugins.patch_template import on_patch

SPEC = load_spec("vital-64")


def native(parameter: Parameter, share: float) -> float:
    """Return a value at a share of the range, also outside it and between steps."""
    ends = parameter.values or (parameter.low, parameter.high)
    return min(ends) + share * (max(ends) - min(ends))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-2, 3, width=32), min_size=len(SPEC), max_size=len(SPEC)))
def test_the_patchs_own_values_come_back_exactly(shares: list[float]) -> None:
    values = {p.name: native(p, s) for p, s in zip(SPEC.parameters, shares, strict=True)}
    template = on_patch(SPEC, {"patch": "{}"}, values)
    assert template.spec.to_native(template.unit) == values
    stored = SynthSpec.from_dict(json.loads(json.dumps(template.spec.to_dict())))
    assert stored.to_native(template.unit) == values


@settings(max_examples=50, deadline=None)
@given(st.floats(-2, 3))
def test_a_range_is_monotone_and_invertible(share: float) -> None:
    parameter = Parameter("cutoff", "continuous", "filter", "Hz", 20.0, 120.0)
    held = on_patch(
        SynthSpec.from_dict(SPEC.to_dict() | {"parameters": [vars(parameter)]}),
        {},
        {"cutoff": native(parameter, share)},
    ).spec.parameters[0]
    units = np.linspace(0, 1, 201)
    natives = [held.to_native(unit) for unit in units]
    inner = [n for n in natives if n != native(parameter, share)]
    steps = np.diff(inner)
    assert (steps > 0).all()
    assert np.allclose([held.from_native(n) for n in natives], units, atol=1e-6)


def test_a_spec_without_a_patch_keeps_its_digest() -> None:
    # Datasets and models on disk carry these digests.
    assert load_spec("vital-32").digest() == "998997a2372b834b"
    assert load_spec("amsynth-34").digest() == "60a7c5d96fa68e0b"
