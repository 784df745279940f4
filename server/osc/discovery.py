"""Announce the server on the network by Zeroconf."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Sequence

import ifaddr
from zeroconf import Error, InterfaceChoice, IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from plugin_bridge.protocol import LOOPBACK

log = logging.getLogger(__name__)

OSCQUERY, OSC = "_oscjson._tcp.local.", "_osc._udp.local."


@contextlib.asynccontextmanager
async def announced(name: str, host: str, query_port: int, osc_port: int) -> AsyncIterator[None]:
    """Announce OSC and OSCQuery while the context is open; log an error of the network.

    On loopback, the services are announced on the loopback interface only.

    Args:
        name: Name of the server that other programs show.
        host: IPv4 address of the server.
        query_port: TCP port of OSCQuery.
        osc_port: UDP port of OSC.

    Yields:
        Nothing.
    """
    local = host == LOOPBACK
    addresses = [LOOPBACK] if local else sorted(_own_addresses(host))
    infos = [
        ServiceInfo(
            kind,
            f"{name}.{kind}",
            port=port,
            parsed_addresses=addresses,
            server=f"{socket.gethostname().partition('.')[0]}-patchwright.local.",
        )
        for kind, port in ((OSCQUERY, query_port), (OSC, osc_port))
    ]
    announcing = asyncio.create_task(_announce(infos, local))  # takes a second: do not wait for it
    try:
        yield
    finally:
        announcing.cancel()
        await asyncio.gather(announcing, return_exceptions=True)


async def _announce(infos: Sequence[ServiceInfo], local: bool) -> None:
    """Announce services until this call is cancelled."""
    try:
        interfaces = [LOOPBACK] if local else InterfaceChoice.All
        zeroconf = AsyncZeroconf(interfaces=interfaces, ip_version=IPVersion.V4Only)
    except OSError as error:
        return log.warning("the server is not announced on the network: %s", error)
    try:
        for info in infos:
            await zeroconf.async_register_service(info, allow_name_change=True)
        await asyncio.Event().wait()
    except (OSError, Error) as error:
        log.warning("the server is not announced on the network: %s", error)
    finally:
        await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


def _own_addresses(host: str) -> set[str]:
    """Return the IPv4 addresses at which other machines reach this one."""
    if host != "0.0.0.0":
        return {host}
    found = (ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4)
    return {str(ip) for ip in found} - {LOOPBACK}
