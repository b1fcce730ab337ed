"""Losses that accept invalid input: a defect if they claim to validate, otherwise advice."""

from math import fsum

import numpy as np

from emd_conformance.defects._common import one_hot, squared_emd
from emd_conformance.defects._register import Array, wrong


def _require(good: bool, what: str) -> None:
    if not good:
        raise ValueError(what)


def _distributions(*inputs: Array, without: str = "") -> None:
    _require(len({x.shape for x in inputs}) == 1, "the shapes differ")
    for x in inputs:
        with np.errstate(invalid="ignore"):
            _require(bool(np.isfinite(x).all()), "the input is not finite")
            _require(without == "sign" or not (x < 0).any(), "the input is negative")
            _require(without == "mass" or not (np.abs(x.sum(-1) - 1) > 1e-6).any(), "the sum is not 1")


@wrong("input-not-checked", advice=True)
def unchecked(p: Array, t: Array) -> Array:
    """Most losses do not check their input."""
    return squared_emd(p, t)


@wrong("input-not-checked", advice=True, target="labels")
def labels_unchecked(p: Array, k: Array) -> Array:
    """In scoringrules and dlordinal.metrics, an impossible label becomes a one-hot row of zeros."""
    return squared_emd(p, one_hot(k, p.shape[-1]))


@wrong("invalid-input-accepted", validates=True)
def claims_to_validate(p: Array, t: Array) -> Array:
    return squared_emd(p, t)


@wrong("invalid-input-accepted", validates=True)
def mass_not_checked(p: Array, t: Array) -> Array:
    _distributions(p, t, without="mass")
    return squared_emd(p, t)


@wrong("invalid-input-accepted", validates=True)
def sign_not_checked(p: Array, t: Array) -> Array:
    _distributions(p, t, without="sign")
    return squared_emd(p, t)


@wrong("invalid-input-accepted", validates=True)
def target_not_checked(p: Array, t: Array) -> Array:
    _require(p.shape == t.shape, "the shapes differ")
    _distributions(p)
    return squared_emd(p, t)


@wrong("invalid-input-accepted", validates=True)
def shapes_not_checked(p: Array, t: Array) -> Array:
    _distributions(p)
    _require(t.shape[-1] == 1 or bool((np.abs(t.sum(-1) - 1) < 1e-6).all()), "the sum is not 1")
    _distributions(t, without="mass")
    return squared_emd(p, t)


@wrong("invalid-input-accepted", validates=True, target="labels")
def silent_broadcast(p: Array, k: Array) -> Array:
    """dlordinal does this for labels of shape (N, 1)."""
    _distributions(p)
    _require(bool(((k >= 0) & (k < p.shape[-1])).all()), "a label is not a class")
    return squared_emd(p, one_hot(k, p.shape[-1]))


@wrong("invalid-input-accepted", validates=True, target="labels")
def negative_label(p: Array, k: Array) -> Array:
    """In dlordinal.metrics, the label -1 counts as 1."""
    _distributions(p)
    _require(k.ndim == 1 and bool((k < p.shape[-1]).all()), "a label is not a class")
    return squared_emd(p, one_hot(np.abs(k), p.shape[-1]))


@wrong("rounded-mass")
def wants_sums_of_one(p: Array, t: Array) -> Array:
    """A softmax in float64 does not sum to 1 in every bit."""
    for row in np.concatenate([p, t]):
        _require(not abs(fsum(row) - 1) > 2.0**-52, "the sum is not 1")
    return squared_emd(p, t)


@wrong("invalid-input-accepted", validates=True)
def takes_almost_any_sum(p: Array, t: Array) -> Array:
    _distributions(p, t)
    return squared_emd(p, t)


@wrong("invalid-input-accepted", validates=True)
def takes_tiny_negatives(p: Array, t: Array) -> Array:
    for x in (p, t):
        tolerance = (4 + 8 * np.sqrt(x.shape[-1])) * 2.0**-53
        _require(not (np.abs(x.sum(-1) - 1) > tolerance).any(), "the sum is not 1")
    _distributions(np.maximum(p, -1e-12) + 1e-12 * (p < 0) * (p > -1e-12), t)
    return squared_emd(p, t)


@wrong("invalid-input-accepted", validates=True, target="labels")
def takes_labels_of_any_dtype(p: Array, k: Array) -> Array:
    _distributions(p)
    _require(k.ndim == 1 and bool(((k >= 0) & (k < p.shape[-1])).all()), "a label is not a class")
    return squared_emd(p, one_hot(k.astype(int), p.shape[-1]))
