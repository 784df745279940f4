"""Write a match to a folder: preset, audio, picture and ``match.json``."""

from __future__ import annotations

import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.io import wavfile

from datasets.atomic_write import replace_file
from datasets.errors import StoreError
from datasets.spec import SynthSpec
from models.audio.features import FeatureSettings, Float32, log_mel
from models.matching.matcher import MatchResult

SHOWN = 12  # parameters in the picture: those that differ most from the middle of their range


def prepare_folder(folder: Path) -> None:
    """Make the output folder before any work is spent; StoreError when it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the folder {folder}: {error.strerror}") from error
    replace_file(folder / ".writable", b"")
    (folder / ".writable").unlink()


def write_match(result: MatchResult, folder: str | Path, spec: SynthSpec) -> dict[str, Path]:
    """Write the files of a match: the preset, ``match.wav``, ``match.png`` and ``match.json``.

    Args:
        result: The match.
        folder: Where the files go; it is made if it is missing.
        spec: The spec of the model that matched.

    Returns:
        The path of each file, by its name.

    Raises:
        StoreError: A file cannot be written; the files of an earlier match stay as they are.
    """
    folder = Path(folder)
    prepare_folder(folder)
    wav = io.BytesIO()
    # Not soundfile: libsndfile stamps float files with the time, so that equal audio would differ.
    wavfile.write(wav, result.sample_rate, np.ascontiguousarray(result.audio.T))
    contents = {
        f"preset{result.preset_suffix}": result.preset,
        "match.wav": wav.getvalue(),
        "match.png": picture(result, spec),
        "match.json": json.dumps(result.to_dict(), indent=1).encode(),
    }
    with TemporaryDirectory(dir=folder, prefix=".match-") as staging:
        for name, content in contents.items():
            replace_file(Path(staging) / name, content)
        for name in contents:  # all are on the disk: a full one can no longer split an answer
            (Path(staging) / name).replace(folder / name)
    return {name: folder / name for name in contents}


def picture(result: MatchResult, spec: SynthSpec) -> bytes:
    """PNG: log-mels of target and match, their envelopes, the parameters that stand out."""
    from matplotlib.figure import Figure

    rate, length = result.sample_rate, spec.note.length_s
    settings = FeatureSettings(sample_rate=rate, duration_s=length)
    figure = Figure(figsize=(12, 7), layout="constrained")
    grid = figure.subplots(2, 2)
    audios = {"target": result.target.audio, "match": result.audio}
    for axis, (name, audio) in zip(grid[0], audios.items(), strict=True):
        axis.imshow(
            log_mel(audio, settings),
            origin="lower",
            aspect="auto",
            extent=(0, length, 0, settings.bands),
            vmin=settings.floor_db,
            vmax=0,
            cmap="magma",
        )
        axis.set(title=name, xlabel="seconds", ylabel="mel band (30 Hz to 11 kHz)")
    for name, audio in audios.items():
        level = envelope_db(audio, rate)
        grid[1, 0].plot(np.linspace(0, length, len(level)), level, label=name)
    grid[1, 0].set(title="envelope", xlabel="seconds", ylabel="dB below the peak", ylim=(-60, 3))
    grid[1, 0].legend()
    parameters = result.to_dict()["parameters"]
    names = sorted(parameters, key=lambda n: abs(parameters[n]["unit"] - 0.5))[-SHOWN:]
    labels = [f"{n.replace('_', ' ')}  {parameters[n]['text']}" for n in names]
    grid[1, 1].barh(labels, [parameters[n]["unit"] for n in names])
    distance = result.to_dict()["distance"]
    grid[1, 1].set(title=f"{spec.name}, distance {distance:.1f} dB", xlim=(0, 1))
    png = io.BytesIO()
    figure.savefig(png, dpi=100, format="png")
    return png.getvalue()


def envelope_db(audio: Float32, sample_rate: int) -> Float32:
    """RMS in 10 ms frames, dB relative to the loudest, floor -80."""
    mono = audio if audio.ndim == 1 else audio.mean(0)
    frame = sample_rate // 100
    level = np.sqrt(np.square(mono[: len(mono) // frame * frame].reshape(-1, frame)).mean(1))
    return np.asarray(20 * np.log10(np.maximum(level / max(level.max(), 1e-9), 1e-4)), np.float32)
