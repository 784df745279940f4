"""Describe a sound by six numbers, one for each pair of tags.

Pure functions of the audio and the note played. Level does not matter, and silence is 0 everywhere.
A tag must describe the patch and not the key that was struck, so of several textbook measures the
one was taken whose rank correlation with the note is least: at most 0.16 on 400 patches each of
amsynth and Vital over MIDI 36-84, save brightness in Vital (-0.36; in hertz it is 0.34, and 0.68 in
amsynth). numpy and scipy alone, as `models.audio.features`: render workers load this file.
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

DESCRIPTORS_VERSION = 1  # part of every cache: raise it when the numbers below change
EMPTY = 1e-10  # -100 dB: power under it, relative to the clip's strongest bin, is nothing
LOWEST_HZ = 20.0  # a centroid below it is of a sound that is not heard
ENVELOPE_S = 0.01  # of one step of the envelope
PARTIALS = 32  # strongest peaks of a frame that roughness looks at
PARTIAL_RANGE = 1e-3  # -60 dB: amplitude relative to the frame's strongest bin
HARD_S = 0.05  # an attack of this length is half as hard as an instant one
MOVING_DB = 40.0  # quieter than this under the loudest frame, nothing moves
MOVING_BANDS = 24  # wide ones: in narrow ones noise flickers as if it were moving
BODY = 2.5  # fundamentals: below it lie the fundamental, its octave, and what is under them
FLAT_BINS = 16  # in one band, 86 Hz: wide enough for one partial and the valley beside it


@dataclass(frozen=True, eq=False)
class AnalysedSound:
    """A clip that is not silent, with the analyses that descriptors share."""

    samples: Float32  # (n,) mono, peak 1
    sample_rate: int  # Hz
    note: float  # MIDI, may be fractional
    hold_s: float  # seconds from note-on, at the first sample, to note-off

    @property
    def f0_hz(self) -> float:
        """The fundamental of the note played."""
        return float(440 * 2 ** ((self.note - 69) / 12))

    @cached_property
    def settings(self) -> FeatureSettings:
        """Window (93 ms) and hop (46 ms) at this sample rate: those of the log-mel."""
        return FeatureSettings.for_rate(self.sample_rate)

    @cached_property
    def power(self) -> Float32:
        """|STFT|^2 relative to its maximum (frames, bins)."""
        return relative_power(self.samples, self.settings.window)

    @cached_property
    def hertz(self) -> Float64:
        """Frequency of each bin (bins,)."""
        bins = np.arange(self.power.shape[1], dtype=np.float64)
        return bins * np.float64(self.sample_rate / self.settings.window)

    @cached_property
    def energy(self) -> Float64:
        """Share of the clip's energy in each frame (frames,), summing to 1."""
        energy = self.power.sum(axis=1, dtype=np.float64)
        share: Float64 = energy / energy.sum()
        return share

    @cached_property
    def envelope(self) -> Float64:
        """RMS of the held note in steps of 10 ms; at least one step."""
        step = round(ENVELOPE_S * self.sample_rate)
        steps = min(len(self.samples), round(self.hold_s * self.sample_rate)) // step
        held = self.samples[: max(1, steps) * step]
        squares = np.square(held, dtype=np.float64).reshape(max(1, steps), -1)
        envelope: Float64 = np.sqrt(squares.mean(axis=1))
        return envelope


def relative_power(samples: Float32, window: int) -> Float32:
    """|STFT|^2 of (n,), half overlapped, relative to its maximum: (frames, bins)."""
    power = power_spectrum(samples, window, window // 2)
    power /= power.max()
    return power


def spectral_centroid(power: Float32, hertz: Float64) -> Float64:
    """Mean frequency of each row of (frames, bins), weighted by magnitude: (frames,) Hz.

    As `librosa.feature.spectral_centroid`; 0 where a row is empty.
    """
    magnitude = np.sqrt(power, dtype=np.float64)
    total = magnitude.sum(axis=1)
    # Not by BLAS, whose last bit depends on the number of cores.
    weighted = (magnitude * hertz).sum(axis=1)
    centroid = np.zeros(len(power))
    np.divide(weighted, total, out=centroid, where=total > 0)
    return centroid


def spectral_flatness(power: Float32) -> Float64:
    """Geometric over arithmetic mean along the last axis: 0 for one peak, 1 where all bins agree.

    As `librosa.feature.spectral_flatness`, its floor of 1e-10 included. White noise has 0.56: the
    power of its bins is itself random (exponential, whose geometric mean is exp(-0.577)).
    """
    kept = np.maximum(power, EMPTY, dtype=np.float64)
    flatness: Float64 = np.exp(np.log(kept).mean(axis=-1)) / kept.mean(axis=-1)
    return flatness


def brightness(sound: AnalysedSound) -> float:
    """Spectral centroid in octaves above the fundamental; about -2..8.

    Octaves, as brightness is heard; relative to the fundamental, because the same patch an octave
    up is not a brighter patch. Frames count by their energy: a tail does not darken a pluck.
    """
    centroid = np.maximum(spectral_centroid(sound.power, sound.hertz), LOWEST_HZ)
    return float((np.log2(centroid / sound.f0_hz) * sound.energy).sum())


def aggressiveness(sound: AnalysedSound) -> float:
    """Geometric mean of `roughness` and of the attack's `hardness`; 0 to about 1.

    Both are needed: a grinding drone that fades in is no aggressive sound, nor is a sine struck
    hard. Brightness alone does not enter: partials far from each other are not rough.
    """
    return float(np.sqrt(roughness(sound) * hardness(sound)))


def roughness(sound: AnalysedSound) -> float:
    """How much partials clash within critical bands: mean dissonance per partial; 0 to about 1.5.

    Plomp and Levelt's curve as Sethares gives it (1993, "Local consonance and the relationship
    between timbre and scale"), summed over all pairs among the strongest peaks of a frame and
    divided by the sum of their amplitudes. Critical bands are of the ear: frequencies are absolute.
    """
    hertz, strength = _partials(sound)
    low = np.minimum(hertz[:, :, None], hertz[:, None, :])
    apart = np.abs(hertz[:, :, None] - hertz[:, None, :]) * 0.24 / (0.0207 * low + 18.96)
    clash = np.exp(-3.51 * apart) - np.exp(-5.75 * apart)
    pairs = (np.minimum(strength[:, :, None], strength[:, None, :]) * clash).sum(axis=(1, 2)) / 2
    total = strength.sum(axis=1)
    per_partial = np.divide(pairs, total, out=np.zeros_like(total), where=total > 0)
    return float((per_partial * sound.energy).sum())


def _partials(sound: AnalysedSound) -> tuple[Float64, Float64]:
    """Hz and amplitude (frames, PARTIALS) of each frame's strongest peaks; 0 where it has fewer."""
    magnitude = np.sqrt(sound.power, dtype=np.float64)
    middle = magnitude[:, 1:-1]
    peak = (middle > magnitude[:, :-2]) & (middle >= magnitude[:, 2:])
    peak &= middle > PARTIAL_RANGE * magnitude.max(axis=1, keepdims=True)
    strength = np.where(peak, middle, 0.0)
    strongest = np.argsort(-strength, axis=1, kind="stable")[:, :PARTIALS]
    return sound.hertz[1:-1][strongest], np.take_along_axis(strength, strongest, axis=1)


def hardness(sound: AnalysedSound) -> float:
    """1 for an instant attack, 1/2 for one of 50 ms, towards 0 for a slow one.

    The attack is the time from a tenth to eight tenths of the envelope's peak.
    """
    peak = sound.envelope.max()
    steps = (sound.envelope >= 0.8 * peak).argmax() - (sound.envelope >= 0.1 * peak).argmax()
    return float(1 / (1 + steps * ENVELOPE_S / HARD_S))


def movement(sound: AnalysedSound) -> float:
    """How fast level and spectrum change while the key is held, in dB per second; 0 to about 300.

    From the end of the attack to where the sound has died away or the key is let go. Of the level
    only turns count: falling all the time is decay, not movement. To them is added the flux of the
    log-mel relative to the level, bands counting by their amplitude.
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
    # What is loud in one frame only would count as a jump from a floor chosen by us.
    weight = np.minimum(weight[:, 1:], weight[:, :-1])
    heard = np.minimum(level[1:], level[:-1]) > -MOVING_DB
    flux = (weight * np.abs(np.diff(shape, axis=1)))[:, heard].sum()
    return float((turns + flux) / seconds)


def _sustained(sound: AnalysedSound) -> tuple[Float64, float]:
    """Power (bands, frames) in wide mel bands of the sustained part, and its length in seconds."""
    settings = sound.settings
    first = settings.window // 2 // settings.hop  # frames that begin before the note are left out
    last = max(first, int(sound.hold_s * sound.sample_rate) // settings.hop - first)
    edges = settings.fmin, min(settings.fmax, sound.sample_rate / 2)
    bank = mel_filterbank(sound.sample_rate, settings.window, MOVING_BANDS, *edges)
    mel = apply_filterbank(bank, sound.power[first : last + 1]).astype(np.float64)
    level = mel.sum(axis=0)
    if mel.shape[1] == 0 or level.max() <= 0:
        return np.zeros((MOVING_BANDS, 0)), 0.0
    attacked = int((level >= level.max() / 2).argmax())
    heard = np.flatnonzero(level > level.max() * 10 ** (-MOVING_DB / 10))
    mel = mel[:, attacked : int(heard[-1]) + 1]
    return mel, (mel.shape[1] - 1) * settings.hop / sound.sample_rate


def sustain(sound: AnalysedSound) -> float:
    """Temporal centroid of the RMS envelope of the held note, as a share of the hold; 0..1.

    A level tone has 0.5, a short pluck nearly 0, a swell more than 0.5.
    """
    middles = (np.arange(len(sound.envelope)) + 0.5) / len(sound.envelope)
    total = sound.envelope.sum()
    return float((sound.envelope * middles).sum() / total) if total > 0 else 0.0


def thickness(sound: AnalysedSound) -> float:
    """Share of the energy below 2.5 fundamentals, 0..1: the fundamental, its octave, and subs."""
    low = sound.power[:, sound.hertz < BODY * sound.f0_hz].sum(dtype=np.float64)
    return float(low / sound.power.sum(dtype=np.float64))


def noisiness(sound: AnalysedSound) -> float:
    """Spectral flatness within bands of 86 Hz, by their energy: 0 tones, 0.6 noise, 1 a click.

    Within bands, so that a dark noise is as noisy as a white one. What lies off the harmonics of
    the note is not taken for noise: detuned, sub and inharmonic partials are tones too. A window of
    186 ms parts the partials of the lowest notes.
    """
    power = relative_power(sound.samples, 2 * sound.settings.window)
    bands = power[:, : power.shape[1] // FLAT_BINS * FLAT_BINS].reshape(-1, FLAT_BINS)
    energy = bands.sum(axis=1, dtype=np.float64)
    kept = energy > EMPTY  # most bands of most sounds hold nothing
    flatness = spectral_flatness(bands[kept])
    return float((flatness * energy[kept]).sum() / energy[kept].sum())


@dataclass(frozen=True)
class Descriptor:
    """A measure of a sound, and the words for its two ends."""

    name: str
    unit: str
    measure: Callable[[AnalysedSound], float]

    @property
    def pair(self) -> TagPair:
        """The tags that it decides."""
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
    """Every descriptor of a clip (n,) or (channels, n) by its name; finite, 0 for silence.

    ``note`` is the MIDI note played, ``hold_s`` the seconds until the key was let go (default: the
    whole clip). Raises ValueError for audio that is empty or not finite (see `features.mono`).

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
