"""squared_emd and its gradients (specification, sections 4 and 5), on every backend, against exact arithmetic."""

from functools import cache

import numpy as np
import pytest
from emd_conformance import _bounds, _exact
from emd_conformance._bounds.precision import Precision
from hypothesis import given
from hypothesis import strategies as st
from support import draw
from support.backends import CLASSES, NUMPY, Backend, skip_what_need_not_be_compiled
from support.grounds import NAMES, ground_pair
from support.judge import assert_within, numbers, precision

import emd_ref
from emd_ref import squared_emd, squared_emd_grad, squared_emd_value_and_grad


@cache
def exact(name: str, num_classes: int, dtype: str, form: Precision) -> list[tuple]:
    """For each pair of draw.pairs: E, its bound, g, its bounds."""
    ground = ground_pair(name, num_classes).oracle
    rows = []
    for p, t in zip(*draw.pairs(num_classes, dtype), strict=True):
        p, t = numbers(p), numbers(t)
        rows.append(
            (
                _exact.squared_emd.value(p, t, ground),
                _bounds.squared_emd.value(p, t, ground, form, "scan"),
                _exact.squared_emd.gradient(p, t, ground),
                _bounds.squared_emd.gradient(p, t, ground, form, "scan"),
            )
        )
    return rows


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("C", CLASSES)
def test_value_and_gradient_are_within_the_scan_bound(backend: Backend, name: str, C: int, dtype: str) -> None:
    if dtype not in backend.dtypes:
        pytest.skip(f"{backend} has no {dtype}")
    skip_what_need_not_be_compiled(backend, C)
    p, t = draw.pairs(C, dtype)
    E, g = backend(squared_emd_value_and_grad, p, t, ground=ground_pair(name, C).ours)
    assert E.shape == p.shape[:-1]
    assert g.shape == p.shape
    assert E.dtype == g.dtype == dtype
    form, suffix = precision(dtype, backend), "" if backend.wide == "float64" else ", native float32"
    for i, (value, value_bound, gradient, gradient_bounds) in enumerate(exact(name, C, dtype, form)):
        assert_within(f"squared_emd {name}{suffix}", [E[i]], [value], [value_bound], form)
        assert_within(f"squared_emd_grad {name}{suffix}", g[i], gradient, gradient_bounds, form)


@pytest.mark.parametrize("name", NAMES)
def test_the_three_functions_agree_bit_for_bit(backend: Backend, name: str) -> None:
    dtype = backend.dtypes[-1]
    p, t = draw.pairs(10, dtype)
    ground = ground_pair(name, 10).ours
    E, g = backend(squared_emd_value_and_grad, p, t, ground=ground)
    np.testing.assert_array_equal(backend(squared_emd, p, t, ground=ground), E)
    np.testing.assert_array_equal(backend(squared_emd_grad, p, t, ground=ground), g)


@pytest.mark.parametrize("name", NAMES)
def test_a_label_is_its_one_hot_distribution(backend: Backend, name: str) -> None:
    dtype, ground = backend.dtypes[-1], ground_pair(name, 10).ours
    p = draw.pairs(10, dtype)[0]
    labels = np.arange(len(p)) % 10
    as_labels = backend(squared_emd_value_and_grad, p, labels, ground=ground)
    as_one_hot = backend(squared_emd_value_and_grad, p, np.eye(10, dtype=dtype)[labels], ground=ground)
    np.testing.assert_array_equal(as_labels[0], as_one_hot[0])
    np.testing.assert_array_equal(as_labels[1], as_one_hot[1])


@pytest.mark.parametrize("integer", ["int8", "uint8", "int16", "int32", "int64"])
def test_labels_may_be_of_any_integer_type(backend: Backend, integer: str) -> None:
    if backend.wide == "float32" and integer == "int64":
        pytest.skip("JAX without 64-bit mode has no int64")
    p = np.eye(200, dtype=backend.dtypes[0])[[0, 5, 100]]
    labels = np.asarray([0, 7, 127], dtype=integer)
    np.testing.assert_array_equal(backend(squared_emd, p, labels), np.asarray([0, 2, 27]))


def test_one_sample_may_have_a_python_or_numpy_integer_as_its_label(backend: Backend) -> None:
    p = np.asarray([0.0, 0.0, 1.0, 0.0], dtype=backend.dtypes[0])
    for label in (0, np.int64(0), np.uint8(0)):
        E, g = backend(squared_emd_value_and_grad, p, label)
        assert E.shape == ()
        assert E == 2
        np.testing.assert_array_equal(g, [-4, -2, 0, 0])


@pytest.mark.parametrize("name", ["ordered", "circular", "tree", "metric"])
@pytest.mark.parametrize("axis", [0, -2])
def test_the_class_axis_may_be_anywhere(backend: Backend, name: str, axis: int) -> None:
    dtype, ground = backend.dtypes[-1], ground_pair(name, 4).ours
    p, t = (x[:24].reshape(4, 6, 4) for x in draw.pairs(4, dtype))
    E, g = backend(squared_emd_value_and_grad, p, t, ground=ground)
    moved = (np.ascontiguousarray(np.moveaxis(x, -1, axis)) for x in (p, t))
    E_moved, g_moved = backend(squared_emd_value_and_grad, *moved, ground=ground, axis=axis)
    np.testing.assert_array_equal(E_moved, E)
    np.testing.assert_array_equal(g_moved, np.moveaxis(g, -1, axis))
    labels = np.arange(24).reshape(4, 6) % 4
    by_label = backend(squared_emd, np.ascontiguousarray(np.moveaxis(p, -1, axis)), labels, ground=ground, axis=axis)
    np.testing.assert_array_equal(by_label, backend(squared_emd, p, labels, ground=ground))


@pytest.mark.parametrize("shape", [(0, 3), (2, 0, 3), (0, 0, 3), (0, 1)])
def test_an_empty_batch_gives_an_empty_result(backend: Backend, shape: tuple[int, ...]) -> None:
    p = np.zeros(shape, dtype=backend.dtypes[0])
    E, g = backend(squared_emd_value_and_grad, p, p)
    assert E.shape == shape[:-1]
    assert g.shape == shape
    assert backend(squared_emd, p, np.zeros(shape[:-1], dtype=np.int32)).shape == shape[:-1]


def test_a_sample_does_not_depend_on_its_neighbours(backend: Backend) -> None:
    dtype = backend.dtypes[-1]
    p, t = draw.pairs(10, dtype)
    together = backend(squared_emd_value_and_grad, p, t)
    order = np.random.default_rng(0).permutation(len(p))
    shuffled = backend(squared_emd_value_and_grad, p[order], t[order])
    np.testing.assert_array_equal(shuffled[0], together[0][order])
    np.testing.assert_array_equal(shuffled[1], together[1][order])
    for i in range(len(p)):
        alone = backend(squared_emd_value_and_grad, p[i], t[i])
        np.testing.assert_array_equal(alone[0], together[0][i])
        np.testing.assert_array_equal(alone[1], together[1][i])


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> int:
    """Numbers in a block of rows, fewer than usual, so that small tests have several blocks."""
    for module in ("_fast.blocks", "_evaluate"):
        monkeypatch.setattr(f"emd_ref.{module}.BLOCK", 16_384)
    return 16_384


# Up to 32 classes are summed by one product; 40 in two chunks, 96 in three, and 67, a prime, in two and a rest.
@pytest.mark.parametrize(
    ("name", "C"), [*((name, C) for name in NAMES for C in (3, 40)), ("ordered", 67), ("ordered", 96), ("circular", 96)]
)
def test_large_batches_go_in_blocks_to_the_same_result(backend: Backend, name: str, C: int, small_blocks: int) -> None:
    """Every row, wherever its block begins, is within the scan bound, as it is alone."""
    if backend.module not in ("numpy", "torch", "cupy") and (name, C) != ("ordered", 3):
        pytest.skip("this library is given the whole batch at once")
    dtype = backend.dtypes[-1]
    p, t = draw.pairs(C, dtype)
    times = -(-4 * small_blocks // p.size)
    E, g = backend(
        squared_emd_value_and_grad, np.tile(p, (times, 1)), np.tile(t, (times, 1)), ground=ground_pair(name, C).ours
    )
    assert E.shape == (times * len(p),)
    form = precision(dtype, backend)
    for i, (value, bound, gradient, bounds) in enumerate(exact(name, C, dtype, form)):
        for where in (0, len(p) * (times // 2), len(p) * (times - 1)):
            assert_within(f"squared_emd {name}, in blocks", [E[where + i]], [value], [bound], form)
            assert_within(f"squared_emd_grad {name}, in blocks", g[where + i], gradient, bounds, form)


@pytest.mark.usefixtures("small_blocks")
def test_a_bad_value_in_a_late_block_is_named_by_its_place(backend: Backend) -> None:
    if not backend.checks_values or backend.name == "dask":
        pytest.skip("a compiler hides the values, and dask's places are those of a block")
    p = np.full((30_000, 4), 0.25, dtype=backend.dtypes[-1])
    for changed, message in (
        (-0.5, r"`predicted`\[29000, 2\] is -0.5"),
        (0.5, r"`predicted`\[29000, :\] sums to 1.25"),
    ):
        bad = p.copy()
        bad[29_000, 2] = changed
        with pytest.raises(ValueError, match=message):
            backend(squared_emd, bad, p)
    with pytest.raises(ValueError, match=r"`target`\[29000\] is 4"):
        backend(squared_emd, p, np.where(np.arange(30_000) == 29_000, 4, 0))


@cache
def exact_from_logits(name: str, num_classes: int, dtype: str, form: Precision) -> list[tuple]:
    """For each row of `logits`: E, its bound, dE/dz, its bounds."""
    ground = ground_pair(name, num_classes).oracle
    rows = [(numbers(z), numbers(t), ground) for z, t in zip(*draw.logits(num_classes, dtype), strict=True)]
    return [
        (
            _exact.squared_emd.value_of_logits(*row).middle,
            _bounds.squared_emd.value_of_logits(*row, form),
            [x.middle for x in _exact.squared_emd.gradient_of_logits(*row)],
            _bounds.squared_emd.gradient_of_logits(*row, form),
        )
        for row in rows
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("C", [1, 2, 12])
def test_logits_are_within_their_bound(backend: Backend, name: str, C: int) -> None:
    dtype = backend.dtypes[-1]
    z, t = draw.logits(C, dtype)
    E, g = backend(squared_emd_value_and_grad, z, t, ground=ground_pair(name, C).ours, from_logits=True)
    form = precision(dtype, backend)
    for i, (value, value_bound, gradient, bounds) in enumerate(exact_from_logits(name, C, dtype, form)):
        assert_within("squared_emd from_logits", [E[i]], [value], [value_bound], form)
        assert_within("squared_emd_grad from_logits", g[i], gradient, bounds, form)


@pytest.mark.parametrize("C", [2, 12, 40])
@pytest.mark.parametrize("large", [False, True], ids=["moderate", "up to 1e4"])
def test_large_batches_of_logits_are_within_their_bound(
    backend: Backend, C: int, large: bool, small_blocks: int
) -> None:
    """Only where no exponential can overflow is the largest logit not subtracted."""
    if backend.module not in ("numpy", "torch", "cupy"):
        pytest.skip("this library has one way to compute a softmax")
    z, t = draw.logits(C, "float64")
    chosen = [i for i in range(len(z)) if large or np.abs(z[i]).max() <= 300]
    times = -(-4 * small_blocks // (len(chosen) * C))
    E, g = backend(
        squared_emd_value_and_grad, np.tile(z[chosen], (times, 1)), np.tile(t[chosen], (times, 1)), from_logits=True
    )
    form, rows = (
        precision("float64", backend),
        exact_from_logits("ordered", C, "float64", precision("float64", backend)),
    )
    for where in (0, len(chosen) * (times - 1)):
        for i, row in enumerate(chosen):
            value, value_bound, gradient, bounds = rows[row]
            assert_within("squared_emd from_logits, in blocks", [E[where + i]], [value], [value_bound], form)
            assert_within("squared_emd_grad from_logits, in blocks", g[where + i], gradient, bounds, form)


def test_mixed_precisions_compute_wide_and_give_the_dtype_of_the_prediction(backend: Backend) -> None:
    if backend.wide == "float32":
        pytest.skip("JAX without 64-bit mode has one precision")
    p, t = (x[:8] for x in draw.pairs(10, "float32"))  # the soft ones: JAX takes a float32 subnormal for zero
    E, g = backend(squared_emd_value_and_grad, p, t)
    for ours, theirs in (("float32", "float64"), ("float64", "float32")):
        E_mixed, g_mixed = backend(squared_emd_value_and_grad, p.astype(ours), t.astype(theirs), mass_tolerance=1e-6)
        assert E_mixed.dtype == g_mixed.dtype == ours
        np.testing.assert_array_equal(E_mixed.astype("float32"), E)
        np.testing.assert_array_equal(g_mixed.astype("float32"), g)


def test_inputs_are_not_written_to(backend: Backend) -> None:
    p, t = draw.pairs(10, backend.dtypes[-1])
    arrays = [backend.array(x) for x in (p, t)]
    for function in (squared_emd, squared_emd_grad, emd_ref.emd, emd_ref.emd_grad):
        backend.call(function, *arrays)
    np.testing.assert_array_equal(backend.to_numpy(arrays[0]), p)
    np.testing.assert_array_equal(backend.to_numpy(arrays[1]), t)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_any_pair_of_distributions_is_within_the_scan_bound(name: str, dtype: str, data: st.DataObject) -> None:
    p, t = data.draw(draw.pair(dtype=dtype))
    pair, form = ground_pair(name, len(p)), precision(dtype)
    E, g = NUMPY(squared_emd_value_and_grad, p, t, ground=pair.ours)
    args = numbers(p), numbers(t), pair.oracle
    value, gradient = _exact.squared_emd.value(*args), _exact.squared_emd.gradient(*args)
    assert_within(f"squared_emd {name}", [E], [value], [_bounds.squared_emd.value(*args, form, "scan")], form)
    assert_within(f"squared_emd_grad {name}", g, gradient, _bounds.squared_emd.gradient(*args, form, "scan"), form)


@given(pair=draw.pair())
def test_bounds_and_symmetries_of_the_unit_line(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, t = pair
    E, EMD = float(squared_emd(p, t)), float(emd_ref.emd(p, t))
    C, rounding = len(p), 1 + 4e-16 * (len(p) + 4)  # grid inputs: D_k is exact, and the sums of C terms are rounded
    assert 0 <= E <= EMD * rounding <= (C - 1) * rounding**2
    assert EMD**2 <= (C - 1) * E * rounding**2
    assert squared_emd(t, p) == E
    assert abs(squared_emd(p[::-1], t[::-1]) - E) <= E * (rounding - 1)


def test_a_mistake_one_class_further_costs_one_more() -> None:
    E = squared_emd(np.eye(9), np.zeros(9, dtype=int))
    np.testing.assert_array_equal(E, np.arange(9))


def test_an_even_circle_cannot_tell_all_distributions_apart() -> None:
    p, t = np.asarray([0.5, 0, 0.5, 0]), np.asarray([0, 0.5, 0, 0.5])
    assert squared_emd(p, t, ground=emd_ref.Circular()) == 0
    assert emd_ref.emd(p, t, ground=emd_ref.Circular()) == 1


def test_off_the_simplex_the_unit_line_counts_the_mass_difference_and_positions_do_not(backend: Backend) -> None:
    p = np.asarray([[0.5, 0.25, 0.75], [0.0, 0.0, 0.0]], dtype=backend.dtypes[-1])
    t = np.asarray([[0.25, 0.25, 0.25], [0.5, 0.5, 1.0]], dtype=backend.dtypes[-1])
    E, g = backend(squared_emd_value_and_grad, p, t, check=False)
    np.testing.assert_array_equal(E, [0.25**2 + 0.25**2 + 0.75**2, 0.5**2 + 1 + 4])
    np.testing.assert_array_equal(g, [[2.5, 2.0, 1.5], [-7.0, -6.0, -4.0]])
    E, g = backend(squared_emd_value_and_grad, p, t, check=False, ground=emd_ref.Ordered([0, 1, 3]))
    np.testing.assert_array_equal(E, [0.25**2 + 2 * 0.25**2, 0.5**2 + 2 * 1])
    np.testing.assert_array_equal(g, [[1.5, 1.0, 0.0], [-5.0, -4.0, 0.0]])
