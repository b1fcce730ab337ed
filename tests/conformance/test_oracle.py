import random
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import pytest
from emd_conformance import _exact
from emd_conformance._exact import transport
from emd_conformance._exact.grounds import Circle, Ground, Line, Matrix, Tree, distances
from emd_conformance._exact.interval import Interval, exp, log, sqrt
from emd_conformance._exact.numbers import one_hot

F = Fraction
STAR = Tree((3, 3, 3, -1), (F(1, 2), 1, 2, 0))


def simplex(rng: random.Random, classes: int, bits: int = 53) -> list[Fraction]:
    cuts = sorted(rng.randrange(2**bits + 1) for _ in range(classes - 1))
    return [F(b - a, 2**bits) for a, b in pairwise([0, *cuts, 2**bits])]


def grounds(rng: random.Random, classes: int) -> list[Ground]:
    positions = tuple(F(x, 8) for x in sorted(rng.sample(range(100), classes)))
    nodes = classes + rng.randrange(3)
    parents = (*(rng.randrange(i + 1, nodes) for i in range(nodes - 1)), -1)
    lengths = tuple(F(rng.randrange(1, 9), 4) for _ in range(nodes))
    return [Line(), Line(positions), Circle(), Tree(parents, lengths), Tree(parents)]


def as_matrix(ground: Ground, classes: int) -> Matrix:
    return Matrix(tuple(map(tuple, distances(ground, classes))))


@pytest.mark.parametrize(
    ("p", "t", "ground", "energy", "gradient", "distance"),
    [
        ([1, 0, 0], [0, 0, 1], Line(), 2, [4, 2, 0], 2),
        ([F(1, 2), F(1, 4), F(1, 4)], [0, 1, 0], Line(), F(5, 16), [F(1, 2), F(-1, 2), 0], F(3, 4)),
        ([1, 0, 0], [0, 0, 1], Line((0, 1, 10)), 10, [20, 18, 0], 10),
        ([1, 1], [0, 0], Line(), 5, [6, 4], 1),
        ([1, 1], [0, 0], Line((0, 3)), 3, [6, 0], 3),
        ([F(1, 2), 0, F(1, 2), 0], [0, F(1, 2), 0, F(1, 2)], Circle(), 0, [0, 0, 0, 0], 1),
        ([1, 0, 0], [0, 1, 0], Circle(), 1, [1, -1, 0], 1),
        ([1, 0, 0], [0, 0, 1], STAR, F(5, 2), [1, 0, -4], F(5, 2)),
        ([1, 0], [0, 1], Matrix(((0, 3), (3, 0))), 3, [3, -3], 3),
        ([1], [1], Circle(), 0, [0], 0),
        ([1], [1], Tree((-1,)), 0, [0], 0),
    ],
)
def test_values_computed_by_hand(p, t, ground, energy, gradient, distance):
    assert _exact.squared_emd.value(p, t, ground) == energy
    assert _exact.squared_emd.gradient(p, t, ground) == gradient
    assert _exact.emd.value(p, t, ground) == distance


@pytest.mark.parametrize("seed", range(30))
def test_cuts_energy_form_and_linear_programme_agree_exactly(seed):
    rng = random.Random(seed)
    classes = rng.randrange(1, 7)
    p, t = simplex(rng, classes), simplex(rng, classes)
    for ground in grounds(rng, classes):
        matrix = as_matrix(ground, classes)
        assert _exact.squared_emd.value(p, t, ground) == _exact.squared_emd.value(p, t, matrix)
        assert _exact.emd.value(p, t, ground) == _exact.emd.value(p, t, matrix)
        free, energy = (_exact.squared_emd.gradient(p, t, g) for g in (ground, matrix))
        assert _exact.squared_emd.simplex_gradient(free) == _exact.squared_emd.simplex_gradient(energy)


@pytest.mark.parametrize("seed", range(10))
def test_gradient_is_the_slope_of_the_value(seed):
    rng = random.Random(seed)
    classes = rng.randrange(2, 7)
    p, t, h = simplex(rng, classes), simplex(rng, classes), F(1, 1024)
    for ground in grounds(rng, classes):
        g = _exact.squared_emd.gradient(p, t, ground)
        for j in range(1, classes):
            up, down = [*p], [*p]
            up[j], up[0], down[j], down[0] = p[j] + h, p[0] - h, p[j] - h, p[0] + h
            slope = (_exact.squared_emd.value(up, t, ground) - _exact.squared_emd.value(down, t, ground)) / (2 * h)
            assert slope == g[j] - g[0]  # a central difference of a quadratic is exact


@pytest.mark.parametrize("seed", range(10))
def test_subgradient_gap_is_zero_for_potentials_and_positive_for_the_reverse(seed):
    rng = random.Random(seed)
    classes = rng.randrange(2, 7)
    p, t = simplex(rng, classes), simplex(rng, classes)
    for ground in grounds(rng, classes):
        matrix = as_matrix(ground, classes)
        u = transport.solve(p, t, matrix.rows).u
        assert _exact.emd.subgradient_gap(u, p, t, ground) == 0
        wrong = [-x for x in u]
        assert _exact.emd.subgradient_gap(wrong, p, t, ground) == _exact.emd.subgradient_gap(wrong, p, t, matrix) > 0


def test_label_distance_is_the_mean_cost_to_the_label():
    p, G = [F(1, 2), F(1, 4), F(1, 4)], ((0, 1, 5), (1, 0, 2), (5, 2, 0))
    assert _exact.emd.value(p, one_hot(2, 3), Matrix(G)) == F(5, 2) + F(1, 2)


def test_million_class_line_is_exact():
    classes = 10**6
    p = [1.0, *[0.0] * (classes - 1)]
    assert _exact.squared_emd.value(p, p[::-1]) == classes - 1


def test_penalty_by_hand():
    p, rows = [F(1, 2), F(1, 4), F(1, 4)], Matrix(((0, F(1, 2), 1), (F(1, 2), 0, F(1, 2)), (1, F(1, 2), 0)))
    assert _exact.penalty.rational_value(p, 0, rows) == F(1, 16) * (F(1, 2) + 1)
    assert _exact.penalty.rational_value(p, 0, rows, exponent=2, bias=F(-1, 4)) == F(-1, 16) + F(3, 64)
    assert _exact.penalty.rational_gradient(p, 0, rows) == [0, F(1, 4), F(1, 2)]
    for exponent in (1, 2, 3):
        enclosure = _exact.penalty.value(p, 1, rows, exponent, F(1, 4))
        assert enclosure.lo == enclosure.hi == _exact.penalty.rational_value(p, 1, rows, exponent, F(1, 4))


def test_half_power_is_a_square_root():
    rows = Matrix(((0, 2), (2, 0)))
    enclosure = _exact.penalty.value([0, 1], 0, rows, exponent=0.5)
    assert enclosure.narrow
    assert enclosure.lo**2 <= 2 <= enclosure.hi**2


def test_enclosures_hold_known_constants():
    euler = F("2.718281828459045235360287471352662497757247093699959574966967627724076630353547594571")
    root = F("1.414213562373095048801688724209698078569671875376948073176679737990732478462107038850")
    ln2 = F("0.693147180559945309417232121458176568075500134360255254120680009493393621969694715605")
    slack = F(1, 10**80)
    for enclosure, value in ((exp(1, 256), euler), (sqrt(2, 250), root), (log(2, 256), ln2)):
        assert enclosure.lo - slack <= value <= enclosure.hi + slack
        assert enclosure.narrow


def test_exact_roots_stay_exact():
    assert sqrt(F(9, 16)) == Interval(F(3, 4), F(3, 4))
    assert sqrt(0) == Interval(F(0), F(0))


def test_softmax_of_logarithms_is_their_ratio():
    z = [0.0, 0.0, 0.0]
    for x in _exact.softmax.probabilities(z):
        assert x.lo <= F(1, 3) <= x.hi
        assert x.narrow


@pytest.mark.parametrize("ground", [Line(), Circle(), STAR, Line((0, 1, 3)), Matrix(((0, 1, 4), (1, 0, 2), (4, 2, 0)))])
def test_logits_enclosures_hold_the_rational_value(ground):
    z, t = [0.0, 0.0, 0.0], [F(1, 2), F(1, 2), F(0)]
    p = [F(1, 3)] * 3
    value = _exact.squared_emd.value(p, t, ground)
    g = _exact.squared_emd.gradient(p, t, ground)
    mean = sum(g, F(0)) / 3
    enclosure = _exact.squared_emd.value_of_logits(z, t, ground)
    assert enclosure.lo <= value <= enclosure.hi
    for x, g_j in zip(_exact.squared_emd.gradient_of_logits(z, t, ground), g, strict=True):
        assert x.lo <= (g_j - mean) / 3 <= x.hi


def test_huge_logits_are_narrow():
    gradient = _exact.squared_emd.gradient_of_logits([1e4, 0.0, -1e4], [F(1, 2), F(1, 4), F(1, 4)])
    assert all(x.narrow for x in gradient)
    distance = _exact.cross_entropy.value_of_logits([1e4, 0.0, -1e4], 2) - 20000
    assert distance.magnitude < F(1, 2**200)  # log(1 + e^-10000 + e^-20000)


def test_cross_entropy_of_a_certain_label_is_zero():
    assert _exact.cross_entropy.value([1.0, 0.0], 0) == Interval(F(0), F(0))


def test_unequal_masses_have_no_flow():
    with pytest.raises(ValueError, match="masses differ"):
        _exact.emd.value([1, 0], [F(1, 2), 0], Matrix(((0, 1), (1, 0))))


def test_import_needs_the_standard_library_only():
    outside = ("numpy", "torch", "jax", "emd_ref", "scipy")
    code = f"import sys, emd_conformance; print([m for m in {outside} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
