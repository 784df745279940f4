"""The patches against Max's reference, each other and the scripts; the device's container."""

import json
import random
import re
import struct
from itertools import combinations
from typing import Any

import pytest
from py2max import Patcher
from py2max.m4l import pack_amxd, unpack_amxd
from py2max.maxref import get_object_info, porttypes
from py2max.utils import object_name

from maxpatches.build.__main__ import FOLDER, SOURCE, built, main, outdated
from maxpatches.build.canvas import HIDDEN, PORTS, STORED, VISIBLE
from maxpatches.build.container import (
    AUDIO_EFFECT,
    FROZEN,
    ContainerError,
    Packed,
    pack,
    unpack,
)
from maxpatches.build.face import BUDGETS, DIALS, HEIGHT, PANEL, WIDTH
from maxpatches.build.patches import PAD, RECORDING_MS, SCRIPT, SLOTS
from maxpatches.build.script import SOURCES

PATCHES = (SOURCE, "patchwright.maxpat")
Box = dict[str, Any]

# What sets recall and automate the device by. Never rename one: old sets would lose it.
AUTOMATED = {*(f"Macro {n}" for n in range(1, 9)), "Morph X", "Morph Y"}
RECALLED = {"Budget", "Server Port"}


def patcher(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))["patcher"]
    return found


def boxes(patch: dict[str, Any]) -> list[Box]:
    """All boxes, those of subpatchers too."""
    top = [row["box"] for row in patch["boxes"]]
    return top + [inner for box in top if "patcher" in box for inner in boxes(box["patcher"])]


def levels(patch: dict[str, Any]) -> list[dict[str, Any]]:
    """A patcher and its subpatchers."""
    inner = [row["box"]["patcher"] for row in patch["boxes"] if "patcher" in row["box"]]
    return [patch, *(level for one in inner for level in levels(one))]


def kind(box: Box) -> str:
    name: str = box["text"].split()[0] if box["maxclass"] == "newobj" else box["maxclass"]
    return name


def settings(box: Box) -> dict[str, Any]:
    found: dict[str, Any] = box["saved_attribute_attributes"]["valueof"]
    return found


@pytest.mark.parametrize("name", PATCHES)
def test_the_reference_finds_nothing_wrong(name: str) -> None:
    """Unknown objects, ports out of range, cords between types that do not fit, overlaps."""
    findings = Patcher.from_file(FOLDER / name).lint()
    assert [str(finding) for finding in findings] == []


def test_the_reference_would_find_a_wrong_cord() -> None:
    patch = Patcher.from_file(FOLDER / SOURCE)
    dial = next(box for box in patch._boxes if object_name(box) == "live.dial")
    assert dial.id is not None
    patch.add_patchline(dial.id, 2, dial.id, 0)
    assert [finding.code for finding in patch.lint()] == ["E-OUTLET-RANGE"]


@pytest.mark.parametrize("name", PATCHES)
def test_cords_end_at_ports_that_boxes_have(name: str) -> None:
    for level in levels(patcher(name)):
        by_id = {row["box"]["id"]: row["box"] for row in level["boxes"]}
        assert len(by_id) == len(level["boxes"]), "two boxes have one id"
        assert level["lines"]
        for line in level["lines"]:
            (source, outlet), (target, inlet) = (
                line["patchline"][end] for end in ("source", "destination")
            )
            assert outlet < by_id[source]["numoutlets"], (by_id[source], outlet)
            assert inlet < by_id[target]["numinlets"], (by_id[target], inlet)


@pytest.mark.parametrize("name", PATCHES)
def test_boxes_have_the_ports_that_the_reference_says(name: str) -> None:
    """Only what the reference leaves open, such as a script's own outlets, is stated by us."""
    for box in boxes(patcher(name)):
        if kind(box) in ("p", *PORTS):
            continue
        assert get_object_info(kind(box)) is not None, kind(box)
        inlets, outlets = porttypes.port_counts(kind(box), box.get("text", kind(box)))
        assert (box["numinlets"], box["numoutlets"]) == (inlets, outlets), box
        assert len(box.get("outlettype", [])) == box["numoutlets"], box


@pytest.mark.parametrize("name", PATCHES)
def test_parameters_are_named_once_and_for_ever(name: str) -> None:
    patch = patcher(name)
    enabled = {box["id"]: box for box in boxes(patch) if box.get("parameter_enable")}
    names = {id_: settings(box)["parameter_longname"] for id_, box in enabled.items()}
    assert len(set(names.values())) == len(names)
    visible = {v: set[str]() for v in (VISIBLE, STORED, HIDDEN)}
    for id_, box in enabled.items():
        visible[settings(box)["parameter_invisible"]].add(names[id_])
    assert visible[VISIBLE] == AUTOMATED
    assert visible[STORED] == RECALLED
    block = dict(patch["parameters"])
    bank = block.pop("parameterbanks")["0"]["parameters"]
    assert bank == [f"Macro {n}" for n in range(1, DIALS + 1)]
    assert block.pop("inherited_shortname") == 1
    assert block == {id_: [name, name, 0] for id_, name in names.items()}


@pytest.mark.parametrize("name", PATCHES)
def test_parameters_are_what_live_can_hold(name: str) -> None:
    for box in boxes(patcher(name)):
        if not box.get("parameter_enable"):
            continue
        one = settings(box)
        if one["parameter_type"] == 0:
            assert one["parameter_mmin"] <= one["parameter_initial"][0] <= one["parameter_mmax"]
        elif one["parameter_type"] == 2:
            assert len(one["parameter_enum"]) == one["parameter_mmax"] + 1
            assert one.get("parameter_initial", [0])[0] <= one["parameter_mmax"]
        else:
            assert box["maxclass"] == "live.drop"


@pytest.mark.parametrize("name", PATCHES)
def test_the_panel_fits_and_nothing_covers_another(name: str) -> None:
    shown = [box for box in boxes(patcher(name)) if box.get("presentation")]
    areas = {box["varname"]: box["presentation_rect"] for box in shown}
    assert len(areas) == len(shown)
    for x, y, w, h in areas.values():
        assert all(isinstance(number, int) for number in (x, y, w, h))
        assert 0 <= x and x + w <= WIDTH and 0 <= y and y + h <= HEIGHT
    for (one, a), (other, b) in combinations(areas.items(), 2):
        separate = a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0]
        assert separate or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1], (one, other)


def scripts() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.js")))


@pytest.mark.parametrize("name", PATCHES)
def test_what_the_patch_says_the_script_understands_and_the_reverse(name: str) -> None:
    patch = patcher(name)
    by_id = {row["box"]["id"]: row["box"] for row in patch["boxes"]}
    (script,) = (id_ for id_, box in by_id.items() if kind(box) == "js")
    sources = [
        by_id[line["patchline"]["source"][0]]
        for line in patch["lines"]
        if line["patchline"]["destination"][0] == script
    ]
    texts = [box["text"].removeprefix("prepend ") for box in sources if kind(box) != "jsui"]
    said = {text.split()[0] for text in texts if not text.startswith("udpreceive")}
    said |= set(re.findall(r'"(drag|settle)"', (FOLDER / PAD).read_text(encoding="utf-8")))
    understood = set(re.findall(r"^function (\w+)\(", scripts(), flags=re.MULTILINE))
    assert len(said) > 15 and said <= understood, said - understood
    shown = set(re.findall(r'(?:show|fill)\("(\w+)"|outlet\(1, "(\w+)"', scripts()))
    assert {a or b for a, b in shown} == set(PANEL)
    (panel,) = (box for box in by_id.values() if box.get("text", "").startswith("route dial"))
    assert tuple(panel["text"].split()[1:]) == PANEL


def test_patches_hold_no_address_of_their_own() -> None:
    """All go through the script, whose table is the protocol's (test_max_scripts)."""
    for name in PATCHES:
        assert "/patchwright/" not in (FOLDER / name).read_text(encoding="utf-8")


def test_the_scripts_count_as_the_patches_do() -> None:
    for word, number in (("SLOTS", SLOTS), ("LONGEST_MS", RECORDING_MS), ("DIALS", DIALS)):
        assert re.findall(rf"^var {word} = (\d+);", scripts(), flags=re.MULTILINE) == [str(number)]
    remotes = [box for box in boxes(patcher(SOURCE)) if kind(box) == "live.remote~"]
    assert len(remotes) == SLOTS
    menu = next(box for box in boxes(patcher(SOURCE)) if kind(box) == "live.menu")
    assert tuple(settings(menu)["parameter_enum"]) == BUDGETS


def test_only_the_device_uses_live() -> None:
    """Max without Live has Live's controls, but not its API or its track."""
    lives = {"live.remote~", "live.thisdevice", "plugin~", "plugout~"}
    device, alone = ({kind(box) for box in boxes(patcher(name))} for name in PATCHES)
    assert lives <= device
    assert not lives & alone
    assert "---" in (FOLDER / SOURCE).read_text(encoding="utf-8")
    assert "---" not in (FOLDER / PATCHES[1]).read_text(encoding="utf-8")


def test_two_builds_are_one_and_what_is_kept() -> None:
    files = built()
    assert files == built()
    assert outdated(files) == [], "run: python -m maxpatches.build"
    assert main(["--check"]) == 0
    assert outdated({**files, SCRIPT: b""}) == [SCRIPT]


def test_the_device_holds_its_patch_and_scripts() -> None:
    device = unpack((FOLDER / "patchwright.amxd").read_bytes())
    assert (device.device, device.meta) == (AUDIO_EFFECT, FROZEN)
    patch, *rest = device.files
    assert (patch.name, patch.kind, patch.flag) == ("patchwright.amxd", "JSON", 17)
    assert patch.data == (FOLDER / SOURCE).read_bytes() + b"\0"
    assert patcher(SOURCE)["project"]["amxdtype"] == int.from_bytes(AUDIO_EFFECT, "big")
    assert [(one.name, one.kind, one.flag) for one in rest] == [
        (SCRIPT, "TEXT", 0),
        (PAD, "TEXT", 0),
    ]
    assert all(one.data == (FOLDER / one.name).read_bytes() for one in rest)


META = struct.pack("<4sII", b"meta", 4, FROZEN)


def test_the_container_is_the_one_that_py2max_knows() -> None:
    """Another reader and writer of it, made from devices that Max itself had saved.

    They know no ``meta``, which Ableton's own frozen devices have, and one file only.
    """
    patch = Packed("one.amxd", "JSON", b'{"patcher": {}}\0', 17)
    ours = pack([patch])
    assert unpack_amxd(ours.replace(META, b"")) == (patch.data[:-1], "audio_effect")
    theirs = pack_amxd(patch.data[:-1], patcher_filename=patch.name, mtime=0)
    device = unpack(theirs[:12] + META + theirs[12:])
    assert (device.device, device.files) == (AUDIO_EFFECT, (patch,))


def test_a_damaged_container_is_refused_in_words() -> None:
    whole = (FOLDER / "patchwright.amxd").read_bytes()
    for end in range(0, len(whole), 977):
        with pytest.raises(ContainerError):
            unpack(whole[:end])
    drawn = random.Random(5)
    header_and_footer = [*range(80), *range(len(whole) - 400, len(whole))]
    for _ in range(500):
        damaged = bytearray(whole)
        damaged[drawn.choice(header_and_footer)] = drawn.randrange(256)
        try:
            unpack(bytes(damaged))
        except ContainerError as error:
            assert str(error)
