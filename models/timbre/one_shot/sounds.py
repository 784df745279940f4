"""Write hits as WAV files, and find the position that a name, a class or a sound file means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from datasets.atomic_write import replace_file
from datasets.errors import SpecError
from models.export.riff import pcm24_wav
from models.timbre.contract import LatentPosition
from models.timbre.corpus.note import is_sound_file
from models.timbre.hits import Hit
from models.timbre.one_shot.denoise import denoise
from models.timbre.one_shot.model import OneShotModel
from models.timbre.one_shot.sources.corpus import read_hit

PEAK = 0.99  # Of a written sound that would be louder.


def wav_bytes(hit: Hit) -> bytes:
    """Return a hit as a WAV file with 24-bit samples; a loud one is scaled down, never clipped."""
    peak = float(np.abs(hit.samples).max())
    samples = hit.samples * (PEAK / peak) if peak > PEAK else hit.samples
    return pcm24_wav(samples, hit.sample_rate)


def find_position(model: OneShotModel, text: str) -> LatentPosition:
    """Return the position of a class, of a training sound, or of a sound file.

    Args:
        model: The model.
        text: Name of a class or of a training sound, or the path of a file.

    Returns:
        The position.

    Raises:
        SpecError: Nothing has this name.
        AudioError: The file cannot be used.
    """
    path = Path(text)
    if text not in model.classes and is_sound_file(path) and path.is_file():
        hit = read_hit(path)
        return model.encode(hit.samples, hit.sample_rate)
    return model.position_of(text)


def write_hits(
    model: OneShotModel, positions: Sequence[LatentPosition], folder: Path, stem: str, seed: int = 0
) -> list[Path]:
    """Write the sounds of positions to a folder, numbered from 1.

    Args:
        model: The model.
        positions: The positions.
        folder: Folder to write.
        stem: Beginning of the names of the files.
        seed: Seed of the noise in the sounds.

    Returns:
        The files.

    Raises:
        StoreError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digits, paths = len(str(len(positions))), []
    for number, hit in enumerate(model.decode_many(positions, seed), 1):
        paths.append(folder / f"{stem}-{number:0{digits}d}.wav")
        replace_file(paths[-1], wav_bytes(hit))
    return paths


def write_morph(
    model: OneShotModel, start: str, end: str, count: int, folder: Path, seed: int = 0
) -> list[Path]:
    """Write sounds on the line between two positions, both ends included.

    Args:
        model: The model.
        start: Class, training sound or file at the start.
        end: The same for the end.
        count: Number of sounds, 2 or more.
        folder: Folder to write.
        seed: Seed of the noise in the sounds.

    Returns:
        The files.

    Raises:
        SpecError: Nothing has one of the names.
    """
    a, b = find_position(model, start), find_position(model, end)
    line = [model.morph(a, b, share) for share in np.linspace(0, 1, count).tolist()]
    return write_hits(model, line, folder, "morph", seed)


def write_denoised(model: OneShotModel, sound: Path, out: Path) -> float:
    """Write a recording without its noise, at the model's rate.

    Args:
        model: A model of such hits.
        sound: The recording of one hit.
        out: File to write.

    Returns:
        The power that was removed, in dB relative to the recording.

    Raises:
        AudioError: The recording cannot be used.
        StoreError: The file cannot be written.
        SpecError: ``out`` is the recording itself.
    """
    if out.resolve() == sound.resolve():
        raise SpecError(f"--out {out}: is the recording itself; choose another file")
    hit = read_hit(sound)
    cleaned = denoise(model, hit.samples, hit.sample_rate)
    before = float(np.square(hit.samples).mean())
    after = float(np.square(cleaned).mean())
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_file(out, wav_bytes(Hit(cleaned, model.sample_rate)))
    return float(10 * np.log10(max(1 - after / max(before, 1e-20), 1e-9)))
