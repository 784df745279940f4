"""A model without training and a matcher without rendering, on the real vital-16 and its texts."""

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor

from datasets.errors import AudioError
from datasets.sampler import sample
from datasets.spec import FloatArray, SynthSpec, load_spec
from models.estimator.library import Library
from models.instrument.neighbours import Neighbour
from models.instrument.protocols import Preview
from models.matching.options import MatchOptions, Progress, Watcher
from models.networks.protocols import LatentMap
from renderer.engines.base import Audio
from renderer.plugins.patch_template import PatchFile, PatchTemplate
from renderer.workers.own_patch import read_patch


class LinearModel:
    """z = (2 unit - 1) @ mix: exact but for rounding, and every axis moves every parameter."""

    def __init__(self, spec: SynthSpec) -> None:
        count = len(spec.continuous)
        mix = np.linalg.qr(np.random.default_rng(5).normal(size=(count, count)))[0]
        self._mix = torch.from_numpy(mix.astype(np.float32)) * 1.7
        self._back = torch.linalg.inv(self._mix)
        self._at = torch.from_numpy(spec.continuous)

    def unit_to_z(self, unit: Tensor) -> Tensor:
        """(B, P) -> (B, C)."""
        return (2 * unit[:, self._at] - 1) @ self._mix

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        """(B, C) -> (B, P)."""
        unit = like.clone()
        unit[:, self._at] = (z @ self._back + 1) / 2
        return unit


@dataclass(frozen=True)
class FakeMacro:
    """A knob's axis and range."""

    name: str
    axis: int
    low: float = -0.9
    high: float = 1.1


def fake_start() -> FloatArray:
    """A preset within the range of the fake's knobs."""
    return sample(load_spec("vital-16"), seed=3, index=1).unit


@dataclass(frozen=True)
class FakeCheckpoint:
    """What the server reads of a checkpoint; knob 1 moves axis 4, knob 2 axis 0, knob 3 axis 9."""

    name: str = "fake-16"
    spec: SynthSpec = field(default_factory=lambda: load_spec("vital-16"))
    macros: tuple[FakeMacro, ...] = (
        FakeMacro("bright", 4),
        FakeMacro("soft", 0),
        FakeMacro("wide", 9),
    )
    start: FloatArray = field(default_factory=fake_start)
    surrogate: Preview | None = None
    library: Library | None = None

    model: LatentMap = field(default_factory=lambda: LinearModel(load_spec("vital-16")))


@dataclass(frozen=True)
class FakeResult:
    """A match, with the winner already known."""

    unit: FloatArray
    seed: int
    preset: bytes = b'{"preset_name": "fake", "settings": {}}'
    preset_suffix: str = ".vital"
    method: str = "parameters"

    def to_dict(self) -> dict[str, Any]:
        """As match.json."""
        candidates = [{"rank": 1, "distance": 2.5, "unit": self.unit.tolist()}]
        account: dict[str, Any] = {
            "model": "fake-16",
            "seed": self.seed,
            "distance": 2.5,
            "renders": 0,
        }
        if self.method == "resynthesis":
            ways = (("parameters", 2.5), ("resynthesis", 1.25))
            account |= {"method": self.method}
            account["answers"] = [{"method": way, "distance": j} for way, j in ways]
        return account | {"candidates": candidates}


class FakeMatcher:
    """Reads the sound as the real one does, then answers with a preset drawn by the seed."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.sounds: list[Path] = []
        self.options: list[MatchOptions] = []
        self.templates: list[PatchTemplate | None] = []
        self.heard: list[tuple[FloatArray, int]] = []
        self.played_files: list[bytes] = []
        self.resynthesised = b""  # the whole file that a match by resynthesis answers
        self.closed = False

    def match(
        self,
        sound: Path,
        options: MatchOptions,
        watch: Watcher | None = None,
        template: PatchTemplate | None = None,
    ) -> FakeResult:
        """AudioError when the file is no sound; a refined one tells of two generations."""
        self.sounds.append(sound)
        self.options.append(options)
        self.templates.append(template)
        read_sound(sound)
        best = match_of(options.seed)
        for renders in (8, 16):
            if watch is None or options.budget != "refine":
                break
            if watch(Progress(renders, 250, 40.0 - renders, best)) is False:
                return FakeResult(best, options.seed)
            assert self.may_answer.wait(20)
        assert self.may_answer.wait(20)
        found = FakeResult(match_of(options.seed), options.seed)
        if options.method == "resynthesis":
            return replace(found, preset=self.resynthesised, method="resynthesis")
        return found

    def hear(self, unit: FloatArray, note: int) -> tuple[Audio, int]:
        """A stereo sine at the note, as loud as the first parameter says, up to +6 dBFS."""
        self.heard.append((unit, note))
        hz = 440 * 2 ** ((note - 69) / 12)
        wave = 2 * unit[0] * np.sin(2 * np.pi * hz * np.arange(22050) / 44100)
        return np.stack([wave, wave]).astype(np.float32), 44100

    def hear_preset(self, preset: bytes, note: int) -> tuple[Audio, int]:
        """A stereo tone at half of full scale, whatever the file."""
        self.played_files.append(preset)
        return np.full((2, 22050), 0.5, np.float32), 44100

    def near(self, sound: Path, options: MatchOptions, count: int) -> list[Neighbour]:
        """As many as asked, each a decibel farther; AudioError when the file is no sound."""
        self.sounds.append(sound)
        read_sound(sound)
        return [Neighbour(match_of(place), float(place)) for place in range(count)]

    def read_patch(self, file: PatchFile) -> PatchTemplate:
        """As the real one, without a render first."""
        return read_patch(file, load_spec("vital-16"))

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def read_sound(sound: Path) -> None:
    """AudioError when the file is no sound."""
    try:
        soundfile.read(sound)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{sound} cannot be read as a sound: {error.error_string}") from error


def match_of(seed: int) -> FloatArray:
    """What the fake matcher answers with."""
    return sample(load_spec("vital-16"), seed=11, index=seed).unit


def write_sound(path: Path) -> Path:
    """Half a second of a sine, as WAV."""
    wave = 0.3 * np.sin(2 * np.pi * 220 * np.arange(22050) / 44100)
    soundfile.write(path, wave.astype(np.float32), 44100)
    return path
