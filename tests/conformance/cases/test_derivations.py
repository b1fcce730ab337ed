"""The expectations of the vectors, derived again from the definitions: explicit matrices and cuts, and 80 digits.

These tests share no code with `_exact`: distances are walks through the tree, and cuts are enumerated sets.
"""

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations

import emd_conformance
import pytest
from emd_conformance._cases.load import INFINITY, find
from emd_conformance._exact.grounds import Circle, Line, Matrix, Tree

VALID = [case for case in emd_conformance.vectors() if not case.invalid]
RATIONAL = [case for case in VALID if case.input == "probabilities" and case.predicted]
LOGITS = [case for case in VALID if case.input == "logits" and case.predicted]
ON_SIMPLEX = [case for case in RATIONAL if (not case.needs or case.shape) and case.group != "mass"]


def by_id(case):
    return case.id


def rows(case):
    targets = case.target or [[float(j == k) for j in range(case.classes)] for k in case.labels]
    exact = [[x if math.isinf(x) else Fraction(x) for x in p] for p in case.predicted]
    return [(p, [Fraction(x) for x in t]) for p, t in zip(exact, targets, strict=True)]


def ancestors(tree, node):
    path = {}
    length = Fraction(0)
    while node != -1:
        path[node] = length
        length += Fraction(tree.lengths[node]) if tree.lengths else 1
        node = tree.parents[node]
    return path


def distance(ground, i, j, C):
    match ground:
        case Line(positions=None):
            return Fraction(abs(i - j))
        case Line(positions=x):
            return abs(Fraction(x[i]) - Fraction(x[j]))
        case Circle():
            return Fraction(min((i - j) % C, (j - i) % C))
        case Tree():
            a, b = ancestors(ground, i), ancestors(ground, j)
            return min(a[node] + b[node] for node in a.keys() & b.keys())
        case Matrix(rows=G):
            return Fraction(G[i][j])


def cuts(ground, C):
    """The sets S and weights w of 2.5, and the last prefix of the unit line (4.1)."""
    match ground:
        case Line(positions=None):
            return [(set(range(k)), Fraction(1)) for k in range(1, C + 1)]
        case Line(positions=x):
            return [(set(range(k)), Fraction(x[k]) - Fraction(x[k - 1])) for k in range(1, C)]
        case Circle():
            return [({(m + i) % C for i in range(C // 2)}, Fraction(1, 2)) for m in range(C)]
        case Tree(parents=parents, lengths=lengths):
            above = [set(ancestors(ground, j)) for j in range(C)]
            edges = [node for node in range(len(parents)) if parents[node] != -1]
            below = [{j for j in range(C) if node in above[j]} for node in edges]
            return [(S, Fraction(lengths[node] if lengths else 1)) for S, node in zip(below, edges, strict=True)]


def by_cuts(p, t, sets):
    return sum((w * sum((p[j] - t[j] for j in S), Fraction(0)) ** 2 for S, w in sets), Fraction(0))


def by_energy(p, t, ground):
    C, d = len(p), [a - b for a, b in zip(p, t, strict=True)]
    return -sum((d[i] * d[j] * distance(ground, i, j, C) for i, j in combinations(range(C), 2)), Fraction(0))


@pytest.mark.parametrize("case", [case for case in ON_SIMPLEX if case.classes <= 60], ids=by_id)
def test_values_by_the_energy_identity(case):
    for i, (p, t) in enumerate(rows(case)):
        assert case.expected["E"][i].lo == case.expected["E"][i].hi == by_energy(p, t, case.ground)


@pytest.mark.parametrize(
    "case", [c for c in RATIONAL if not isinstance(c.ground, Matrix) and c.classes <= 60], ids=by_id
)
def test_values_by_the_cuts(case):
    sets = cuts(case.ground, case.classes)
    for i, (p, t) in enumerate(rows(case)):
        assert case.expected["E"][i].lo == by_cuts(p, t, sets)


@pytest.mark.parametrize("case", [c for c in RATIONAL if "E" in c.gradient and c.classes <= 24], ids=by_id)
def test_gradients_by_exact_differences(case):
    """E is quadratic, so a central difference of any step is its derivative; a matrix's E is taken as -½ dᵀ G d."""
    matrix = isinstance(case.ground, Matrix)
    sets = None if matrix else cuts(case.ground, case.classes)
    for i, (p, t) in enumerate(rows(case)[:6]):
        for j in {0, case.classes // 2, case.classes - 1}:
            up, down = ([x + (k == j) * h for k, x in enumerate(p)] for h in (Fraction(1, 8), Fraction(-1, 8)))
            values = [by_energy(x, t, case.ground) if matrix else by_cuts(x, t, sets) for x in (up, down)]
            assert case.gradient["E"][i][j].lo == 4 * (values[0] - values[1])


@pytest.mark.parametrize("case", [c for c in RATIONAL if c.classes > 60], ids=by_id)
def test_large_values_by_running_sums(case):
    x = case.ground.positions if isinstance(case.ground, Line) else None
    assert isinstance(case.ground, Line)
    for i, (p, t) in enumerate(rows(case)):
        mass = value = Fraction(0)
        for k in range(case.classes):
            mass += p[k] - t[k]
            width = 1 if x is None else Fraction(x[k + 1]) - Fraction(x[k]) if k + 1 < case.classes else 0
            value += width * mass * mass
        assert case.expected["E"][i].lo == value


@pytest.mark.parametrize("case", [c for c in RATIONAL if "E simplex" in c.gradient], ids=by_id)
def test_the_conventions_of_a_gradient(case):
    for i, (p, _) in enumerate(rows(case)):
        free, simplex, normalised = (
            [x.lo for x in case.gradient[name][i]] for name in ("E", "E simplex", "E normalised")
        )
        assert sum(simplex) == 0 == sum(a * b for a, b in zip(p, normalised, strict=True))
        for other in (simplex, normalised):
            assert len({a - b for a, b in zip(free, other, strict=True)}) == 1


def decimal(x):
    return Decimal(x.numerator) / Decimal(x.denominator) if isinstance(x, Fraction) else Decimal(x)


def close(interval, value, size):
    """Whether the enclosure holds the value: a decimal of 80 digits errs by far less than 1e-60 of the largest term."""
    room = Decimal("1e-60") * size
    return decimal(interval.lo) - room <= value <= decimal(interval.hi) + room


@pytest.mark.parametrize("case", [c for c in LOGITS if c.classes <= 30], ids=by_id)
def test_logits_in_eighty_digits(case):
    with localcontext(prec=80, Emin=-(10**8), Emax=10**8):
        C = case.classes
        G = [[decimal(distance(case.ground, i, j, C)) for j in range(C)] for i in range(C)]
        for i, (z, t) in enumerate(rows(case)):
            if case.first_alike[i] != i:  # the same numbers as in an earlier row
                continue
            powers = [Decimal(0) if x == -math.inf else decimal(x - max(z)).exp() for x in z]
            p = [x / sum(powers) for x in powers]
            d = [a - decimal(b) for a, b in zip(p, t, strict=True)]
            Gd = [sum(g * x for g, x in zip(row, d, strict=True)) for row in G]
            size = max(1, *(abs(x) for row in G for x in row)) * C
            assert close(case.expected["E"][i], -sum(a * b for a, b in zip(d, Gd, strict=True)) / 2, size)
            for j in range(C if case.gradient else 0):
                slope = sum(p[j] * ((j == k) - p[k]) * -Gd[k] for k in range(C))  # the Jacobian of softmax
                assert close(case.gradient["E"][i][j], slope, size)
            if "XE" in case.expected:
                k = case.labels[i]
                if z[k] == -math.inf:
                    assert case.expected["XE"][i] == INFINITY
                else:
                    assert close(case.expected["XE"][i], decimal(max(z) - z[k]) + sum(powers).ln(), 10**5)


@pytest.mark.parametrize("case", [c for c in RATIONAL if "R" in c.expected], ids=by_id)
def test_penalties_in_eighty_digits(case):
    with localcontext(prec=80):
        for i, (p, t) in enumerate(rows(case)):
            powers = [
                [decimal(distance(case.ground, j, k, case.classes)) ** decimal(case.exponent) for k in range(len(t))]
                for j in range(len(p))
            ]
            factors = [sum(decimal(t[k]) * (x[k] + decimal(case.bias)) for k in range(len(t))) for x in powers]
            assert close(case.expected["R"][i], sum(decimal(a) ** 2 * b for a, b in zip(p, factors, strict=True)), 10)
            for j, factor in enumerate(factors):
                assert close(case.gradient["R"][i][j], 2 * decimal(p[j]) * factor, 10)


def test_a_wrong_expectation_would_be_seen():
    case = find("line/soft-5")
    (p, t), value = rows(case)[0], case.expected["E"][0].lo
    assert by_energy(p, t, Circle()) != value == by_energy(p, t, Line())
    assert by_cuts(p, t, cuts(Line((0, 1, 2, 3, 5)), 5)) != value == by_cuts(p, t, cuts(Line(), 5))
