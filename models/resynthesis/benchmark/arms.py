"""Make the presets to compare: parts of the method, and upper bounds with the recording itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.resynthesis.analysis import SoundAnalysis
from models.resynthesis.draft import Draft, make_draft
from models.resynthesis.options import ResynthesisOptions
from models.resynthesis.timeline import Timeline
from models.resynthesis.vital.patch import VitalPatch
from models.resynthesis.vital.wiring import wire


@dataclass(frozen=True)
class Arm:
    """Hold a preset of the comparison, and the time to hold its key.

    Attributes:
        preset: Content of a `.vital` file.
        hold_s: Seconds to hold the key to play the note with its recorded length.
    """

    preset: bytes
    hold_s: float


def arm_presets(draft: Draft, title: str) -> dict[str, Arm]:
    """Return the presets of the comparison by name, made from the open-loop draft.

    `one_frame` has one static frame with an amplitude curve. `wavetable` has no noise.
    `sampled_residual` plays the residual of the recording as its noise, and `whole_sample` plays
    the whole recording. These two are upper bounds only: no method may use the recording itself.
    """
    drafts = {"sampled_residual": _with_residual(draft), "whole_sample": _whole(draft)}
    if draft.frames is not None:
        for name, frames in (("one_frame", 1), ("wavetable", draft.options.frames)):
            options = replace(draft.options, frames=frames, noise=False)
            drafts[name] = make_draft(draft.analysis, options)
    return {name: Arm(_bytes(arm, title), arm.hold_s) for name, arm in drafts.items()}


def sampler_preset(analysis: SoundAnalysis, title: str) -> bytes:
    """Return a preset that plays the recording as a sample, resampled for each key."""
    patch = VitalPatch(title)
    samples = analysis.samples[: round(analysis.duration_s * analysis.sample_rate)]
    patch.sample("Recording", samples / np.abs(samples).max(), analysis.sample_rate)
    patch.set(
        sample_on=1, sample_loop=0, sample_keytrack=1, sample_transpose=60 - analysis.note,
        sample_random_phase=0, sample_destination=3,
    )  # fmt: skip
    return patch.to_bytes()


def sized_presets(
    analysis: SoundAnalysis, options: ResynthesisOptions, title: str
) -> dict[int, bytes]:
    """Return open-loop presets with 8, 16, 32, 64 and 128 frames.

    Args:
        analysis: Analysis of the sound.
        options: Options of the resynthesis.
        title: Name of the presets.

    Returns:
        Content of a `.vital` file by number of frames.
    """
    sizes = (8, 16, 32, 64, 128)
    return {
        size: _bytes(make_draft(analysis, replace(options, frames=size)), title) for size in sizes
    }


def _with_residual(draft: Draft) -> Draft:
    end = round(draft.analysis.duration_s * draft.analysis.sample_rate)
    noise = draft.analysis.residual.copy()
    noise[end:] = 0.0
    return replace(draft, noise=noise)


def _whole(draft: Draft) -> Draft:
    timeline = Timeline(draft.analysis.duration_s)
    return replace(draft, timeline=timeline, frames=None, pitch=None, noise=draft.analysis.samples)


def _bytes(draft: Draft, title: str) -> bytes:
    return wire(draft, title).patch.to_bytes()
