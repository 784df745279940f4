"""Find the position of a sound in a timbre model, and play its positions.

It offers what ``models.matching.matcher.Matcher`` offers for a synth. There is no search: the model
encodes the sound.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import RenderError, SpecError
from datasets.spec import FloatArray
from models.audio.decode import Part, read_part
from models.audio.distance import TargetDistance
from models.instrument.neighbours import Neighbour
from models.matching.options import PARAMETERS, RESYNTHESIS, MatchOptions, Progress, Watcher
from models.timbre.contract import EncodedSound
from models.timbre.corpus.note import at_common_rate
from models.timbre.instrument.playable import TimbrePlayable
from models.timbre.player.one_note import play_note
from models.timbre.player.synth import SAMPLE_RATE
from models.timbre.tone import Float32
from renderer.engines.base import Audio
from renderer.plugins.patch_template import PatchFile, PatchTemplate

LEAST_PEAK = 1e-5  # A quieter note is silent.
LONGEST_S = 10.0  # Of a target and of its answer.
ONSET_DB, HELD_DB = -40.0, -12.0  # A note starts and ends at these levels below its peak.


@dataclass(frozen=True)
class TimbreMatch:
    """Hold the position of a sound (see ``server.jobs.job.MatchOutcome``).

    Attributes:
        unit: Knob position of each axis, (P,).
        preset: A Vital preset of the position.
        document: Content of ``match.json``.
    """

    unit: FloatArray
    preset: bytes = field(repr=False)
    document: dict[str, Any] = field(repr=False)
    preset_suffix: str = ".vital"
    method: str = PARAMETERS

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``match.json``."""
        return self.document


class TimbreMatcher:
    """Encode sounds and play positions of one model."""

    def __init__(self, playable: TimbrePlayable) -> None:
        self._playable = playable
        self._timbre, self._spec = playable.timbre, playable.spec

    def match(
        self,
        sound: Path,
        options: MatchOptions,
        watch: Watcher | None = None,
        template: PatchTemplate | None = None,
    ) -> TimbreMatch:
        """Find the position of a sound, and measure the distance of its note.

        Args:
            sound: The sound file, one note.
            options: Part of the sound, its note, and locked axes; the budget is not used.
            watch: Called with the progress, before and after the render.
            template: Not used: a timbre model has none.

        Returns:
            The position.

        Raises:
            AudioError: The sound cannot be used, or has no pitch that the model can use.
            SpecError: The method is a resynthesis.
        """
        if options.method == RESYNTHESIS:
            raise SpecError(
                f"--method resynthesis: {self._playable.name} is a timbre model. "
                "Use --method parameters, or a model of Vital"
            )
        started, warnings = time.perf_counter(), list[str]()
        part = read_part(sound, options.start_s, options.end_s, warnings)
        encoded = self._timbre.encode(part.frames.T, part.sample_rate)
        unit = self._held(self._unit_of(encoded, warnings), options)
        encoded_ms = 1000 * (time.perf_counter() - started)
        if watch is not None:
            watch(Progress(0, 1, float("inf"), unit))
        target = _from_onset(part)
        note = self._note(encoded, target, options)
        audio = play_note(self._timbre, self._playable.position(unit), *note)
        distance = TargetDistance(target[: len(audio)], SAMPLE_RATE).distance(audio).j
        if watch is not None:
            watch(Progress(1, 1, distance, unit))
        preset, _ = self._playable.export(unit, f"{self._playable.name} {sound.stem}")
        timings = {"encode": encoded_ms, "total": 1000 * (time.perf_counter() - started)}
        about = self._document(unit, encoded, note, distance, options, warnings)
        about["timings_ms"] = {name: round(ms, 2) for name, ms in timings.items()}
        return TimbreMatch(unit, preset, about)

    def hear(self, unit: FloatArray, note: int) -> tuple[Audio, int]:
        """Play a preset (P,) at a MIDI note.

        Returns:
            The audio (1, n) and its sample rate in Hz.

        Raises:
            RenderError: The note is silent.
        """
        policy, position = self._spec.note, self._playable.position(self._spec.snap(unit))
        lengths = policy.hold_s, policy.length_s
        audio = play_note(self._timbre, position, note, policy.velocity, *lengths)
        if np.abs(audio).max() < LEAST_PEAK:
            raise RenderError(f"note {note}: {self._playable.name} makes no sound. Try another one")
        return audio[None], SAMPLE_RATE

    def hear_preset(self, preset: bytes, note: int) -> tuple[Audio, int]:
        """Refuse a preset file of a synth.

        Raises:
            RenderError: Always: the model is no synth.
        """
        raise RenderError(
            f"{self._playable.name} is a timbre model and plays no preset files. Change to a model "
            "of the file's synth"
        )

    def near(self, sound: Path, options: MatchOptions, count: int) -> list[Neighbour]:
        """Return the training sounds that are nearest to a sound.

        Args:
            sound: The sound file, one note.
            options: Part of the sound.
            count: Number of training sounds.

        Returns:
            Their positions, the nearest first.

        Raises:
            AudioError: The sound cannot be used, or has no pitch that the model can use.
        """
        part = read_part(sound, options.start_s, options.end_s, [])
        encoded = self._timbre.encode(part.frames.T, part.sample_rate)
        surroundings = self._playable.surroundings()
        near = self._timbre.neighbours(encoded.position, count)
        return [Neighbour(surroundings.unit(n.position), n.distance_db, n.name) for n in near]

    def read_patch(self, file: PatchFile) -> PatchTemplate:
        """Refuse a preset file of a synth.

        Raises:
            SpecError: Always: the model is no synth.
        """
        raise SpecError(f"{file.name}: {self._playable.name} is a timbre model and has no template")

    def close(self) -> None:
        """Free nothing: there is no synth."""

    def _unit_of(self, encoded: EncodedSound, warnings: list[str]) -> FloatArray:
        """Return knob positions (P,), and warn of those that are beyond the range of their axis."""
        pairs = zip(self._timbre.axes, encoded.position.values, strict=True)
        for axis, value in pairs:
            if not 0 <= (knob := axis.knob(value)) <= 1:
                warnings.append(f"{axis.name} is at {knob:.2f}, outside 0 to 1: its end is used")
        return self._playable.surroundings().unit(encoded.position)

    def _held(self, unit: FloatArray, options: MatchOptions) -> FloatArray:
        """Return a preset (P,) with the locked axes of the current one."""
        if options.present is None:
            return unit
        locked = np.isin(self._spec.names, options.locked)
        return np.where(locked, np.array(options.present, np.float32), unit)

    def _note(
        self, encoded: EncodedSound, target: Float32, options: MatchOptions
    ) -> tuple[int, int, float, float]:
        """Return key, velocity, hold and length of the note that answers a target."""
        key = round(encoded.midi) if options.note is None else options.note
        velocity = max(1, round(127 * encoded.dynamics))
        whole_s = min(LONGEST_S, len(target) / SAMPLE_RATE)
        loud = np.flatnonzero(np.abs(target) > np.abs(target).max() * 10 ** (HELD_DB / 20))
        hold_s = min(whole_s, float(loud[-1]) / SAMPLE_RATE)
        return min(max(key, 0), 127), velocity, hold_s, whole_s

    def _document(
        self,
        unit: FloatArray,
        encoded: EncodedSound,
        note: tuple[int, int, float, float],
        distance: float,
        options: MatchOptions,
        warnings: list[str],
    ) -> dict[str, Any]:
        """Return the content of ``match.json`` without the timings."""
        units = [float(value) for value in unit]
        shown = zip(self._spec.names, units, strict=True)
        return {
            "model": self._playable.name,
            "spec": self._spec.name,
            "budget": options.budget,
            "seed": options.seed,
            "note": dict(zip(("midi", "velocity", "hold_s", "length_s"), note, strict=True)),
            "target": {
                "f0_hz": float(440.0 * 2 ** ((encoded.midi - 69) / 12)),
                "dynamics": float(encoded.dynamics),
                "warnings": warnings,
            },
            "sample_rate": SAMPLE_RATE,
            "method": PARAMETERS,
            "answers": [
                {
                    "method": PARAMETERS,
                    "distance": distance,
                    "preset": "preset.vital",
                    "about": f"A position of the timbre model {self._playable.name}",
                }
            ],
            "distance": distance,
            "renders": 1,
            "candidates": [{"rank": 1, "distance": distance, "unit": units}],
            "parameters": {
                name: {"unit": one, "native": one, "text": f"{100 * one:.1f} %"}
                for name, one in shown
            },
        }


def _from_onset(part: Part) -> Float32:
    """Return a sound as mono audio at 48 kHz, from its onset, (n,)."""
    samples = at_common_rate(part.frames.T, part.sample_rate)
    level = np.abs(samples)
    onset = int(np.argmax(level > level.max(initial=0.0) * 10 ** (ONSET_DB / 20)))
    return samples[onset:].astype(np.float32)
