"""Write a SoundFont with one looped sample, as the SoundFont 2.04 specification describes it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _list(kind: bytes, *chunks: bytes) -> bytes:
    return _chunk(b"LIST", kind + b"".join(chunks))


def write_soundfont(path: Path, period: int = 184, harmonics: int = 12) -> None:
    """Bank 0, program 7: a sound of 240 Hz at 44.1 kHz, root key 59, on all keys."""
    t = np.arange(period * 40)
    k = np.arange(1, harmonics + 1)
    wave = (np.sin(2 * np.pi * np.outer(k, t) / period) / k[:, None]).sum(axis=0)
    pcm = (9000 * wave).astype("<i2")
    samples = pcm.tobytes() + b"\0" * 92
    name = b"one".ljust(20, b"\0")
    end = b"EOS".ljust(20, b"\0")
    header = struct.pack("<IIIIIBbHH", 0, len(pcm), period, period * 39, 44100, 59, 0, 0, 1)
    presets = name + struct.pack("<HHHIII", 7, 0, 0, 0, 0, 0)
    presets += end + struct.pack("<HHHIII", 0, 0, 1, 0, 0, 0)
    generators = struct.pack("<HH", 54, 1) + struct.pack("<HH", 53, 0)  # Loop; the sample.
    data = _list(
        b"pdta",
        _chunk(b"phdr", presets),
        _chunk(b"pbag", struct.pack("<HHHH", 0, 0, 1, 0)),
        _chunk(b"pmod", b"\0" * 10),
        _chunk(b"pgen", struct.pack("<HH", 41, 0) + b"\0" * 4),
        _chunk(b"inst", name + struct.pack("<H", 0) + end + struct.pack("<H", 1)),
        _chunk(b"ibag", struct.pack("<HHHH", 0, 0, 2, 0)),
        _chunk(b"imod", b"\0" * 10),
        _chunk(b"igen", generators + b"\0" * 4),
        _chunk(b"shdr", name + header + end + b"\0" * 26),
    )
    info = _list(b"INFO", _chunk(b"ifil", struct.pack("<HH", 2, 1)), _chunk(b"INAM", b"test\0\0"))
    body = b"sfbk" + info + _list(b"sdta", _chunk(b"smpl", samples)) + data
    path.write_bytes(_chunk(b"RIFF", body))
