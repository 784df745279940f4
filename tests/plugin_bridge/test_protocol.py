"""Check messages against the address table: types, and the errors of wrong messages."""

import re

import pytest

from plugin_bridge.protocol import (
    INCOMING,
    MACRO,
    MACRO_STATE,
    OUTGOING,
    Address,
    Kind,
    ProtocolError,
    UnknownAddressError,
    check,
)

SAMPLES: dict[Kind, object] = {"int": 7, "float": 0.25, "string": "x"}


@pytest.mark.parametrize("known", [INCOMING, OUTGOING])
def test_every_address_takes_its_own_arguments(known: tuple[Address, ...]) -> None:
    for address in known:
        args = [SAMPLES[argument.kind] for argument in address.arguments]
        message = check(address.at(3), args, known)
        assert message.address is address
        assert list(message.values) == args
        assert message.number == (3 if address.path.endswith("/N") else 0)


def test_an_address_has_one_meaning_each_way() -> None:
    for known in (INCOMING, OUTGOING):
        assert len({address.path for address in known}) == len(known)
        assert all(address.doc and address.path.startswith("/patchwright/") for address in known)


def test_numbers_are_taken_for_each_other_when_nothing_is_lost() -> None:
    assert check("/patchwright/macro/1", [1]).values == (1.0,)
    assert isinstance(check("/patchwright/macro/1", [1]).values[0], float)
    assert check("/patchwright/subscribe", [9001.0, 30]).values == (9001, 30.0, 0.0)


def test_buttons_may_send_arguments_and_truth_values() -> None:
    """Push buttons send 1.0 with every message, and switches send T and F."""
    assert check("/patchwright/undo", [1.0]).values == ()
    assert check("/patchwright/undo", [True, "x"]).values == ()
    assert check("/patchwright/lock", ["cutoff", True]).values == ("cutoff", 1)
    assert check("/patchwright/lock", ["cutoff", False]).values == ("cutoff", 0)
    values = check("/patchwright/macro/1", [True]).values
    assert values == (1.0,) and type(values[0]) is float


@pytest.mark.parametrize(
    ("path", "args", "words"),
    [
        (
            "/patchwright/macro/1",
            ["loud"],
            ["/patchwright/macro/1", "value", "float", "str 'loud'"],
        ),
        ("/patchwright/macro/1", [None], ["value", "float", "NoneType"]),
        ("/patchwright/macro/1", [[0.5]], ["value", "float", "list"]),
        ("/patchwright/param/set", [True, 0.5], ["name", "string", "bool"]),
        ("/patchwright/macro/1", [], ["got 0 arguments, needs 1 (value)"]),
        ("/patchwright/param/set", [0.5, "x"], ["name", "string", "float '0.5'"]),
        ("/patchwright/subscribe", [9001.5, 3.0], ["port", "int", "9001.5"]),
        ("/patchwright/subscribe", [float("nan"), 3.0], ["port", "int", "nan"]),
        ("/patchwright/match", [2**40, "a.wav"], ["id", "int"]),
        ("/patchwright/match", [None, "a.wav"], ["id", "int", "NoneType"]),
    ],
)
def test_wrong_arguments_are_named(path: str, args: list[object], words: list[str]) -> None:
    with pytest.raises(ProtocolError) as error:
        check(path, args)
    assert all(word in str(error.value) for word in words), str(error.value)


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/patchwright/marco/1", "/patchwright/macro/N"),
        ("/patchwright/macro/N", "/patchwright/macro/N"),
        ("/patchwright/macro/x", "/patchwright/macro/N"),
        ("/patchwright/params/set", "/patchwright/param/set"),
        ("/match", "/patchwright/match"),
        ("", "/patchwright/"),
    ],
)
def test_an_unknown_address_names_the_nearest(path: str, nearest: str) -> None:
    with pytest.raises(ProtocolError, match=re.escape(f"did you mean {nearest}")):
        check(path, [0.5])


def test_an_unknown_address_costs_nothing_until_its_text_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searches = list[str]()

    def search(path: str, *_: object, **__: object) -> list[str]:
        searches.append(path)
        return ["/nearest"]

    monkeypatch.setattr("plugin_bridge.protocol.difflib.get_close_matches", search)
    with pytest.raises(UnknownAddressError) as error:
        check("/renoise/trigger", [1, 2, 3])
    assert not searches
    assert "did you mean /nearest" in str(error.value)
    assert searches == ["/renoise/trigger"]


def test_incoming_and_outgoing_addresses_are_separate() -> None:
    """Refuse a message of the server as a command to it."""
    with pytest.raises(ProtocolError):
        check("/patchwright/param", ["a", 0.1, 0.1, "x", 0])
    assert check("/patchwright/macro/2", [0.5], OUTGOING[:0] + INCOMING).address is MACRO
    assert check("/patchwright/macro/2", [0.5, "x"], OUTGOING).address is MACRO_STATE
