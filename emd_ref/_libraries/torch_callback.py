"""A function of NumPy arrays that torch.func can map and differentiate around, as `jax.pure_callback` is for JAX."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from emd_ref._quiet import QUIET

HostFunction = Callable[..., tuple[np.ndarray[Any, Any], ...]]


class Callback(torch.autograd.Function):
    """The results of a host function for tensors (..., C) and a last one without a batch; they are constants."""

    @staticmethod
    def forward(function: HostFunction, *arrays: Tensor) -> tuple[Tensor, ...]:
        results = QUIET.copy().run(function, *(x.detach().cpu().numpy() for x in arrays))
        return tuple(torch.as_tensor(x, dtype=arrays[0].dtype, device=arrays[0].device) for x in results)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        ctx.mark_non_differentiable(*output)
        ctx.outputs = len(output)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[None, ...]:
        return (*(None for _ in ctx.needs_input_grad),)

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor) -> tuple[None, ...]:
        return (None,) * int(ctx.outputs)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
        """One call for all samples, unless the last array differs between them."""
        (_, *dims, last), (function, *arrays) = in_dims, args
        if last is None:
            *first, shared = arrays
            given = (_first(x, dim, info.batch_size) for x, dim in zip(first, dims, strict=True))
            results = Callback.apply(function, *given, shared)  # type: ignore[no-untyped-call]
        else:
            given = (_first(x, dim, info.batch_size) for x, dim in zip(arrays, (*dims, last), strict=True))
            each = [Callback.apply(function, *some) for some in zip(*given, strict=True)]  # type: ignore[no-untyped-call]
            results = tuple(map(torch.stack, zip(*each, strict=True)))
        return results, (0,) * len(results)


def _first(x: Tensor, dim: int | None, batch_size: int) -> Tensor:
    return x.expand(batch_size, *x.shape) if dim is None else x.movedim(dim, 0)
