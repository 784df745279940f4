"""Choose which outputs of a plugin are rendered, and find out whether a plugin is an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from datasets.errors import SpecError
from datasets.spec import MOST_CHANNELS, SynthSpec

if TYPE_CHECKING:  # the other engines do without it
    import dawdreamer

PAIR = 2  # channels of the main outputs; hosts list the main outputs first
NOISE_S = 0.5  # seconds of noise that a plugin's inputs get
AUDIBLE = 1e-3  # -60 dB full scale


def check_outputs(spec: SynthSpec, outputs: int, plugin: str) -> None:
    """Check that a spec's channels are all outputs of a plugin, or its main stereo pair.

    Args:
        spec: The synth.
        outputs: Number of the plugin's output channels.
        plugin: File name of the plugin.

    Raises:
        SpecError: The plugin has other outputs.
    """
    if spec.channels == outputs or (spec.channels == PAIR and outputs > PAIR):
        return
    if not outputs:
        raise SpecError(f"{plugin} has no audio outputs: give an instrument")
    fix = "correct `channels` in the spec"
    if outputs > PAIR:
        fix = f"set `channels` to {PAIR} for its main stereo pair"
        fix += f", or to {outputs} for all" if outputs <= MOST_CHANNELS else ""
    raise SpecError(
        f"spec {spec.name!r}: {spec.channels} channels, but {plugin} has {outputs}: {fix}"
    )


def rendered_outputs(spec: SynthSpec, outputs: int) -> dict[str, str]:
    """Return an entry of ``Engine.identity`` that names the rendered outputs; empty for all."""
    if spec.channels >= outputs:
        return {}
    return {"outputs": f"main stereo pair (1 and 2 of {outputs})"}


def effect_refused(plugin: str) -> str:
    """Return the message that refuses an effect."""
    return (
        f"{plugin} is an effect: it has audio inputs and takes no notes. Give an instrument, "
        "such as a synth or a sampler."
    )


def passes_input(
    host: dawdreamer.RenderEngine, plugin: dawdreamer.PluginProcessor, sample_rate: int
) -> bool:
    """Play noise into the inputs of a plugin, without a note; return whether it is audible.

    Args:
        host: The host of the plugin. Its graph changes, so use it for nothing else after this.
        plugin: The plugin.
        sample_rate: Samples per second.

    Returns:
        Whether the outputs sound; False for a plugin without inputs.
    """
    inputs = plugin.get_num_input_channels()
    if not inputs:
        return False
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (inputs, round(NOISE_S * sample_rate)))
    source = host.make_playback_processor("noise", noise.astype(np.float32))
    plugin.clear_midi()
    host.load_graph([(source, []), (plugin, ["noise"])])
    host.render(NOISE_S)
    return float(np.abs(host.get_audio()).max()) > AUDIBLE
