"""lp.solve: exact EMD with its certificate (specification, 3.1), squared EMD as squared programmes (4.3)."""

from fractions import Fraction

import numpy as np
import pytest
from emd_conformance import _bounds, _exact
from emd_conformance._exact import transport
from emd_conformance._exact.numbers import fractions
from hypothesis import given
from hypothesis import strategies as st
from support import draw
from support.grounds import CUTS, NAMES, ground_pair
from support.judge import assert_within, numbers, precision

from emd_ref import lp, squared_emd
from emd_ref._programme import batches, simplex
from emd_ref._programme import solve as single


def open_by(solution: lp.LPSolution, p: np.ndarray, t: np.ndarray, G: np.ndarray) -> float:
    """The largest violation of optimality: marginals, signs, potentials, slackness and gap, in units of G."""
    (u, v), F, largest = solution.potentials, solution.plan, G.max() or 1.0
    slack = G - u[:, None] - v
    return max(
        float(np.abs(F.sum(axis=1) - p).max()),
        float(np.abs(F.sum(axis=0) - t).max()),
        float(-F.min()),
        float(-slack.min()) / largest,
        float(np.sum(F * slack)) / largest,
        abs(float(u @ p + v @ t) - solution.value) / largest,
        abs(float(np.sum(F * G)) - solution.value) / largest,
    )


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


def matrix_of(kind: str, C: int) -> np.ndarray:
    return draw.metric_matrix(C, seed=3) if kind == "metric" else draw.ground_matrix(C, seed=3)


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
    """The promise of 1e-12 is kept by the batch itself: HiGHS, to which it could hand a sample, is not there."""
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
    G, sums = matrix_of(kind, C), [[sum(map(Fraction, numbers(row))) for row in x] for x in (p, t)]
    u, v, F = batches.solve_each(p, t, G)
    rows = [i for i, (a, b) in enumerate(zip(*sums, strict=True)) if a == b]  # others have no exact programme
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
    assert len(calls) == 1
    others = np.arange(20) != 7
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a[others], b[others])
    u, v, F = (x[7] for x in after)
    assert open_by(lp.LPSolution(float(np.sum(F * G)), F, (u, v)), p[7], t[7], G) <= 1e-12


def test_what_nobody_can_solve_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simplex, "PIVOTS_PER_CLASS", 0)
    monkeypatch.setattr(single, "highs", lambda p, t, G: "out of pivots")
    with pytest.raises(RuntimeError, match="2 classes was not solved: out of pivots"):
        batches.solve_each(np.asarray([[1.0, 0.0]] * 3), np.asarray([[0.0, 1.0]] * 3), 1.0 - np.eye(2))


def test_samples_without_mass_leave_the_others_alone() -> None:
    p, t = np.asarray([[0.0, 0.0], [1.0, 0.0]]), np.asarray([[0.0, 0.0], [0.0, 1.0]])
    F = batches.solve_each(p, t, 1.0 - np.eye(2))[2]
    assert np.sum(F * (1.0 - np.eye(2)), axis=(1, 2)).tolist() == [0.0, 1.0]


@given(pair=draw.pair(max_classes=6), seed=st.integers(0, 99), metric=st.booleans())
def test_the_exact_certificate_found_from_the_solution_has_its_value(pair: tuple, seed: int, metric: bool) -> None:
    p, t = pair
    G = (draw.metric_matrix if metric else draw.ground_matrix)(len(p), seed)
    solution = lp.solve(p, t, G)
    args = numbers(p), numbers(t), [numbers(row) for row in G]
    u, v = solution.potentials
    proof = transport.certify(*args, [numbers(row) for row in solution.plan], numbers(u), numbers(v))
    assert transport.verify(*args, proof.flow, proof.u, proof.v)
    assert proof.value == transport.solve(*args).value  # from the north-west corner, without HiGHS
    assert abs(Fraction(solution.value) - proof.value) <= Fraction(1e-12) * max(1, Fraction(float(G.max())))


@pytest.mark.parametrize("name", CUTS)
@given(data=st.data())
def test_the_squared_emd_is_the_sum_over_cuts_of_squared_programmes(name: str, data: st.DataObject) -> None:
    """E_G = sum_S EMD_{w_S cut_S}^2 / w_S: every term is a linear programme."""
    p, t = data.draw(draw.pair(max_classes=6))
    C = len(p)
    pair, form = ground_pair(name, C), precision("float64")
    sets, weights = pair.ours.cuts(C)
    E = 0.0
    for members, w in zip(sets, weights, strict=True):
        if w > 0:
            cut = w * (members[:, None] != members[None, :])
            E += lp.solve(p, t, cut).value ** 2 / w
    args = numbers(p), numbers(t), pair.oracle
    total = float(weights.sum())
    slack = Fraction(4e-12 * total + 1e-300)  # each programme is right to 1e-12 w_S, and its value at most w_S
    exactly = _exact.squared_emd.value(*args)
    assert abs(Fraction(E) - exactly) <= slack
    assert_within(
        f"squared_emd {name}",
        [float(squared_emd(p, t, ground=pair.ours))],
        [exactly],
        [_bounds.squared_emd.value(*args, form, "scan")],
        form,
    )


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_the_energy_identity_holds(name: str, data: st.DataObject) -> None:
    """E_G = -1/2 (p - t)^T G (p - t), exactly, with the matrix that the ground distance gives."""
    p, t = data.draw(draw.pair(max_classes=8))
    pair, form = ground_pair(name, len(p)), precision("float64")
    d = [a - b for a, b in zip(fractions(numbers(p)), fractions(numbers(t)), strict=True)]
    G = [fractions(numbers(row)) for row in pair.ours.matrix(len(p))]
    energy = -sum(d[i] * G[i][j] * d[j] for i in range(len(d)) for j in range(len(d))) / 2
    bound = _bounds.squared_emd.value(numbers(p), numbers(t), pair.oracle, form, "scan")
    assert_within(f"squared_emd {name}", [float(squared_emd(p, t, ground=pair.ours))], [energy], [bound], form)


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
