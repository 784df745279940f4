"""Answer questions about IP addresses and host names, for the server and for its clients."""

from __future__ import annotations

import ipaddress
import socket
from functools import lru_cache

from datasets.errors import ServeError

ANY_IPV4, ANY_IPV6 = "0.0.0.0", "::"
LOOPBACK_IPV6 = "::1"
LONGEST_IP = 64  # characters, with the name of a network card
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def ip_of(text: str) -> IpAddress | None:
    """Return the IP address that a text is, or None for a name.

    A socket for both families shows an IPv4 address as ``::ffff:127.0.0.1``. The function returns
    the IPv4 address.
    """
    return _ip_of(text) if len(text) <= LONGEST_IP else None


@lru_cache(maxsize=4096)  # each message needs this for its sender
def _ip_of(text: str) -> IpAddress | None:
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped) or ip


def plain_ip(text: str) -> str:
    """Return an address in its usual form: ``127.0.0.1`` for ``::ffff:127.0.0.1``."""
    ip = ip_of(text)
    return text if ip is None else str(ip)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a host name or address."""
    ip = ip_of(host)
    return host.lower() == "localhost" if ip is None else ip.is_loopback


def is_any(host: str) -> bool:
    """Return whether an address means all addresses of this machine: ``0.0.0.0`` or ``::``."""
    ip = ip_of(host)
    return ip is not None and ip.is_unspecified


def family_of(ip: str) -> socket.AddressFamily:
    """Return the family of the sockets that reach an IP address."""
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


def shown(host: str, port: int) -> str:
    """Return ``HOST:PORT`` as in a URL: an IPv6 address has brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def resolved(host: str) -> str:
    """Return the IP address of a host; of a name with several, the first IPv4 address.

    Most programs with OSC know only IPv4.

    Raises:
        OSError: The host is unknown.
    """
    # Long names and names with empty parts raise a UnicodeError.
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except UnicodeError as error:
        raise OSError("not a host name") from error
    found.sort(key=lambda info: info[0] != socket.AF_INET)  # stable: keeps the system's order
    return plain_ip(str(found[0][4][0]))


def parse_address(text: str) -> tuple[str, int]:
    """Return the IP address and UDP port of ``HOST:PORT`` or ``[IPV6]:PORT``.

    Raises:
        ServeError: The text has another form, or the host is unknown.
    """
    host, _, port = text.rpartition(":")
    in_brackets = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if in_brackets else host
    usual = port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536
    if not host or not usual or in_brackets != (":" in host):
        raise ServeError(
            f"{text!r}: not an address; give HOST:PORT, such as 127.0.0.1:9000 or [::1]:9000"
        )
    try:
        return resolved(host), int(port)
    except OSError as error:
        raise ServeError(f"{host!r}: unknown host; give its IP address") from error


def own_address_towards(peer: str) -> str:
    """Return the address of this machine from which packets to an IP address leave.

    Raises:
        OSError: The address cannot be reached.
    """
    with socket.socket(family_of(peer), socket.SOCK_DGRAM) as probe:
        probe.connect((peer, 9))  # sends nothing
        return plain_ip(str(probe.getsockname()[0]))
