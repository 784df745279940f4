"""Store the newest value of each key: a slow receiver misses only outdated values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LatestValues(Generic[Value]):
    """Store one value per key, in the order in which the newest values arrived.

    Example:
        >>> waiting = LatestValues[float]()
        >>> waiting.put([("cutoff", 0.2), ("level", 0.5), ("cutoff", 0.3)])
        >>> waiting.take()
        [0.5, 0.3]
        >>> waiting.take()
        []
    """

    def __init__(self) -> None:
        self._values: dict[Hashable, Value] = {}

    def __len__(self) -> int:
        return len(self._values)

    def put(self, items: Iterable[tuple[Hashable, Value]]) -> None:
        """Add (key, value) pairs; a new value replaces the old one and moves to the end."""
        for key, value in items:
            self._values.pop(key, None)
            self._values[key] = value

    def forget(self, key: Hashable) -> None:
        """Remove the value of a key, if it has one."""
        self._values.pop(key, None)

    def clear(self) -> None:
        """Remove all values."""
        self._values.clear()

    def take(self) -> list[Value]:
        """Remove all values and return them, oldest first."""
        values, self._values = list(self._values.values()), {}
        return values
