"""Check the measured effects of parameters on real Vital."""

from __future__ import annotations

from dataclasses import replace

from datasets.spec import load_spec
from models.evaluation.parameter_effects import parameter_effects, table


def test_a_control_that_acts_is_distinguished_from_one_that_cannot() -> None:
    spec = load_spec("vital-16")
    cutoff = spec.parameters[spec.names.index("filter_1_cutoff")]
    dead = replace(cutoff, name="filter_2_cutoff")  # filter 2 is off in this template
    few = replace(spec, parameters=(cutoff, dead))
    acting, inert = parameter_effects(few, workers=1, patches=4)
    assert acting.acts
    assert acting.mean_db > 1
    assert not inert.acts
    assert inert.mean_db == 0
    assert "**Below the bar:** filter_2_cutoff" in table(few, [acting, inert], 4)
