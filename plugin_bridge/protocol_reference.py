"""Generate ``docs/osc.md``: ``python -m plugin_bridge.protocol_reference``."""

from __future__ import annotations

from plugin_bridge.protocol import (
    HOST_PORT,
    HOSTED,
    HTTP_PORT,
    INCOMING,
    OSC_PORT,
    OUTGOING,
    Address,
)

HEAD = f"""# OSC addresses

Made from `plugin_bridge/protocol.py` by `python -m plugin_bridge.protocol_reference`; a test
compares them. The server listens on UDP port {OSC_PORT} of this machine (`--osc-port`), HTTP on
{HTTP_PORT} (`--http-port`). `N` counts knobs from 1. An int is accepted as a float.
"""


def document() -> str:
    """The whole page, Markdown."""
    return "\n".join(
        [
            HEAD,
            *section("You send", INCOMING),
            "",
            *section("Subscribers receive", OUTGOING),
            "",
            *section(f"The live host receives, on port {HOST_PORT}", HOSTED),
            "",
        ]
    )


def section(title: str, addresses: tuple[Address, ...]) -> list[str]:
    """A heading and a table."""
    lines = [f"## {title}", "", "| address | arguments | meaning |", "| --- | --- | --- |"]
    for address in addresses:
        arguments = "<br>".join(
            f"`{a.name}` {a.kind}" + (f": {a.doc}" if a.doc else "") for a in address.arguments
        )
        lines.append(f"| `{address.path}` | {arguments or '-'} | {address.doc} |")
    return lines


if __name__ == "__main__":
    print(document(), end="")
