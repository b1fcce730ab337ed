"""emd and its subgradients (specification, section 3), on every backend, against exact arithmetic and programmes."""

from functools import cache

import numpy as np
import pytest
from support import draw, exact
from support.backends import CLASSES, Backend, skip_what_need_not_be_compiled
from support.exact import Precision
from support.grounds import CUTS, NAMES, ground_pair
from support.judge import assert_same, assert_subgradient, assert_within, precision

import emd_ref
from emd_ref import Circular, emd, emd_grad, emd_value_and_grad


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("C", CLASSES)
def test_closed_forms_are_within_the_scan_bound(backend: Backend, name: str, C: int, dtype: str) -> None:
    if dtype not in backend.dtypes:
        pytest.skip(f"{backend} has no {dtype}")
    skip_what_need_not_be_compiled(backend, C)
    p, t = draw.pairs(C, dtype)
    pair = ground_pair(name, C)
    EMD, g = backend(emd_value_and_grad, p, t, ground=pair.ours)
    assert EMD.shape == p.shape[:-1]
    assert g.shape == p.shape
    assert EMD.dtype == g.dtype == dtype
    form, suffix = precision(dtype, backend), "" if backend.wide == "float64" else ", native float32"
    for i, row in enumerate(exact.emd_pairs(pair.oracle, C, dtype, form, "scan")):
        assert_within(f"emd {name}{suffix}", [EMD[i]], [row.value], [row.value_bound], form)
        if row.gap_bound is not None:
            assert_subgradient(f"emd_grad {name}{suffix}", g[i], p[i], t[i], pair.oracle, row.gap_bound, form)


@pytest.mark.parametrize("name", ["metric", "matrix"])
@pytest.mark.parametrize("C", [1, 2, 7])
def test_soft_targets_under_any_matrix_are_solved_by_linear_programming(backend: Backend, name: str, C: int) -> None:
    dtype = backend.dtypes[-1]
    p, t = exact.balanced(*draw.pairs(C, dtype))
    pair, form = ground_pair(name, C), precision(dtype, backend)
    EMD, g = backend(emd_value_and_grad, p, t, ground=pair.ours)
    for i, row in enumerate(exact.emd_pairs(pair.oracle, C, dtype, form, "any")):
        assert_within(f"emd {name}, by LP", [EMD[i]], [row.value], [row.value_bound], form)
        assert_subgradient(f"emd_grad {name}, by LP", g[i], p[i], t[i], pair.oracle, row.gap_bound, form)


@cache
def expected_of_labels(name: str, dtype: str, form: Precision) -> list[exact.ExpectedEMD]:
    """What is expected of each prediction of `draw.pairs(10)` for the labels 0, 1, .. 9, 0, .."""
    ground = ground_pair(name, 10).oracle
    return [exact.emd_of_label(p, i % 10, ground, form) for i, p in enumerate(draw.pairs(10, dtype)[0])]


@pytest.mark.parametrize("name", NAMES)
def test_a_label_costs_the_distances_to_it(backend: Backend, name: str) -> None:
    dtype, pair = backend.dtypes[-1], ground_pair(name, 10)
    p, form = draw.pairs(10, dtype)[0], precision(dtype, backend)
    labels = np.arange(len(p)) % 10
    EMD, g = backend(emd_value_and_grad, p, labels, ground=pair.ours)
    for i, row in enumerate(expected_of_labels(name, dtype, form)):
        assert_within("emd of labels", [EMD[i]], [row.value], [row.value_bound], form)
        if row.gap_bound is not None:
            one_hot = np.eye(10)[labels[i]]
            assert_subgradient("emd_grad of labels", g[i], p[i], one_hot, pair.oracle, row.gap_bound, form)


@pytest.mark.parametrize("name", CUTS)
def test_the_three_functions_agree(backend: Backend, name: str) -> None:
    p, t = draw.pairs(10, backend.dtypes[-1])
    ground = ground_pair(name, 10).ours
    EMD, g = backend(emd_value_and_grad, p, t, ground=ground)
    assert_same(backend, backend(emd, p, t, ground=ground), EMD)
    assert_same(backend, backend(emd_grad, p, t, ground=ground), g)


@cache
def expected_of_logits(dtype: str, form: Precision) -> list[tuple[exact.Fraction, exact.Fraction]]:
    return [exact.emd_of_logits(z, t, form) for z, t in zip(*draw.logits(12, dtype), strict=True)]


def test_logits_are_within_their_bound(backend: Backend) -> None:
    dtype = backend.dtypes[-1]
    z, t = draw.logits(12, dtype)
    EMD, g = backend(emd_value_and_grad, z, t, from_logits=True)
    form = precision(dtype, backend)
    values, bounds = zip(*expected_of_logits(dtype, form), strict=True)
    assert_within("emd from_logits", EMD, values, bounds, form)
    p = backend(emd_ref.softmax, z)
    free = backend(emd_grad, p, t, check=False)
    np.testing.assert_allclose(g, p * (free - np.sum(p * free, axis=-1, keepdims=True)), atol=100 * form.unit * 12)


def test_a_tie_on_the_circle_gets_the_sign_that_balances_the_others(backend: Backend) -> None:
    p, t = (np.asarray(x, dtype=backend.dtypes[0]) for x in ([0.0, 1.0], [0.5, 0.5]))
    EMD, g = backend(emd_value_and_grad, p, t, ground=Circular())
    assert EMD == 0.5
    assert exact.subgradient_gap(g, p, t, ground_pair("circular", 2).oracle) == 0
