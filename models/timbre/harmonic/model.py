"""Play a trained harmonic model: sounds to positions, positions to tones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.errors import SpecError
from models.timbre.contract import EncodedSound, KnownSound
from models.timbre.corpus.note import Note, at_common_rate
from models.timbre.harmonic.analysis import HOP_S, NoteFrames, analyse_note
from models.timbre.harmonic.cepstrum import EnvelopeSettings, grid_basis
from models.timbre.harmonic.latent_axes import LatentAxes
from models.timbre.harmonic.network import EnvelopeNetwork
from models.timbre.harmonic.shape_over_time import TimeShapes, reference_db, slow_movement
from models.timbre.harmonic.training_frames import Scaling, midi_of, raw_frames
from models.timbre.latent import Axis, LatentPosition, check_position
from models.timbre.tone import FLOOR_DB, GRID_HZ, NOISE_BANDS, NOISE_FLOOR_DB, Tone, sample_envelope

Float32 = npt.NDArray[np.float32]

LOWEST_MIDI, HIGHEST_MIDI = 0.0, 127.0


@dataclass(frozen=True)
class KnownNotes:
    """Hold the training notes of a model.

    Attributes:
        names: Name of each note.
        positions: Mean position of each sustain, (notes, D).
        midi: Pitches, (notes,).
        loudness_db: Loudness in dB, (notes,).
    """

    names: tuple[str, ...]
    positions: Float32
    midi: Float32
    loudness_db: Float32


@dataclass(frozen=True)
class HarmonicModel:
    """Offer a trained network as an instrument (see ``models.timbre.contract.TimbreModel``).

    Attributes:
        name: Name of the model.
        envelope: How envelopes are fitted.
        network: The network, in evaluation mode.
        scaling: The map from dB to the network's units.
        latent: The axes.
        shapes: Level and timbre over time.
        known: The training notes.
        loudness: Level in dB at dynamics 0 and 1.
        gain_db: Gain from the level of the recordings to the level of tones.
        top_hz: Highest frequency that the recordings can hold.
        facts: What the model was made of and measured with, as plain values.
    """

    name: str
    envelope: EnvelopeSettings
    network: EnvelopeNetwork
    scaling: Scaling
    latent: LatentAxes
    shapes: TimeShapes
    known: KnownNotes
    loudness: tuple[float, float]
    gain_db: float
    top_hz: float
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return ``harmonic``."""
        return "harmonic"

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Return the axes, the one with the largest effect first."""
        return self.latent.described()

    @property
    def start(self) -> LatentPosition:
        """Return the centre of the training frames."""
        return LatentPosition.of(np.zeros(len(self.latent.centre)))

    @property
    def pitch_range(self) -> tuple[float, float]:
        """Return the lowest and the highest pitch of the training notes."""
        return float(self.known.midi.min()), float(self.known.midi.max())

    def encode(self, samples: npt.NDArray[np.floating], sample_rate: int) -> EncodedSound:
        """Return the position, pitch and loudness of a sound (see ``TimbreModel``).

        Raises:
            AudioError: The sound is silent or too short, or has no clear single pitch.
        """
        top_hz = min(sample_rate / 2, self.top_hz)
        note = Note("sound", at_common_rate(samples, sample_rate), None, top_hz)
        frames = analyse_note(note, self.envelope)
        path = positions_of(self.network, self.scaling, self.latent, frames)
        low, high = self.loudness
        loud = reference_db(frames, self.shapes.sustained)
        dynamics = float(np.clip((loud - low) / (high - low), 0.0, 1.0))
        middle = LatentPosition.of(path[frames.sustain].mean(axis=0))
        return EncodedSound(middle, frames.midi, dynamics, path, HOP_S)

    @torch.no_grad()
    def frames_at(
        self, positions: Float32, midi: npt.ArrayLike, level_db: npt.ArrayLike
    ) -> Float32:
        """Return cepstra and noise relative to the level, in dB.

        Args:
            positions: Positions, (N, D).
            midi: Pitch of each, (N,) or one.
            level_db: Level of each in dB of the training data, (N,) or one.

        Returns:
            Frames, (N, inputs).
        """
        count = len(positions)
        condition = self.scaling.conditions(
            np.broadcast_to(midi, count), np.broadcast_to(level_db, count)
        )
        z = torch.from_numpy(np.ascontiguousarray(self.latent.to_latent(positions)))
        return self.scaling.frames_out(self.network.decode(z, condition))

    def decode(self, position: LatentPosition, midi: float, dynamics: float) -> Tone:
        """Return the tone of a position (see ``TimbreModel``)."""
        return self.decode_many(position, [midi], [dynamics])[0]

    def decode_many(
        self, position: LatentPosition, midi: Sequence[float], dynamics: Sequence[float]
    ) -> list[Tone]:
        """Return the tones of a position at several pitches (see ``TimbreModel``).

        Raises:
            SpecError: The position does not fit, or a value is not finite.
        """
        values = check_position(self.axes, position)
        pitches = _checked("midi", midi, LOWEST_MIDI, HIGHEST_MIDI)
        louds = _checked("dynamics", dynamics, 0.0, 1.0)
        if len(pitches) != len(louds):
            raise SpecError(f"{len(pitches)} pitches and {len(louds)} dynamics: give as many")
        low, high = self.loudness
        paths, levels, releases = [], [], []
        for pitch, loud in zip(pitches, louds, strict=True):
            level, path, release_s = self.shapes.at(pitch)
            levels.append(low + (high - low) * loud + level + self._movement[:, 0])
            paths.append(values + path + self._movement[:, 1:])
            releases.append(release_s)
        frames = self.frames_at(
            np.concatenate(paths), np.repeat(pitches, self.shapes.frames), np.concatenate(levels)
        )
        parts = np.split(frames, len(pitches)) if len(pitches) else []
        return [self._tone(*one) for one in zip(parts, pitches, levels, releases, strict=True)]

    @cached_property
    def _movement(self) -> Float32:
        """Return the small movement of level and position in the loop, (frames, 1 + D)."""
        start = self.shapes.loop_start
        movement = np.zeros((self.shapes.frames, len(self.shapes.jitter)), np.float32)
        movement[start:] = slow_movement(self.shapes.frames - start, self.shapes.jitter)
        return movement

    @cached_property
    def _basis(self) -> Float32:
        return grid_basis(self.envelope).astype(np.float32)

    def _tone(self, frames: Float32, midi: float, level_db: Float32, release_s: float) -> Tone:
        """Return a tone of frames relative to the level, (frames, inputs)."""
        shape = frames[:, :-NOISE_BANDS] @ self._basis.T
        shape[:, GRID_HZ > self.top_hz] = FLOOR_DB
        f0_hz = np.full(len(frames), 440 * 2 ** ((midi - 69) / 12))
        power = (sample_envelope(shape, f0_hz).astype(np.float64) ** 2).sum(axis=1) / 2
        level = level_db + self.gain_db
        # The envelope has the right level at this pitch, wherever its harmonics are.
        harmonics = shape + (level - 10 * np.log10(power + 1e-20))[:, None]
        # Far outside the training data a network may give any noise; it stays usual.
        usual = np.minimum(frames[:, -NOISE_BANDS:], self.scaling.highest[-NOISE_BANDS:])
        noise = usual + level[:, None]
        return Tone(
            HOP_S,
            np.clip(harmonics, FLOOR_DB, 0.0).astype(np.float32),
            np.maximum(noise, NOISE_FLOOR_DB).astype(np.float32),
            self.shapes.loop_start,
            release_s,
        )

    def morph(self, a: LatentPosition, b: LatentPosition, share: float) -> LatentPosition:
        """Return the position between two (see ``TimbreModel``)."""
        first, second = check_position(self.axes, a), check_position(self.axes, b)
        return LatentPosition.of((1 - share) * first + share * second)

    def neighbours(self, position: LatentPosition, count: int) -> list[KnownSound]:
        """Return the nearest training notes (see ``TimbreModel``)."""
        here = check_position(self.axes, position)
        known = self.known
        there = self.frames_at(known.positions, known.midi, known.loudness_db)
        moved = np.repeat(here[None], len(known.names), axis=0)
        near = self.frames_at(moved, known.midi, known.loudness_db)
        cepstra = (near - there)[:, :-NOISE_BANDS]
        distances = np.sqrt((cepstra**2).sum(axis=1))
        return [
            KnownSound(
                known.names[n],
                LatentPosition.of(known.positions[n]),
                float(known.midi[n]),
                float(distances[n]),
            )
            for n in np.argsort(distances, kind="stable")[:count]
        ]


@torch.no_grad()
def positions_of(
    network: EnvelopeNetwork, scaling: Scaling, latent: LatentAxes, frames: NoteFrames
) -> Float32:
    """Return the position of each frame of an analysed note.

    Args:
        network: The network.
        scaling: The map from dB to its units.
        latent: The axes.
        frames: The note.

    Returns:
        Positions, (frames, D).
    """
    inputs = scaling.frames_in(raw_frames(frames))
    condition = scaling.conditions(midi_of(frames.f0_hz), frames.level_db)
    return latent.to_positions(network.encode(inputs, condition)[0].numpy())


def _checked(
    name: str, values: Sequence[float], low: float, high: float
) -> npt.NDArray[np.float64]:
    """Return finite numbers within a range; numbers beyond it become its ends.

    Raises:
        SpecError: A number is not finite.
    """
    numbers = np.asarray(values, np.float64)
    if not np.isfinite(numbers).all():
        raise SpecError(f"{name} {list(values)}: give finite numbers, {low:g} to {high:g}")
    return np.clip(numbers, low, high)
