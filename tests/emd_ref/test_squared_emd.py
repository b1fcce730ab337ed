"""squared_emd and its gradients (specification, sections 4 and 5), on every backend, against exact arithmetic."""

import numpy as np
import pytest
from support import draw, exact
from support.backends import CLASSES, Backend, skip_what_need_not_be_compiled
from support.grounds import NAMES, ground_pair
from support.judge import assert_each_expected, assert_same, precision

import emd_ref
from emd_ref import squared_emd, squared_emd_grad, squared_emd_value_and_grad


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("C", CLASSES)
def test_value_and_gradient_are_within_the_scan_bound(backend: Backend, name: str, C: int, dtype: str) -> None:
    if dtype not in backend.dtypes:
        pytest.skip(f"{backend} has no {dtype}")
    skip_what_need_not_be_compiled(backend, C)
    p, t = draw.pairs(C, dtype)
    pair, form = ground_pair(name, C), precision(dtype, backend)
    E, g = backend(squared_emd_value_and_grad, p, t, ground=pair.ours)
    assert E.shape == p.shape[:-1]
    assert g.shape == p.shape
    assert E.dtype == g.dtype == dtype
    suffix = "" if backend.wide == "float64" else ", native float32"
    assert_each_expected(f"squared_emd {name}{suffix}", E, g, exact.pairs(pair.oracle, C, dtype, form), form)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("C", [1, 2, 12])
def test_logits_are_within_their_bound(backend: Backend, name: str, C: int) -> None:
    dtype = backend.dtypes[-1]
    z, t = draw.logits(C, dtype)
    pair, form = ground_pair(name, C), precision(dtype, backend)
    E, g = backend(squared_emd_value_and_grad, z, t, ground=pair.ours, from_logits=True)
    assert_each_expected("squared_emd from_logits", E, g, exact.logits(pair.oracle, C, dtype, form), form)


@pytest.mark.parametrize("name", NAMES)
def test_the_three_functions_agree(backend: Backend, name: str) -> None:
    dtype = backend.dtypes[-1]
    p, t = draw.pairs(10, dtype)
    pair, form = ground_pair(name, 10), precision(dtype, backend)
    both = backend(squared_emd_value_and_grad, p, t, ground=pair.ours)
    alone = [backend(function, p, t, ground=pair.ours) for function in (squared_emd, squared_emd_grad)]
    assert_same(backend, alone[0], both[0])
    assert_same(backend, alone[1], both[1])
    suffix = "" if backend.wide == "float64" else ", native float32"
    assert_each_expected(f"squared_emd {name}{suffix}", *alone, exact.pairs(pair.oracle, 10, dtype, form), form)


@pytest.mark.parametrize("name", NAMES)
def test_a_label_is_its_one_hot_distribution(backend: Backend, name: str) -> None:
    dtype, ground = backend.dtypes[-1], ground_pair(name, 10).ours
    p = draw.pairs(10, dtype)[0]
    labels = np.arange(len(p)) % 10
    as_labels = backend(squared_emd_value_and_grad, p, labels, ground=ground)
    as_one_hot = backend(squared_emd_value_and_grad, p, np.eye(10, dtype=dtype)[labels], ground=ground)
    assert_same(backend, as_labels[0], as_one_hot[0])
    assert_same(backend, as_labels[1], as_one_hot[1])


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
    # A product with a matrix may be summed in another order, as the layout and the processor suggest.
    roundings = 16 * np.finfo(dtype).eps if name == "metric" else 0.0
    np.testing.assert_allclose(E_moved, E, rtol=roundings, atol=roundings)
    np.testing.assert_allclose(g_moved, np.moveaxis(g, -1, axis), rtol=roundings, atol=roundings)
    labels = np.arange(24).reshape(4, 6) % 4
    by_label = backend(squared_emd, np.ascontiguousarray(np.moveaxis(p, -1, axis)), labels, ground=ground, axis=axis)
    np.testing.assert_allclose(by_label, backend(squared_emd, p, labels, ground=ground), rtol=roundings)


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
    assert_same(backend, shuffled[0], together[0][order])
    assert_same(backend, shuffled[1], together[1][order])
    for i in range(len(p)):
        alone = backend(squared_emd_value_and_grad, p[i], t[i])
        assert_same(backend, alone[0], together[0][i])
        assert_same(backend, alone[1], together[1][i])


def test_mixed_precisions_compute_wide_and_give_the_dtype_of_the_prediction(backend: Backend) -> None:
    if backend.wide == "float32":
        pytest.skip("JAX without 64-bit mode has one precision")
    p, t = (x[:8] for x in draw.pairs(10, "float32"))  # the soft ones: JAX takes a float32 subnormal for zero
    E, g = backend(squared_emd_value_and_grad, p, t)
    for ours, theirs in (("float32", "float64"), ("float64", "float32")):
        E_mixed, g_mixed = backend(squared_emd_value_and_grad, p.astype(ours), t.astype(theirs), mass_tolerance=1e-6)
        assert E_mixed.dtype == g_mixed.dtype == ours
        assert_same(backend, E_mixed.astype("float32"), E)
        assert_same(backend, g_mixed.astype("float32"), g)


def test_inputs_are_not_written_to(backend: Backend) -> None:
    p, t = draw.pairs(10, backend.dtypes[-1])
    arrays = [backend.array(x) for x in (p, t)]
    for function in (squared_emd, squared_emd_grad, emd_ref.emd, emd_ref.emd_grad):
        backend.call(function, *arrays)
    np.testing.assert_array_equal(backend.to_numpy(arrays[0]), p)
    np.testing.assert_array_equal(backend.to_numpy(arrays[1]), t)


def test_off_the_simplex_the_unit_line_counts_the_mass_difference_and_positions_do_not(backend: Backend) -> None:
    p = np.asarray([[0.5, 0.25, 0.75], [0.0, 0.0, 0.0]], dtype=backend.dtypes[-1])
    t = np.asarray([[0.25, 0.25, 0.25], [0.5, 0.5, 1.0]], dtype=backend.dtypes[-1])
    E, g = backend(squared_emd_value_and_grad, p, t, check=False)
    np.testing.assert_array_equal(E, [0.25**2 + 0.25**2 + 0.75**2, 0.5**2 + 1 + 4])
    np.testing.assert_array_equal(g, [[2.5, 2.0, 1.5], [-7.0, -6.0, -4.0]])
    E, g = backend(squared_emd_value_and_grad, p, t, check=False, ground=emd_ref.Ordered([0, 1, 3]))
    np.testing.assert_array_equal(E, [0.25**2 + 2 * 0.25**2, 0.5**2 + 2 * 1])
    np.testing.assert_array_equal(g, [[1.5, 1.0, 0.0], [-5.0, -4.0, 0.0]])
