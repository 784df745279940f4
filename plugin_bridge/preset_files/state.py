"""A plugin's saved state, read byte by byte."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from datasets.errors import StoreError

Kind = Literal["vst2", "vst3"]
NAME_LENGTH = 64  # letters of a preset's name that are kept


@dataclass(frozen=True)
class PluginState:
    """What a container of states holds: ``.fxp``, ``.vstpreset`` or ``.adg``."""

    name: str  # of the preset; empty where the container has no place for one
    kind: Kind
    plugin: str  # VST3: class id, 32 hexadecimal digits; VST2: four characters
    component: bytes = b""  # the patch
    controller: bytes = b""  # VST3: what its window adds; most plugins add nothing
    parameters: tuple[float, ...] = ()  # VST2 plugins without a state of their own: 0..1, in order


class Fields:
    """Numbers and byte strings read one after the other, never beyond the end."""

    def __init__(self, content: bytes, source: str, start: int = 0) -> None:
        self.content = content
        self.source = source  # file name, for errors
        self.at = start

    def take(self, length: int, what: str) -> bytes:
        """The next ``length`` bytes; StoreError naming ``what`` and its place when they end."""
        left = len(self.content) - self.at
        if not 0 <= length <= left:
            raise StoreError(
                f"{self.source}, byte {self.at}: {what} needs {length} bytes, {max(left, 0)} are "
                "left: the file is cut off or damaged"
            )
        self.at += length
        return self.content[self.at - length : self.at]

    def number(self, layout: str, what: str) -> int:
        """The next integer, ``layout`` as of ``struct`` (``>i``: 4 bytes, the highest first)."""
        return int(struct.unpack(layout, self.take(struct.calcsize(layout), what))[0])

    def magic(self, expected: bytes, what: str) -> None:
        """Pass the letters that a file of this kind has here; StoreError for others."""
        found = self.take(len(expected), what)
        if found != expected:
            raise StoreError(
                f"{self.source}, byte {self.at - len(expected)}: {found!r} is not "
                f"{expected.decode()!r}: no {what}"
            )


def plain_name(name: str) -> str:
    """A preset's name fit for any format: one line, no control characters, not too long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(printable.split())[:NAME_LENGTH]
