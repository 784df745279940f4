"""Compute the noise of Vital's template.

Vital draws a new init noise sample for every instance, so two synths with the same patch would not
be bit-equal.
"""

from __future__ import annotations

import base64

import numpy as np

NOISE_SEED = 20200101


def white_noise(sample_rate: int = 44100) -> dict[str, object]:
    """Return one second of white noise for Vital's JSON, the same for every synth."""
    random = np.random.Generator(np.random.Philox(NOISE_SEED))
    noise = random.integers(-32768, 32768, sample_rate).astype("<i2")
    samples = base64.b64encode(noise.tobytes()).decode()
    header = {"name": "White Noise", "length": sample_rate, "sample_rate": sample_rate}
    return {**header, "samples": samples}
