"""The client of a server: at any address of it, and deaf to all other machines."""

import socket
from contextlib import closing
from dataclasses import replace

import pytest

from plugin_bridge.addresses import parse_address
from plugin_bridge.osc_client import OscClient
from plugin_bridge.protocol import PARAMETER
from tests.long.fuzz import packets
from tests.plugin_bridge.test_osc_datagram import BROKEN
from tests.programs.live_server import FREE_PORTS, live_server
from tests.programs.osc_program import message
from tests.programs.watchdog import ends_soon


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("localhost", "localhost"),
        ("::1", "[::1]"),
        ("0.0.0.0", "127.0.0.1"),
        ("0.0.0.0", "127.0.1.1"),
        ("::", "127.0.0.1"),
        ("::", "127.0.1.1"),
        ("::", "[::1]"),
    ],
)
def test_a_server_is_reached_and_answers_from_the_address_that_was_asked(
    host: str, asked: str
) -> None:
    ports = replace(FREE_PORTS, osc_host=host, token="s3cret")
    with live_server(token="s3cret", ports=ports) as running:
        server = parse_address(f"{asked}:{running.osc[1]}")
        with closing(OscClient(server)) as client:
            heard = client.hear(10.0)
        assert any(path == PARAMETER.path for path, _ in heard)


def test_packets_of_others_and_broken_ones_are_dropped() -> None:
    with ends_soon(120), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        with closing(OscClient(server.getsockname(), subscribed=False)) as client:
            to = client.socket.getsockname()
            for packet in (*BROKEN.values(), *packets(500, seed=7)):
                server.sendto(packet, to)
                client.hear()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.2", 0))
                other.sendto(message("/other"), to)
            server.sendto(message("/end"), to)
            heard = [path for _ in range(2) for path, _ in client.hear(1.0)]
    assert "/end" in heard and "/other" not in heard
