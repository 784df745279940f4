"""Announce the server to the network by Zeroconf."""

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
    """Announce both services while this lasts; a network that does not let us is only logged.

    On loopback they are announced on the loopback interface alone.
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
    telling = asyncio.create_task(_tell(infos, local))  # takes a second: nobody waits for it
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _tell(infos: Sequence[ServiceInfo], local: bool) -> None:
    """Announce services until this is cancelled."""
    try:
        interfaces = [LOOPBACK] if local else InterfaceChoice.All
        zeroconf = AsyncZeroconf(interfaces=interfaces, ip_version=IPVersion.V4Only)
    except OSError as error:
        return log.warning("not announced on the network: %s", error)
    try:
        for info in infos:
            await zeroconf.async_register_service(info, allow_name_change=True)
        await asyncio.Event().wait()
    except (OSError, Error) as error:
        log.warning("not announced on the network: %s", error)
    finally:
        await zeroconf.async_unregister_all_services()
        await zeroconf.async_close()


def _own_addresses(host: str) -> set[str]:
    """IPv4 addresses that others can reach this machine at."""
    if host != "0.0.0.0":
        return {host}
    found = (ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4)
    return {str(ip) for ip in found} - {LOOPBACK}
