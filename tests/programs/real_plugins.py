"""Where the tests find real plugins; a test whose plugin is missing skips, or fails on demand."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from tests import ROOT

BUILT = ROOT / ".cache" / "plugins"
FOLDERS = (
    BUILT,
    Path("/usr/lib/vst"),
    Path("/usr/lib/vst3"),
    Path.home() / ".vst",
    Path.home() / ".vst3",
)


def amsynth() -> Path:
    """Subtractive, VST2, stereo."""
    return _find("amsynth_vst.so")


def zynaddsubfx() -> Path:
    """Additive and subtractive, VST2."""
    return _find("ZynAddSubFX.so")


def nekobi() -> Path:
    """A bass line with one oscillator, VST3, mono."""
    return _find("Nekobi.vst3")


def kars() -> Path:
    """A plucked string from random noise, VST3, mono."""
    return _find("Kars.vst3")


def faulty() -> Path:
    """Our own, with every fault on demand, VST3, stereo: see plugins/Faulty/FaultyPlugin.cpp."""
    return _find("Faulty.vst3")


def many() -> Path:
    """Our own, with ten outputs and a smoothed level, VST3: see plugins/Many/ManyPlugin.cpp."""
    return _find("Many.vst3")


def zyn_echo() -> Path:
    """An effect, VST2, stereo."""
    return _find("ZynEcho.so")


def _find(name: str) -> Path:
    for folder in FOLDERS:
        if (folder / name).exists():
            return folder / name
    lacking(f"no {name} in {', '.join(map(str, FOLDERS))}: get it with `make plugins`")


def lacking(missing: str) -> NoReturn:
    """End a test that needs what this machine does not have."""
    if os.environ.get("PATCHWRIGHT_REQUIRE_PLUGINS") == "1":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)
