"""Compile networks to TorchScript: the same numbers without Python overhead.

Of a flow of many small steps half the time of a single answer is Python's; a graph also folds the
masks of autoregressive layers into their weights. It does not see later changes of weights.
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
    """``network.predict`` as a graph: call it with mel (B, bands, frames) and note (B,).

    Not for our own network: zuko's couplings fix the batch's size in the graph.
    """
    config = network.config
    example = torch.zeros(2, config.bands, config.frames), torch.full((2,), 60.0)
    return _frozen(_Prediction(network), *example)


def traced_inverse(flow: nn.Module, context: Tensor, noise: Tensor) -> nn.Module:
    """A zuko flow's way from noise (B, D), given context (B, C), as a graph for this B alone."""
    return _frozen(_Inverse(flow), context, noise)


@torch.no_grad()
def _frozen(module: nn.Module, *example: Tensor) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of shapes that tracing takes for constants; tests compare
        graph = torch.jit.trace(  # type: ignore[no-untyped-call]
            module.eval(), example, check_trace=False
        )
        frozen: nn.Module = torch.jit.freeze(graph)
    return frozen
