"""Wrong losses for the logits of ordinal models."""

import torch

from emd_conformance.defects._register import Array, wrong
from emd_conformance.defects.right_ordinal import CONDITIONAL, CUMULATIVE


def _levels(k: Array, like: Array) -> Array:
    return (torch.arange(like.shape[-1]) < k[..., None]).to(like.dtype)


@wrong("input='cumulative-logits'", **CONDITIONAL, target="labels")
def product_forgotten(z: Array, k: Array) -> Array:
    return (torch.sigmoid(z) - _levels(k, z)).square().sum(-1)


@wrong("input='conditional-logits'", **CUMULATIVE, target="labels")
def product_too_much(z: Array, k: Array) -> Array:
    return (torch.sigmoid(z).cumprod(-1) - _levels(k, z)).square().sum(-1)


@wrong("unexplained", **CUMULATIVE, target="labels")
def level_off_by_one(z: Array, k: Array) -> Array:
    return (torch.sigmoid(z) - (torch.arange(z.shape[-1]) <= k[..., None]).to(z.dtype)).square().sum(-1)


@wrong("unexplained", **CUMULATIVE, target="labels")
def probabilities_of_the_other_side(z: Array, k: Array) -> Array:
    return (torch.sigmoid(-z) - _levels(k, z)).square().sum(-1)


@wrong("gradient", **CONDITIONAL, target="labels")
def last_rank_detached(z: Array, k: Array) -> Array:
    S = torch.sigmoid(z).cumprod(-1)
    S = torch.cat([S[..., :-1], S[..., -1:].detach()], -1)
    return (S - _levels(k, z)).square().sum(-1)
