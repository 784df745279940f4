"""Render on a player's own patch with the real Vital: the template belongs to the dataset."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import StoreError
from datasets.spec import load_spec
from datasets.storage.layout import MANIFEST, record_file
from datasets.storage.store import open_store
from renderer.dataset.render_command import Order
from renderer.plugins.patch_template import PatchFile, dataset_spec
from renderer.workers.own_patch import read_template
from tests.fakes.vital_patch import changed, vital_file

vita = pytest.importorskip("vita", reason="no wheel of vita for this platform")

COUNT = 4
ONE = (0, 1)


def write(path: Path, **settings: object) -> Path:
    text = changed(vital_file(), osc_1_random_phase=0.0, filter_1_on=0.0, **settings)
    path.write_text(json.dumps(text))
    return path


def order(folder: Path, template: Path) -> Order:
    return Order("vital-16", COUNT, str(folder / "set"), 3, "", "", "", template)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The folder, the template and the report of a dataset."""
    folder = tmp_path_factory.mktemp("own")
    template = write(folder / "mine.vital")
    asked = order(folder, template)
    asked.check()
    return folder, template, asked.render(1, ONE)


def test_parameters_vary_and_the_rest_of_the_file_stays(rendered: tuple[Path, Path, str]) -> None:
    folder, template, report = rendered
    assert "rendered   4 clips" in report and "filter_1 off" in report
    store = open_store(folder / "set")
    patch = read_template(template, load_spec("vital-16"))
    assert store.spec == dataset_spec(load_spec("vital-16"), patch)
    assert store.spec.template["patch"] == template.read_text()
    units = np.array(store.read(0, ["unit"])["unit"].to_pylist(), np.float32)
    idle = np.isin(patch.spec.names, patch.idle)
    assert idle.any() and np.array_equal(units[:, idle], np.tile(patch.unit[idle], (COUNT, 1)))
    assert (units[:, ~idle] != patch.unit[~idle]).any(axis=1).all()
    assert len(set(store.read(0, ["audio_sha256"])["audio_sha256"].to_pylist())) == COUNT


def test_the_dataset_names_its_template(rendered: tuple[Path, Path, str]) -> None:
    folder, template, _ = rendered
    manifest = json.loads(record_file(folder / "set", MANIFEST).read_text())
    digest = PatchFile("", template.read_bytes()).digest
    assert manifest["template_sha256"] == digest
    assert manifest["template"] == {"spec": "vital-16", "file": "mine.vital", "sha256": digest}
    card = open_store(folder / "set").card()
    assert f"`mine.vital`, SHA-256 `{digest}`" in card
    assert 'render vital-16 --count 4 --seed 3 --template "mine.vital"' in card


def test_it_continues_only_with_the_same_template(rendered: tuple[Path, Path, str]) -> None:
    folder, template, _ = rendered
    same = template.rename(folder / "renamed.vital")
    assert "resumed    4 clips" in order(folder, same).render(1, ONE)
    other = write(folder / "other.vital", env_1_release=0.7)
    with pytest.raises(StoreError, match="holds a dataset with template_sha256"):
        order(folder, other).render(1, ONE)
    plain = replace(order(folder, same), template=None)
    with pytest.raises(StoreError, match="template_sha256"):
        plain.render(1, ONE)
    same.rename(template)


def test_a_cluster_task_gets_the_template(tmp_path: Path) -> None:
    arguments = order(tmp_path, Path("mine.vital")).arguments
    assert arguments[arguments.index("--template") + 1] == str(Path("mine.vital").absolute())


def test_a_bad_template_is_one_error_before_anything_is_written(tmp_path: Path) -> None:
    bad = tmp_path / "bad.vital"
    bad.write_text("nonsense")
    with pytest.raises(StoreError, match=r"bad\.vital"):
        order(tmp_path, bad).check()
    assert not (tmp_path / "set").exists()
