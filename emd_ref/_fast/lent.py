"""PyTorch tensors on a CPU, lent to NumPy: it computes on the same memory, in half of the time that PyTorch takes.

A tensor is lent only if nobody sees the difference: PyTorch does not record, compile, trace, map or intercept what is
computed with it, and does not differentiate it forwards.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from emd_ref._arguments.options import Options
from emd_ref._grounds import Ground, GroundDistance
from emd_ref._libraries.kinds import INTEGERS, Array, DType, is_torch
from emd_ref._libraries.tracing import is_observed


def can_be_lent(predicted: Array, target: Array, ground: Ground) -> bool:
    """Whether these arguments can be lent, all of them."""
    if not is_torch(predicted) or is_observed(predicted):
        return False
    matrix = ground.distances if isinstance(ground, GroundDistance) else None
    return (
        is_plain(predicted)
        and (is_plain(target) or isinstance(target, INTEGERS))
        and (matrix is None or isinstance(matrix, np.ndarray) or is_plain(matrix))
    )


def is_visible(x: Array) -> bool:
    """Whether the numbers of `x` can be read at once, with no wait and no record of it."""
    return not is_observed(x) and is_plain(x)


def is_plain(x: Array) -> bool:
    """Whether `x` is a tensor in a CPU's memory, of a dtype that NumPy has, and PyTorch records no gradient for it."""
    import torch

    if type(x) not in (torch.Tensor, torch.nn.Parameter) or not x.is_cpu or x.dtype not in _dtypes():
        return False
    if x.requires_grad and torch.is_grad_enabled():
        return False
    try:
        x.untyped_storage()
    except (NotImplementedError, RuntimeError):  # inside torch.func, where a tensor stands for several
        return False
    return torch.autograd.forward_ad.unpack_dual(x).tangent is None  # type: ignore[no-untyped-call]


def as_numpy(x: Array) -> Array:
    """A tensor as a NumPy array on the same memory; anything else as it is."""
    return x.numpy(force=True) if is_torch(x) else x


def as_tensor(x: Array) -> Array:
    """A NumPy result as a tensor on the same memory."""
    import torch

    x = np.asarray(x)
    return torch.from_numpy(x if min(x.strides, default=0) >= 0 else x.copy())  # PyTorch has no views backwards


def with_numpy(
    evaluate: Callable[..., Any], predicted: Array, target: Array, options: Options, upstream: Array | None = None
) -> Any:
    """Evaluate with the arguments as NumPy arrays; the results are tensors."""
    if isinstance(options.ground, GroundDistance):
        options = options._replace(ground=GroundDistance(as_numpy(options.ground.distances)))
    result = evaluate(as_numpy(predicted), as_numpy(target), options, as_numpy(upstream))
    return tuple(map(as_tensor, result)) if isinstance(result, tuple) else as_tensor(result)


@cache
def _dtypes() -> frozenset[DType]:
    import torch

    integers = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64)
    return frozenset((torch.float64, torch.float32, torch.float16, *integers))
