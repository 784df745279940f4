"""Turn a recorded note into a Vital preset that sounds like it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from datasets.spec import FloatArray
from models.audio.distance import TargetDistance
from models.audio.sound_kind import SoundKind
from models.resynthesis.analysis import (
    SoundAnalysis,
    analyse_sound,
    dense_analysis,
    detuned_analysis,
)
from models.resynthesis.correction import Attempt, Correction
from models.resynthesis.draft import Draft, make_draft
from models.resynthesis.options import ResynthesisOptions
from models.resynthesis.player import Render

# Dense partials cannot track formants, and two voices fix the rate of the beating. Each must gain
# this much over plain harmonics.
OTHER_MODEL_GAIN_DB = 0.4
COARSE_S = 0.1  # The description says how far frames are from each other if it is more.


@dataclass(frozen=True)
class SecondNote:
    """Hold another note of the same instrument.

    Attributes:
        audio: Mono, shape (n,), at the sample rate of the first note.
        note: MIDI note.
    """

    audio: npt.NDArray[np.floating] = field(repr=False)
    note: int


@dataclass(frozen=True)
class Answer:
    """Hold a preset and its render.

    Attributes:
        preset: Content of a `.vital` file.
        audio: Render at the note with the key held for `hold_s`, (channels, n) float32.
        distance: Distance J to the recording, dB.
    """

    preset: bytes = field(repr=False)
    audio: FloatArray = field(repr=False)
    distance: float


@dataclass(frozen=True)
class Resynthesis:
    """Hold the presets of a sound, before and after the correction in the loop.

    Attributes:
        open_loop: The preset from the analysis alone.
        corrected: The nearest rendered preset; with `rounds` 0 the open-loop one.
        description: A short text that lists the parts of the preset.
        kind: Harmonic, inharmonic or percussive.
        draft: The parts of `corrected`, for exports.
        hold_s: Seconds to hold the key to play the note with its recorded length.
        renders: Number of renders.
        history: Distance after each round, dB. The first is the open loop.
    """

    open_loop: Answer
    corrected: Answer
    description: str
    kind: SoundKind
    draft: Draft = field(repr=False)
    hold_s: float
    renders: int
    history: tuple[float, ...]

    @property
    def preset(self) -> bytes:
        """Return the content of the `.vital` file to use."""
        return self.corrected.preset

    @property
    def audio(self) -> FloatArray:
        """Return the render of that preset at the note, (channels, n)."""
        return self.corrected.audio

    @property
    def distance(self) -> float:
        """Return the distance J of that render to the recording, dB."""
        return self.corrected.distance


def resynthesise(
    audio: npt.NDArray[np.floating],
    note: int,
    sample_rate: int,
    render: Render,
    options: ResynthesisOptions | None = None,
    title: str = "Resynthesis",
    f0_hz: float | None = None,
    second: SecondNote | None = None,
    on_open_loop: Callable[[Answer], None] | None = None,
) -> Resynthesis:
    """Make a Vital preset of a recorded note, render it, and correct it.

    Args:
        audio: Mono, shape (n,), from the onset of one note. Silence at the end is padding.
        note: MIDI note at which the preset sounds like the recording.
        sample_rate: Sample rate of the audio and of the renders, Hz.
        render: Renders presets at a note, for example
            `models.resynthesis.player.PresetPlayer` with the length of the audio.
        options: Frames, rounds and so on.
        title: Name of the preset.
        f0_hz: Median f0, if known. It is measured by default.
        second: Another note of the same instrument, to measure the formant tracking.
        on_open_loop: Called with the open-loop preset, before the correction.

    Returns:
        Both presets with their audio and distance. The same sound, note and options give the
        same presets.

    Raises:
        AudioError: The sound is silent, shorter than 50 ms, longer than 30 s, or not finite.
        RenderError: The synth fails.

    Example:
        >>> from models.resynthesis.player import PresetPlayer
        >>> time = np.arange(44100) / 44100
        >>> tone = 0.5 * np.sin(2 * np.pi * 220 * time) * np.exp(-2 * time)

        >>> with PresetPlayer(44100, 1.0, workers=1) as player:
        ...     result = resynthesise(tone, 57, 44100, player)
        >>> result.distance < 1.0
        True
    """
    options = options or ResynthesisOptions()
    analysis = analyse_sound(audio, note, sample_rate, f0_hz)
    target_distance = TargetDistance(np.asarray(audio, np.float32), sample_rate)
    loop = Correction(render, target_distance, title)
    other = None if second is None else analyse_sound(second.audio, second.note, sample_rate)
    draft = _nearest_draft(analysis, other, options, loop)
    attempts = loop.improve(draft, options.rounds, _reporter(on_open_loop))
    best = min(attempts, key=lambda attempt: attempt.distance)
    return Resynthesis(
        open_loop=_answer(attempts[0]),
        corrected=_answer(best),
        description=describe(best.draft, best.distance),
        kind=best.draft.analysis.kind,
        draft=best.draft,
        hold_s=best.draft.hold_s,
        renders=loop.renders,
        history=tuple(attempt.distance for attempt in attempts),
    )


def _nearest_draft(
    analysis: SoundAnalysis,
    second: SoundAnalysis | None,
    options: ResynthesisOptions,
    loop: Correction,
) -> Draft:
    """Return the draft with plain harmonics, or a nearer one with dense partials or two voices."""
    drafts = [make_draft(analysis, options, second)]
    for other in (dense_analysis(analysis), detuned_analysis(analysis)):
        if other is not None:
            drafts.append(make_draft(other, options, second))
    if len(drafts) == 1:
        return drafts[0]
    plain, *others = loop.compare(drafts)
    best = int(np.argmin(others))
    return drafts[best + 1] if others[best] < plain - OTHER_MODEL_GAIN_DB else drafts[0]


def _reporter(
    on_open_loop: Callable[[Answer], None] | None,
) -> Callable[[Attempt], None] | None:
    if on_open_loop is None:
        return None
    return lambda attempt: on_open_loop(_answer(attempt))


def _answer(attempt: Attempt) -> Answer:
    return Answer(attempt.preset, attempt.audio, attempt.distance)


def describe(draft: Draft, distance: float) -> str:
    """Describe the parts of a preset and its distance J (dB) to the recording in a short text."""
    parts = []
    if draft.frames is not None:
        tones = "partials" if draft.analysis.kind == SoundKind.INHARMONIC else "harmonics"
        count = len(draft.frames.times_s)
        each_s = draft.timeline.duration_s / count
        coarse = f" (one for each {each_s:.2f} s)" if each_s > COARSE_S else ""
        parts.append(f"{count} wavetable frames of its {tones}{coarse}")
    if draft.analysis.detune_cents > 0:
        parts.append(f"two voices detuned by {draft.analysis.detune_cents:.0f} cents")
    if draft.noise.any():
        parts.append("shaped noise")
    if draft.pitch is not None and draft.pitch.vibrato is not None:
        parts.append(f"a vibrato of {draft.pitch.vibrato.rate_hz:.1f} Hz")
    start = draft.timeline.loop_start_s
    held = "played once" if start is None else f"looped from {start:.1f} s while the key is held"
    made = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
    return f"Vital preset made from the recording: {made}, {held}. Distance {distance:.1f} dB."
