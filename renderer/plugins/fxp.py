"""Add the zero byte that plugins expect at the end of text chunks in ``.fxp`` files.

amsynth reads its chunk as a C string and ignores the size. Hosts save the text without the final
zero byte. So when amsynth loads the chunk, it reads past its end into other memory. If an old
preset is there, amsynth finds an unknown parameter and ends the process, in any host.
"""

from __future__ import annotations

import struct

TEXT = b"amSynth"  # the first bytes of chunks that are known to be C strings
# Offset of the chunk's size, in a preset and in a bank; the chunk follows.
CHUNK_SIZE_AT = {b"FPCh": 56, b"FBCh": 156}


def amsynth_state(text: str) -> bytes:
    """Return a ``.fxp`` file of amsynth's VST2 that holds a preset's text."""
    chunk = text.encode() + b"\0"
    head = struct.pack(">4si4si4sii", b"CcnK", 52 + len(chunk), b"FPCh", 1, b"amsy", 1, 0)
    return head + bytes(28) + struct.pack(">i", len(chunk)) + chunk


def ended(preset: bytes) -> bytes:
    r"""Return a ``.fxp`` file whose amsynth text chunk ends in a zero byte.

    Any other file is returned unchanged.

    >>> whole = b"CcnK" + bytes(4) + b"FPCh" + bytes(44) + struct.pack(">i", 8) + b"amSynth1"
    >>> ended(whole)[-2:], ended(ended(whole)) == ended(whole)
    (b'1\x00', True)
    """
    at = CHUNK_SIZE_AT.get(preset[8:12])
    if preset[:4] != b"CcnK" or at is None or len(preset) < at + 4:
        return preset
    (size,) = struct.unpack_from(">i", preset, at)
    chunk = preset[at + 4 :]
    if len(chunk) != size or not chunk.startswith(TEXT) or chunk.endswith(b"\0"):
        return preset
    (whole,) = struct.unpack_from(">i", preset, 4)
    counted = struct.pack(">i", whole + 1 if whole else 0)  # some hosts leave the total size 0
    return preset[:4] + counted + preset[8:at] + struct.pack(">i", size + 1) + chunk + b"\0"
