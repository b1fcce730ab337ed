"""Right losses in PyTorch, most of them with gradients by autograd."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch

from emd_conformance.defects._register import Array, right
from emd_conformance.defects.torch_values import AUTOGRAD, one_hot, squared_emd

SMALL: dict[str, Any] = AUTOGRAD | {"classes": (1, 2, 3, 4, 5, 10)}


@right(**SMALL)
@right(**AUTOGRAD, dtype="float32", classes=(1, 3, 5))
@right(**AUTOGRAD, dtype="float16")
@right(**AUTOGRAD, dtype="bfloat16")
def scan(p: Array, t: Array) -> Array:
    return squared_emd(p, t)


@right("fewer digits", **SMALL)
def difference_of_cdfs(p: Array, t: Array) -> Array:
    return (torch.cumsum(p, -1) - torch.cumsum(t, -1)).square().sum(-1)


@right(**AUTOGRAD, dtype="float32", compute_dtype="float64", classes=(1, 3, 5))
def widened(p: Array, t: Array) -> Array:
    return squared_emd(p.double(), t.double()).to(p.dtype)


@right(**SMALL, computes="sqrt(E/C)")
def root_with_care(p: Array, t: Array) -> Array:
    mean = squared_emd(p, t) / p.shape[-1]
    return torch.where(mean > 0, torch.where(mean > 0, mean, 1.0).sqrt(), 0.0)


@right(**SMALL, input="logits", target="labels", reduction="mean")
def classifier(z: Array, k: Array) -> Array:
    return squared_emd(torch.softmax(z, -1), one_hot(k, z)).mean()


@right(array="torch", classes=(2, 3, 5))
def compiled(p: Array, t: Array) -> Array:
    return _compiler()(p, t)


@cache
def _compiler() -> Callable[[Array, Array], Array]:
    """Return the compiled loss; importing the compiler takes seconds."""
    return torch.compile(squared_emd, backend="eager", dynamic=True)
