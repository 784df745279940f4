"""Questions about addresses: what only this machine reaches, and what a text means."""

import pytest

from datasets.errors import ServeError
from plugin_bridge.addresses import (
    is_any,
    is_loopback,
    own_address_towards,
    parse_address,
    plain_ip,
    resolved,
    shown,
)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.2", "127.0.1.1", "::1", "localhost", "::ffff:127.0.0.1"]
)
def test_this_machine_has_many_addresses(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.2", "::ffff:192.168.1.2", "studio.local", "", "1" * 5000]
)
def test_others_reach_all_other_addresses(host: str) -> None:
    assert not is_loopback(host)


def test_all_addresses_are_known_in_both_families() -> None:
    assert [is_any(host) for host in ("0.0.0.0", "::", "127.0.0.1", "::1", "any")] == [
        *(True, True, False, False, False)
    ]


def test_an_address_has_one_form() -> None:
    assert plain_ip("::ffff:10.0.0.7") == "10.0.0.7"
    assert plain_ip("0:0::1") == "::1"
    assert plain_ip("a name") == "a name"
    assert (shown("::1", 9000), shown("127.0.0.1", 9000)) == ("[::1]:9000", "127.0.0.1:9000")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.2:9000", ("127.0.0.2", 9000)),
        ("localhost:9000", ("127.0.0.1", 9000)),
        ("[::1]:9000", ("::1", 9000)),
        ("[0:0::1]:1", ("::1", 1)),
    ],
)
def test_a_host_and_a_port_are_parsed(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        *("9000", "localhost", ":9000", "a:0", "a:70000", "a:x", "::1:9000", "[::1]", "[a]:9000"),
        "a:²",
        "a:" + "9" * 5000,
    ],
)
def test_what_is_not_an_address_is_named(text: str) -> None:
    with pytest.raises(ServeError, match=r"HOST:PORT.*\[::1\]:9000"):
        parse_address(text)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 300])
def test_an_unknown_host_is_named(host: str) -> None:
    with pytest.raises(OSError):
        resolved(host)
    with pytest.raises(ServeError, match="unknown host"):
        parse_address(f"{host}:9000")


def test_this_machine_reaches_itself_from_its_own_address() -> None:
    assert own_address_towards("127.0.0.1") == "127.0.0.1"
    assert own_address_towards("::1") == "::1"
