"""What is announced by Zeroconf, on which cards, and that it never ends the server."""

import asyncio
import gc
import logging
import socket
import threading
from dataclasses import replace

import httpx
import pytest
from zeroconf import InterfaceChoice, IPVersion, ServiceBrowser, ServiceStateChange, Zeroconf

from server.lifecycle import Running
from server.osc import discovery
from server.osc.discovery import announced, announcement_of, machine_names
from tests.programs.live_server import FREE_PORTS, live_server

QUERY = "_oscjson._tcp.local."


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.0.0.2", "::1"])
def test_what_only_this_machine_reaches_is_announced_on_loopback_only(ip: str) -> None:
    plan = announcement_of(ip)
    assert (plan.addresses, plan.cards, plan.version) == ([ip], ["127.0.0.1"], IPVersion.V4Only)


def test_one_address_is_announced_on_its_card() -> None:
    plan = announcement_of("192.168.7.20")
    assert (plan.addresses, plan.cards) == (["192.168.7.20"], ["192.168.7.20"])
    plan = announcement_of("fd00::7")
    assert (plan.addresses, plan.cards, plan.version) == (
        *(["fd00::7"], ["fd00::7"]),
        IPVersion.V6Only,
    )


def test_all_addresses_are_announced_on_all_cards() -> None:
    for ip in ("0.0.0.0", "::"):
        plan = announcement_of(ip)
        assert plan.addresses
        if plan.cards is InterfaceChoice.All:
            assert "127.0.0.1" not in plan.addresses and "::1" not in plan.addresses
            assert ip == "::" or not any(":" in one for one in plan.addresses)


def found_by_browser(running: Running) -> tuple[str, list[str]]:
    """The name and the addresses that another program of this machine sees."""
    port = int(running.oscquery_url.rpartition(":")[2])
    found, seen = threading.Event(), list[tuple[str, list[str]]]()

    def changed(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        info = zeroconf.get_service_info(service_type, name)
        if info is not None and info.port == port:
            seen.append((name, info.parsed_addresses()))
            found.set()

    zeroconf = Zeroconf(interfaces=["127.0.0.1"])
    try:
        ServiceBrowser(zeroconf, [QUERY], handlers=[changed])
        assert found.wait(30)
    finally:
        zeroconf.close()
    return seen[0]


@pytest.mark.parametrize(("host", "ip"), [("127.0.0.2", "127.0.0.2"), ("::1", "::1")])
def test_every_loopback_address_is_found_by_this_machine(host: str, ip: str) -> None:
    with live_server(ports=replace(FREE_PORTS, osc_host=host), announce=True) as running:
        assert found_by_browser(running)[1] == [ip]


def test_a_host_name_is_announced_by_its_address() -> None:
    with live_server(ports=replace(FREE_PORTS, osc_host="localhost"), announce=True) as running:
        assert found_by_browser(running)[1] == ["127.0.0.1"]


@pytest.mark.parametrize(
    "name", ["patchwright " + 80 * "x", "patchwright " + 30 * "ü🎹", "a\tb\n."]
)
def test_any_name_is_announced(name: str, caplog: pytest.LogCaptureFixture) -> None:
    info = discovery._service(name, QUERY, 8766, ["127.0.0.1"])
    label = info.name.removesuffix(f".{QUERY}")
    assert 0 < len(label.encode()) <= 63 - discovery.NUMBER_BYTES
    assert label.isprintable()


@pytest.mark.parametrize("where", ["AsyncZeroconf", "_service", "announcement_of"])
def test_a_failure_is_logged_and_the_server_runs(
    where: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError("no multicast here")

    monkeypatch.setattr(discovery, where, fails)
    with caplog.at_level(logging.WARNING), live_server(announce=True) as running:
        assert httpx.get(f"{running.http_url}/healthz").status_code == 200
    assert "not announced on the network: no multicast here" in caplog.text


# Zeroconf leaves a socket open when a card does not exist.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_address_that_has_gone_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def announce() -> None:
        async with announced("patchwright", "192.0.2.77", 1, 2):
            for _ in range(1000):
                if "not announced" in caplog.text:
                    return
                await asyncio.sleep(0.01)

    with caplog.at_level(logging.WARNING):
        asyncio.run(announce())
    gc.collect()
    assert "not announced on the network" in caplog.text


def test_a_machine_has_its_own_names() -> None:
    short = socket.gethostname().lower().partition(".")[0]
    assert {short, f"{short}.local"} <= set(machine_names())
    assert all(name == name.lower() for name in machine_names())
