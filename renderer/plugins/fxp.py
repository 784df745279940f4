"""Add the zero byte that plugins expect at the end of text chunks in ``.fxp`` files.

amsynth takes its chunk for a C string, and the size for nothing. Hosts save the text without its
end, so loading it reads whatever lies behind in memory; where that happens to be an old preset,
amsynth finds a parameter it does not know and ends the process, in any host.
"""

from __future__ import annotations

import struct

TEXT = b"amSynth"  # how the chunks begin that are known to be C strings
CHUNK_SIZE_AT = {b"FPCh": 56, b"FBCh": 156}  # of a preset, of a bank; then the chunk itself


def ended(preset: bytes) -> bytes:
    """A ``.fxp`` file whose chunk, if it is amsynth's text, ends in a zero byte; else as it came.

    >>> whole = b"CcnK" + bytes(4) + b"FPCh" + bytes(44) + struct.pack(">i", 8) + b"amSynth1"
    >>> ended(whole)[-2:], ended(ended(whole)) == ended(whole)
    (b'1\\x00', True)
    """
    at = CHUNK_SIZE_AT.get(preset[8:12])
    if preset[:4] != b"CcnK" or at is None or len(preset) < at + 4:
        return preset
    (size,) = struct.unpack_from(">i", preset, at)
    chunk = preset[at + 4 :]
    if len(chunk) != size or not chunk.startswith(TEXT) or chunk.endswith(b"\0"):
        return preset
    (whole,) = struct.unpack_from(">i", preset, 4)
    counted = struct.pack(">i", whole + 1 if whole else 0)  # some hosts leave it 0
    return preset[:4] + counted + preset[8:at] + struct.pack(">i", size + 1) + chunk + b"\0"
