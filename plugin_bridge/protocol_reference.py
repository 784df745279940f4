"""Generate ``docs/reference/osc.md``: ``python -m plugin_bridge.protocol_reference``."""

from __future__ import annotations

from plugin_bridge.protocol import (
    HOST_PORT,
    HOSTED,
    HTTP_PORT,
    INCOMING,
    OSC_PORT,
    OUTGOING,
    TIMBRE,
    Address,
)

HEAD = f"""# OSC addresses

Any program that sends OSC can play patchwright: a controller app, SuperCollider, Max or a DAW.
This page lists each address with its arguments.

- The server listens for OSC on UDP port {OSC_PORT} of this machine (`--osc-port`). HTTP is on port
  {HTTP_PORT} (`--http-port`).
- `N` in an address is a number from 1.
- The server accepts an int where the table says float.

`python -m plugin_bridge.protocol_reference` writes this page from `plugin_bridge/protocol.py`. A
test compares them.
"""


def document() -> str:
    """Return the whole page as Markdown."""
    return "\n".join(
        [
            HEAD,
            *section("You send", INCOMING),
            "",
            *section("Subscribers receive", OUTGOING),
            "",
            *section(f"The live host receives, on port {HOST_PORT}", HOSTED),
            "",
            *section("The live host of a timbre model also receives", TIMBRE),
            "",
        ]
    )


def section(title: str, addresses: tuple[Address, ...]) -> list[str]:
    """Return a heading and a table of addresses, as lines of Markdown."""
    lines = [f"## {title}", "", "| address | arguments | meaning |", "| --- | --- | --- |"]
    for address in addresses:
        arguments = "<br>".join(
            f"`{a.name}` {a.kind}" + (f": {a.doc}" if a.doc else "") for a in address.arguments
        )
        lines.append(f"| `{address.path}` | {arguments or '-'} | {address.doc} |")
    return lines


if __name__ == "__main__":
    print(document(), end="")
