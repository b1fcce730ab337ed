"""Cross-entropy with a ground distance (specification, section 6), on every backend, against exact enclosures."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import Precision
from emd_conformance._exact.numbers import fractions
from support import draw
from support.backends import Backend
from support.grounds import NAMES, ground_pair
from support.judge import assert_within, numbers, precision

from emd_ref import Ordered, cross_entropy, ground_distance_penalty, xemd, xemd_grad, xemd_value_and_grad

SETTINGS = [(1.0, 0.0), (2.0, -0.25), (1.0, 0.5), (0.5, 0.0)]


@cache
def penalties(name: str, dtype: str, form: Precision, exponent: float, bias: float) -> list[tuple]:
    """For each prediction of draw.pairs(10): R, its bound, dR/dp, its bounds."""
    ground = ground_pair(name, 10).oracle
    rows = [(numbers(p), i % 10, ground) for i, p in enumerate(draw.pairs(10, dtype)[0])]
    return [
        (
            _exact.penalty.value(*row, exponent, bias).middle,
            _bounds.penalty.value(*row, exponent, bias, form),
            [x.middle for x in _exact.penalty.gradient(*row, exponent, bias)],
            _bounds.penalty.gradient(*row, exponent, bias, form),
        )
        for row in rows
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("exponent", "bias"), SETTINGS)
def test_the_penalty_and_its_gradient_are_within_their_bounds(
    backend: Backend, name: str, exponent: float, bias: float
) -> None:
    dtype = backend.dtypes[-1]
    p = draw.pairs(10, dtype)[0]
    labels, form, ground = np.arange(len(p)) % 10, precision(dtype, backend), ground_pair(name, 10).ours
    R = backend(ground_distance_penalty, p, labels, ground=ground, exponent=exponent, bias=bias)
    for i, (value, bound, _, _) in enumerate(penalties(name, dtype, form, exponent, bias)):
        assert_within("ground_distance_penalty", [R[i]], [value], [bound], form)


@pytest.mark.parametrize("from_logits", [False, True])
def test_xemd_and_its_gradient_are_within_their_bounds(backend: Backend, from_logits: bool) -> None:
    dtype = backend.dtypes[-1]
    form, pair, weight, exponent, bias = precision(dtype, backend), ground_pair("tree", 12), 0.375, 2.0, -0.25
    z = draw.logits(12, dtype)[0]
    z = z if from_logits else draw.pairs(12, dtype)[0][:8]
    labels = np.arange(len(z)) % 12
    options = {"ground": pair.ours, "weight": weight, "exponent": exponent, "bias": bias, "from_logits": from_logits}
    L, g = backend(xemd_value_and_grad, z, labels, **options)
    np.testing.assert_array_equal(backend(xemd, z, labels, **options), L)
    np.testing.assert_array_equal(backend(xemd_grad, z, labels, **options), g)
    assert L.dtype == g.dtype == dtype
    for i, (row, k) in enumerate(zip(z, labels, strict=True)):
        value, value_bound, gradient, gradient_bounds = expected(
            numbers(row), int(k), pair.oracle, form, weight, exponent, bias, from_logits
        )
        what = "xemd from_logits" if from_logits else "xemd"
        assert_within(what, [L[i]], [value], [value_bound], form)
        assert_within(what.replace("xemd", "xemd_grad"), g[i], gradient, gradient_bounds, form)


@cache
def _expected(row: tuple, k: int, ground, form: Precision, weight: float, exponent: float, bias: float, logits: bool):
    penalty = (row, k, ground, exponent, bias)
    bound = (*penalty, form)
    if logits:
        parts = (_exact.cross_entropy.value_of_logits(row, k), _exact.penalty.value_of_logits(*penalty))
        part_bounds = (_bounds.cross_entropy.value_of_logits(row, k, form), _bounds.penalty.value_of_logits(*bound))
        entropy = [x.middle for x in _exact.cross_entropy.gradient_of_logits(row, k)]
        entropy_bounds = _bounds.cross_entropy.gradient_of_logits(row, k, form)
        gradient = _exact.penalty.gradient_of_logits(*penalty)
        gradient_bounds = _bounds.penalty.gradient_of_logits(*bound)
    else:
        parts = (_exact.cross_entropy.value(row, k), _exact.penalty.value(*penalty))
        part_bounds = (_bounds.cross_entropy.value(row, k, form), _bounds.penalty.value(*bound))
        entropy = [-1 / fractions([row[k]])[0] if i == k else Fraction(0) for i in range(len(row))]
        entropy_bounds = [4 * Fraction(form.unit) * abs(x) for x in entropy]
        gradient, gradient_bounds = _exact.penalty.gradient(*penalty), _bounds.penalty.gradient(*bound)
    lam, u = Fraction(weight), Fraction(form.unit)

    def combined(a, b):  # two roundings of sizes up to |a| + weight |b|
        return a + lam * b, 4 * u * (abs(a) + lam * abs(b))

    value, rounding = combined(parts[0].middle, parts[1].middle)
    rows = [combined(a, b.middle) for a, b in zip(entropy, gradient, strict=True)]
    return (
        value,
        rounding + part_bounds[0] + lam * part_bounds[1],
        [x for x, _ in rows],
        [r + a + lam * b for (_, r), a, b in zip(rows, entropy_bounds, gradient_bounds, strict=True)],
    )


def expected(row: list[float], *rest):
    """L, its bound, dL/dp or dL/dz, its bounds."""
    return _expected(tuple(row), *rest)


def test_cross_entropy_is_minus_the_logarithm_and_infinite_at_zero(backend: Backend) -> None:
    p = np.asarray([[0.25, 0.75, 0.0]] * 3, dtype=backend.dtypes[-1])
    xe = backend(cross_entropy, p, np.arange(3))
    form = precision(backend.dtypes[-1], backend)
    for k in (0, 1):
        row = numbers(p[k])
        value = _exact.cross_entropy.value(row, k).middle
        assert_within("cross_entropy", [xe[k]], [value], [_bounds.cross_entropy.value(row, k, form)], form)
    assert xe[2] == np.inf
    gradient = backend(xemd_grad, p, np.arange(3), ground=Ordered(), weight=0.0)
    np.testing.assert_array_equal(gradient[2], [0, 0, -np.inf])


def test_cross_entropy_of_large_logits_does_not_overflow(backend: Backend) -> None:
    z = np.asarray([[1e4, -1e4, 0.0]] * 3, dtype=backend.dtypes[0])
    np.testing.assert_allclose(backend(cross_entropy, z, np.arange(3), from_logits=True), [0, 2e4, 1e4])


def test_the_penalty_can_be_negative_when_the_bias_is() -> None:
    assert ground_distance_penalty(np.asarray([1.0, 0.0]), 0, ground=Ordered(), bias=-0.5) == -0.5


@pytest.mark.parametrize("exponent", [0.0, -1.0, float("nan")])
def test_the_exponent_must_be_positive(exponent: float) -> None:
    with pytest.raises(ValueError, match="`exponent` is"):
        xemd(np.asarray([1.0, 0.0]), 0, ground=Ordered(), exponent=exponent)
