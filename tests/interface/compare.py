"""Compare two collected interfaces: what was removed, changed or added."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = Any  # as json.loads returns it


@dataclass(frozen=True)
class Difference:
    """One difference; ``path`` leads to it through the keys of the interface."""

    kind: str  # removed, changed or added
    path: tuple[str, ...]
    text: str

    @property
    def breaks(self) -> bool:
        """Say whether a program written against the old interface may fail."""
        return self.kind != "added"

    def __str__(self) -> str:
        return f"{self.kind}: {' > '.join(self.path)}{self.text}"


def differences(old: Json, new: Json, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Yield the differences between two interfaces, in the order of their paths.

    Args:
        old: The recorded interface, or a part of it.
        new: The same part as it is now.
        path: Keys that lead to this part.

    Example:
        >>> [str(found) for found in differences({"a": 1, "b": 2}, {"a": 3, "c": 4})]
        ['changed: a: 1 -> 3', 'removed: b', 'added: c']
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            here = (*path, key)
            if key not in new:
                yield Difference("removed", here, "")
            elif key not in old:
                yield Difference("added", here, "")
            else:
                yield from differences(old[key], new[key], here)
    elif gained := _optional_arguments(old, new) or _new_options(old, new, path):
        for one in gained:
            yield Difference("added", (*path, one if isinstance(one, str) else one["name"]), "")
    elif old != new:
        yield Difference("changed", path, f": {old} -> {new}")


def _new_options(old: Json, new: Json, path: tuple[str, ...]) -> list[Json]:
    """Return what the environment or a route's query gained, if a caller may leave it out."""
    lists = isinstance(old, list) and isinstance(new, list)
    if not lists or path[-1:] not in (("environment",), ("parameters",)):
        return []
    if any(one not in new for one in old):
        return []
    gained = [one for one in new if one not in old]
    free = all(isinstance(one, str) or one.get("required") is False for one in gained)
    return gained if free else []


def _optional_arguments(old: Json, new: Json) -> list[Json]:
    """Return what an OSC address gained after its last argument, if a message may leave it out."""
    if not (isinstance(old, list) and isinstance(new, list) and old == new[: len(old)]):
        return []
    gained = new[len(old) :]
    optional = all(isinstance(one, dict) and one.get("default") is not None for one in gained)
    return gained if optional else []
