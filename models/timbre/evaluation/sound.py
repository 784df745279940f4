"""Resynthesise notes that a model has not seen, and measure the distance to the recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import scipy.signal

from models.timbre.additive import synthesise, without_noise
from models.timbre.corpus.note import RATE, Note
from models.timbre.evaluation.experiments import Row
from models.timbre.harmonic.analysis import HOP_S, NoteFrames, note_samples
from models.timbre.harmonic.cepstrum import grid_basis
from models.timbre.harmonic.fit import HarmonicSettings, build_model
from models.timbre.harmonic.model import HarmonicModel, positions_of
from models.timbre.harmonic.training import TrainingConfig, train_network
from models.timbre.harmonic.training_frames import gather, midi_of
from models.timbre.tone import FLOOR_DB, NOISE_BANDS, ControlFrames, sample_envelope

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

TEST_EVERY = 8  # One note of this many is not learned.
WINDOW, HOP = 2048, 512
RANGE_DB = 70.0  # Quieter bins count as this quiet, relative to the loudest.


def log_spectral_distance(a: Float64, b: Float64) -> float:
    """Return the RMS difference of two sounds' spectra in dB, as a mean over frames.

    Args:
        a: The reference at 48 kHz, (n,).
        b: The other sound, (m,). The longer one is cut.

    Returns:
        The distance in dB. Bins 70 dB below the reference's loudest count as equally quiet.
    """
    count = min(len(a), len(b))
    spectra = [
        20
        * np.log10(
            np.abs(scipy.signal.stft(x[:count], RATE, "hann", WINDOW, WINDOW - HOP)[2]) + 1e-9
        )
        for x in (a, b)
    ]
    floor = spectra[0].max() - RANGE_DB
    difference = np.maximum(spectra[0], floor) - np.maximum(spectra[1], floor)
    loud = spectra[0].max(axis=0) > floor
    return float(np.sqrt((difference[:, loud] ** 2).mean(axis=0)).mean())


def resynthesised(model: HarmonicModel, note: NoteFrames, positions: Float32) -> ControlFrames:
    """Return the control frames of a note's own pitch and level, at positions of the model.

    Args:
        model: The model.
        note: The analysed note.
        positions: Position of each frame, (frames, D).

    Returns:
        The frames at the level of the recording.
    """
    frames = model.frames_at(positions, midi_of(note.f0_hz), note.level_db)
    shape = (frames[:, :-NOISE_BANDS] @ grid_basis(model.envelope).T).astype(np.float32)
    amplitudes = sample_envelope(shape, note.f0_hz.astype(np.float64)).astype(np.float64)
    power = (amplitudes**2).sum(axis=1) / 2
    gain = 10 ** (note.level_db / 20) / np.sqrt(power + 1e-20)
    quiet = (note.level_db < FLOOR_DB)[:, None]
    return ControlFrames(
        HOP_S,
        note.f0_hz,
        np.where(quiet, 0.0, amplitudes * gain[:, None]).astype(np.float32),
        (frames[:, -NOISE_BANDS:] + note.level_db[:, None]).astype(np.float32),
    )


def sound_distances(
    pairs: Sequence[tuple[Note, NoteFrames]], settings: HarmonicSettings, seeds: int
) -> Iterator[Row]:
    """Yield distances of unseen notes: with and without noise, with and without loudness.

    Args:
        pairs: Notes and their analyses.
        settings: Settings of the fit.
        seeds: Number of trainings.

    Yields:
        Distances in dB: to the recording from its own positions, and the envelope's error at the
        position 0.
    """
    known = [frames for n, (_, frames) in enumerate(pairs) if n % TEST_EVERY]
    unseen = [pair for n, pair in enumerate(pairs) if not n % TEST_EVERY]
    for seed in range(seeds):
        training = replace(settings.training, seed=seed)
        for loudness in (True, False):
            fitted = replace(settings, training=training, loudness=loudness)
            model = _fitted(known, fitted)
            errors = [_generated_error(model, frames) for _, frames in unseen]
            name = "pitch and loudness" if loudness else "pitch only"
            yield Row("loudness", name, "", seed, float(np.mean(errors)))
            if loudness:
                yield from _residual(model, unseen, seed)


def _fitted(notes: Sequence[NoteFrames], settings: HarmonicSettings) -> HarmonicModel:
    """Return a model of notes, without files."""
    data = gather(notes)
    config: TrainingConfig = settings.training
    network, _ = train_network(data, settings.network(), config)
    return build_model("evaluated", network, data, notes, settings, {})


def _generated_error(model: HarmonicModel, note: NoteFrames) -> float:
    """Return the RMS error of the envelope at position 0 over the usable frames, in dB."""
    zeros = np.zeros((len(note.f0_hz), len(model.axes)), np.float32)
    made = model.frames_at(zeros, midi_of(note.f0_hz), note.level_db)[:, :-NOISE_BANDS]
    squared = ((made - note.cepstra) ** 2).sum(axis=1)[note.usable]
    return float(np.sqrt(squared.mean()))


def _residual(
    model: HarmonicModel, unseen: Sequence[tuple[Note, NoteFrames]], seed: int
) -> Iterator[Row]:
    """Yield the distances of resynthesised notes to their recordings."""
    found: dict[str, list[float]] = {"harmonics only": [], "harmonics and noise": []}
    for note, frames in unseen:
        positions = positions_of(model.network, model.scaling, model.latent, frames)
        control = resynthesised(model, frames, positions)
        recording = note_samples(note)
        for name, one in (
            ("harmonics only", without_noise(control)),
            ("harmonics and noise", control),
        ):
            sound = synthesise(one, RATE).astype(np.float64)
            found[name].append(log_spectral_distance(recording, sound))
    for name, distances in found.items():
        yield Row("residual", name, "", seed, float(np.mean(distances)))
