"""Fit a harmonic model to the notes of a corpus: analyse, train, calibrate."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.errors import AudioError
from models.timbre.corpus.note import Corpus, Report
from models.timbre.harmonic.analysis import NoteFrames, analyse_note
from models.timbre.harmonic.cepstrum import EnvelopeSettings
from models.timbre.harmonic.files import save_model
from models.timbre.harmonic.latent_axes import LatentAxes, find_axes
from models.timbre.harmonic.model import HarmonicModel, KnownNotes, positions_of
from models.timbre.harmonic.network import EnvelopeNetwork, EnvelopeNetworkConfig
from models.timbre.harmonic.note_cache import NoteCache
from models.timbre.harmonic.shape_over_time import learn_time_shapes, reference_db
from models.timbre.harmonic.training import TrainingConfig, held_out, train_network
from models.timbre.harmonic.training_frames import TrainingFrames, gather
from models.timbre.tone import NOISE_BANDS

WRONG_SEMITONES = 0.7  # A name that is further from the measured pitch is reported.
LEAST_RANGE_DB = 24.0  # Range of the dynamics of an instrument that was recorded at one loudness.
LOUDEST_DB = -19.0  # RMS of a tone at dynamics 1: its peak is about -9 dB, and 8 voices fit.
FEW_NOTES = 3

Show = Callable[[str], None]
Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class HarmonicSettings:
    """Set how a harmonic model is fitted.

    Attributes:
        kind: Network: cvae, ae or cae.
        hidden: Neurons of the hidden layers.
        latent: Dimensions of the latent space.
        beta: Weight of the KL divergence.
        loudness: True to condition on loudness.
        envelope: How envelopes are fitted.
        training: The schedule.
    """

    kind: str = "cvae"
    hidden: int = 128
    latent: int = 8
    beta: float = 0.01
    loudness: bool = True
    envelope: EnvelopeSettings = field(default_factory=EnvelopeSettings)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def network(self) -> EnvelopeNetworkConfig:
        """Return the sizes of the network."""
        inputs = self.envelope.order + NOISE_BANDS
        return EnvelopeNetworkConfig(
            self.kind, inputs, self.hidden, self.latent, self.beta, self.loudness
        )


def fit_harmonic(
    corpus: Corpus,
    folder: Path,
    settings: HarmonicSettings | None = None,
    name: str = "",
    show: Show = lambda line: None,
) -> tuple[HarmonicModel, Report]:
    """Fit a model and save it; an interrupted fit continues.

    Args:
        corpus: The notes.
        folder: Folder of the model; its subfolder ``training`` holds what resuming needs.
        settings: The settings.
        name: Name of the model; by default the name of the folder.
        show: Receives lines of progress.

    Returns:
        The model, and what was used and skipped.

    Raises:
        AudioError: The corpus has no usable note.
        CheckpointError: The folder holds a training with other settings or notes.
    """
    settings = settings or HarmonicSettings()
    report = Report()
    notes = analyse_corpus(corpus, settings.envelope, report, folder / "training" / "notes", show)
    data = gather(notes)
    network, history = train_network(
        data,
        settings.network(),
        settings.training,
        folder / "training" / "state",
        {"envelope": asdict(settings.envelope), "notes": _identity(notes)},
        lambda done, of, loss: show(f"epoch {done} of {of}: error {_error_db(loss):.2f} dB"),
    )
    facts = _facts(corpus, settings, report, notes, history)
    model = build_model(name or folder.name, network, data, notes, settings, facts)
    save_model(model, folder)
    return model, report


def analyse_corpus(
    corpus: Corpus,
    envelope: EnvelopeSettings,
    report: Report,
    cache: Path | None = None,
    show: Show = lambda line: None,
) -> list[NoteFrames]:
    """Analyse all notes that can be used; name and count the others in the report.

    Args:
        corpus: The notes.
        envelope: How envelopes are fitted.
        report: What was used and skipped, is extended.
        cache: Folder of finished analyses.
        show: Receives lines of progress.

    Returns:
        The notes, at least one.

    Raises:
        AudioError: No note is usable.
    """
    kept = NoteCache(cache, envelope)
    found: list[NoteFrames] = []
    named: list[float | None] = []
    for note in corpus.notes(report):
        try:
            frames = kept.get(note) or kept.put(note, analyse_note(note, envelope))
        except AudioError as error:
            report.skipped[note.name] = str(error)
            continue
        found.append(frames)
        named.append(None if note.named_midi is None else frames.midi - note.named_midi)
        report.used.append(note.name)
        show(f"note {len(found)}: {note.name}, MIDI {frames.midi:.2f}")
    if not found:
        why = "; ".join(f"{n}: {w}" for n, w in [*report.skipped.items()][:3])
        raise AudioError(f"{corpus.source} has no usable note ({why or 'it is empty'})")
    report.remarks += _wrong_names(found, named)
    if len(found) < FEW_NOTES:
        report.remarks.append(f"only {len(found)} notes: the timbre cannot change with pitch much")
    return found


def _wrong_names(notes: Sequence[NoteFrames], off: Sequence[float | None]) -> list[str]:
    """Return a remark for each name that states another pitch than the measured one."""
    known = [round(value) for value in off if value is not None]
    usual = Counter(known).most_common(1)[0][0] if known else 0
    # Half of the world calls MIDI 60 C3: a whole folder may be an octave off.
    usual = usual if usual % 12 == 0 and known.count(usual) > len(known) / 2 else 0
    remarks = [f"names are {usual:+d} semitones off: measured pitches are used"] if usual else []
    for note, value in zip(notes, off, strict=True):
        if value is not None and abs(value - usual) > WRONG_SEMITONES:
            remarks.append(
                f"{note.name}: measured MIDI {note.midi:.2f} is used, "
                f"not {note.midi - value:.0f} of the name"
            )
    return remarks


def _identity(notes: Sequence[NoteFrames]) -> str:
    """Return a hash of the analysed notes."""
    digest = hashlib.sha256()
    for note in notes:
        digest.update(note.name.encode() + note.cepstra.tobytes() + note.level_db.tobytes())
    return digest.hexdigest()[:16]


def _error_db(loss: float) -> float:
    """Return the root of a reconstruction error, in dB."""
    return 20 * float(np.sqrt(loss))


def _facts(
    corpus: Corpus,
    settings: HarmonicSettings,
    report: Report,
    notes: Sequence[NoteFrames],
    history: Sequence[dict[str, float]],
) -> dict[str, Any]:
    """Return what a model was made of, as plain values."""
    best = min(history, key=lambda row: row["loss"])
    aside = held_out(len(notes), settings.training)
    return {
        "source": corpus.source,
        "settings": asdict(settings),
        "used": len(report.used),
        "skipped": len(report.skipped),
        "held_out": len(aside),
        "seconds": round(sum(len(note.f0_hz) for note in notes) * 0.01, 1),
        "trained_error_db": round(_error_db(best["trained"]), 3),
        "held_out_error_db": round(_error_db(best["loss"]), 3) if aside else None,
    }


def build_model(
    name: str,
    network: EnvelopeNetwork,
    data: TrainingFrames,
    notes: Sequence[NoteFrames],
    settings: HarmonicSettings,
    facts: dict[str, Any],
) -> HarmonicModel:
    """Calibrate a trained network: axes, curves over time, loudness.

    Args:
        name: Name of the model.
        network: The network.
        data: The frames that it learned from.
        notes: The analysed notes.
        settings: The settings.
        facts: What the model was made of.

    Returns:
        The model.
    """
    axes = _axes(network, data)
    paths = [positions_of(network, data.scaling, axes, note) for note in notes]
    shapes = learn_time_shapes(notes, paths)
    known = KnownNotes(
        tuple(note.name for note in notes),
        np.stack([p[n.sustain].mean(axis=0) for n, p in zip(notes, paths, strict=True)]),
        np.array([note.midi for note in notes], np.float32),
        np.array([note.loudness_db for note in notes], np.float32),
    )
    levels = np.array([reference_db(note, shapes.sustained) for note in notes])
    low, high = (float(level) for level in np.quantile(levels, (0.05, 0.95)))
    return HarmonicModel(
        name,
        settings.envelope,
        network,
        data.scaling,
        axes,
        shapes,
        known,
        (min(low, high - LEAST_RANGE_DB), high),
        LOUDEST_DB - high,
        max(note.top_hz for note in notes),
        facts,
    )


@torch.no_grad()
def _axes(network: EnvelopeNetwork, data: TrainingFrames) -> LatentAxes:
    """Return the axes of a network's latent space over its training frames."""
    latent = network.encode(data.frames, data.conditions)[0].numpy()

    def envelopes(points: Float32) -> Float32:
        with torch.no_grad():
            middle = torch.zeros(len(points), 2)
            frames = network.decode(torch.from_numpy(points), middle)
        return data.scaling.frames_out(frames)[:, :-NOISE_BANDS]

    return find_axes(latent, envelopes)
