"""One answer of a paper's model as a graph: the same numbers, no Python between its operations."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn

from models.paper import PaperModel


class _Prediction(nn.Module):
    def __init__(self, network: PaperModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, mel: Tensor, note: Tensor) -> Tensor:
        return self.network.predict(mel, note)


def traced(network: PaperModel) -> nn.Module:
    """``network.predict`` as a frozen graph: call it with mel (B, bands, frames) and note (B,).

    Of a flow of many small steps half the time of a single answer is Python's; the graph also folds
    the masks of autoregressive layers into their weights. It does not see later changes of weights.
    Not for our own network: zuko's couplings fix the batch's size in the graph.
    """
    config = network.config
    example = torch.zeros(2, config.bands, config.frames), torch.full((2,), 60.0)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of shapes that tracing takes for constants; tests compare
        graph = torch.jit.trace(  # type: ignore[no-untyped-call]
            _Prediction(network).eval(), example, check_trace=False
        )
        frozen: nn.Module = torch.jit.freeze(graph)
    return frozen
