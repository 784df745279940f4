"""Every reader of files from elsewhere: fifty damaged copies are read, or refused in one line."""

import hashlib
import io
import json
import shutil
import signal
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from datasets.atomic_write import replace_file
from datasets.errors import PatchwrightError
from datasets.presets import read_presets
from datasets.recipe import load_recipe
from datasets.sampler import sample
from datasets.spec import SYNTHS, SynthSpec, load_spec
from datasets.storage.layout import record_folder
from datasets.storage.store import open_store
from datasets.tags import read_tags_csv
from models.checkpoint import load_any, rename_macros
from models.data.feature_cache import Clips
from models.estimator.library import build_library
from models.estimator.posterior import Posterior, PosteriorConfig
from models.estimator.surrogate import Surrogate, SurrogateConfig
from models.estimator.weights import save_network
from models.instrument.patch_instrument import patch_playable
from models.training.run import TrainConfig
from models.training.state import TrainingState
from models.training.train import train
from plugin_bridge.midi.map import read_midi_map
from plugin_bridge.osc.generic import generic_wires
from plugin_bridge.osc.surge import surge_wires
from plugin_bridge.preset_files import amsynth, diva, surge, vital
from plugin_bridge.preset_files.registry import FORMATS
from plugin_bridge.sync.parameter_maps import MAPS, read_map
from plugin_bridge.sync.run_link import model_spec
from renderer.dataset.render import render_dataset
from renderer.plugins.patch_template import PatchFile
from server.config import read_config
from server.presets.export_file import exported, imported
from server.presets.saved_preset import SavedPreset
from tests.datasets.test_foreign_files import HUMAN, bank_of_amsynth
from tests.fakes.damaged_files import damaged_copies
from tests.fakes.fake_synth import fake_synth
from tests.fakes.tiny_network import NETWORK
from tests.plugin_bridge.preset_files.test_fuzz import good

COPIES = 50
LONGEST_S = 120  # for fifty copies on a busy machine: only a reader that hangs takes so long
MOST_GROWTH = 512 * 2**20  # bytes, for fifty copies
SPEC = fake_synth()
OSC_MAP = b'port = 9000\n[parameters]\nx = { address = "/x", scale = [0, 3], type = "int" }\n'
SPEC_FILE = (SYNTHS / "nekobi-8.toml").read_bytes()
TAGS = b"index,tags\n0,bright;bass\n12,dark\n"
OPTIONS = b'model = "amsynth-34"\nosc_port = 9100\n'


def saved_presets() -> bytes:
    """An export with a preset, a whole preset file, and a preset on a player's own patch."""
    spec, patch = load_spec("amsynth-16"), patch_playable(vital_patch())
    one = SavedPreset.new(spec, spec.snap([0.5] * len(spec)), "ä", {"match": "x"}, "note", True)
    whole = SavedPreset.new(patch.spec, patch.start, "b", tags=["t"], patch=patch.digest)
    files = [PatchFile("", patch.file), PatchFile("mine.fxp", b"CcnK\xff")]
    own = replace(one, id="1" * 32, template=files[1].digest)
    return exported([one, whole, own], {file.digest: file for file in files})


def vital_patch() -> bytes:
    """A preset file with what an instrument reads in it."""
    values = load_spec("vital-16").to_native(np.full(16, 0.5)) | {"macro_control_1": 0.5}
    return json.dumps({"preset_name": "x", "macro1": "Cut", "settings": values}).encode()


def vital_archive() -> bytes:
    """A bank of two preset files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for entry in ("Mine/Presets/a.vital", "Mine/Presets/b.vital"):
            archive.writestr(entry, vital_patch(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def recipe(path: Path) -> object:
    bank_of_amsynth(path.parent)
    return load_recipe(path, load_spec("amsynth-34"))


def preset_data(suffix: str, spec: SynthSpec) -> Callable[[Path], object]:
    """Read a file as data: of a folder, a damaged file is skipped with its reason."""

    def read(path: Path) -> object:
        target = path.with_suffix(suffix)
        target.write_bytes(path.read_bytes())
        assert read_presets(path.parent, spec).unit.shape[1:] == (len(spec),)
        return read_presets(target, spec)

    return read


def over(write: Callable[[bytes], object]) -> Callable[[Path], object]:
    """Write over a user's file."""
    return lambda path: write(path.read_bytes())


def wires(path: Path) -> object:
    return generic_wires(read_map(path)["parameters"])


# Each kind of file that stands alone: what reads it, and a good one.
FILES: dict[str, tuple[Callable[[Path], object], Callable[[], bytes]]] = {
    **{one.name: (one.read, partial(good, one.name)) for one in FORMATS},
    **{f"{one.name}, copied": (one.check, partial(good, one.name)) for one in FORMATS},
    "data .bank": (preset_data(".bank", load_spec("amsynth-34")), partial(good, "amsynth-bank")),
    "data .vital": (preset_data(".vital", load_spec("vital-16")), vital_patch),
    "data .vitalbank": (
        preset_data(".vitalbank", load_spec("vital-16")),
        vital_archive,
    ),
    "data .h2p": (preset_data(".h2p", load_spec("diva-16")), partial(good, "diva-h2p")),
    "over amsynth": (
        over(lambda base: amsynth.write_bank([], base)),
        partial(good, "amsynth-fxp"),
    ),
    "over Diva": (over(lambda base: diva.write_h2p(("x", {}), base)), partial(good, "diva-h2p")),
    "over Surge": (
        over(lambda base: surge.write_patch(("x", {"A Filter 1 Cutoff": 0.2}), base)),
        partial(good, "surge-fxp"),
    ),
    "over Vital": (
        over(lambda base: vital.write_vital(("x", {"macro_control_1": 1.0}), base)),
        vital_patch,
    ),
    "played .vital": (lambda path: patch_playable(path.read_bytes(), path.name), vital_patch),
    "spec": (load_spec, lambda: SPEC_FILE),
    "recipe": (recipe, HUMAN.encode),
    "MIDI map": (read_midi_map, (MAPS / "amsynth.toml").read_bytes),
    "Surge map": (surge_wires, lambda: (MAPS / "surge-xt.toml").read_bytes()),
    "OSC map": (wires, lambda: OSC_MAP),
    "options": (lambda path: read_config(path, {"model", "osc_port"}), lambda: OPTIONS),
    "tags": (read_tags_csv, lambda: TAGS),
    "saved presets": (lambda path: imported(path.read_bytes()), saved_presets),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with its record, and a small model with everything that a model can have."""
    root = tmp_path_factory.mktemp("whole")
    render_dataset(SPEC, 40, 3, root / "data")
    store = open_store(root / "data")
    store.write_card()
    train(store, root / "model", TrainConfig(epochs=1, batch=16, warm_up=1), NETWORK)
    save_search_files(root / "model")
    assert load_any(root / "model").posterior is not None
    one, optimiser = layer()
    TrainingState(root / "model" / "training").save(one, optimiser, {"seed": 1}, [{"loss": 1.0}])
    return root


def save_search_files(folder: Path) -> None:
    """Write a library, a surrogate and a posterior that fit each other."""
    count = 12
    unit = np.stack([sample(SPEC, seed=1, index=i).unit for i in range(count)])
    mel = np.random.default_rng(1).normal(size=(count, 4, 5)).astype(np.float16)
    some = np.arange(count)
    clips = Clips(mel, unit, some.astype(np.int16), some, np.zeros((count, 1), np.int8), unit)
    library = build_library(clips)
    (folder / "library.safetensors").write_bytes(library.to_bytes())
    fitted = replace(SurrogateConfig.of(SPEC, len(library.scale)), hidden=4, blocks=1)
    save_network(Surrogate(fitted), folder / "surrogate.safetensors", {})
    drawn = replace(
        PosteriorConfig.of(SPEC, len(library.scale)),
        hidden=4,
        blocks=1,
        context=4,
        transforms=1,
        flow_hidden=4,
    )
    save_network(Posterior(drawn), folder / "posterior.safetensors", {})


def layer() -> tuple[nn.Module, torch.optim.Optimizer]:
    """The smallest training: a layer after one step."""
    one = nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(one.parameters())
    one(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    return one, optimiser


def dataset(root: Path) -> object:
    store = open_store(root / "data")
    assert {*store.missing(), *store.present()} == {*store.numbers}
    found = [store.spec, store.columns("unit", "split", "tags"), store.card()]
    return [*found, [list(store.audio(number)) for number in store.present()]]


def model(root: Path) -> object:
    return load_any(root / "model")


def config(root: Path) -> object:
    rename_macros(root / "model", ["a"] * len(load_any(root / "model").macros))
    return model_spec(str(root / "model"))


def weights(root: Path) -> object:
    """Load weights whose hash is right, as in a model that was made by another program."""
    path = root / "model" / "config.json"
    values = json.loads(path.read_bytes())
    file = root / "model" / "model.safetensors"
    values["weights_sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    path.write_text(json.dumps(values))
    return load_any(root / "model")


def training(root: Path) -> object:
    return TrainingState(root / "model" / "training").resume(*layer(), {"seed": 1})


# Each file of a dataset and of a model: what reads it in its folder.
FOLDERS: dict[str, Callable[[Path], object]] = {
    "data/part-00000.parquet": dataset,
    "data.patchwright/dataset.json": dataset,
    "data.patchwright/audit.json": dataset,
    "model/config.json": model,
    "model/config.json, its knobs": config,
    "model/model.safetensors": model,
    "model/model.safetensors, with its hash": weights,
    "model/library.safetensors": model,
    "model/surrogate.safetensors": model,
    "model/posterior.safetensors": model,
    "model/training/history.json": training,
    "model/training/epoch-0000.safetensors": training,
    "model/training/optimiser-0000.safetensors": training,
}


@contextmanager
def bounded() -> Iterator[None]:
    """End a reader that hangs, and fail after one that took much memory."""

    def ring(*_: object) -> None:
        raise AssertionError(f"a reader hangs: no end after {LONGEST_S} s")

    if sys.platform == "win32":
        yield
        return
    import resource

    kilobyte = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    old = signal.signal(signal.SIGALRM, ring)
    signal.alarm(LONGEST_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * kilobyte
    assert growth < MOST_GROWTH


def refused(read: Callable[[Path], object], path: Path) -> bool:
    """Return whether a file is refused, which takes one line."""
    try:
        read(path)
    except PatchwrightError as error:
        assert str(error).strip()
        assert len(str(error).splitlines()) == 1, str(error)
        assert len(str(error)) < 1000, str(error)
        return True
    return False


@pytest.mark.parametrize("kind", FILES)
def test_damaged_files_are_read_or_refused(tmp_path: Path, kind: str) -> None:
    read, make = FILES[kind]
    path = tmp_path / "foreign.toml"
    path.write_bytes(make())
    assert not refused(read, path)
    count = 0
    with bounded():
        for copy in damaged_copies(make(), COPIES, zlib.crc32(kind.encode())):
            path.write_bytes(copy)
            count += refused(read, path)
    assert count


@pytest.mark.parametrize("kind", FOLDERS)
def test_damaged_datasets_and_models_are_read_or_refused(
    whole: Path, tmp_path: Path, kind: str
) -> None:
    root, read = Path(shutil.copytree(whole, tmp_path / "all")), FOLDERS[kind]
    path = root / kind.partition(",")[0]
    content = path.read_bytes()
    others = {one: one.read_bytes() for one in path.parent.iterdir() if one.is_file()}
    assert not refused(read, root)
    count = 0
    with bounded():
        for copy in damaged_copies(content, COPIES, zlib.crc32(kind.encode())):
            for one, kept in (others | {path: copy}).items():
                replace_file(one, kept)  # never in place: readers map files into memory
            count += refused(read, root)
    assert count or kind.endswith("audit.json")  # of the audit only one number is read
    assert record_folder(root / "data").is_dir()
