"""Compile networks to TorchScript: the same numbers without Python overhead.

In a flow of many small steps, Python takes half the time of a single prediction. A graph also
folds the masks of autoregressive layers into their weights. Later changes of the weights do not
reach the graph.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn

from models.networks.esling2019 import PaperModel


class _Prediction(nn.Module):
    def __init__(self, network: PaperModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, mel: Tensor, note: Tensor) -> Tensor:
        return self.network.predict(mel, note)


class _Inverse(nn.Module):
    def __init__(self, flow: nn.Module) -> None:
        super().__init__()
        self.flow = flow

    def forward(self, context: Tensor, noise: Tensor) -> Tensor:
        drawn: Tensor = self.flow(context).transform.inv(noise)
        return drawn


def traced(network: PaperModel) -> nn.Module:
    """Compile ``network.predict`` to a graph that takes mel (B, bands, frames) and note (B,).

    Our own network cannot use this: zuko's couplings fix the batch size in the graph.
    """
    config = network.config
    example = torch.zeros(2, config.bands, config.frames), torch.full((2,), 60.0)
    return _frozen(_Prediction(network), *example)


def traced_inverse(flow: nn.Module, context: Tensor, noise: Tensor) -> nn.Module:
    """Compile the inverse of a zuko flow, from noise to samples, to a graph.

    Args:
        flow: A zuko flow.
        context: An example of the context, shape (B, C).
        noise: An example of the noise, shape (B, D).

    Returns:
        The graph, for this batch size B only.
    """
    return _frozen(_Inverse(flow), context, noise)


@torch.no_grad()
def _frozen(module: nn.Module, *example: Tensor) -> nn.Module:
    with warnings.catch_warnings():
        # Tracing warns that it treats shapes as constants; tests compare the results.
        warnings.simplefilter("ignore")
        graph = torch.jit.trace(  # type: ignore[no-untyped-call]
            module.eval(), example, check_trace=False
        )
        frozen: nn.Module = torch.jit.freeze(graph)
    return frozen
