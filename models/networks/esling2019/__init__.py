"""The models of the paper's Table 1, each by its name there (Esling et al., section 4.2).

The paper says what a model is made of; where it leaves a choice, the docstring says which is ours
and why. All take the note beside the sound, since our clips, unlike the paper's, are not all of
one note, and predict every parameter as a continuous one; stepped ones are snapped on delivery.
"""

from __future__ import annotations

from models.networks.esling2019.autoencoders import AutoEncoder
from models.networks.esling2019.base import PaperConfig, PaperModel
from models.networks.esling2019.direct import Direct
from models.networks.esling2019.flow_models import FlowDisentangling, FlowRegression

DIRECT = ("mlp", "cnn", "resnet")
AUTOENCODERS = ("ae", "vae", "wae", "vae_flow")
MODELS: dict[str, type[PaperModel]] = {
    **dict.fromkeys(DIRECT, Direct),
    **dict.fromkeys(AUTOENCODERS, AutoEncoder),
    "flow_post": FlowRegression,
    "flow_cond": FlowRegression,
    "flow_dis": FlowDisentangling,
}

__all__ = ["AUTOENCODERS", "DIRECT", "MODELS", "PaperConfig", "PaperModel"]
