"""Laws of hosted synths, the same for every plugin in every host.

The plugins live in worker processes: some set this process to flush denormals, and never back.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from datasets.errors import RenderError, SpecError
from datasets.preset_files import bank_parameters
from datasets.sampler import sample
from datasets.spec import FloatArray, NotePolicy, Parameter, SynthSpec, load_spec
from renderer.engines.base import Audio, Engine, open_engine
from renderer.plugins.locate import file_hash, standard_folders
from renderer.workers.encode import audio_hash
from renderer.workers.isolation import Limits, RenderJob, native_of, play
from renderer.workers.pool import RenderPool, whole
from tests.programs.real_plugins import amsynth, faulty, kars, nekobi

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
ONE_OF_EACH_ENGINE = CASES[0], CASES[2], CASES[5], CASES[6]
Result = TypeVar("Result")
DPF = ("nekobi", "kars")  # after loading a state, its framework reports parameter 1 as 0


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


def nekobi_spec(engine: str) -> SynthSpec:
    return shipped("nekobi-8", plugin=[str(nekobi())], engine=engine)


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
        return nekobi_spec(engine)
    if synth == "kars":
        return kars_spec(engine)
    if synth == "vital":
        return shipped("vital-16")
    program = folder / "program.dsp"
    program.write_text(PROGRAM, encoding="utf-8")
    knobs = knob("cutoff", 200, 8000), knob("attack", 0.001, 0.5), knob("release", 0.01, 1)
    return bare(str(program), engine, 2, *knobs)


class Synths:
    """One worker process with each synth, started when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pools: dict[str, RenderPool] = {}
        self._presets: dict[str, bytes] = {}

    def spec(self, case: str) -> SynthSpec:
        return spec_of(case, self._folder)

    def ask(
        self,
        case: str,
        question: Callable[[Engine], Result],
        **changes: Any,  # noqa: ANN401  values of any field of the spec
    ) -> Result:
        """The answer of a fresh synth of the case, or of one with a changed spec."""
        if case not in self._pools:
            self._pools[case] = RenderPool(self.spec(case), 1, "process", Limits(wall_s=30))
        spec = changed(self.spec(case), **changes)
        return self._pools[case].ask(partial(answer_afresh, spec=spec, question=question))

    def preset(self, case: str) -> bytes:
        """The case's patch in a file of its own format."""
        if case not in self._presets:
            self._presets[case] = self.ask(case, partial(saved, unit=patch(self.spec(case))))
        return self._presets[case]

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


@pytest.fixture(scope="module")
def synths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synths]:
    made = Synths(tmp_path_factory.mktemp("programs"))
    yield made
    made.close()


def patch(spec: SynthSpec, seed: int = 8) -> FloatArray:
    """Return a patch that differs from the initial one; its first knob is at its upper end."""
    unit = np.random.default_rng(seed).random(len(spec))
    unit[0] = 1.0
    return spec.snap(unit)


# What is asked of the engine in its worker.


def answer_afresh(_: Engine, spec: SynthSpec, question: Callable[[Engine], Result]) -> Result:
    """The answer of another synth in the same worker, as it is after loading."""
    return question(open_engine(spec))


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


def sound(engine: Engine, job: RenderJob) -> Audio:
    return play(engine, job, native_of(engine.spec, job))


def played(engine: Engine, lengths: Sequence[float]) -> list[tuple[tuple[int, ...], str, bool]]:
    """Shape, type and layout of a note of each length."""
    clips = [engine.render(60, 100, HOLD_S, length_s) for length_s in lengths]
    return [(clip.shape, str(clip.dtype), clip.flags.c_contiguous) for clip in clips]


def refusals(engine: Engine, presets: Sequence[bytes]) -> tuple[list[str], float]:
    """What the engine says to each of the presets, and how far its patch moved meanwhile."""
    before, answers = engine.read(), []
    for preset in presets:
        try:
            engine.load_preset(preset)
            answers.append("taken")
        except RenderError as error:
            answers.append(str(error))
    return answers, max(abs(value - before[name]) for name, value in engine.read().items())


@pytest.mark.parametrize("case", CASES)
def test_a_note_has_the_channels_and_the_length_of_its_spec(synths: Synths, case: str) -> None:
    spec = synths.spec(case)
    wanted = [((spec.channels, round(s * spec.sample_rate)), "float32", True) for s in LENGTHS]
    assert synths.ask(case, partial(played, lengths=LENGTHS)) == wanted


def test_controls_are_the_knobs_of_the_plugin(synths: Synths) -> None:
    """The 2,080 MIDI controllers that a VST3 shows are left out."""
    names = {case: list(synths.ask(case, described)) for case in CASES}
    assert names["amsynth dawdreamer"] == [p.name for p in bank_parameters()]
    assert len(names["amsynth dawdreamer"]) == 41
    for host in ("dawdreamer", "pedalboard"):
        assert names[f"nekobi {host}"] == list(load_spec("nekobi-8").names)
        assert names[f"kars {host}"] == ["Sustain", "Release", "Volume"]
    assert sorted(names["program faust"]) == ["attack", "cutoff", "release"]
    assert len(names["vital vita"]) == 772
    assert set(load_spec("vital-64").names) < set(names["vital vita"])


@pytest.mark.parametrize("case", CASES)
def test_controls_stand_within_their_ranges_and_have_texts(synths: Synths, case: str) -> None:
    assert synths.ask(case, within_ranges)
    assert all(text == text.strip() != "" for text in synths.ask(case, described).values())


@pytest.mark.parametrize("case", CASES)
def test_what_is_set_is_read_and_nothing_else_moves(synths: Synths, case: str) -> None:
    spec = synths.spec(case)
    unit = patch(spec)
    before, after = synths.ask(case, partial(set_and_read, native=spec.to_native(unit)))
    assert np.abs(spec.from_native(after) - unit).max() < 1e-6
    assert np.abs(spec.from_native(before) - unit).max() > 0.3, "that patch was there before"
    others = set(before) - set(spec.names)
    assert {name: before[name] for name in others} == {name: after[name] for name in others}


@pytest.mark.parametrize(
    ("case", "name", "value", "text"),
    [
        ("amsynth dawdreamer", "amp_attack", 0.0, "0.0005 s"),
        ("amsynth dawdreamer", "amp_attack", 1.0, "15.6255 s"),
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
    synths: Synths, case: str, name: str, value: float, text: str
) -> None:
    assert synths.ask(case, partial(shown, name=name, value=value)) == text


@pytest.mark.parametrize("case", CASES)
def test_a_saved_patch_is_read_back_by_a_fresh_synth(synths: Synths, case: str) -> None:
    spec = synths.spec(case)
    unit, preset = patch(spec), synths.preset(case)
    found = spec.from_native(synths.ask(case, partial(loaded, preset=preset)))
    lost = int(case.startswith(DPF))
    assert found[:lost].tolist() == [0.0] * lost
    # Values are written in decimal; amsynth's with few digits.
    tolerance = 2e-3 if case.startswith("amsynth") else 1e-4
    assert np.abs(found - unit)[lost:].max() < tolerance


@pytest.mark.parametrize("case", [case for case in CASES if not case.startswith("amsynth")])
def test_a_saved_patch_sounds_as_it_did(synths: Synths, case: str) -> None:
    """Not amsynth's: the last digits of its levels are lost. DPF's first knob is there, only mute.

    Kars draws random numbers while it plays.
    """
    unit, preset = patch(synths.spec(case)), synths.preset(case)
    jobs = [RenderJob(0, 60, 100, unit), RenderJob(1, 60, 100, preset=preset)]
    first, second = (synths.ask(case, partial(sound, job=job)) for job in jobs)
    assert np.abs(first).max() > 1e-3
    assert np.array_equal(first, second)


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_preset_of_this_synth_is_refused(synths: Synths, case: str) -> None:
    own = case.split()[0]
    foreign = [synths.preset(c) for c in CASES if c.split()[0] != own]
    empty = [b"VST3" + bytes(300), b"CcnK" + bytes(300), b'{"controls": {"absent": 1}}']
    junk = [b"", b"garbage", b"\xff\xfe\xfd" * 100, b"[1]", *empty]
    answers, moved = synths.ask(case, partial(refusals, presets=junk + foreign))
    assert [text for text in answers if "refused the preset" not in text] == []
    assert moved < 1e-6  # amsynth reads its own patch again, and rounds


@pytest.mark.parametrize("case", ONE_OF_EACH_ENGINE)
def test_a_wrong_channel_count_is_told(synths: Synths, case: str) -> None:
    spec = synths.spec(case)
    with pytest.raises(SpecError, match=rf"spec '{re.escape(spec.name)}'.*channel"):
        synths.ask(case, partial(played, lengths=[LENGTH_S]), channels=3 - spec.channels)


@pytest.mark.parametrize("case", ONE_OF_EACH_ENGINE[:-1])  # Vital has names of its own
def test_an_unknown_parameter_is_named_with_a_hint(synths: Synths, case: str) -> None:
    spec = synths.spec(case)
    for name, hint in [
        ("Absent", "patchwright scan"),
        (spec.names[0].swapcase(), f"Did you mean '{spec.names[0]}'"),
    ]:
        learned = [p | {"name": name} for p in spec.to_dict()["parameters"][:1]]
        with pytest.raises(SpecError, match=rf"parameter '{name}': .*{re.escape(hint)}"):
            synths.ask(case, described, parameters=learned)
    with pytest.raises(SpecError, match="parameter 'Absent': "):
        synths.ask(case, partial(shown, name="Absent", value=0.5))


@pytest.mark.parametrize("case", ONE_OF_EACH_ENGINE[:-1])  # Vital is embedded
def test_a_plugin_that_is_nowhere_is_told_with_the_folders(synths: Synths, case: str) -> None:
    with pytest.raises(RenderError, match="NoSuchSynth: no plugin found in ") as caught:
        synths.ask(case, described, plugin=["NoSuchSynth"])
    assert all(str(folder) in str(caught.value) for folder in standard_folders())


@pytest.mark.parametrize(
    ("case", "name", "message"),
    [
        ("amsynth dawdreamer", "text.so", r"DawDreamer cannot load .*text\.so"),
        ("amsynth dawdreamer", "text.vst3", r"DawDreamer cannot load .*text\.vst3"),
        ("amsynth dawdreamer", "empty.vst3", r"DawDreamer cannot load .*empty\.vst3"),
        ("nekobi pedalboard", "text.vst3", r"pedalboard cannot load .*text\.vst3"),
        ("nekobi pedalboard", "empty.vst3", r"pedalboard cannot load .*empty\.vst3"),
        (
            "nekobi pedalboard",
            "text.so",
            r"pedalboard cannot host text\.so: use engine = 'dawdreamer'",
        ),
        ("program faust", "text.dsp", r"text\.dsp does not compile"),
    ],
)
def test_a_file_that_is_no_plugin_is_told(
    synths: Synths, tmp_path: Path, case: str, name: str, message: str
) -> None:
    if name.startswith("empty"):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text("this is no plugin", encoding="utf-8")
    with pytest.raises(RenderError, match=message):
        synths.ask(case, described, plugin=[str(tmp_path / name)])


def test_pedalboard_sends_a_vst2_to_dawdreamer(synths: Synths) -> None:
    with pytest.raises(RenderError, match=r"cannot host amsynth_vst\.so.*'dawdreamer'"):
        synths.ask("nekobi pedalboard", described, plugin=[str(amsynth())])


def test_an_engine_that_is_not_installed_tells_what_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "renderer.engines.pedalboard", raising=False)
    monkeypatch.setitem(sys.modules, "pedalboard", None)  # as if it were not there
    with pytest.raises(RenderError, match="pip install pedalboard"):
        open_engine(bare("any", "pedalboard", 2))


@pytest.mark.parametrize(("name", "find"), [("amsynth-34", amsynth), ("nekobi-8", nekobi)])
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
        return pool.render(
            [RenderJob(d.index, d.note, d.velocity, d.unit) for d in draws], audio_hash
        )


@pytest.mark.parametrize("make", [nekobi_spec, kars_spec, faulty_spec])
def test_both_hosts_play_a_plugin_alike(make: Callable[[str], SynthSpec]) -> None:
    """Both are bit-equal: neither plays before the note, and neither loses a knob."""
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
        (result,) = pool.render([RenderJob(0, 60, 100, silent)], whole)
    assert result.status == "silent"
