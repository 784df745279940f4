"""Announce the server on the network by Zeroconf; the server also runs without it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import ifaddr
from zeroconf import InterfaceChoice, IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from plugin_bridge.addresses import ANY_IPV4, ip_of, is_any, is_loopback
from plugin_bridge.protocol import LOOPBACK

log = logging.getLogger(__name__)

OSCQUERY, OSC = "_oscjson._tcp.local.", "_osc._udp.local."
LABEL_BYTES = 63  # of one part of a name in DNS
NUMBER_BYTES = 5  # that Zeroconf adds to a name that exists, such as "-2"


@dataclass(frozen=True)
class Announcement:
    """Hold what is announced: the server's addresses, and the network cards to announce on."""

    addresses: Sequence[str]
    cards: Sequence[str] | InterfaceChoice
    version: IPVersion


@contextlib.asynccontextmanager
async def announced(name: str, ip: str, query_port: int, osc_port: int) -> AsyncIterator[None]:
    """Announce OSC and OSCQuery while the context is open; a failure is logged only.

    Args:
        name: Name of the server that other programs show.
        ip: IP address of the server.
        query_port: TCP port of OSCQuery.
        osc_port: UDP port of OSC.

    Yields:
        Nothing.
    """
    ports = {OSCQUERY: query_port, OSC: osc_port}
    # Announcing takes a second: do not wait for it.
    announcing = asyncio.create_task(_announce(name, ip, ports))
    try:
        yield
    finally:
        announcing.cancel()
        await asyncio.gather(announcing, return_exceptions=True)


def announcement_of(ip: str) -> Announcement:
    """Return what to announce for a server at an IP address.

    A server that only this machine can reach is announced on the loopback card, and a server on one
    address on the card of this address.
    """
    if is_loopback(ip):
        return Announcement([ip], [LOOPBACK], IPVersion.V4Only)
    if not is_any(ip):
        version = IPVersion.V6Only if ":" in ip else IPVersion.V4Only
        return Announcement([ip], [ip], version)
    found = _own_addresses(with_ipv6=ip != ANY_IPV4)
    if not found:  # no network: other programs of this machine can still find the server
        return Announcement([LOOPBACK], [LOOPBACK], IPVersion.V4Only)
    version = IPVersion.V4Only if ip == ANY_IPV4 else IPVersion.All
    return Announcement(found, InterfaceChoice.All, version)


def machine_names() -> tuple[str, ...]:
    """Return the names by which other machines may call this one, in lower case."""
    plain = socket.gethostname().lower()
    short = plain.partition(".")[0]
    return plain, short, f"{short}.local", _server_name().rstrip(".").lower()


async def _announce(name: str, ip: str, ports: dict[str, int]) -> None:
    """Announce services until this call is cancelled."""
    try:
        wanted = announcement_of(ip)
        infos = [_service(name, kind, port, wanted.addresses) for kind, port in ports.items()]
        zeroconf = AsyncZeroconf(interfaces=wanted.cards, ip_version=wanted.version)
        try:
            for info in infos:
                await zeroconf.async_register_service(info, allow_name_change=True)
            await asyncio.Event().wait()
        finally:
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()
    except Exception as error:  # a network can fail in many ways, and OSC works without Zeroconf
        reason = str(error) or type(error).__name__
        log.warning("the server is not announced on the network: %s", reason)


def _service(name: str, kind: str, port: int, addresses: Sequence[str]) -> ServiceInfo:
    """Return the description of a service."""
    label = _cut("".join(c if c.isprintable() else " " for c in name), LABEL_BYTES - NUMBER_BYTES)
    return ServiceInfo(
        kind,
        f"{label}.{kind}",
        port=port,
        parsed_addresses=list(addresses),
        server=_server_name(),
    )


def _server_name() -> str:
    """Return the name that Zeroconf gives to this machine."""
    suffix = "-patchwright"
    host = _cut(socket.gethostname().partition(".")[0], LABEL_BYTES - len(suffix))
    return f"{host}{suffix}.local."


def _cut(text: str, most: int) -> str:
    """Return the start of a text that has at most so many bytes."""
    return text.encode()[:most].decode(errors="ignore").rstrip()


def _own_addresses(with_ipv6: bool) -> list[str]:
    """Return the addresses at which other machines reach this one."""
    texts = [
        ip.ip if ip.is_IPv4 else ip.ip[0]
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if ip.is_IPv4 or with_ipv6
    ]
    found = [one for text in texts if (one := ip_of(str(text))) is not None]
    # A link-local IPv6 address says nothing without its card.
    return sorted(
        str(one)
        for one in set(found)
        if not one.is_loopback and not (one.version == 6 and one.is_link_local)
    )
