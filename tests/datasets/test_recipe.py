"""Laws of recipes: pure and free of order, the mixture as stated, no sound in two splits."""

import dataclasses
import hashlib
import itertools
import json
import pickle
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.errors import PatchwrightError, SpecError, StoreError
from datasets.presets import NEAR
from datasets.recipe import UNIFORM, Recipe, available_recipes, load_recipe
from datasets.sampler import Draw, sample
from datasets.spec import NotePolicy, Parameter, SynthSpec, load_spec
from datasets.split import split_of
from renderer.dataset.console import report
from renderer.dataset.render import RenderSummary

PRESETS = 60
DRAWS = 3000
GROUPS = ("tone", "amplifier", "tone", "steps")
MIXTURE = """
[[source]]
kind = "presets"
path = "banks"
each = true
weight = 0.3
[[source]]
kind = "jitter"
path = "banks"
weight = 0.3
sigma = 0.1
share = 0.4
step_share = 0.2
[[source]]
kind = "crossover"
path = "banks"
weight = 0.2
[[source]]
kind = "uniform"
weight = 0.2
"""


def one(kind: str, **keys: object) -> str:
    """A recipe of one source over ``banks``."""
    lines = [f'kind = "{kind}"', "weight = 1", 'path = "banks"']
    return "\n".join(["[[source]]", *lines, *(f"{k} = {json.dumps(v)}" for k, v in keys.items())])


def sixteen() -> SynthSpec:
    """Twelve continuous parameters and four stepped ones, in three groups."""
    parameters = tuple(
        Parameter(f"s{i}", "stepped", "steps", "", values=(0.0, 1.0, 2.0, 3.0, 4.0))
        if i % 4 == 3
        else Parameter(f"c{i}", "continuous", GROUPS[i % 4], "", -1.0, 3.0, rest_probability=0.2)
        for i in range(16)
    )
    return SynthSpec("sixteen", 1, "fake", "", 22050, 1, NotePolicy(), {"controls": {}}, parameters)


SPEC = sixteen()


def write_presets(folder: Path, seed: int = 5, prefix: str = "") -> None:
    """``PRESETS`` distinct presets away from the ends, and near-duplicates of the first six."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    unit = 0.35 + 0.3 * generator.random((PRESETS, 16))
    unit[:, 3::4] = generator.integers(0, 5, (PRESETS, 4)) / 4
    near = unit[:6].copy()
    near[:, 0] += 0.1  # RMS over 16 parameters: 0.025
    for k, vector in enumerate(np.concatenate([unit, near])):
        text = json.dumps({"preset_name": f"p{k}", "settings": SPEC.to_native(SPEC.snap(vector))})
        (folder / f"{prefix}{k:03d}.vital").write_text(text, encoding="utf-8")


def load(folder: Path, text: str, spec: SynthSpec = SPEC) -> Recipe:
    """Write the recipe ``text`` next to ``folder/banks``."""
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return load_recipe(path, spec)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipes")
    write_presets(folder / "banks")
    return folder


@pytest.fixture(scope="module")
def recipe(folder: Path) -> Recipe:
    return load(folder, MIXTURE)


@pytest.fixture(scope="module")
def draws(recipe: Recipe) -> list[Draw]:
    """The mixture after the listed presets."""
    return [sample(SPEC, 7, len(recipe.each) + i, recipe) for i in range(DRAWS)]


def same(a: Draw, b: Draw) -> bool:
    same = (a.index, a.note, a.velocity, a.parents) == (b.index, b.note, b.velocity, b.parents)
    return same and np.array_equal(a.unit, b.unit)


def kind_of(draw: Draw, recipe: Recipe) -> str:
    """Which source a draw came from, from outside."""
    if len(draw.parents) == 2:
        return "crossover"
    if ":preset:" not in draw.parents[0]:
        return "uniform"
    return "presets" if (recipe.unit == draw.unit).all(axis=1).any() else "jitter"


def preset_of(draw: Draw, recipe: Recipe) -> int:
    """The preset of the draw's parent that is nearest to it."""
    family = [i for i, parent in enumerate(recipe.parents) if parent == draw.parents[0]]
    return family[int(np.argmin(np.abs(recipe.unit[family] - draw.unit).sum(axis=1)))]


# --- without a recipe


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("vital-16", "b203f7a7b8eb2e8d"),
        ("vital-32", "fe6aa53666f2d951"),
        ("vital-64", "877ce8dcf506c826"),
    ],
)
def test_draws_without_a_recipe_are_those_of_the_first_release(name: str, digest: str) -> None:
    """Shipped datasets and models were drawn so: index, note, velocity, parents and every bit."""
    spec, drawn = load_spec(name), hashlib.sha256()
    for seed, index in itertools.product((0, 7, 2020), (*range(300), 10**6, 2**40)):
        draw = sample(spec, seed, index)
        facts = (draw.index, draw.note, draw.velocity, draw.parents)
        drawn.update(draw.unit.astype("<f4").tobytes() + repr(facts).encode())
    assert drawn.hexdigest()[:16] == digest
    assert same(draw, sample(spec, 2020, 2**40, UNIFORM))


def test_sampling_loads_no_store_and_no_scipy() -> None:
    code = (
        "import sys; import datasets.sampler; "
        "print(*sorted({'pyarrow', 'soundfile', 'scipy', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# --- purity


def test_draws_depend_on_nothing_but_seed_index_and_recipe(
    folder: Path, tmp_path: Path, recipe: Recipe, draws: list[Draw]
) -> None:
    shutil.copytree(folder / "banks", tmp_path / "banks")
    again = load(tmp_path, MIXTURE)
    sent = pickle.loads(pickle.dumps(recipe))
    for i in (2999, 3, 1500, 0, 3):
        np.random.seed(i)
        index = len(recipe.each) + i
        for other in (recipe, again, sent):
            assert same(sample(sixteen(), 7, index, other), draws[i])
    assert again.digest() == sent.digest() == recipe.digest()


def test_seeds_and_indices_differ(recipe: Recipe, draws: list[Draw]) -> None:
    other = [sample(SPEC, 8, len(recipe.each) + i, recipe) for i in range(50)]
    assert not any(same(a, b) for a, b in zip(other, draws, strict=False))


def test_file_names_shape_neither_presets_nor_splits(folder: Path, tmp_path: Path) -> None:
    write_presets(tmp_path / "banks", prefix="renamed ")
    recipe, renamed = load(folder, MIXTURE), load(tmp_path, MIXTURE)
    assert renamed.parents == recipe.parents
    assert renamed.digest() == recipe.digest()


def test_notes_are_the_same_under_every_recipe(recipe: Recipe) -> None:
    for index in range(200):
        assert sample(SPEC, 3, index, recipe).note == sample(SPEC, 3, index).note


# --- the listed presets


def test_the_first_indices_are_the_presets_each_once(recipe: Recipe) -> None:
    assert len(recipe.each) == len(recipe.unit) == PRESETS + 6
    for i, row in enumerate(recipe.each):
        draw = sample(SPEC, 7, i, recipe)
        assert np.array_equal(draw.unit, recipe.unit[row])
        assert draw.parents == (recipe.parents[row],)
    assert sorted(recipe.each.tolist()) == list(range(PRESETS + 6))


def test_a_preset_in_two_listed_sources_is_listed_once(folder: Path) -> None:
    twice = one("presets", each=True) + "\n" + one("presets", each=True).replace("banks", "./banks")
    assert len(load(folder, twice).each) == PRESETS + 6


def test_without_each_the_mixture_starts_at_once(folder: Path) -> None:
    recipe = load(folder, MIXTURE.replace("each = true", ""))
    assert len(recipe.each) == 0
    kinds = Counter(kind_of(sample(SPEC, 7, i, recipe), recipe) for i in range(200))
    assert len(kinds) == 4


# --- the mixture


def test_sources_are_drawn_as_often_as_they_weigh(recipe: Recipe, draws: list[Draw]) -> None:
    counts = Counter(kind_of(draw, recipe) for draw in draws)
    for kind, share in {"presets": 0.3, "jitter": 0.3, "crossover": 0.2, "uniform": 0.2}.items():
        # A jitter that moves nothing looks like a preset: 0.6^12 * 0.8^4 of them.
        deviation = np.sqrt(DRAWS * share * (1 - share))
        assert abs(counts[kind] - DRAWS * share) < 4.5 * deviation + 3, kind


def test_weights_are_relative(folder: Path, recipe: Recipe) -> None:
    doubled = load(folder, MIXTURE.replace("weight = 0.", "weight = "))
    for i in range(100, 200):
        assert same(sample(SPEC, 7, i, doubled), sample(SPEC, 7, i, recipe))
    assert doubled.digest() != recipe.digest()


def test_the_uniform_part_is_what_no_recipe_draws(recipe: Recipe, draws: list[Draw]) -> None:
    uniform = [draw for draw in draws if kind_of(draw, recipe) == "uniform"]
    assert uniform
    assert all(same(draw, sample(SPEC, 7, draw.index)) for draw in uniform)


def test_which_source_is_drawn_tells_nothing_of_the_patch_or_note(
    recipe: Recipe, draws: list[Draw]
) -> None:
    # Uniform, but a fifth of the time at rest at 0.25: a mean of 0.45.
    for kind in ("presets", "jitter", "crossover", "uniform"):
        chosen = [draw.index for draw in draws if kind_of(draw, recipe) == kind]
        free = np.stack([sample(SPEC, 7, index).unit for index in chosen])
        assert np.abs(free[:, SPEC.continuous].mean(axis=0) - 0.45).max() < 0.06
        notes = np.array([draw.note for draw in draws if kind_of(draw, recipe) == kind])
        assert abs(notes.mean() - 60) < 2.5


def test_units_lie_in_range_and_on_steps(draws: list[Draw]) -> None:
    units = np.stack([draw.unit for draw in draws])
    assert units.dtype == np.float32
    assert units.min() >= 0 and units.max() <= 1
    assert np.array_equal(SPEC.snap(units), units)


def test_presets_are_drawn_evenly(folder: Path) -> None:
    recipe = load(folder, one("presets"))
    rows = Counter(sample(SPEC, 1, i, recipe).unit.tobytes() for i in range(DRAWS))
    expected = DRAWS / (PRESETS + 6)
    assert set(rows) == {row.tobytes() for row in recipe.unit}
    assert max(abs(n - expected) for n in rows.values()) < 5 * np.sqrt(expected)


def test_jitter_moves_its_share_by_its_sigma(folder: Path) -> None:
    recipe = load(folder, one("jitter", sigma=0.05, share=0.4, step_share=0.2))
    moved = []
    for i in range(1500):
        draw = sample(SPEC, 2, i, recipe)
        moved.append(draw.unit - recipe.unit[preset_of(draw, recipe)])
    change = np.stack(moved)
    noise = change[:, SPEC.continuous]
    assert (noise != 0).mean() == pytest.approx(0.4, abs=4.5 * np.sqrt(0.24 / noise.size) + 1e-3)
    assert noise[noise != 0].std() == pytest.approx(0.05, rel=0.05)
    assert abs(noise[noise != 0].mean()) < 0.002
    steps = change[:, SPEC.stepped]
    assert (steps != 0).mean() == pytest.approx(0.2, abs=4.5 * np.sqrt(0.16 / steps.size))


def test_jitter_reaches_every_other_step_alike(folder: Path) -> None:
    recipe = load(folder, one("jitter", sigma=0.0, share=0, step_share=1))
    jumps: Counter[tuple[int, int]] = Counter()
    for i in range(DRAWS):
        draw = sample(SPEC, 2, i, recipe)
        family = [j for j, p in enumerate(recipe.parents) if p == draw.parents[0]]
        before = recipe.unit[family[0]][SPEC.stepped]
        jumps.update(zip((before * 4).round(), (draw.unit[SPEC.stepped] * 4).round(), strict=True))
    assert all(before != after for before, after in jumps)
    for before in range(5):
        row = [jumps[(before, after)] for after in range(5) if after != before]
        assert max(row) - min(row) < 7 * np.sqrt(np.mean(row))


def test_jitter_without_noise_is_the_preset(folder: Path) -> None:
    recipe = load(folder, one("jitter", sigma=0, share=1, step_share=0))
    for i in range(50):
        draw = sample(SPEC, 2, i, recipe)
        nearest = recipe.unit[preset_of(draw, recipe)]
        assert np.abs(draw.unit - nearest).max() <= 0.5 / 65535 + 1e-7


@pytest.mark.parametrize("by", ["parameter", "group"])
def test_crossover_takes_each_part_from_one_of_two_presets(folder: Path, by: str) -> None:
    recipe = load(folder, one("crossover", by=by))
    places = [SPEC.parameters[i].group for i in range(16)] if by == "group" else list(SPEC.names)
    shares = []
    for i in range(300):
        draw = sample(SPEC, 4, i, recipe)
        first, second = ([j for j, p in enumerate(recipe.parents) if p == q] for q in draw.parents)
        fits = [
            taken
            for a, b in itertools.product(first, second)
            if (taken := parts_taken(draw, recipe.unit[a], recipe.unit[b], places)) is not None
        ]
        assert fits, draw.parents
        assert draw.parents[0] != draw.parents[1]
        shares.append(np.mean(fits[0]))
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)


def parts_taken(draw: Draw, a: np.ndarray, b: np.ndarray, places: list[str]) -> list[bool] | None:
    """For each part, whether it is ``b``'s; None when a part is of neither or of both by halves."""
    taken = []
    for place in dict.fromkeys(places):
        rows = [i for i, p in enumerate(places) if p == place]
        from_a, from_b = (np.array_equal(draw.unit[rows], v[rows]) for v in (a, b))
        if not (from_a or from_b):
            return None
        if from_a != from_b:
            taken.append(bool(from_b))
    return taken


# --- splits


def test_crossover_never_crosses_a_split(recipe: Recipe, draws: list[Draw]) -> None:
    crossed = [draw for draw in draws if kind_of(draw, recipe) == "crossover"]
    assert len({split_of(draw.parents) for draw in crossed}) == 3
    for draw in crossed:
        assert split_of(draw.parents[:1]) == split_of(draw.parents[1:])
        assert set(draw.parents) <= set(recipe.parents)


def test_a_preset_alone_in_its_split_is_crossed_with_itself(tmp_path: Path) -> None:
    (tmp_path / "banks").mkdir()
    text = json.dumps({"settings": SPEC.to_native(np.full(16, 0.5))})
    (tmp_path / "banks" / "only.vital").write_text(text)
    recipe = load(tmp_path, one("crossover"))
    draw = sample(SPEC, 0, 0, recipe)
    assert np.array_equal(draw.unit, recipe.unit[0])
    assert draw.parents == recipe.parents * 2


def test_near_duplicates_share_a_parent_and_so_a_split(recipe: Recipe) -> None:
    for a, b in itertools.combinations(range(len(recipe.unit)), 2):
        if np.sqrt(np.mean(np.square(recipe.unit[a] - recipe.unit[b]))) < NEAR:
            assert recipe.parents[a] == recipe.parents[b]
    assert len(set(recipe.parents)) == PRESETS
    assert recipe.to_dict()["groups"] == PRESETS


def test_near_duplicates_of_two_folders_share_a_split(tmp_path: Path, folder: Path) -> None:
    shutil.copytree(folder / "banks", tmp_path / "banks")
    (tmp_path / "more").mkdir()
    for name in ("060", "061", "000", "001"):
        shutil.move(tmp_path / "banks" / f"{name}.vital", tmp_path / "more" / f"{name}.vital")
    text = one("presets") + "\n" + one("presets").replace("banks", "more")
    recipe = load(tmp_path, text)
    assert [len(source.members) for source in recipe.sources] == [PRESETS + 2, 4]
    assert len(set(recipe.parents)) == PRESETS


# --- the object


def test_a_recipe_is_frozen_and_tells_itself(recipe: Recipe) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.name = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        recipe.unit[0, 0] = 0.5
    data = json.loads(json.dumps(recipe.to_dict()))
    assert data["digest"] == recipe.digest()
    assert data["presets"] == PRESETS + 6
    assert [source["kind"] for source in data["sources"]] == [s.kind for s in recipe.sources]
    assert data["sources"][1]["sigma"] == 0.1
    assert UNIFORM.to_dict()["sources"] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("weight = 0.3", "weight = 0.31"),
        ("sigma = 0.1", "sigma = 0.11"),
        ("share = 0.4", "share = 0.5"),
        ("each = true", "each = false"),
        ("step_share = 0.2", "step_share = 0.3"),
        ('kind = "uniform"', 'kind = "crossover"\npath = "banks"'),
    ],
)
def test_the_digest_follows_every_number(folder: Path, recipe: Recipe, old: str, new: str) -> None:
    assert old in MIXTURE
    assert load(folder, MIXTURE.replace(old, new, 1)).digest() != recipe.digest()


def test_the_digest_follows_the_presets_and_not_their_place(
    folder: Path, tmp_path: Path, recipe: Recipe
) -> None:
    write_presets(tmp_path / "elsewhere")
    moved = load(tmp_path, MIXTURE.replace("banks", "elsewhere"))
    assert moved.digest() == recipe.digest()
    (tmp_path / "elsewhere" / "059.vital").unlink()
    assert load(tmp_path, MIXTURE.replace("banks", "elsewhere")).digest() != recipe.digest()


def test_a_damaged_preset_is_told(tmp_path: Path) -> None:
    write_presets(tmp_path / "banks")
    (tmp_path / "banks" / "000.vital").write_text("{")
    recipe = load(tmp_path, MIXTURE)
    assert len(recipe.unit) == PRESETS + 5
    assert recipe.to_dict()["skipped"][0].startswith("000.vital: ")


def test_presets_with_values_that_the_spec_cannot_take_are_counted(tmp_path: Path) -> None:
    write_presets(tmp_path / "banks")
    assert load(tmp_path, MIXTURE).changed == 0
    beyond = {"settings": {name: 50.0 for name in SPEC.names}}
    (tmp_path / "banks" / "beyond.vital").write_text(json.dumps(beyond))
    recipe = load(tmp_path, MIXTURE)
    assert recipe.changed == 1
    summary = report(SPEC, RenderSummary(), tmp_path, recipe)
    assert f"  1 presets have values that {SPEC.name} cannot take; it uses the nearest" in summary


# --- shipped recipes, and where presets come from


@pytest.mark.parametrize("name", available_recipes())
def test_shipped_recipes_load_by_name_over_the_specs_own_folders(name: str, folder: Path) -> None:
    template = {"controls": {}, "presets": [str(folder / "absent"), str(folder / "banks")]}
    spec = dataclasses.replace(SPEC, template=template)
    recipe = load_recipe(name, spec)
    assert recipe.name == name
    assert len(recipe.unit) == PRESETS + 6
    kinds = Counter(kind_of(sample(spec, 0, 100 + i, recipe), recipe) for i in range(300))
    assert set(kinds) == {"presets", "jitter", "crossover", "uniform"}


def test_human_lists_every_preset_once(folder: Path) -> None:
    assert {"human", "mixture"} <= set(available_recipes())
    spec = dataclasses.replace(SPEC, template={"controls": {}, "presets": str(folder / "banks")})
    assert len(load_recipe("human", spec).each) == PRESETS + 6
    assert len(load_recipe("mixture", spec).each) == 0


def test_an_absolute_path_and_a_single_file_are_taken(folder: Path, tmp_path: Path) -> None:
    text = one("presets").replace(
        '"banks"', json.dumps((folder / "banks" / "003.vital").as_posix())
    )
    assert len(load(tmp_path, text).unit) == 1


def test_states_reach_the_reader(tmp_path: Path) -> None:
    (tmp_path / "banks").mkdir()
    (tmp_path / "banks" / "a.fxp").write_bytes(b"state")
    with pytest.raises(SpecError, match=r"no preset for sixteen.*only the plugin can read"):
        load(tmp_path, one("presets"))
    recipe = load_recipe(tmp_path / "mine.toml", SPEC, lambda path: {"c0": 3.0})
    assert recipe.unit[0, 0] == 1.0


# --- errors

BROKEN: list[tuple[Callable[[str], str], str]] = [
    (
        lambda text: text.replace('"jitter"', '"wobble"'),
        r"source 2: kind 'wobble' is not one of presets",
    ),
    (lambda text: text.replace("sigma", "sigmo"), "source 2 .*'sigmo'.*sigma"),
    (lambda text: text.replace("each = true", "sigma = 0.1"), "source 1 .*'sigma'"),
    (lambda text: text.replace("weight = 0.2", "weight = 0"), "source 3: weight is 0"),
    (lambda text: text.replace("weight = 0.2", "weight = -1"), "source 3: weight is -1"),
    (lambda text: text.replace("weight = 0.2", "weight = inf"), "source 3: weight is inf"),
    (lambda text: text.replace("weight = 0.2", "weight = nan"), "source 3: weight is nan"),
    (lambda text: text.replace("weight = 0.2", "weight = true"), "source 3: weight is True"),
    (lambda text: text.replace("weight = 0.2", f"weight = {10**400}"), "source 3: weight is 1000"),
    (lambda text: text.replace("weight = 0.2", 'weight = "a"'), "source 3: weight is 'a'"),
    (lambda text: text.replace("weight = 0.2", ""), "source 3: weight is missing"),
    (lambda text: text.replace("sigma = 0.1", "sigma = 2"), "source 2: sigma is 2"),
    (lambda text: text.replace("share = 0.4", "share = -0.1"), "source 2: share is -0.1"),
    (lambda text: text.replace("each = true", "each = 1"), "source 1: each is 1"),
    (lambda text: text.replace('path = "banks"', "path = []"), r"source 1: path is \[\]"),
    (lambda text: text.replace('path = "banks"', 'path = ""'), "source 1: path is ''"),
    (lambda text: text.replace('path = "banks"', ""), "sixteen: its spec names no folder"),
    (lambda text: text + '[[source]]\nkind = "crossover"\nweight = 1\nby = 3', "by is 3"),
    (lambda text: text + "[other]", "unknown key 'other'"),
    (lambda text: "", r"no \[\[source\]\]"),
    (lambda text: "source = 3", r"no \[\[source\]\]"),
    (lambda text: "source = [3]", "source 1 is not a table"),
    (lambda text: "[[source", "not valid TOML"),
    (lambda text: "a = " + "[" * 100_000, "not valid TOML"),
]


@pytest.mark.parametrize(("change", "named"), BROKEN)
def test_broken_recipes_name_what_is_wrong(
    folder: Path, change: Callable[[str], str], named: str
) -> None:
    with pytest.raises(SpecError, match=rf"recipe mine\.toml.*{named}"):
        load(folder, change(MIXTURE))


def test_a_recipe_or_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        SpecError, match=r"recipe 'absent' does not exist: use one of human, mixture"
    ):
        load_recipe("absent", SPEC)
    with pytest.raises(SpecError, match=r"absent\.toml"):
        load_recipe(tmp_path / "absent.toml", SPEC)
    with pytest.raises(StoreError, match="banks"):
        load(tmp_path, MIXTURE)
    (tmp_path / "banks").mkdir()
    with pytest.raises(SpecError, match=r"mine\.toml: no preset for sixteen in .*banks"):
        load(tmp_path, MIXTURE)
    spec = dataclasses.replace(SPEC, template={"controls": {}, "presets": ["~no one/x", "absent"]})
    with pytest.raises(
        SpecError, match=r"none of ~no one.x, absent exists\. Give the source a path"
    ):
        load_recipe("human", spec)


def test_presets_of_another_synth_are_told(folder: Path) -> None:
    with pytest.raises(SpecError, match=r"no preset for vital-16 in .*: 000\.vital.*of this synth"):
        load(folder, MIXTURE, load_spec("vital-16"))


def test_a_recipe_of_another_spec_is_refused(recipe: Recipe) -> None:
    with pytest.raises(SpecError, match=r"'mine'.*other parameters than those of vital-32"):
        sample(load_spec("vital-32"), 0, 0, recipe)


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_recipe_never_raises_another_error(folder: Path, data: st.DataObject) -> None:
    text = MIXTURE
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.text(max_size=8)) + text[at + length :]
    path = folder / "damaged.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        recipe = load_recipe(path, SPEC)
    except PatchwrightError:
        return
    assert recipe.sources
    sample(SPEC, 0, 100, recipe)
