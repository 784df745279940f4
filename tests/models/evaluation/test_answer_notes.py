"""Check the summary of answers at other notes."""

from __future__ import annotations

from typing import Any

from models.evaluation.answer_notes import summarise
from models.matching.options import PARAMETERS, RESYNTHESIS


def row(resynthesis: float, parameters: float, sot: float = 0.1) -> dict[str, Any]:
    def cells(value: float, sot: float) -> dict[str, dict[str, float]]:
        one = {"j": value, "wmfcc": value, "sot": sot}
        return {str(interval): one for interval in (-12, -7, 7, 12)}

    methods = {RESYNTHESIS: cells(resynthesis, sot), PARAMETERS: cells(parameters, 0.2)}
    return {"chosen": RESYNTHESIS, "methods": methods}


def test_a_choice_is_right_when_both_judges_agree() -> None:
    rows = {"near": row(4.0, 8.0), "far": row(9.0, 8.0), "one": row(5.0, 8.0, sot=0.3)}
    found = summarise(rows)
    assert found["resynthesis_nearer"] == 2 and found["instruments"] == 3
    assert found["median_j"] == {PARAMETERS: 8.0, RESYNTHESIS: 5.0}
    right = found["auto_right_at_7_semitones"]
    assert right["wmfcc"] == 2 / 3 and right["sot"] == 2 / 3 and right["both"] == 1 / 3


def test_an_instrument_without_a_resynthesis_is_not_compared() -> None:
    alone = {"chosen": PARAMETERS, "methods": {PARAMETERS: row(1.0, 8.0)["methods"][PARAMETERS]}}
    found = summarise({"drum": alone, "near": row(4.0, 8.0)})
    assert found["instruments"] == 2 and found["resynthesised"] == 1
