"""Parse foreign XML with limits on size, depth and entities."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from datasets.errors import StoreError

MAX_BYTES = 16 * 2**20  # Surge itself refuses 4 MiB; a rack holds a state as hexadecimal digits
MAX_ELEMENTS = 200_000
MAX_DEPTH = 200  # a Live rack within racks has some 30
MAX_ATTRIBUTES = 500_000  # "=" signs, which states have not


class _Bounded(TreeBuilder):
    """A tree that stops growing before it is too large for memory."""

    def __init__(self) -> None:
        super().__init__()
        self._count = self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._count += 1
        self._depth += 1
        if self._count > MAX_ELEMENTS or self._depth > MAX_DEPTH:
            raise ValueError(f"over {MAX_ELEMENTS} elements, or deeper than {MAX_DEPTH}")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(text: bytes, source: str) -> Element:
    """The root element; StoreError with the line of what is wrong with it."""
    if len(text) > MAX_BYTES:
        raise StoreError(f"{source}: over {MAX_BYTES // 2**20} MB of XML: no preset has that much")
    if text.count(b"=") > MAX_ATTRIBUTES:
        raise StoreError(f"{source}: over {MAX_ATTRIBUTES} attributes: no preset has that many")
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(text)
        root: Element = parser.close()
    except ParseError as error:
        raise StoreError(f"{source}: its XML is damaged: {error}") from error
    except DefusedXmlException as error:
        raise StoreError(f"{source}: its XML declares a DTD or entities: refused") from error
    except (ValueError, LookupError) as error:  # too large, or in an unknown encoding
        raise StoreError(f"{source}: its XML cannot be read: {error}") from error
    return root
