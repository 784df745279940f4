"""Latent dimensions that learn pairs of tags (paper, section 3.3).

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


SLOPE = 1.27  # normal score at z = 1: the mean of the quarter that a positive word is given to


class Listener(nn.Module):
    """What presets sound like: parameters and note to a normal score of each descriptor."""

    def __init__(self, size: int, pairs: int, hidden: int = 256) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Linear(size, hidden), nn.ELU(), nn.Linear(hidden, hidden), nn.ELU()),
            nn.Linear(hidden, pairs),
        )

    def forward(self, presets: Tensor, frozen: bool = False) -> Tensor:
        """Scores (B, pairs) of (B, size); ``frozen``: its own weights take no gradient."""
        weights = {n: w.detach() if frozen else w for n, w in self.layers.named_parameters()}
        scores: Tensor = torch.func.functional_call(self.layers, weights, (presets,))
        return scores


def turned(z: Tensor, pairs: int) -> tuple[Tensor, Tensor, Tensor]:
    """Latent points (B, C) with one semantic knob of each turned at random: (z, which, where to).

    ``which`` (B, 1) are the knobs, ``where to`` (B, 1) their new values, uniform over [-1.5, 1.5].
    """
    which = torch.randint(pairs, (len(z), 1), device=z.device)
    to = 3 * torch.rand(len(z), 1, device=z.device, dtype=z.dtype) - 1.5
    return z.scatter(1, which, to), which, to


def knob_loss(before: Tensor, after: Tensor, which: Tensor, to: Tensor) -> Tensor:
    """How far turned knobs are from doing what they say: scores (B, T) before and after.

    The turned knob's score is to be ``SLOPE`` times its value, the others are to stay.
    """
    wanted = before.scatter(1, which, SLOPE * to)
    return (after - wanted).square().mean()


def _log_side(z: Tensor, mean: float) -> Tensor:
    return -0.5 * ((z - mean) / SIGMA).square() - math.log(SIGMA) - 0.5 * math.log(2 * math.pi)
