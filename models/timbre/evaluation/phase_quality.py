"""Measure the phase methods: spectral convergence, J to the recording, and speed.

``python -m models.timbre.evaluation.phase_quality MODEL [SOUNDS]`` measures a spectral model on the
unseen presets or clips of its corpus (default: notes of Faust's violin), without a training.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from datasets.errors import SpecError
from models.audio.distance import TargetDistance
from models.audio.spectra.chroma import note_classes, one_hot
from models.audio.spectra.noise_phase import with_noise_phase
from models.audio.spectra.peak_phase import with_peak_phase
from models.audio.spectra.pghi import with_integrated_phase
from models.audio.spectra.stft import (
    HOP,
    RATE,
    WINDOW,
    Complex64,
    Float32,
    Float64,
    at_rate,
    magnitudes,
    overlap_add,
)
from models.timbre.corpus.faust_violin import FaustViolin
from models.timbre.corpus.note import RATE as CORPUS_RATE
from models.timbre.corpus.note import Corpus, ListCorpus, Note, Report
from models.timbre.corpus.open_corpus import open_corpus
from models.timbre.evaluation.experiments import Row
from models.timbre.evaluation.spectral_tables import TablePlan, train_table
from models.timbre.model_folder import load_timbre
from models.timbre.spectral.frames import (
    TEST,
    SpectralFrames,
    gather_frames,
    normalised,
)
from models.timbre.spectral.model import SpectralModel
from models.timbre.spectral.network import SIZES, SpectralNetwork, SpectralNetworkConfig

METHODS: dict[str, Callable[[Float32], Complex64]] = {
    "stored noise (paper)": with_noise_phase,
    "peak-locked (default)": with_peak_phase,
    "PGHI": with_integrated_phase,
}
SOUND_S = 10.0  # Length of the sound that is measured, of unseen notes.


def phase_rows(notes: Sequence[Note], plan: TablePlan) -> list[Row]:
    """Return quality and speed of each method, on unseen notes of a corpus.

    Args:
        notes: The notes of the corpus.
        plan: Training of the network, seed 0: 8 sigmoid neurons with the skip.

    Returns:
        Rows with the recording's own magnitudes, and with those of the network.
    """
    data = gather_frames(ListCorpus(tuple(notes)), Report())
    sizes = SpectralNetworkConfig(hidden=SIZES[plan.size], latent=8)
    trained = train_table(data, plan, 0, sizes)
    return method_rows(trained.network, _unseen(notes, data))


def method_rows(network: SpectralNetwork, sound: Float64) -> list[Row]:
    """Return quality and speed of each method on a sound.

    Args:
        network: The network that encodes and decodes the sound.
        sound: Mono audio at 44.1 kHz, (n,).

    Returns:
        Rows with the sound's own magnitudes, and with those of the network.
    """
    own = magnitudes(sound)
    rows = list[Row]()
    for source, frames in (("recording", own), ("network", rebuilt(network, own))):
        for name, method in METHODS.items():
            rows += _measured(sound, own, frames, method, f"{name}, {source}")
    return rows


def _unseen(notes: Sequence[Note], data: SpectralFrames) -> Float64:
    """Return notes of the test split, one after another, at 44.1 kHz."""
    unseen = {data.names[n] for n in np.unique(data.note[data.split(0) == TEST])}
    joined = np.concatenate([note.samples for note in notes if note.name in unseen])
    return at_rate(joined[: round(SOUND_S * CORPUS_RATE)], CORPUS_RATE)


@torch.no_grad()
def rebuilt(network: SpectralNetwork, frames: Float32) -> Float32:
    """Return frames (N, BINS) that a network has encoded and decoded, at their own maxima."""
    shapes = normalised(frames)
    chroma = torch.from_numpy(one_hot(note_classes(shapes)))
    made = network.decode(network.encode(torch.from_numpy(shapes), chroma), chroma).numpy()
    return np.asarray(made * frames.max(axis=1, keepdims=True), np.float32)


def _measured(
    sound: Float64,
    own: Float32,
    frames: Float32,
    method: Callable[[Float32], Complex64],
    name: str,
) -> list[Row]:
    """Return the rows of one method on one sequence of frames."""
    method(frames[:8])  # Load compiled code first.
    started = time.process_time()
    made = overlap_add(method(frames))
    cpu_s = time.process_time() - started
    again = magnitudes(made)[: len(frames)]
    count = min(len(sound), len(made))
    inside = slice(WINDOW, count - WINDOW)
    distance = TargetDistance(sound[inside], RATE).distance(made[inside])
    return [
        Row("phase convergence", name, "", 0, convergence_db(again, frames)),
        Row("phase J", name, "", 0, distance.j),
        Row("phase x real time", name, "", 0, len(frames) * HOP / RATE / max(cpu_s, 1e-6)),
    ]


def convergence_db(found: Float32, wanted: Float32) -> float:
    """Return the spectral convergence of magnitudes (N, BINS) in dB; lower is better."""
    error = float(np.linalg.norm(found - wanted)) / max(float(np.linalg.norm(wanted)), 1e-12)
    return float(20 * np.log10(max(error, 1e-9)))


def main(model: str, sounds: Sequence[str]) -> None:
    """Print the rows of a model as JSON, one a line.

    Raises:
        SpecError: The model is of another kind.
    """
    loaded = load_timbre(model)
    if not isinstance(loaded, SpectralModel):
        raise SpecError(f"{model} is a {loaded.kind} model: give a spectral model")
    corpus: Corpus = open_corpus(Path(sounds[0]), clips=True) if sounds else FaustViolin()
    notes = list(corpus.notes(Report()))
    data = gather_frames(ListCorpus(tuple(notes)), Report())
    for row in method_rows(loaded.network, _unseen(notes, data)):
        print(json.dumps(asdict(row)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
