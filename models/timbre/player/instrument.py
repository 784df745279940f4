"""Choose the synthesizer of a timbre model: tones, or frames with a phase method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from datasets.errors import SpecError
from models.timbre.contract import LatentPosition, TimbreModel
from models.timbre.player.bank import live_zones, make_bank, zone_step
from models.timbre.player.frames.frame_bank import FrameTimbre, make_frame_bank
from models.timbre.player.frames.frame_player import FramePlayer, NoiseVoice, PeakVoice
from models.timbre.player.synth import Audio, Channel, PolySynth

PHASES = ("tones", "peaks", "noise", "pghi")
Decode = Callable[[LatentPosition], Any]  # Returns what ``MidiSynth.offer`` takes.


class MidiSynth(Protocol):
    """Play notes and controls, and give samples block by block (see ``PolySynth``)."""

    channels: list[Channel]

    @property
    def sounding(self) -> int:
        """Return the number of notes that sound."""
        ...

    @property
    def is_silent(self) -> bool:
        """Return whether nothing sounds."""
        ...

    def offer(self, bank: Any, /) -> None:  # noqa: ANN401  of the synthesizer's own kind
        """Play another bank, from any thread."""
        ...

    def note_on(self, channel: int, key: int, velocity: int) -> None:
        """Start a note (see ``PolySynth``)."""
        ...

    def note_off(self, channel: int, key: int) -> None:
        """End a note."""
        ...

    def pedal(self, channel: int, down: bool) -> None:
        """Set the sustain pedal of a channel."""
        ...

    def all_off(self, channel: int, at_once: bool = False) -> None:
        """End all notes of a channel."""
        ...

    def refresh(self, channel: int) -> None:
        """Read the controls of a channel."""
        ...

    def block(self, frames: int) -> Audio:
        """Return the next samples, (1, frames)."""
        ...


def phase_of(model: TimbreModel, phase: str, live: bool) -> str:
    """Return the phase method of a model.

    Args:
        model: The model.
        phase: One of ``PHASES``; empty for the model's default: ``peaks`` for a spectral model,
            ``tones`` for others.
        live: True if the sound must be ready at once.

    Returns:
        The method.

    Raises:
        SpecError: The method does not exist, or does not fit the model.
    """
    has_frames = isinstance(model, FrameTimbre)
    phase = phase or ("peaks" if has_frames else "tones")
    if phase not in PHASES:
        raise SpecError(f"--phase {phase!r}: use one of {', '.join(PHASES)}")
    if phase != "tones" and not has_frames:
        raise SpecError(f"--phase {phase}: {model.name} has only tones; leave --phase out")
    if phase == "pghi" and live:
        raise SpecError("--phase pghi needs the whole sound: use timbre render, or peaks")
    return phase


def open_instrument(
    model: TimbreModel,
    position: LatentPosition,
    pitch_range: tuple[float, float],
    sample_rate: int,
    voices: int,
    seed: int = 0,
    phase: str = "",
) -> tuple[MidiSynth, Decode]:
    """Return the synthesizer of a model, and what decodes a position for it.

    Args:
        model: The model.
        position: Position to start with.
        pitch_range: Lowest and highest pitch that will be played; an octave beyond it is decoded.
        sample_rate: Hz.
        voices: Notes that sound at the same time.
        seed: Seed of the noise.
        phase: Phase method, see ``phase_of``.

    Returns:
        Both; the second one takes milliseconds and is not for an audio thread.

    Raises:
        SpecError: The position or the method does not fit the model.
    """
    phase = phase_of(model, phase, live=True)
    if phase == "tones" or not isinstance(model, FrameTimbre):
        zones = live_zones(pitch_range, zone_step(model))

        def tones(at: LatentPosition) -> Any:  # noqa: ANN401
            return make_bank(model, at, zones)

        return PolySynth(tones(position), sample_rate, voices, seed), tones
    source = model

    def frames(at: LatentPosition) -> Any:  # noqa: ANN401
        return make_frame_bank(source, at)

    new = PeakVoice if phase == "peaks" else NoiseVoice
    return FramePlayer(frames(position), sample_rate, voices, new), frames
