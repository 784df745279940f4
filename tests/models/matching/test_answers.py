"""The choice of the answer, its file names, and requests that are refused."""

import numpy as np
import pytest

from datasets.errors import SpecError
from datasets.spec import load_spec
from models.matching.answers import PresetAnswer, choose
from models.matching.confidence import confidence
from models.matching.options import PARAMETERS, RESYNTHESIS, MatchOptions

VITAL, AMSYNTH = load_spec("vital-32"), load_spec("amsynth-34")


def answer(method: str, distance: float) -> PresetAnswer:
    sure = confidence(distance, 0.0, 16, {})
    return PresetAnswer(method, b"", ".vital", np.zeros((2, 1), np.float32), 2.0, sure, "")


@pytest.mark.parametrize(
    ("method", "near", "drawn", "chosen"),
    [
        ("auto", 5.0, 1.0, RESYNTHESIS),
        ("auto", 1.0, 5.0, PARAMETERS),
        ("auto", 1.0, 1.0, PARAMETERS),
        (PARAMETERS, 5.0, 1.0, PARAMETERS),
        (RESYNTHESIS, 1.0, 5.0, RESYNTHESIS),
    ],
)
def test_auto_gives_the_answer_with_the_smaller_distance(
    method: str, near: float, drawn: float, chosen: str
) -> None:
    answers = [answer(PARAMETERS, near), answer(RESYNTHESIS, drawn)]
    assert choose(answers, method).method == chosen


def test_without_a_resynthesis_the_parametric_answer_is_given() -> None:
    assert choose([answer(PARAMETERS, 5.0)], "auto").method == PARAMETERS


def test_the_chosen_answer_has_fixed_file_names() -> None:
    one = answer(RESYNTHESIS, 1.0)
    assert one.file_names(chosen=True) == ("preset.vital", "match.wav")
    assert one.file_names(chosen=False) == ("resynthesis.vital", "resynthesis.wav")


def test_a_resynthesis_needs_vital_and_renders() -> None:
    assert MatchOptions("quick").resynthesises(VITAL)
    assert not MatchOptions("instant").resynthesises(VITAL)
    assert not MatchOptions("quick").resynthesises(AMSYNTH)
    assert not MatchOptions("quick", method=PARAMETERS).resynthesises(VITAL)


@pytest.mark.parametrize(
    ("options", "spec", "words"),
    [
        (MatchOptions("quick", method=RESYNTHESIS), AMSYNTH, "--model vital-32"),
        (MatchOptions("instant", method=RESYNTHESIS), VITAL, "quick or more"),
    ],
)
def test_an_impossible_resynthesis_is_refused(
    options: MatchOptions, spec: object, words: str
) -> None:
    with pytest.raises(SpecError, match=words):
        options.check(VITAL if spec is VITAL else AMSYNTH)


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(SpecError, match=r"'magic'.*auto, parameters, resynthesis"):
        MatchOptions(method="magic")
