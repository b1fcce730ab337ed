"""Cross-entropy with a ground distance (specification, section 6), on every backend, against exact enclosures."""

from functools import cache

import numpy as np
import pytest
from support import draw, exact
from support.backends import Backend
from support.exact import Expected, Fraction, Precision
from support.grounds import NAMES, ground_pair
from support.judge import assert_each_expected, assert_same, assert_within, precision

from emd_ref import Ordered, cross_entropy, ground_distance_penalty, xemd, xemd_grad, xemd_value_and_grad

SETTINGS = [(1.0, 0.0), (2.0, -0.25), (1.0, 0.5), (0.5, 0.0)]
WEIGHT, EXPONENT, BIAS = 0.375, 2.0, -0.25


@cache
def penalties(name: str, dtype: str, form: Precision, exponent: float, bias: float) -> list[Expected]:
    """R of each prediction of `draw.pairs(10)` for the labels 0, 1, .. 9, 0, .."""
    ground = ground_pair(name, 10).oracle
    return [exact.penalty(p, i % 10, ground, form, exponent, bias) for i, p in enumerate(draw.pairs(10, dtype)[0])]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("exponent", "bias"), SETTINGS)
def test_the_penalty_is_within_its_bound(backend: Backend, name: str, exponent: float, bias: float) -> None:
    dtype = backend.dtypes[-1]
    p, form = draw.pairs(10, dtype)[0], precision(dtype, backend)
    options = {"ground": ground_pair(name, 10).ours, "exponent": exponent, "bias": bias}
    R = backend(ground_distance_penalty, p, np.arange(len(p)) % 10, **options)
    for value, row in zip(R, penalties(name, dtype, form, exponent, bias), strict=True):
        assert_within("ground_distance_penalty", [value], [row.value], [row.value_bound], form)


@cache
def expected(dtype: str, form: Precision, from_logits: bool) -> list[Expected]:
    """L = XE + lambda R of each prediction of `predictions` for the labels 0, 1, .. 11, 0, .."""
    ground, rows = ground_pair("tree", 12).oracle, enumerate(predictions(dtype, from_logits))
    if from_logits:
        parts = [(exact.cross_entropy_of_logits, exact.penalty_of_logits, z, i % 12) for i, z in rows]
    else:
        parts = [(exact.cross_entropy, exact.penalty, p, i % 12) for i, p in rows]
    return [weighted_sum(XE(x, k, form), R(x, k, ground, form, EXPONENT, BIAS), form) for XE, R, x, k in parts]


def weighted_sum(XE: Expected, R: Expected, form: Precision) -> Expected:
    """XE + lambda R, and the same of their gradients: two roundings of sizes up to |a| + lambda |b|."""
    weight, unit = Fraction(WEIGHT), Fraction(form.unit)

    def bound(a: Fraction, a_bound: Fraction, b: Fraction, b_bound: Fraction) -> Fraction:
        return 4 * unit * (abs(a) + weight * abs(b)) + a_bound + weight * b_bound

    columns = zip(XE.gradient, XE.gradient_bounds, R.gradient, R.gradient_bounds, strict=True)
    return Expected(
        XE.value + weight * R.value,
        bound(*XE[:2], *R[:2]),
        [a + weight * b for a, b in zip(XE.gradient, R.gradient, strict=True)],
        [bound(*column) for column in columns],
    )


def predictions(dtype: str, from_logits: bool) -> np.ndarray:
    return draw.logits(12, dtype)[0] if from_logits else draw.pairs(12, dtype)[0][:8]


@pytest.mark.parametrize("from_logits", [False, True])
def test_xemd_and_its_gradient_are_within_their_bounds(backend: Backend, from_logits: bool) -> None:
    dtype = backend.dtypes[-1]
    x, form = predictions(dtype, from_logits), precision(dtype, backend)
    labels, ground = np.arange(len(x)) % 12, ground_pair("tree", 12).ours
    options = {"ground": ground, "emd_weight": WEIGHT, "exponent": EXPONENT, "bias": BIAS, "from_logits": from_logits}
    L, g = backend(xemd_value_and_grad, x, labels, **options)
    alone = [backend(function, x, labels, **options) for function in (xemd, xemd_grad)]
    assert_same(backend, alone[0], L)
    assert_same(backend, alone[1], g)
    assert L.dtype == g.dtype == dtype
    what = "xemd from_logits" if from_logits else "xemd"
    for results in ((L, g), alone):
        assert_each_expected(what, *results, expected(dtype, form, from_logits), form)


def test_cross_entropy_is_minus_the_logarithm_and_infinite_at_zero(backend: Backend) -> None:
    p = np.asarray([[0.25, 0.75, 0.0]] * 3, dtype=backend.dtypes[-1])
    XE, form = backend(cross_entropy, p, np.arange(3)), precision(backend.dtypes[-1], backend)
    for k in (0, 1):
        row = exact.cross_entropy(p[k], k, form)
        assert_within("cross_entropy", [XE[k]], [row.value], [row.value_bound], form)
    assert XE[2] == np.inf
    gradient = backend(xemd_grad, p, np.arange(3), ground=Ordered(), emd_weight=0.0)
    np.testing.assert_array_equal(gradient[2], [0, 0, -np.inf])


def test_cross_entropy_of_large_logits_does_not_overflow(backend: Backend) -> None:
    z = np.asarray([[1e4, -1e4, 0.0]] * 3, dtype=backend.dtypes[0])
    np.testing.assert_allclose(backend(cross_entropy, z, np.arange(3), from_logits=True), [0, 2e4, 1e4])


def test_the_penalty_is_negative_where_the_bias_is() -> None:
    assert ground_distance_penalty(np.asarray([1.0, 0.0]), 0, ground=Ordered(), bias=-0.5) == -0.5


@pytest.mark.parametrize("exponent", [0.0, -1.0])
def test_the_exponent_must_be_positive(exponent: float) -> None:
    with pytest.raises(ValueError, match=r"`exponent` is .*: it must be positive"):
        xemd(np.asarray([1.0, 0.0]), 0, ground=Ordered(), exponent=exponent)


def test_the_target_must_be_labels() -> None:
    p = np.asarray([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
    words = r"`labels` has dtype float64: it must hold integer labels of shape \(2,\); for one-hots, pass their argmax"
    with pytest.raises(TypeError, match=words):
        xemd(p, p, ground=Ordered())
    with pytest.raises(ValueError, match=r"`labels`\[1\] is 5"):
        xemd(p, np.asarray([0, 5]), ground=Ordered())
