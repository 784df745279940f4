"""Read sounds that libsndfile cannot read: from phones, browsers and streams, through FFmpeg.

M4A, MP4, AAC, WebM, GSM and ADPCM in WAV, and files without a length in their header. The content
of a file decides, not its name.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.error import FFmpegError

from datasets.errors import AudioError
from datasets.spec import FloatArray

# Demuxers of single files. FFmpeg also knows playlists, which open other files and addresses.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,wav,w64,flac,mp3,aac,aiff,caf,au,amr,asf,wv,ape,tta"
)
COUNTED_S = 600.0  # a file without a length in its header is counted up to here
DAMAGE = (FFmpegError, OSError, ValueError, EOFError, OverflowError)


class FfmpegSound:
    """Read the first audio stream of a file, with the methods of soundfile's ``SoundFile``.

    Attributes:
        samplerate: Hz.
        channels: Number of channels.
        frames: Length by the header; where it has none, counted up to 600 s.
    """

    def __init__(self, path: Path) -> None:
        """Open a file and decode its first block.

        Args:
            path: A regular file.

        Raises:
            AudioError: FFmpeg finds no audio in the file.
        """
        self._path = path
        self._blocks = _Blocks(path)
        self._waiting = next(self._blocks, None)
        if self._waiting is None:
            raise AudioError(f"{path.name!r} has no audio that can be decoded")
        self.samplerate, self.channels = self._blocks.rate, self._waiting.shape[1]
        self.frames = self._blocks.header_frames or self._counted()

    def seek(self, frame: int) -> None:
        """Decode and drop the samples before a position, from the start of the file.

        Args:
            frame: The next sample to read.
        """
        while frame > 0 and (dropped := len(self.read(min(frame, self.samplerate)))):
            frame -= dropped

    def read(self, frames: int) -> FloatArray:
        """Return the next samples, shape (n, channels); n is smaller at the end or at damage."""
        parts, missing = [np.empty((0, self.channels), np.float32)], frames
        while missing > 0 and self._waiting is not None:
            taken, left = self._waiting[:missing], self._waiting[missing:]
            parts.append(taken)
            missing -= len(taken)
            self._waiting = left if len(left) else next(self._blocks, None)
        return np.concatenate(parts)

    def _counted(self) -> int:
        """Decode another copy of the file and count its samples."""
        count, most = 0, int(COUNTED_S * self.samplerate)
        blocks = _Blocks(self._path)
        for block in blocks:
            count += len(block)
            if count >= most:
                break
        blocks.close()
        return count

    def close(self) -> None:
        """Close the file."""
        self._blocks.close()

    def __enter__(self) -> Self:
        """Return the sound itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()


class _Blocks(Iterator[FloatArray]):
    """Decode a file block by block, (n, channels), up to its end or its first damage."""

    def __init__(self, path: Path) -> None:
        self.rate = self.header_frames = 0
        self._blocks = self._decode(path)

    def __next__(self) -> FloatArray:
        return next(self._blocks)

    def close(self) -> None:
        """Close the file."""
        self._blocks.close()

    def _decode(self, path: Path) -> Generator[FloatArray, None, None]:
        options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
        try:
            with path.open("rb") as file, av.open(file, mode="r", options=options) as container:
                if container.streams.audio:
                    stream = container.streams.audio[0]
                    duration = stream.duration or 0
                    yield from self._converted(container.decode(stream), stream, duration)
        except DAMAGE:
            return  # `read` returns fewer samples than the header promised

    def _converted(self, frames: Iterator[Any], stream: Any, duration: int) -> Iterator[FloatArray]:  # noqa: ANN401
        """Yield decoded frames as float32, at the rate and channels of the first one."""
        resampler = None
        for frame in frames:
            if resampler is None:
                self.rate = frame.sample_rate
                self.header_frames = int(duration * (stream.time_base or 0) * self.rate)
                resampler = AudioResampler("fltp", frame.layout, frame.sample_rate)
            for plain in resampler.resample(frame):
                yield np.ascontiguousarray(plain.to_ndarray().T)
