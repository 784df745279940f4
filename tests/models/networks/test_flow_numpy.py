"""Compare the map of one preset in numpy with the network's, on every shipped model."""

import numpy as np
import pytest
import torch

from datasets.sampler import sample
from models.checkpoint import load_checkpoint
from models.networks.flow_numpy import NumpyFlow
from tests import ROOT

FOLDER = ROOT / "models" / "shipped"
SHIPPED = sorted(path.parent.name for path in FOLDER.glob("*/config.json"))


@pytest.mark.parametrize("name", SHIPPED)
def test_both_ways_are_the_networks_but_for_rounding(name: str) -> None:
    checkpoint = load_checkpoint(name)
    model, one = checkpoint.model, NumpyFlow(checkpoint.model)
    for index in range(50):
        unit = checkpoint.spec.snap(sample(checkpoint.spec, 4, index).unit)
        like = torch.from_numpy(unit)[None]
        with torch.no_grad():
            z = model.unit_to_z(like)
            moved = z + 0.3 * torch.randn(z.shape, generator=torch.Generator().manual_seed(index))
            far = model.z_to_unit(moved, like)[0].numpy()
        assert one.to_z(unit) == pytest.approx(z[0].numpy(), abs=2e-3, rel=1e-3)
        found = one.to_unit(moved[0].numpy(), unit)
        assert found.dtype == np.float32
        assert found == pytest.approx(far, abs=2e-3, rel=1e-3)
        assert (found[checkpoint.spec.stepped] == unit[checkpoint.spec.stepped]).all()
        assert one.to_unit(one.to_z(unit), unit) == pytest.approx(unit, abs=1e-3)
        both = one.to_unit(np.stack([z[0].numpy(), moved[0].numpy()]), unit)
        assert both == pytest.approx(np.stack([unit, far]), abs=2e-3, rel=1e-3)


@pytest.mark.parametrize("name", SHIPPED)
def test_earlier_requests_do_not_matter(name: str) -> None:
    checkpoint = load_checkpoint(name)
    spec, used, fresh = checkpoint.spec, *(NumpyFlow(checkpoint.model) for _ in range(2))
    units = [spec.snap(sample(spec, 4, index).unit) for index in range(8)]
    assert len({unit[spec.stepped].tobytes() for unit in units}) > 1
    for unit in units:
        z = used.to_z(unit)
        assert np.array_equal(used.to_unit(z, unit), fresh.to_unit(z, unit))
        assert np.array_equal(used.to_z(unit), z)
    assert np.array_equal(used.to_z(units[0]), NumpyFlow(checkpoint.model).to_z(units[0]))
