"""Open the ports of the server before a model loads, and return their addresses."""

from __future__ import annotations

import os
import socket

from datasets.errors import ServeError
from plugin_bridge.addresses import ANY_IPV6, family_of, is_any, resolved, shown
from server.osc.reply_socket import KNOWN, ReplySocket


def bind_tcp(host: str, port: int, host_option: str, port_option: str) -> socket.socket:
    """Bind a TCP socket and listen on it.

    Args:
        host: Host name or IP address.
        port: TCP port; 0 takes a free one.
        host_option: Option that sets the host, named in errors.
        port_option: Option that sets the port, named in errors.

    Returns:
        The listening socket.

    Raises:
        ServeError: The host is unknown, or the port is out of range or in use.
    """
    return _bind(host, port, socket.SOCK_STREAM, host_option, port_option)


def bind_udp(host: str, port: int, host_option: str, port_option: str) -> socket.socket:
    """Bind a UDP socket.

    Args:
        host: Host name or IP address.
        port: UDP port; 0 takes a free one.
        host_option: Option that sets the host, named in errors.
        port_option: Option that sets the port, named in errors.

    Returns:
        The bound socket.

    Raises:
        ServeError: The host is unknown, or the port is out of range or in use.
    """
    return _bind(host, port, socket.SOCK_DGRAM, host_option, port_option)


def port_of(bound: socket.socket) -> int:
    """Return the port of a bound socket."""
    return int(bound.getsockname()[1])


def url_of(http: socket.socket) -> str:
    """Return the URL of a listening TCP socket."""
    return f"http://{shown(*http.getsockname()[:2])}"


def _bind(
    host: str, port: int, kind: socket.SocketKind, host_option: str, port_option: str
) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ServeError(f"{port_option} {port}: must be 0 to 65535")
    try:
        ip = resolved(host)
    except OSError as error:
        raise ServeError(f"{host_option} {host}: {error.strerror or error}") from error
    bound = _socket(ip, kind)
    try:
        if kind is socket.SOCK_STREAM and os.name == "posix":
            # The option lets us use a port whose last server has just stopped. On Windows, and for
            # UDP, it would instead share the port with a server that still runs.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((ip, port))
        # With SO_REUSEADDR two sockets can bind the same port; only one of them can listen.
        if kind is socket.SOCK_STREAM:
            bound.listen()
    except OSError as error:
        bound.close()
        name = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
        raise ServeError(
            f"{name} port {port} on {host} cannot be used ({error.strerror}): "
            f"stop the program that uses it, or choose another port with {port_option}"
        ) from error
    return bound


def _socket(ip: str, kind: socket.SocketKind) -> socket.socket:
    """Return a socket that can be bound to an IP address; one for ``::`` also takes IPv4."""
    udp_on_all = kind is socket.SOCK_DGRAM and is_any(ip) and KNOWN
    made = (ReplySocket if udp_on_all else socket.socket)(family_of(ip), kind)
    if isinstance(made, ReplySocket):
        made.report_addresses()
    if ip == ANY_IPV6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    return made
