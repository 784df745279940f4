"""What a dataset card states."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from datasets.spec import load_spec
from datasets.storage.card import CardFacts, make_card, render_command
from datasets.storage.store import open_store
from tests.datasets.storage.conftest import CLIPS, SPEC, copied


def front_matter(card: str) -> dict[str, Any]:
    return dict(yaml.safe_load(card.split("---\n")[1]))


def test_a_card_is_written_after_rendering_and_tagging(states: dict[str, Path]) -> None:
    for state in ("fresh", "tagged"):
        store = open_store(states[state])
        assert store.record_file("_README.md").read_text() == store.card()
    assert "## Tags" in store.card() and "| dark | " in store.card()


def test_a_card_states_what_made_the_clips(states: dict[str, Path]) -> None:
    store = open_store(states["fresh"])
    card, manifest = store.card(), store.manifest
    assert f"{CLIPS} of {CLIPS} clips" in card
    assert f"`{SPEC.name}`, {len(SPEC)} parameters, digest `{SPEC.digest()}`" in card
    assert f"| recipe | uniform, digest `{manifest['recipe_digest']}` |" in card
    assert manifest["engine"]["host"] in card and "| seed | 3 |" in card
    assert f"{SPEC.sample_rate} Hz, {SPEC.channels} channels" in card
    assert "MIDI 48 to 72, velocity" in card
    assert "| rendered a second time | 2 clips, all bit-equal |" in card
    splits = store.columns("split")["split"].tolist()
    assert f"| train | {splits.count('train')} |" in card
    median = np.median(store.columns("rms_db")["rms_db"].astype(np.float64))
    row = next(line for line in card.splitlines() if line.startswith("| `rms_db`"))
    assert row.split(" | ")[4] == f"{median:.1f}"
    for reader in ("pandas", "pyarrow.dataset", "polars", "duckdb", "load_dataset"):
        assert f"{reader}" in card
    assert "## Licence" in card and "belongs to the person who rendered it" in card


def test_the_front_matter_is_the_hubs(states: dict[str, Path]) -> None:
    store = open_store(states["fresh"])
    said = front_matter(store.card("cc-by-4.0"))
    assert said["license"] == "cc-by-4.0" and front_matter(store.card())["license"] == "other"
    assert said["configs"] == [{"config_name": "default", "data_files": "part-*.parquet"}]
    assert said["size_categories"] == ["n<1K"] and "synthesizer" in said["tags"]


def test_an_unfinished_dataset_has_a_card(states: dict[str, Path], tmp_path: Path) -> None:
    folder = copied(states["fresh"], tmp_path / "set")
    open_store(folder).part(1).unlink()
    (folder.parent / "set.patchwright" / "audit.json").unlink()
    card = open_store(folder).card()
    assert f"20 of {CLIPS} clips" in card and "| rendered a second time | not finished |" in card


def test_the_command_renders_the_same(states: dict[str, Path]) -> None:
    manifest = dict(open_store(states["fresh"]).manifest) | {"isolation": "fork"}
    command = render_command(manifest, SPEC, "set")
    assert command == (
        f"patchwright render {SPEC.name}.toml --count {CLIPS} --seed 3 --isolation fork --out set"
    )
    manifest |= {"recipe": {"name": "human"}, "split": "test"}
    shipped = render_command(manifest, load_spec("vital-16"), "set")
    assert "render vital-16 --count" in shipped and "--recipe human --split test" in shipped
    manifest |= {"recipe": {"name": "mine"}}
    assert "--recipe mine.toml" in render_command(manifest, SPEC, "set")


def test_silence_alone_has_a_card(states: dict[str, Path]) -> None:
    rows = {
        "split": np.array(["train"], object),
        "status": np.array(["crashed"], object),
        "rms_db": np.array([np.nan], np.float32),
        "gain_db": np.array([np.nan], np.float32),
        "tags": np.array([None], object),
    }
    card = make_card(open_store(states["fresh"]).manifest, CardFacts("set", rows))
    assert "| train | 1 |" in card
