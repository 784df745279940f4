"""The report of figures: complete, repeatable, and clear about figures that a model cannot have."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import soundfile
import torch
from scipy.spatial.distance import pdist
from torch import Tensor

from datasets.errors import CheckpointError, PatchwrightError, StoreError
from datasets.storage.layout import record_file
from datasets.storage.store import open_store
from datasets.tags import PAIRS
from models.audio.features import mono
from models.checkpoint import Checkpoint, Macro, load_checkpoint
from models.figures.clips import draw_test_clips
from models.figures.context import FigureContext
from models.figures.latent import open_latent
from models.figures.latent_map import agreement, latent_map, principal, rank_correlation
from models.figures.neighbourhoods import distant_pair
from models.figures.report import make_figures
from models.figures.tag_separation import in_order
from models.training.run import TrainConfig
from models.training.train import train
from renderer.dataset.render import render_dataset
from tests import ROOT
from tests.fakes.fake_synth import fake_synth
from tests.fakes.tiny_network import NETWORK

SPEC = fake_synth()
CLIPS = 120  # of this seed, 12 or so fall to the test split
DARK, BRIGHT = PAIRS[0].words
LATENT = ("neighbourhoods", "macros", "semantic", "latent_map")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    render_dataset(SPEC, CLIPS, 1, folder)
    return folder


@pytest.fixture(scope="module")
def model(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "tiny"
    train(open_store(dataset), folder, TrainConfig(epochs=2, batch=16, warm_up=2), NETWORK)
    return folder


@pytest.fixture(scope="module")
def checkpoint(model: Path) -> Checkpoint:
    return load_checkpoint(model)


@pytest.fixture(scope="module")
def tagged(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tag the same clips: Dark and Bright by brightness, Bass by note."""
    folder = Path(shutil.copytree(dataset, tmp_path_factory.mktemp("tagged") / "data"))
    store = open_store(folder)
    for number in store.numbers:
        rows = store.read(number).to_pylist()
        for row in rows:
            brightness = row["unit"][SPEC.names.index("brightness")]
            row["tags"] = [DARK] * (brightness < 0.45) + [BRIGHT] * (brightness > 0.55)
            row["tags"] += ["Bass"] * (row["note"] < 55)
        store.write(number, rows)
    return folder


@pytest.fixture(scope="module")
def report(model: Path, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the report by the command line in its own process; return its folder."""
    out = tmp_path_factory.mktemp("figures") / "of" / "tiny"
    command = [sys.executable, str(ROOT / "patchwright.py"), "figures", str(model)]
    command += ["--dataset", str(dataset), "--out", str(out), "--examples", "3"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out / "report.html")
    return out


class Page(HTMLParser):
    """Collect the tags and the text of a report."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def sources(self, tag: str) -> list[str]:
        return [str(attributes.get("src")) for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def numbers(folder: Path) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads((folder / "figures.json").read_text()))


def leaves(value: object) -> Iterator[object]:
    """Yield every value of a JSON document that is not a container."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def test_every_picture_and_sound_is_there_and_not_empty(report: Path) -> None:
    page = Page(report / "report.html")
    pictures, sounds = page.sources("img"), page.sources("audio")
    assert len(pictures) >= 6 and len(sounds) >= 40
    for source in pictures:
        assert (report / source).read_bytes().startswith(b"\x89PNG")
    for source in sounds:
        samples, rate = soundfile.read(report / source)
        assert rate == SPEC.sample_rate and len(samples) and np.abs(samples).max() <= 1
    kept = {str(p.relative_to(report)) for p in report.glob("*/*")}
    assert kept == {*pictures, *sounds}, "what is not in the report is not kept"


def test_the_page_is_self_contained_and_accessible(report: Path) -> None:
    page = Page(report / "report.html")
    names = [name for name, _ in page.tags]
    assert not {"script", "link", "iframe"} & set(names)
    assert "://" not in (report / "report.html").read_text()
    assert all(a.get("alt") for name, a in page.tags if name == "img")
    assert all("controls" in a and a.get("aria-label") for name, a in page.tags if name == "audio")
    assert names.count("figcaption") == names.count("figure") == names.count("img")
    assert str(Path.home()) not in page.text and str(report) not in page.text
    links = {str(a["href"])[1:] for name, a in page.tags if str(a.get("href")).startswith("#")}
    assert links == {a.get("id") for name, a in page.tags if name == "section"}


def test_numbers_are_finite_and_of_every_figure(report: Path) -> None:
    found = numbers(report)
    assert set(found["figures"]) | set(found["left_out"]) == {"reconstruction", *LATENT}
    assert set(found["left_out"]) == {"semantic"}
    values = [value for value in leaves(found["figures"]) if isinstance(value, float)]
    assert len(values) > 100
    assert all(math.isfinite(value) for value in values)
    for knob in found["figures"]["macros"]["knobs"]:
        assert len(knob["z"]) == 8 and len(knob["parameters"]) <= 5
        assert {len(curve) for curve in knob["descriptors"].values()} == {8}


def test_the_numbers_of_an_example_are_on_the_page(report: Path) -> None:
    text = Page(report / "report.html").text
    for row in numbers(report)["figures"]["reconstruction"]["examples"]:
        assert f"answer, J = {row['j_db']:.1f} dB" in text
    assert "left out: no macro of this model" in text.lower()


def test_equal_seeds_give_equal_numbers_and_pages(
    report: Path, checkpoint: Checkpoint, dataset: Path, tmp_path: Path
) -> None:
    make_figures(checkpoint, dataset, tmp_path / "again", 0, 1, 3)
    for name in ("figures.json", "report.html"):
        assert (tmp_path / "again" / name).read_bytes() == (report / name).read_bytes()


def test_the_seed_chooses_the_clips(dataset: Path) -> None:
    store = open_store(dataset)
    drawn = [draw_test_clips(store, seed, 5, 1) for seed in (0, 0, 1)]
    first, again, other = (clips.index.tolist() for clips in drawn)
    assert first == again != other
    assert all(
        np.array_equal(a, b) for a, b in zip(drawn[0].audio(5), drawn[1].audio(5), strict=True)
    )
    for index, samples in zip(first, drawn[0].audio(5), strict=True):
        np.testing.assert_array_equal(samples, mono(store.clip(index // 100, index % 100)))


class Direct:
    """Map a sound directly to parameters."""

    def predict(self, mel: Tensor, note: Tensor) -> Tensor:
        """Return the same preset for all sounds."""
        return torch.full((len(mel), len(SPEC)), 0.4)


class Encoding(Direct):
    """Have a latent space of two dimensions that only sounds can be mapped to."""

    def encode(self, mel: Tensor, note: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return two means of the log-mel."""
        half = mel.shape[1] // 2
        z = torch.stack([mel[:, :half].mean((1, 2)), mel[:, half:].mean((1, 2))], 1) / 20
        return z, torch.zeros_like(z)

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        """Return all parameters, the stepped ones too."""
        return torch.sigmoid(z @ torch.linspace(-1, 1, 2 * len(SPEC)).view(2, -1))


class InNameOnly(Encoding):
    """Have an inverse that always fails, as flow_cond has."""

    def unit_to_z(self, unit: Tensor) -> Tensor:
        """Raise ValueError."""
        raise ValueError("flow_cond maps z to presets only")


def with_model(checkpoint: Checkpoint, model: object) -> Checkpoint[Any]:
    return replace(checkpoint, model=cast(Any, model), macros=())


def test_a_direct_model_says_what_is_left_out(
    checkpoint: Checkpoint, dataset: Path, tmp_path: Path
) -> None:
    make_figures(with_model(checkpoint, Direct()), dataset, tmp_path, examples=2)
    page, found = Page(tmp_path / "report.html"), numbers(tmp_path)
    assert set(found["figures"]) == {"reconstruction"}
    assert set(found["left_out"]) == set(LATENT)
    assert page.text.count("has no latent space") == len(LATENT)
    assert len(page.sources("img")) == 1 and len(page.sources("audio")) == 4


class Disentangled(Encoding):
    """Have the pairs of tags in the first dimensions."""

    tag_posterior = None


def test_dimensions_that_learned_tags_are_named_after_them(
    checkpoint: Checkpoint, tagged: Path, tmp_path: Path
) -> None:
    make_figures(with_model(checkpoint, Disentangled()), tagged, tmp_path, examples=1)
    found = numbers(tmp_path)
    names = {knob["name"] for knob in found["figures"]["semantic"]["knobs"]}
    assert names == {pair.name for pair in PAIRS[:2]}
    assert "every knob" in found["left_out"]["macros"]


def test_an_inverse_in_name_only_is_not_used(checkpoint: Checkpoint) -> None:
    latent = open_latent(InNameOnly(), SPEC, checkpoint.start)
    assert latent is not None and not latent.is_exact
    assert open_latent(Direct(), SPEC, checkpoint.start) is None


def test_a_latent_without_an_inverse_is_inferred_from_sounds(
    checkpoint: Checkpoint, dataset: Path, tmp_path: Path
) -> None:
    make_figures(with_model(checkpoint, Encoding()), dataset, tmp_path, examples=1)
    found = numbers(tmp_path)
    assert set(found["left_out"]) == {"semantic"}
    assert [knob["name"] for knob in found["figures"]["macros"]["knobs"]] in (
        ["z[0]", "z[1]"],
        ["z[1]", "z[0]"],
    )
    assert "inferred from the sound" in Page(tmp_path / "report.html").text


def test_the_exact_map_returns_the_preset(checkpoint: Checkpoint) -> None:
    latent = open_latent(checkpoint.model, SPEC, checkpoint.start)
    assert latent is not None and latent.is_exact
    unit = SPEC.snap(np.random.default_rng(0).random((9, len(SPEC))))
    z = latent.of(unit, None, np.full(9, 60, np.float32))
    assert z.shape == (9, len(SPEC.continuous))
    np.testing.assert_allclose(latent.unit(z, unit), unit, atol=1e-4)


def test_an_overflowing_flow_is_an_error(checkpoint: Checkpoint) -> None:
    class Broken(Encoding):
        def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
            return torch.full((len(z), len(SPEC)), math.nan)

    latent = open_latent(Broken(), SPEC, checkpoint.start)
    assert latent is not None
    with pytest.raises(CheckpointError, match=r"no preset at \|z\|.*train it again"):
        latent.unit(np.ones((1, 2), np.float32), checkpoint.start[None])


def test_a_knob_named_after_tags_shows_the_tagged_clips(
    checkpoint: Checkpoint, tagged: Path, tmp_path: Path
) -> None:
    macros = (Macro("level", 1, -1.0, 1.0), Macro(PAIRS[0].name, 0, -2.0, 2.0))
    make_figures(replace(checkpoint, macros=macros), tagged, tmp_path, examples=1)
    found = numbers(tmp_path)["figures"]
    assert [knob["name"] for knob in found["macros"]["knobs"]] == ["level"]
    (knob,) = found["semantic"]["knobs"]
    store = open_store(tagged)
    clips = draw_test_clips(store, 0, CLIPS, 1)
    counts = [sum(word in tags for tags in clips.tags) for word in (DARK, BRIGHT)]
    assert min(counts) >= 2, "this seed has test clips of either side"
    assert knob["tagged"]["words"] == PAIRS[0].name.split("/")
    assert knob["tagged"]["counts"] == counts
    assert 0 <= knob["tagged"]["in_order"] <= 1
    assert found["latent_map"]["pairs"][0]["counts"] == counts
    assert "one tagged Dark and one Bright" in Page(tmp_path / "report.html").text


def test_words_without_a_pair_colour_the_map_too(
    checkpoint: Checkpoint, tagged: Path, tmp_path: Path
) -> None:
    clips = draw_test_clips(open_store(tagged), 0, CLIPS, 1)
    only = tuple(tags & {"Bass"} for tags in clips.tags)
    z = np.random.default_rng(0).normal(size=(len(clips), 3)).astype(np.float32)
    pool, latent = cast(Any, None), cast(Any, SimpleNamespace(origin="drawn"))
    (tmp_path / "pictures").mkdir()
    words = replace(clips, tags=only)
    section = latent_map(
        FigureContext(checkpoint, pool, words, (), tmp_path, 0, 1, points=z), latent
    )
    assert section.numbers["words"] == {"Bass": sum("Bass" in tags for tags in only)}
    assert (tmp_path / section.plates[0].source).stat().st_size > 1000


# --- bad input ----------------------------------------------------------------------------------


def other_synth(dataset: Path, folder: Path) -> Path:
    manifest = json.loads(record_file(dataset, "dataset.json").read_text())
    manifest["spec"]["sample_rate"] = 44100
    folder.mkdir()
    (folder / "dataset.json").write_text(json.dumps(manifest))
    return folder


def test_a_dataset_of_another_synth_is_refused(
    checkpoint: Checkpoint, dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=r"rendered with fake-4.*give a dataset of fake-4"):
        make_figures(checkpoint, other_synth(dataset, tmp_path / "other"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_more_examples_than_test_clips_are_refused(
    checkpoint: Checkpoint, dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        StoreError, match=r"audible test clips, but the figures need 23.*--examples"
    ):
        make_figures(checkpoint, dataset, tmp_path / "out", examples=20)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("out", "data", "words"),
    [
        ("out", "absent", "absent has no dataset: make one with patchwright render"),
        ("file", "", "file"),
    ],
)
def test_bad_folders_are_refused(
    checkpoint: Checkpoint, dataset: Path, tmp_path: Path, out: str, data: str, words: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    source = tmp_path / data if data else dataset
    with pytest.raises(PatchwrightError, match=words):
        make_figures(checkpoint, source, tmp_path / out)


def test_an_unknown_model_gives_one_line(dataset: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "patchwright.py"), "figures", "absent"]
    command += ["--dataset", str(dataset), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr.startswith("error: 'absent': no such model. Use a model folder")


# --- measures -----------------------------------------------------------------------------------


def test_principal_directions_find_the_plane_of_the_points() -> None:
    random = np.random.default_rng(2)
    plane = random.normal(size=(50, 2)) * [3, 1]
    points = (plane @ np.linalg.qr(random.normal(size=(7, 2)))[0].T).astype(np.float32)
    place, share = principal(points + 5)
    assert share.sum() == pytest.approx(1, abs=1e-4) and share[0] > share[1]
    np.testing.assert_allclose(pdist(place), pdist(points), atol=1e-3)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_small_latents_have_a_map_too(dimensions: int) -> None:
    place, share = principal(np.eye(4, dimensions, dtype=np.float32))
    assert place.shape == (4, 2) and share.shape == (2,)


def test_the_distant_pair_is_ordinary_and_distant() -> None:
    ring = np.exp(2j * np.pi * np.arange(8) / 8)
    points = np.stack([ring.real, ring.imag], 1).astype(np.float32)
    points = np.concatenate([points, [[90, 0], [-90, 1], [0, 90], [0, -91]] * 2]).astype(np.float32)
    first, second = distant_pair(points)
    assert first < 8 and second < 8
    assert np.linalg.norm(points[first] - points[second]) == pytest.approx(2, abs=1e-3)


def test_agreement_and_order_distinguish_separate_from_mixed() -> None:
    signs = np.repeat([-1, 1], 20).astype(np.int8)
    z = np.random.default_rng(3).normal(size=(40, 3)).astype(np.float32)
    parted = z + 20 * signs[:, None]
    assert agreement(parted, signs) == 1
    assert agreement(z, signs) < 0.8
    assert in_order(parted[:20, 0], parted[20:, 0]) == 1
    assert in_order(parted[20:, 0], parted[:20, 0]) == 0
    assert in_order(z[:0, 0], z[:, 0]) is None
    tie = np.ones(3, np.float32)
    assert in_order(tie, tie) == 0.5


@pytest.mark.parametrize(
    ("change", "expected"), [(np.exp, 1.0), (np.negative, -1.0), (np.zeros_like, 0.0)]
)
def test_rank_correlation(change: Callable[[np.ndarray], np.ndarray], expected: float) -> None:
    x = np.random.default_rng(4).normal(size=30)
    assert rank_correlation(x.astype(np.float32), change(x)) == pytest.approx(expected)
