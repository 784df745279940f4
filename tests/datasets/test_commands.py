"""The commands of datasets."""

from pathlib import Path

from typer.testing import CliRunner

import patchwright
from datasets.storage.store import open_store
from renderer.dataset.render import render_dataset
from tests.fakes.fake_synth import fake_synth


def test_card_prints_the_card(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    render_dataset(fake_synth(), 3, 1, folder)
    done = CliRunner().invoke(patchwright.app, ["dataset", "card", str(folder)])
    assert done.exit_code == 0 and done.stdout == open_store(folder).card()
    chosen = CliRunner().invoke(
        patchwright.app, ["dataset", "card", str(folder), "--license", "cc0-1.0"]
    )
    assert 'license: "cc0-1.0"' in chosen.stdout
