"""Laws of hosted synths, the same for every plugin in every host.

The plugins live in worker processes: some set this process to flush denormals, and never back.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.errors import RenderError, SpecError
from datasets.preset_files import bank_parameters
from datasets.sampler import sample
from datasets.spec import FloatArray, NotePolicy, Parameter, SynthSpec, load_spec
from renderer.engine import Engine, open_engine
from renderer.finish import audio_hash
from renderer.isolation import Job, Limits, Rendered
from renderer.plugin_files import file_hash, standard_folders
from renderer.pool import RenderPool, whole
from tests.real_plugins import amsynth, faulty, kars, nekobi

HOLD_S, LENGTH_S = 0.3, 0.5
# At these a host that counts in single precision gives one sample too few.
LENGTHS = (LENGTH_S, 0.53, 0.59, 0.7)
PROGRAM = """import("stdfaust.lib");
freq = nentry("freq", 440, 20, 20000, 0.01);
gain = nentry("gain", 0.5, 0, 1, 0.01);
gate = button("gate");
cutoff = hslider("cutoff", 2000, 100, 10000, 0.01);
attack = hslider("attack", 0.01, 0.001, 1, 0.0001);
release = hslider("release", 0.1, 0.01, 2, 0.0001);
envelope = en.adsr(attack, 0.1, 0.8, release, gate) * gain;
process = os.sawtooth(freq) * envelope : fi.lowpass(2, cutoff) <: _, _;
"""
CASES = (
    *("amsynth dawdreamer", "nekobi dawdreamer", "nekobi pedalboard"),
    *("kars dawdreamer", "kars pedalboard", "program faust", "vital vita"),
)
HOSTED = CASES[:-1]
DPF = ("nekobi", "kars")  # its framework tells the first parameter as 0 once a state was loaded


def changed(spec: SynthSpec, **data: Any) -> SynthSpec:  # noqa: ANN401  values of any field
    return SynthSpec.from_dict(spec.to_dict() | data)


def bare(plugin: str, engine: str, channels: int, *learned: Parameter) -> SynthSpec:
    note = NotePolicy(hold_s=HOLD_S, length_s=LENGTH_S)
    template: dict[str, Any] = {"controls": {}}
    return SynthSpec(plugin, 1, engine, "", 44100, channels, note, template, learned, (plugin,))


def knob(name: str, low: float = 0.0, high: float = 1.0) -> Parameter:
    return Parameter(name, "continuous", "", "", low, high)


def shipped(name: str, **data: Any) -> SynthSpec:  # noqa: ANN401  values of any field
    """A spec that ships, its notes short."""
    spec = load_spec(name)
    note = spec.to_dict()["note"] | {"hold_s": HOLD_S, "length_s": LENGTH_S}
    return changed(spec, note=note, **data)


def kars_spec(engine: str) -> SynthSpec:
    sustain = Parameter("Sustain", "stepped", "", "", values=(0.0, 1.0))
    return bare(str(kars()), engine, 1, sustain, knob("Release"), knob("Volume", 0.25))


def faulty_spec(engine: str) -> SynthSpec:
    wave = Parameter("Wave", "stepped", "", "", values=(0.0, 0.5, 1.0))
    return bare(str(faulty()), engine, 2, wave, knob("Level", 0.25))


def spec_of(case: str, folder: Path) -> SynthSpec:
    """A spec over the knobs of a case's plugin; a Faust program is written into ``folder``."""
    synth, engine = case.split()
    if synth == "amsynth":
        return shipped("amsynth-34", plugin=[str(amsynth())])
    if synth == "nekobi":
        return shipped("nekobi-8", plugin=[str(nekobi())], engine=engine)
    if synth == "kars":
        return kars_spec(engine)
    if synth == "vital":
        return shipped("vital-16")
    program = folder / "program.dsp"
    program.write_text(PROGRAM, encoding="utf-8")
    knobs = knob("cutoff", 200, 8000), knob("attack", 0.001, 0.5), knob("release", 0.01, 1)
    return bare(str(program), engine, 2, *knobs)


class Pools:
    """One worker process with each synth, started when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, RenderPool] = {}
        self._presets: dict[str, bytes] = {}
        self._used: set[str] = set()

    def spec(self, case: str) -> SynthSpec:
        return spec_of(case, self._folder)

    def fresh(self, case: str) -> RenderPool:
        """The case's pool, its synth as it is after loading."""
        if case not in self._made:
            self._made[case] = RenderPool(self.spec(case), 1, "process", Limits(wall_s=30))
        elif case in self._used:
            self._made[case].refresh()
        self._used.add(case)
        return self._made[case]

    def asked(self, case: str) -> RenderPool:
        """The case's pool for a question that changes nothing."""
        pool = self.fresh(case) if case not in self._made else self._made[case]
        self._used.discard(case)
        return pool

    def preset(self, case: str) -> bytes:
        """The case's patch in a file of its own format."""
        if case not in self._presets:
            self._presets[case] = self.fresh(case).ask(partial(saved, unit=patch(self.spec(case))))
        return self._presets[case]

    def close(self) -> None:
        for pool in self._made.values():
            pool.close()


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pools]:
    made = Pools(tmp_path_factory.mktemp("programs"))
    yield made
    made.close()


def patch(spec: SynthSpec, seed: int = 8) -> FloatArray:
    """A patch unlike the one that stands after loading; its first knob is at its upper end."""
    unit = np.random.default_rng(seed).random(len(spec))
    unit[0] = 1.0
    return spec.snap(unit)


# What is asked of the engine in its worker.


def described(engine: Engine) -> dict[str, str]:
    return {control.name: engine.text(control.name) for control in engine.controls()}


def within_ranges(engine: Engine) -> bool:
    values = engine.read()
    controls = engine.controls()
    return list(values) == [c.name for c in controls] and all(
        c.low <= c.value <= c.high and c.value == values[c.name] for c in controls
    )


def saved(engine: Engine, unit: FloatArray) -> bytes:
    engine.set(engine.spec.to_native(unit))
    return engine.preset("saved")


def loaded(engine: Engine, preset: bytes) -> dict[str, float]:
    engine.load_preset(preset)
    return engine.read()


def set_and_read(engine: Engine, native: dict[str, float]) -> tuple[dict[str, float], ...]:
    before = engine.read()
    engine.set(native)
    return before, engine.read()


def shown(engine: Engine, name: str, value: float) -> str:
    engine.set({name: value})
    return engine.text(name)


def played(engine: Engine, lengths: Sequence[float]) -> list[tuple[tuple[int, ...], str, bool]]:
    """Shape, type and layout of a note of each length."""
    clips = [engine.render(60, 100, HOLD_S, length_s) for length_s in lengths]
    return [(clip.shape, str(clip.dtype), clip.flags.c_contiguous) for clip in clips]


def refusals(engine: Engine, presets: Sequence[bytes]) -> tuple[list[str], bool]:
    """What the engine says to each of the presets, and whether its patch stayed as it was."""
    before, told = engine.read(), []
    for preset in presets:
        try:
            engine.load_preset(preset)
            told.append("taken")
        except RenderError as error:
            told.append(str(error))
    return told, engine.read() == before


def asked(spec: SynthSpec, question: Callable[[Engine], Any]) -> Any:  # noqa: ANN401  its answer
    """One question to a synth of its own."""
    with RenderPool(spec, 1, "process", Limits(wall_s=30)) as pool:
        return pool.ask(question)


@pytest.mark.parametrize("case", CASES)
def test_a_note_has_the_channels_and_the_length_of_its_spec(pools: Pools, case: str) -> None:
    spec = pools.spec(case)
    wanted = [((spec.channels, round(s * spec.sample_rate)), "float32", True) for s in LENGTHS]
    assert pools.fresh(case).ask(partial(played, lengths=LENGTHS)) == wanted


def test_controls_are_the_knobs_of_the_plugin(pools: Pools) -> None:
    """And none of the 2,080 MIDI controllers that a VST3 shows beside them."""
    names = {case: list(pools.asked(case).ask(described)) for case in CASES}
    assert names["amsynth dawdreamer"] == [p.name for p in bank_parameters()]
    assert len(names["amsynth dawdreamer"]) == 41
    for host in ("dawdreamer", "pedalboard"):
        assert names[f"nekobi {host}"] == list(load_spec("nekobi-8").names)
        assert names[f"kars {host}"] == ["Sustain", "Release", "Volume"]
    assert sorted(names["program faust"]) == ["attack", "cutoff", "release"]
    assert len(names["vital vita"]) == 772
    assert set(load_spec("vital-64").names) < set(names["vital vita"])


@pytest.mark.parametrize("case", CASES)
def test_controls_stand_within_their_ranges_and_have_texts(pools: Pools, case: str) -> None:
    assert pools.asked(case).ask(within_ranges)
    assert all(text == text.strip() != "" for text in pools.asked(case).ask(described).values())


@pytest.mark.parametrize("case", CASES)
def test_what_is_set_is_read_and_nothing_else_moves(pools: Pools, case: str) -> None:
    spec = pools.spec(case)
    unit = patch(spec)
    before, after = pools.fresh(case).ask(partial(set_and_read, native=spec.to_native(unit)))
    assert np.abs(spec.from_native(after) - unit).max() < 1e-6
    assert np.abs(spec.from_native(before) - unit).max() > 0.3, "that patch was there before"
    others = set(before) - set(spec.names)
    assert {name: before[name] for name in others} == {name: after[name] for name in others}


@pytest.mark.parametrize(
    ("case", "name", "value", "text"),
    [
        ("amsynth dawdreamer", "amp_attack", 0.0, "0.0005 s"),
        ("amsynth dawdreamer", "amp_attack", 1.0, "2.5 s"),
        ("nekobi dawdreamer", "Waveform", 0.0, "Square"),
        ("nekobi dawdreamer", "Waveform", 1.0, "Triangle"),
        ("nekobi pedalboard", "Waveform", 0.0, "Square"),
        ("nekobi pedalboard", "Waveform", 1.0, "Triangle"),
        ("nekobi pedalboard", "Cutoff", 0.5, "50.000000 %"),
        ("kars dawdreamer", "Release", 1.0, "5.000000 s"),
        ("kars pedalboard", "Release", 1.0, "5.000000 s"),
        ("program faust", "cutoff", 1250.0, "1250"),
        ("vital vita", "env_1_attack", 1.0, "1 secs"),
    ],
)
def test_texts_are_in_the_plugins_own_units(
    pools: Pools, case: str, name: str, value: float, text: str
) -> None:
    assert pools.fresh(case).ask(partial(shown, name=name, value=value)) == text


@pytest.mark.parametrize("case", CASES)
def test_a_saved_patch_is_read_back_by_a_fresh_synth(pools: Pools, case: str) -> None:
    spec = pools.spec(case)
    unit, preset = patch(spec), pools.preset(case)
    found = spec.from_native(pools.fresh(case).ask(partial(loaded, preset=preset)))
    lost = int(case.startswith(DPF))
    assert found[:lost].tolist() == [0.0] * lost
    # Values are written in decimal; amsynth's with few digits.
    tolerance = 2e-3 if case.startswith("amsynth") else 1e-4
    assert np.abs(found - unit)[lost:].max() < tolerance


@pytest.mark.parametrize("case", [case for case in CASES if not case.startswith("amsynth")])
def test_a_saved_patch_sounds_as_it_did(pools: Pools, case: str) -> None:
    """Not amsynth's: the last digits of its levels are lost. DPF's first knob is there, only mute.

    Kars draws random numbers while it plays.
    """
    unit, preset = patch(pools.spec(case)), pools.preset(case)
    jobs = [Job(0, 60, 100, unit), Job(1, 60, 100, preset=preset)]
    first, second = (r.audio for r in pools.fresh(case).render(jobs, whole))
    assert first is not None and np.abs(first).max() > 1e-2
    assert second is not None and np.array_equal(first, second)


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_preset_of_this_synth_is_refused(pools: Pools, case: str) -> None:
    own = case.split()[0]
    foreign = [pools.preset(c) for c in CASES if c.split()[0] != own]
    empty = [b"VST3" + bytes(300), b"CcnK" + bytes(300), b'{"controls": {"absent": 1}}']
    junk = [b"", b"garbage", b"\xff\xfe\xfd" * 100, b"[1]", *empty]
    told, unmoved = pools.fresh(case).ask(partial(refusals, presets=junk + foreign))
    assert [t for t in told if "refused the preset" not in t and "not a preset" not in t] == []
    assert unmoved


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_channel_count_is_told(pools: Pools, case: str) -> None:
    spec = pools.spec(case)
    wrong = changed(spec, channels=3 - spec.channels)
    with pytest.raises(SpecError, match=rf"spec '{re.escape(spec.name)}'.*channel"):
        asked(wrong, partial(played, lengths=[LENGTH_S]))


@pytest.mark.parametrize("case", HOSTED)
def test_an_unknown_parameter_is_named_with_a_hint(pools: Pools, case: str) -> None:
    spec = pools.spec(case)
    for name, hint in [
        ("Absent", "patchwright scan"),
        (spec.names[0].swapcase(), f"did you mean '{spec.names[0]}'"),
    ]:
        learned = [p | {"name": name} for p in spec.to_dict()["parameters"][:1]]
        with pytest.raises(SpecError, match=rf"no parameter '{name}': {re.escape(hint)}"):
            asked(changed(spec, parameters=learned), described)
    with pytest.raises(SpecError, match="no parameter 'Absent'"):
        pools.asked(case).ask(partial(shown, name="Absent", value=0.5))


@pytest.mark.parametrize("engine", ["dawdreamer", "pedalboard", "faust"])
def test_a_plugin_that_is_nowhere_is_told_with_the_folders(engine: str) -> None:
    with pytest.raises(RenderError, match="no plugin NoSuchSynth in ") as caught:
        asked(bare("NoSuchSynth", engine, 2), described)
    assert all(str(folder) in str(caught.value) for folder in standard_folders())


@pytest.mark.parametrize(
    ("engine", "name", "message"),
    [
        ("dawdreamer", "text.so", r"DawDreamer cannot load .*text\.so"),
        ("dawdreamer", "text.vst3", r"DawDreamer cannot load .*text\.vst3"),
        ("dawdreamer", "empty.vst3", r"DawDreamer cannot load .*empty\.vst3"),
        ("pedalboard", "text.vst3", r"pedalboard cannot load .*text\.vst3"),
        ("pedalboard", "empty.vst3", r"pedalboard cannot load .*empty\.vst3"),
        ("pedalboard", "text.so", r"pedalboard cannot host text\.so: use engine = 'dawdreamer'"),
        ("faust", "text.dsp", r"text\.dsp does not compile"),
    ],
)
def test_a_file_that_is_no_plugin_is_told(
    tmp_path: Path, engine: str, name: str, message: str
) -> None:
    if name.startswith("empty"):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text("this is no plugin", encoding="utf-8")
    with pytest.raises(RenderError, match=message):
        asked(bare(str(tmp_path / name), engine, 2), described)


def test_pedalboard_sends_a_vst2_to_dawdreamer() -> None:
    with pytest.raises(RenderError, match=r"cannot host amsynth_vst\.so.*'dawdreamer'"):
        asked(bare(str(amsynth()), "pedalboard", 2), described)


def test_an_engine_that_is_not_installed_tells_what_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "renderer.pedalboard_engine", raising=False)
    monkeypatch.setitem(sys.modules, "pedalboard", None)  # as if it were not there
    with pytest.raises(RenderError, match="pip install pedalboard"):
        open_engine(bare("any", "pedalboard", 2))


@pytest.mark.parametrize(
    ("name", "find"), [("amsynth-16", amsynth), ("amsynth-34", amsynth), ("nekobi-8", nekobi)]
)
def test_shipped_specs_find_their_plugin(
    name: str, find: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = find()
    monkeypatch.setenv("PATCHWRIGHT_PLUGINS", str(plugin.parent))
    spec = load_spec(name)
    with RenderPool(spec, 1, "process") as pool:
        identity = pool.identity()
        assert set(spec.names) <= set(pool.ask(described))
    assert identity["plugin"] == plugin.name
    assert identity["plugin_sha256"] == file_hash(plugin.resolve())
    assert re.fullmatch(r"dawdreamer \d+\.\d+.*", identity["host"])


def hashes(spec: SynthSpec, count: int) -> list[tuple[int, str, str]]:
    draws = [sample(spec, 3, index) for index in range(count)]
    with RenderPool(spec) as pool:
        return pool.render([Job(d.index, d.note, d.velocity, d.unit) for d in draws], audio_hash)


@pytest.mark.parametrize("make", [kars_spec, faulty_spec, lambda e: spec_of(f"nekobi {e}", Path())])
def test_both_hosts_play_a_plugin_alike(make: Callable[[str], SynthSpec]) -> None:
    """Bit for bit: neither plays anything before the note, nor loses a knob on the way."""
    first = hashes(make("dawdreamer"), 6)
    assert {status for _, status, _ in first} == {"ok"}
    assert len({found for _, _, found in first}) == len(first)
    assert hashes(make("pedalboard"), 6) == first


@pytest.mark.parametrize("engine", ["dawdreamer", "pedalboard"])
def test_no_host_waits_for_a_silent_patch_to_sound(engine: str) -> None:
    """Pedalboard would for ten seconds, before every note."""
    spec = bare(str(nekobi()), engine, 1, knob("Volume"))
    silent = np.zeros(1, np.float32)
    with RenderPool(spec, 1, limits=Limits(wall_s=5)) as pool:
        results: list[Rendered] = pool.render([Job(0, 60, 100, silent)], whole)
    assert results[0].status == "silent"
