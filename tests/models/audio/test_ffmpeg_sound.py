"""Sounds of phones, browsers and streams are read by their content, within the same bounds."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from datasets.errors import AudioError
from datasets.spec import FloatArray
from models.audio.decode import read_part
from models.audio.ffmpeg_sound import FfmpegSound

RATE = 44100
CONTAINERS = (
    ("m4a", "aac"), ("mp4", "aac"), ("aac", "aac"), ("3gp", "aac"), ("webm", "libopus"),
    ("ogg", "libopus"), ("mka", "ac3"),
)  # fmt: skip


def tone(seconds: float = 2.0) -> FloatArray:
    time = np.arange(round(seconds * RATE)) / RATE
    wave: FloatArray = (0.5 * np.sin(2 * np.pi * 220 * time)).astype(np.float32)
    return wave


def write(path: Path, codec: str, audio: FloatArray, container: str | None = None) -> Path:
    """Encode mono audio with FFmpeg."""
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=48000 if codec == "libopus" else RATE)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(audio[None], format="fltp", layout="mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    return path


@pytest.mark.parametrize(("suffix", "codec"), CONTAINERS)
def test_a_container_of_a_phone_or_a_browser_is_read(
    tmp_path: Path, suffix: str, codec: str
) -> None:
    warnings: list[str] = []
    part = read_part(write(tmp_path / f"sketch.{suffix}", codec, tone()), None, None, warnings)
    assert part.length_s == pytest.approx(2.0, abs=0.06) and warnings == []
    middle = part.frames[part.sample_rate // 2 : part.sample_rate, 0]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * part.sample_rate / len(middle) == pytest.approx(220, abs=2)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.354, rel=0.05)


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    path = write(tmp_path / "recorded.wav", "libopus", tone(), "webm")
    assert read_part(path, None, None, []).length_s == pytest.approx(2.0, abs=0.05)


def test_a_part_of_a_container_is_what_the_whole_has_there(tmp_path: Path) -> None:
    path = write(tmp_path / "sketch.m4a", "aac", tone())
    whole, part = read_part(path, None, None, []), read_part(path, 0.5, 1.0, [])
    start = round(0.5 * RATE)
    assert np.array_equal(part.frames, whole.frames[start : start + len(part.frames)])
    assert part.start_s == 0.5 and part.length_s == 0.5


def test_a_start_behind_the_end_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "sketch.webm", "libopus", tone())
    with pytest.raises(AudioError, match="outside the file"):
        read_part(path, 5.0, None, [])


def streamed_wav(path: Path, audio: FloatArray) -> Path:
    """Write a WAV as a program does that cannot seek: both lengths in the header are 0."""
    data = (audio * 32767).astype("<i2").tobytes()
    form = b"fmt " + (16).to_bytes(4, "little") + bytes.fromhex("0100010044ac00008858010002001000")
    path.write_bytes(b"RIFF" + bytes(4) + b"WAVE" + form + b"data" + bytes(4) + data)
    return path


def test_a_wav_whose_header_says_no_length_is_read_whole(tmp_path: Path) -> None:
    part = read_part(streamed_wav(tmp_path / "stream.wav", tone()), None, None, [])
    assert part.frames.shape == (2 * RATE, 1)
    assert np.allclose(part.frames[:, 0], tone(), atol=1e-4)


def test_gsm_is_read_to_its_end(tmp_path: Path) -> None:
    path, audio = tmp_path / "phone.wav", tone(1.5)[::5]
    soundfile.write(path, audio, 8000, subtype="GSM610")
    part = read_part(path, None, None, [])
    assert part.sample_rate == 8000 and len(part.frames) >= len(audio)


@pytest.mark.parametrize(
    "playlist", ["#EXTM3U\n#EXTINF:10,\n{}\n", "ffconcat version 1.0\nfile {}\n"]
)
def test_a_playlist_opens_no_other_file(tmp_path: Path, playlist: str) -> None:
    other = write(tmp_path / "other.m4a", "aac", tone())
    path = tmp_path / "list.m4a"
    path.write_text(playlist.format(other))
    with pytest.raises(AudioError, match="unknown or damaged format"):
        read_part(path, None, None, [])


def test_a_video_is_read_by_its_sound_and_refused_without(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    with pytest.raises(AudioError, match="unknown or damaged format"):
        read_part(path, None, None, [])


@pytest.mark.parametrize(("suffix", "codec"), [("m4a", "aac"), ("webm", "libopus")])
def test_damaged_files_end_in_samples_or_one_error(tmp_path: Path, suffix: str, codec: str) -> None:
    whole = write(tmp_path / f"whole.{suffix}", codec, tone(1.0)).read_bytes()
    random = np.random.default_rng(7)
    read = 0
    for number in range(50):
        length = random.integers(1, len(whole)) if number % 2 else len(whole)
        mutated = bytearray(whole[:length])
        for place in random.integers(0, len(mutated), 8):
            mutated[place] = random.integers(256)
        path = tmp_path / f"{number}.{suffix}"
        path.write_bytes(bytes(mutated))
        try:
            part = read_part(path, None, None, [])
        except AudioError as error:
            assert str(tmp_path) not in str(error)
        else:
            read += bool(np.isfinite(part.frames).all())
    assert read > 0


def test_a_long_file_is_decoded_only_as_far_as_it_is_searched(tmp_path: Path) -> None:
    path = write(tmp_path / "long.m4a", "aac", tone(90.0))
    warnings: list[str] = []
    part = read_part(path, None, None, warnings)
    assert len(part.frames) == 60 * RATE and part.length_s == pytest.approx(90, abs=0.1)
    assert any("first 60 s" in warning for warning in warnings)


def test_reading_ends_at_the_end(tmp_path: Path) -> None:
    with FfmpegSound(write(tmp_path / "sketch.m4a", "aac", tone(0.5))) as sound:
        assert len(sound.read(10 * RATE)) >= sound.frames
        assert sound.read(100).shape == (0, 1)
