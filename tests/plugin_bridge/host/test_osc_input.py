"""The OSC port of the live host: packets of every kind, and inputs that stop."""

import socket
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from threading import Event, Thread

import pytest

from datasets.spec import load_spec
from plugin_bridge.host.osc_input import OscNoteInput
from plugin_bridge.host.player import Player
from plugin_bridge.host.session import HostOptions, running_host
from plugin_bridge.protocol import LOOPBACK
from renderer.engines.stream import PluginStream
from tests.long.host_fuzz import fuzz_host, host_program
from tests.plugin_bridge.test_osc_datagram import BROKEN, bundle, message
from tests.programs.jack_server import jack_server
from tests.programs.midi_ports import wait_for
from tests.programs.real_plugins import BUILT, nekobi
from tests.programs.watchdog import ends_soon


@pytest.fixture(autouse=True)
def _built_plugins_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATCHWRIGHT_PLUGINS", str(nekobi().parent if BUILT.exists() else BUILT))


class Port:
    """The host's port in a thread, with a real plugin that nobody listens to."""

    def __init__(self) -> None:
        self.told, self.player = list[str](), Player(PluginStream(load_spec("nekobi-8")))
        self.input = OscNoteInput(self.player, 0, self.told.append)
        self._ended, self._socket = Event(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._thread = Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._ended.is_set():
            self.input.follow(0.05)

    def send(self, packet: bytes) -> None:
        """One packet."""
        self._socket.sendto(packet, (LOOPBACK, self.input.port))

    def close(self) -> None:
        """Stop; the thread must have lived until now."""
        alive = self._thread.is_alive()
        self._ended.set()
        self._thread.join(10)
        self.input.close()
        self._socket.close()
        assert alive and not self._thread.is_alive()

    def is_at(self, native: float) -> bool:
        """Whether the volume is at a value."""
        return abs(self.player.values()["Volume"] - native) < 1e-6


@pytest.fixture
def port() -> Iterator[Port]:
    with ends_soon(120), closing(Port()) as one:
        yield one


def volume(native: bytes) -> bytes:
    return message(",sf", b"Volume\0\0" + native, "/patchwright/host/param")


HALF, QUARTER = b"\x3f\0\0\0", b"\x3e\x80\0\0"


def test_broken_packets_do_not_stop_the_port(port: Port) -> None:
    """-4 in a bundle was an endless loop; deep arrays and bundles ended the thread."""
    for packet in BROKEN.values():
        port.send(packet)
    port.send(volume(HALF))
    wait_for(lambda: port.is_at(0.5), "the volume is set")
    assert any("nested" in line for line in port.told)


def test_a_wrong_message_does_not_drop_its_bundle(port: Port) -> None:
    latin = message(",s", "Flügel\0\0".encode("latin-1"), "/name")
    unknown_tag = message(",cf", bytes(8), "/patchwright/host/param")
    port.send(bundle(latin, unknown_tag, volume(b"\x40\0\0\0"), volume(QUARTER)))
    wait_for(lambda: port.is_at(0.25), "the volume is set")
    told = "\n".join(port.told)
    assert "/name: unknown address" in told and "type tag 'c'" in told and "2.0" in told


def test_foreign_messages_are_told_of_a_few_times(port: Port) -> None:
    for value, native in [(0.5, HALF), (0.25, QUARTER)] * 5:
        for number in range(50):  # the socket holds some hundred packets
            port.send(message(",i", bytes(4), f"/renoise/trigger/{number}"))
        port.send(volume(native))
        wait_for(partial(port.is_at, value), "the volume is set")
    assert 1 <= len(port.told) < 200
    assert sum("did you mean" in line for line in port.told) < len(port.told)


def test_random_packets_at_a_playing_host() -> None:
    """In short; ``tests.long.host_fuzz`` sends 100,000."""
    with jack_server(patient=True), host_program() as host:
        report = fuzz_host(host, 1500)
    assert report["lost_by_the_kernel"] == 0


def test_an_input_that_stops_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: OscNoteInput, wait_s: float) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(OscNoteInput, "follow", broken)
    told = list[str]()
    with jack_server(patient=True), running_host(HostOptions("nekobi-8", "jack"), told.append):
        wait_for(lambda: any("an input stopped (MemoryError: no room)" in t for t in told), "told")
