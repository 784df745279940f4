"""Decode one part of a sound file, of any format, with bounded memory.

`read_part` checks the header before it decodes a sample. It also limits the number of decoded
samples, because a header can be wrong.
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
from models.audio.ffmpeg_sound import FfmpegSound

SEARCHED_S = 60.0  # Only this first part of a long file is searched for an onset.
MOST_BYTES = 1 << 27  # Decoded float32 samples; 60 s of stereo at 192 kHz is 92 MB.
BLOCK_BYTES = 1 << 17  # Decoded at once. It limits the memory that a wrong header can cost.
SHORTEST_S = 0.05  # Two periods of a pitch of 40 Hz.
LOWEST_RATE, HIGHEST_RATE = 4000, 768000  # Hz. Telephony has 8000, the fastest converters 768000.
UNKNOWN_FRAMES = 1 << 40  # libsndfile's length of a stream without one is 2**63 - 1.
OVERLOAD = 16.0  # Larger float samples were never scaled to -1..1.


@dataclass(frozen=True)
class Part:
    """Hold the decoded part of a file."""

    name: str  # Quoted, for messages.
    frames: FloatArray  # (n, channels)
    sample_rate: int
    start_s: float  # Time of the first frame in the file.
    length_s: float  # Length of the requested part, which can exceed the decoded part.


def read_part(path: Path, start_s: float | None, end_s: float | None, warnings: list[str]) -> Part:
    """Decode the part between two times, or the searched part of it, and check its samples.

    Args:
        path: The sound file.
        start_s: Start of the part in seconds, None for the start of the file.
        end_s: End of the part in seconds, None for the end of the file.
        warnings: List to which the function appends what the user should know.

    Returns:
        The part, at most 60 s long, with finite samples.

    Raises:
        AudioError: The file cannot be used, or the times are outside it.
    """
    name = _checked_file(path)
    try:
        with _opened(path) as sound:
            start, end = _checked_range(sound, name, start_s, end_s)
            rate = sound.samplerate
            most = min(int(SEARCHED_S * rate), MOST_BYTES // (4 * sound.channels))
            wanted = min(end - start, most)
            sound.seek(start)
            frames = _decode(sound, wanted)
    except SoundFileError as error:
        raise AudioError(f"{name} cannot be decoded: copy or export it again") from error
    if len(frames) < min(wanted, SHORTEST_S * rate):
        raise AudioError(f"{name} is damaged and ends too early: copy or export it again")
    length = end - start
    if wanted - len(frames) > SHORTEST_S * rate:
        length = len(frames)
        warnings.append(f"the file is damaged and ends at {(start + length) / rate:.2f} s")
    elif length > wanted:
        warnings.append(f"only the first {wanted / rate:.3g} s were searched for the onset")
    return _in_scale(Part(name, frames, rate, start / rate, length / rate), warnings)


def _opened(path: Path) -> SoundFile | FfmpegSound:
    """Open a file with libsndfile, or with FFmpeg if libsndfile cannot read all of it.

    Raises:
        AudioError: Neither can read the file.
    """
    sound = None
    try:
        # The name is given as bytes, because soundfile cannot encode a POSIX name that is not
        # UTF-8. An open file would not work: a damaged header makes libsndfile seek before its
        # start, and soundfile then prints a traceback.
        sound = SoundFile(os.fsencode(path) if os.name == "posix" else str(path))
        if 0 < sound.frames < UNKNOWN_FRAMES and sound.seekable():
            return sound
    except (SoundFileError, TypeError):  # TypeError: .raw has no header.
        pass
    try:
        other = FfmpegSound(path)
    except AudioError:
        if sound is not None:  # The caller reports an empty file.
            return sound
        raise AudioError(
            f"{path.name!r} has an unknown or damaged format: convert it to wav, flac, mp3 or m4a"
        ) from None
    if sound is not None:
        sound.close()
    return other


def _checked_file(path: Path) -> str:
    """Return the quoted name of a file that can be opened without blocking.

    Raises:
        AudioError: The path is missing, not a regular file, unreadable or empty.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise AudioError(f"{str(path)!r} is a folder: give the path of one sound file")
        if not stat.S_ISREG(status.st_mode):
            raise AudioError(f"{str(path)!r} is not a regular file: give the path of a sound file")
        path.open("rb").close()  # libsndfile would not give the reason.
    except FileNotFoundError:
        raise AudioError(f"{str(path)!r} does not exist: check the path") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name.
        reason = getattr(error, "strerror", None) or error
        raise AudioError(f"{str(path)!r} cannot be read: {reason}") from error
    if status.st_size == 0:
        raise AudioError(f"{path.name!r} is empty (0 bytes): record or export it again")
    return repr(path.name)


def _checked_range(
    sound: SoundFile | FfmpegSound, name: str, start_s: float | None, end_s: float | None
) -> tuple[int, int]:
    """Return the first frame of the requested part and the frame after its last one."""
    rate, total = sound.samplerate, sound.frames
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise AudioError(
            f"{name}: the header gives an impossible sample rate of {rate} Hz: "
            f"export the file again at {LOWEST_RATE} to {HIGHEST_RATE} Hz"
        )
    if total <= 0:
        raise AudioError(f"{name} contains no audio (0 frames): record or export it again")
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
    """Return the frame at a time inside the file.

    A time up to 1 ms after the end is a rounding error and means the end.
    """
    duration = total / rate
    if not (math.isfinite(seconds) and 0 <= seconds <= duration + 0.001):
        raise AudioError(
            f"{name}: {which} {seconds:g} s is outside the file: give 0 to {duration:.3f} s"
        )
    return int(min(round(seconds * rate), total))


def refuse_short(seconds: float, subject: str, rest: str) -> None:
    """Raise an error for a sound that is too short to have a pitch.

    Args:
        seconds: Length of the sound.
        subject: Start of the message, before the length.
        rest: Text after the length.

    Raises:
        AudioError: The sound is shorter than 50 ms.
    """
    if seconds < SHORTEST_S:
        raise AudioError(
            f"{subject} {1000 * seconds:.3g} ms {rest}: "
            f"give a sound of at least {1000 * SHORTEST_S:g} ms"
        )


def _decode(sound: SoundFile | FfmpegSound, count: int) -> FloatArray:
    """Decode up to ``count`` frames (n, channels).

    The result has fewer frames if the file is damaged or its header is wrong.
    """
    size = max(1, BLOCK_BYTES // (4 * sound.channels))
    blocks = [np.empty((0, sound.channels), np.float32)]
    while count > 0:
        try:
            block = _read(sound, min(count, size))
        except SoundFileError:
            break
        if not len(block):
            break
        blocks.append(block)
        count -= len(block)
    return np.concatenate(blocks)


def _read(sound: SoundFile | FfmpegSound, count: int) -> FloatArray:
    """Return the next samples as float32, shape (n, channels)."""
    if isinstance(sound, FfmpegSound):
        return sound.read(count)
    block: FloatArray = sound.read(count, dtype="float32", always_2d=True)
    return block


def _in_scale(part: Part, warnings: list[str]) -> Part:
    """Return the same part with finite samples in a range that suits float32 spectra."""
    peak = float(max(part.frames.max(), -part.frames.min()))  # NaN if any sample is NaN.
    if not math.isfinite(peak):
        first = int(np.argmin(np.isfinite(part.frames).all(axis=1)))
        raise AudioError(
            f"{part.name} has NaN or infinite samples, the first at "
            f"{part.start_s + first / part.sample_rate:.3f} s: export it again"
        )
    if peak <= OVERLOAD:
        return part
    warnings.append(f"samples reach {peak:.3g} times full scale: the sound was scaled down")
    return replace(part, frames=part.frames / np.float32(peak))
