"""Measure how near exports are to the model: `python -m models.timbre.export.distances MODEL`.

The target is the sound of the player, at velocity 100 in the middle of a path. Each format plays
the same notes: `.vital` and `.vitaltable` in Vital (the wheel `vita`), SFZ in sfizz (the wheel
`pysfizz`). The distances are those of the frozen protocol, in dB; the level does not count.
"""

from __future__ import annotations

import base64
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from models.audio.distance import TargetDistance
from models.resynthesis.player import PresetPlayer
from models.resynthesis.vital.patch import LAST_POSITION, VitalPatch
from models.timbre.contract import TimbreModel
from models.timbre.export.export import ExportOptions, export_timbre, pitch_range
from models.timbre.export.latent_path import path_of_knobs
from models.timbre.export.vital_preset import roots_between, vital_preset
from models.timbre.model_folder import load_timbre
from models.timbre.player.one_note import play_note
from models.timbre.tone import Float32

RATE, HOLD_S, LENGTH_S, VELOCITY = 48000, 1.0, 1.5, 100
TRIES, WAIT_S = 50, 0.1
Play = Callable[[int], Float32]  # mono audio of a key, (n,)


def own_sound(model: TimbreModel, options: ExportOptions, key: int) -> Float32:
    """Return a note of the player in the middle of a path.

    Args:
        model: The model.
        options: The path.
        key: MIDI note.

    Returns:
        Mono audio, (n,).
    """
    position = options.path.points(model, 1)[0]
    return play_note(model, position, key, VELOCITY, HOLD_S, LENGTH_S)


def keys_of(model: TimbreModel, step: int = 3) -> list[int]:
    """Return keys over two octaves around the middle of a model's range."""
    middle = round(sum(model.pitch_range) / 2)
    return list(range(middle - 12, middle + 13, step))


def key_distances(
    model: TimbreModel, options: ExportOptions, play: Play, keys: Sequence[int]
) -> dict[int, float]:
    """Return the distance of an export from the model at some keys.

    Args:
        model: The model.
        options: The path.
        play: Plays a key of the export.
        keys: MIDI notes.

    Returns:
        The log-mel distance in dB of each key.
    """
    found = {}
    for key in keys:
        target = TargetDistance(own_sound(model, options, key), RATE)
        found[key] = target.distance(play(key)).log_mel_l1
    return found


def vital_play(player: PresetPlayer, preset: bytes) -> Play:
    """Return a function that plays keys of a Vital preset."""
    return lambda key: np.asarray(
        player([preset], key, HOLD_S, VELOCITY)[0].mean(axis=0), np.float32
    )


def table_preset(content: bytes) -> bytes:
    """Return a Vital preset that plays the middle of a `.vitaltable` file, and nothing else."""
    frames = json.loads(content)["groups"][0]["components"][0]["keyframes"]
    waves = [np.frombuffer(base64.b64decode(frame["wave_data"]), "<f4") for frame in frames]
    patch = VitalPatch("table")
    patch.wavetable("table", np.stack(waves), [frame["position"] for frame in frames])
    patch.set(osc_1_on=1, osc_1_wave_frame=LAST_POSITION / 2, osc_1_random_phase=0)
    return patch.to_bytes()


def sfz_play(path: Path) -> Play:
    """Return a function that plays keys of an SFZ file with sfizz."""
    import pysfizz

    synth = pysfizz.Synth(sample_rate=RATE, block_size=256)
    synth.load_sfz_file(str(path))

    def play(key: int) -> Float32:
        # sfizz loads samples in a thread of its own: the sound is complete when it repeats.
        audio = np.zeros((2, 1), np.float32)
        for _ in range(TRIES):
            before = audio
            audio = np.asarray(synth.render_note(key, VELOCITY, HOLD_S, LENGTH_S), np.float32)
            if audio.any() and np.array_equal(audio, before):
                break
            time.sleep(WAIT_S)
        return audio.mean(axis=0) if audio.ndim == 2 else audio

    return play


def root_distances(
    model: TimbreModel, options: ExportOptions, player: PresetPlayer, roots: Sequence[int]
) -> dict[str, dict[int, float]]:
    """Compare one Vital preset with several roots and one with the middle root only.

    Args:
        model: The model.
        options: The path.
        player: Vital.
        roots: Roots of the preset, MIDI, increasing.

    Returns:
        The log-mel distance in dB of each key: ``many`` roots at the roots and between them, and
        ``one`` root at the same keys.
    """
    keys = [*roots, *((low + high) // 2 for low, high in itertools.pairwise(roots))]
    found = {}
    for name, used in (("many", list(roots)), ("one", [roots[len(roots) // 2]])):
        preset = vital_preset(model, options.path, name, used)
        found[name] = key_distances(model, options, vital_play(player, preset), sorted(set(keys)))
    return found


def all_distances(model: TimbreModel) -> dict[str, Any]:
    """Return the log-mel distances in dB of every format that can be played here, by key."""
    options = ExportOptions(path_of_knobs(model, None, None), model.name)
    keys, found = keys_of(model), dict[str, Any]()
    low, high = pitch_range(model, options)
    with PresetPlayer(RATE, LENGTH_S, 1) as player, tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        for kind in ("vital", "vitaltable", "sfz"):
            path = where / f"{kind}.{kind}"
            export_timbre(model, kind, path, replace(options, low=keys[0], high=keys[-1]))
            if kind == "sfz":
                play = sfz_play(path)
            else:
                content = path.read_bytes()
                preset = content if kind == "vital" else table_preset(content)
                play = vital_play(player, preset)
            found[kind] = key_distances(model, options, play, keys)
        found["roots"] = root_distances(model, options, player, roots_between(low, high, 4))
    return found


def main(names: Sequence[str]) -> None:
    """Print the distances of models as JSON, one line for each model."""
    for name in names:
        print(json.dumps({"model": name, **all_distances(load_timbre(name))}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
