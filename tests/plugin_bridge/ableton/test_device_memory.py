"""Find a device again after the user moves, renames or deletes tracks and devices in Live."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread

import pytest

from datasets.spec import load_spec
from plugin_bridge.ableton.ableton_target import AbletonTarget, open_ableton
from plugin_bridge.ableton.abletonosc_client import LiveAddress
from plugin_bridge.ableton.device_memory import DeviceMemory
from plugin_bridge.ableton.simulated_live import SimulatedDevice, SimulatedLive, plugin_of
from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.link import Link
from plugin_bridge.sync.target import ParameterChange, TargetError
from server.demo import free_port
from tests.fakes.live_set import FAST_S, Clock, Wire

SPEC = load_spec("vital-16")
MIX = "Reverb Mix"


class Moves:
    """A bridge to one of two Vitals, and what a user does in the set."""

    def __init__(self, tracks: dict[str, list[SimulatedDevice]], track: str, device: str) -> None:
        at = LiveAddress(LOOPBACK, 0, free_port(socket.SOCK_DGRAM))
        self.live, self.clock, self.memory = (
            SimulatedLive(tracks, at, FAST_S),
            Clock(),
            DeviceMemory(),
        )
        self.live.start()
        self.open = partial(
            open_ableton, SPEC, track, device, self.live.at, self.clock, self.memory
        )
        self.target: AbletonTarget | None = None

    def lose(self) -> str:
        """Poll until the bridge notices the move; return its error."""
        assert self.target is not None
        for _ in range(400):
            self.clock.now += 0.1
            try:
                self.target.moved()
            except TargetError as error:
                self.target.close()
                self.target = None
                return str(error)
            time.sleep(0.005)
        raise AssertionError("the bridge did not notice the move")

    def connect(self) -> None:
        self.target = self.open()

    def set_mix(self, value: float) -> None:
        assert self.target is not None
        self.target.apply([ParameterChange("reverb_dry_wet", value, value, "")])


@contextmanager
def two_vitals(
    names: tuple[str, str], track: str = "", device: str = "", one_track: bool = False
) -> Iterator[tuple[Moves, SimulatedDevice, SimulatedDevice]]:
    """Connect to the first of two Vitals, which have different presets."""
    ours, other = plugin_of(SPEC), plugin_of(SPEC)
    for index, parameter in enumerate(other.parameters[1:]):
        parameter.value = 0.9 - 0.03 * index
    tracks = {names[0]: [ours, other]} if one_track else {names[0]: [ours], names[1]: [other]}
    moves = Moves(tracks, track, device)
    try:
        moves.connect()
        yield moves, ours, other
    finally:
        if moves.target is not None:
            moves.target.close()
        moves.live.close()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20.0
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)


def controls(moves: Moves, ours: SimulatedDevice, other: SimulatedDevice) -> None:
    """Check that the bridge sets our device, and leaves the other alone."""
    moves.connect()
    moves.set_mix(0.625)
    until(lambda: ours.named(MIX).value == 0.625)
    assert not any(one.sets for one in other.parameters)


@pytest.mark.parametrize("track", ["Lead", "1"])
def test_named_tracks_that_are_swapped_are_found_by_name_and_values(track: str) -> None:
    with two_vitals(("Lead", "Bass"), track) as (moves, ours, other):
        moves.live.move_tracks(["Bass", "Lead"])
        assert "moved" in moves.lose()
        controls(moves, ours, other)
        assert str(moves.target) == "'vital' on track 2 'Lead'"


def test_swapped_tracks_with_lives_own_names_are_told_apart_by_their_values() -> None:
    """Live numbers its own names by place, so the set looks as before."""
    with two_vitals(("#-Vital", "#-Vital "), "1") as (moves, ours, other):
        moves.live.move_tracks(["#-Vital ", "#-Vital"])
        assert "another device is in the place" in moves.lose()
        controls(moves, ours, other)


def test_swapped_devices_on_one_track_are_told_apart_by_their_values() -> None:
    with two_vitals(("Lead", ""), device="1", one_track=True) as (moves, ours, other):
        moves.live.tracks["Lead"].reverse()
        assert "another device is in the place" in moves.lose()
        controls(moves, ours, other)


def test_a_new_track_before_ours_moves_it() -> None:
    with two_vitals(("Lead", "Bass"), "1") as (moves, ours, other):
        moves.live.tracks = {"New": [], **moves.live.tracks}
        assert "moved" in moves.lose()
        controls(moves, ours, other)


def test_a_deleted_device_is_not_replaced_by_another_until_it_is_back() -> None:
    with two_vitals(("Lead", "Bass"), "Lead") as (moves, ours, other):
        tracks = moves.live.tracks
        moves.live.move_tracks(["Bass"])
        assert moves.lose()
        with pytest.raises(TargetError, match=r"not certain which one it is now \('vital' on"):
            moves.open()
        moves.live.tracks = {"Bass": []}
        with pytest.raises(TargetError, match="no longer in the Live set: undo its deletion"):
            moves.open()
        moves.live.tracks = tracks
        controls(moves, ours, other)


def test_two_devices_that_do_not_differ_stop_the_bridge_until_one_is_renamed() -> None:
    with two_vitals(("#-Vital", "#-Vital "), "1") as (moves, ours, other):
        for mine, its in zip(ours.parameters, other.parameters, strict=True):
            its.value = mine.value
        moves.live.tracks = {"Drums": [], **moves.live.tracks}
        assert "moved" in moves.lose()
        with pytest.raises(TargetError, match="not certain which one it is now"):
            moves.open()


def test_a_panel_in_another_order_is_read_again() -> None:
    with two_vitals(("Lead", "Bass"), "Lead") as (moves, ours, other):
        ours.parameters[1:] = ours.parameters[:0:-1]
        assert "configured parameters changed" in moves.lose()
        controls(moves, ours, other)


def test_the_link_finds_the_device_again_by_itself() -> None:
    with two_vitals(("Lead", "Bass"), "1") as (moves, ours, other), Wire() as wire:
        assert moves.target is not None
        moves.target.close()
        moves.target = None
        memory, told, stopped = DeviceMemory(), list[str](), Event()
        opener = partial(open_ableton, SPEC, "1", at=moves.live.at, memory=memory)
        link = Link(wire.address, opener, SPEC, told.append)
        thread = Thread(target=link.run, args=(stopped,))
        thread.start()
        try:
            until(lambda: any("connected to 'vital' on track 1" in line for line in told))
            moves.live.move_tracks(["Bass", "Lead"])
            until(lambda: any("connected to 'vital' on track 2 'Lead'" in line for line in told))
        finally:
            stopped.set()
            thread.join()
            link.close()
        assert not any(one.sets for one in (*ours.parameters, *other.parameters))
