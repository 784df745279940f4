"""Answers leave from the address that a packet was sent to."""

import socket
import sys

import pytest

from server.osc.reply_socket import KNOWN, Peer, ReplySocket
from server.sockets import bind_udp, port_of

needs_addresses = pytest.mark.skipif(not KNOWN, reason="this system does not report addresses")


@needs_addresses
@pytest.mark.skipif(sys.platform != "linux", reason="others have 127.0.0.1 only")
@pytest.mark.parametrize("any_address", ["0.0.0.0", "::"])
@pytest.mark.parametrize("asked", ["127.0.0.1", "127.0.1.1", "127.8.9.10"])
def test_an_answer_comes_from_the_address_that_was_asked(any_address: str, asked: str) -> None:
    with bind_udp(any_address, 0, "--host", "--port") as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.bind(("127.0.0.1", 0))
            client.sendto(b"question", (asked, port_of(server)))
            server.settimeout(10)
            _, peer = server.recvfrom(100)
            assert peer == Peer("127.0.0.1", client.getsockname()[1], asked)
            server.sendto(b"answer", peer)
            data, (ip, _) = client.recvfrom(100)
            assert (data, ip) == (b"answer", asked)


@needs_addresses
def test_an_address_that_has_gone_does_not_keep_the_answer_back() -> None:
    """As for a broadcast or a card that was pulled out: the system then chooses the sender."""
    with bind_udp("0.0.0.0", 0, "--host", "--port") as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.bind(("127.0.0.1", 0))
            server.sendto(b"answer", Peer("127.0.0.1", client.getsockname()[1], "192.0.2.77"))
            assert client.recv(100) == b"answer"


@needs_addresses
def test_a_socket_on_one_address_is_an_ordinary_one() -> None:
    with bind_udp("127.0.0.1", 0, "--host", "--port") as bound:
        assert not isinstance(bound, ReplySocket)
