"""Test that every network is made by its name, from texts, and from its config."""

import json

import pytest
import torch

from datasets.errors import CheckpointError
from datasets.spec import load_spec
from models.audio.features import FeatureSettings
from models.networks.esling2019 import MODELS, PaperModel
from models.networks.registry import (
    KINDS,
    config_of,
    kind_of,
    network_of,
    new_network,
    read_overrides,
)
from models.networks.torchscript import traced

SPEC = load_spec("amsynth-16")
FEATURES = FeatureSettings(bands=32, duration_s=1.0, reference_note=60)
SMALL = {"channels": 8, "kernel": 3, "layers": 3, "hidden": 16, "transforms": 2, "psi": 2}
OURS = {"channels": (4, 8), "decoder_channels": (8, 4), "hidden": 16, "flow_hidden": (8,)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_comes_back_from_its_config(kind: str) -> None:
    sizes = OURS if kind == "flow_vae" else SMALL
    network = new_network(kind, SPEC, FEATURES, 2, sizes)
    again = network_of(kind_of(network), json.loads(json.dumps(config_of(network))))
    assert kind_of(again) == kind and again.config == network.config
    again.load_state_dict(network.state_dict())
    mel, note = -80 * torch.rand(2, FEATURES.bands, FEATURES.frames), torch.tensor([60.0, 48.0])
    assert torch.equal(network.eval().predict(mel, note), again.eval().predict(mel, note))


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("cnn", "chanels=3", "no field 'chanels'. Use one of: channels"),
        ("cnn", "bands=3", "no field 'bands'"),  # given by the features
        ("cnn", "channels=many", "'many' is not a number"),
        ("cnn", "channels=0.5", "channels has the wrong type. Use a value like 128"),
        ("flow_vae", "channels=3", "channels has the wrong type"),
    ],
)
def test_a_wrong_setting_is_named(kind: str, text: str, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        read_overrides(kind, [text])


def test_settings_are_numbers_or_lists() -> None:
    assert read_overrides("flow_vae", ["channels=[4, 8]", "beta=1"]) == {
        "channels": (4, 8),
        "beta": 1,
    }


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(CheckpointError, match=r"'transformer': no such kind.*flow_vae, mlp"):
        new_network("transformer", SPEC, FEATURES)
    with pytest.raises(CheckpointError, match="config of a 'cnn' network"):
        network_of("cnn", {"layers": 2})


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("count", [1, 5])
def test_the_graph_of_a_network_answers_as_it_does(kind: str, count: int) -> None:
    torch.manual_seed(2)
    network = new_network(kind, SPEC, FEATURES, 2, SMALL).eval()
    mel, note = (
        -80 * torch.rand(count, FEATURES.bands, FEATURES.frames),
        torch.rand(count) * 48 + 36,
    )
    with torch.no_grad():
        assert isinstance(network, PaperModel)
        expected = network.predict(mel, note)
        torch.testing.assert_close(traced(network)(mel, note), expected, rtol=1e-4, atol=1e-5)
