"""Latent dimensions that mean something: tag pairs as two sides of one axis (paper, section 3.3).

A pair such as Dark/Bright owns one dimension: sounds tagged with its negative word are to lie there
around -1, those with the positive one around +1 (the paper's mu* and sigma are not told: 1 and 0.5
here, so that the two sides overlap in one sound of 40). Several pairs share one model, a dimension
each, as the paper describes and its authors' code does not.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

MU, SIGMA = 1.0, 0.5


def centred(unit: Tensor) -> Tensor:
    """v (B, C) of unit values: [0, 1] taken to [-2, 2] (affine: safe at 0 and 1)."""
    return (unit - 0.5) * 4


def uncentred(v: Tensor) -> Tensor:
    """Unit values of v; the exact inverse of ``centred``."""
    return v / 4 + 0.5


class TagPosterior(nn.Module):
    """q(t | x): how likely each pair's positive word is, from the encoder's last layer."""

    def __init__(self, size: int, pairs: int) -> None:
        super().__init__()
        self.logits = nn.Linear(size, pairs)

    def forward(self, trunk: Tensor) -> Tensor:
        """Logits (B, pairs) of (B, size)."""
        logits: Tensor = self.logits(trunk)
        return logits


class SemanticTerms(NamedTuple):
    """What tags say of latent points, in nats, (B,) each."""

    log_prior: Tensor  # log p(z, t) where tags are known, its lower bound where they are not
    log_tags: Tensor  # log q(t | x) of the known tags


def semantic_terms(z: Tensor, logits: Tensor, signs: Tensor) -> SemanticTerms:
    """The prior of latent points (B, C) whose first T dimensions are semantic.

    ``logits`` (B, T) are those of q(t | x), ``signs`` (B, T) are -1, +1, or 0 for a tag that is not
    known. A known tag chooses the side (eq. 16). An unknown one is a latent variable: the bound is
    E_q(t|x)[log p(z_t | t) + log p(t) - log q(t | x)], with p(t) = 1/2 (eq. 15, whose second
    expectation is the entropy). The other dimensions are N(0, 1). ``log_tags`` teaches q(t | x),
    which eq. 15 and 16 leave untaught (the alpha term of Kingma et al. 2014, eq. 9).
    """
    pairs = logits.shape[1]
    signs = signs[:, :pairs]
    plus, minus = _log_side(z[:, :pairs], MU), _log_side(z[:, :pairs], -MU)
    log_q_plus = nn.functional.logsigmoid(logits)
    log_q_minus = nn.functional.logsigmoid(-logits)
    known = torch.where(signs > 0, plus, minus) + math.log(0.5)
    q = log_q_plus.exp()
    inferred = q * (plus - log_q_plus) + (1 - q) * (minus - log_q_minus) + math.log(0.5)
    rest = -0.5 * z[:, pairs:].square() - 0.5 * math.log(2 * math.pi)
    log_prior = torch.where(signs != 0, known, inferred).sum(1) + rest.sum(1)
    taught = torch.where(signs > 0, log_q_plus, log_q_minus) * (signs != 0)
    return SemanticTerms(log_prior, taught.sum(1))


def _log_side(z: Tensor, mean: float) -> Tensor:
    return -0.5 * ((z - mean) / SIGMA).square() - math.log(SIGMA) - 0.5 * math.log(2 * math.pi)
