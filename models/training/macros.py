"""Choose the latent axes that become macro-knobs, and calibrate their range."""

from __future__ import annotations

import numpy as np
import torch

from datasets.spec import FloatArray, SynthSpec
from datasets.tags import PAIRS
from models.checkpoint import Macro
from models.data.feature_cache import Clips
from models.networks.flow_vae import FlowVAE

REACH = (0.02, 0.98)  # quantiles of the training presets' z that a knob spans
PROBES = 256  # presets an axis is tried on


@torch.no_grad()
def calibrate_macros(model: FlowVAE, spec: SynthSpec, clips: Clips) -> tuple[Macro, ...]:
    """All axes to turn: the semantic ones, then those that change most, strongest first.

    Semantic axes are the first of z, one for each tag pair the model learnt, and bear its name. Of
    the others those count whose sweep changes the decoded log-mel most: every axis is swept over
    its range on ``PROBES`` training presets; what counts is the mean change of the decoder's image.
    Such a knob is named after the two parameters it moves most.
    """
    unit = torch.from_numpy(clips.unit)
    z = torch.cat([model.unit_to_z(part) for part in torch.split(unit, 4096)])
    lows, highs = (torch.quantile(z[:: max(1, len(z) // 10_000)], q, dim=0) for q in REACH)
    unit, z = unit[:PROBES], z[:PROBES]
    note = torch.full((len(unit),), 60.0)
    effects, names = [], []
    for axis in range(z.shape[1]):
        ends = [z.clone(), z.clone()]
        ends[0][:, axis], ends[1][:, axis] = lows[axis], highs[axis]
        images = [model.decoder(end, model.steps_of(unit), note) for end in ends]
        effects.append(float((images[0] - images[1]).abs().mean()))
        moved = model.z_to_unit(ends[1], unit).clamp(0, 1) - model.z_to_unit(ends[0], unit).clamp(
            0, 1
        )
        strongest = moved.abs().mean(0).argsort(descending=True)[:2]
        names.append(" + ".join(spec.names[i].replace("_", " ") for i in strongest.tolist()))
    pairs = model.config.pairs
    names[:pairs] = [pair.name for pair in PAIRS[:pairs]]
    others = [axis for axis in np.argsort(effects)[::-1] if axis >= pairs]
    order = [*range(pairs), *others]
    return tuple(Macro(names[i], int(i), float(lows[i]), float(highs[i])) for i in order)


def is_semantic(macro: Macro) -> bool:
    """Whether a knob is one that learnt to follow a pair of tags, such as Dark/Bright."""
    return macro.name in {pair.name for pair in PAIRS}


@torch.no_grad()
def central_preset(model: FlowVAE, clips: Clips) -> FloatArray:
    """The training preset (P,) whose z lies nearest to the middle of all: a place to begin."""
    unit = torch.from_numpy(clips.unit)
    z = torch.cat([model.unit_to_z(part) for part in torch.split(unit, 4096)])
    nearest = int((z - z.mean(0)).square().sum(1).argmin())
    return np.asarray(clips.unit[nearest], np.float32)
