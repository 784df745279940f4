"""Laws of the tags: signs of pairs, instruments in names, names of parents, users' own files."""

from pathlib import Path

import numpy as np
import pytest

from datasets.errors import StoreError
from datasets.presets import PresetBank, read_presets
from datasets.recipe import load_recipe
from datasets.sampler import sample
from datasets.spec import load_spec
from datasets.tags import (
    INSTRUMENTS,
    PAIRS,
    PresetNames,
    read_tags_csv,
    tag_signs,
    words_in,
)
from tests.programs.real_plugins import amsynth


def test_words_of_pairs_and_instruments_are_distinct_lower_case_words() -> None:
    words = [word for pair in PAIRS for word in pair.words] + list(INSTRUMENTS)
    assert len(set(words)) == len(words)
    assert all(word.islower() and word.isalpha() for word in words)
    meant = [word for forms in INSTRUMENTS.values() for word in forms]
    assert len(set(meant)) == len(meant), "a word means two instruments"
    assert all(words_in(word) == (tag,) for tag, forms in INSTRUMENTS.items() for word in forms)


def test_pairs_have_the_names_of_knobs() -> None:
    assert [pair.name for pair in PAIRS] == [
        "Dark/Bright",
        "Soft/Aggressive",
        "Constant/Moving",
        "Percussive/Sustained",
        "Thin/Phat",
        "Harmonic/Noisy",
    ]


def test_signs_are_those_of_the_words() -> None:
    negative = [pair.negative for pair in PAIRS]
    positive = [pair.positive.upper() for pair in PAIRS]
    signs = tag_signs([negative, positive, ["pad", "warm"], [*negative, *positive], []])
    assert signs.dtype == np.int8 and signs.shape == (5, len(PAIRS))
    assert [set(row) for row in signs.tolist()] == [{-1}, {1}, {0}, {0}, {0}]


def test_signs_of_what_a_store_reads() -> None:
    column = np.empty(3, object)
    column[0], column[2] = np.array(["bright"], object), np.array([], object)
    assert tag_signs(column).tolist() == [[1, 0, 0, 0, 0, 0], [0] * 6, [0] * 6]
    assert tag_signs([]).shape == (0, len(PAIRS))


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("Deep Bass", ("bass",)),
        ("BA Deep", ("bass",)),
        ("LD_Screamer-2", ("lead",)),
        ("PureLead", ("lead",)),
        ("FMBells", ("bell",)),
        ("PADs of Glass", ("pad",)),
        ("Rhodes EP", ("keys",)),
        ("bass&leads (arp)", ("bass", "lead", "arp")),
        ("E-Piano 1", ("piano",)),
        ("VOX humana", ("voice",)),
        ("BRASS", ("brass",)),
        ("Tom2Kick", ("drum",)),
        ("Bassoon", ("reed",)),
        ("Misleading Padding", ()),
        ("Organic Keyed Stringent", ()),
        ("bassö", ()),
        ("", ()),
        ("303", ()),
    ],
)
def test_instruments_are_whole_words_in_any_case(name: str, tags: tuple[str, ...]) -> None:
    assert words_in(name) == tags


def test_parents_are_found_by_name() -> None:
    amsynth()  # its banks come with it
    spec = load_spec("amsynth-34")
    recipe = load_recipe("mixture", spec)
    folder = next(p for p in map(Path, spec.template["presets"]) if p.exists())
    bank = read_presets(folder, spec)
    names = PresetNames(spec.name, bank)
    by_vector = {
        vector.tobytes(): p.name for vector, p in zip(bank.unit, bank.presets, strict=True)
    }
    found = {"presets": 0, "jitter": 0, "crossover": 0, "uniform": 0}
    for index in range(400):
        draw = sample(spec, 5, index, recipe)
        name = names.name_of(draw.parents, draw.unit)
        if draw.unit.tobytes() in by_vector:
            found["presets"] += 1
            assert name == by_vector[draw.unit.tobytes()]
        elif len(set(draw.parents)) == 2:
            found["crossover"] += 1
            assert name == ""
        elif ":preset:" in draw.parents[0]:
            found["jitter"] += 1
            assert name
        else:
            found["uniform"] += 1
            assert name == ""
    assert min(found.values()) > 50, found


def test_unknown_parents_have_no_name() -> None:
    spec = load_spec("amsynth-16")
    names = PresetNames(spec.name, PresetBank((), np.zeros((0, len(spec)), np.float32), ()))
    assert names.name_of(["amsynth-16:preset:0123"], np.zeros(len(spec), np.float32)) == ""
    assert names.name_of([], np.zeros(len(spec), np.float32)) == ""


def csv(folder: Path, content: str | bytes) -> Path:
    path = folder / "mine.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        "index,tags\n3,bright;warm\n0,Pad  soft\n7,\n",
        "\ufeffindex,tags\r\n3, Bright ; WARM ;\r\n\r\n0,pad soft pad\r\n7,;\r\n",
        'name,Tags,Index\nx,"bright;warm",3\n"y, z",pad;soft,0\n,,7',
    ],
)
def test_users_files_are_read(tmp_path: Path, content: str) -> None:
    read = read_tags_csv(csv(tmp_path, content))
    assert read == {3: ["bright", "warm"], 0: ["pad", "soft"], 7: []}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"line 1: '' has 0 columns 'index'.*index,tags"),
        ("3,bright\n", r"line 1: '3,bright' has 0 columns 'index'.*begin the file"),
        ("index,tag\n", r"line 1: 'index,tag' has 0 columns 'tags'"),
        ("index,tags,tags\n", "2 columns 'tags'"),
        ("index,tags\n1,pad\nx,pad\n", r"mine.csv, line 3: index 'x' is not a whole number"),
        ("index,tags\n-1,pad\n", "line 2: index '-1'"),
        ("index,tags\n1.5,pad\n", "line 2: index '1.5'"),
        (f"index,tags\n{10**30},pad\n", "line 2: index '1000"),
        ("index,tags\n1\n", "line 2: '1' lacks a column.*INDEX,TAG;TAG"),
        ("index,tags\n1,pad\n\n1,bass\n", "line 4: index 1 occurs twice"),
        ("index,tags\n1,dark;Bright\n", "line 2: index 1 is both dark and bright: keep one"),
        ('index,tags\n1,"pad\n', "line 2: not CSV"),
        (b"index,tags\n1,\xff\n", "not UTF-8"),
    ],
)
def test_users_files_that_cannot_be_used_are_named(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(StoreError, match=message):
        read_tags_csv(csv(tmp_path, content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"absent\.csv cannot be read: No such file"):
        read_tags_csv(tmp_path / "absent.csv")
