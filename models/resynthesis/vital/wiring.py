"""Turn a draft into a Vital patch: place its parts, and connect the modulations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio.vibrato import Vibrato
from models.resynthesis.draft import HEADROOM, Draft
from models.resynthesis.noise import NoiseLayer
from models.resynthesis.pitch_curve import PitchCurve
from models.resynthesis.timeline import Timeline
from models.resynthesis.vital.controls import add_macros, add_velocity, set_release
from models.resynthesis.vital.curves import level_error
from models.resynthesis.vital.patch import (
    DEFAULT_LEVEL,
    LAST_POSITION,
    LEVEL_CURVE,
    LOOP_POINT,
    ONE_SHOT,
    TRIGGER,
    Shape,
    VitalPatch,
    line,
)
from models.resynthesis.vital.steady_level import steady_gain

Float64 = npt.NDArray[np.float64]

SCAN, AMPLITUDE, PITCH, NOISE, VIBRATO, VIBRATO_DEPTH = 1, 2, 3, 4, 5, 6  # LFO slots
EFFECTS = 3  # The destination after the filters.
FORMANT_SCALE = 2  # A spectral morph type.
PITCH_RANGE = 96.0  # Range of osc_1_transpose, semitones.
# Vital plays 0.5 level^2 wave. A level is at most the default 0.7071, which gives 0.25.
FULL_SCALE = 0.25
UNISON_CENTS = 4.0  # Distance of two voices at unison detune 1. It grows with its square.
END_S = 0.004  # Time in which a sound that ends inside the clip fades out.
TAIL_POINTS = 6
HELD_FLOOR = 1e-6  # The curve of the loop does not follow lower power.


@dataclass(frozen=True)
class WiredPatch:
    """Hold a patch, and the factor from the recording's amplitudes to the synth's output.

    Attributes:
        patch: The complete patch.
        scale: Output amplitude of the synth divided by the amplitude of the recording.
    """

    patch: VitalPatch
    scale: float


def wire(
    draft: Draft, title: str, with_oscillator: bool = True, with_noise: bool = True
) -> WiredPatch:
    """Make the patch of a draft.

    Args:
        draft: The parts.
        title: Name of the preset.
        with_oscillator: False turns the wavetable off, for the correction.
        with_noise: False turns the sample off, for the correction.

    Returns:
        The patch and its scale.
    """
    patch = VitalPatch(title)
    layer = draft.noise_layer()
    waves = None if draft.frames is None else draft.frames.waves(draft.gains)
    peak = 0.0 if waves is None else float(np.abs(waves).max())
    scale = _scale(draft, layer, peak)
    held_db = None
    if draft.timeline.loop_start_s is not None:
        held_db = steady_gain(draft.timeline, draft.frames, draft.gains, layer)
    noise_modulation = None
    if waves is not None:
        _add_oscillator(patch, draft, waves / peak, 4 * scale * peak, held_db)
    if layer is not None:
        noise_modulation = _add_noise(patch, draft, layer, 4 * scale, held_db)
    add_velocity(patch, draft, noise_modulation)
    add_macros(patch, draft, noise_modulation)
    set_release(patch, draft)
    gain = patch.raise_volume(scale * float(np.abs(draft.analysis.samples).max()))
    if not with_oscillator:
        patch.set(osc_1_on=0)
    if not with_noise:
        patch.set(sample_on=0)
    return WiredPatch(patch, scale * gain)


def _scale(draft: Draft, layer: NoiseLayer | None, peak: float) -> float:
    """Return the largest factor that keeps every level in Vital's range."""
    loudest = 1e-9
    if draft.frames is not None:
        loudest = max(loudest, peak * float(draft.frames.amplitudes.max()))
    if layer is not None:
        loudest = max(loudest, float(layer.levels.max()))
    return HEADROOM * FULL_SCALE / loudest


def _add_oscillator(
    patch: VitalPatch, draft: Draft, waves: Float64, factor: float, held_db: Float64 | None
) -> None:
    """Load the wavetable and draw its scan, amplitude and pitch."""
    frames, pitch, timeline = draft.frames, draft.pitch, draft.timeline
    assert frames is not None and pitch is not None
    positions = np.round(np.linspace(0, LAST_POSITION, len(waves))).astype(int)
    patch.wavetable("Resynthesis", waves, positions.tolist())
    patch.set(
        osc_1_on=1, osc_1_level=DEFAULT_LEVEL, osc_1_random_phase=0, osc_1_destination=0,
        osc_1_spectral_morph_type=FORMANT_SCALE, osc_1_spectral_morph_amount=0.5,
    )  # fmt: skip
    if draft.analysis.detune_cents > 0:
        _add_second_voice(patch, draft.analysis.detune_cents)
    scan_s = np.array([0.0, timeline.duration_s])
    if timeline.loop_start_s is not None:
        scan_s = np.insert(scan_s, 1, timeline.loop_start_s)
    _draw(patch, SCAN, "Scan", timeline, scan_s, scan_s / timeline.duration_s)
    patch.modulate(f"lfo_{SCAN}", "osc_1_wave_frame", 1.0)
    levels = np.sqrt(np.clip(factor * frames.amplitudes, 0, 1))
    _draw_level(patch, AMPLITUDE, "Amplitude", draft, frames.amplitude_times_s, levels, held_db)
    patch.modulate(f"lfo_{AMPLITUDE}", "osc_1_level", -DEFAULT_LEVEL, curve=LEVEL_CURVE)
    _add_pitch(patch, pitch, timeline)


def _add_second_voice(patch: VitalPatch, cents: float) -> None:
    """Play two equal, detuned voices in the middle of the stereo field."""
    patch.set(
        osc_1_unison_voices=2, osc_1_unison_detune=np.sqrt(cents / UNISON_CENTS),
        osc_1_stereo_spread=0,
    )  # fmt: skip


def _add_noise(
    patch: VitalPatch, draft: Draft, layer: NoiseLayer, factor: float, held_db: Float64 | None
) -> int:
    """Load the noise and draw its level; return the number of that modulation."""
    patch.sample("Shaped noise", layer.wave, draft.analysis.sample_rate)
    patch.set(
        sample_on=1, sample_level=DEFAULT_LEVEL, sample_loop=1, sample_bounce=1,
        sample_keytrack=0, sample_random_phase=0, sample_destination=EFFECTS,
    )  # fmt: skip
    levels = np.sqrt(np.clip(factor * layer.levels, 0, 1))
    _draw_level(patch, NOISE, "Noise level", draft, layer.times_s, levels, held_db)
    return patch.modulate(f"lfo_{NOISE}", "sample_level", -DEFAULT_LEVEL, curve=LEVEL_CURVE)


def _draw_level(
    patch: VitalPatch,
    slot: int,
    name: str,
    draft: Draft,
    times_s: Float64,
    levels: Float64,
    held_db: Float64 | None,
) -> None:
    """Draw a curve of square-root amplitudes, with its loop, its decay or its end."""
    timeline = draft.timeline
    if held_db is not None:
        held = np.interp(timeline.recorded_s, times_s, levels) * 10 ** (held_db / 40)
        x, y = timeline.draw(times_s, levels, held, level_error(HELD_FLOOR))
        _draw_shape(patch, slot, timeline, Shape(name, x, y))
        return
    if timeline.tail_s > 0:
        after_s = timeline.tail_s * np.linspace(0, 1, TAIL_POINTS + 1)[1:]
        decibels = timeline.decay_db_s * after_s
        times_s = np.concatenate([times_s, timeline.duration_s + after_s])
        levels = np.concatenate([levels, levels[-1] * 10 ** (decibels / 40)])
        levels[-1] = 0.0
        _draw_shape(patch, slot, timeline, Shape(name, times_s / timeline.total_s, levels))
        return
    # A one-shot LFO holds its last value, which must therefore be silence.
    levels = np.append(levels[:-1], [levels[-1], 0.0])
    times_s = np.concatenate([times_s[:-1], [max(times_s[-2], times_s[-1] - END_S), times_s[-1]]])
    _draw(patch, slot, name, timeline, times_s, levels)


def _draw(
    patch: VitalPatch, slot: int, name: str, timeline: Timeline, times_s: Float64, values: Float64
) -> None:
    x, y = timeline.draw(times_s, values)
    _draw_shape(patch, slot, timeline, Shape(name, x, y))


def _draw_shape(patch: VitalPatch, slot: int, timeline: Timeline, shape: Shape) -> None:
    mode = ONE_SHOT if timeline.loop_start_s is None else LOOP_POINT
    patch.lfo(slot, shape, 1 / timeline.total_s, mode, timeline.loop_phase)


def _add_pitch(patch: VitalPatch, pitch: PitchCurve, timeline: Timeline) -> None:
    """Set the base pitch, and draw the glide and the vibrato."""
    whole = round(pitch.base)
    patch.set(osc_1_transpose=whole, osc_1_tune=pitch.base - whole)
    if pitch.times_s is not None and pitch.glide is not None:
        span = float(pitch.glide.max()) + 1e-6
        _draw(patch, PITCH, "Pitch", timeline, pitch.times_s, pitch.glide / span)
        patch.modulate(f"lfo_{PITCH}", "osc_1_transpose", span / PITCH_RANGE)
    if pitch.vibrato is not None:
        _add_vibrato(patch, pitch.vibrato, timeline)


def _add_vibrato(patch: VitalPatch, vibrato: Vibrato, timeline: Timeline) -> None:
    """Draw one vibrato cycle that repeats, and its depth if the vibrato starts late."""
    name = f"Vibrato {vibrato.rate_hz:.1f} Hz, {vibrato.depth_cents:.0f} cents"
    cosine = line(name, (0.0, 0.0), (0.5, 1.0), (1.0, 0.0), smooth=True)
    # The drawn cycle starts at its lowest point, a quarter cycle before the zero of the sine.
    phase = (vibrato.phase + 0.25) % 1.0
    patch.lfo(VIBRATO, cosine, vibrato.rate_hz, TRIGGER, phase)
    amount = 2 * vibrato.depth_cents / 100 / PITCH_RANGE
    late = vibrato.onset_s > 0
    number = patch.modulate(
        f"lfo_{VIBRATO}", "osc_1_transpose", 0.0 if late else amount, bipolar=True
    )
    if not late:
        return
    cycle_s = 1 / vibrato.rate_hz
    start, full = vibrato.onset_s - cycle_s / 2, vibrato.onset_s + cycle_s / 2
    total = max(timeline.total_s, full + cycle_s)
    ramp = line("Vibrato depth", (0, 0), (start / total, 0), (full / total, 1), (1, 1))
    patch.lfo(VIBRATO_DEPTH, ramp, 1 / total)
    patch.modulate(f"lfo_{VIBRATO_DEPTH}", f"modulation_{number}_amount", amount / 2)
