"""Transform clips to complex spectra and back, with windows that overlap by seven eighths."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft

from models.audio.features import cut_frames, hann

Float32 = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complexfloating]

WINDOW_S = 0.0464  # 2048 samples at 44.1 kHz.
OVERLAP = 8  # Windows over one sample.


def window_of(sample_rate: int) -> int:
    """Return the window in samples: the power of two nearest to 46 ms.

    >>> window_of(44100), window_of(8000)
    (2048, 512)
    """
    return int(2 ** round(np.log2(sample_rate * WINDOW_S)))


def spectra(samples: npt.NDArray[np.floating], window: int) -> Complex:
    """Return the STFT of a clip, a frame every ``window / 8`` samples from its start.

    Args:
        samples: Mono audio, (n,).
        window: Samples in the window.

    Returns:
        Spectra, (frames, window // 2 + 1).
    """
    frames = cut_frames(np.asarray(samples, np.float32), window, window // OVERLAP)
    return np.asarray(scipy.fft.rfft(frames * hann(window), axis=1))


def samples_of(spectrum: Complex, window: int, length: int) -> Float32:
    """Return the clip whose STFT is nearest to given spectra.

    Args:
        spectrum: Spectra, (frames, window // 2 + 1).
        window: Samples in the window.
        length: Samples to return.

    Returns:
        Mono audio, (length,).
    """
    hop = window // OVERLAP
    frames = scipy.fft.irfft(spectrum, window, axis=1) * hann(window)
    blocks = len(frames) + OVERLAP
    total, weight = np.zeros((blocks, hop)), np.zeros((blocks, hop))
    square = (hann(window) ** 2).reshape(OVERLAP, hop)
    for part in range(OVERLAP):
        total[part : part + len(frames)] += frames[:, part * hop : (part + 1) * hop]
        weight[part : part + len(frames)] += square[part]
    found = (total / np.maximum(weight, 1e-3)).ravel()[window // 2 :]
    clip = np.zeros(length, np.float32)
    clip[: len(found[:length])] = found[:length]
    return clip
