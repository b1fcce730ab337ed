"""emd and its subgradients (specification, section 3), on every backend, against exact arithmetic and programmes."""

from functools import cache

import numpy as np
import pytest
from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import Precision
from emd_conformance._exact import grounds
from emd_conformance._exact.numbers import fractions, one_hot
from hypothesis import given
from hypothesis import strategies as st
from support import draw
from support.backends import CLASSES, NUMPY, Backend, skip_what_need_not_be_compiled
from support.grounds import CUTS, NAMES, ground_pair
from support.judge import assert_within, numbers, precision

import emd_ref
from emd_ref import Circular, GroundDistance, Ordered, emd, emd_grad, emd_value_and_grad


@cache
def exact(name: str, num_classes: int, dtype: str, form: Precision) -> list[tuple]:
    """For each pair of draw.pairs: EMD, its bound, the bound of a subgradient's gap."""
    ground = ground_pair(name, num_classes).oracle
    rows = [(numbers(p), numbers(t), ground) for p, t in zip(*draw.pairs(num_classes, dtype), strict=True)]
    return [
        (_exact.emd.value(*row), _bounds.emd.value(*row, form, "scan"), _bounds.emd.subgradient_gap(*row, form), row)
        for row in rows
    ]


def assert_subgradient(what: str, g: np.ndarray, row: tuple, gap_bound, form: Precision) -> None:
    """A subgradient is judged by its optimality: its gap is 0 up to its bound (3.6)."""
    gap = _exact.emd.subgradient_gap(numbers(g), *row)
    assert_within(what, [float(gap)], [0], [gap_bound], form)


def balanced(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Rows whose masses are exactly equal: others have no exact linear programme."""
    return np.asarray([sum(map(_fraction, a)) == sum(map(_fraction, b)) for a, b in zip(p, t, strict=True)])


def _fraction(x: float):
    return fractions([float(x)])[0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("C", CLASSES)
def test_closed_forms_are_within_the_scan_bound(backend: Backend, name: str, C: int, dtype: str) -> None:
    if dtype not in backend.dtypes:
        pytest.skip(f"{backend} has no {dtype}")
    skip_what_need_not_be_compiled(backend, C)
    p, t = draw.pairs(C, dtype)
    EMD, g = backend(emd_value_and_grad, p, t, ground=ground_pair(name, C).ours)
    assert EMD.shape == p.shape[:-1]
    assert g.shape == p.shape
    assert EMD.dtype == g.dtype == dtype
    form, suffix = precision(dtype, backend), "" if backend.wide == "float64" else ", native float32"
    whole = balanced(p, t)
    for i, (value, bound, gap_bound, row) in enumerate(exact(name, C, dtype, form)):
        assert_within(f"emd {name}{suffix}", [EMD[i]], [value], [bound], form)
        if whole[i]:
            assert_subgradient(f"emd_grad {name}{suffix}", g[i], row, gap_bound, form)


@pytest.mark.parametrize("name", ["metric", "matrix"])
@pytest.mark.parametrize("C", [1, 2, 7])
def test_soft_targets_under_any_matrix_are_solved_by_linear_programming(backend: Backend, name: str, C: int) -> None:
    dtype = backend.dtypes[-1]
    p, t = draw.pairs(C, dtype)
    p, t = p[balanced(p, t)], t[balanced(p, t)]
    EMD, g = backend(emd_value_and_grad, p, t, ground=ground_pair(name, C).ours)
    form = precision(dtype, backend)
    for i, row in enumerate(zip(p, t, strict=True)):
        args = (*map(numbers, row), ground_pair(name, C).oracle)
        bound = _bounds.emd.value(*args, form, "any")
        assert_within(f"emd {name}, by LP", [EMD[i]], [_exact.emd.value(*args)], [bound], form)
        assert_subgradient(f"emd_grad {name}, by LP", g[i], args, _bounds.emd.subgradient_gap(*args, form), form)


@pytest.mark.parametrize("name", NAMES)
def test_a_label_costs_the_distances_to_it(backend: Backend, name: str) -> None:
    dtype, pair = backend.dtypes[-1], ground_pair(name, 10)
    p = draw.pairs(10, dtype)[0]
    labels = np.arange(len(p)) % 10
    EMD, g = backend(emd_value_and_grad, p, labels, ground=pair.ours)
    form = precision(dtype, backend)
    for i, (row, k) in enumerate(zip(p, labels, strict=True)):
        args = numbers(row), one_hot(int(k), 10), pair.oracle
        exactly = sum(_fraction(x) * _fraction(d) for x, d in zip(row, pair.ours.matrix(10)[k], strict=True))
        assert_within("emd of labels", [EMD[i]], [exactly], [_bounds.emd.value(*args, form, "any")], form)
        if sum(map(_fraction, row)) == 1:
            assert_subgradient("emd_grad of labels", g[i], args, _bounds.emd.subgradient_gap(*args, form), form)


@pytest.mark.parametrize("name", CUTS)
def test_the_three_functions_agree_bit_for_bit(backend: Backend, name: str) -> None:
    p, t = draw.pairs(10, backend.dtypes[-1])
    ground = ground_pair(name, 10).ours
    EMD, g = backend(emd_value_and_grad, p, t, ground=ground)
    np.testing.assert_array_equal(backend(emd, p, t, ground=ground), EMD)
    np.testing.assert_array_equal(backend(emd_grad, p, t, ground=ground), g)


def test_logits_are_within_their_bound(backend: Backend) -> None:
    dtype = backend.dtypes[-1]
    z, t = draw.logits(12, dtype)
    EMD, g = backend(emd_value_and_grad, z, t, from_logits=True)
    form = precision(dtype, backend)
    free = backend(emd_grad, backend(emd_ref.softmax, z), t, check=False)
    p = backend(emd_ref.softmax, z)
    for i, (z_i, t_i) in enumerate(zip(z, t, strict=True)):
        args = numbers(z_i), numbers(t_i)
        exactly = _exact.emd.value_of_logits(*args).middle
        ground = ground_pair("ordered", 12).oracle
        assert_within("emd from_logits", [EMD[i]], [exactly], [_bounds.emd.value_of_logits(*args, ground, form)], form)
    np.testing.assert_allclose(g, p * (free - np.sum(p * free, axis=-1, keepdims=True)), atol=100 * form.unit * 12)


def test_a_tie_on_the_circle_gets_the_sign_that_balances_the_others(backend: Backend) -> None:
    p, t = (np.asarray(x, dtype=backend.dtypes[0]) for x in ([0.0, 1.0], [0.5, 0.5]))
    EMD, g = backend(emd_value_and_grad, p, t, ground=Circular())
    assert EMD == 0.5
    row = numbers(p), numbers(t), ground_pair("circular", 2).oracle
    assert _exact.emd.subgradient_gap(numbers(g), *row) == 0


@pytest.mark.parametrize("name", CUTS)
@given(data=st.data())
def test_closed_forms_equal_the_linear_programme(name: str, data: st.DataObject) -> None:
    p, t = data.draw(draw.pair(max_classes=7))
    pair, form = ground_pair(name, len(p)), precision("float64")
    args = numbers(p), numbers(t), pair.oracle
    EMD, g = NUMPY(emd_value_and_grad, p, t, ground=pair.ours)
    by_programme = emd_ref.lp.solve(p, t, pair.ours.matrix(len(p))).value
    matrix = grounds.Matrix(tuple(tuple(numbers(row)) for row in pair.ours.matrix(len(p))))
    assert_within(f"emd {name}", [EMD], [_exact.emd.value(*args)], [_bounds.emd.value(*args, form, "scan")], form)
    bound = _bounds.emd.value(*args[:2], matrix, form, "any")
    assert_within("lp.solve", [by_programme], [_exact.emd.value(*args)], [bound], form)
    assert_subgradient(f"emd_grad {name}", g, args, _bounds.emd.subgradient_gap(*args, form), form)


@given(pair=draw.pair(max_classes=5))
def test_any_matrix_is_solved_exactly(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, t = pair
    ground, form = ground_pair("matrix", len(p)), precision("float64")
    args = numbers(p), numbers(t), ground.oracle
    EMD, g = NUMPY(emd_value_and_grad, p, t, ground=ground.ours)
    assert_within("emd matrix, by LP", [EMD], [_exact.emd.value(*args)], [_bounds.emd.value(*args, form, "any")], form)
    assert_subgradient("emd_grad matrix, by LP", g, args, _bounds.emd.subgradient_gap(*args, form), form)


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
    np.testing.assert_allclose(emd(p, t, ground=emd_ref.Tree([-1, 0, 1, 2, 3, 4])), line, rtol=1e-14)
    np.testing.assert_allclose(emd(p, t, ground=GroundDistance(Ordered().matrix(6))), line, rtol=1e-12)
