"""Open the server's ports before a model loads, and name their addresses."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket

from datasets.errors import ServeError


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host name or address."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def bind_tcp(host: str, port: int, host_option: str, port_option: str) -> socket.socket:
    """A TCP socket that is ours and listens; ServeError says which option changes what is wrong."""
    return _bind(host, port, socket.SOCK_STREAM, host_option, port_option)


def bind_udp(host: str, port: int, host_option: str, port_option: str) -> socket.socket:
    """The same for UDP."""
    return _bind(host, port, socket.SOCK_DGRAM, host_option, port_option)


def port_of(bound: socket.socket) -> int:
    """The port that a socket has got."""
    return int(bound.getsockname()[1])


def url_of(http: socket.socket) -> str:
    """Where a listening TCP socket is reached."""
    host, port = http.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bind(
    host: str, port: int, kind: socket.SocketKind, host_option: str, port_option: str
) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ServeError(f"{port_option} {port} is outside 0..65535")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    except OSError as error:
        raise ServeError(f"{host_option} {host}: {error.strerror or error}") from error
    bound = socket.socket(family, kind)
    try:
        if kind is socket.SOCK_STREAM and os.name == "posix":
            # A port whose last server has just stopped is free. On Windows, and for UDP, the same
            # option would share the port with a living server instead.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # Only listening claims a TCP port: with SO_REUSEADDR a second bind alone would succeed.
        if kind is socket.SOCK_STREAM:
            bound.listen()
    except OSError as error:
        bound.close()
        name = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
        raise ServeError(
            f"cannot use {name} port {port} on {host} ({error.strerror}): "
            f"stop what uses it, or choose another with {port_option}"
        ) from error
    return bound
