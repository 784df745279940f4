"""Describe a sound by six numbers, one for each pair of tags.

All functions depend only on the audio and the note. The level does not matter, and silence is 0
everywhere.

A tag must describe the patch and not the played key. Therefore each measure is the textbook measure
with the lowest rank correlation with the note. It is at most 0.16 on 400 patches each of amsynth
and Vital over MIDI 36-84. Brightness in Vital is the exception: -0.36. In hertz it would be 0.34,
and 0.68 in amsynth.

Like `models.audio.features`, this file imports only numpy and scipy, because render workers load
it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from datasets.tags import PAIRS, TagPair
from models.audio.features import (
    Audio,
    FeatureSettings,
    Float32,
    apply_filterbank,
    is_silent,
    mel_filterbank,
    mono,
    power_spectrum,
)

Float64 = NDArray[np.float64]

DESCRIPTORS_VERSION = 1  # Part of every cache. Raise it when the numbers below change.
EMPTY = 1e-10  # -100 dB. Less power, relative to the clip's strongest bin, counts as empty.
LOWEST_HZ = 20.0  # Lower limit of a centroid. Lower frequencies are inaudible.
ENVELOPE_S = 0.01  # Length of one step of the envelope.
PARTIALS = 32  # Number of strongest peaks of a frame that roughness uses.
PARTIAL_RANGE = 1e-3  # -60 dB. Amplitude relative to the frame's strongest bin.
HARD_S = 0.05  # An attack of this length is half as hard as an instant one.
MOVING_DB = 40.0  # Frames that are quieter than the loudest one by this do not count as moving.
MOVING_BANDS = 24  # Wide bands. Noise fluctuates in narrow bands and would count as movement.
BODY = 2.5  # In fundamentals. Includes the fundamental, its octave and everything below.
FLAT_BINS = 16  # One band, 86 Hz. Wide enough for one partial and the valley beside it.


@dataclass(frozen=True, eq=False)
class AnalysedSound:
    """Hold a clip that is not silent, and the analyses that the descriptors share."""

    samples: Float32  # (n,) mono, peak 1
    sample_rate: int  # Hz.
    note: float  # MIDI, may be fractional.
    hold_s: float  # Seconds from note-on, at the first sample, to note-off.

    @property
    def f0_hz(self) -> float:
        """Return the fundamental of the played note in Hz."""
        return float(440 * 2 ** ((self.note - 69) / 12))

    @cached_property
    def settings(self) -> FeatureSettings:
        """Return the window (93 ms) and hop (46 ms) of the log-mel at this sample rate."""
        return FeatureSettings.for_rate(self.sample_rate)

    @cached_property
    def power(self) -> Float32:
        """Return |STFT|^2 relative to its maximum, shape (frames, bins)."""
        return relative_power(self.samples, self.settings.window)

    @cached_property
    def hertz(self) -> Float64:
        """Return the frequency of each bin, shape (bins,)."""
        bins = np.arange(self.power.shape[1], dtype=np.float64)
        return bins * np.float64(self.sample_rate / self.settings.window)

    @cached_property
    def energy(self) -> Float64:
        """Return the share of the clip's energy in each frame, shape (frames,), sum 1."""
        energy = self.power.sum(axis=1, dtype=np.float64)
        share: Float64 = energy / energy.sum()
        return share

    @cached_property
    def envelope(self) -> Float64:
        """Return the RMS of the held note in steps of 10 ms, at least one step."""
        step = round(ENVELOPE_S * self.sample_rate)
        steps = min(len(self.samples), round(self.hold_s * self.sample_rate)) // step
        held = self.samples[: max(1, steps) * step]
        squares = np.square(held, dtype=np.float64).reshape(max(1, steps), -1)
        envelope: Float64 = np.sqrt(squares.mean(axis=1))
        return envelope


def relative_power(samples: Float32, window: int) -> Float32:
    """Return |STFT|^2 of (n,) relative to its maximum, (frames, bins); windows overlap by half."""
    power = power_spectrum(samples, window, window // 2)
    power /= power.max()
    return power


def spectral_centroid(power: Float32, hertz: Float64) -> Float64:
    """Return the mean frequency of each row (frames, bins), weighted by magnitude: (frames,) in Hz.

    The result equals `librosa.feature.spectral_centroid`. It is 0 for an empty row.
    """
    magnitude = np.sqrt(power, dtype=np.float64)
    total = magnitude.sum(axis=1)
    # BLAS is avoided because its last bit depends on the number of cores.
    weighted = (magnitude * hertz).sum(axis=1)
    centroid = np.zeros(len(power))
    np.divide(weighted, total, out=centroid, where=total > 0)
    return centroid


def spectral_flatness(power: Float32) -> Float64:
    """Return the geometric mean over the arithmetic mean along the last axis.

    The result is 0 for one peak and 1 if all bins are equal. It equals
    `librosa.feature.spectral_flatness`, including its floor of 1e-10. White noise has 0.56, because
    the power of its bins is random itself. It is exponentially distributed, with a geometric mean
    of exp(-0.577).
    """
    kept = np.maximum(power, EMPTY, dtype=np.float64)
    flatness: Float64 = np.exp(np.log(kept).mean(axis=-1)) / kept.mean(axis=-1)
    return flatness


def brightness(sound: AnalysedSound) -> float:
    """Return the spectral centroid in octaves above the fundamental, about -2..8.

    Octaves match human hearing. The measure is relative to the fundamental, because a patch does
    not get brighter when it is played an octave higher. Frames are weighted by their energy, so a
    long tail does not make a pluck darker.
    """
    centroid = np.maximum(spectral_centroid(sound.power, sound.hertz), LOWEST_HZ)
    return float((np.log2(centroid / sound.f0_hz) * sound.energy).sum())


def aggressiveness(sound: AnalysedSound) -> float:
    """Return the geometric mean of `roughness` and `hardness`, 0 to about 1.

    Both are necessary. A grinding drone that fades in is not aggressive, and a sine with a hard
    attack is not either. Brightness does not count directly, because distant partials are not
    rough.
    """
    return float(np.sqrt(roughness(sound) * hardness(sound)))


def roughness(sound: AnalysedSound) -> float:
    """Return the mean dissonance per partial within critical bands, 0 to about 1.5.

    The curve is Plomp and Levelt's as given by Sethares (1993, "Local consonance and the
    relationship between timbre and scale"). It is summed over all pairs of a frame's strongest
    peaks. The sum is divided by the sum of their amplitudes. Critical bands belong to human
    hearing, so the frequencies are absolute.
    """
    hertz, strength = _partials(sound)
    low = np.minimum(hertz[:, :, None], hertz[:, None, :])
    interval = np.abs(hertz[:, :, None] - hertz[:, None, :]) * 0.24 / (0.0207 * low + 18.96)
    clash = np.exp(-3.51 * interval) - np.exp(-5.75 * interval)
    pairs = (np.minimum(strength[:, :, None], strength[:, None, :]) * clash).sum(axis=(1, 2)) / 2
    total = strength.sum(axis=1)
    per_partial = np.divide(pairs, total, out=np.zeros_like(total), where=total > 0)
    return float((per_partial * sound.energy).sum())


def _partials(sound: AnalysedSound) -> tuple[Float64, Float64]:
    """Return Hz and amplitude (frames, PARTIALS) of each frame's strongest peaks.

    Missing peaks have amplitude 0.
    """
    magnitude = np.sqrt(sound.power, dtype=np.float64)
    middle = magnitude[:, 1:-1]
    peak = (middle > magnitude[:, :-2]) & (middle >= magnitude[:, 2:])
    peak &= middle > PARTIAL_RANGE * magnitude.max(axis=1, keepdims=True)
    strength = np.where(peak, middle, 0.0)
    strongest = np.argsort(-strength, axis=1, kind="stable")[:, :PARTIALS]
    return sound.hertz[1:-1][strongest], np.take_along_axis(strength, strongest, axis=1)


def hardness(sound: AnalysedSound) -> float:
    """Return 1 for an instant attack, 1/2 for 50 ms, and close to 0 for a slow attack.

    The attack is the time from 10 % to 80 % of the envelope's peak.
    """
    peak = sound.envelope.max()
    steps = (sound.envelope >= 0.8 * peak).argmax() - (sound.envelope >= 0.1 * peak).argmax()
    return float(1 / (1 + steps * ENVELOPE_S / HARD_S))


def movement(sound: AnalysedSound) -> float:
    """Return how fast level and spectrum change during the hold, in dB per second, 0 to about 300.

    The measured part begins after the attack. It ends when the sound has decayed or the key is
    released. Only changes of direction count in the level, because a steady fall is a decay. The
    flux of the log-mel relative to the level is added to them, with bands weighted by amplitude.
    """
    mel, seconds = _sustained(sound)
    if mel.shape[1] < 3:
        return 0.0
    floor = 10 ** (-MOVING_DB / 10)
    total = mel.sum(axis=0)
    level = 10 * np.log10(np.maximum(total / total.max(), floor))
    turns = np.abs(np.diff(level)).sum() - abs(level[-1] - level[0])
    shape = 10 * np.log10(np.maximum(mel / np.maximum(mel.max(axis=0), 1e-30), floor))
    weight = np.sqrt(mel) / np.maximum(np.sqrt(mel).sum(axis=0), 1e-15)
    # A band that is loud in only one of two frames would count as a jump from an arbitrary floor.
    weight = np.minimum(weight[:, 1:], weight[:, :-1])
    audible = np.minimum(level[1:], level[:-1]) > -MOVING_DB
    flux = (weight * np.abs(np.diff(shape, axis=1)))[:, audible].sum()
    return float((turns + flux) / seconds)


def _sustained(sound: AnalysedSound) -> tuple[Float64, float]:
    """Return the power (bands, frames) in wide mel bands of the sustained part, and its seconds."""
    settings = sound.settings
    first = settings.window // 2 // settings.hop  # Skips frames that begin before the note.
    last = max(first, int(sound.hold_s * sound.sample_rate) // settings.hop - first)
    edges = settings.fmin, min(settings.fmax, sound.sample_rate / 2)
    bank = mel_filterbank(sound.sample_rate, settings.window, MOVING_BANDS, *edges)
    mel = apply_filterbank(bank, sound.power[first : last + 1]).astype(np.float64)
    level = mel.sum(axis=0)
    if mel.shape[1] == 0 or level.max() <= 0:
        return np.zeros((MOVING_BANDS, 0)), 0.0
    attacked = int((level >= level.max() / 2).argmax())
    audible = np.flatnonzero(level > level.max() * 10 ** (-MOVING_DB / 10))
    mel = mel[:, attacked : int(audible[-1]) + 1]
    return mel, (mel.shape[1] - 1) * settings.hop / sound.sample_rate


def sustain(sound: AnalysedSound) -> float:
    """Return the temporal centroid of the held note's RMS envelope, as a share of the hold, 0..1.

    A steady tone has 0.5, a short pluck almost 0, and a swell more than 0.5.
    """
    middles = (np.arange(len(sound.envelope)) + 0.5) / len(sound.envelope)
    total = sound.envelope.sum()
    return float((sound.envelope * middles).sum() / total) if total > 0 else 0.0


def thickness(sound: AnalysedSound) -> float:
    """Return the share of energy below 2.5 fundamentals, 0..1: fundamental, octave and subs."""
    low = sound.power[:, sound.hertz < BODY * sound.f0_hz].sum(dtype=np.float64)
    return float(low / sound.power.sum(dtype=np.float64))


def noisiness(sound: AnalysedSound) -> float:
    """Return the spectral flatness in bands of 86 Hz: 0 for tones, 0.6 for noise, 1 for a click.

    Bands are weighted by their energy. They make dark noise as noisy as white noise. Energy between
    the harmonics of the note does not count as noise, because detuned, sub and inharmonic partials
    are tones too. The window of 186 ms separates the partials of the lowest notes.
    """
    power = relative_power(sound.samples, 2 * sound.settings.window)
    bands = power[:, : power.shape[1] // FLAT_BINS * FLAT_BINS].reshape(-1, FLAT_BINS)
    energy = bands.sum(axis=1, dtype=np.float64)
    kept = energy > EMPTY  # Most bands of most sounds are empty.
    flatness = spectral_flatness(bands[kept])
    return float((flatness * energy[kept]).sum() / energy[kept].sum())


@dataclass(frozen=True)
class Descriptor:
    """Describe one measure of a sound: its name, unit and function."""

    name: str
    unit: str
    measure: Callable[[AnalysedSound], float]

    @property
    def pair(self) -> TagPair:
        """Return the pair of tags that this descriptor decides."""
        return next(pair for pair in PAIRS if pair.descriptor == self.name)


DESCRIPTORS: dict[str, Descriptor] = {
    found.name: found
    for found in (
        Descriptor("brightness", "octaves", brightness),
        Descriptor("aggressiveness", "", aggressiveness),
        Descriptor("movement", "dB/s", movement),
        Descriptor("sustain", "of the hold", sustain),
        Descriptor("thickness", "of the energy", thickness),
        Descriptor("noisiness", "", noisiness),
    )
}


def describe(
    audio: Audio, sample_rate: int, note: float, hold_s: float | None = None
) -> dict[str, float]:
    """Return every descriptor of a clip by name: finite values, 0 for silence.

    Args:
        audio: Clip of shape (n,) or (channels, n).
        sample_rate: Sample rate in Hz.
        note: Played MIDI note, may be fractional.
        hold_s: Seconds until the key is released. Default: the whole clip.

    Returns:
        The value of each descriptor in `DESCRIPTORS`.

    Raises:
        ValueError: The audio is empty or not finite (see `features.mono`).

    >>> describe(np.zeros(44100, np.float32), 44100, 60)["brightness"]
    0.0
    """
    samples = mono(audio)
    if is_silent(samples):
        return dict.fromkeys(DESCRIPTORS, 0.0)
    samples = samples / max(samples.max(), -samples.min())
    hold = len(samples) / sample_rate if hold_s is None else hold_s
    sound = AnalysedSound(samples, sample_rate, note, hold)
    return {name: descriptor.measure(sound) for name, descriptor in DESCRIPTORS.items()}
