"""The mathematics of the squared EMD: what holds for every pair of distributions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import draw, exact
from support.exact import fractions, numbers
from support.grounds import CUTS, NAMES, ground_pair
from support.judge import assert_expected, assert_within, precision

import emd_ref
from emd_ref import Circular, GroundDistance, lp, squared_emd, squared_emd_grad, squared_emd_value_and_grad

pytestmark = pytest.mark.usefixtures("evaluation")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_any_pair_of_distributions_is_within_the_scan_bound(name: str, dtype: str, data: st.DataObject) -> None:
    p, t = data.draw(draw.pair(dtype=dtype))
    pair, form = ground_pair(name, len(p)), precision(dtype)
    E, g = squared_emd_value_and_grad(p, t, ground=pair.ours)
    assert_expected(f"squared_emd {name}", E, g, exact.squared_emd(p, t, pair.oracle, form), form)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_it_is_the_energy_of_the_difference(name: str, data: st.DataObject) -> None:
    """E_G = -1/2 (p - t)^T G (p - t), exactly, with the matrix that the ground distance gives."""
    p, t = data.draw(draw.pair(max_classes=8))
    pair, form = ground_pair(name, len(p)), precision("float64")
    d = [a - b for a, b in zip(fractions(numbers(p)), fractions(numbers(t)), strict=True)]
    G = [fractions(numbers(row)) for row in pair.ours.matrix(len(p))]
    energy = -sum(d[i] * G[i][j] * d[j] for i in range(len(d)) for j in range(len(d))) / 2
    bound = exact.squared_emd(p, t, pair.oracle, form).value_bound
    assert_within(f"squared_emd {name}", [squared_emd(p, t, ground=pair.ours)], [energy], [bound], form)


@pytest.mark.parametrize("name", CUTS)
@given(data=st.data())
def test_it_is_the_sum_over_cuts_of_squared_programmes(name: str, data: st.DataObject) -> None:
    """E_G = sum_S EMD_{w_S cut_S}^2 / w_S: every term is a linear programme."""
    p, t = data.draw(draw.pair(max_classes=6))
    pair, form = ground_pair(name, len(p)), precision("float64")
    sets, weights = pair.ours.cuts(len(p))
    E = 0.0
    for members, w in zip(sets, weights, strict=True):
        if w > 0:
            cut = w * (members[:, None] != members[None, :])
            E += lp.solve(p, t, cut).value ** 2 / w
    # each programme is right to 1e-12 w_S, and its value at most w_S
    slack = Fraction(4e-12 * float(weights.sum()) + 1e-300)
    expected = exact.squared_emd(p, t, pair.oracle, form)
    assert abs(Fraction(E) - expected.value) <= slack
    got = [squared_emd(p, t, ground=pair.ours)]
    assert_within(f"squared_emd {name}", got, [expected.value], [expected.value_bound], form)


@given(pair=draw.pair())
def test_bounds_and_symmetries_of_the_unit_line(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, t = pair
    E, EMD = float(squared_emd(p, t)), float(emd_ref.emd(p, t))
    C, rounding = len(p), 1 + 4e-16 * (len(p) + 4)  # grid inputs: D_k is exact, and the sums of C terms are rounded
    assert 0 <= E <= EMD * rounding <= (C - 1) * rounding**2
    assert EMD**2 <= (C - 1) * E * rounding**2
    assert squared_emd(t, p) == E
    assert abs(squared_emd(p[::-1], t[::-1]) - E) <= E * (rounding - 1)


@pytest.mark.parametrize("name", CUTS)
def test_gradients_over_cuts_and_by_the_matrix_agree_on_the_simplex(name: str) -> None:
    p, t = (x[:8] for x in draw.pairs(6))
    ground = ground_pair(name, 6).ours
    matrix = ground.matrix(6)
    by_cuts = emd_ref.simplex_gradient(squared_emd_grad(p, t, ground=ground))
    by_energy = emd_ref.simplex_gradient(squared_emd_grad(p, t, ground=GroundDistance(matrix)))
    # sums of 6 numbers of at most 12 distances, in another order
    np.testing.assert_allclose(by_cuts, by_energy, rtol=0, atol=64 * 6 * 2.0**-53 * 12 * matrix.max())


def test_a_mistake_one_class_further_costs_one_more() -> None:
    E = squared_emd(np.eye(9), np.zeros(9, dtype=int))
    np.testing.assert_array_equal(E, np.arange(9))


def test_an_even_circle_does_not_tell_all_distributions_apart() -> None:
    p, t = np.asarray([0.5, 0, 0.5, 0]), np.asarray([0, 0.5, 0, 0.5])
    assert squared_emd(p, t, ground=Circular()) == 0
    assert emd_ref.emd(p, t, ground=Circular()) == 1
