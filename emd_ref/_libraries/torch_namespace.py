"""The array API namespace of PyTorch, as far as the package uses it: two of its functions suit PyTorch's transforms."""

# array_api_compat takes some of these from PyTorch as they are, by an import that type checkers do not follow.
# pyright: reportAttributeAccessIssue=false

from typing import Any

from array_api_compat import torch as _compat
from array_api_compat.torch import (  # type: ignore[attr-defined]  # noqa: F401
    abs,
    all,
    any,
    arange,
    argmax,
    asarray,
    astype,
    bool,
    clip,
    concat,
    empty,
    empty_like,
    exp,
    expand_dims,
    eye,
    finfo,
    flip,
    float32,
    float64,
    full,
    iinfo,
    int32,
    int64,
    isdtype,
    isfinite,
    log,
    matmul,
    max,
    mean,
    min,
    nan,
    ones_like,
    permute_dims,
    reshape,
    sort,
    sum,
    take,
    tril,
    triu,
    where,
    zeros,
    zeros_like,
)

from emd_ref._libraries.kinds import Array

__array_namespace_info__: Any = _compat.__array_namespace_info__  # type: ignore[attr-defined]


def cumulative_sum(x: Array, /, *, axis: int) -> Array:
    """x_1 + ... + x_k along an axis; torch.compile cannot trace the function of array_api_compat."""
    return x.cumsum(axis)


def sign(x: Array, /) -> Array:
    """-1, 0 or 1, and NaN for NaN; torch.func.vmap cannot map the function of array_api_compat."""
    return x.sign() + 0.0 * x
