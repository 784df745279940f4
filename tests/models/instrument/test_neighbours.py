"""Neighbours of a preset on the shipped model: close, in order, at the requested distance."""

import numpy as np
import pytest

from datasets.errors import CheckpointError, ServeError, SpecError
from models.checkpoint import Checkpoint, load_checkpoint
from models.instrument.neighbours import Neighbourhood
from tests.fakes.fake_model import FakeCheckpoint


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return load_checkpoint("vital-32")


@pytest.fixture(scope="module")
def around(checkpoint: Checkpoint) -> Neighbourhood:
    return Neighbourhood(
        checkpoint.spec, checkpoint.model, checkpoint.library, checkpoint.surrogate
    )


def test_known_neighbours_are_presets_of_the_library_nearest_first(
    checkpoint: Checkpoint, around: Neighbourhood
) -> None:
    found = around.known(checkpoint.start, 12)
    distances = [one.distance for one in found]
    assert len(found) == 12 and distances == sorted(distances)
    assert len({one.unit.tobytes() for one in found}) == 12
    assert checkpoint.spec.snap(checkpoint.start).tobytes() not in {o.unit.tobytes() for o in found}
    library = checkpoint.library
    assert library is not None
    everything = checkpoint.spec.snap(library.units(np.arange(len(library))))
    assert all((everything == one.unit).all(1).any() for one in found)
    drawn = around._features(everything[:: len(everything) // 200])
    here = around._features(checkpoint.start[None])
    assert distances[-1] < np.quantile(around._distances(here, drawn), 0.05)


@pytest.mark.parametrize("distance", [1.0, 4.0])
def test_fresh_neighbours_have_the_requested_distance_in_all_directions(
    checkpoint: Checkpoint, around: Neighbourhood, distance: float
) -> None:
    found = around.fresh(checkpoint.start, distance, 16, seed=3)
    distances = np.array([one.distance for one in found])
    assert np.abs(np.median(distances) - distance) < 0.1 * distance
    assert (distances < 1.2 * distance).all()
    units = np.stack([one.unit for one in found])
    stepped = checkpoint.spec.stepped
    assert (units[:, stepped] == checkpoint.spec.snap(checkpoint.start)[stepped]).all()
    assert len(np.unique(units, axis=0)) == 16
    again = around.fresh(checkpoint.start, distance, 16, seed=3)
    assert (np.stack([one.unit for one in again]) == units).all()


def test_bad_input_is_refused(checkpoint: Checkpoint, around: Neighbourhood) -> None:
    for distance in (-1.0, 41.0, float("nan")):
        with pytest.raises(ServeError, match="Give 0 to 40"):
            around.fresh(checkpoint.start, distance, 2, 0)
    with pytest.raises(SpecError):
        around.known(checkpoint.start[:3], 2)
    fake = FakeCheckpoint()
    with pytest.raises(CheckpointError, match="run patchwright estimator"):
        Neighbourhood(fake.spec, fake.model, None, None)
