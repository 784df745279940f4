"""Measure presets at other notes than the recorded one, and held longer than the recording."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from datasets.recorded.listing import RecordedSound
from datasets.recorded.play import RATE
from models.audio.distance import TargetDistance
from models.resynthesis.analysis import analyse_sound
from models.resynthesis.benchmark.arms import sampler_preset
from models.resynthesis.benchmark.recordings import INTERVALS, LENGTH_S, Recording, record
from models.resynthesis.draft import make_draft
from models.resynthesis.held_note import measure_held_note
from models.resynthesis.options import ResynthesisOptions
from models.resynthesis.player import PresetPlayer
from models.resynthesis.resynthesise import resynthesise
from models.resynthesis.vital.wiring import wire

HOLD_S, AFTER_S = 8.0, 1.0
FIXED_TRACKING = 0.67


def measure_notes(sound: RecordedSound, player: PresetPlayer) -> dict[str, Any]:
    """Return J at other notes, against the real notes of the instrument, for each kind of preset.

    `chosen` uses the formant tracking of `formants.py`. `fixed` uses the same tracking for all
    sounds. `sampler` resamples the recording. `own_note` is made from each note itself.
    """
    root = record(sound, sound.note)
    options = ResynthesisOptions(rounds=0)
    chosen = resynthesise(root, sound.note, RATE, player, options)
    analysis = analyse_sound(root, sound.note, RATE)
    fixed = make_draft(analysis, ResynthesisOptions(formant_tracking=FIXED_TRACKING))
    presets = {
        "chosen": chosen.preset,
        "fixed": wire(fixed, sound.name).patch.to_bytes(),
        "sampler": sampler_preset(analysis, sound.name),
    }
    rows: dict[str, dict[str, float]] = {name: {} for name in (*presets, "own_note")}
    for interval in INTERVALS:
        note = sound.note + interval
        true = record(sound, note)
        target_distance = TargetDistance(true, RATE)
        for name, audio in zip(presets, player(list(presets.values()), note), strict=True):
            rows[name][str(interval)] = target_distance.distance(audio).j
        own = resynthesise(true, note, RATE, player, options)
        rows["own_note"][str(interval)] = own.distance
    return {"family": sound.family, "note": sound.note, "root": chosen.distance, "j": rows}


def measure_hold(recording: Recording, preset: bytes, player: PresetPlayer) -> dict[str, float]:
    """Measure a preset while its key is held for 8 s, and after the release.

    Args:
        recording: The recording.
        preset: Content of a `.vital` file.
        player: Renders `HOLD_S` + `AFTER_S` seconds.

    Returns:
        The attributes of `HeldNote` by name.
    """
    audio = player([preset], recording.note, HOLD_S)[0]
    return asdict(measure_held_note(audio, RATE, LENGTH_S, HOLD_S))
