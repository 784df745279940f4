"""Bring the log-mel of a note of any length to the hold and length that a model was trained on.

A model's clips are all held for the same time, for example 2 of 3 s. For another note, the frames
before its release are repeated or left out until the release is where the model expects it. The
frames after the release follow. A search does this with its target and with its renders, so both
stay comparable with what the model predicts.

Render workers load this module, so it does not import torch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.audio.features import Audio, FeatureSettings, Float32, log_mel

TREND_SHARE = 0.5  # The trend of a repeated frame is measured over this share of the held frames.
LEAST_TREND = 4  # Frames; a shorter part has no trend.


@dataclass(frozen=True)
class TrainedForm:
    """Hold the times of a note, and of the clips that a model was trained on.

    Attributes:
        hold_s: Seconds from the onset of the note to its release.
        length_s: Seconds from its onset to its end.
        trained_hold_s: Hold of the model's clips, seconds.
    """

    hold_s: float
    length_s: float
    trained_hold_s: float

    @property
    def times(self) -> tuple[float, float]:
        """Return hold and length of a render, seconds."""
        return self.hold_s, self.length_s


def trained_mel(
    audio: Audio, settings: FeatureSettings, note: float | None, form: TrainedForm | None
) -> Float32:
    """Return the log-mel of a note in the form that a model was trained on.

    Args:
        audio: Shape (n,) or (channels, n), from the onset.
        settings: The model's analysis; its length is that of the model's clips.
        note: MIDI note of the audio.
        form: Times of the note and of the model's clips; None for audio in that form already.

    Returns:
        The image, shape (bands, frames) of the settings.
    """
    if form is None or abs(form.hold_s - form.trained_hold_s) < 0.5 * settings.hop_s:
        return log_mel(audio, settings, note)
    own = replace(settings, duration_s=max(form.length_s, settings.hop_s))
    mel = log_mel(audio, own, note)
    trained = round(form.trained_hold_s / settings.hop_s)
    held = min(max(1, round(form.hold_s / settings.hop_s)), mel.shape[1])
    kept = _extended(mel[:, :held], trained, settings.floor_db)
    is_released = form.length_s - form.hold_s > settings.hop_s
    if is_released:  # else nothing shows what follows the hold
        kept = kept[:, :trained]
    return _fitted(np.concatenate([kept, mel[:, held:]], axis=1), settings)


def _extended(held: Float32, frames: int, floor_db: float) -> Float32:
    """Repeat the last whole frame until there are ``frames``; it goes on falling as before."""
    missing = frames - held.shape[1]
    if missing <= 0:
        return held
    steps = np.arange(1, missing + 1, dtype=np.float32) * _fall_db(held)
    return np.concatenate([held, np.maximum(held[:, -1:] + steps, floor_db)], axis=1)


def _fall_db(held: Float32) -> float:
    """Return the change of the level per frame at the end of the hold in dB, at most 0."""
    level = 10 * np.log10((10 ** (held / 10)).sum(axis=0))
    part = level[int(len(level) * (1 - TREND_SHARE)) :]
    if len(part) < LEAST_TREND:
        return 0.0
    return min(0.0, float(np.polyfit(np.arange(len(part)), part, 1)[0]))


def _fitted(mel: Float32, settings: FeatureSettings) -> Float32:
    """Cut or pad an image to the model's frames, and set its maximum to 0 dB."""
    image = np.full((mel.shape[0], settings.frames), settings.floor_db, np.float32)
    count = min(settings.frames, mel.shape[1])
    image[:, :count] = mel[:, :count]
    peak = image.max()
    if peak <= settings.floor_db:
        return image
    return np.asarray(np.maximum(image - peak, settings.floor_db), np.float32)
