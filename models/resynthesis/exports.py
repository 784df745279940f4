"""Export a resynthesis for other synthesizers: wavetable files and envelopes as text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError
from models.export.envelopes import envelope_text
from models.export.wavetable_files import wavetable_files
from models.resynthesis.draft import Draft
from models.resynthesis.pitch_curve import PitchCurve

Float64 = npt.NDArray[np.float64]

STEP_S = 0.01  # time between two rows of the envelopes
FLOOR_DB = -100.0


def export_files(draft: Draft, name: str) -> dict[str, bytes]:
    """Return the exports of a resynthesis, content by file name.

    Args:
        draft: `Resynthesis.draft`.
        name: Name of the files and of the wavetable.

    Returns:
        `NAME.vitaltable`, `NAME.wav` (Serum), `NAME.wt` (Surge) and `NAME.envelopes.csv`.

    Raises:
        AudioError: The sound is percussive and has no wavetable.
    """
    if draft.frames is None:
        raise AudioError(f"{name}: no pitch, so no wavetable to export. Use a pitched sound.")
    waves = draft.frames.waves(draft.gains)
    return wavetable_files(name, waves) | {f"{name}.envelopes.csv": envelopes(draft).encode()}


def envelopes(draft: Draft) -> str:
    """Return the curves of a draft as CSV with units, every 10 ms of the recording.

    Raises:
        AudioError: The sound is percussive and has no wavetable.
    """
    timeline, frames, pitch = draft.timeline, draft.frames, draft.pitch
    if frames is None or pitch is None:
        raise AudioError("the sound has no pitch, so no wavetable envelopes. Use a pitched sound.")
    times_s = np.arange(0.0, timeline.duration_s, STEP_S)
    amplitude = np.interp(times_s, frames.amplitude_times_s, frames.amplitudes)
    loudest = float(frames.amplitudes.max())
    columns = {
        "time_s": times_s,
        "wavetable_position": times_s / timeline.duration_s,
        "amplitude_db": _decibels(amplitude, loudest),
        "pitch_cents": _cents(pitch, times_s),
    }
    layer = draft.noise_layer()
    if layer is not None:
        noise = np.interp(times_s, layer.times_s, layer.levels)
        columns["noise_db"] = _decibels(noise, loudest)
    start = timeline.loop_start_s
    facts = {
        "note": str(draft.analysis.note),
        "duration_s": f"{timeline.duration_s:.4f}",
        "loop": "none" if start is None else f"{start:.4f} s to the end, back and forth",
    }
    if pitch.vibrato is not None:
        rate, depth = pitch.vibrato.rate_hz, pitch.vibrato.depth_cents
        facts["vibrato"] = f"{rate:.2f} Hz, {depth:.1f} cents up and down"
    return envelope_text(facts, columns)


def _decibels(values: Float64, reference: float) -> Float64:
    return np.asarray(20 * np.log10(np.maximum(values / reference, 10 ** (FLOOR_DB / 20))))


def _cents(pitch: PitchCurve, times_s: Float64) -> Float64:
    """Return the pitch without its vibrato, cents above the note."""
    cents = np.full(len(times_s), 100 * pitch.base)
    if pitch.times_s is not None and pitch.glide is not None:
        cents += 100 * np.interp(times_s, pitch.times_s, pitch.glide)
    return cents
