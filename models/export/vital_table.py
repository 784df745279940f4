"""Write a `.vitaltable` file: one wavetable for Vital."""

from __future__ import annotations

import base64
import json

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError
from models.export.frames import FRAME_SIZE, checked_frames

Float64 = npt.NDArray[np.float64]

MOST_FRAMES = 257
LAST_POSITION = 256
VERSION = "1.5.5"


def vital_table(name: str, waves: Float64) -> bytes:
    """Return the content of a `.vitaltable` file.

    Args:
        name: Name to show in Vital.
        waves: Frames of 2048 samples, shape (K, 2048), K from 1 to 257.

    Returns:
        The bytes of the file.

    Raises:
        AudioError: The format cannot hold the frames.
    """
    if waves.ndim == 2 and waves.shape[1] != FRAME_SIZE:
        raise AudioError(f"frames have {waves.shape[1]} samples: Vital takes {FRAME_SIZE}")
    frames = checked_frames(waves, MOST_FRAMES)
    positions = np.round(np.linspace(0, LAST_POSITION, len(frames))).astype(int)
    component = {
        "type": "Wave Source",
        "interpolation": 0,  # cross-fade in time
        "interpolation_style": 1,  # linear between keyframes
        "keyframes": [
            {
                "position": int(position),
                "wave_data": base64.b64encode(frame.astype("<f4").tobytes()).decode(),
            }
            for position, frame in zip(positions, frames, strict=True)
        ],
    }
    table = {
        "version": VERSION,
        "name": name,
        "author": "patchwright",
        "full_normalize": False,
        "remove_all_dc": True,
        "groups": [{"components": [component]}],
    }
    return json.dumps(table).encode()
