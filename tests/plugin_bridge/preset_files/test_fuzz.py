"""Foreign preset files: whatever is in them, StoreError with the file's name, and little memory."""

import gzip
import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.errors import StoreError
from datasets.spec import load_spec
from plugin_bridge.preset_files import ableton, amsynth, diva, surge, vst2, vst3, xml_text
from plugin_bridge.preset_files.registry import FORMATS
from plugin_bridge.preset_files.state import PluginState
from tests.plugin_bridge.preset_files.test_formats import NEKOBI, drawn, surge_saved, vital_base

READERS: dict[str, Callable[[Path], object]] = {f.name: f.read for f in FORMATS}
MEMORY = 200 * 2**20  # bytes that reading a bomb may take at most
fuzzed = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@cache
def good(name: str) -> bytes:
    """A whole file of a format, not a long one."""
    amsynth_preset = drawn(load_spec("amsynth-34"), 1, fixed=True)[0]
    state = PluginState("name", "vst3", NEKOBI, b"component" * 3, b"controller")
    two = PluginState("name", "vst2", "abcd", b"state" * 5)
    files: dict[str, Callable[[], bytes]] = {
        "vital": lambda: b'{"preset_name": "x", "settings": {"a": 1.5, "b": [2, {"c": 3}]}}',
        "vital-bank": vital_bank,
        "amsynth-bank": lambda: amsynth.write_bank([amsynth_preset] * 2),
        "amsynth-preset": lambda: amsynth.write_single(amsynth_preset),
        "amsynth-fxp": lambda: amsynth.write_state(amsynth_preset),
        "diva-h2p": lambda: diva.write_h2p(drawn(load_spec("diva-16"), 1)[0]),
        "surge-fxp": surge_saved,
        "vst3-preset": lambda: vst3.write_vstpreset(state),
        "vst2-fxp": lambda: vst2.write_fxp(two),
        "live-rack": lambda: ableton.write_adg(state),
    }
    return files[name]()


def vital_bank() -> bytes:
    """A bank as Vital exports it: an archive with presets and a wavetable."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for entry in ("Mine/Presets/a.vital", "Mine/Presets/b.vital"):
            archive.writestr(entry, good("vital"), zipfile.ZIP_DEFLATED)
        archive.writestr("Mine/Wavetables/x.vitaltable", b"{}")
    return content.getvalue()


def damage(content: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    """``content`` with pieces replaced: (place, bytes taken out, bytes put in)."""
    for place, out, put in cuts:
        at = place % (len(content) + 1)
        content = content[:at] + put + content[at + out :]
    return content


CUTS = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.sampled_from([0, 1, 2, 4, 8, 100, 10_000]),
        st.one_of(
            st.binary(max_size=8),
            st.sampled_from([b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80" + b"\0" * 7, b"<", b"nan"]),
        ),
    ),
    min_size=1,
    max_size=4,
)


def read_or_refused(name: str, path: Path) -> object:
    """What is read, or None; a refusal names the file."""
    try:
        return READERS[name](path)
    except StoreError as error:
        assert str(error).startswith(path.name), error
        assert len(str(error)) < 500
        return None


@pytest.mark.parametrize("name", READERS)
@fuzzed
@given(cuts=CUTS)
def test_damaged_files_are_refused_or_read(
    tmp_path: Path, name: str, cuts: list[tuple[int, int, bytes]]
) -> None:
    path = tmp_path / "foreign file"
    path.write_bytes(damage(good(name), cuts))
    read_or_refused(name, path)


@fuzzed
@given(cuts=CUTS)
def test_damage_below_gzip_is_refused_too(
    tmp_path: Path, cuts: list[tuple[int, int, bytes]]
) -> None:
    path = tmp_path / "rack.adg"
    path.write_bytes(gzip.compress(damage(gzip.decompress(good("live-rack")), cuts), 1))
    read_or_refused("live-rack", path)


@pytest.mark.parametrize("name", READERS)
def test_a_good_file_is_read_and_every_short_one_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    content = good(name)
    path.write_bytes(content)
    assert READERS[name](path)
    # The last bytes may be a line's end, a zero, or wavetables that nobody counts.
    for length in range(0, len(content) - 100, max(1, len(content) // 60)):
        path.write_bytes(content[:length])
        if name == "amsynth-preset" and length % 2:  # a cut through a number is a number
            continue
        assert read_or_refused(name, path) is None, length


def peak_of(name: str, path: Path) -> int:
    """Bytes that Python held at most while a file was refused."""
    tracemalloc.start()
    try:
        assert read_or_refused(name, path) is None
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def nested(tag: bytes, count: int) -> bytes:
    return b"<" + tag + b">" + b"<x>" * count


def laughs() -> bytes:
    """The billion laughs: entities of entities."""
    entities = b'<!ENTITY a0 "ha">' + b"".join(
        b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 10)
    )
    return b"<!DOCTYPE Ableton [" + entities + b"]><Ableton>&a9;</Ableton>"


@pytest.mark.parametrize(
    ("xml", "word"),
    [
        (b"<Ableton>" + b"<x/>" * 300_000, "elements"),
        (nested(b"Ableton", 1000), "levels"),
        (laughs(), "entities"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Ableton/>', "DTD"),
        (b'<?xml version="1.0" encoding="utf-7"?><Ableton/>', "cannot be read|damaged"),
        (b"<Ableton>" + b" " * (17 * 2**20), "over 16 MB"),
        (b"<Ableton " + b" ".join(b'a%x=""' % i for i in range(600_000)) + b"/>", "attributes"),
        (b"<Ableton/>", "no Vst3Preset"),
    ],
)
def test_racks_that_are_bombs_are_refused(tmp_path: Path, xml: bytes, word: str) -> None:
    path = tmp_path / "bomb.adg"
    path.write_bytes(gzip.compress(xml))
    with pytest.raises(StoreError, match=word):
        ableton.read_adg(path)
    assert peak_of("live-rack", path) < MEMORY


def test_a_gzip_bomb_is_refused_before_it_expands(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    content = io.BytesIO()
    for _ in range(128):  # MB
        content.write(packer.compress(bytes(2**20)))
    content.write(packer.flush())
    path = tmp_path / "bomb.adg"
    path.write_bytes(content.getvalue())
    assert path.stat().st_size < 2 * 2**20
    assert peak_of("live-rack", path) < 80 * 2**20


def test_a_rack_without_its_check_sum_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "rack.adg"
    path.write_bytes(good("live-rack")[:-4])
    with pytest.raises(StoreError, match=r"rack\.adg.*cut off"):
        ableton.read_adg(path)


def test_huge_counts_cost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    fxp = struct.pack(">4si4si4sii28s", b"CcnK", 0, b"FxCk", 1, b"abcd", 1, 2**31 - 1, b"")
    chunk = struct.pack(">4si4si4sii28si", b"CcnK", 0, b"FPCh", 1, b"abcd", 1, 1, b"", 2**31 - 1)
    listed = struct.pack("<4si32sq", b"VST3", 1, NEKOBI.encode(), 48) + struct.pack(
        "<4si", b"List", 2**31 - 1
    )
    negative = chunk[:-4] + struct.pack(">i", -1) + b"xxxx"
    for name, content in [
        ("vst2-fxp", fxp),
        ("vst2-fxp", chunk),
        ("vst2-fxp", negative),
        ("vst3-preset", listed),
        ("amsynth-bank", b"amSynth\n" + b"<preset> <name> x\n" * 50_000),
        ("vital", b"[" * 2**19),
        ("vital", b'{"settings": [' + b"[]," * 10_000_000),
        ("amsynth-bank", b"amSynth\n" + b"<preset> <name> x\n" * 2_000_000),
        ("diva-h2p", b"#AM=Diva\n" + b"\n" * 20_000_000),
        ("vital", b'{"settings": ' * 2**18),
    ]:
        path.write_bytes(content)
        assert peak_of(name, path) < MEMORY, name


@pytest.mark.parametrize("count", [0, -5, 100_001])
def test_a_preset_of_no_parameters_or_too_many_is_refused(tmp_path: Path, count: int) -> None:
    path = tmp_path / "x.fxp"
    head = struct.pack(">4si4si4sii28s", b"CcnK", 0, b"FxCk", 1, b"abcd", 1, count, b"")
    path.write_bytes(head + bytes(4 * 100_001))
    with pytest.raises(StoreError, match=rf"x\.fxp, byte 24: {count} parameters"):
        vst2.read_fxp(path)


@pytest.mark.parametrize("place", [-8, 0, 47, 10_000])
def test_a_list_outside_its_file_is_refused(tmp_path: Path, place: int) -> None:
    path = tmp_path / "x.vstpreset"
    content = good("vst3-preset")
    path.write_bytes(content[:40] + struct.pack("<q", place) + content[48:])
    with pytest.raises(StoreError, match=rf"byte 40: the list at {place} is outside"):
        vst3.read_vstpreset(path)


def test_a_surge_patch_with_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.fxp"
    chunk = b"sub3" + struct.pack("<7I", len(laughs()), *[0] * 6) + laughs()
    path.write_bytes(vst2.write_fxp(PluginState("x", "vst2", surge.PLUGIN, chunk)))
    with pytest.raises(StoreError, match=r"bomb\.fxp.*entities"):
        surge.read_patch(path)


def test_files_of_a_real_size_are_no_bombs() -> None:
    assert xml_text.MAX_ELEMENTS > 100_000
    assert len(vital_base(load_spec("vital-16"))) > 100_000
    assert xml_text.parse_xml(b"<a>" + b"<b/>" * 100_000 + b"</a>", "big").tag == "a"


def test_files_that_are_not_there_or_folders(tmp_path: Path) -> None:
    for name, read in READERS.items():
        for path in (tmp_path / "absent", tmp_path):
            with pytest.raises(StoreError, match="cannot be read"):
                read(path)
        assert name
