"""Write a match to a folder: preset, audio, picture and ``match.json``."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.io import wavfile

from datasets.atomic_write import check_writable, replace_file
from datasets.errors import StoreError
from datasets.spec import SynthSpec
from models.matching.answers import MatchResult
from models.matching.options import METHODS
from models.matching.picture import picture
from models.resynthesis.exports import export_files
from renderer.engines.base import Audio


def prepare_folder(folder: Path) -> None:
    """Make the output folder, and check that files can be written there.

    Raises:
        StoreError: The folder cannot be made or written.
    """
    check_writable(folder / "match.json")


def write_match(result: MatchResult, folder: str | Path, spec: SynthSpec) -> dict[str, Path]:
    """Write the files of a match: the preset, ``match.wav``, ``match.png`` and ``match.json``.

    Args:
        result: The match.
        folder: Folder for the files; it is made if it is missing.
        spec: The spec of the model that matched.

    Returns:
        The path of each file, by its name.

    Raises:
        StoreError: A file cannot be written. The files of an earlier match then stay unchanged.
    """
    folder = Path(folder)
    prepare_folder(folder)
    contents = {
        "match.png": picture(result, spec),
        "match.json": json.dumps(result.to_dict(), indent=1).encode(),
    }
    for answer in result.answers:
        preset, audio = answer.file_names(answer is result.chosen)
        contents |= {preset: answer.preset, audio: wav_file(answer.audio, result.sample_rate)}
    with TemporaryDirectory(dir=folder, prefix=".match-") as staging:
        for name, content in contents.items():
            replace_file(Path(staging) / name, content)
        # All files are on the disk now, so a full disk cannot leave half an answer.
        for name in contents:
            (Path(staging) / name).replace(folder / name)
        for name in _stale(result, contents):
            (folder / name).unlink(missing_ok=True)
    return {name: folder / name for name in contents}


def write_exports(result: MatchResult, folder: Path) -> dict[str, Path]:
    """Write the wavetable of a resynthesis for Vital, Serum and Surge, and its envelopes as CSV.

    Returns:
        The path of each file, by its name.

    Raises:
        StoreError: The match has no resynthesis, or a file cannot be written.
        AudioError: The sound has no pitch, so its resynthesis has no wavetable.
    """
    drafts = [answer.draft for answer in result.answers if answer.draft is not None]
    if not drafts:
        raise StoreError("--exports: it needs a resynthesis. Use --method auto or resynthesis")
    contents = export_files(drafts[0], "wavetable")
    for name, content in contents.items():
        replace_file(folder / name, content)
    return {name: folder / name for name in contents}


def _stale(result: MatchResult, written: Mapping[str, bytes]) -> list[str]:
    """Return the names of files of other answers that an earlier match may have left."""
    suffix = result.preset_suffix
    names = [name for method in METHODS[1:] for name in (f"{method}{suffix}", f"{method}.wav")]
    return [name for name in names if name not in written]


def wav_file(audio: Audio, sample_rate: int) -> bytes:
    """Encode audio (channels, n) as a WAV file of 32-bit floats."""
    wav = io.BytesIO()
    # Not soundfile: libsndfile writes the time into float files, so equal audio gives other bytes.
    wavfile.write(wav, sample_rate, np.ascontiguousarray(audio.T))
    return wav.getvalue()
