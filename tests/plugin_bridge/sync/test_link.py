"""Test the link of a server and a target: both directions, no echoes, restarts of either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial

import numpy as np
import pytest

from datasets.spec import SynthSpec, load_spec
from plugin_bridge.ableton.ableton_target import open_ableton
from plugin_bridge.ableton.simulated_live import TICK_S, plugin_of
from plugin_bridge.protocol import ERROR, TOKEN
from plugin_bridge.sync.host_parameters import host_parameters
from plugin_bridge.sync.link import HOLD_S, RETRY_S, Link
from plugin_bridge.sync.subscription import AWAY_S, RENEW_S
from plugin_bridge.sync.target import Capabilities, ParameterChange, TargetError
from renderer.engines.vita_patch import MACROS
from server.osc.messages import encode
from tests.fakes.live_set import Clock, Wire, live_set

SPEC = load_spec("nekobi-8")


def change(name: str, unit: float) -> ParameterChange:
    parameter = SPEC.parameters[SPEC.names.index(name)]
    unit = float(np.float32(unit))
    native = float(np.float32(parameter.to_native(unit)))
    return ParameterChange(name, unit, native, f"{unit:.2f}", parameter.steps)


START = [
    change(name, float(unit))
    for name, unit in zip(SPEC.names, SPEC.snap(np.full(len(SPEC), 0.5)), strict=True)
]


class FakeTarget:
    """Store what it receives; fail on request."""

    def __init__(self) -> None:
        self.capabilities = Capabilities(reads=True, listens=True, pace_hz=10.0)
        self.given: list[ParameterChange] = []
        self.turned: dict[str, float] = {}
        self.holds = {one.name: one.native for one in START}
        self.failure: TargetError | None = None
        self.closed = False

    def __str__(self) -> str:
        return "the fake"

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        self._fail()
        assert len({one.name for one in changes}) == len(changes)
        self.given += changes

    def read(self) -> Mapping[str, float]:
        return self.holds

    def moved(self) -> Mapping[str, float]:
        self._fail()
        turned, self.turned = self.turned, {}
        return turned

    def close(self) -> None:
        self.closed = True

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


class Bench:
    """Hold a link on a wire, with a fake target and a manual clock."""

    def __init__(self, wire: Wire, target: FakeTarget, link: Link, clock: Clock) -> None:
        self.wire, self.target, self.link, self.clock = wire, target, link, clock

    def goes_on(self, seconds: float = 0.0) -> list[ParameterChange]:
        """Return what the target receives while so much time passes."""
        before = len(self.target.given)
        for _ in range(max(1, round(seconds / 0.01))):
            self.clock.now += 0.01
            self.link.step(0.0)
        return self.target.given[before:]


@contextmanager
def bench(reports: list[str], token: str = "", spec: SynthSpec = SPEC) -> Iterator[Bench]:
    with Wire() as wire:
        target, clock = FakeTarget(), Clock()
        link = Link(wire.address, lambda: target, spec, reports.append, token, clock)
        with closing(link):
            yield Bench(wire, target, link, clock)


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def play(reports: list[str]) -> Iterator[Bench]:
    """Yield a running link, with every parameter in the middle."""
    with bench(reports) as play:
        play.goes_on()
        play.wire.heard()
        play.wire.tell(START)
        assert play.goes_on(0.2) == START
        yield play


def test_a_target_is_given_all_that_the_server_holds_and_then_what_changes(
    play: Bench, reports: list[str]
) -> None:
    play.wire.tell([change("Cutoff", 0.25), change("Cutoff", 0.75)])
    assert play.goes_on(0.2) == [change("Cutoff", 0.75)]
    play.wire.tell([one for one in START if one.name != "Cutoff"])
    assert play.goes_on(0.2) == []  # it holds them already: a greeting is answered by everything
    assert reports == ["connected to the fake", reports[1]]
    assert reports[1].startswith("127.0.0.1:")


def test_a_hand_in_the_target_goes_to_the_server_and_comes_back_to_nobody(play: Bench) -> None:
    play.target.turned = {"Volume": 0.7}
    play.goes_on()
    assert play.wire.heard() == [("/patchwright/param/set", ["Volume", pytest.approx(0.6)])]
    play.wire.tell([change("Volume", 0.6)])
    assert play.goes_on(2 * HOLD_S) == []
    assert play.wire.heard() == []


def test_the_servers_late_answers_do_not_fight_the_hand(play: Bench) -> None:
    for unit in (0.6, 0.7, 0.8):
        play.target.turned = {"Cutoff": unit}
        play.goes_on()
        play.wire.tell([change("Cutoff", unit - 0.1)])  # to where it was before
        assert play.goes_on(0.1) == []
    play.wire.tell([change("Cutoff", 0.8)])
    assert play.goes_on(2 * HOLD_S) == []
    assert [args for _, args in play.wire.heard()] == [
        ["Cutoff", pytest.approx(unit)] for unit in (0.6, 0.7, 0.8)
    ]
    play.wire.tell([change("Cutoff", 0.9)])
    assert play.goes_on(0.2) == [change("Cutoff", 0.9)]


def test_what_the_server_holds_stands_in_the_end(play: Bench) -> None:
    """Another client moved it in the meantime, or the server refused it."""
    play.target.turned = {"Cutoff": 0.9}
    play.goes_on()
    play.wire.tell([change("Cutoff", 0.2)])
    assert play.goes_on(HOLD_S / 2) == []
    assert play.goes_on(HOLD_S) == [change("Cutoff", 0.2)]


def test_a_stepped_parameter_goes_to_its_step_and_beyond_the_range_is_its_end(play: Bench) -> None:
    play.target.turned = {"Waveform": 0.8, "Volume": 0.01}
    play.goes_on()
    assert play.wire.heard() == [
        ("/patchwright/param/set", ["Waveform", 1.0]),
        ("/patchwright/param/set", ["Volume", 0.0]),
    ]


def test_a_value_beyond_the_range_is_reported_once(play: Bench, reports: list[str]) -> None:
    low = SPEC.parameters[SPEC.names.index("Volume")].low
    for value in (low - 0.2, low - 0.1, low):
        play.target.turned = {"Volume": value, "Cutoff": 0.3}
        play.goes_on()
    about = [text for text in reports if "Volume" in text]
    assert len(about) == 1
    assert about[0].startswith(f"Volume {low - 0.2:.4g} becomes {low:.4g} (range {low:g} to ")
    assert not [text for text in reports if "Cutoff" in text]


def test_a_rounding_of_what_was_given_is_no_move(play: Bench) -> None:
    play.target.turned = {"Cutoff": 0.50001}
    play.goes_on()
    assert play.wire.heard() == []


def test_another_preset_in_the_target_is_reported(reports: list[str]) -> None:
    with bench(reports) as play:
        play.target.holds |= {"Cutoff": 0.9, "Accent": 0.1}
        play.goes_on()
        play.wire.heard()
        play.wire.tell(START)
        play.goes_on(0.2)
    (line,) = [line for line in reports if "differ" in line]
    assert line.startswith("2 of 8 parameters differ from the server's preset (Cutoff, Accent)")
    assert "load the preset file" in line


def test_a_preset_that_comes_in_parts_is_compared_and_given_whole(reports: list[str]) -> None:
    with bench(reports) as play:
        play.target.holds |= {name: 0.9 for name in ("Cutoff", "Accent", "Decay")}
        play.goes_on()
        play.wire.heard()
        for one in START[:-1]:
            play.wire.tell([one])
            assert play.goes_on() == []
        play.wire.tell(START[-1:])
        assert play.goes_on(0.2) == START
    assert [line[:7] for line in reports if "differ" in line] == ["3 of 8 "]


def test_a_server_with_other_parameters_is_followed_as_far_as_it_goes(reports: list[str]) -> None:
    with bench(reports) as play:
        play.goes_on()
        play.wire.heard()
        play.wire.tell(START[:3])
        assert play.goes_on(0.9) == []
        assert play.goes_on(0.5) == START[:3]


def test_a_server_that_goes_and_comes_back_is_reported_once(
    play: Bench, reports: list[str]
) -> None:
    reports.clear()
    play.goes_on(3 * AWAY_S)
    assert len(reports) == 1 and "start `patchwright serve`" in reports[0]
    play.wire.heard()
    play.wire.tell([change(name, 0.25) for name in SPEC.names])
    assert len(play.goes_on(0.2)) == len(SPEC)
    assert len(reports) == 2 and "sends its parameters" in reports[1]


def test_a_server_that_is_there_and_quiet_is_greeted_and_not_given_up(
    play: Bench, reports: list[str]
) -> None:
    reports.clear()
    for _ in range(5):
        play.goes_on(RENEW_S)
        play.wire.heard()
        play.wire.tell([change("Cutoff", 0.5)])
    assert reports == []


def test_a_target_that_goes_and_comes_back_is_given_everything_anew(
    play: Bench, reports: list[str]
) -> None:
    reports.clear()
    play.target.failure = TargetError("the fake is gone: plug it in")
    play.goes_on(2.5 * RETRY_S)
    assert play.target.closed
    assert reports[0] == "the fake is gone: plug it in. The bridge continues as soon as this works."
    play.wire.tell([change("Cutoff", 0.75)])
    play.target.failure = None
    given = {one.name: one for one in play.goes_on(1.5 * RETRY_S)}
    assert given["Cutoff"] == change("Cutoff", 0.75)
    assert set(given) == {*SPEC.names}
    assert reports[1] == "connected to the fake"


def test_a_target_that_is_not_there_yet_is_waited_for(reports: list[str]) -> None:
    tries = list[float]()

    def nothing() -> FakeTarget:
        tries.append(clock.now)
        raise TargetError("no fake: plug it in")

    with Wire() as wire:
        clock = Clock()
        with closing(Link(wire.address, nothing, SPEC, reports.append, clock=clock)) as link:
            for _ in range(1000):
                clock.now += 0.01
                link.step(0.0)
    assert reports[0] == "no fake: plug it in. The bridge continues as soon as this works."
    assert len(reports) == 2  # and that there is no server either
    assert 4 <= len(tries) <= 6


def test_another_models_parameters_are_told_once_and_left_alone(
    play: Bench, reports: list[str]
) -> None:
    reports.clear()
    for unit in (0.1, 0.2):
        play.wire.tell([ParameterChange("osc_9_level", unit, unit, "")])
        assert play.goes_on(0.2) == []
    (line,) = reports
    assert "nekobi-8 does not have (osc_9_level)" in line and "--model" in line


def test_an_error_of_the_server_is_reported_once(play: Bench, reports: list[str]) -> None:
    reports.clear()
    packet = encode(ERROR.path, ERROR, (-1, "serve", "it is locked"))
    for _ in range(3):
        play.wire.say(packet)
        play.goes_on()
    assert reports == ["the server reports: it is locked"]


def test_a_token_is_sent_before_anything_else(reports: list[str]) -> None:
    with bench(reports, token="sesame") as play:
        play.goes_on()
        assert play.wire.heard()[0] == (TOKEN.path, ["sesame"])


def test_what_is_not_osc_is_dropped(play: Bench) -> None:
    endless = b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xfc" + bytes(4)  # an element of -4 bytes
    broken = b"/patchwright/param\0\0,s\0\0\xff\xff\xff\xff"
    for packet in (b"", b"nonsense", broken, endless, bytes(60000)):
        play.wire.say(packet)
    play.wire.tell([change("Cutoff", 0.75)])
    assert play.goes_on(0.2) == [change("Cutoff", 0.75)]


def test_a_minute_of_sixty_moves_a_second_ends_exactly_in_live_within_300_ms(
    reports: list[str],
) -> None:
    """Run on a manual clock, in seconds; ``tests.long.live_moves`` takes the real minute."""
    device, clock = plugin_of(SPEC), Clock()
    dice, units = np.random.default_rng(6), dict[str, float]()
    with Wire() as wire, live_set(device) as live:
        opener = partial(open_ableton, SPEC, at=live.at, clock=clock)
        with closing(Link(wire.address, opener, SPEC, reports.append, clock=clock)) as link:
            link.step(0.0)
            wire.heard_only_greetings()
            wire.tell(START)
            link.step(1.0)  # it asks Live what it holds, and waits for that
            live.stop()  # from here on time is ours
            reports.clear()
            ticked = clock.now

            def goes_on(steps: int) -> None:
                nonlocal ticked
                for _ in range(steps):
                    clock.now += 1 / 120
                    link.step(0.0)
                    if clock.now - ticked >= TICK_S:
                        ticked = clock.now
                        live.tick()

            for _ in range(3600):
                units = dict(zip(SPEC.names, dice.random(len(SPEC)).tolist(), strict=True))
                wire.heard_only_greetings()
                wire.tell([change(name, unit) for name, unit in units.items()])
                goes_on(2)
            goes_on(36 - 2)  # 300 ms after the last move
            wire.heard_only_greetings()  # nothing of it came back as a move
    hosts = host_parameters(SPEC)
    expected = {
        hosts[name].name: np.float32(hosts[name].to_host(change(name, unit).native))
        for name, unit in units.items()
    }
    assert reports == []
    assert {one.name: one.value for one in device.parameters[1:]} == expected
    assert max(one.sets for one in device.parameters) <= 60 * 10 + 5
    assert not any(one.strays for one in device.parameters)


def values_of(names: Sequence[str], unit: float) -> list[ParameterChange]:
    return [ParameterChange(name, unit, unit, f"{unit}") for name in names]


def test_a_whole_preset_file_takes_the_models_place_and_gives_it_back(reports: list[str]) -> None:
    vital = load_spec("vital-16")
    preset, macros = values_of(vital.names, 0.5), values_of(MACROS, 0.25)
    with bench(reports, spec=vital) as play:
        play.goes_on()
        play.wire.heard()
        play.wire.tell(macros)  # a patch is current when the bridge begins
        assert play.goes_on(0.2) == macros
        assert "carries its four macros" in reports[-1]
        play.wire.tell(values_of(MACROS[:1], 0.75))
        assert play.goes_on(0.2) == values_of(MACROS[:1], 0.75)
        play.target.turned = {"macro_control_2": 0.5, vital.names[0]: 0.9}
        play.goes_on()
        sent = [args for path, args in play.wire.heard() if path.endswith("/param/set")]
        assert sent == [["macro_control_2", 0.5]]
        play.goes_on(HOLD_S)
        play.wire.tell(preset)
        assert play.goes_on(0.2) == preset
        assert "plays presets of vital-16" in reports[-1] and len(reports) < 6
        play.target.failure = TargetError("gone")
        play.goes_on()
        play.target.failure = None
        assert play.goes_on(RETRY_S + 0.2) == preset  # and no macro of before
