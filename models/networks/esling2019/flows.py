"""Build inverse autoregressive flows (Kingma et al. 2016; section 2.2) from zuko's networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from zuko.flows.autoregressive import MaskedAutoregressiveTransform


class InverseAutoregressive(nn.Module):
    """Map x to y by steps y_i = s(x_<i, c) x_i + m(x_<i, c).

    Each step reverses the order of the previous step. The way from x to y is fast: one pass for
    each step. The way from y to x is exact but slow: one pass for each dimension. zuko bounds the
    scale s to [1e-3, 1e3], which keeps every step invertible.

    Args:
        size: Dimensions of x and y.
        transforms: Number of steps.
        hidden: Units of both hidden layers of each step.
        context: Dimensions of the context c.
    """

    def __init__(self, size: int, transforms: int, hidden: int, context: int = 0) -> None:
        super().__init__()
        forward, backward = torch.arange(size), torch.arange(size).flip(0)
        self.steps = nn.ModuleList(
            MaskedAutoregressiveTransform(
                size,
                context,
                order=backward if i % 2 else forward,
                hidden_features=(hidden, hidden),
                activation=nn.ELU,
            )
            for i in range(transforms)
        )

    def forward(
        self, x: Tensor, context: Tensor | Sequence[Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return y (B, size) and log|det dy/dx| (B,); one context for all steps, or one each."""
        total = x.new_zeros(len(x))
        for step, given in zip(self.steps, self._each(context), strict=True):
            x, log_det = step(given).call_and_ladj(x)
            total = total + log_det
        return x, total

    def inverse(
        self, y: Tensor, context: Tensor | Sequence[Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return x (B, size) and log|det dx/dy| (B,)."""
        total = y.new_zeros(len(y))
        pairs = list(zip(self.steps, self._each(context), strict=True))
        for step, given in reversed(pairs):
            y, log_det = step(given).inv.call_and_ladj(y)
            total = total + log_det
        return y, total

    def _each(self, context: Tensor | Sequence[Tensor] | None) -> Sequence[Tensor | None]:
        if context is None or isinstance(context, Tensor):
            return [context] * len(self.steps)
        return context
