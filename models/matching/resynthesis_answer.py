"""Answer a match by resynthesis: turn the sound itself into a Vital preset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from datasets.errors import AudioError, PatchwrightError
from datasets.spec import FloatArray, SynthSpec
from models.audio.distance import headline
from models.matching.answers import PresetAnswer
from models.matching.confidence import confidence
from models.matching.options import RESYNTHESIS, MatchOptions
from models.matching.sound_target import SoundTarget, load_target
from models.resynthesis.options import ResynthesisOptions
from models.resynthesis.player import play_presets
from models.resynthesis.resynthesise import Answer, SecondNote, describe, resynthesise
from renderer.workers.pool import RenderPool

STOPPED = "the match was cancelled during the resynthesis"
SILENCE_S = 0.3  # After a short sound, for its analysis.


class StoppedError(PatchwrightError):
    """Signal that the caller ended a resynthesis."""


@dataclass(frozen=True)
class Resynthesised:
    """Hold a resynthesised answer, the renders it took, and warnings about the second note."""

    answer: PresetAnswer
    renders: int
    warnings: tuple[str, ...] = ()


def resynthesis_answer(
    pool: RenderPool,
    spec: SynthSpec,
    target: SoundTarget,
    options: MatchOptions,
    title: str,
    on_open_loop: Callable[[Answer], None] | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Resynthesised:
    """Make a Vital preset from the target itself.

    Args:
        pool: Workers of a Vital spec; they render whole presets.
        spec: The spec of these workers.
        target: The sound to match.
        options: Options of the match; only frames, seed and second note are used.
        title: Name of the preset.
        on_open_loop: Function to call with the preset before it is corrected.
        goes_on: Called before each render; False ends the resynthesis.

    Returns:
        The answer, its number of renders, and the warnings about the second note.

    Raises:
        StoppedError: ``goes_on`` returned False.
        AudioError: The target or the second note cannot be resynthesised.
        RenderError: Vital fails.
    """

    def play(presets: Sequence[bytes], note: int, hold_s: float) -> list[FloatArray]:
        if not goes_on():
            raise StoppedError(STOPPED)
        seconds = len(audio) / spec.sample_rate
        return play_presets(pool, presets, note, hold_s, length_s=seconds)

    second = _second_target(spec, options)
    length_s, audio = target.length_s(spec), _followed_by_silence(target, spec)
    result = resynthesise(
        audio,
        target.note,
        target.sample_rate,
        play,
        ResynthesisOptions(frames=options.frames, seed=options.seed),
        title,
        target.f0_hz,
        None if second is None else SecondNote(second.audio, second.note),
        on_open_loop,
    )
    if not goes_on():
        raise StoppedError(STOPPED)
    hold_s = min(result.hold_s, length_s)
    twice = [result.preset] * 2
    rendered, again = play_presets(pool, twice, target.note, hold_s, length_s=length_s)
    distance = headline(target.audio, rendered, spec.sample_rate)
    floor = headline(rendered, again, spec.sample_rate)
    answer = PresetAnswer(
        RESYNTHESIS,
        result.preset,
        ".vital",
        rendered,
        hold_s,
        confidence(distance, floor, 1, {}),
        describe(result.draft, distance),
        result.draft,
    )
    warnings = () if second is None else tuple(f"--second: {one}" for one in second.warnings)
    return Resynthesised(answer, result.renders + 2, warnings)


def _followed_by_silence(target: SoundTarget, spec: SynthSpec) -> FloatArray:
    """Return the audio of a target; one shorter than the spec's clips gets silence at its end.

    The analysis then sees that the sound ends, and its windows do not end with the sound.
    """
    seconds = target.length_s(spec)
    if target.shape is None or seconds >= spec.note.length_s:
        return target.audio
    padded = np.zeros(round(min(spec.note.length_s, seconds + SILENCE_S) * spec.sample_rate))
    padded[: len(target.audio)] = target.audio
    return padded.astype(np.float32)


def check_second(spec: SynthSpec, options: MatchOptions) -> None:
    """Check the second note of the options, if there is one.

    Raises:
        AudioError: The file cannot be used, or has no clear pitch.
    """
    _second_target(spec, options)


def _second_target(spec: SynthSpec, options: MatchOptions) -> SoundTarget | None:
    """Read the second note of the options; return None if there is none."""
    if options.second is None:
        return None
    second = load_target(options.second, spec)
    if second.f0_hz is None:
        raise AudioError(f"--second {options.second}: no clear pitch. Give another note")
    return second
