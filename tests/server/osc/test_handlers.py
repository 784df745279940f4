"""OSC through real UDP sockets: knobs, subscribers, errors, and packets that are none."""

import contextlib
import json
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from datasets.errors import ServeError
from models.instrument.instrument import Instrument
from plugin_bridge.osc_datagram import decode
from server.lifecycle import Running, Serving, serve_service
from server.session.service import Service
from server.sockets import bind_udp
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher, fake_start, match_of, write_sound
from tests.long.fuzz import Reader
from tests.plugin_bridge.test_osc_datagram import message
from tests.programs.live_server import (
    OscClient,
    errors,
    fake_service,
    knobs,
    live_server,
    parameters,
)

NAMES = FakeCheckpoint().spec.names


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with live_server() as server:
        yield server


@pytest.fixture
def client(running: Running) -> Iterator[OscClient]:
    """Return a subscribed client, with the server's start preset and no update left to read."""
    with OscClient(running) as client:
        client.subscribe()
        for name, unit in zip(NAMES, fake_start(), strict=True):
            client.send("/patchwright/param/set", name, float(unit))
        client.hear()
        yield client
        client.unsubscribe()


def state(client: OscClient) -> tuple[dict[int, list[object]], dict[str, list[object]]]:
    client.hear()
    return knobs(client.state), parameters(client.state)


def test_a_subscriber_gets_everything_at_once(running: Running) -> None:
    with OscClient(running) as client:
        received = client.subscribe()
        assert set(knobs(received)) == {1, 2, 3}
        assert [args[1] for args in knobs(received).values()] == ["bright", "soft", "wide"]
        assert tuple(parameters(received)) == NAMES
        assert parameters(received)["osc_1_transpose"][3] == 6
        client.unsubscribe()


def test_a_knob_changes_parameters_and_back_at_rest_none_has_changed(client: OscClient) -> None:
    rest, before = state(client)
    client.send("/patchwright/macro/1", 0.05)
    changed = parameters(client.hear())
    assert changed
    assert all(changed[name] != before[name] for name in changed)
    turned = state(client)[1]
    assert {n for n in NAMES if turned[n] != before[n]} == set(changed)
    client.send("/patchwright/macro/1", rest[1][0])
    client.hear()
    assert state(client) == (rest, before)


def test_what_is_sent_is_what_the_instrument_says(client: OscClient) -> None:
    client.send("/patchwright/macro/2", 0.75)
    received = parameters(client.hear())
    twin = Instrument(FakeCheckpoint())
    expected = {c.name: c for c in twin.turn(2, 0.75)}
    assert set(received) == set(expected)
    for name, (unit, native, text, steps) in received.items():
        assert (unit, text, steps) == (expected[name].unit, expected[name].text, 0)
        assert native == np.float32(expected[name].native)


def test_a_burst_comes_down_to_its_last_value(client: OscClient) -> None:
    rest, before = state(client)
    positions = np.random.default_rng(2).random(1000).astype(np.float32)
    for position in positions:
        client.send("/patchwright/macro/1", float(position))
    client.send("/patchwright/macro/1", 0.625)
    client.hear()
    found, _ = state(client)
    assert found[1][0] == 0.625
    client.send("/patchwright/macro/1", rest[1][0])
    client.hear()
    assert state(client) == (rest, before)


def play_with(service: Service, instrument: Instrument) -> None:
    """Put another instrument in the place of the model's."""
    stage = service._stage
    stage.model = stage.current = replace(stage.model, instrument=instrument)


def test_a_burst_costs_few_turns() -> None:
    """While one turn runs, a thousand commands become one; no knob waits for another's burst."""
    turns: list[tuple[int, float]] = []

    class SlowInstrument(Instrument):
        def turn(self, n: int, position: float) -> list[object]:  # type: ignore[override]
            turns.append((n, position))
            time.sleep(0.15)
            return []

    def slow_service() -> Service:
        service = fake_service()
        play_with(service, SlowInstrument(FakeCheckpoint()))
        return service

    with live_server(slow_service) as running, OscClient(running) as client:
        for i in range(1000):
            client.send("/patchwright/macro/1", i / 1000)
        client.send("/patchwright/macro/2", 0.25)
        client.send("/patchwright/macro/1", 1.0)
        client.subscribe()
    assert turns[-1] in ((1, 1.0), (2, 0.25))
    assert {(1, 1.0), (2, 0.25)} <= set(turns)
    assert len(turns) < 100


def test_a_parameter_set_manually_is_sent_with_the_knobs(client: OscClient) -> None:
    client.send("/patchwright/param/set", "filter_1_cutoff", 1)
    received = client.hear()
    ((name, said),) = parameters(received).items()
    assert (name, said[:2], said[3]) == ("filter_1_cutoff", [1.0, 128.0], 0)
    assert said[2].startswith("68") and said[2].endswith("semitones")
    assert set(knobs(received)) == {1, 2, 3}


def test_undo_redo_and_the_other_side(client: OscClient) -> None:
    before = state(client)
    client.send("/patchwright/switch")
    client.send("/patchwright/macro/1", 0.05)
    turned = state(client)
    assert turned != before
    client.send("/patchwright/undo")
    assert state(client) == before
    client.send("/patchwright/redo")
    assert state(client) == turned
    client.send("/patchwright/switch")
    assert state(client) == before
    client.send("/patchwright/redo")
    assert errors(client.hear())[0][1:] == ["serve", "nothing to redo"]


def test_what_is_turned_after_an_undo_comes_after_it(client: OscClient) -> None:
    """Though all of it is sent at once, and knobs come down to their newest value."""
    rest, before = state(client)
    for position in (0.1, 0.2, 0.3):
        client.send("/patchwright/macro/1", position)
    client.send("/patchwright/undo")
    client.send("/patchwright/macro/2", 0.75)
    found, _ = state(client)
    assert found[1] == rest[1] and found[2][0] == 0.75
    client.send("/patchwright/undo")
    assert state(client) == (rest, before)


def test_a_locked_parameter_stays(client: OscClient) -> None:
    _, before = state(client)
    client.send("/patchwright/lock", "filter_1_cutoff", 1)
    client.send("/patchwright/macro/1", 0.05)
    assert state(client)[1]["filter_1_cutoff"] == before["filter_1_cutoff"]
    client.send("/patchwright/lock", "filter_1_cutoff", 0)
    client.send("/patchwright/macro/1", 0.06)
    assert state(client)[1]["filter_1_cutoff"] != before["filter_1_cutoff"]
    client.send("/patchwright/lock", "nonsense", 1)
    assert errors(client.hear())[0][1] == "spec"


def test_others_get_the_position_of_a_knob_and_its_own_client_does_not(
    running: Running, client: OscClient
) -> None:
    with OscClient(running) as other:
        other.subscribe()
        client.send("/patchwright/macro/3", 0.5)
        own, others = client.hear(), other.hear()
        other.unsubscribe()
    assert parameters(own) == parameters(others) != {}
    assert knobs(own) == {}
    assert knobs(others) == {3: [0.5, "wide"]}


def test_a_subscription_ends(running: Running, client: OscClient) -> None:
    with OscClient(running) as short, OscClient(running) as ended:
        short.subscribe(1.5)
        ended.subscribe(60.0)
        ended.unsubscribe()
        time.sleep(1.6)
        client.send("/patchwright/macro/1", 0.3)
        assert client.hear()
        assert short.hears_nothing()
        assert ended.hears_nothing()


@pytest.mark.parametrize(
    ("path", "args", "code", "words"),
    [
        ("/patchwright/marco/1", [0.5], "protocol", "did you mean /patchwright/macro/N"),
        ("/patchwright/macro/1", ["loud"], "protocol", "value must be float"),
        ("/patchwright/macro/1", [None], "protocol", "value must be float"),
        ("/patchwright/macro/1", [float("nan")], "serve", "knob 1: nan is outside 0..1"),
        ("/patchwright/macro/1", [1.5], "serve", "knob 1: 1.5 is outside 0..1"),
        ("/patchwright/macro/99", [0.5], "serve", "no knob 99: there are 1 to 3"),
        ("/patchwright/param/set", ["cutoff", 0.5], "spec", "no parameter 'cutoff'"),
        ("/patchwright/param/set", ["env_1_decay", 2.0], "serve", "2.0 is outside 0..1"),
        ("/patchwright/subscribe", [70000, 5.0], "serve", "port 70000"),
        ("/patchwright/subscribe", [9001, float("nan")], "serve", "ttl_s nan"),
        ("/patchwright/subscribe", [9001, -1.0], "serve", "ttl_s -1.0"),
        ("/patchwright/param", ["a", 0.5, 0.5, "x", 0], "protocol", "unknown address"),
    ],
)
def test_a_wrong_message_is_answered_with_its_error(
    client: OscClient, path: str, args: list[object], code: str, words: str
) -> None:
    before = state(client)
    client.send(path, *args)
    ((number, said, text),) = errors(client.hear())
    assert (number, said) == (-1, code)
    assert words in text
    assert state(client) == before


def test_a_client_that_has_not_subscribed_gets_errors_at_its_own_port() -> None:
    with live_server() as running, OscClient(running) as stranger:
        stranger.send("/patchwright/macro/99", 0.5)
        assert errors(stranger.hear_until("/patchwright/error"))[0][1] == "serve"


def test_a_wrong_value_does_not_displace_a_right_one(client: OscClient) -> None:
    client.send("/patchwright/macro/1", 0.375)
    client.send("/patchwright/macro/1", float("nan"))
    client.hear()
    assert state(client)[0][1][0] == 0.375


def test_an_error_is_never_answered(client: OscClient) -> None:
    client.send("/patchwright/error", -1, "serve", "what?")
    assert client.hear() == []


def bundle(*elements: bytes) -> bytes:
    sized = b"".join(struct.pack(">i", len(element)) + element for element in elements)
    return b"#bundle\0" + struct.pack(">Q", 1) + sized


NOT_OSC = {
    "empty": b"",
    "text": b"hello",
    "no type tag's comma": b"/a\0\0i\0\0\0\0\0\0\1",
    "cut short": b"/patchwright/mac",
    "not UTF-8": b"/a\xff\0,s\0\0\x80\x80\x80\0",
    "unclosed array": b"/a\0\0,[f\0\0\0\0\0",
    "zero bytes": bytes(64),
    "element that leads back to itself": b"#bundle\0" + bytes(8) + struct.pack(">i", -4),
    "element beyond the end": b"#bundle\0" + bytes(8) + struct.pack(">i", 4000) + b"/a\0\0",
    "bundle of nothing": b"#bundle\0" + bytes(8) + bytes(4),
    "bundle cut short": b"#bundle\0\0",
    "nested to the bottom": b"",
}
for _ in range(1500):
    NOT_OSC["nested to the bottom"] = bundle(NOT_OSC["nested to the bottom"])


@pytest.mark.parametrize("name", NOT_OSC)
def test_what_is_not_osc_is_dropped_and_the_server_lives(client: OscClient, name: str) -> None:
    client.socket.sendto(NOT_OSC[name], client.server)
    assert client.hear() == []


def test_foreign_messages_get_few_answers_and_knobs_go_on(client: OscClient) -> None:
    began, answers = time.monotonic(), list[str]()
    for n in range(2000):
        client.send(f"/renoise/trigger/{n}", 1, 2)
        if n % 100 == 99:
            answers += [args[2] for args in errors(client.hear())]
    client.send("/patchwright/macro/1", 0.375)
    client.hear()
    assert state(client)[0][1][0] == 0.375
    seconds = time.monotonic() - began
    assert 1 <= len(answers) <= 20 * (seconds + 2)
    assert all("unknown address" in text for text in answers)
    assert sum("did you mean" in text for text in answers) <= seconds + 1


def test_buttons_and_switches_of_controllers_are_followed(client: OscClient) -> None:
    before = state(client)
    client.send("/patchwright/macro/1", 0.05)
    client.send("/patchwright/undo", 1.0)
    assert state(client) == before
    client.send("/patchwright/lock", "filter_1_cutoff", True)
    client.send("/patchwright/macro/1", 0.05)
    assert state(client)[1]["filter_1_cutoff"] == before[1]["filter_1_cutoff"]
    client.send("/patchwright/lock", "filter_1_cutoff", False)
    assert errors(client.hear()) == []


def test_an_unknown_type_tag_turns_no_knob_and_is_answered(client: OscClient) -> None:
    before = state(client)
    packet = b"/patchwright/macro/1\0\0\0\0,cf\0" + struct.pack(">if", 0x3E800000, 0.5)
    client.socket.sendto(packet, client.server)
    ((_, code, text),) = errors(client.hear())
    assert code == "protocol" and "type tag 'c'" in text
    assert state(client) == before


def test_a_wrong_message_does_not_drop_its_bundle(client: OscClient) -> None:
    latin = message(",s", "Flügel\0\0".encode("latin-1"), "/patchwright/keep/unknown")
    wrong = message(",c", bytes(4), "/foreign")
    knob = message(",f", struct.pack(">f", 0.4375))
    client.socket.sendto(bundle(latin, wrong, knob), client.server)
    client.hear()
    assert state(client)[0][1][0] == 0.4375


def test_random_packets_do_not_stop_it(client: OscClient) -> None:
    random = np.random.default_rng(4)
    for start in (b"/patchwright/macro/1\0\0\0\0,", b"#bundle\0", b"/", b""):
        for _ in range(100):
            client.socket.sendto(start + random.bytes(int(random.integers(40))), client.server)
    client.hear()
    assert set(state(client)[0]) == {1, 2, 3}


def test_whole_bundles_pass_the_framing_check() -> None:
    message = OscMessageBuilder("/a").build().dgram
    assert len(decode(bundle(message, bundle(message, message)))) == 3
    with pytest.raises(ValueError, match="does not fit"):
        decode(bundle(message)[:-1])


def test_a_bundle_for_tomorrow_is_followed_now(client: OscClient) -> None:
    """python-osc's own dispatcher would sleep until then."""
    builder = OscBundleBuilder(int(time.time()) + 86400)
    for n, position in ((1, 0.125), (2, 0.875)):
        message = OscMessageBuilder(f"/patchwright/macro/{n}")
        message.add_arg(position)
        builder.add_content(message.build())
    client.socket.sendto(builder.build().dgram, client.server)
    client.hear()
    found = state(client)[0]
    assert (found[1][0], found[2][0]) == (0.125, 0.875)


def test_a_match_by_path_is_loaded_and_ends_in_a_result(client: OscClient, tmp_path: Path) -> None:
    client.send("/patchwright/match", 41, str(write_sound(tmp_path / "a.wav")))
    received = client.hear_until("/patchwright/result")
    path, (number, text) = received[-1]
    assert (path, number) == ("/patchwright/result", 41)
    assert json.loads(text) == {"model": "fake-16", "seed": 0, "distance": 2.5, "renders": 0}
    units = [args[0] for args in parameters(received).values()]
    assert units == match_of(0).tolist()
    assert set(knobs(received)) == {1, 2, 3}


def test_a_long_match_reports_its_progress_and_can_be_cancelled(tmp_path: Path) -> None:
    matcher, sound = FakeMatcher(), str(write_sound(tmp_path / "a.wav"))
    matcher.may_answer.clear()
    with (
        live_server(lambda: Service(FakeCheckpoint(), matcher)) as running,
        OscClient(running) as client,
    ):
        client.subscribe()
        before = state(client)
        client.send("/patchwright/match", 7, sound, "refine")
        reported = ("/patchwright/progress", [7, 8, 250, 32.0])
        client.listen_until(lambda received: received[-1] == reported)
        client.send("/patchwright/cancel", 8)
        client.send("/patchwright/match", 7, sound)
        said = [args[2] for args in errors(client.hear())]
        assert "match 8: you have no match" in said[0] and "use another id" in said[1]
        client.send("/patchwright/cancel", 7)
        matcher.may_answer.set()
        assert client.hear_until("/patchwright/result")[-1][1][0] == 7
        assert state(client) == before  # nothing was loaded


def test_a_match_that_fails_ends_in_an_error_with_its_id(client: OscClient, tmp_path: Path) -> None:
    garbage = tmp_path / "b.wav"
    garbage.write_bytes(b"no sound at all")
    client.send("/patchwright/match", 42, str(garbage))
    ((number, code, text),) = errors(client.hear_until("/patchwright/error"))
    assert (number, code) == (42, "audio")
    assert "b.wav" in text
    client.send("/patchwright/match", 43, 5)
    assert errors(client.hear())[0][:2] == [43, "protocol"]


def test_a_file_name_that_is_too_long_is_named() -> None:
    """A matcher that reads the sound, as every real one does."""
    with live_server(lambda: Service(FakeCheckpoint(), Reader())) as running:
        with OscClient(running) as client:
            client.subscribe()
            client.send("/patchwright/match", 45, 300 * "x")
            ((number, code, text),) = errors(client.hear_until("/patchwright/error"))
    assert (number, code) == (45, "audio")
    assert "File name too long" in text


def test_a_file_over_the_cap_is_not_opened(client: OscClient, tmp_path: Path) -> None:
    with (tmp_path / "huge.wav").open("wb") as file:
        file.truncate(33 * 1024**2)
    client.send("/patchwright/match", 44, str(tmp_path / "huge.wav"))
    ((number, code, text),) = errors(client.hear_until("/patchwright/error"))
    assert (number, code) == (44, "serve")
    assert "over 32 MiB" in text


def test_a_crowd_of_subscribers_is_bounded_and_the_oldest_gives_way() -> None:
    with live_server() as running, contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(OscClient(running)) for _ in range(34)]
        for one in crowd:
            one.subscribe()
            crowd[1].subscribe()  # renewed: not the oldest
        crowd[-1].send("/patchwright/param/set", NAMES[3], 0.5)
        assert parameters(crowd[-1].hear())
        assert parameters(crowd[1].hear_until("/patchwright/param"))
        crowd[0].socket.setblocking(False)
        reported = b""
        with contextlib.suppress(BlockingIOError):
            while True:
                reported += crowd[0].socket.recv(65536)
        assert NAMES[3].encode() not in reported


def test_knobs_answer_while_a_match_runs_and_a_crowd_is_turned_away(tmp_path: Path) -> None:
    sound = write_sound(tmp_path / "a.wav")

    matcher = FakeMatcher()
    matcher.may_answer.clear()

    def slow_service() -> Service:
        return Service(FakeCheckpoint(), matcher)

    with live_server(slow_service) as running, OscClient(running) as client:
        client.subscribe()
        for number in range(9):
            client.send("/patchwright/match", number, str(sound))
        client.send("/patchwright/macro/1", 0.1)
        received = client.hear()
        assert parameters(received)
        assert [error[:2] for error in errors(received)] == [[8, "busy"]]
        assert not [path for path, _ in received if path == "/patchwright/result"]
        matcher.may_answer.set()
        finished = client.hear_until("/patchwright/result")
        assert finished[-1][1][0] == 0


def test_an_unforeseen_failure_is_reported_and_knobs_continue() -> None:
    class BrokenInstrument(Instrument):
        def set_parameter(self, name: str, unit: float) -> list[object]:  # type: ignore[override]
            raise RuntimeError("a bug")

    def broken_service() -> Service:
        service = fake_service()
        play_with(service, BrokenInstrument(FakeCheckpoint()))
        return service

    with live_server(broken_service) as running, OscClient(running) as client:
        client.subscribe()
        client.send("/patchwright/param/set", NAMES[0], 0.5)
        assert errors(client.hear())[0][1] == "internal"
        client.send("/patchwright/macro/1", 0.1)
        assert parameters(client.hear())


def test_a_taken_udp_port_is_reported_before_anything_is_loaded() -> None:
    def never() -> Service:
        raise AssertionError("the model was loaded first")

    with bind_udp("127.0.0.1", 0, "--osc-host", "--osc-port") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"UDP port {port} .*--osc-port"):
            serve_service(never, Serving(http_port=0, osc_port=port))
