"""What hosts call parameters: Vital's table against its engine, and how names are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets.errors import SpecError
from datasets.sampler import sample
from datasets.spec import available_specs, load_spec
from plugin_bridge.sync.host_parameters import (
    VITAL,
    HostParameter,
    find_names,
    host_parameters,
    plugin_names,
)
from tests.long.vital_names import table


def test_vitals_table_is_what_the_engine_says() -> None:
    said = VITAL.read_text(encoding="utf-8")
    assert said == table(), "run: python -m tests.long.vital_names > plugin_bridge/sync/vital.toml"


@pytest.mark.parametrize("name", available_specs())
def test_there_and_back_is_the_same_native_value(name: str) -> None:
    spec = load_spec(name)
    hosts = host_parameters(spec)
    assert tuple(hosts) == spec.names
    for index in range(20):
        native = spec.to_native(sample(spec, seed=1, index=index).unit)
        host = {key: hosts[key].to_host(value) for key, value in native.items()}
        assert all(0 <= value <= 1 for value in host.values())
        back = {key: hosts[key].to_native(value) for key, value in host.items()}
        units = spec.from_native(back), spec.from_native(native)
        assert np.allclose(*units, rtol=0, atol=1e-5)


def test_vital_is_known_by_its_own_names_and_ranges() -> None:
    cutoff = host_parameters(load_spec("vital-16"))["filter_1_cutoff"]
    assert cutoff == HostParameter("Filter 1 Cutoff", 8.0, 136.0)
    assert cutoff.to_host(72.0) == 0.5
    assert (cutoff.to_host(-500.0), cutoff.to_host(500.0)) == (0.0, 1.0)


def test_a_control_that_vital_does_not_have_is_named() -> None:
    spec = load_spec("vital-16")
    wrong = replace(spec.parameters[0], name="osc_9_level")
    with pytest.raises(SpecError, match="osc_9_level"):
        host_parameters(replace(spec, parameters=(wrong,)))


def test_plugins_are_looked_for_by_file_and_by_spec() -> None:
    assert plugin_names(load_spec("nekobi-8"))[0] == "Nekobi"
    assert plugin_names(load_spec("vital-32")) == ("vital",)


@pytest.mark.parametrize(
    ("shown", "places", "missing"),
    [
        (["Cutoff", "Env Mod"], {"Cutoff": 0, "Env Mod": 1}, []),
        (["ENVMOD", "cutoff "], {"Cutoff": 1, "Env Mod": 0}, []),
        (["cutoff", "Cutoff", "Env Mod"], {"Cutoff": 1, "Env Mod": 2}, []),
        (["cutoff", "CUTOFF", "Env Mod"], {"Env Mod": 2}, ["Cutoff"]),
        (["Cutoff", "Cutoff"], {}, ["Cutoff", "Env Mod"]),
        ([], {}, ["Cutoff", "Env Mod"]),
    ],
)
def test_names_are_found_only_where_they_are_plain(
    shown: list[str], places: dict[str, int], missing: list[str]
) -> None:
    wanted = {name: HostParameter(name) for name in ("Cutoff", "Env Mod")}
    assert find_names(wanted, shown) == (places, missing)


def test_no_place_is_given_twice() -> None:
    wanted = {"a": HostParameter("Level"), "b": HostParameter("level")}
    assert find_names(wanted, ["Level"]) == ({"a": 0}, ["b"])
