"""Connect the controls of a player: velocity, formant tracking, macros and release."""

from __future__ import annotations

import numpy as np

from models.audio.sound_kind import SoundKind, release_time
from models.resynthesis.draft import Draft
from models.resynthesis.formants import FormantTracking
from models.resynthesis.player import VELOCITY
from models.resynthesis.vital.patch import Shape, VitalPatch, line

BRIGHTNESS, FORMANT, NOISE_AMOUNT, MOVEMENT = 1, 2, 3, 4  # macro slots
FORMANT_SPAN = 24  # Semitones on each side of the root in which formants track the key.
FORMANT_OCTAVE = 0.25  # Change of osc_1_spectral_morph_amount for one octave.
BRIGHTNESS_DB = 12.0  # Gain of the high shelf at both ends of the macro.
GAIN_RANGE_DB = 30.0  # Range of eq_high_gain.
SPEED_OCTAVES = 1.0  # Change of the curves' speed at both ends of the movement macro.
RATE_RANGE_OCTAVES = 16.0  # Range of lfo_N_frequency.
VELOCITY_TO_LEVEL = 0.8  # Amount of Vital's velocity tracking.
VELOCITY_TO_NOISE = 0.7  # Share of the noise level's range. The softest note keeps half of it.
SOFTEST_MIX = 0.7  # Mix of the low-pass at velocity 0.
BRIGHT_NOTES = (64.0, 108.0)  # Range of the cutoffs, as MIDI notes.
MACRO_NAMES = {
    BRIGHTNESS: "BRIGHTNESS",
    FORMANT: "FORMANT",
    NOISE_AMOUNT: "NOISE",
    MOVEMENT: "MOVEMENT",
}
DAMPED_RELEASE_S = 0.25
RELEASE_RANGE_S = (0.03, 0.3)
FALL_SHARE = 0.45  # Share of Vital's default release curve in which the level falls by 20 dB.
SLOWEST_RING_DB_S = -25.0  # A faster decay continues after the key is released.
RELEASE_POWER = -2.0  # Vital's default curve, fast at first.
RING_POWER = 6.0  # Flat at first: the curve of the sound gives the decay.


def set_release(patch: VitalPatch, draft: Draft) -> None:
    """Set the release: as recorded for a loop, short for a slow decay, long for a short sound."""
    analysis, timeline = draft.analysis, draft.timeline
    release_s, power = DAMPED_RELEASE_S, RELEASE_POWER
    if timeline.loop_start_s is not None:
        if analysis.release_s < len(analysis.samples) / analysis.sample_rate:
            fall_s = release_time(analysis.samples, analysis.sample_rate, analysis.release_s)
            release_s = float(np.clip(fall_s / FALL_SHARE, *RELEASE_RANGE_S))
    elif not analysis.fills_clip or analysis.trend.slope_db_s < SLOWEST_RING_DB_S:
        release_s, power = timeline.total_s, RING_POWER
    patch.set(env_1_release=release_s**0.25, env_1_release_power=power)


def add_velocity(patch: VitalPatch, draft: Draft, noise_modulation: int | None) -> None:
    """Make soft notes quieter, darker and less noisy; velocity 100 sounds like the recording.

    Args:
        patch: The patch to change.
        draft: The parts.
        noise_modulation: Number of the modulation of the noise level; None without noise.
    """
    patch.set(velocity_track=VELOCITY_TO_LEVEL)
    if draft.frames is not None:
        _darken_soft_notes(patch, draft)
    if noise_modulation is not None:
        recorded = VELOCITY / 127
        curve = line("Velocity", (0, 0), (recorded, 0.5), (1, 0.5 / recorded))
        _scale_noise(patch, "velocity", VELOCITY_TO_NOISE, noise_modulation, curve)


def _darken_soft_notes(patch: VitalPatch, draft: Draft) -> None:
    """Mix in a low-pass below velocity 100."""
    # The mix keeps its default 1, and the modulation lowers it to 0 at velocity 100. A mix that
    # differs from the previous patch would glide after loading.
    patch.set(
        filter_1_on=1, filter_1_cutoff=bright_note(draft), filter_1_keytrack=1,
        filter_1_resonance=0, filter_1_mix=1,
    )  # fmt: skip
    dry = 1 - SOFTEST_MIX
    curve = line("Velocity", (0, dry), (VELOCITY / 127, 1), (1, 1))
    patch.modulate("velocity", "filter_1_mix", -1.0, curve=curve)


def _scale_noise(
    patch: VitalPatch, source: str, amount: float, noise_modulation: int, curve: Shape | None = None
) -> None:
    """Scale the level of the noise: change both its base and its modulation."""
    patch.modulate(source, "sample_level", amount, bipolar=True, curve=curve)
    destination = f"modulation_{noise_modulation}_amount"
    patch.modulate(source, destination, -amount / 2, bipolar=True, curve=curve)


def add_macros(patch: VitalPatch, draft: Draft, noise_modulation: int | None) -> None:
    """Name and connect Vital's macros; in the middle, their start position, they have no effect.

    A macro without a function keeps Vital's own name: FORMANT if the partials are not harmonic,
    NOISE without noise, MOVEMENT without drawn curves.

    Args:
        patch: The patch to change.
        draft: The parts.
        noise_modulation: Number of the modulation of the noise level; None without noise.
    """
    patch.macro(BRIGHTNESS, MACRO_NAMES[BRIGHTNESS], 0.5)
    patch.set(eq_on=1, eq_high_cutoff=bright_note(draft))
    brightness = 2 * BRIGHTNESS_DB / GAIN_RANGE_DB
    patch.modulate(f"macro_control_{BRIGHTNESS}", "eq_high_gain", brightness, bipolar=True)
    if draft.frames is not None and draft.analysis.kind == SoundKind.HARMONIC:
        patch.macro(FORMANT, MACRO_NAMES[FORMANT], 0.5)
        add_formants(patch, draft)
        target = "osc_1_spectral_morph_amount"
        patch.modulate(f"macro_control_{FORMANT}", target, 2 * FORMANT_OCTAVE, bipolar=True)
    if noise_modulation is not None:
        patch.macro(NOISE_AMOUNT, MACRO_NAMES[NOISE_AMOUNT], 0.5)
        _scale_noise(patch, f"macro_control_{NOISE_AMOUNT}", 1.0, noise_modulation)
    if patch.drawn_lfos:
        patch.macro(MOVEMENT, MACRO_NAMES[MOVEMENT], 0.5)
    speed = 2 * SPEED_OCTAVES / RATE_RANGE_OCTAVES
    for slot in patch.drawn_lfos:
        patch.modulate(f"macro_control_{MOVEMENT}", f"lfo_{slot}_frequency", speed, bipolar=True)


def bright_note(draft: Draft) -> float:
    """Return the MIDI note of twice the spectral centroid, limited to useful cutoffs."""
    centroid = draft.analysis.centroid_hz
    return float(np.clip(69 + 12 * np.log2(max(2 * centroid, 20.0) / 440), *BRIGHT_NOTES))


def add_formants(patch: VitalPatch, draft: Draft) -> None:
    """Move the formants less than the note when the key changes."""
    patch.modulate(
        "note",
        "osc_1_spectral_morph_amount",
        -1.0,
        bipolar=True,
        curve=key_curve(draft.analysis.note, draft.tracking),
    )


def key_curve(root: int, tracking: FormantTracking) -> Shape:
    """Map the note (0..127 as 0..1) to 0.5 at the root, with a slope on each side of the root."""
    low, high = root - FORMANT_SPAN, root + FORMANT_SPAN
    notes = np.unique(np.clip(np.array([0, low, root, high, 127]), 0, 127))
    shift = np.clip((notes - root) / FORMANT_SPAN, -1, 1)
    share = np.where(shift < 0, tracking.below, tracking.above)
    return Shape("Formant tracking", notes / 127, 0.5 + 0.5 * share * shift)
