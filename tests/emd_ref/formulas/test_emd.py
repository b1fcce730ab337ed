"""The mathematics of the Earth Mover's Distance: its closed forms are the linear programme."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import draw, exact
from support.exact import numbers
from support.grounds import CUTS, ground_pair
from support.judge import assert_subgradient, assert_within, precision

from emd_ref import GroundDistance, Ordered, Tree, emd, emd_value_and_grad, lp

pytestmark = pytest.mark.usefixtures("evaluation")


@pytest.mark.parametrize("name", CUTS)
@given(data=st.data())
def test_closed_forms_equal_the_linear_programme(name: str, data: st.DataObject) -> None:
    p, t = data.draw(draw.pair(max_classes=7))
    pair, form = ground_pair(name, len(p)), precision("float64")
    EMD, g = emd_value_and_grad(p, t, ground=pair.ours)
    row, G = exact.emd(p, t, pair.oracle, form), pair.ours.matrix(len(p))
    by_programme = exact.emd(p, t, exact.Matrix(tuple(tuple(numbers(distances)) for distances in G)), form, "any")
    assert by_programme.value == row.value
    assert_within(f"emd {name}", [EMD], [row.value], [row.value_bound], form)
    assert_within("lp.solve", [lp.solve(p, t, G).value], [row.value], [by_programme.value_bound], form)
    assert_subgradient(f"emd_grad {name}", g, p, t, pair.oracle, row.gap_bound, form)


@given(pair=draw.pair(max_classes=5))
def test_any_matrix_is_solved_exactly(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, t = pair
    ground, form = ground_pair("matrix", len(p)), precision("float64")
    EMD, g = emd_value_and_grad(p, t, ground=ground.ours)
    row = exact.emd(p, t, ground.oracle, form, "any")
    assert_within("emd matrix, by LP", [EMD], [row.value], [row.value_bound], form)
    assert_subgradient("emd_grad matrix, by LP", g, p, t, ground.oracle, row.gap_bound, form)


def test_a_metric_keeps_its_relative_precision_when_p_is_near_t() -> None:
    p = draw.on_grid(np.random.default_rng(3).dirichlet(np.ones(6)))
    t = p.copy()
    t[1], t[4] = t[1] + 2.0**-50, t[4] - 2.0**-50
    matrix = draw.metric_matrix(6)
    exactly = 2.0**-50 * matrix[1, 4]
    assert abs(float(emd(p, t, ground=GroundDistance(matrix))) - exactly) <= 1e-12 * exactly


def test_the_distance_does_not_depend_on_how_the_ground_is_written(rng: np.random.Generator) -> None:
    p, t = (np.stack([draw.on_grid(rng.dirichlet(np.ones(6))) for _ in range(5)]) for _ in range(2))
    line = emd(p, t)
    np.testing.assert_allclose(emd(p, t, ground=Ordered(range(6))), line, rtol=1e-14)
    np.testing.assert_allclose(emd(p, t, ground=Tree([-1, 0, 1, 2, 3, 4])), line, rtol=1e-14)
    np.testing.assert_allclose(emd(p, t, ground=GroundDistance(Ordered().matrix(6))), line, rtol=1e-12)


def test_the_derivative_with_respect_to_a_learnt_matrix_is_the_plan() -> None:
    """Half of the mass of the first class, and a quarter of the second's, go to the third; a quarter stays."""
    torch = pytest.importorskip("torch")
    p, t = (torch.tensor([x], dtype=torch.float64) for x in ([0.5, 0.5, 0.0], [0.0, 0.25, 0.75]))
    G = torch.tensor([[0, 1, 2], [1, 0, 1.5], [2, 1.5, 0]], dtype=torch.float64, requires_grad=True)
    value = emd(p, t, ground=GroundDistance(G))
    (plan,) = torch.autograd.grad(value.sum(), G)
    assert value.tolist() == pytest.approx([0.5 * 2 + 0.25 * 1.5], rel=1e-15)
    np.testing.assert_allclose(plan, [[0, 0, 0.5], [0, 0.25, 0.25], [0, 0, 0]], atol=1e-15)
