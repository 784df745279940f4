"""Train latent dimensions to follow pairs of tags (paper, section 3.3).

A pair, for example Dark/Bright, owns one dimension. Sounds tagged with its negative word have
values around -1 there, and sounds with its positive word around +1. The paper does not give its
mu* and sigma. We use 1 and 0.5, with which the two sides overlap in one sound of 40. Several
pairs share one model, one dimension each. The paper describes this, but its authors' code does
not do it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

MU, SIGMA = 1.0, 0.5


def centred(unit: Tensor) -> Tensor:
    """Return v (B, C) of unit values: an affine map from 0..1 to -2..2, finite at both ends."""
    return (unit - 0.5) * 4


def uncentred(v: Tensor) -> Tensor:
    """Return the unit values of v; the exact inverse of ``centred``."""
    return v / 4 + 0.5


class TagPosterior(nn.Module):
    """Predict q(t | x), the probability of each pair's positive word, from the encoder's output."""

    def __init__(self, size: int, pairs: int) -> None:
        super().__init__()
        self.logits = nn.Linear(size, pairs)

    def forward(self, trunk: Tensor) -> Tensor:
        """Return logits (B, pairs) of encoder outputs (B, size)."""
        logits: Tensor = self.logits(trunk)
        return logits


class SemanticTerms(NamedTuple):
    """Hold the log densities of latent points and their tags, in nats, shape (B,).

    Attributes:
        log_prior: The value log p(z, t) for known tags, a lower bound for unknown ones.
        log_tags: The value log q(t | x) of the known tags.
    """

    log_prior: Tensor
    log_tags: Tensor


def semantic_terms(z: Tensor, logits: Tensor, signs: Tensor) -> SemanticTerms:
    """Compute the prior of latent points whose first T dimensions are semantic.

    A known tag selects the side (eq. 16). An unknown tag is a latent variable. Its bound is
    E_q(t|x)[log p(z_t | t) + log p(t) - log q(t | x)], with p(t) = 1/2. This is eq. 15, whose
    second expectation is the entropy. The other dimensions are N(0, 1). ``log_tags`` trains
    q(t | x), because eq. 15 and 16 do not (the alpha term of Kingma et al. 2014, eq. 9).

    Args:
        z: Latent points, shape (B, C).
        logits: Logits of q(t | x), shape (B, T).
        signs: Tags, -1 or +1, or 0 for an unknown tag, shape (B, T) or wider.

    Returns:
        Both terms.
    """
    pairs = logits.shape[1]
    signs = signs[:, :pairs]
    plus, minus = _log_side(z[:, :pairs], MU), _log_side(z[:, :pairs], -MU)
    log_q_plus = nn.functional.logsigmoid(logits)
    log_q_minus = nn.functional.logsigmoid(-logits)
    known = torch.where(signs > 0, plus, minus) + math.log(0.5)
    q = log_q_plus.exp()
    inferred = q * (plus - log_q_plus) + (1 - q) * (minus - log_q_minus) + math.log(0.5)
    others = -0.5 * z[:, pairs:].square() - 0.5 * math.log(2 * math.pi)
    log_prior = torch.where(signs != 0, known, inferred).sum(1) + others.sum(1)
    log_tags = torch.where(signs > 0, log_q_plus, log_q_minus) * (signs != 0)
    return SemanticTerms(log_prior, log_tags.sum(1))


# The normal score at z = 1: the mean score of the quarter of clips that get the positive word.
SLOPE = 1.27


class Listener(nn.Module):
    """Predict the normal score of each descriptor from parameters and note.

    Args:
        size: Number of inputs.
        pairs: Number of tag pairs, one descriptor each.
        hidden: Units of the hidden layers.
    """

    def __init__(self, size: int, pairs: int, hidden: int = 256) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Linear(size, hidden), nn.ELU(), nn.Linear(hidden, hidden), nn.ELU()),
            nn.Linear(hidden, pairs),
        )

    def forward(self, presets: Tensor, frozen: bool = False) -> Tensor:
        """Return scores (B, pairs) of inputs (B, size); ``frozen`` weights take no gradient."""
        weights = {n: w.detach() if frozen else w for n, w in self.layers.named_parameters()}
        scores: Tensor = torch.func.functional_call(self.layers, weights, (presets,))
        return scores


def turned(z: Tensor, pairs: int) -> tuple[Tensor, Tensor, Tensor]:
    """Set one random semantic dimension of each latent point (B, C) to a random value.

    Args:
        z: Latent points, shape (B, C).
        pairs: Number of semantic dimensions.

    Returns:
        The new points (B, C), the chosen dimensions (B, 1), and their new values (B, 1),
        uniform over -1.5..1.5.
    """
    which = torch.randint(pairs, (len(z), 1), device=z.device)
    to = 3 * torch.rand(len(z), 1, device=z.device, dtype=z.dtype) - 1.5
    return z.scatter(1, which, to), which, to


def knob_loss(before: Tensor, after: Tensor, which: Tensor, to: Tensor) -> Tensor:
    """Compute the loss of turned knobs.

    The score of the turned knob must be ``SLOPE`` times its value. The other scores must stay.

    Args:
        before: Scores before the turn, shape (B, T).
        after: Scores after the turn, shape (B, T).
        which: Turned knobs, shape (B, 1).
        to: Their new values, shape (B, 1).

    Returns:
        The mean squared difference, a scalar.
    """
    wanted = before.scatter(1, which, SLOPE * to)
    return (after - wanted).square().mean()


def _log_side(z: Tensor, mean: float) -> Tensor:
    return -0.5 * ((z - mean) / SIGMA).square() - math.log(SIGMA) - 0.5 * math.log(2 * math.pi)
