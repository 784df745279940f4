"""Hold a plugin's saved state, and read files byte by byte."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from datasets.errors import StoreError

Kind = Literal["vst2", "vst3"]
NAME_LENGTH = 64  # most letters of a preset's name


@dataclass(frozen=True)
class PluginState:
    """Hold the content of a state file: ``.fxp``, ``.vstpreset`` or ``.adg``."""

    name: str  # of the preset; empty if the file format has no name
    kind: Kind
    plugin: str  # VST3: class id, 32 hexadecimal digits; VST2: four characters
    component: bytes = b""  # the patch
    controller: bytes = b""  # VST3: state of its window; usually empty
    parameters: tuple[float, ...] = ()  # VST2 plugins without a state: 0..1, in order


class Fields:
    """Read numbers and bytes one after the other, never beyond the end."""

    def __init__(self, content: bytes, source: str, start: int = 0) -> None:
        """Start at byte ``start`` of the content; ``source`` is the file's name, for errors."""
        self.content = content
        self.source = source
        self.at = start

    def take(self, length: int, what: str) -> bytes:
        """Return the next ``length`` bytes; ``what`` names them in an error.

        Raises:
            StoreError: The content ends too early.
        """
        left = len(self.content) - self.at
        if not 0 <= length <= left:
            raise StoreError(
                f"{self.source}, byte {self.at}: {what} needs {length} bytes, {max(left, 0)} are "
                "left: the file is cut off or damaged"
            )
        self.at += length
        return self.content[self.at - length : self.at]

    def number(self, layout: str, what: str) -> int:
        """Return the next integer in a ``struct`` format (``>i``: 4 bytes, big-endian)."""
        return int(struct.unpack(layout, self.take(struct.calcsize(layout), what))[0])

    def magic(self, expected: bytes, what: str) -> None:
        """Read the letters that a file of this kind has here.

        Raises:
            StoreError: The content has other letters.
        """
        found = self.take(len(expected), what)
        if found != expected:
            raise StoreError(
                f"{self.source}, byte {self.at - len(expected)}: {found!r} is not "
                f"{expected.decode()!r}, so this is not a {what}"
            )


def plain_name(name: str) -> str:
    """Return a preset's name for any format: one line, at most 64 printable characters."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(printable.split())[:NAME_LENGTH]
