"""Play a trained spectral model: sounds to positions, positions to frames and tones.

The last axis is the note class: at 0 each key has its own, at 1 to 12 all keys have the timbre of
one class, moved to their pitch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.errors import AudioError, SpecError
from models.audio.spectra.chroma import NAMES, Classes, note_classes, one_hot
from models.audio.spectra.stft import HOP, RATE, Float32, Float64, at_rate, magnitudes
from models.timbre.contract import (
    FLOOR_DB,
    NOISE_FLOOR_DB,
    UNLEARNED,
    Axis,
    EncodedSound,
    KnownSound,
    LatentPosition,
    Tone,
    check_position,
    sample_envelope,
)
from models.timbre.spectral.frames import SILENT, audible, normalised
from models.timbre.spectral.harmonics import (
    HarmonicFrame,
    envelope_at,
    frame_pitch,
    harmonic_frame,
    midi_of_hz,
    octaves_of,
)
from models.timbre.spectral.network import SpectralNetwork

KEYS_CLASS = "the key's"
LEARNED_SHARE = 0.01  # Of the training frames, for a note class that counts as learned.
# Level of a tone from its start, dB: a short attack, and then a loop of three frames.
ATTACK_DB = np.array([-40.0, -12.0, -4.0, -1.0, 0.0, 0.0, 0.0])
HOP_S, RELEASE_S = 0.01, 0.3
LOUDEST_DB, RANGE_DB = -19.0, 24.0  # RMS of a tone at dynamics 1, and how much softer 0 is.
QUIET_DB = 60.0  # Bins this far below the maximum are equal for distances.


@dataclass(frozen=True)
class KnownScales:
    """Hold the training notes of a model.

    Attributes:
        names: Name of each note.
        latent: Mean latent point of each note, (notes, latent).
        midi: Pitch of each note, MIDI, (notes,).
        classes: Most frequent note class of each note, (notes,).
    """

    names: tuple[str, ...]
    latent: Float32
    midi: Float32
    classes: npt.NDArray[np.int32]


@dataclass(frozen=True)
class SpectralModel:
    """Offer a trained network as an instrument (see ``models.timbre.contract.TimbreModel``).

    Attributes:
        name: Name of the model.
        network: The network, in evaluation mode.
        order: Neuron of the bottleneck for each latent axis, (latent,).
        low: Lower end of each latent axis, (latent,).
        high: Upper end of each latent axis, (latent,).
        centre: Mean latent point of the training frames, in the order of the axes, (latent,).
        counts: Training frames of each note class, (12,).
        known: The training notes.
        facts: What the model was made of and measured with, as plain values.
    """

    name: str
    network: SpectralNetwork
    order: npt.NDArray[np.int32]
    low: Float32
    high: Float32
    centre: Float32
    counts: npt.NDArray[np.int32]
    known: KnownScales
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return ``spectral``."""
        return "spectral"

    @cached_property
    def learned(self) -> tuple[bool, ...]:
        """Return whether each note class has at least 1 % of the training frames, C first."""
        least = max(1.0, LEARNED_SHARE * float(self.counts.sum()))
        return tuple(bool(count >= least) for count in self.counts)

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Return the latent axes, the one with the largest effect first, and the note class."""
        ends = zip(self.low.tolist(), self.high.tolist(), strict=True)
        latent = [Axis(f"timbre {n}", *both) for n, both in enumerate(ends, 1)]
        marks = ("" if learned else f" ({UNLEARNED})" for learned in self.learned)
        classes = tuple(name + mark for name, mark in zip(NAMES, marks, strict=True))
        return (*latent, Axis("note class", 0.0, 12.0, (KEYS_CLASS, *classes)))

    @property
    def start(self) -> LatentPosition:
        """Return the centre of the training frames, with each key's own note class."""
        return LatentPosition.of([*self.centre.tolist(), 0.0])

    @cached_property
    def pitch_range(self) -> tuple[float, float]:
        """Return the lowest and the highest pitch of the training notes."""
        return float(self.known.midi.min()), float(self.known.midi.max())

    @property
    def latent(self) -> int:
        """Return the number of latent axes."""
        return len(self.order)

    @torch.no_grad()
    def encode_frames(self, frames: Float32, classes: Classes) -> Float32:
        """Return the latent coordinates of normalised frames.

        Args:
            frames: Magnitudes, (N, BINS), each with the maximum 1.
            classes: Their note classes, (N,).

        Returns:
            Coordinates in the order of the axes, (N, latent).
        """
        z = self.network.encode(torch.from_numpy(frames), torch.from_numpy(one_hot(classes)))
        return np.asarray(z.numpy()[:, self.order], np.float32)

    @torch.no_grad()
    def decode_frames(self, coordinates: Float32, classes: npt.ArrayLike) -> Float32:
        """Return the magnitude frames of latent coordinates.

        Args:
            coordinates: In the order of the axes, (N, latent). Those of a sigmoid bottleneck are
                limited to 0..1.
            classes: Note class of each, (N,).

        Returns:
            Magnitudes of at least 0, (N, BINS), each with the maximum 1.
        """
        if self.network.config.bounded:
            coordinates = np.clip(coordinates, 0.0, 1.0)
        z = np.empty_like(coordinates, np.float32)
        z[:, self.order] = coordinates
        chroma = torch.from_numpy(one_hot(classes))
        return normalised(np.asarray(self.network.decode(torch.from_numpy(z), chroma).numpy()))

    def encode(self, samples: npt.NDArray[np.floating], sample_rate: int) -> EncodedSound:
        """Return the position, pitch and loudness of a sound (see ``TimbreModel``).

        Raises:
            AudioError: The sound is silent.
        """
        mono = at_rate(samples, sample_rate)
        peak = float(np.abs(mono).max(initial=0.0))
        if not np.isfinite(peak) or peak < SILENT:
            raise AudioError(f"silent: its peak is {peak:.1g}. Use a louder recording")
        found = magnitudes(mono)
        frames = normalised(found)
        classes = note_classes(frames)
        path = self.encode_frames(frames, classes)
        path = np.column_stack([path, np.zeros(len(path), np.float32)])
        used = audible(found, -20.0)
        usual = int(np.bincount(classes[used], minlength=12).argmax())
        middle = frames[used & (classes == usual)].mean(axis=0)
        midi = float(midi_of_hz(frame_pitch(middle, list(range(usual + 24, 109, 12)))))
        level_db = 20 * np.log10(float(np.sqrt((mono**2).mean())) + 1e-9)
        dynamics = float(np.clip((level_db - LOUDEST_DB) / RANGE_DB + 1, 0.0, 1.0))
        position = LatentPosition.of(path[used].mean(axis=0))
        return EncodedSound(position, midi, dynamics, path.astype(np.float32), HOP / RATE)

    def note_class(self, position: LatentPosition, midi: float) -> int:
        """Return the note class that a key plays at a position.

        Args:
            position: The position. At a note class of 0, a key has its own class, or the nearest
                one that was learned.
            midi: Pitch of the key, MIDI.

        Returns:
            The class, 0 for C to 11 for B.
        """
        chosen = round(float(np.clip(position.values[-1], 0.0, 12.0)))
        if chosen:
            return chosen - 1
        own = round(midi) % 12
        if self.learned[own] or not any(self.learned):
            return own
        known = [c for c in range(12) if self.learned[c]]
        return min(known, key=lambda c: min((c - own) % 12, (own - c) % 12))

    def frames_of(self, position: LatentPosition) -> list[tuple[Float32, float]]:
        """Return the frame and the pitch in Hz of each note class at a position, C first.

        Raises:
            SpecError: The position does not fit the axes.
        """
        values = check_position(self.axes, position)[:-1]
        frames = self.decode_frames(np.repeat(values[None], 12, axis=0), np.arange(12))
        low, high = self.pitch_range
        return [
            (frame, frame_pitch(frame, octaves_of(note_class, low, high)))
            for note_class, frame in enumerate(frames)
        ]

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
        if len(midi) != len(dynamics):
            raise SpecError(f"{len(midi)} pitches and {len(dynamics)} dynamics: give as many")
        if not np.isfinite([*midi, *dynamics]).all():
            raise SpecError(f"midi {list(midi)}, dynamics {list(dynamics)}: give finite numbers")
        harmonics = [harmonic_frame(*one) for one in self.frames_of(position)]
        tones: list[Tone] = []
        for pitch, loud in zip(np.clip(midi, 0, 127), np.clip(dynamics, 0, 1), strict=True):
            frame = harmonics[self.note_class(position, float(pitch))]
            tones.append(_tone(frame, float(pitch), float(loud)))
        return tones

    def morph(self, a: LatentPosition, b: LatentPosition, share: float) -> LatentPosition:
        """Return the position between two (see ``TimbreModel``), with the nearer note class."""
        first, second = check_position(self.axes, a), check_position(self.axes, b)
        between = (1 - share) * first + share * second
        between[-1] = (first if share < 0.5 else second)[-1]
        return LatentPosition.of(between)

    def neighbours(self, position: LatentPosition, count: int) -> list[KnownSound]:
        """Return the nearest training notes (see ``TimbreModel``)."""
        here = check_position(self.axes, position)[:-1]
        known = self.known
        there = _decibels(self.decode_frames(known.latent, known.classes))
        moved = np.repeat(here[None], len(known.names), axis=0)
        near = _decibels(self.decode_frames(moved, known.classes))
        distances = np.sqrt(((near - there) ** 2).mean(axis=1))
        return [
            KnownSound(
                known.names[n],
                LatentPosition.of([*known.latent[n].tolist(), 0.0]),
                float(known.midi[n]),
                float(distances[n]),
            )
            for n in np.argsort(distances, kind="stable")[:count]
        ]


def _decibels(frames: Float32) -> Float64:
    """Return frames in dB, with a floor ``QUIET_DB`` below the maximum."""
    return np.asarray(20 * np.log10(np.maximum(frames, 10 ** (-QUIET_DB / 20))), np.float64)


def _tone(frame: HarmonicFrame, midi: float, dynamics: float) -> Tone:
    """Return a tone of one frame at a pitch and a loudness."""
    f0_hz = 440 * 2 ** ((midi - 69) / 12)
    shape = envelope_at(frame, f0_hz).astype(np.float32)
    sines = sample_envelope(shape[None], np.array([f0_hz])).astype(np.float64)
    power_db = 10 * np.log10(float((sines**2).sum()) / 2 + 1e-20)
    gain_db = LOUDEST_DB - RANGE_DB * (1 - dynamics) - power_db + ATTACK_DB[:, None]
    return Tone(
        HOP_S,
        np.clip(shape + gain_db, FLOOR_DB, 0.0).astype(np.float32),
        np.maximum(frame.noise_db + gain_db, NOISE_FLOOR_DB).astype(np.float32),
        len(ATTACK_DB) - 3,
        RELEASE_S,
    )
