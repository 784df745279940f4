"""Find the frame of a spec's own wavetable that sounds most like the wave of a preset.

A Vital preset has its own wavetables, so its ``osc_1_wave_frame`` means nothing in another table.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from datasets.preset_tables.vital_frames import FRAME, keyframes

Spectrum = npt.NDArray[np.complex128]  # (FRAME / 2 + 1,)
Float64 = npt.NDArray[np.float64]
Json = Mapping[str, Any]

LAST = 256  # Vital renders a table at the positions 0 to 256.
HARMONICS = 128
FLOOR_DB = -60.0  # Quieter harmonics, relative to the loudest, count as silent.
SILENT = 1e-6
GRID_DB = 1e-3  # Distances are rounded, so every machine finds the same frame.
SPECTRAL = 1  # "interpolation" of a Wave Source: magnitudes and phases; 0 is a cross-fade in time.
NO_STEPS_BETWEEN = 0  # "interpolation_style": a keyframe holds until the next one.
INAUDIBLE = ("Phase Shift",)  # In a group of its own, it changes no magnitude.


def nearest_frame(table: object, frame: float, own: str) -> float | None:
    """Return the position in an own table that sounds most like a position in another one.

    Args:
        table: A wavetable in Vital's JSON, as the file has it.
        frame: Position in that table, 0..256.
        own: Name of the own table, such as ``shapes``.

    Returns:
        The position, 0..256. It is ``frame`` for the same table, and None for a table that cannot
        be read here: a silent one, or one with other components than keyframes of waves.
    """
    if _is_own(table, own):
        return frame
    levels = table_levels(table, frame)
    if levels is None:
        return None
    # Of the exponents 0 to 1.5, -60 dB and 128 harmonics, these chose the frames with the least J.
    weights = np.arange(1, HARMONICS + 1) ** -0.5
    distances = np.abs(_own_levels(own) - levels) @ (weights / weights.sum())
    return float(np.argmin(np.round(distances / GRID_DB)))


def table_levels(table: object, frame: float) -> Float64 | None:
    """Return the harmonics that a wavetable plays at a position.

    Args:
        table: A wavetable in Vital's JSON.
        frame: Position in it. Vital plays the nearest whole position, 0 to 256.

    Returns:
        Harmonics from 1 on in dB, relative to the loudest, (HARMONICS,). None for a table that
        cannot be read here.
    """
    wave = _wave(table, float(np.rint(min(max(frame, 0.0), float(LAST)))))
    if wave is None or not np.abs(wave[1 : HARMONICS + 1]).max() > SILENT:
        return None
    return _levels(wave)


def _levels(wave: Spectrum) -> Float64:
    """Return the harmonics from 1 on in dB, relative to the loudest."""
    magnitude = np.abs(wave[1 : HARMONICS + 1])
    least = magnitude.max() * 10 ** (FLOOR_DB / 20)
    return np.asarray(20 * np.log10(np.maximum(magnitude, least) / magnitude.max()), np.float64)


@lru_cache(maxsize=8)
def _own_levels(own: str) -> Float64:
    """Return the levels of an own table at every position, (LAST + 1, HARMONICS)."""
    source = {"type": "Wave Source", "interpolation": SPECTRAL, "keyframes": keyframes(own)}
    waves = [_source_wave(source, position) for position in range(LAST + 1)]
    return np.array([_levels(wave) for wave in waves if wave is not None])


def _is_own(table: object, own: str) -> bool:
    """Return whether a wavetable has exactly the keyframes of an own table."""
    groups = table.get("groups") if isinstance(table, dict) else None
    try:
        ((components,),) = [[group["components"] for group in groups or ()]]
        (component,) = components
        held = [(one["position"], one["wave_data"]) for one in component["keyframes"]]
    except (KeyError, TypeError, ValueError):
        return False
    return held == [(one["position"], one["wave_data"]) for one in keyframes(own)]


def _wave(table: object, position: float) -> Spectrum | None:
    """Return the spectrum of a wavetable at a position: the sum of its groups."""
    groups = table.get("groups") if isinstance(table, dict) else None
    if not isinstance(groups, list) or not groups:
        return None
    total = np.zeros(FRAME // 2 + 1, np.complex128)
    for group in groups:
        components = group.get("components") if isinstance(group, dict) else None
        if not isinstance(components, list) or not components:
            return None
        source, *modifiers = components
        kinds = [one.get("type") if isinstance(one, dict) else None for one in modifiers]
        wave = _source_wave(source, position)
        if wave is None or (kinds and (len(groups) > 1 or not set(kinds) <= set(INAUDIBLE))):
            return None
        total += wave
    return total


def _source_wave(source: object, position: float) -> Spectrum | None:
    """Return the spectrum of a Wave Source at a position, or None if it is none or damaged."""
    if not isinstance(source, dict) or source.get("type") != "Wave Source":
        return None
    frames = source.get("keyframes")
    if not isinstance(frames, list) or not frames:
        return None
    try:
        positions = [float(one["position"]) for one in frames]
        before, after, share = _neighbours(positions, position)
        start, end = _spectrum(frames[before]), _spectrum(frames[after])
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
    if source.get("interpolation_style", 1) == NO_STEPS_BETWEEN:
        return start
    if source.get("interpolation") == SPECTRAL:
        return _between_spectra(start, end, share)
    return np.asarray(start + share * (end - start))


def _neighbours(positions: Sequence[float], position: float) -> tuple[int, int, float]:
    """Return the keyframes around a position, and how far it is from the first to the second."""
    order = sorted(range(len(positions)), key=positions.__getitem__)
    earlier = [i for i in order if positions[i] <= position]
    later = [i for i in order if positions[i] > position]
    if not earlier or not later:
        only = earlier[-1] if earlier else later[0]
        return only, only, 0.0
    before, after = earlier[-1], later[0]
    width = positions[after] - positions[before]
    return before, after, (position - positions[before]) / width


def _spectrum(keyframe: Json) -> Spectrum:
    """Return the spectrum of a keyframe; ValueError if it is no finite frame."""
    wave = np.frombuffer(base64.b64decode(keyframe["wave_data"], validate=True), "<f4")
    if len(wave) != FRAME or not np.isfinite(wave).all():
        raise ValueError("no frame of 2048 finite samples")
    return np.fft.rfft(wave.astype(np.float64))


def _between_spectra(start: Spectrum, end: Spectrum, share: float) -> Spectrum:
    """Interpolate as Vital does: roots of magnitudes, and phases by the shorter way."""
    root = (1 - share) * np.sqrt(np.abs(start)) + share * np.sqrt(np.abs(end))
    turn = np.angle(end * start.conj())
    return np.asarray(root**2 * np.exp(1j * (np.angle(start) + share * turn)))
