"""Put specs of hosted plugins on a player's own preset file, with the real plugin."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import RenderError, StoreError
from datasets.spec import load_spec
from renderer.engines.base import open_engine
from renderer.plugins.locate import find_plugin
from renderer.workers.isolation import RenderJob
from renderer.workers.own_patch import read_template
from renderer.workers.pool import RenderPool, whole

SPEC = load_spec("amsynth-16")  # amsynth has 41 parameters, so 25 are outside the spec


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save amsynth's state with values that the spec does not learn."""
    try:
        find_plugin(SPEC.plugin)
    except RenderError:
        if os.environ.get("PATCHWRIGHT_REQUIRE_PLUGINS") == "1":
            raise
        pytest.skip("amsynth is not installed")
    engine = open_engine(SPEC)
    values = dict.fromkeys(engine.read(), 0.4)
    engine.set(values)
    path = tmp_path_factory.mktemp("own") / "mine.fxp"
    path.write_bytes(engine.preset("mine"))
    return path


def test_every_readable_value_is_the_files(saved: Path) -> None:
    template = read_template(saved, SPEC)
    engine = open_engine(template.spec)
    held = engine.read()
    engine.set(template.spec.to_native(template.unit))
    assert engine.read() == held
    outside = set(held) - set(SPEC.names)
    unit = template.spec.snap(1.0 - template.unit)
    engine.set(template.spec.to_native(unit))
    assert {name: engine.read()[name] for name in outside} == {n: held[n] for n in outside}


def test_a_render_starts_from_the_file(saved: Path) -> None:
    template = read_template(saved, SPEC)
    note = (60, SPEC.note.velocity)
    with RenderPool(template.spec, 1) as pool:
        ours, file = pool.render(
            [
                RenderJob(0, *note, template.unit),
                RenderJob(1, *note, preset=saved.read_bytes()),
            ],
            whole,
        )
    assert ours.audio is not None and file.audio is not None
    assert np.array_equal(ours.audio, file.audio) and np.abs(ours.audio).max() > 0


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"mine\.txt: no preset file of amsynth-16"):
        read_template(tmp_path / "mine.txt", SPEC)
    with pytest.raises(StoreError, match=r"--author needs a \.vital file"):
        read_template(tmp_path / "mine.bank", SPEC, {"author": "Me"})
