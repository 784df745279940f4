"""Decode controllers: both orders of the halves of a 14-bit value, and steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.midi.reader import MidiReader, Reading

CHOSEN = [(99, 2), (98, 4)]  # NRPN 2 * 128 + 4
ALONE = 2  # ``settle`` calls after which a half is taken without the other one


def read(reader: MidiReader, sent: list[tuple[int, int]], kind: str) -> list[Reading]:
    """Return the readings of one kind, until nothing waits any more."""
    found = [one for control, value in sent for one in reader.feed(control, value)]
    for _ in range(ALONE):
        found += reader.settle()
    return [one for one in found if one.kind == kind]


@pytest.mark.parametrize(("coarse", "fine", "kind"), [(6, 38, "nrpn"), (20, 52, "cc14")])
@pytest.mark.parametrize("fine_first", [True, False])
@given(values=st.lists(st.integers(0, 16383), min_size=1, max_size=5))
def test_the_halves_of_a_value_come_in_either_order(
    coarse: int, fine: int, kind: str, fine_first: bool, values: list[int]
) -> None:
    sent = [((coarse, value >> 7), (fine, value & 127)) for value in values]
    ordered = [pair[::-1] if fine_first else pair for pair in sent]
    flat = [message for pair in ordered for message in pair]
    found = read(MidiReader(), [*CHOSEN, *flat], kind)
    assert [one.value for one in found] == values


@pytest.mark.parametrize("fine_first", [True, False])
def test_each_half_may_be_sent_in_its_own_poll(fine_first: bool) -> None:
    reader, halves = MidiReader(), [(38, 127), (6, 7)] if fine_first else [(6, 7), (38, 127)]
    for control, value in (*CHOSEN, halves[0]):
        list(reader.feed(control, value))
    assert list(reader.settle()) == []
    assert Reading("nrpn", 260, 1023) in list(reader.feed(*halves[1]))


def test_a_half_alone_counts_after_a_while() -> None:
    reader = MidiReader()
    assert read(reader, [*CHOSEN, (38, 5)], "nrpn") == []  # the coarse half is unknown
    assert read(reader, [(6, 7)], "nrpn") == [Reading("nrpn", 260, 7 << 7)]
    assert read(reader, [(38, 5)], "nrpn") == [Reading("nrpn", 260, 7 << 7 | 5)]
    assert read(reader, [(6, 8)], "nrpn") == [Reading("nrpn", 260, 8 << 7)]


def test_after_half_a_value_the_last_value_is_still_right() -> None:
    """The bridge starts while a synth sends: the first fine half is missing."""
    found = read(MidiReader(), [*CHOSEN, (6, 1), (38, 2), (6, 3), (38, 4), (6, 5)], "nrpn")
    assert found[-1] == Reading("nrpn", 260, 5 << 7 | 4)


def test_a_knob_that_never_rests_is_still_read() -> None:
    reader, found = MidiReader(), list[Reading]()
    for value in range(10):  # one message for each poll
        found += [*reader.feed(20, value), *reader.settle()]
    assert [one.value for one in found if one.kind == "cc14"]


def test_increment_and_decrement_are_steps_of_the_chosen_nrpn() -> None:
    reader = MidiReader()
    assert list(reader.feed(96, 0)) == [Reading("cc", 96, 0)]  # none is chosen
    for control, value in CHOSEN:
        list(reader.feed(control, value))
    assert list(reader.feed(96, 0)) == [
        Reading("nrpn", 260, 1, relative=True),
        Reading("nrpn7", 260, 1, relative=True),
    ]
    assert Reading("nrpn", 260, -1, relative=True) in list(reader.feed(97, 127))
