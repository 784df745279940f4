"""The Ableton target on a simulated Live, through real sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import numpy as np
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from datasets.sampler import sample
from datasets.spec import SynthSpec, load_spec
from plugin_bridge.ableton.ableton_target import FEW, AbletonTarget, open_ableton
from plugin_bridge.ableton.abletonosc_client import AbletonOsc
from plugin_bridge.ableton.simulated_live import (
    SimulatedDevice,
    SimulatedLive,
    SimulatedParameter,
    plugin_of,
)
from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.host_parameters import host_parameters
from plugin_bridge.sync.target import ParameterChange, TargetError
from tests.fakes.live_set import Clock, live_set

SPEC = load_spec("vital-16")
HOSTS = host_parameters(SPEC)


def preset(index: int) -> list[ParameterChange]:
    """All parameters of some preset."""
    unit = sample(SPEC, seed=4, index=index).unit
    native = SPEC.to_native(unit)
    return [
        ParameterChange(n, float(u), native[n], "") for n, u in zip(SPEC.names, unit, strict=True)
    ]


def expected(changes: list[ParameterChange]) -> dict[str, float]:
    """Live's values of these changes, by the name that Live shows."""
    return {HOSTS[c.name].name: float(np.float32(HOSTS[c.name].to_host(c.native))) for c in changes}


def held(device: SimulatedDevice) -> dict[str, float]:
    return {one.name: one.value for one in device.parameters[1:]}


@contextmanager
def joined(
    device: SimulatedDevice, clock: Callable[[], float] = time.monotonic, spec: SynthSpec = SPEC
) -> Iterator[tuple[SimulatedLive, AbletonTarget]]:
    """A target on a set with this device."""
    with live_set(device) as live:
        with closing(open_ableton(spec, at=live.at, clock=clock)) as target:
            yield live, target


def wait_until(true: Callable[[], bool]) -> None:
    """Until it is true; fails when it is not within five seconds."""
    deadline = time.monotonic() + 5.0
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.002)


def moved(target: AbletonTarget) -> dict[str, float]:
    """What was moved within the next tenth of a second."""
    found: dict[str, float] = {}
    deadline = time.monotonic() + 0.1
    while time.monotonic() < deadline:
        found |= target.moved()
        time.sleep(0.002)
    return found


def reported(target: AbletonTarget) -> dict[str, float]:
    """What is moved next."""
    found: dict[str, float] = {}
    wait_until(lambda: bool(found.update(target.moved()) or found))
    return found


def test_a_whole_preset_is_one_message_and_arrives_exactly() -> None:
    device = plugin_of(SPEC)
    with joined(device) as (live, target):
        assert target.capabilities.missing == () and target.capabilities.advice == ""
        target.apply(preset(1))
        wait_until(lambda: bool(live.arrivals) and held(device) == expected(preset(1)))
        assert device.parameters[0].value == 1.0  # Device On, as it was
        assert len(live.arrivals) == 1
        assert moved(target) == {}  # what comes back of our own changes
        natives = {change.name: change.native for change in preset(1)}
        assert target.read() == pytest.approx(natives, rel=1e-5, abs=1e-5)


def test_few_changes_touch_nothing_else() -> None:
    device = plugin_of(SPEC)
    with joined(device) as (_, target):
        target.apply(preset(1)[:FEW])
        wait_until(lambda: [one.sets for one in device.parameters].count(1) == FEW)
        assert sum(one.sets for one in device.parameters) == FEW


def test_a_bulk_write_sends_back_what_is_not_ours_as_it_is_now() -> None:
    other = SimulatedParameter("Someone's Macro", 0.25)
    device = plugin_of(SPEC)
    device.parameters.insert(3, other)
    clock = Clock()
    with joined(device, clock) as (live, target):
        live.turn(other, 0.75)
        live.turn(device.parameters[0], 0.0)
        wait_until(lambda: other.value == 0.75)
        assert moved(target) == {}  # received, but not a learned parameter
        target.apply(preset(1))  # while it is being moved it is not touched
        wait_until(lambda: expected(preset(1)).items() <= held(device).items())
        assert (other.sets, device.parameters[0].sets) == (0, 0)
        assert moved(target) == {}
        clock.now += 1.0
        target.apply(preset(2))
        wait_until(lambda: expected(preset(2)).items() <= held(device).items())
        assert (other.sets, other.value, device.parameters[0].value) == (1, 0.75, 0.0)


def test_what_is_far_apart_on_a_crowded_panel_is_sent_one_by_one() -> None:
    device = plugin_of(SPEC)
    device.parameters[1:1] = [SimulatedParameter(f"Other {n}", 0.5) for n in range(80)]
    with joined(device) as (_, target):
        target.apply(preset(2))
        wait_until(lambda: expected(preset(2)).items() <= held(device).items())
        assert not any(one.sets for one in device.parameters[:81])


def test_values_are_in_lives_own_range_and_never_beyond() -> None:
    device = plugin_of(SPEC)
    cutoff, voices = device.named("Filter 1 Cutoff"), device.named("Oscillator 1 Unison Voices")
    cutoff.low, cutoff.high = -10.0, 30.0
    voices.high, voices.quantized = 15.0, True
    with joined(device) as (_, target):
        target.apply(
            [
                ParameterChange("filter_1_cutoff", 0.5, 72.0, ""),
                ParameterChange("osc_1_level", 9, 900, ""),
            ]
        )
        target.apply([ParameterChange("osc_1_unison_voices", 0, 4.2, "")])
        wait_until(lambda: voices.value == 3.0)
        assert (cutoff.value, device.named("Oscillator 1 Level").value) == (10.0, 1.0)
        assert not any(one.strays for one in device.parameters)


def test_a_knob_turned_in_live_is_told_once_in_native_values() -> None:
    device = plugin_of(SPEC)
    with joined(device) as (live, target):
        live.turn(device.named("Filter 1 Cutoff"), 0.5)
        assert reported(target) == {"filter_1_cutoff": 72.0}
        assert moved(target) == {}


def test_a_hand_is_heard_while_a_preset_is_being_written() -> None:
    device = plugin_of(SPEC)
    with joined(device) as (live, target):
        for index in range(5):
            target.apply(preset(index))
        live.turn(device.named("Reverb Mix"), 0.123)
        assert reported(target) == {"reverb_dry_wet": pytest.approx(0.123)}


def test_a_plugin_that_rounds_is_no_hand() -> None:
    device = plugin_of(SPEC)
    cutoff = device.named("Filter 1 Cutoff")
    cutoff.grid = 1 / 127
    with joined(device, Clock()) as (_, target):
        for unit in (0.111, 0.222, 0.333):
            target.apply([ParameterChange("filter_1_cutoff", unit, 8 + 128 * unit, "")])
        wait_until(lambda: cutoff.value == pytest.approx(42 / 127))
        assert moved(target) == {}


def test_a_hand_that_goes_back_to_what_was_sent_before_is_a_hand() -> None:
    """A switch has two values: both have just been sent."""
    device = plugin_of(SPEC)
    level = device.named("Oscillator 1 Level")
    with joined(device) as (live, target):
        for native in (0.25, 0.75):
            target.apply([ParameterChange("osc_1_level", native, native, "")])
        wait_until(lambda: level.value == 0.75)
        assert moved(target) == {}
        live.turn(level, 0.25)
        assert reported(target) == {"osc_1_level": 0.25}


def test_what_live_had_already_is_not_expected_back_for_long() -> None:
    device, clock = plugin_of(SPEC), Clock()
    level = device.named("Oscillator 1 Level")
    with joined(device, clock) as (live, target):
        target.apply(
            [ParameterChange("osc_1_level", 0.0, 0.0, "")]
        )  # it stands there: nothing is reported
        live.turn(level, 0.5)
        assert reported(target) == {"osc_1_level": 0.5}
        for _ in range(3):
            clock.now += 1.0
            assert moved(target) == {}
        live.turn(level, 0.0)
        assert reported(target) == {"osc_1_level": 0.0}


def test_what_others_make_live_say_is_passed_over() -> None:
    device = plugin_of(SPEC)
    messages = (("x", 0.5), (2.5, 0.5), (99, 0.5), (-1, 0.5), (2, float("nan")), (2, "loud"), (2,))
    with joined(device) as (live, target):
        for values in messages:
            packet = OscMessageBuilder("/live/device/get/parameter/value")
            for value in (1, 0, *values):
                packet.add_arg(value)
            stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with closing(stranger):
                stranger.sendto(packet.build().dgram, (LOOPBACK, live.at.reply_port))
        assert moved(target) == {}
        target.apply(preset(1))
        wait_until(lambda: held(device) == expected(preset(1)))


def test_what_is_not_configured_is_named_with_what_to_do() -> None:
    device = plugin_of(SPEC, missing=["filter_1_drive", "reverb_dry_wet"])
    with joined(device) as (_, target):
        can = target.capabilities
        assert can.missing == ("filter_1_drive", "reverb_dry_wet")
        assert "14 of the 16" in can.advice and "Configure" in can.advice
        assert can.advice.endswith("Filter 1 Drive, Reverb Mix")
        assert "reverb_dry_wet" not in target.read()
        target.apply(preset(3))
        wait_until(lambda: held(device).items() <= expected(preset(3)).items())


def test_a_device_is_found_among_others() -> None:
    others = [
        SimulatedDevice("Reverb", class_name="Reverb"),
        SimulatedDevice("Vitalizer"),
        SimulatedDevice("vital", class_name="InstrumentGroupDevice"),
    ]
    device = plugin_of(SPEC)
    with live_set(*others, device) as live:
        with closing(open_ableton(SPEC, at=live.at)) as target:
            assert str(target) == "'vital' on track 2 'Lead'"
            assert (target.device.track, target.device.number) == (1, 3)
        with pytest.raises(
            TargetError, match=r"no device 'vital' on track 'Drums', but it has: 'Vitalizer'"
        ):
            open_ableton(SPEC, track="Drums", at=live.at)
        with pytest.raises(
            TargetError, match=r"'Vital' fits 2 devices in the Live set .*: give --track"
        ):
            open_ableton(SPEC, device="Vital", at=live.at)
        with closing(open_ableton(SPEC, track="2", device="4", at=live.at)) as target:
            assert target.capabilities.missing == ()


def test_nobody_there_is_told_with_the_remedy() -> None:
    with live_set() as live:
        at = live.at
        with closing(AbletonOsc(at)):
            with pytest.raises(TargetError, match=rf"UDP port {at.reply_port} is in use"):
                open_ableton(SPEC, at=at)
        with pytest.raises(TargetError, match="no plugin on any track"):
            open_ableton(SPEC, at=at)
    with pytest.raises(TargetError, match=rf"does not answer on UDP port {at.port}: start Live"):
        open_ableton(SPEC, at=at)


def test_names_that_do_not_fit_a_packet_are_asked_one_by_one() -> None:
    device = plugin_of(SPEC)
    device.parameters += [SimulatedParameter(f"{n:03} {'long ' * 20}") for n in range(100)]
    with joined(device) as (live, target):
        assert live.lost > 0
        assert target.capabilities.missing == ()


@pytest.mark.parametrize("how", ["deleted", "another", "configured", "gone"])
def test_a_device_that_goes_away_is_noticed(how: str) -> None:
    device, clock = plugin_of(SPEC), Clock()
    with joined(device, clock) as (live, target):
        wait_until(lambda: len(live.tracks["Lead"]) == 1)
        if how == "deleted":
            live.tracks["Lead"].clear()
        elif how == "another":
            live.tracks["Lead"].insert(0, SimulatedDevice("Operator", class_name="Operator"))
        elif how == "configured":
            device.parameters.append(SimulatedParameter("One More"))
        else:
            live.stop()
        with pytest.raises(TargetError, match=r"no longer answers|was moved|parameters changed"):
            for _ in range(200):
                clock.now += 0.1
                assert target.moved() == {}
                time.sleep(0.01)


def test_a_value_that_was_lost_on_the_way_is_sent_again() -> None:
    device, clock = plugin_of(SPEC), Clock()
    with joined(device, clock) as (_, target):
        target.apply([ParameterChange("reverb_dry_wet", 1, 0.8, "")])
        mix = device.named("Reverb Mix")
        wait_until(lambda: mix.value == np.float32(0.8))
        target.moved()
        mix.value = 0.0  # behind every listener's back: as if it had never come
        for _ in range(200):
            clock.now += 0.1
            assert target.moved() == {}
            time.sleep(0.01)
            if mix.sets == 2:
                break
        assert mix.value == np.float32(0.8) and mix.sets == 2
