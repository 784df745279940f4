"""Make the draft of a preset: the parts that a correction changes before they become a patch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.audio.noise_bands import measure_bands, shaped_noise
from models.audio.sound_kind import SoundKind
from models.resynthesis.analysis import SoundAnalysis
from models.resynthesis.formants import FormantTracking, choose_tracking
from models.resynthesis.frames import FrameSequence, make_frames
from models.resynthesis.noise import NoiseLayer, make_noise_layer
from models.resynthesis.noise_match import follow
from models.resynthesis.options import ResynthesisOptions
from models.resynthesis.pitch_curve import PitchCurve, make_pitch_curve
from models.resynthesis.timeline import Timeline, plan_timeline

Float64 = npt.NDArray[np.float64]

AMPLITUDE_POINTS = 32  # The frames correct the error of so few points.
LOOPED_AMPLITUDE_POINTS = 48  # Drawn twice, forward and back; Vital takes 100 points.
NOISE_POINTS = 40
HEADROOM = 0.98  # Largest share of Vital's level range that a preset uses.


@dataclass(frozen=True)
class Draft:
    """Hold all parts of a preset, before they become a patch.

    Attributes:
        analysis: Analysis of the sound.
        options: Options of the resynthesis.
        timeline: Times of the curves.
        frames: Spectra and amplitude curve; None for a percussive sound.
        pitch: Pitch curve; None for a percussive sound.
        tracking: Formant tracking below and above the note.
        gains: Corrections of each harmonic in each frame, shape (K, harmonics).
        noise: The noise before it is flattened, shape (n,); zeros if there is no noise.
    """

    analysis: SoundAnalysis
    options: ResynthesisOptions
    timeline: Timeline
    frames: FrameSequence | None
    pitch: PitchCurve | None
    tracking: FormantTracking
    gains: Float64
    noise: Float64

    @property
    def hold_s(self) -> float:
        """Return the seconds to hold a key to play the note with its recorded length."""
        clip_s = len(self.analysis.samples) / self.analysis.sample_rate
        return clip_s if self.timeline.loop_start_s is None else self.timeline.duration_s

    def noise_layer(self) -> NoiseLayer | None:
        """Return the noise as a flat sample and a level curve; None if it is silent."""
        return make_noise_layer(
            self.noise,
            self.analysis.sample_rate,
            self.timeline.duration_s,
            NOISE_POINTS,
            self.timeline.loop_start_s,
        )

    def corrected(self, gains: Float64, noise: Float64) -> Draft:
        """Return the draft with other gains and another noise."""
        return replace(self, gains=gains, noise=noise)


def make_draft(
    analysis: SoundAnalysis, options: ResynthesisOptions, second: SoundAnalysis | None = None
) -> Draft:
    """Make the open-loop draft of an analysed sound.

    Args:
        analysis: Analysis of the sound.
        options: Options of the resynthesis.
        second: Analysis of the same instrument at another note, if there is one.

    Returns:
        The draft, with all gains 1.
    """
    tracking = choose_tracking(analysis, options.formant_tracking, second)
    timeline = plan_timeline(analysis, options.loop == "auto")
    noise = np.zeros_like(analysis.samples)
    if options.noise or analysis.kind == SoundKind.PERCUSSIVE:
        bands = measure_bands(analysis.residual, analysis.sample_rate)
        noise = shaped_noise(bands, options.seed)
        noise = follow(noise, analysis.residual, analysis.sample_rate)
        noise[round(analysis.duration_s * analysis.sample_rate) :] = 0.0
    if analysis.harmonics is None:
        return Draft(analysis, options, timeline, None, None, tracking, np.ones((0, 0)), noise)
    frames = make_frames(
        analysis.harmonics,
        timeline.duration_s,
        options.frames,
        AMPLITUDE_POINTS if timeline.loop_start_s is None else LOOPED_AMPLITUDE_POINTS,
        timeline.loop_start_s,
    )
    pitch = make_pitch_curve(analysis.harmonics, analysis.note, timeline)
    gains = np.ones(frames.spectra.shape)
    return Draft(analysis, options, timeline, frames, pitch, tracking, gains, noise)
