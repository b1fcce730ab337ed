"""Many linear programmes at once: each is proved, wherever it stands in its batch."""

from fractions import Fraction

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from support import draw
from support.exact import have_equal_masses, numbers, transport
from support.programmes import matrix_of, open_by

from emd_ref import GroundDistance, Ordered, emd, lp
from emd_ref._programme import batches, simplex
from emd_ref._programme import solve as single

OLD_HIGHS = tuple(map(int, scipy.__version__.split(".")[:2])) < (1, 14)


def hostile(C: int) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of `draw`, and some with masses below and above 1, equal up to rounding."""
    p, t = draw.pairs(C)
    rng = np.random.default_rng(C)
    scales = np.asarray([[1e-300], [1e-9], [1.0], [1e9]])
    rough = [scales * rng.dirichlet(np.full(C, concentration), 4) for concentration in (1.0, 0.1)]
    return np.concatenate([p, rough[0]]), np.concatenate([t, rough[1]])


@pytest.mark.parametrize("C", [1, 2, 5, 10, 30])
@pytest.mark.parametrize("kind", ["metric", "matrix"])
def test_each_of_a_batch_of_hostile_samples_is_proved(C: int, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch keeps the promise of 1e-12 itself: HiGHS, which solves what a batch leaves over, is taken away."""
    monkeypatch.setattr(single, "highs", lambda p, t, G: "left over by the batch")
    (p, t), G = hostile(C), matrix_of(kind, C)
    u, v, F = batches.solve_each(p, t, G)
    for i in range(len(p)):
        mass = (p[i].sum() + t[i].sum()) / 2
        solution = lp.LPSolution(float(np.sum(F[i] * G)) / mass, F[i] / mass, (u[i], v[i]))
        assert open_by(solution, p[i] / mass, t[i] / mass, G) <= 1e-12


@pytest.mark.parametrize("C", [1, 2, 5, 10])
@pytest.mark.parametrize("kind", ["metric", "matrix"])
def test_the_costs_of_a_batch_are_the_exact_ones(C: int, kind: str) -> None:
    p, t = draw.pairs(C)
    G = matrix_of(kind, C)
    u, v, F = batches.solve_each(p, t, G)
    rows = [i for i in range(len(p)) if have_equal_masses(p[i], t[i])]
    assert len(rows) > len(p) / 2
    for i in rows:
        exactly = transport.solve(numbers(p[i]), numbers(t[i]), [numbers(row) for row in G]).value
        allowed = Fraction(1e-12) * max(1, Fraction(float(G.max())))
        assert abs(Fraction(float(np.sum(F[i] * G))) - exactly) <= allowed
        assert abs(Fraction(float(u[i] @ p[i] + v[i] @ t[i])) - exactly) <= allowed


@given(pair=draw.pair(max_classes=9), seed=st.integers(0, 99), metric=st.booleans())
def test_a_batch_of_one_is_proved_too(pair: tuple, seed: int, metric: bool) -> None:
    p, t = pair
    G = (draw.metric_matrix if metric else draw.ground_matrix)(len(p), seed)
    u, v, F = batches.solve_each(p, t, G)
    assert open_by(lp.LPSolution(float(np.sum(F * G)), F, (u, v)), p, t, G) <= 1e-12


@pytest.mark.parametrize("C", [2, 5, 10])
@pytest.mark.parametrize("kind", ["metric", "matrix"])
def test_a_sample_does_not_depend_on_its_batch(C: int, kind: str) -> None:
    (p, t), G = hostile(C), matrix_of(kind, C)
    together = batches.solve_each(p, t, G)
    alone = [batches.solve_each(a, b, G) for a, b in zip(p, t, strict=True)]
    for x, ones in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_array_equal(x, np.stack(ones))


@pytest.mark.parametrize("kind", ["metric", "matrix"])
def test_a_batch_of_any_shape_holds_its_samples_and_nan_where_they_are(kind: str) -> None:
    p, t = (x[:24].reshape(4, 6, 7).copy() for x in draw.pairs(7))
    G = matrix_of(kind, 7)
    t[2, 3, 1] = np.nan
    u, v, F = batches.solve_each(p, t, G)
    assert u.shape == v.shape == (4, 6, 7)
    assert F.shape == (4, 6, 7, 7)
    assert np.argwhere(np.isnan(F).any(axis=(2, 3))).tolist() == [[2, 3]]
    np.testing.assert_array_equal(F[1, 5], batches.solve_each(p[1, 5], t[1, 5], G)[2])
    np.testing.assert_array_equal(batches.potentials_of_each(p, t, G), (u, v))


@pytest.mark.parametrize("fault", ["unfinished", "wrong plan", "wrong potentials"])
@pytest.mark.parametrize("kind", ["metric", "matrix"])
def test_one_sample_that_a_batch_fails_on_is_solved_alone(
    fault: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, G = np.random.default_rng(5), matrix_of(kind, 6)
    p, t = (np.stack([draw.on_grid(rng.dirichlet(np.ones(6))) for _ in range(20)]) for _ in range(2))
    before, right, calls = batches.solve_each(p, t, G), simplex.plans_and_potentials, []

    def faulty(*args: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        F, v = right(*args)
        if fault == "unfinished":
            F[7], v[7] = np.nan, np.nan
        elif fault == "wrong plan":
            F[7] = F[7] @ np.roll(np.eye(6), 1, axis=1)
        else:
            v[7] = np.arange(6) * 100.0
        return F, v

    monkeypatch.setattr(simplex, "plans_and_potentials", faulty)
    highs = single.highs
    monkeypatch.setattr(single, "highs", lambda *args: calls.append(args) or highs(*args))
    after = batches.solve_each(p, t, G)
    assert 1 <= len(calls) <= (2 if OLD_HIGHS else 1)  # the old one needs a second scale
    others = np.arange(20) != 7
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a[others], b[others])
    u, v, F = (x[7] for x in after)
    assert open_by(lp.LPSolution(float(np.sum(F * G)), F, (u, v)), p[7], t[7], G) <= 1e-12


def test_a_sample_that_no_solver_solves_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simplex, "PIVOTS_PER_CLASS", 0)
    monkeypatch.setattr(single, "highs", lambda p, t, G: "out of pivots")
    with pytest.raises(RuntimeError, match="2 classes was not solved: out of pivots"):
        batches.solve_each(np.asarray([[1.0, 0.0]] * 3), np.asarray([[0.0, 1.0]] * 3), 1.0 - np.eye(2))


def test_samples_without_mass_leave_the_others_alone() -> None:
    p, t = np.asarray([[0.0, 0.0], [1.0, 0.0]]), np.asarray([[0.0, 0.0], [0.0, 1.0]])
    F = batches.solve_each(p, t, 1.0 - np.eye(2))[2]
    assert np.sum(F * (1.0 - np.eye(2)), axis=(1, 2)).tolist() == [0.0, 1.0]


def test_programmes_whose_matrix_is_larger_than_a_batch_are_solved_one_by_one(rng: np.random.Generator) -> None:
    C = 200
    assert C**2 > simplex.NUMBERS
    p, t = rng.dirichlet(np.ones(C), (2, 2))
    line = GroundDistance(Ordered().matrix(C))  # whose EMD is the sum of |D_k|
    np.testing.assert_allclose(emd(p, t, ground=line), np.abs(np.cumsum(p - t, -1)).sum(-1), rtol=1e-12)
