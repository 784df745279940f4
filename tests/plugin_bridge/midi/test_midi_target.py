"""MIDI controllers: the bytes of the MIDI 1.0 specification, maps, steps, what comes back."""

from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.spec import load_spec
from plugin_bridge.midi import ports
from plugin_bridge.midi.map import Assignment, Kind, MidiMap, read_midi_map, write_midi_map
from plugin_bridge.midi.midi_target import MidiTarget, capabilities_of, control_changes
from plugin_bridge.sync.target import ParameterChange, Target, TargetError
from tests.programs.midi_ports import Recorder, Wire

FINE = MidiMap(
    3,
    {
        "plain": Assignment("cc", 74),
        "pair": Assignment("cc14", 20),
        "nrpn": Assignment("nrpn", 260),
        "coarse": Assignment("nrpn7", 261),
    },
)


def opened(midi_map: MidiMap = FINE) -> tuple[MidiTarget, Recorder, Wire]:
    sender, receiver = Recorder(), Wire()
    known = capabilities_of(midi_map, list(midi_map.assignments), True)
    return MidiTarget(midi_map, sender, receiver, known), sender, receiver


def native(name: str, value: float, steps: int = 0) -> ParameterChange:
    return ParameterChange(name, value, value, "", steps)


def test_a_controller_is_three_bytes() -> None:
    """MIDI 1.0: status 1011nnnn (control change, channel nnnn counted from 0), control, value."""
    target, sender, _ = opened()
    target.apply([native("plain", 0.5)])
    assert sender.wire == b"\xb2\x4a\x40"


def test_a_pair_is_the_coarse_controller_and_the_one_32_above() -> None:
    """MIDI 1.0: controllers 0-31 carry the MSB, 32-63 the LSB of the same, MSB first."""
    target, sender, _ = opened()
    target.apply([native("pair", 0.75)])  # 12287 = 95 * 128 + 127
    assert sender.wire == b"\xb2\x14\x5f\xb2\x34\x7f"


def test_an_nrpn_is_chosen_by_99_and_98_and_set_by_6_and_38() -> None:
    """MIDI 1.0: CC 99 and 98 choose the non-registered parameter, CC 6 and 38 are data entry."""
    target, sender, _ = opened()
    target.apply([native("nrpn", 1.0)])  # 260 = 2 * 128 + 4
    assert sender.wire == b"\xb2\x63\x02\xb2\x62\x04\xb2\x06\x7f\xb2\x26\x7f"
    sender.wire = b""
    target.apply([native("coarse", 1.0)])
    assert sender.wire == b"\xb2\x63\x02\xb2\x62\x05\xb2\x06\x7f"


def test_the_same_midi_value_is_not_sent_again() -> None:
    target, sender, receiver = opened()
    target.apply([native("plain", 0.5)])
    target.apply([native("plain", 0.501)])  # rounds to 64 as well
    assert sender.wire == b"\xb2\x4a\x40"
    receiver.hear(b"\xb2\x4a\x10")  # the user turns it: now the value is new
    assert target.moved() == {"plain": pytest.approx(16 / 127)}
    target.apply([native("plain", 0.5)])
    assert sender.wire == b"\xb2\x4a\x40" * 2


@given(steps=st.integers(2, 60), data=st.data(), backwards=st.booleans())
def test_a_step_lands_inside_itself_whichever_way_a_synth_cuts(
    steps: int, data: st.DataObject, backwards: bool
) -> None:
    step = data.draw(st.integers(0, steps - 1))
    one = Assignment("cc", 1, (127, 0) if backwards else (0, 127))
    value = one.encode(native("x", step / (steps - 1), steps))
    place = 127 - value if backwards else value
    assert round(place / 127 * (steps - 1)) == step  # the nearest step
    assert place * steps // 128 == step  # equal shares
    assert round(one.decode(value) * (steps - 1)) == step


def test_a_step_that_is_not_the_synths_own_is_sent_by_its_value() -> None:
    """A model may have learned 4 of a synth's 16 steps: only the plugin's value says which."""
    one = Assignment("cc", 1)
    assert one.encode(ParameterChange("x", 1 / 3, 0.0715, "2 voices", 4)) == round(0.0715 * 127)


def test_documented_values_are_sent_as_they_are() -> None:
    one = Assignment("cc", 70, values=(0, 42, 84, 127))
    assert [
        one.encode(ParameterChange("x", unit, unit, "", 4)) for unit in (0, 1 / 3, 2 / 3, 1)
    ] == [
        0,
        42,
        84,
        127,
    ]
    assert one.decode(90) == pytest.approx(2 / 3)


def test_ranges_may_be_narrow_and_backwards() -> None:
    one = Assignment("nrpn", 5, (1023, 0), (-1.0, 1.0))
    assert [one.encode(native("x", v)) for v in (-1.0, 0.0, 1.0, 9.0)] == [1023, 512, 0, 0]
    assert one.decode(1023) == -1.0


KINDS: list[tuple[Kind, int]] = [("cc", 74), ("cc14", 20), ("nrpn", 260), ("nrpn7", 261)]


@pytest.mark.parametrize(("kind", "number"), KINDS)
@given(value=st.floats(0, 1))
def test_what_is_sent_is_understood_when_it_comes_back(
    kind: Kind, number: int, value: float
) -> None:
    one = Assignment(kind, number)
    raw = one.encode(native("x", value))
    _, sender, _ = opened()
    target, _, receiver = opened(MidiMap(1, {"x": one}))
    for control, data in control_changes(one, raw):
        sender.send(mido.Message("control_change", control=control, value=data))
    receiver.hear(sender.wire)
    assert target.moved() == {"x": one.decode(raw)}
    assert target.moved() == {}


def test_a_coarse_half_alone_is_taken_after_a_while() -> None:
    target, _, receiver = opened()
    receiver.hear(b"\xb2\x14\x40")
    assert target.moved() == {}  # the finer half may be on its way
    assert target.moved() == {"pair": pytest.approx(64 * 128 / 16383)}


def test_an_nrpn_with_the_finer_half_first_is_read() -> None:
    target, _, receiver = opened(MidiMap(3, {"x": Assignment("nrpn", 260, (0, 1023))}))
    receiver.hear(b"\xb2\x63\x02\xb2\x62\x04\xb2\x26\x7f\xb2\x06\x07")
    assert target.moved() == {"x": 1.0}


def test_data_increment_and_decrement_step_from_the_last_value() -> None:
    target, _, receiver = opened(MidiMap(3, {"x": Assignment("nrpn", 260, (0, 1023))}))
    receiver.hear(b"\xb2\x63\x02\xb2\x62\x04\xb2\x60\x00")
    assert target.moved() == {}  # a step from an unknown value
    target.apply([native("x", 1022 / 1023)])
    receiver.hear(b"\xb2\x60\x00")
    assert target.moved() == {"x": 1.0}
    receiver.hear(b"\xb2\x60\x00\xb2\x61\x00\xb2\x61\x7f")  # 1023 is the highest value
    assert target.moved() == {"x": pytest.approx(1021 / 1023)}


def test_data_entry_of_another_parameter_is_not_ours() -> None:
    target, _, receiver = opened()
    receiver.hear(b"\xb2\x63\x02\xb2\x62\x04")  # our NRPN is chosen,
    receiver.hear(
        b"\xb2\x65\x00\xb2\x64\x00\xb2\x06\x0c"
    )  # then the pitch bend range (RPN 0) is set
    receiver.hear(b"\xb2\x63\x7f\xb2\x62\x7f\xb2\x06\x0c")  # and then nothing at all (null)
    assert target.moved() == {} and target.moved() == {}


def test_our_own_echo_and_other_channels_are_passed_over() -> None:
    target, sender, receiver = opened()
    target.apply([native("plain", 0.2), native("pair", 0.3), native("nrpn", 0.4)])
    receiver.hear(sender.wire)
    receiver.hear(b"\xb0\x4a\x01\x90\x40\x40\xe2\x00\x40")  # channel 1, a note, pitch bend
    assert target.moved() == {} and target.moved() == {}


def test_a_port_that_goes_away_is_an_error_when_sending_and_silence_when_receiving() -> None:
    target, sender, receiver = opened()
    sender.broken = receiver.broken = True
    with pytest.raises(TargetError, match="unplugged"):
        target.apply([native("plain", 0.5)])
    assert target.moved() == {} and target.read() == {}
    target.close()
    target.close()
    with pytest.raises(TargetError, match="closed"):
        target.apply([native("plain", 0.6)])


def test_a_change_that_could_not_be_sent_is_sent_when_the_port_is_back() -> None:
    target, sender, _ = opened()
    sender.broken = True
    with pytest.raises(TargetError):
        target.apply([native("plain", 0.5)])
    sender.broken = False
    target.apply([native("plain", 0.5)])
    assert sender.wire == b"\xb2\x4a\x40"


@given(chunks=st.lists(st.binary(max_size=30), max_size=8))
@settings(deadline=None)
def test_foreign_bytes_never_raise(chunks: list[bytes]) -> None:
    target, _, receiver = opened()
    for chunk in chunks:
        receiver.hear(chunk)
        for value in target.moved().values():
            assert 0.0 <= value <= 1.0
    assert target.read() == {}


def test_the_pace_is_a_cables() -> None:
    everything = capabilities_of(FINE, ["plain", "absent"], True)
    assert FINE.bytes == 3 + 6 + 12 + 9
    assert everything.pace_hz == 60.0
    assert everything.missing == ("absent",) and "absent" in everything.advice
    wide = MidiMap(1, {f"p{n}": Assignment("nrpn", n) for n in range(64)})
    assert capabilities_of(wide, [], True).pace_hz == pytest.approx(3125 / (64 * 12))


WRITTEN: list[Kind] = ["cc", "nrpn", "nrpn7"]


@given(
    channel=st.integers(1, 16),
    names=st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1), unique=True, max_size=6
    ),
    data=st.data(),
)
@settings(deadline=None)
def test_a_map_that_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, channel: int, names: list[str], data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "map.toml"
    kinds = data.draw(st.lists(st.sampled_from(WRITTEN), min_size=6, max_size=6))
    written = MidiMap(
        channel,
        {
            name: Assignment(kind, 64 + place, (0, 100), (-1.0, 2.5), (1, 7)[:place])
            for place, (name, kind) in enumerate(zip(["x", *names], kinds, strict=False))
        },
    )
    write_midi_map(path, written)
    assert read_midi_map(path) == written


WRONG = {
    "cc = 200": "cc must be 0..119, got 200",
    "cc14 = 40": "cc14 must be 0..31",
    "cc = 1, range = [0, 300]": "whole values 0..127, got 300",
    "cc = 1, nrpn = 2": "exactly one of",
    "cc = true": "must be a whole number",
    "cc = 1, values = [0.5]": "values must be whole numbers",
    "cc = 1, rnage = [0, 1]": "unknown key 'rnage'",
}


@pytest.mark.parametrize("entry", WRONG)
def test_a_wrong_map_names_the_parameter_and_the_fault(entry: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(f"[parameters]\ncutoff = {{ {entry} }}\n")
    with pytest.raises(TargetError, match="'cutoff'") as error:
        read_midi_map(path)
    assert WRONG[entry] in str(error.value)


def test_a_controller_has_one_owner() -> None:
    with pytest.raises(TargetError, match="'a' and 'b' both use cc 52"):
        MidiMap(1, {"a": Assignment("cc14", 20), "b": Assignment("cc", 52)})
    with pytest.raises(TargetError, match="'b' uses cc 6, which carries"):
        MidiMap(1, {"a": Assignment("nrpn", 20), "b": Assignment("cc", 6)})
    with pytest.raises(TargetError, match="'b' uses cc 96, which carries"):
        MidiMap(1, {"a": Assignment("nrpn", 20), "b": Assignment("cc", 96)})
    with pytest.raises(TargetError, match=r"channel must be 1..16, got 17"):
        MidiMap(17)


def test_the_shipped_map_reaches_all_of_amsynth() -> None:
    names = load_spec("amsynth-34").names
    shipped = read_midi_map("amsynth")
    assert capabilities_of(shipped, names, False).missing == ()
    assert set(shipped.assignments) == set(names)


def test_it_is_a_target() -> None:
    target, _, _ = opened()
    as_target: Target = target
    assert as_target.capabilities.listens and not as_target.capabilities.reads


class Listed(Recorder):
    """An open port of rtmidi: it accepts messages when its other end has gone."""

    def __init__(self, name: str, listed: list[str]) -> None:
        super().__init__()
        self.name, self._rt, self.listed = name, self, listed

    def get_ports(self) -> list[str]:
        return self.listed


def test_a_port_that_has_gone_is_noticed_without_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin_bridge.midi.midi_target.WATCH_S", 0.0)
    there = ["synth:in 20:0"]
    known = capabilities_of(FINE, list(FINE.assignments), False)
    target = MidiTarget(FINE, Listed("synth:in 20:0", there), None, known)
    assert target.moved() == {}
    there[:] = ["other:in 21:0"]
    with pytest.raises(TargetError, match="the MIDI port has gone"):
        target.moved()


def test_a_synth_that_restarts_is_found_by_its_name_and_not_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ALSA numbers clients as they come: after a restart, another one may have the old number."""
    names = ["keys:out 128:0", "synth:in 130:0"]
    monkeypatch.setattr(ports, "_names", lambda _: [(None, name) for name in names])
    assert ports._port("synth:in 128:0", "get_output_names")[1] == "synth:in 130:0"
    with pytest.raises(TargetError, match="not the name of a MIDI port"):
        ports._port("synt:in 128:0", "get_output_names")
