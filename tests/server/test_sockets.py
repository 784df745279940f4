"""The ports of the server in both families."""

import socket

import pytest

from server.sockets import bind_tcp, bind_udp, port_of, url_of


@pytest.mark.parametrize("near", ["127.0.0.1", "::1"])
def test_all_addresses_of_ipv6_take_ipv4_too(near: str) -> None:
    with bind_tcp("::", 0, "--host", "--port") as tcp, bind_udp("::", 0, "--host", "--port") as udp:
        with socket.create_connection((near, port_of(tcp)), timeout=10):
            pass
        family = socket.AF_INET6 if ":" in near else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.sendto(b"hello", (near, port_of(udp)))
            udp.settimeout(10)
            data, peer = udp.recvfrom(100)
            assert (data, peer[0], peer[2]) == (b"hello", near, near)
            udp.sendto(b"and back", peer)
            client.settimeout(10)
            assert client.recvfrom(100)[0] == b"and back"


def test_a_name_means_its_ipv4_address() -> None:
    with bind_udp("localhost", 0, "--host", "--port") as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
    with bind_tcp("::1", 0, "--host", "--port") as bound:
        assert url_of(bound) == f"http://[::1]:{port_of(bound)}"
