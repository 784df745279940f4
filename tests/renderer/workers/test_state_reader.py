"""State files through the plugin: what was saved is what a recipe draws."""

from pathlib import Path

import numpy as np
import pytest

from datasets.errors import SpecError, StoreError
from datasets.presets import read_presets
from datasets.spec import FloatArray, SynthSpec, load_spec
from renderer.engines.base import Engine
from renderer.workers.pool import RenderPool
from renderer.workers.state_reader import StateReader, open_recipe
from tests.programs.real_plugins import amsynth, nekobi


class Save:
    """A question: set this patch and give the state file."""

    def __init__(self, unit: FloatArray) -> None:
        self.unit = unit

    def __call__(self, engine: Engine) -> bytes:
        engine.set(engine.spec.to_native(self.unit))
        return engine.preset("saved")


def hosted(name: str, plugin: Path, engine: str = "dawdreamer") -> SynthSpec:
    return SynthSpec.from_dict(
        load_spec(name).to_dict() | {"plugin": [str(plugin)], "engine": engine}
    )


def saved(spec: SynthSpec, folder: Path, suffix: str, count: int = 3) -> FloatArray:
    """``count`` random patches as state files; their unit vectors."""
    random = np.random.default_rng(4)
    units = np.stack([spec.snap(random.random(len(spec))) for _ in range(count)])
    with RenderPool(spec, 1, "process") as pool:
        for i, unit in enumerate(units):
            (folder / f"{i}{suffix}").write_bytes(pool.ask(Save(unit)))
    return units


@pytest.mark.parametrize("engine", ["dawdreamer", "pedalboard"])
def test_vstpreset_files_come_back(tmp_path: Path, engine: str) -> None:
    spec = hosted("nekobi-8", nekobi(), engine)
    units = saved(spec, tmp_path, ".vstpreset")
    reader = StateReader(spec)
    bank = read_presets(tmp_path, spec, reader)
    reader.close()
    assert bank.skipped == ()
    # The plugin writes its values in decimal. Its framework (DPF) reports the first parameter, the
    # waveform, as 0 whenever a state was loaded.
    assert np.abs(bank.unit - units)[:, 1:].max() < 1e-4


def test_fxp_files_feed_a_recipe_and_foreign_ones_are_skipped(tmp_path: Path) -> None:
    spec = hosted("amsynth-34", amsynth())
    units = saved(spec, tmp_path, ".fxp")
    (tmp_path / "junk.fxp").write_bytes(b"CcnK" + bytes(200))
    recipe_file = tmp_path / "mine.toml"
    recipe_file.write_text('[[source]]\nkind = "presets"\nweight = 1\npath = "."\neach = true\n')
    recipe = open_recipe(str(recipe_file), spec)
    assert np.abs(recipe.unit - units).max() < 2e-3
    assert len(recipe.skipped) == 1 and "junk.fxp" in recipe.skipped[0]


def test_no_recipe_is_uniform_and_an_unknown_one_an_error() -> None:
    spec = load_spec("vital-16")
    assert open_recipe("", spec).sources == ()
    with pytest.raises(SpecError, match="absent"):
        open_recipe("absent", spec)


def test_a_file_of_another_plugin_is_named(tmp_path: Path) -> None:
    spec = hosted("nekobi-8", nekobi())
    foreign = tmp_path / "foreign.vstpreset"
    foreign.write_bytes(b"VST3" + bytes(300))
    reader = StateReader(spec)
    with pytest.raises(StoreError, match=r"foreign\.vstpreset"):
        read_presets(foreign, spec, reader)
    reader.close()
