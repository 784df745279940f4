"""The wavetable files: each format, read by its layout, gives the frames back."""

from __future__ import annotations

import base64
import csv
import io
import json
import struct

import numpy as np
import pytest
import soundfile

from datasets.errors import AudioError
from models.export.envelopes import envelope_text
from models.export.serum_wav import serum_wav
from models.export.surge_wt import surge_wt
from models.export.vital_table import vital_table

FRAMES = 0.5 * np.random.default_rng(0).standard_normal((5, 2048))
LOUDEST_AT_ONE = (FRAMES / np.abs(FRAMES).max()).astype(np.float32)


def chunks(content: bytes) -> dict[str, bytes]:
    """Read the chunks of a RIFF file."""
    assert content[:4] == b"RIFF" and content[8:12] == b"WAVE"
    assert struct.unpack("<I", content[4:8])[0] == len(content) - 8
    found, at = {}, 12
    while at < len(content):
        name, size = struct.unpack("<4sI", content[at : at + 8])
        found[name.decode()] = content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def test_vital_table_holds_the_frames_at_increasing_positions() -> None:
    table = json.loads(vital_table("Mine", FRAMES))
    assert table["name"] == "Mine" and table["full_normalize"] is False
    (component,) = table["groups"][0]["components"]
    assert component["type"] == "Wave Source"
    positions = [frame["position"] for frame in component["keyframes"]]
    assert positions == [0, 64, 128, 192, 256]
    for frame, expected in zip(component["keyframes"], LOUDEST_AT_ONE, strict=True):
        wave = np.frombuffer(base64.b64decode(frame["wave_data"]), "<f4")
        assert np.array_equal(wave, expected)


@pytest.mark.parametrize("name", ["odd", "even"])
def test_serum_wav_is_a_float_wav_with_its_marker(name: str) -> None:
    content = serum_wav(name, FRAMES)
    found = chunks(content)
    assert list(found) == ["fmt ", "fact", "clm ", "data"]
    assert found["clm "].decode() == f"<!>2048 10000000 wavetable ({name})"
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    assert rate == 44100
    assert np.array_equal(samples.reshape(-1, 2048), LOUDEST_AT_ONE)


def test_surge_wt_has_its_header_and_samples() -> None:
    content = surge_wt(FRAMES[:, :1024])
    tag, size, count, flags = struct.unpack("<4sIHH", content[:12])
    assert (tag, size, count, flags) == (b"vawt", 1024, 5, 0)
    frames = np.frombuffer(content[12:], "<f4").reshape(count, size)
    assert np.allclose(frames * np.abs(FRAMES[:, :1024]).max(), FRAMES[:, :1024], atol=1e-6)


def test_frames_that_a_format_cannot_hold_are_refused() -> None:
    with pytest.raises(AudioError, match="1000 samples"):
        surge_wt(np.ones((2, 1000)))
    with pytest.raises(AudioError, match="1024 samples: Serum"):
        serum_wav("x", np.ones((2, 1024)))
    with pytest.raises(AudioError, match="1024 samples: Vital"):
        vital_table("x", np.ones((2, 1024)))
    with pytest.raises(AudioError, match="at most 256"):
        serum_wav("x", np.ones((257, 2048)))
    with pytest.raises(AudioError, match="silent"):
        surge_wt(np.zeros((1, 2048)))
    with pytest.raises(AudioError, match="NaN"):
        vital_table("x", np.full((1, 2048), np.nan))
    with pytest.raises(AudioError, match="shape"):
        surge_wt(np.ones(2048))


def test_envelopes_are_csv_with_units() -> None:
    columns = {"time_s": np.array([0.0, 0.01]), "amplitude_db": np.array([-6.0, 0.0])}
    text = envelope_text({"note": "60"}, columns)
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert comments[0] == "# note: 60"
    assert any("amplitude_db: dB" in line for line in comments)
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert [float(row["amplitude_db"]) for row in rows] == [-6.0, 0.0]


def test_envelopes_of_unknown_names_or_lengths_are_refused() -> None:
    with pytest.raises(AudioError, match="unknown envelope 'loudness'"):
        envelope_text({}, {"loudness": np.zeros(2)})
    with pytest.raises(AudioError, match="lengths"):
        envelope_text({}, {"time_s": np.zeros(2), "noise_db": np.zeros(3)})
