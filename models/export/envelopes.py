"""Write the curves of a resynthesis as text, to draw them in any synthesizer."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError

Float64 = npt.NDArray[np.float64]

COLUMNS = {
    "time_s": "seconds from the key press",
    "wavetable_position": "0 (first frame) to 1 (last frame)",
    "amplitude_db": "dB relative to the loudest moment of the wavetable",
    "pitch_cents": "cents above the played note",
    "noise_db": "dB relative to the loudest moment of the wavetable",
}


def envelope_text(facts: Mapping[str, str], columns: Mapping[str, Float64]) -> str:
    """Return curves as CSV; lines that begin with `#` explain the columns.

    Args:
        facts: Further lines, for example the note or the start of the loop.
        columns: Values of each column by name; names and units as in `COLUMNS`, all of one length.

    Returns:
        The text of the file.

    Raises:
        AudioError: A column is unknown, or columns have different lengths.
    """
    unknown = sorted(set(columns) - set(COLUMNS))
    if unknown:
        raise AudioError(f"unknown envelope {unknown[0]!r}: use {', '.join(COLUMNS)}")
    if len({len(values) for values in columns.values()}) != 1:
        raise AudioError("the envelopes have different lengths: give columns of one length")
    text = io.StringIO()
    for name, value in facts.items():
        text.write(f"# {name}: {value}\n")
    for name in columns:
        text.write(f"# {name}: {COLUMNS[name]}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in np.column_stack(list(columns.values())):
        writer.writerow([f"{value:.6g}" for value in row])
    return text.getvalue()
