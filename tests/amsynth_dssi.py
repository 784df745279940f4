"""amsynth's own reading of a bank, by its DSSI plugin: ``python -m tests.amsynth_dssi``.

Prints, as JSON, the names in the first bank that amsynth finds. It looks in
``$XDG_DATA_HOME/amsynth/banks`` first, so a bank put there alone is the first. (Values cannot be
asked for: ``select_program`` of amsynth 1.13 opens the bank, but gives the ports the same defaults
for every program.) Run it as a process of its own: the plugin reads the environment once.
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path

PLUGIN = Path("/usr/lib/dssi/amsynth_dssi.so")
RATE_HZ = 44100
PROGRAMS = 128  # of every bank, unnamed where the file ends


class Program(ctypes.Structure):
    """``DSSI_Program_Descriptor``."""

    _fields_ = (("bank", ctypes.c_ulong), ("program", ctypes.c_ulong), ("name", ctypes.c_char_p))


class Ladspa(ctypes.Structure):
    """``LADSPA_Descriptor``, up to the function that is called."""

    _fields_ = (
        ("unique_id", ctypes.c_ulong),
        ("label", ctypes.c_char_p),
        ("properties", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("maker", ctypes.c_char_p),
        ("copyright", ctypes.c_char_p),
        ("port_count", ctypes.c_ulong),
        ("port_descriptors", ctypes.c_void_p),
        ("port_names", ctypes.c_void_p),
        ("port_range_hints", ctypes.c_void_p),
        ("implementation_data", ctypes.c_void_p),
        ("instantiate", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong)),
    )


class Dssi(ctypes.Structure):
    """``DSSI_Descriptor``, up to the function that is called."""

    _fields_ = (
        ("api_version", ctypes.c_int),
        ("ladspa", ctypes.POINTER(Ladspa)),
        ("configure", ctypes.c_void_p),
        ("get_program", ctypes.CFUNCTYPE(ctypes.POINTER(Program), ctypes.c_void_p, ctypes.c_ulong)),
    )


def first_bank() -> list[str]:
    """The 128 names of the first bank, as amsynth reads them."""
    library = ctypes.CDLL(str(PLUGIN))
    library.dssi_descriptor.restype = ctypes.POINTER(Dssi)
    plugin = library.dssi_descriptor(ctypes.c_ulong(0)).contents
    described = ctypes.cast(plugin.ladspa, ctypes.c_void_p)
    synth = plugin.ladspa.contents.instantiate(described, RATE_HZ)
    # Each answer overwrites the one before.
    return [plugin.get_program(synth, place).contents.name.decode() for place in range(PROGRAMS)]


if __name__ == "__main__":
    json.dump(first_bank(), sys.stdout)
