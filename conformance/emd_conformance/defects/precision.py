"""Right formulas with too little precision, and losses that fail for special values."""

import numpy as np

from emd_conformance.defects._common import cumulative, one_hot, softmax, squared_emd
from emd_conformance.defects._register import Array, wrong


@wrong("low-precision")
def single_inside(p: Array, t: Array) -> Array:
    """Keras casts float64 inputs to float32."""
    return squared_emd(p.astype(np.float32), t.astype(np.float32)).astype(np.float64)


@wrong("low-precision")
def half_inside(p: Array, t: Array) -> Array:
    return squared_emd(p.astype(np.float16), t.astype(np.float16)).astype(np.float64)


@wrong("low-precision")
def single_sums(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(p - t, axis=-1, dtype=np.float32).astype(np.float64)).sum(-1)


@wrong("low-precision")
def single_answer(p: Array, t: Array) -> Array:
    return squared_emd(p, t).astype(np.float32)


@wrong("low-precision")
def seven_decimals(p: Array, t: Array) -> Array:
    return np.round(squared_emd(p, t), 7)


@wrong("low-precision", input="logits", target="labels")
def single_softmax(z: Array, k: Array) -> Array:
    return squared_emd(softmax(z.astype(np.float32)).astype(np.float64), one_hot(k, z.shape[-1]))


@wrong("low-precision", dtype="float32", compute_dtype="float64")
def not_widened(p: Array, t: Array) -> Array:
    return squared_emd(p, t)


@wrong("epsilon-under-root", computes="sqrt(E/C)")
def constant_under_the_root(p: Array, t: Array) -> Array:
    """Losses of the NIMA family do this to keep the gradient finite at 0."""
    return np.sqrt(np.square(cumulative(p, t)).mean(-1) + 1e-8)


@wrong("nan-at-equality", computes="sqrt(E)")
def divided_by_the_root(p: Array, t: Array) -> Array:
    E = squared_emd(p, t)
    with np.errstate(invalid="ignore"):
        return E / np.sqrt(E)


@wrong("one-class")
def normalised_for_two(p: Array, t: Array) -> Array:
    with np.errstate(all="ignore"):
        return squared_emd(p, t) / np.float64(p.shape[-1] - 1) * (p.shape[-1] - 1)


@wrong("computes='100*E/(C*C)'")
def ten_ratings(p: Array, t: Array) -> Array:
    return squared_emd(p, t) * (10 / p.shape[-1]) ** 2


@wrong("hard-coded-classes")
def ten_ratings_only(p: Array, t: Array) -> Array:
    return np.square((p - t) @ np.triu(np.ones((10, 10)))).sum(-1)


@wrong("valid-input-rejected")
def wants_positive(p: Array, t: Array) -> Array:
    if not ((p > 0).all() and (t > 0).all()):
        raise ValueError("probabilities must be positive")
    return squared_emd(p, t)
