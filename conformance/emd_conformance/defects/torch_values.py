"""Wrong losses in PyTorch."""

from typing import Any

import torch

from emd_conformance.defects._register import Array, wrong

AUTOGRAD: dict[str, Any] = {"array": "torch", "grad": "autograd"}
LOGITS: dict[str, Any] = {
    "array": "torch",
    "input": "logits",
    "target": "labels",
    "reduction": "mean",
    "grad": "autograd",
}


def squared_emd(p: Array, t: Array) -> Array:
    return torch.cumsum(p - t, -1).square().sum(-1)


def one_hot(k: Array, like: Array) -> Array:
    return torch.nn.functional.one_hot(k, like.shape[-1]).to(like.dtype)


@wrong("missing-cumsum", array="torch", reduction="mean", computes="E/C")
def mse(p: Array, t: Array) -> Array:
    return torch.nn.functional.mse_loss(p, t)


@wrong("abs-inside-sum", array="torch", computes="sqrt(E/C)")
def absolute_first(p: Array, t: Array) -> Array:
    return torch.cumsum((p - t).abs(), -1).square().mean(-1).sqrt()


@wrong("batch-coupled-root", array="torch", computes="sqrt(E/C)", reduction="mean")
def one_root_for_all(p: Array, t: Array) -> Array:
    return (torch.cumsum(p, -1) - torch.cumsum(t, -1)).square().mean().sqrt()


@wrong("wrong-axis", array="torch")
def summed_along_the_batch(p: Array, t: Array) -> Array:
    return torch.cumsum(p - t, 0).square().sum(-1)


@wrong("low-precision", array="torch")
def bfloat16_inside(p: Array, t: Array) -> Array:
    return squared_emd(p.bfloat16(), t.bfloat16()).to(p.dtype)


@wrong("low-precision", array="torch")
def single_inside(p: Array, t: Array) -> Array:
    return squared_emd(p.float(), t.float()).to(p.dtype)


@wrong("input-mutated", array="torch")
def in_place(p: Array, t: Array) -> Array:
    return p.sub_(t).cumsum(-1).square().sum(-1)


@wrong("softmax-twice", **LOGITS)
def softmax_twice(z: Array, k: Array) -> Array:
    return squared_emd(torch.softmax(torch.softmax(z, -1), -1), one_hot(k, z)).mean()


@wrong("softmax-along-batch", **LOGITS)
def softmax_over_the_batch(z: Array, k: Array) -> Array:
    return squared_emd(torch.softmax(z, 0), one_hot(k, z)).mean()


@wrong("huge-logits", **LOGITS)
def naive_softmax(z: Array, k: Array) -> Array:
    powers = z.exp()
    return squared_emd(powers / powers.sum(-1, keepdim=True), one_hot(k, z)).mean()


@wrong("nondeterministic", array="torch")
def dropped_out(p: Array, t: Array) -> Array:
    """Dropout in training mode does this."""
    return squared_emd(torch.nn.functional.dropout(p, 0.1), t)


@wrong("changes-defaults", array="torch")
def sets_the_default_dtype(p: Array, t: Array) -> Array:
    torch.set_default_dtype(torch.float64 if torch.get_default_dtype() is torch.float32 else torch.float32)
    return squared_emd(p, t)


@wrong("missing-square", array="torch", input="logits", computes="W1", grad="autograd", classes=(2, 3, 5))
def signed_distances(z: Array, t: Array) -> Array:
    return torch.cumsum(z.softmax(-1) - t, -1)[..., :-1].sum(-1)
