"""Laws of the specs: exact conversion, sizes that nest, controls that exist, errors that name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.errors import SpecError
from datasets.spec import Parameter, SynthSpec, available_specs, load_spec
from tests.fakes.fake_synth import fake_synth

VITAL = ("vital-16", "vital-32", "vital-64")
GRID = 65535  # the resolution at which presets are kept (models.estimator.library)
BIGGEST = load_spec("vital-64")

MINIMAL = """
name = "mine"
version = 1
engine = "fake"
description = "two"
sample_rate = 22050
channels = 1
note = { low = 60 }
template = { controls = {} }
parameter = [
  { name = "level", kind = "continuous", group = "", unit = "" },
  { name = "octave", kind = "stepped", group = "", unit = "", values = [-1, 1] },
]
"""


def grid_vector(ticks: list[int]) -> npt.NDArray[np.float32]:
    """A unit vector of vital-64 on the grid, stepped parameters on their steps."""
    return BIGGEST.snap(np.array(ticks, np.float32) / np.float32(GRID))


vectors = st.lists(st.integers(0, GRID), min_size=64, max_size=64).map(grid_vector)


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", VITAL)
def test_shipped_specs_load_with_the_size_they_are_named_after(name: str) -> None:
    spec = load_spec(name)
    assert len(spec) == len(spec.names) == int(name.rpartition("-")[2])
    assert name in available_specs()
    assert sorted([*spec.continuous, *spec.stepped]) == list(range(len(spec)))
    assert SynthSpec.from_dict(spec.to_dict()) == spec
    assert SynthSpec.from_dict(spec.to_dict()).digest() == spec.digest()


def test_smaller_specs_are_the_beginning_of_bigger_ones() -> None:
    small, middle, big = (load_spec(name) for name in VITAL)
    assert middle.parameters[:16] == small.parameters
    assert big.parameters[:32] == middle.parameters
    assert small.template["controls"].items() <= middle.template["controls"].items()
    assert middle.template["controls"].items() <= big.template["controls"].items()
    assert big.template["modulations"][:2] == middle.template["modulations"]


@settings(deadline=None, max_examples=100)
@given(vectors)
def test_native_and_unit_are_exact_inverses_on_the_grid(unit: npt.NDArray[np.float32]) -> None:
    native = BIGGEST.to_native(unit)
    assert np.array_equal(BIGGEST.from_native(native), unit)
    assert BIGGEST.to_native(BIGGEST.from_native(native)) == native


@pytest.mark.parametrize("name", VITAL)
@pytest.mark.parametrize("corner", [0.0, 1.0])
def test_corners_are_the_ends_of_the_ranges(name: str, corner: float) -> None:
    spec = load_spec(name)
    unit = np.full(len(spec), corner, np.float32)
    native = spec.to_native(unit)
    for p in spec.parameters:
        ends = (p.values[0], p.values[-1]) if p.steps else (p.low, p.high)
        assert np.float32(native[p.name]) == np.float32(ends[int(corner)])  # as plugins take it
    assert np.array_equal(spec.from_native(native), unit)


@pytest.mark.parametrize("parameter", BIGGEST.parameters, ids=lambda p: p.name)
def test_every_native_value_of_a_parameter_survives_the_way_there_and_back(
    parameter: Parameter,
) -> None:
    if parameter.steps:
        units = [parameter.from_native(value) for value in parameter.values]
        assert units == [i / (parameter.steps - 1) for i in range(parameter.steps)]
        assert tuple(parameter.to_native(unit) for unit in units) == parameter.values
    else:
        for value in np.linspace(parameter.low, parameter.high, 33):
            back = parameter.to_native(parameter.from_native(float(value)))
            assert back == pytest.approx(float(value), rel=1e-12, abs=1e-12)


@settings(deadline=None, max_examples=50)
# No subnormals: Vital, once rendered in this process, leaves the processor flushing them to zero.
@given(st.lists(st.floats(-0.5, 1.5, width=32, allow_subnormal=False), min_size=64, max_size=64))
def test_snap_is_idempotent_and_lands_on_steps(raw: list[float]) -> None:
    snapped = BIGGEST.snap(raw)
    assert np.array_equal(BIGGEST.snap(snapped), snapped)
    assert snapped.min() >= 0 and snapped.max() <= 1
    for i, steps in zip(BIGGEST.stepped, BIGGEST.steps, strict=True):
        assert snapped[i] * (steps - 1) == pytest.approx(round(snapped[i] * (steps - 1)), abs=1e-6)
    inside = np.clip(np.array(raw, np.float32), 0, 1)[BIGGEST.continuous]
    assert np.array_equal(snapped[BIGGEST.continuous], inside)
    batch = BIGGEST.snap(np.stack([raw, raw]))
    assert np.array_equal(batch[1], snapped)


def test_values_beyond_a_range_go_to_its_end() -> None:
    spec = fake_synth()
    native = {"level": 99.0, "brightness": -99.0, "octave": 0.4, "decay": 0.8}
    assert spec.from_native(native).tolist() == [1.0, 0.0, 0.5, 1.0]


def test_digest_follows_what_shapes_the_sound_and_nothing_else() -> None:
    spec = load_spec("vital-16")
    assert replace(spec, description="other words").digest() == spec.digest()
    assert replace(spec, sample_rate=48000).digest() != spec.digest()
    assert replace(spec, parameters=spec.parameters[:-1]).digest() != spec.digest()
    assert len({load_spec(name).digest() for name in VITAL}) == 3


def test_unknown_spec_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"vital-99.*vital-16, vital-32, vital-64"):
        load_spec("vital-99")
    with pytest.raises(SpecError, match="absent"):
        load_spec(tmp_path / "absent.toml")


def test_vectors_of_another_length_are_refused() -> None:
    with pytest.raises(SpecError, match=r"\(15,\).*16 parameters"):
        load_spec("vital-16").to_native(np.zeros(15))


@pytest.mark.parametrize("bad", [1.01, -0.01, np.nan, np.inf, -np.inf])
def test_values_out_of_range_name_the_parameter(bad: float) -> None:
    unit = np.full(16, 0.4)
    unit[8] = bad
    with pytest.raises(SpecError, match="filter_1_cutoff"):
        load_spec("vital-16").to_native(unit)


def test_missing_native_value_is_named() -> None:
    native = fake_synth().to_native(np.zeros(4))
    del native["decay"]
    with pytest.raises(SpecError, match="decay"):
        fake_synth().from_native(native)


def test_own_spec_files_load(tmp_path: Path) -> None:
    spec = load_spec(write(tmp_path, MINIMAL))
    assert spec.names == ("level", "octave")
    assert spec.note.low == 60 and spec.note.high == 84


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('name = "octave"', 'name = "level"', "twice"),
        ("sample_rate = 22050", "", "sample_rate"),
        ("note = { low = 60 }", "", "note"),
        ("note = { low = 60 }", "note = { pitch = 60 }", "pitch"),
        ('group = "", unit = "" }', 'group = "", unit = "", low = 2 }', "level.*low 2"),
        ("values = [-1, 1]", "values = [1]", "octave"),
        ('kind = "continuous"', 'kind = "wobbly"', "wobbly"),
        ("parameter = [", "parameter = [[", "mine.toml is not valid TOML"),
        ("low = 60", "low = -1", r"\[note\] low -1: must be a whole number from 0 to 127"),
        ("low = 60", "high = 128", r"\[note\] high 128"),
        ("low = 60", "low = 60.5", r"\[note\] low 60.5"),
        ("low = 60", "low = 90", "low 90 is above high 84"),
        ("low = 60", "velocity = 0", r"velocity 0: must be a whole number from 1 to 127"),
        ("low = 60", "hold_s = -1", "hold_s -1"),
        ("low = 60", "length_s = 0", "length_s 0"),
        ("low = 60", "length_s = nan", "length_s nan"),
        ("low = 60", "length_s = 1e-9", "at least one sample"),
        ("low = 60", "length_s = 90000", "at most 512 MiB.*set length_s to at most 12173$"),
        ("sample_rate = 22050", "sample_rate = 768000", "sample_rate 768000: .* 1 to 655350"),
        ("sample_rate = 22050", "sample_rate = 22050.0", "sample_rate 22050.0"),
        ("channels = 1", "channels = 0", "channels 0"),
        (
            "channels = 1",
            "channels = 10",
            "channels 10: .* 1 to 8. Write 2 for the main stereo pair",
        ),
    ],
)
def test_broken_spec_files_name_what_is_wrong(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    assert old in MINIMAL
    with pytest.raises(SpecError, match=named):
        load_spec(write(tmp_path, MINIMAL.replace(old, new)))


def test_every_control_exists_in_vital_and_stays_in_its_range() -> None:
    import vita

    synth = vita.Synth()
    known = synth.get_controls()
    for name in VITAL:
        spec = load_spec(name)
        wanted = [(k, float(v)) for k, v in spec.template["controls"].items()]
        for p in spec.parameters:
            wanted += [(p.name, value) for value in p.values or (p.low, p.high)]
            if p.rest_probability:
                assert min(p.values or (p.low,)) <= p.rest <= max(p.values or (p.high,)), p.name
                wanted.append((p.name, p.rest))
        for control, value in wanted:
            assert control in known, control
            details = synth.get_control_details(control)
            assert details.min <= value <= details.max, control


@pytest.mark.parametrize(
    ("name", "native", "text"),
    [
        ("osc_1_transpose", -5, "-5 becomes 0 (steps -24, -12, 0, 7, 12, 24)"),
        ("osc_1_transpose", 40, "40 becomes 24 (steps -24, -12, 0, 7, 12, 24)"),
        ("filter_1_cutoff", 20, "20 becomes 28 (range 28 to 128)"),
        ("env_1_attack", 1.6, "1.6 becomes 1.2 (range 0 to 1.2)"),
        ("osc_1_transpose", 7, ""),
        ("filter_1_cutoff", 28, ""),
        ("filter_1_cutoff", 77.77, ""),
        ("env_1_attack", 1.2000001, ""),  # a file's rounding
    ],
)
def test_a_value_that_a_parameter_cannot_take_is_described(
    name: str, native: float, text: str
) -> None:
    spec = load_spec("vital-32")
    assert spec.parameters[spec.names.index(name)].replaced(native) == text


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("sample_rate = 22050", 'sample_rate = "high"', "sample_rate 'high': must be of type"),
        ("sample_rate = 22050", "sample_rate = true", "sample_rate True"),
        ("note = { low = 60 }", "note = 3", "note. 3: must be a table of values"),
        ("note = { low = 60 }", "note = { low = 60.5 }", r"\[note\] low 60\.5"),
        ('name = "level"', "name = [1]", r"parameter 1 name \[1\]"),
        ("values = [-1, 1]", "values = [-1, 'x']", r"parameter 2 values \[-1, 'x'\]"),
        ("values = [-1, 1]", "values = [-1, nan]", r"parameter 2 values \[-1, nan\]"),
        ("template = { controls = {} }", "template = 1", "template must be a table"),
        ("{ controls = {} }", "{ controls = { a = 'x' } }", "'a' 'x': must be a number"),
        ("sample_rate = 22050", "sample_rate = 22050\nextends = 3", "extends is '3'"),
        ("sample_rate = 22050", "sample_rate = 22050\nextends = '../x'", r"extends is '\.\./x'"),
        (
            "sample_rate = 22050",
            "sample_rate = 22050\nextends = 'mine'",
            "mine.toml extends itself",
        ),
    ],
)
def test_values_of_another_type_are_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    test_broken_spec_files_name_what_is_wrong(tmp_path, old, new, named)
