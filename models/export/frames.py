"""Make wavetable frames from harmonics, and check them before they are written."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]

FRAME_SIZE = 2048  # samples in a frame of Vital and Serum


def frames_of_harmonics(spectra: npt.NDArray[np.complexfloating]) -> Float64:
    """Return one period of each frame, x(c) = Re sum_k spectra[k - 1] exp(2 pi i k c).

    Args:
        spectra: Complex amplitudes of harmonics 1, 2, ..., (K, harmonics), at most 1023.

    Returns:
        Samples, (K, FRAME_SIZE).
    """
    bins = np.zeros((len(spectra), FRAME_SIZE // 2 + 1), np.complex128)
    bins[:, 1 : spectra.shape[1] + 1] = spectra * (FRAME_SIZE / 2)
    return np.asarray(np.fft.irfft(bins, FRAME_SIZE, axis=1))


def checked_frames(waves: Float64, most: int) -> Float32:
    """Return frames as float32, scaled to a peak of 1 over all samples.

    Args:
        waves: Samples, shape (frames, samples), at least one frame.
        most: Number of frames that the format can hold.

    Returns:
        Samples in -1..1, shape (frames, samples).

    Raises:
        AudioError: There is no frame, there are too many, all are silent, or a value is not finite.
    """
    if waves.ndim != 2 or waves.size == 0:
        raise AudioError(f"a wavetable has shape {waves.shape}: give (frames, samples)")
    if len(waves) > most:
        raise AudioError(f"{len(waves)} frames: this format takes at most {most}")
    if not np.isfinite(waves).all():
        raise AudioError("a wavetable frame has NaN or infinite samples: give finite ones")
    peak = float(np.abs(waves).max())
    if peak == 0:
        raise AudioError("the wavetable is silent: give at least one sample that is not 0")
    return np.asarray(waves / peak, np.float32)
