"""Right losses for the C - 1 logits of ordinal models in PyTorch: cumulative (CORAL) and conditional (CONDOR)."""

from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812

from emd_conformance.defects._register import Array, right
from emd_conformance.defects.torch_values import AUTOGRAD

CUMULATIVE: dict[str, Any] = AUTOGRAD | {"input": "cumulative-logits", "classes": (2, 3, 4, 5, 8, 10, 20)}
CONDITIONAL: dict[str, Any] = CUMULATIVE | {"input": "conditional-logits"}
ON_A_CIRCLE: dict[str, Any] = CONDITIONAL | {"classes": (5,), "ground": "circle"}


def _levels(k: Array, like: Array) -> Array:
    """Return 1 for each rank that a label exceeds."""
    return (torch.arange(like.shape[-1], device=k.device) < k[..., None]).to(like.dtype)


@right(**CUMULATIVE, target="labels", reduction="mean")
@right(**CUMULATIVE, target="labels", reduction="mean", dtype="float32")
def coral_head(z: Array, k: Array) -> Array:
    return (torch.sigmoid(z) - _levels(k, z)).square().sum(-1).mean()


@right(**CUMULATIVE, target="labels", reduction="mean", dtype="float32")
def coral_head_of_signed_logits(z: Array, k: Array) -> Array:
    """σ(-z) = 1 - σ(z)."""
    return torch.sigmoid((1 - 2 * _levels(k, z)) * z).square().sum(-1).mean()


@right(**CUMULATIVE, target="cumulative")
def coral_head_and_levels(z: Array, T: Array) -> Array:
    return (torch.sigmoid(z) - T).square().sum(-1)


@right(**CUMULATIVE)
def coral_head_by_probabilities(z: Array, t: Array) -> Array:
    S = F.pad(F.pad(torch.sigmoid(z), (1, 0), value=1.0), (0, 1))
    return (S[..., :-1] - S[..., 1:] - t).cumsum(-1).square().sum(-1)


@right(**CONDITIONAL, target="labels")
@right(**CONDITIONAL, target="labels", dtype="float32")
def condor_head(z: Array, k: Array) -> Array:
    return (torch.sigmoid(z).cumprod(-1) - _levels(k, z)).square().sum(-1)


@right(**CONDITIONAL, target="labels", computes="E/(C-1)", reduction="sum")
def condor_head_in_logarithms(z: Array, k: Array) -> Array:
    return (F.logsigmoid(z).cumsum(-1).exp() - _levels(k, z)).square().mean(-1).sum()


@right(**ON_A_CIRCLE)
def condor_head_on_a_circle(z: Array, t: Array) -> Array:
    S = F.pad(F.pad(torch.sigmoid(z).cumprod(-1), (1, 0), value=1.0), (0, 1))
    D = (S[..., :-1] - S[..., 1:] - t).cumsum(-1)
    return (D.roll(-(D.shape[-1] // 2), -1) - D).square().sum(-1) / 2
