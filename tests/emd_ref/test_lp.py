"""lp.solve: the exact EMD of one pair, with its certificate (specification, 3.1)."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import draw
from support.certificates import certify, verify
from support.exact import numbers, transport
from support.programmes import open_by

from emd_ref import lp
from emd_ref._programme import solve as single


@given(pair=draw.pair(max_classes=9), seed=st.integers(0, 99), metric=st.booleans())
def test_plan_and_potentials_prove_the_value_to_1e_12(pair: tuple, seed: int, metric: bool) -> None:
    p, t = pair
    G = (draw.metric_matrix if metric else draw.ground_matrix)(len(p), seed)
    assert open_by(lp.solve(p, t, G), p, t, G) <= 1e-12


@pytest.mark.parametrize("C", [30, 60])
@pytest.mark.parametrize("kind", ["metric", "matrix"])
@pytest.mark.parametrize("concentration", [1.0, 0.02])
def test_many_classes_are_proved_too(C: int, kind: str, concentration: float, rng: np.random.Generator) -> None:
    p, t = (draw.on_grid(rng.dirichlet(np.full(C, concentration)) + 1e-12) for _ in range(2))
    points = rng.random((C, 3))
    G = np.linalg.norm(points[:, None] - points[None], axis=-1) if kind == "metric" else draw.ground_matrix(C)
    assert open_by(lp.solve(p, t, G), p, t, G) <= 1e-12


@given(pair=draw.pair(max_classes=6), seed=st.integers(0, 99), metric=st.booleans())
def test_the_exact_certificate_found_from_the_solution_has_its_value(pair: tuple, seed: int, metric: bool) -> None:
    p, t = pair
    G = (draw.metric_matrix if metric else draw.ground_matrix)(len(p), seed)
    solution = lp.solve(p, t, G)
    args = numbers(p), numbers(t), [numbers(row) for row in G]
    u, v = solution.potentials
    proof = certify(*args, [numbers(row) for row in solution.plan], numbers(u), numbers(v))
    assert verify(*args, proof.flow, proof.u, proof.v)
    assert proof.value == transport.solve(*args).value  # from the north-west corner, without HiGHS
    assert abs(Fraction(solution.value) - proof.value) <= Fraction(1e-12) * max(1, Fraction(float(G.max())))


def test_the_cheapest_plan_moves_mass_to_its_neighbour() -> None:
    p, t, G = np.asarray([0.5, 0.5, 0.0]), np.asarray([0.0, 0.5, 0.5]), np.abs(np.subtract.outer(range(3), range(3)))
    solution = lp.solve(p, t, G)
    assert solution.value == 1.0
    assert solution.potentials[0] @ p == pytest.approx(1.0, abs=1e-12)
    assert solution.potentials[1] @ t == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("kind", ["metric", "matrix"])
def test_masses_that_differ_are_brought_to_their_mean(kind: str) -> None:
    p, t = np.asarray([1.0, 0.0, 0.0]), np.asarray([1.0, 1.0, 1.0])
    G = draw.metric_matrix(3) if kind == "metric" else np.asarray([[0.0, 1.0, 8.0], [1.0, 0.0, 1.0], [8.0, 1.0, 0.0]])
    solution = lp.solve(p, t, G)
    assert solution.value == pytest.approx(2 * (G[0, 1] + G[0, 2]) / 3, rel=1e-12)
    np.testing.assert_allclose(solution.plan.sum(axis=1), [2, 0, 0], atol=1e-12)
    np.testing.assert_allclose(solution.plan.sum(axis=0), [2 / 3] * 3, atol=1e-12)


@pytest.mark.parametrize(
    ("p", "t", "G", "message"),
    [
        ([1.0], [0.5, 0.5], [[0.0]], "`p`, `t`, `G` have shapes"),
        ([1.0, 0.0], [1.0, 0.0], [[0.0]], "`G` have shapes"),
        ([-1.0, 2.0], [1.0, 0.0], np.zeros((2, 2)), "`p` must hold finite, non-negative"),
        ([1.0, 0.0], [np.nan, 0.0], np.zeros((2, 2)), "`t` must hold finite"),
        ([1.0, 0.0], [0.0, 0.0], np.zeros((2, 2)), "must have mass"),
        ([1.0, 0.0], [1.0, 0.0], np.full((2, 2), np.inf), "`G` must hold finite"),
    ],
)
def test_bad_input_is_refused_by_name(p: list, t: list, G: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lp.solve(np.asarray(p), np.asarray(t), np.asarray(G))


def test_a_solver_that_gives_up_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "highs", lambda p, t, G: "out of pivots")
    with pytest.raises(RuntimeError, match="2 classes was not solved: out of pivots"):
        lp.solve(np.asarray([1.0, 0.0]), np.asarray([0.0, 1.0]), 1.0 - np.eye(2))


def test_an_answer_without_proof_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    lying = np.asarray([[0.0, 1.0], [0.0, 0.0]]), np.zeros(2)
    monkeypatch.setattr(single, "highs", lambda p, t, G: lying)
    with pytest.raises(RuntimeError, match="the certificate is open by"):
        lp.solve(np.asarray([0.5, 0.5]), np.asarray([0.25, 0.75]), 1.0 - np.eye(2))
