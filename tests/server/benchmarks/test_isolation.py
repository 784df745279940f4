"""A quick match with fork and without it: the same answers, measured side by side."""

import os

import pytest

from models.matching.options import MatchOptions
from server.benchmarks.isolation import compare_isolations
from server.sketches import sketch_paths


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has one way only")
def test_a_match_is_the_same_with_and_without_fork() -> None:
    """The renders are pure, so a search of equal length ends at the same preset."""
    options = MatchOptions("quick", method="parameters", limit_s=0.0)  # one generation
    sounds = [sketch_paths()["plucked_string"]]
    found = compare_isolations("vital-32", sounds, 1, options)["isolation"]
    fork, process = found["fork"], found["process"]
    assert fork["renders"] == process["renders"] > 0
    assert fork["distance"] == process["distance"]
    assert found["ratio"] == pytest.approx(process["ms"] / fork["ms"], abs=0.01)
