"""Right implementations are within the bounds in float64; one that computes in float32 inside is not."""

from fractions import Fraction

import numpy as np
import pytest
from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import FLOAT32, FLOAT64
from emd_conformance._exact.grounds import Circle, Line, Matrix

KINDS = ["random", "peaked", "one-hot", "permuted", "near", "tiny"]


def grid(weights, bits=53):
    """Round weights to a simplex of multiples of 2^-bits that sums to 1 exactly."""
    n = [int(w * 2**bits) for w in weights / weights.sum()]
    n[int(np.argmax(weights))] += 2**bits - sum(n)
    return np.array([x / 2**bits for x in n])


def pair(kind, classes, rng):
    p = grid(rng.dirichlet(np.full(classes, 0.05 if kind == "peaked" else 1.0)) + 1e-300)
    if kind == "tiny":
        return grid(np.exp(-rng.uniform(0, 300, classes))), grid(rng.dirichlet(np.ones(classes)))
    if kind == "one-hot":
        return p, np.eye(classes)[rng.integers(classes)]
    if kind == "permuted":
        return p, rng.permutation(p)
    if kind == "near":
        step = np.zeros(classes)
        step[0], step[-1] = 2.0**-53, -(2.0**-53)
        return (p, p + step) if p[-1] >= 2.0**-53 else (p + step[::-1], p)
    return p, grid(rng.dirichlet(np.ones(classes)))


def cases(classes, seed=0, count=5):
    rng = np.random.default_rng([seed, classes])
    return [pair(kind, classes, rng) for kind in KINDS for _ in range(count)]


def scan(p, t):
    return np.square(np.cumsum(p - t)).sum()


def cdf(p, t):
    return np.square(np.cumsum(p) - np.cumsum(t)).sum()


def tails(p, t):
    return np.square(np.cumsum((p - t)[::-1])).sum()


def triangle(p, t):
    return np.square((p - t) @ np.triu(np.ones((len(p), len(p))))).sum()


def energy(p, t):
    G = np.abs(np.subtract.outer(np.arange(len(p)), np.arange(len(p)))).astype(float)
    return p @ G @ t - (p @ G @ p + t @ G @ t) / 2


def ratio(answer, exact, bound):
    return abs(Fraction(float(answer)) - exact) / bound


@pytest.mark.parametrize("classes", [1, 2, 3, 10, 100])
@pytest.mark.parametrize("right", [scan, cdf, tails, triangle, energy])
def test_right_values_are_within_the_any_bound(right, classes):
    for p, t in cases(classes):
        P, T = p.tolist(), t.tolist()
        bound = _bounds.squared_emd.value(P, T, Line(), FLOAT64, "any")
        assert ratio(right(p, t), _exact.squared_emd.value(P, T), bound) < 1


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_subtracting_first_is_within_the_scan_bound_and_differences_of_cdfs_are_not(classes):
    for p, t in cases(classes):
        P, T = p.tolist(), t.tolist()
        bound = _bounds.squared_emd.value(P, T, Line(), FLOAT64, "scan")
        assert ratio(scan(p, t), _exact.squared_emd.value(P, T), bound) < 1
    p = np.array([0.1, 0.2, 0.3, 0.25, 0.15])
    t = p + np.array([0, 0, 0, -(2.0**-55), 2.0**-55])
    P, T = p.tolist(), t.tolist()
    bound = _bounds.squared_emd.value(P, T, Line(), FLOAT64, "scan")
    assert ratio(cdf(p, t), _exact.squared_emd.value(P, T), bound) > 1


@pytest.mark.parametrize("classes", [3, 10, 100])
@pytest.mark.parametrize("kind", ["random", "peaked", "one-hot", "permuted"])
def test_single_precision_inside_is_outside_the_bound(kind, classes):
    rng = np.random.default_rng([7, classes])
    worst = Fraction(0)
    for _ in range(5):
        p, t = pair(kind, classes, rng)
        P, T = p.tolist(), t.tolist()
        bound = _bounds.squared_emd.value(P, T, Line(), FLOAT64, "any")
        narrow = scan(p.astype(np.float32), t.astype(np.float32))
        worst = max(worst, ratio(narrow, _exact.squared_emd.value(P, T), bound))
    assert worst > 100


@pytest.mark.parametrize("classes", [1, 2, 5, 33])
def test_right_gradients_are_within_their_bounds(classes):
    for p, t in cases(classes):
        P, T = p.tolist(), t.tolist()
        g = 2 * np.cumsum(np.cumsum(p - t)[::-1])[::-1]
        exact = _exact.squared_emd.gradient(P, T)
        bound = _bounds.squared_emd.gradient(P, T, Line(), FLOAT64, "scan")
        assert all(ratio(a, b, c) < 1 for a, b, c in zip(g, exact, bound, strict=True))
        G = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))).astype(float)
        projected = _exact.squared_emd.simplex_gradient((-G @ (p - t)).tolist())
        limit = _bounds.squared_emd.simplex_gradient(P, T, Line(), FLOAT64, "any")
        wanted = _exact.squared_emd.simplex_gradient(exact)
        assert all(abs(a - b) < limit for a, b in zip(projected, wanted, strict=True))


@pytest.mark.parametrize("classes", [2, 5, 12])
def test_circle_and_matrix_forms_are_within_their_bounds(classes):
    line = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes)))
    G = np.minimum(line, classes - line).astype(float)
    matrix = Matrix(tuple(map(tuple, G.tolist())))
    for p, t in cases(classes):
        P, T, D, h = p.tolist(), t.tolist(), np.cumsum(p - t), classes // 2
        exact = _exact.squared_emd.value(P, T, Circle())
        arcs = np.square(np.roll(D, -h) - D).sum() / 2
        assert ratio(arcs, exact, _bounds.squared_emd.value(P, T, Circle(), FLOAT64, "scan")) < 1
        product = -(p - t) @ G @ (p - t) / 2
        assert ratio(product, exact, _bounds.squared_emd.value(P, T, matrix, FLOAT64, "scan")) < 1
        distance = np.abs(D - np.sort(D)[h]).sum()
        assert ratio(distance, _exact.emd.value(P, T, Circle()), _bounds.emd.value(P, T, Circle(), FLOAT64, "scan")) < 1


@pytest.mark.parametrize("classes", [2, 5, 20])
def test_signs_of_rounded_differences_are_a_subgradient_within_the_bound(classes):
    for p, t in cases(classes):
        P, T = p.tolist(), t.tolist()
        g = np.cumsum(np.sign(np.cumsum(p - t)[:-1])[::-1])[::-1]
        gap = _exact.emd.subgradient_gap([*g.tolist(), 0.0], P, T)
        assert gap <= _bounds.emd.subgradient_gap(P, T, Line(), FLOAT64)


@pytest.mark.parametrize("widened", [True, False])
def test_single_precision_inputs_are_within_the_bound(widened):
    precision = FLOAT32 if widened else FLOAT32.native()
    for p, t in cases(50):
        p32, t32 = p.astype(np.float32), t.astype(np.float32)
        P, T = p32.tolist(), t32.tolist()
        wide = np.float64 if widened else np.float32
        answer = np.float32(scan(p32.astype(wide), t32.astype(wide)))
        exact = _exact.squared_emd.value(P, T)
        bound = precision.output(_bounds.squared_emd.value(P, T, Line(), precision, "scan"), exact)
        assert ratio(answer, exact, bound) < 1


@pytest.mark.parametrize("scale", [1, 30, 1e4])
@pytest.mark.parametrize("classes", [2, 7])
def test_logits_are_within_their_bounds(classes, scale):
    rng = np.random.default_rng([int(scale), classes])
    for _ in range(3):
        z, t = rng.normal(size=classes) * scale, grid(rng.dirichlet(np.ones(classes)))
        Z, T = z.tolist(), t.tolist()
        p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        exact = _exact.squared_emd.value_of_logits(Z, T)
        assert ratio(scan(p, t), exact.middle, _bounds.squared_emd.value_of_logits(Z, T, Line(), FLOAT64)) < 1
        g = 2 * np.cumsum(np.cumsum(p - t)[::-1])[::-1]
        chained = p * (g - p @ g)
        gradient = _exact.squared_emd.gradient_of_logits(Z, T)
        bound = _bounds.squared_emd.gradient_of_logits(Z, T, Line(), FLOAT64)
        assert all(ratio(a, b.middle, c) < 1 for a, b, c in zip(chained, gradient, bound, strict=True))


def test_the_bound_of_a_large_case_is_small():
    p = grid(np.random.default_rng(0).dirichlet(np.ones(10**5)))
    t = p[::-1].copy()
    P, T = p.tolist(), t.tolist()
    assert _bounds.squared_emd.value(P, T, Line(), FLOAT64, "scan") < _exact.squared_emd.value(P, T) / 1000
