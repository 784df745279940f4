"""The bridge's socket to another program: only that program's machine is obeyed."""

import logging
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from plugin_bridge.addresses import is_loopback, own_address_towards
from plugin_bridge.osc.socket import OscSocket, messages
from tests.long.fuzz import packets
from tests.plugin_bridge.test_osc_datagram import BROKEN
from tests.programs.osc_program import message
from tests.programs.watchdog import ends_soon

FOREIGN = "192.0.2.1"  # an address for documentation: no machine has it


def own_address() -> str:
    """An address of this machine that others could reach."""
    try:
        own = own_address_towards(FOREIGN)
    except OSError:
        own = "127.0.0.1"
    if is_loopback(own):
        pytest.skip("this machine has no network card")
    return own


@contextmanager
def sender(ip: str) -> Iterator[socket.socket]:
    """A socket that sends from an address."""
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((ip, 0))
        yield one


def test_only_the_named_machine_is_obeyed(caplog: pytest.LogCaptureFixture) -> None:
    """The bridge to another machine has an open port: a third machine must not set parameters."""
    here = own_address()
    with closing(OscSocket(FOREIGN, 9, 0)) as bridge, sender(here) as third:
        for value in (0.25, 0.5):
            third.sendto(message("/cutoff", value), (here, bridge.listen_port))
        with caplog.at_level(logging.WARNING):
            assert list(bridge.received(5.0)) == []
        assert [f"{here} sends OSC" in line for line in caplog.messages] == [True]


def test_a_program_of_this_machine_may_use_any_of_its_addresses() -> None:
    here = own_address()
    with closing(OscSocket(here, 9, 0)) as bridge, sender(here) as own, sender("127.0.0.1") as near:
        for number, one in enumerate((own, near)):
            to = here if one is own else "127.0.0.1"
            one.sendto(message("/cutoff", number), (to, bridge.listen_port))
            assert list(bridge.received(5.0)) == [("/cutoff", (number,))]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_the_bridge_to_this_machine_is_closed_to_others(host: str) -> None:
    near = "::1" if host == "::1" else "127.0.0.1"
    with closing(OscSocket(host, 9, 0)) as bridge, sender(near) as program:
        assert bridge._listener is not None
        assert bridge._listener.getsockname()[0] == near
        program.sendto(message("/cutoff", 0.5), (near, bridge.listen_port))
        assert list(bridge.received(5.0)) == [("/cutoff", (0.5,))]


def test_broken_packets_are_dropped() -> None:
    with ends_soon(120), closing(OscSocket("127.0.0.1", 9, 0)) as bridge:
        with sender("127.0.0.1") as program:
            for packet in BROKEN.values():
                assert messages(packet) == []
            for packet in packets(1000, seed=3):
                program.sendto(packet, ("127.0.0.1", bridge.listen_port))
                list(bridge.received())
            program.sendto(message("/end"), ("127.0.0.1", bridge.listen_port))
            heard = [path for _ in range(2) for path, _ in bridge.received(1.0)]
        assert "/end" in heard
