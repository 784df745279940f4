"""Define the models of the paper's Table 1, with the names used there (Esling et al., section 4.2).

The paper describes the parts of each model. Where it leaves a choice, the docstring gives our
choice and its reason. All models take the note as well as the sound: the clips of the paper have
one note, but ours do not. All models predict every parameter as a continuous one. Stepped
parameters are snapped before a synth plays them.
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
