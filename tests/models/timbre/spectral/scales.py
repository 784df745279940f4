"""Make scales of presets that differ in brightness, and a small spectral model of them."""

from __future__ import annotations

from functools import lru_cache

from models.timbre.corpus.note import ListCorpus, Note
from models.timbre.spectral.fit import SpectralSettings
from models.timbre.spectral.network import SpectralNetworkConfig
from models.timbre.spectral.training import SpectralTraining
from tests.models.timbre.tones import tone

KEYS = (60, 62, 64, 65, 67, 69, 71)
SMALL_NET = SpectralSettings(
    SpectralNetworkConfig(hidden=(64, 24), latent=2), SpectralTraining(20, 24, 4e-3)
)


@lru_cache(maxsize=4)
def scales(presets: int = 8) -> ListCorpus:
    """A C major octave for each preset, brighter from preset to preset."""
    notes = tuple(
        Note(f"p{preset}/{midi}", tone(midi, 0.35, bright=1.5 * preset), midi, group=f"p{preset}")
        for preset in range(presets)
        for midi in KEYS
    )
    return ListCorpus(notes, "scales")
