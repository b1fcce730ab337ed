"""The filter of `assert_right` passes no row that is wrong, however near the bound, and passes right rows."""

from fractions import Fraction
from math import inf, nextafter

import numpy as np
import pytest
from emd_conformance._bounds.precision import convert
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._exact.grounds import Circle, Line, Matrix, Tree
from emd_conformance._judging.allowed import allowed_gradient, allowed_values
from emd_conformance._right import filter, judge
from emd_conformance._right.samples import Question, read_predicted, read_target

C, N = 5, 24
UPPER = np.triu(np.arange(25.0).reshape(C, C) % 7 + 1, 1)
GROUNDS = {
    "line": Line(),
    "positions": Line((0.0, 0.1, 3.5, 4.0, 1000.0)),
    "circle": Circle(),
    "tree": Tree((5, 5, 6, 6, 6, 6, -1), (0.5, 0.1, 1.0, 2.0, 0.25, 3.0, 0.0)),
    "matrix": Matrix(tuple(map(tuple, (UPPER + UPPER.T).tolist()))),
}


def questions(name, quantity, dtype, from_logits, soft, grad=None, reduction="none"):
    rng = np.random.default_rng([len(name), len(dtype), from_logits, soft])
    z = rng.normal(0, 6, (N, C))
    z[3, 1], z[4, 1:], z[5] = -inf, -inf, 0
    p = np.exp(z - z.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    t = rng.dirichlet(np.full(C, 0.3), N)
    t[6:9] = p[6:9] if not from_logits else t[6:9]
    x, t = ((np.asarray(a).astype(dtype)) for a in (z if from_logits else p, t))
    ground = GROUNDS[name]
    declared = Declaration(
        input="logits" if from_logits else "probabilities",
        computes=quantity,
        dtype=dtype,
        ground=ground.kind,
        grad=grad,
        reduction=reduction,
    )
    predicted = read_predicted(x, -1, from_logits)
    target = read_target(t if soft else rng.integers(0, C, N), x, predicted, -1)
    return Question(declared, predicted, target, ground, 1.0, 0.0, 1.0)


def around(x, dtype):
    """A number in a dtype, and its neighbours."""
    y = float(x)
    y = y if abs(y) < 1e-300 or dtype == "float64" else convert(y, dtype)
    return [y] if dtype != "float64" else [nextafter(y, -inf), y, nextafter(y, inf)]


QUANTITIES = [
    ("E", name, from_logits, soft)
    for name in GROUNDS
    for from_logits in (False, True)
    for soft in (False, True)
    if not (name == "matrix" and from_logits)
]
QUANTITIES += [
    ("W1", name, from_logits, soft)
    for name in ("line", "positions", "circle", "tree")
    for from_logits in (False, True)
    for soft in (False, True)
]
QUANTITIES += [("XE", "line", from_logits, soft) for from_logits in (False, True) for soft in (False, True)]


@pytest.mark.parametrize(("quantity", "name", "from_logits", "soft"), QUANTITIES)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_what_passes_is_right_and_what_is_exact_passes(quantity, name, from_logits, soft, dtype):
    asked = questions(name, quantity, dtype, from_logits, soft)
    answers = [allowed_values([asked.sample(i)], asked.declared, "any")[0] for i in range(N)]
    for part in (Fraction(0), Fraction(1, 4), Fraction(9, 10), Fraction(1), Fraction(101, 100), Fraction(2)):
        for sign in (-1, 1):
            received = [
                inf if a.exact.lo > 2**2000 else float(a.exact.middle + sign * part * (a.range.hi - a.exact.hi))
                for a in answers
            ]
            off = filter.excess(asked, np.asarray(received), gradients=False)
            for i, x in enumerate(received):
                if off[i] <= 1:
                    assert judge.value(asked, i, x).off <= 1
            if part == 0:
                assert (off <= 1).mean() > 0.8


@pytest.mark.parametrize(
    ("name", "from_logits"), [(name, False) for name in GROUNDS] + [("line", True), ("tree", True)]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_gradients_that_pass_are_right(name, from_logits, dtype, reduction):
    asked = questions(name, "E", dtype, from_logits, True, "autograd", reduction)
    times = N if reduction == "mean" else 1
    for part in (0.0, 0.5, 0.97, 1.03, 2.0):
        received = np.zeros((N, C))
        for i in range(N):
            row = allowed_gradient(asked.sample(i).standard, "any")
            for j, a in enumerate(row):
                shift = part * float(a.range.hi - a.exact.hi) * (j == i % C)
                received[i, j] = (float(a.exact.middle) + shift) / times
        off = filter.excess(asked, received, gradients=True)
        for i in range(N):
            if off[i] <= 1:
                assert judge.gradient(asked, i, received[i].tolist()).off <= 1
        if part == 0:
            assert (off <= 1).mean() > 0.8


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_reduced_values_that_pass_are_right(reduction, dtype):
    asked = questions("line", "E", dtype, False, True, reduction=reduction)
    (allowed,) = allowed_values([asked.sample(i) for i in range(N)], asked.declared, "any")
    for part in (0.0, 0.5, 0.99, 1.01, 2.0):
        x = float(allowed.exact.middle) + part * float(allowed.range.hi - allowed.exact.hi)
        if filter.reduced(asked, x) <= 1:
            assert judge.total(asked, x).off <= 1
        else:
            assert part > 0
