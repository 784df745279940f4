"""Another program's side of OSC, over real sockets: what it hears, and what it tells back."""

import socket

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from plugin_bridge.osc.osc_target import OscTarget


class Program:
    """Hears on one port and tells the bridge on another."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5.0)
        self.port = int(self.socket.getsockname()[1])

    def packet(self) -> bytes:
        """The next packet that comes."""
        return self.socket.recv(65536)

    def silent(self) -> bool:
        """Whether nothing has come."""
        self.socket.settimeout(0.1)
        try:
            self.socket.recv(65536)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(5.0)
        return False

    def tell(self, to: OscTarget | int, path: str, *values: float | str) -> None:
        """Say one message."""
        self.throw(to, message(path, *values))

    def throw(self, to: OscTarget | int, packet: bytes) -> None:
        """Say anything."""
        port = to if isinstance(to, int) else to.socket.listen_port
        self.socket.sendto(packet, ("127.0.0.1", port))

    def close(self) -> None:
        self.socket.close()


def message(path: str, *values: float | str) -> bytes:
    builder = OscMessageBuilder(path)
    for value in values:
        builder.add_arg(value)
    return bytes(builder.build().dgram)


def bundle(*messages: tuple[str, float | str]) -> bytes:
    """Several messages in one packet, to be carried out at once."""
    builder = OscBundleBuilder(IMMEDIATELY)
    for path, value in messages:
        one = OscMessageBuilder(path)
        one.add_arg(value)
        builder.add_content(one.build())
    return bytes(builder.build().dgram)
