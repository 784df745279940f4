"""Decode one part of a sound file, of any format, with bounded memory.

The header is checked before a sample is decoded, and the number of samples decoded is capped
whatever the header claims.
"""

from __future__ import annotations

import math
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from soundfile import SoundFile, SoundFileError

from datasets.errors import AudioError
from datasets.spec import FloatArray

SEARCHED_S = 60.0  # of a long file: an onset is looked for so far, and no further
MOST_BYTES = 1 << 27  # of decoded float32 samples, all channels: 60 s of stereo at 192 kHz is 92 MB
BLOCK_BYTES = 1 << 17  # decoded at once: what a lying header, or damage, can cost
SHORTEST_S = 0.05  # a pitch of 40 Hz has two periods in it
LOWEST_RATE, HIGHEST_RATE = 4000, 768000  # Hz; telephony is 8000, the fastest converters 768000
OVERLOAD = 16.0  # float samples beyond it were never scaled to -1..1


@dataclass(frozen=True)
class Part:
    """The decoded part of a file."""

    name: str  # quoted, for messages
    frames: FloatArray  # (n, channels)
    sample_rate: int
    start_s: float  # of the first frame in the file
    length_s: float  # of what was asked for, which may be more than what was decoded


def read_part(path: Path, start_s: float | None, end_s: float | None, warnings: list[str]) -> Part:
    """Decode the part between two times, or as much of it as is searched, and check its samples."""
    name = _checked_file(path)
    try:
        # Bytes, because soundfile cannot encode a POSIX name that is not UTF-8. Not an open file:
        # a damaged header makes libsndfile seek before its start, which prints a traceback.
        with SoundFile(os.fsencode(path) if os.name == "posix" else str(path)) as sound:
            start, end = _checked_range(sound, name, start_s, end_s)
            rate = sound.samplerate
            most = min(int(SEARCHED_S * rate), MOST_BYTES // (4 * sound.channels))
            wanted = min(end - start, most)
            sound.seek(start)
            frames = _decode(sound, wanted)
    except (SoundFileError, TypeError) as error:  # TypeError: .raw, which has no header
        raise AudioError(
            f"{name} is not a sound that can be read: convert it to wav, flac, ogg or mp3"
        ) from error
    if len(frames) < min(wanted, SHORTEST_S * rate):
        raise AudioError(f"{name} breaks off before any sound: copy or export it again")
    length = end - start
    if wanted - len(frames) > SHORTEST_S * rate:
        length = len(frames)
        warnings.append(f"the file is damaged: it breaks off at {(start + length) / rate:.2f} s")
    elif length > wanted:
        warnings.append(f"the onset was looked for in the first {wanted / rate:.3g} s only")
    return _in_scale(Part(name, frames, rate, start / rate, length / rate), warnings)


def _checked_file(path: Path) -> str:
    """The quoted name of a file that can be opened without blocking; AudioError otherwise."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise AudioError(f"{str(path)!r} is a folder: give one sound file in it")
        if not stat.S_ISREG(status.st_mode):
            raise AudioError(f"{str(path)!r} is not a regular file: give a sound file")
        path.open("rb").close()  # libsndfile would not say why it may not
    except FileNotFoundError:
        raise AudioError(f"no file {str(path)!r}: check the path") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or error
        raise AudioError(f"{str(path)!r} cannot be read: {reason}") from error
    if status.st_size == 0:
        raise AudioError(f"{path.name!r} is empty (0 bytes): record or export it again")
    return repr(path.name)


def _checked_range(
    sound: SoundFile, name: str, start_s: float | None, end_s: float | None
) -> tuple[int, int]:
    """First frame and the one after the last of the part asked for."""
    rate, total = sound.samplerate, sound.frames
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise AudioError(
            f"{name} says its sample rate is {rate} Hz, which no recording has: "
            f"export it again at {LOWEST_RATE} to {HIGHEST_RATE} Hz"
        )
    if total <= 0:
        raise AudioError(f"{name} has no audio in it (0 frames): record or export it again")
    start = _frame_at("start", 0.0 if start_s is None else start_s, name, rate, total)
    end = total if end_s is None else _frame_at("end", end_s, name, rate, total)
    if start >= end and (start_s is not None or end_s is not None):
        raise AudioError(
            f"{name}: start {start / rate:g} s is not before end {end / rate:g} s: "
            "give an earlier start or a later end"
        )
    refuse_short((end - start) / rate, f"{name} has only", "of audio")
    return start, end


def _frame_at(which: str, seconds: float, name: str, rate: int, total: int) -> int:
    """The frame at a time that must lie in the file; 1 ms beyond its end is rounding, and is it."""
    duration = total / rate
    if not (math.isfinite(seconds) and 0 <= seconds <= duration + 0.001):
        raise AudioError(
            f"{name}: {which} {seconds:g} s is outside the file: give 0 to {duration:.3f} s"
        )
    return int(min(round(seconds * rate), total))


def refuse_short(seconds: float, subject: str, rest: str) -> None:
    """AudioError for a sound too short to have a pitch."""
    if seconds < SHORTEST_S:
        raise AudioError(
            f"{subject} {1000 * seconds:.3g} ms {rest}: "
            f"a sound of at least {1000 * SHORTEST_S:g} ms is needed"
        )


def _decode(sound: SoundFile, count: int) -> FloatArray:
    """Up to ``count`` frames (n, channels): fewer where a file is damaged or its header lies."""
    size = max(1, BLOCK_BYTES // (4 * sound.channels))
    blocks = [np.empty((0, sound.channels), np.float32)]
    while count > 0:
        try:
            block = sound.read(min(count, size), dtype="float32", always_2d=True)
        except SoundFileError:
            break
        if not len(block):
            break
        blocks.append(block)
        count -= len(block)
    return np.concatenate(blocks)


def _in_scale(part: Part, warnings: list[str]) -> Part:
    """The same part, finite, and within the range that float32 spectra can bear."""
    peak = float(max(part.frames.max(), -part.frames.min()))  # NaN if there is one
    if not math.isfinite(peak):
        first = int(np.argmin(np.isfinite(part.frames).all(axis=1)))
        raise AudioError(
            f"{part.name} has NaN or infinite samples, the first at "
            f"{part.start_s + first / part.sample_rate:.3f} s: export it again"
        )
    if peak <= OVERLOAD:
        return part
    warnings.append(f"samples of up to {peak:.3g} times full scale: the sound is scaled down")
    return replace(part, frames=part.frames / np.float32(peak))
