"""A preset in the making: the parts that a correction changes, and how they become a patch."""

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

AMPLITUDE_POINTS = 32  # the frames take over what these miss
LOOPED_AMPLITUDE_POINTS = 48  # drawn twice, forth and back, of the 100 that Vital has
NOISE_POINTS = 40
HEADROOM = 0.98  # of the range of Vital's levels


@dataclass(frozen=True)
class Draft:
    """All parts of a preset, before they become a patch.

    Attributes:
        analysis: of the sound.
        options: of the resynthesis.
        timeline: of the curves.
        frames: spectra and amplitude curve; None for a percussive sound.
        pitch: None for a percussive sound.
        tracking: how far the formants stay when the note moves.
        gains: corrections of each harmonic in each frame, (K, harmonics).
        noise: the noise before it is flattened, shape (n,); zeros where there is none.
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
        """Return how long a key is held for the note to last as recorded, seconds."""
        clip_s = len(self.analysis.samples) / self.analysis.sample_rate
        return clip_s if self.timeline.loop_start_s is None else self.timeline.duration_s

    def noise_layer(self) -> NoiseLayer | None:
        """Return the noise as a flat sample and a curve; None where it is silent."""
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
        analysis: of the sound.
        options: of the resynthesis.
        second: the same instrument at another note, if there is one.
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
