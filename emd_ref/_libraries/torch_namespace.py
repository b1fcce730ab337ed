"""The array API namespace of PyTorch, as far as the package uses it, with a few functions for PyTorch's transforms."""

from array_api_compat import torch as _compat

from emd_ref._libraries.kinds import Array

_SAME = (
    "abs all any arange argmax asarray astype bool concat empty empty_like exp "
    "expand_dims eye finfo flip float32 float64 full iinfo int32 int64 isdtype isfinite log matmul max mean min nan "
    "ones_like permute_dims reshape sort sum take tril triu where zeros zeros_like"
)
globals().update({name: getattr(_compat, name) for name in _SAME.split()})


def clip(x: Array, /, min: Array, max: Array) -> Array:
    """`x` between two bounds; torch.func.vmap cannot map the function of older versions of array_api_compat."""
    return x.clamp(min, max)


def cumulative_sum(x: Array, /, *, axis: int) -> Array:
    """x_1 + ... + x_k along an axis; torch.compile cannot trace the function of array_api_compat."""
    return x.cumsum(axis)


def sign(x: Array, /) -> Array:
    """-1, 0 or 1, and NaN for NaN; torch.func.vmap cannot map the function of array_api_compat."""
    return x.sign() + 0.0 * x
