"""Choose the latent axes that become macro-knobs, and calibrate their range."""

from __future__ import annotations

import numpy as np
import torch

from datasets.spec import FloatArray, SynthSpec
from datasets.tags import PAIRS
from models.checkpoint import Macro
from models.data.feature_cache import Clips
from models.networks.flow_vae import FlowVAE

REACH = (0.02, 0.98)  # A knob spans these quantiles of the training presets' z.
PROBES = 256  # Presets on which each axis is measured.


@torch.no_grad()
def calibrate_macros(model: FlowVAE, spec: SynthSpec, clips: Clips) -> tuple[Macro, ...]:
    """Return a knob for every axis of z: semantic axes first, then by effect, strongest first.

    The semantic axes are the first axes of z. Each belongs to one learned tag pair and has its
    name. The effect of another axis is the mean change of the decoded log-mel, from one end of
    the axis's range to the other. It is measured on ``PROBES`` training presets. The knob of
    another axis is named after the two parameters that it moves most.

    Args:
        model: The trained network.
        spec: The synth, for the parameter names.
        clips: The training clips.

    Returns:
        One knob for each axis.
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
    """Return whether a knob belongs to a learned pair of tags, for example Dark/Bright."""
    return macro.name in {pair.name for pair in PAIRS}


@torch.no_grad()
def central_preset(model: FlowVAE, clips: Clips) -> FloatArray:
    """Return the training preset (P,) whose z is nearest to the mean z: a preset to start from."""
    unit = torch.from_numpy(clips.unit)
    z = torch.cat([model.unit_to_z(part) for part in torch.split(unit, 4096)])
    nearest = int((z - z.mean(0)).square().sum(1).argmin())
    return np.asarray(clips.unit[nearest], np.float32)
