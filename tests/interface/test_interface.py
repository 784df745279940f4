"""The public interface is what its record says; nothing is removed or changed by accident."""

import copy
import json
from typing import Any

import pytest

from tests.interface.__main__ import RECORD
from tests.interface.collect import collect
from tests.interface.compare import differences


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """Read the record."""
    interface: dict[str, Any] = json.loads(RECORD.read_text())
    return interface


def test_the_interface_is_the_recorded_one(recorded: dict[str, Any]) -> None:
    now = json.loads(json.dumps(collect()))
    found = [str(one) for one in differences(recorded, now)]
    assert not found, "python -m tests.interface records what is meant to differ"


def test_an_argument_that_may_be_left_out_is_an_addition() -> None:
    old = {"osc": [{"name": "id", "default": None}]}
    for default, kind, path in (("auto", "added", ("osc", "way")), (None, "changed", ("osc",))):
        new = {"osc": [*old["osc"], {"name": "way", "default": default}]}
        assert [(one.kind, one.path) for one in differences(old, new)] == [(kind, path)]


def test_an_option_that_may_be_left_out_is_an_addition() -> None:
    old: dict[str, list[Any]] = {
        "environment": ["A_PORT"],
        "parameters": [{"name": "title", "required": False}],
    }
    for needed, kind in ((False, "added"), (True, "changed")):
        query = [{"name": "knobs", "required": needed}, *old["parameters"]]
        new = {"environment": ["A_PATCH", "A_PORT"], "parameters": query}
        assert [one.kind for one in differences(old, new)] == ["added", kind]
    assert [one.kind for one in differences(old, old | {"environment": []})] == ["changed"]
    assert [one.kind for one in differences({"required": ["a"]}, {"required": ["a", "b"]})] == [
        "changed"
    ]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (("commands", "patchwright render", "--count"), "removed"),
        (("http", "paths", "/v1/match", "post"), "removed"),
        (("osc", "to the server", "/patchwright/match"), "removed"),
        (("files", "match.json", "candidates"), "removed"),
        (("files", "results.json", "arms"), "removed"),
        (("specs", "synths", "vital-32"), "changed"),
        (("models", "vital-32", "model.safetensors"), "changed"),
    ],
)
def test_a_difference_is_found(recorded: dict[str, Any], path: tuple[str, ...], kind: str) -> None:
    """The record holds each of these, and a change of it is seen."""
    other = copy.deepcopy(recorded)
    part = other
    for key in path[:-1]:
        part = part[key]
    if kind == "removed":
        del part[path[-1]]
    else:
        part[path[-1]] = "0000"
    assert [(one.kind, one.path) for one in differences(recorded, other)] == [(kind, path)]
    if kind == "removed":
        assert [one.kind for one in differences(other, recorded)] == ["added"]
