"""The array API namespace of PyTorch, with two functions that PyTorch's own transforms can follow."""

from typing import Any

from array_api_compat import torch as _compat
from array_api_compat.torch import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]

from emd_ref._libraries.kinds import Array

__array_namespace_info__: Any = _compat.__array_namespace_info__  # type: ignore[attr-defined]


def cumulative_sum(x: Array, /, *, axis: int) -> Array:
    """x_1 + ... + x_k along an axis; torch.compile cannot trace the one of array_api_compat."""
    return x.cumsum(axis)


def sign(x: Array, /) -> Array:
    """-1, 0 or 1, and NaN for NaN; torch.func.vmap cannot map the one of array_api_compat."""
    return x.sign() + 0.0 * x
