"""Check the library: exact neighbours, itself first, small size, refusal of damage."""

import numpy as np
import numpy.typing as npt
import pytest

from datasets.errors import CheckpointError
from models.data.feature_cache import Clips
from models.estimator.library import COMPONENTS, Library, build_library

COUNT, BANDS, FRAMES, PARAMETERS = 300, 16, 10, 5


def clips(count: int = COUNT, seed: int = 0) -> Clips:
    """Make smooth random log-mels in [-80, 0] dB: mixtures of a few shapes, and a little noise."""
    random = np.random.default_rng(seed)
    shapes = random.normal(size=(12, BANDS * FRAMES))
    flat = random.normal(size=(count, 12)) @ shapes * 4 + random.normal(size=(count, 160))
    mel = np.clip(flat - 40, -80, 0).reshape(count, BANDS, FRAMES).astype(np.float16)
    unit = random.random((count, PARAMETERS)).astype(np.float32)
    note = random.integers(36, 85, count).astype(np.int16)
    index, signs = np.arange(count, dtype=np.int64) * 3, np.zeros((count, 0), np.int8)
    return Clips(mel, unit, note, index, signs, signs.astype(np.float32))


@pytest.fixture(scope="module")
def library() -> Library:
    return build_library(clips())


def decoded_distances(library: Library, mel: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Compute the distance of a mel to every preset by plain loops in double precision."""
    image = mel.reshape(-1).astype(np.float64) - library.centre.astype(np.float64)
    target = library.basis.astype(np.float64) @ image
    decoded = library.code.astype(np.float64) * library.scale
    return np.array([np.sqrt(np.square(row - target).sum() / image.size) for row in decoded])


@pytest.mark.parametrize("count", [1, 7, COUNT, 10 * COUNT])
def test_neighbours_equal_brute_force(library: Library, count: int) -> None:
    for mel in clips(5, seed=9).mel.astype(np.float32):
        rows, distances = library.neighbours(mel, count)
        wanted = decoded_distances(library, mel)
        assert len(rows) == len(distances) == min(count, COUNT)
        assert len(set(rows.tolist())) == len(rows)
        assert (np.diff(distances) >= 0).all()
        np.testing.assert_allclose(distances, np.sort(wanted)[: len(rows)], rtol=1e-4)
        np.testing.assert_allclose(distances, wanted[rows], rtol=1e-4)


def test_every_clip_finds_itself_first(library: Library) -> None:
    for row, mel in enumerate(clips().mel.astype(np.float32)):
        rows, distances = library.neighbours(mel, 2)
        assert rows[0] == row
        assert distances[0] < 0.2 * distances[1]


def test_distances_are_those_of_the_images_nearly(library: Library) -> None:
    """Keep all components, so the only error comes from the eight bits."""
    mels = clips().mel.astype(np.float64)
    rows, distances = library.neighbours(mels[0].astype(np.float32), COUNT)
    true = np.sqrt(np.square(mels - mels[0]).mean(axis=(1, 2)))
    np.testing.assert_allclose(distances, true[rows], atol=0.5)


def test_presets_are_kept_to_sixteen_bits(library: Library) -> None:
    given = clips()
    rows = np.array([5, 0, 299])
    assert np.abs(library.units(rows) - given.unit[rows]).max() <= 0.5 / 65535 + 1e-7
    assert library.units(rows).dtype == np.float32
    assert np.array_equal(library.note, given.note) and np.array_equal(library.index, given.index)
    both = np.array([[0.0] * 5, [1.0] * 5], np.float32)
    ends = Clips(
        given.mel[:2], both, given.note[:2], given.index[:2], given.signs[:2], given.scores[:2]
    )
    assert build_library(ends).units(np.array([0, 1])).tolist() == [[0.0] * 5, [1.0] * 5]


def test_basis_is_orthonormal(library: Library) -> None:
    basis = library.basis.astype(np.float64)
    assert np.abs(basis @ basis.T - np.eye(len(basis))).max() < 5e-3


def test_building_repeats(library: Library) -> None:
    assert build_library(clips()).to_bytes() == library.to_bytes()


def test_bytes_round_trip(library: Library) -> None:
    data = library.to_bytes()
    again = Library.from_bytes(data)
    assert again.to_bytes() == data
    mel = clips(1, seed=4).mel[0].astype(np.float32)
    (rows, distances), (rows_again, distances_again) = (
        each.neighbours(mel, 9) for each in (library, again)
    )
    assert np.array_equal(rows, rows_again) and np.array_equal(distances, distances_again)


def test_damaged_bytes_are_refused(library: Library) -> None:
    data = library.to_bytes()
    empty = b"\x02\x00\x00\x00\x00\x00\x00\x00{}"  # valid safetensors, but not a library
    for damaged in (b"", data[:5], data[: len(data) // 2], data[:-1], b"x" * 64, empty):
        with pytest.raises(CheckpointError, match=r"library\.safetensors is damaged"):
            Library.from_bytes(damaged)


@pytest.mark.parametrize(("parameters", "frames"), [(16, 65), (32, 65), (64, 65)])
def test_a_shipped_library_is_small(library: Library, parameters: int, frames: int) -> None:
    """Check the size of 22 000 presets of a 3 s synth with 128 bands, from the array types."""
    presets, cells = 22_000, 128 * frames
    numbers = {"unit": presets * parameters, "note": presets, "index": presets}
    numbers |= {"code": presets * COMPONENTS, "scale": COMPONENTS}
    numbers |= {"centre": cells, "basis": COMPONENTS * cells}
    size = sum(count * getattr(library, name).itemsize for name, count in numbers.items())
    assert size <= 16e6
    fields = {name: getattr(library, name) for name in numbers}
    assert len(library.to_bytes()) - sum(array.nbytes for array in fields.values()) < 2000
