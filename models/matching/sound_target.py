"""Prepare a sound file as a target: onset, pitch, and audio at the synth's sample rate."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soxr

from datasets.errors import AudioError
from datasets.spec import FloatArray, NotePolicy, SynthSpec
from models.audio.decode import SHORTEST_S, Part, read_part, refuse_short
from models.audio.note.chord import find_chord
from models.audio.note.compact import compact_note
from models.audio.note.onset import find_onset, levels, without_offset
from models.audio.note.phrase import steadiest_note
from models.audio.note.shape import NoteShape, measure_shape
from models.audio.note.trained_form import TrainedForm
from models.audio.pitch import estimate_f0

SILENT_DB = -63.0  # RMS, dBFS: a sine with a peak of -60 dBFS.
FULL_SCALE = 32767 / 32768  # The largest 16-bit sample.
CANCELLED = 0.25  # -12 dB. In the mean, unrelated channels lose 3 dB, and a single one 6 dB.
LONGEST_S = 30.0  # Of a note that is matched at its own length.
SEARCHED_WHOLE_S = 10.0  # A search renders a longer note in a compact form first.
PITCHED_S = 2.0  # Seconds after the onset in which f0 is measured.
UNPITCHED_NOTE = 60  # Middle C, for drums and noises.
NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
OCTAVES = ("no octave", "one octave", "two octaves", "three octaves")


@dataclass(frozen=True)
class SoundTarget:
    """Hold a sound to match, as if the synth had played it.

    Attributes:
        audio: Mono samples from the onset, (n,). They are as long as the note's ``shape``, or
            zero-padded or cut to the spec's ``length_s``.
        sample_rate: The spec's sample rate, Hz.
        note: MIDI, inside the spec's note range.
        f0_hz: Measured pitch; None when the sound has no clear pitch.
        onset_s: Seconds from the beginning of the file.
        duration_s: Seconds of sound in ``audio``, without the padding.
        warnings: One line each, for the player.
        timings_ms: Time of "load" (decode, onset, resample) and of "f0", ms.
        shape: Hold and length of the note; None plays the note of the spec.
    """

    audio: FloatArray
    sample_rate: int
    note: int
    f0_hz: float | None
    onset_s: float
    duration_s: float
    warnings: tuple[str, ...]
    timings_ms: dict[str, float]
    shape: NoteShape | None = None

    def form(self, spec: SynthSpec) -> TrainedForm | None:
        """Return hold and length to render, with the hold of the spec's clips; None for these."""
        if self.shape is None:
            return None
        return TrainedForm(self.shape.hold_s, self.shape.length_s, spec.note.hold_s)

    def compact(self, spec: SynthSpec) -> SoundTarget:
        """Return a note above ``SEARCHED_WHOLE_S`` as long as the spec's, any other note as it is.

        The beginning and the release stay.
        """
        if self.shape is None or self.shape.length_s <= SEARCHED_WHOLE_S:
            return self
        times = spec.note.hold_s, spec.note.length_s
        audio, shape = compact_note(self.audio, self.sample_rate, self.shape, *times)
        return replace(self, audio=audio, shape=shape)

    def longer(self, spec: SynthSpec) -> float:
        """Return how many times longer the note is than the spec's, at least 1."""
        return max(1.0, self.length_s(spec) / spec.note.length_s)

    def length_s(self, spec: SynthSpec) -> float:
        """Return the seconds that an answer is rendered for."""
        return spec.note.length_s if self.shape is None else self.shape.length_s


def load_target(
    path: str | Path,
    spec: SynthSpec,
    start_s: float | None = None,
    end_s: float | None = None,
    note: int | None = None,
    own_length: bool = False,
) -> SoundTarget:
    """Read a sound file (any format, rate and channels) as the target of a match.

    Args:
        path: The file; it is only read.
        spec: Gives the sample rate, the length and the range of notes.
        start_s: Start of the part to use, seconds. The search for the onset starts there.
        end_s: End of that part, seconds; None is the end of the file.
        note: MIDI note 0..127 to use instead of the measured one.
        own_length: Keep the sound's own length, up to 30 s, and measure its hold. Without it, the
            target has the length of the spec's clips, as in the frozen protocol.

    Returns:
        The target, with a warning for each thing that the player should know.

    Raises:
        AudioError: The sound cannot be used. The one-line message has the file, fault and fix.
    """
    _check_note(note)
    started = time.perf_counter()
    warnings: list[str] = []
    part = read_part(Path(path), start_s, end_s, warnings)
    samples = _downmix(part.frames, warnings)
    onset = _onset(samples, part, warnings)
    most_s, shape = spec.note.length_s, None
    if own_length and start_s is None and end_s is None:
        samples, onset = _one_note(samples, onset, part.sample_rate, warnings)
    if own_length:
        most_s = LONGEST_S
    used = slice(onset, onset + math.ceil(most_s * part.sample_rate))
    audio, sound = _resampled(without_offset(samples[used]), part.sample_rate, spec, most_s)
    if own_length:
        shape = measure_shape(sound, spec.sample_rate)
        audio = sound = sound[: max(1, round(shape.length_s * spec.sample_rate))]
    _warn_of_clipping(part.frames[used], warnings)
    _warn_of_cut(samples, onset, part, most_s, warnings)
    loaded = time.perf_counter()
    f0_hz = _measure_f0(sound, spec.sample_rate)
    chosen = _choose_note(note, f0_hz, spec.note, warnings)
    _warn_of_chord(sound, spec.sample_rate, chosen, warnings)
    measured = time.perf_counter()
    return SoundTarget(
        audio=audio,
        sample_rate=spec.sample_rate,
        note=chosen,
        f0_hz=f0_hz,
        onset_s=part.start_s + onset / part.sample_rate,
        duration_s=len(sound) / spec.sample_rate,
        warnings=tuple(warnings),
        timings_ms={"load": 1000 * (loaded - started), "f0": 1000 * (measured - loaded)},
        shape=shape,
    )


def _check_note(note: int | None) -> None:
    if note is not None and not 0 <= note <= 127:
        raise AudioError(f"note {note}: not a MIDI note. Give one from 0 to 127, middle C is 60")


def _measure_f0(sound: FloatArray, sample_rate: int) -> float | None:
    """Return the f0 of the first two seconds in Hz, or None when there is no clear pitch."""
    f0 = estimate_f0(sound[: int(PITCHED_S * sample_rate)], sample_rate)
    return None if math.isnan(f0) else f0


# --- the sound ----------------------------------------------------------------------------------


def _one_note(
    samples: FloatArray, onset: int, rate: int, warnings: list[str]
) -> tuple[FloatArray, int]:
    """Return the samples up to the end of the steadiest note of a phrase, and its onset.

    A sound that is one note stays whole.
    """
    phrase = steadiest_note(samples[onset:], rate)
    if phrase is None:
        return samples, onset
    start, end = (onset + round(seconds * rate) for seconds in (phrase.start_s, phrase.end_s))
    warnings.append(
        f"a phrase of {phrase.notes} notes: its steadiest one is used, from {start / rate:.2f} to "
        f"{end / rate:.2f} s. Choose another with --start and --end"
    )
    return samples[:end], start


def _resampled(
    samples: FloatArray, rate: int, spec: SynthSpec, length_s: float
) -> tuple[FloatArray, FloatArray]:
    """Return a clip of the spec's rate and of a length, and its part without the padding."""
    clip = np.zeros(round(length_s * spec.sample_rate), np.float32)
    sound = soxr.resample(samples, rate, spec.sample_rate)[: len(clip)]
    clip[: len(sound)] = sound
    return clip, clip[: len(sound)]


def _downmix(frames: FloatArray, warnings: list[str]) -> FloatArray:
    """Return the mean of the channels, or the loudest one if they cancel: (n, channels) to (n,)."""
    if frames.shape[1] == 1:
        return frames[:, 0]
    channels = frames.T
    mean: FloatArray = sum(channels[1:], start=channels[0]) / np.float32(len(channels))
    power = [_power(channel) for channel in channels]
    loudest = int(np.argmax(power))
    if _power(mean) >= CANCELLED**2 * power[loudest]:
        return mean
    warnings.append(f"the channels cancel each other: only channel {loudest + 1} is used")
    return frames[:, loudest]


def _power(samples: FloatArray) -> float:
    return float(np.einsum("i,i->", samples, samples, dtype=np.float64))


def _onset(samples: FloatArray, part: Part, warnings: list[str]) -> int:
    """Return the sample where the sound begins; raise AudioError if it is silent or too short."""
    meter = levels(samples, part.sample_rate)
    loudest_db = 20 * math.log10(max(float(meter.max()), 1e-10))
    if loudest_db < SILENT_DB:
        stop_s = part.start_s + len(part.frames) / part.sample_rate
        raise AudioError(
            f"{part.name} is silent from {part.start_s:.3g} to {stop_s:.3g} s: the level is "
            f"{loudest_db:.0f} dBFS, below {SILENT_DB:.0f}. Give a louder part of the file"
        )
    found = find_onset(meter)
    onset = round(found.onset_ms * part.sample_rate / 1000)
    left_s = (len(samples) - onset) / part.sample_rate
    onset_s = part.start_s + onset / part.sample_rate
    if found.click_ms is not None:
        click_s = part.start_s + found.click_ms / 1000
        warnings.append(f"a click at {click_s:.2f} s is ignored: the onset is at {onset_s:.2f} s")
    refuse_short(left_s, f"{part.name} has only", f"of sound after its onset at {onset_s:.2f} s")
    return onset


def _warn_of_clipping(frames: FloatArray, warnings: list[str]) -> None:
    """Warn of three equal full-scale samples in a row; a peak or a codec's overshoot has none."""
    full = np.abs(frames) >= FULL_SCALE
    if (full[2:] & (frames[2:] == frames[1:-1]) & (frames[1:-1] == frames[:-2])).any():
        warnings.append(f"clipped: {int(full.sum())} samples at full scale")


def _warn_of_cut(
    samples: FloatArray, onset: int, part: Part, length_s: float, warnings: list[str]
) -> None:
    """Warn if the sound is longer than the length that a match uses."""
    left_out_s = (len(part.frames) - len(samples)) / part.sample_rate  # other notes of a phrase
    sound_s = part.length_s - left_out_s - onset / part.sample_rate
    if sound_s > length_s + SHORTEST_S:
        warnings.append(f"only the first {length_s:g} s of {sound_s:.3g} s are used")


# --- the note -----------------------------------------------------------------------------------


def _choose_note(
    requested: int | None, f0_hz: float | None, policy: NotePolicy, warnings: list[str]
) -> int:
    """Return the requested note, else the note of f0, else middle C, in the synth's range."""
    if requested is not None:
        return _in_range(requested, policy, warnings)
    if f0_hz is not None:
        return _in_range(round(69 + 12 * math.log2(f0_hz / 440)), policy, warnings)
    note = _in_range(UNPITCHED_NOTE, policy, [])
    warnings.append(f"no clear pitch: note {note} is used")
    return note


def _in_range(note: int, policy: NotePolicy, warnings: list[str]) -> int:
    """Move a note by whole octaves into the range, or to the nearest end if no octave fits."""
    if policy.low <= note <= policy.high:
        return note
    above = note > policy.high
    octaves = math.ceil((note - policy.high if above else policy.low - note) / 12)
    moved = note - 12 * octaves if above else note + 12 * octaves
    inside = min(max(moved, policy.low), policy.high)
    count = OCTAVES[octaves] if octaves < len(OCTAVES) else f"{octaves} octaves"
    how = f", {count} {'lower' if above else 'higher'}," if inside == moved else ""
    side = "above" if above else "below"
    warnings.append(f"note {note} is {side} the range: {inside}{how} is used")
    return inside


def _warn_of_chord(sound: FloatArray, rate: int, used: int, warnings: list[str]) -> None:
    """Warn if several notes sound at once, because a match plays one key."""
    chord = find_chord(sound[: int(PITCHED_S * rate)], rate)
    if chord:
        names = ", ".join(_note_name(69 + 12 * math.log2(hz / 440)) for hz in chord)
        warnings.append(
            f"this sounds like a chord of {names}, but a match plays one note ({used}): "
            "use a single note, or choose the note yourself"
        )


def _note_name(midi: float) -> str:
    """Return the name of the nearest note, as C4 for MIDI 60."""
    octave, step = divmod(round(midi), 12)
    return f"{NOTE_NAMES[step]}{octave - 1}"
