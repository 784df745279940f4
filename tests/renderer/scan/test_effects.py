"""Test the kinds of controls, the choice of a reset, and the floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from renderer.scan.effects import Moved, effect_of, kind_of
from renderer.scan.findings import ControlEffect, Kind
from renderer.scan.probe import Patch
from renderer.scan.reset import Reset, choose

NOTHING = ControlEffect(48, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
EXACT = Reset("fork", 24, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 10.0)


@pytest.mark.parametrize(
    ("effect", "kind"),
    [
        (NOTHING, "dead"),
        (replace(NOTHING, mean_db=4.0, max_db=9.0, share=0.8), "acts"),
        (replace(NOTHING, mean_db=0.8, max_db=18.0, share=0.2), "rare"),
        (replace(NOTHING, mean_db=0.1, max_db=2.0, share=0.1), "weak"),
        (replace(NOTHING, level_db=12.0, level_share=1.0, equal=0.0), "level"),
        (replace(NOTHING, mean_db=0.9, share=0.6, level_db=12.0, level_share=0.8), "level"),
        (replace(NOTHING, mean_db=8.6, share=1.0, level_db=11.7, level_share=1.0), "acts"),
    ],
)
def test_kinds(effect: ControlEffect, kind: Kind) -> None:
    assert kind_of(effect, floor_db=0.0) == kind


def test_nothing_below_the_floor_counts() -> None:
    moved = [Moved(Patch(np.zeros(1, np.float32), 60), 0.9, 0.0, False)] * 12
    assert kind_of(effect_of(moved, floor_db=0.0), 0.0) == "acts"
    assert kind_of(effect_of(moved, floor_db=1.0), 1.0) == "dead"


def test_the_cheapest_exact_reset_is_chosen() -> None:
    loose = replace(EXACT, method="none", processor_ms=1.0)
    fork, instance = replace(EXACT, equal=0.9, mel_max=0.4), replace(EXACT, method="instance")
    process = replace(EXACT, method="process", processor_ms=250.0)
    assert choose([loose, EXACT, instance, process]) == EXACT
    assert choose([loose, fork, instance, process]) == instance
    assert choose([loose, fork, replace(process, equal=0.5)]) == fork
    assert choose([loose, replace(EXACT, failed="it died"), process]) == process
    assert choose([loose]) is None
