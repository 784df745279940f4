"""REAPER's OSC: exact bytes by Default.ReaperOSC, and where its parameters are."""

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_bridge.osc import reaper as of_reaper
from plugin_bridge.osc.osc_target import OscTarget
from plugin_bridge.osc.reaper import open_reaper, place
from plugin_bridge.osc.socket import EMPTY
from plugin_bridge.sync.target import ParameterChange, Target, TargetError
from tests.programs.osc_program import Program, bundle

ORDER = ["Volume", "Cutoff", "Attack", "Release"]
NAMES = ["Cutoff", "Release"]


@pytest.fixture
def reaper() -> Iterator[Program]:
    one = Program()
    yield one
    one.close()


@pytest.fixture
def target(reaper: Program) -> Iterator[OscTarget]:
    one = open_reaper(NAMES, 3, 2, ORDER, port=reaper.port, listen_port=0)
    asked(reaper)
    yield one
    one.close()


def asked(reaper: Program) -> list[bytes]:
    """Return what opening asks: all names again, one by one, then the effect."""
    assert reaper.packet() == EMPTY
    return [reaper.packet() for _ in range(len(ORDER) + 4)]


def test_a_parameter_is_one_normalised_float(reaper: Program, target: OscTarget) -> None:
    """FX_PARAM_VALUE n/track/@/fx/@/fxparam/@/value: n is a float 0..1, @ counts from 1."""
    target.apply([ParameterChange("Cutoff", 0.1, 0.5, "")])
    assert reaper.packet() == b"/track/3/fx/2/fxparam/2/value\0\0\0,f\0\0\x3f\x00\x00\x00"
    target.apply(
        [ParameterChange("Release", 0.0, 1.0, "", 2), ParameterChange("Elsewhere", 0.5, 0.5, "")]
    )
    assert reaper.packet() == b"/track/3/fx/2/fxparam/4/value\0\0\0,f\0\0\x3f\x80\x00\x00"
    assert reaper.silent()


def test_opening_selects_the_effect_on_the_surface_only(reaper: Program) -> None:
    """DEVICE_FX_PARAM_COUNT, DEVICE_TRACK_SELECT, DEVICE_FX_SELECT and the bank take ints (i/)."""
    open_reaper(NAMES, 3, 2, ORDER, port=reaper.port, listen_port=0).close()
    questions = asked(reaper)
    assert questions[0] == b"/fxparam/1/name\0,\0\0\0"
    assert questions[len(ORDER) :] == [
        b"/device/fxparam/count\0\0\0,i\0\0\x00\x00\x00\x04",
        b"/device/track/select\0\0\0\0,i\0\0\x00\x00\x00\x03",
        b"/device/fx/select\0\0\0,i\0\0\x00\x00\x00\x02",
        b"/device/fxparam/bank/select\0,i\0\0\x00\x00\x00\x01",
    ]


def answering(reaper: Program, listen_port: int, names: dict[int, str]) -> threading.Thread:
    """Once the bank is asked for, the names go out: in a bundle, each twice, as REAPER does."""

    def answer() -> None:
        asked(reaper)
        reported = [(f"/fxparam/{number}/name", name) for number, name in names.items()]
        for _ in range(2):
            reaper.throw(listen_port, bundle(*reported, ("/fx/name", "VSTi: amsynth")))

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_reapers_names_give_a_parameters_number(
    reaper: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_reaper, "FIRST_S", 5.0)  # it answers as soon as this machine lets it
    port = free_port()
    thread = answering(reaper, port, {1: "Bypass", 2: "Volume", 3: "Cutoff", 4: "Attack"})
    target = open_reaper(NAMES, 1, 1, ORDER, port=reaper.port, listen_port=port)
    thread.join()
    assert target.capabilities.missing == ("Release",)
    assert "effect 1 of track 1 has no parameter called Release" in target.capabilities.advice
    target.apply([ParameterChange("Cutoff", 0.5, 0.5, "")])
    assert reaper.packet().startswith(b"/track/1/fx/1/fxparam/3/value\0")
    target.close()


class Surface(threading.Thread):
    """Simulate how REAPER's surface sends names.

    Selecting an effect makes it send them. It sends each name twice, and again only after a message
    to the name's address.
    """

    def __init__(self, reaper: Program, listen_port: int, names: list[str]) -> None:
        super().__init__(daemon=True)
        self.reaper, self.listen_port, self.names = reaper, listen_port, names
        self.reported = dict.fromkeys(range(1, len(names) + 1), 0)

    def put(self, names: list[str]) -> None:
        """Put another effect at the place: its names are new."""
        self.names, self.reported = names, dict.fromkeys(self.reported, 0)

    def run(self) -> None:
        while (packet := self.reaper.packet()) != b"end":
            path = packet.split(b"\0", 1)[0].decode()
            if path.endswith("/name"):
                self.reported[int(path.split("/")[2])] = 0
            elif path.endswith("/select"):
                self.tell()

    def tell(self) -> None:
        fresh = [number for number, times in self.reported.items() if times < 2]
        names = [(f"/fxparam/{number}/name", self.names[number - 1]) for number in fresh]
        self.reported |= {number: self.reported[number] + 1 for number in fresh}
        if names:
            self.reaper.throw(self.listen_port, bundle(*names))


def test_names_are_sent_again_when_the_bridge_restarts(
    reaper: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_reaper, "FIRST_S", 5.0)
    port = free_port()
    surface = Surface(reaper, port, ORDER)
    surface.start()
    for _ in range(3):
        target = open_reaper(NAMES, 1, 1, ORDER, port=reaper.port, listen_port=port)
        target.close()
        assert target.capabilities.missing == () and target.capabilities.advice == ""
    reaper.throw(reaper.port, b"end")
    surface.join(5)
    assert not surface.is_alive()


@pytest.fixture
def surface(reaper: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[Surface]:
    monkeypatch.setattr(of_reaper, "FIRST_S", 5.0)
    monkeypatch.setattr(of_reaper, "CHECK_S", 0.2)
    one = Surface(reaper, free_port(), [*ORDER])
    one.start()
    yield one
    reaper.throw(reaper.port, b"end")
    one.join(5)


def checks(target: OscTarget, seconds: float) -> None:
    """Use the target as the bridge does; TargetError when it is lost."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        target.moved()
        time.sleep(0.02)


def test_another_effect_at_the_place_of_ours_ends_the_connection(
    reaper: Program, surface: Surface
) -> None:
    """REAPER has no other identity than the numbers of track and effect."""
    target = open_reaper(NAMES, 3, 2, ORDER, port=reaper.port, listen_port=surface.listen_port)
    checks(target, 1.0)  # the effect is there
    surface.put(["Mix", "Drive", "Tone", "Level"])
    with pytest.raises(TargetError, match=r"another effect is there now, its parameter 2 is 'Dri"):
        checks(target, 20.0)
    target.close()


def test_an_effect_that_is_only_selected_on_the_surface_changes_nothing(
    reaper: Program, surface: Surface
) -> None:
    target = open_reaper(NAMES, 3, 2, ORDER, port=reaper.port, listen_port=surface.listen_port)
    for _ in range(3):
        others = bundle(("/fxparam/2/name", "Drive"), ("/fxparam/4/name", "Level"))
        reaper.throw(target, others)
        checks(target, 0.7)  # ours is selected again
    target.close()


def free_port() -> int:
    other = Program()
    other.close()
    return other.port


def test_without_names_the_plugins_order_is_used_and_reported(target: OscTarget) -> None:
    assert target.capabilities.missing == ()
    assert "REAPER sent no parameter names" in target.capabilities.advice


def test_without_names_and_order_there_is_nothing_to_go_by(reaper: Program) -> None:
    with pytest.raises(TargetError, match="REAPER sent no parameter names: add an OSC"):
        open_reaper(NAMES, 1, 1, port=reaper.port, listen_port=0)
    with pytest.raises(TargetError, match="track 1, fx 0: track must be 0 or more"):
        open_reaper(NAMES, 1, 0, ORDER, port=reaper.port, listen_port=0)


def test_a_name_that_two_parameters_have_is_the_one_at_its_own_place() -> None:
    reported = {1: "Mix", 2: "Level", 3: "Mix"}
    assert place(["Level"], reported, []).numbers == {"Level": 2}
    assert place(["Mix"], reported, []).numbers == {"Mix": 1}
    assert place(["Mix"], reported, ["Gain", "Level", "Mix"]).numbers == {"Mix": 3}


def test_a_knob_turned_in_reaper_is_reported_once_and_echoes_are_not(
    reaper: Program, target: OscTarget
) -> None:
    cutoff = "/track/3/fx/2/fxparam/2/value"
    target.apply([ParameterChange("Cutoff", 0.25, 0.25, "")])
    reaper.throw(target, bundle((cutoff, 0.25), (cutoff, 0.25), ("/fxparam/2/value", 0.25)))
    assert target.moved() == {}
    reaper.throw(target, bundle((cutoff, 0.7), (cutoff, 0.7)))
    assert target.moved() == {"Cutoff": pytest.approx(0.7)}
    reaper.tell(target, "/track/1/fx/2/fxparam/2/value", 0.1)  # another track
    assert target.moved() == {} and target.read() == {}


@given(packets=st.lists(st.binary(max_size=60), max_size=4), value=st.floats(0, 1, width=32))
@settings(max_examples=40, deadline=None)
def test_foreign_packets_never_raise(packets: list[bytes], value: float) -> None:
    reaper = Program()
    target = _opened_at_once(reaper)
    try:
        for packet in packets:
            reaper.throw(target, packet)
        reaper.tell(target, "/track/1/fx/1/fxparam/1/value", value)
        assert target.moved() == {"Volume": pytest.approx(value)}
    finally:
        target.close()
        reaper.close()


def _opened_at_once(reaper: Program) -> OscTarget:
    """As ``open_reaper`` makes it, without the half second that it waits for names."""
    from plugin_bridge.osc.reaper import Placed, _capabilities, _wire
    from plugin_bridge.osc.socket import OscSocket

    placed = Placed({"Volume": 1})
    wires = {"Volume": _wire(1, 1, 1)}
    return OscTarget(
        OscSocket("127.0.0.1", reaper.port, 0), wires, _capabilities(placed, True, 1, 1)
    )


def test_it_is_a_target(target: OscTarget) -> None:
    as_target: Target = target
    assert as_target.capabilities.listens and not as_target.capabilities.reads
