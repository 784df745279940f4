"""Damage files: bytes that change, move or are missing, and values of another type."""

import random
import re
from collections.abc import Iterator

# A value in JSON, TOML, XML and the text formats of presets.
VALUE = re.compile(rb'"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\btrue\b|\bfalse\b')
OTHER_VALUES = (
    *(b"-1", b"0", b"1e999", b"99999999999999999999", b"nan", b"true", b"null", b'""', b"{}"),
    *(b"[]", b'"x"', b"[[1]]", b'{"a": 1}', b"-0.5", b'"\xff"', b'"\\ud83d"', b"2147483648"),
)


def damaged_copies(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Yield ``count`` damaged copies; equal arguments give equal copies."""
    draw = random.Random(seed)
    values = [found.span() for found in VALUE.finditer(content[: 2**20])]
    for _ in range(count):
        copy = content
        if len(values) > 3 and draw.random() < 0.5:
            for start, end in sorted(draw.sample(values, draw.randint(1, 2)), reverse=True):
                copy = copy[:start] + draw.choice(OTHER_VALUES) + copy[end:]
        else:
            for _ in range(draw.randint(1, 4)):
                copy = _cut(copy, draw)
        yield copy


def _cut(content: bytes, draw: random.Random) -> bytes:
    """Return the content with one place changed."""
    at = int(len(content) * draw.random() ** draw.choice([1, 4]))  # often in the header
    length = draw.choice([1, 1, 4, 30, len(content)])
    put = draw.choice(
        [b"", draw.randbytes(1), b"\xff" * 4, bytes(8), b"\x7f\xff\xff\xff", content[:length]]
    )
    return content[:at] + put + content[at + draw.choice([0, len(put), length]) :]
