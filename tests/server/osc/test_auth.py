"""Who may play over OSC from another machine."""

from collections.abc import Sequence

import pytest

from datasets.errors import ServeError
from plugin_bridge import protocol
from plugin_bridge.osc_datagram import OscMessage, decode
from server.osc import auth
from server.osc.auth import TokenGate
from server.osc.handlers import OscApi
from server.osc.messages import encode
from server.osc.subscribers import Sender, Subscribers
from tests.programs.live_server import fake_service

PHONE, OTHER = "192.168.7.20", "192.168.7.21"


def test_this_machine_is_let_in_and_others_with_the_token() -> None:
    gate = TokenGate("s3cret")
    assert gate.admits("127.0.0.1") and gate.admits("::1")
    assert not gate.admits(PHONE)
    gate.open(PHONE, "s3cret")
    assert gate.admits(PHONE) and not gate.admits(OTHER)


def test_a_wrong_token_makes_deaf_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("server.osc.auth.time.monotonic", lambda: now)
    gate = TokenGate("s3cret")
    with pytest.raises(ServeError, match="not the token of the server"):
        gate.open(PHONE, "guess")
    with pytest.raises(ServeError, match="wait a second"):
        gate.open(PHONE, "s3cret")
    gate.open(OTHER, "s3cret")
    now += 1.1
    gate.open(PHONE, "s3cret")
    assert gate.admits(PHONE)
    now += 12 * 3600
    assert not gate.admits(PHONE)


def test_without_a_token_no_other_machine_is_let_in() -> None:
    for guess in ("", "None", "s3cret"):
        gate = TokenGate()
        with pytest.raises(ServeError):
            gate.open(PHONE, guess)
        assert not gate.admits(PHONE)


def test_guessing_from_everywhere_does_not_fill_the_memory() -> None:
    gate = TokenGate("s3cret")
    for n in range(3000):
        with pytest.raises(ServeError):
            gate.open(f"10.0.{n // 250}.{n % 250}", "guess")
    assert len(gate._deaf) == auth.REMEMBERED


def test_a_stranger_is_neither_followed_nor_answered() -> None:
    """An answer would go to a forged address."""
    sent: list[tuple[bytes, Sender]] = []

    def send(packets: Sequence[bytes], to: Sender) -> None:
        sent.extend((packet, to) for packet in packets)

    service = fake_service()
    api = OscApi(service, Subscribers(send), TokenGate("s3cret"))
    subscribe = encode(protocol.SUBSCRIBE.path, protocol.SUBSCRIBE, [9001, 60.0, 0.0])
    stranger = Sender(PHONE, 5000)
    api.receive(subscribe, stranger)
    api.receive(encode(protocol.TOKEN.path, protocol.TOKEN, ["guess"]), stranger)
    api.receive(encode(protocol.MACRO.at(99), protocol.MACRO, [0.5]), stranger)
    assert not api.subscribers.subscribed
    assert not sent
    friend = Sender(OTHER, 5000)
    api.receive(encode(protocol.TOKEN.path, protocol.TOKEN, ["s3cret"]), friend)
    api.receive(encode(protocol.MACRO.at(99), protocol.MACRO, [0.5]), friend)
    assert [to for _, to in sent] == [friend]
    api.receive(
        encode(protocol.MATCH.path, protocol.MATCH, [1, "/etc/passwd", "quick", "auto"]), friend
    )
    assert b"Upload the sound" in sent[-1][0]
    api.receive(encode(protocol.PATCH.path, protocol.PATCH, [2, "/etc/passwd"]), friend)
    assert b"Upload the preset file" in sent[-1][0]
    service.close()


def test_a_strangers_packet_is_not_even_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any machine can send packets, and decoding takes time; only a token is read."""
    decoded = list[bytes]()

    def counted(packet: bytes, refused: object = None) -> list[OscMessage]:
        decoded.append(packet)
        return decode(packet)

    monkeypatch.setattr("server.osc.handlers.decode", counted)
    service = fake_service()
    api = OscApi(service, Subscribers(lambda packets, to: None), TokenGate("s3cret"))
    stranger = Sender(PHONE, 5000)
    token = encode(protocol.TOKEN.path, protocol.TOKEN, ["s3cret"])
    knob = encode(protocol.MACRO.at(99), protocol.MACRO, [0.5])
    for packet in (knob, b"#bundle\0" + bytes(60_000), token + bytes(2000)):
        api.receive(packet, stranger)
    assert decoded == []
    api.receive(token, stranger)
    api.receive(knob, stranger)
    assert decoded == [token, knob]
    service.close()
