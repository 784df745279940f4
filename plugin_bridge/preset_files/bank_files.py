"""Collect preset files of one synth in its own format for banks.

Vital's bank is a ZIP archive with ``NAME/Presets/*.vital``. amsynth's bank is a text of at most 128
presets, so more presets make several banks.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from datasets.foreign_files import file_content
from datasets.spec import SynthSpec
from plugin_bridge.preset_files import amsynth
from plugin_bridge.preset_files.registry import AMSYNTH, VITAL, synth_of

DATE = (2020, 1, 1, 0, 0, 0)  # of every entry, so equal presets make equal archives


def bank_files(
    spec: SynthSpec, title: str, presets: Sequence[tuple[str, Path]]
) -> dict[str, bytes]:
    """Return the bank files of a synth's presets.

    Args:
        spec: The synth.
        title: Name of the bank.
        presets: Name and file of each preset.

    Returns:
        Content of each bank by file name; empty for a synth without a format for banks.

    Raises:
        StoreError: A preset file cannot be read.
    """
    synth = synth_of(spec)
    if synth == VITAL:
        return {f"{title}.vitalbank": _vitalbank(title, presets)}
    return _amsynth_banks(title, presets) if synth == AMSYNTH else {}


def _vitalbank(title: str, presets: Sequence[tuple[str, Path]]) -> bytes:
    """Return a ZIP archive; raise StoreError if a preset file cannot be read."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in presets:
            entry = zipfile.ZipInfo(f"{title}/Presets/{name}.vital", DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file_content(path))
    return content.getvalue()


def _amsynth_banks(title: str, presets: Sequence[tuple[str, Path]]) -> dict[str, bytes]:
    """Return banks of at most 128 presets each; raise StoreError for a file of another synth."""
    read = [(name, amsynth.read_state(path)[0][1]) for name, path in presets]
    size = amsynth.BANK_SIZE
    parts = [read[at : at + size] for at in range(0, len(read), size)]
    names = [f"{title}.bank", *(f"{title} {number}.bank" for number in range(2, len(parts) + 1))]
    return {name: amsynth.write_bank(part) for name, part in zip(names, parts, strict=False)}
