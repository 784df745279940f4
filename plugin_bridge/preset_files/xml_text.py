"""Parse foreign XML with limits on size, depth and entities."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from datasets.errors import StoreError

MAX_BYTES = 16 * 2**20  # Surge refuses 4 MiB; a rack is larger: it has a state in hexadecimal
MAX_ELEMENTS = 200_000
MAX_DEPTH = 200  # nested Live racks have about 30 levels
MAX_ATTRIBUTES = 500_000  # counted as "=" signs; the digits of a state have none


class _Bounded(TreeBuilder):
    """Build a tree, and stop before it is too large for memory."""

    def __init__(self) -> None:
        super().__init__()
        self._count = self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """Open an element; raise ValueError if there are too many, or too many levels."""
        self._count += 1
        self._depth += 1
        if self._count > MAX_ELEMENTS or self._depth > MAX_DEPTH:
            raise ValueError(f"over {MAX_ELEMENTS} elements or {MAX_DEPTH} levels")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """Close an element."""
        self._depth -= 1
        return super().end(tag)


def parse_xml(text: bytes, source: str) -> Element:
    """Return the root element; ``source`` names the file in errors.

    Raises:
        StoreError: The XML is damaged (the message gives the line), too large, or has entities.
    """
    if len(text) > MAX_BYTES:
        raise StoreError(f"{source}: over {MAX_BYTES // 2**20} MB of XML, too much for a preset")
    if text.count(b"=") > MAX_ATTRIBUTES:
        raise StoreError(f"{source}: over {MAX_ATTRIBUTES} attributes, too many for a preset")
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(text)
        root: Element = parser.close()
    except ParseError as error:
        raise StoreError(f"{source}: the XML is damaged ({error})") from error
    except DefusedXmlException as error:
        raise StoreError(f"{source}: refused, because the XML has a DTD or entities") from error
    except (ValueError, LookupError) as error:  # too large, or an unknown encoding
        raise StoreError(f"{source}: the XML cannot be read ({error})") from error
    return root
