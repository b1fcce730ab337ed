"""`assert_right`: arrays of every library, the words of its errors, and its speed (specification, 7.3 and 8)."""

import subprocess
import sys
import time
from functools import partial

import emd_conformance
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from emd_conformance import assert_right, exact

P = np.array([[0.5, 0.25, 0.25], [0.0, 0.25, 0.75], [0.25, 0.25, 0.5]])
K = np.array([1, 0, 2])
E = np.array([0.3125, 1.5625, 0.3125])
T = np.eye(3)[K]
G = np.stack([np.cumsum(2 * np.cumsum(p - t)[::-1])[::-1] for p, t in zip(P, T, strict=True)])


def large(dtype, rows=100_000, classes=10):
    rng = np.random.default_rng(0)
    p, t = (rng.dirichlet(np.ones(classes), rows).astype(dtype) for _ in range(2))
    return p / p.sum(-1, keepdims=True), t / t.sum(-1, keepdims=True)


def scan(p, t):
    return np.square(np.cumsum(p - t, axis=-1)).sum(axis=-1)


LIBRARIES = {
    "numpy": np.asarray,
    "float32": partial(np.asarray, dtype=np.float32),
    "float16": partial(np.asarray, dtype=np.float16),
    "torch": torch.tensor,
    "torch-grad": lambda x: torch.tensor(x, requires_grad=x.dtype.kind == "f"),
    "bfloat16": lambda x: torch.tensor(x).bfloat16() if x.dtype.kind == "f" else torch.tensor(x),
    "jax": jnp.asarray,
    "jax-bfloat16": lambda x: jnp.asarray(x, "bfloat16" if x.dtype.kind == "f" else int),
    "list": lambda x: x.tolist(),
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_arrays_of_every_library_are_read(name):
    make = LIBRARIES[name]
    labels = K if name in ("float32", "float16") else make(K)
    for target in (labels, make(T)):
        assert_right(make(E), make(P), target, gradient=make(G))
        assert_right(make(E.mean()), make(P), target, gradient=make(G / 3), reduction="mean")
        with pytest.raises(AssertionError, match=r"E of row 1 of 3 is .* error bounds off"):
            assert_right(make(E + np.array([0, 0.5, 0])), make(P), target)
        with pytest.raises(AssertionError, match=r"the gradient of E of row 2 of 3, class 2, less its mean, is .* off"):
            assert_right(None, make(P), target, gradient=make(G * np.array([[1], [1], [9]])))


def test_the_error_shows_the_worst_row_both_numbers_and_the_bound():
    with pytest.raises(AssertionError) as caught:
        assert_right(E + np.array([0, 0.5, 1e-9]), P, K)
    lines = str(caught.value).split("\n")
    assert lines[0].startswith("E of row 1 of 3 is ")
    assert lines[0].endswith(" error bounds off (7.3); 2 of 3 rows are wrong")
    assert lines[1:3] == ["  got   2.0625", "  exact 1.5625"]
    assert lines[3].startswith("  bound ")
    assert lines[3].endswith("e-15, in float64")
    assert lines[4:] == ["  predicted [0.0, 0.25, 0.75]", "  target    0"]


def test_the_bound_is_that_of_the_dtype_of_the_predictions():
    off = E * (1 + 2.0**-22)
    assert_right(off.astype(np.float32), P.astype(np.float32), K)
    with pytest.raises(AssertionError, match="in float64"):
        assert_right(off, P, K)


def test_near_equal_distributions_are_judged_by_their_bound_and_not_relatively():
    p, t = large(np.float32, 1000)
    t = p + np.float32(2.0**-26) * np.sign(np.arange(10) - 4.5).astype(np.float32)
    through_cdfs = np.square(np.cumsum(p, -1) - np.cumsum(t, -1)).sum(-1)
    right = [float(exact.squared_emd(a, b)) for a, b in zip(p, t, strict=True)]
    assert not np.allclose(through_cdfs, right, rtol=1e-5, atol=0)
    assert_right(through_cdfs, p, t)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_rows_are_judged_fast(dtype):
    p, t = large(dtype)
    value, gradient = scan(p, t), 2 * np.cumsum(np.cumsum(p - t, -1)[:, ::-1], -1)[:, ::-1]
    start = time.perf_counter()
    assert_right(value, p, t, gradient=gradient)
    assert time.perf_counter() - start < 6  # 1 s on an idle machine


def test_classes_lie_along_any_axis():
    p, t = large(np.float64, 6)
    value = scan(p, t).reshape(2, 3)
    for axis in (0, 1, -1):
        a, b = (np.moveaxis(x.reshape(2, 3, 10), -1, axis) for x in (p, t))
        assert_right(value, a, b, axis=axis)
        assert_right(value.tolist(), a.tolist(), b.tolist(), axis=axis)
    assert_right(float(value[0, 0]), p[0], t[0])


def test_other_quantities_and_grounds():
    assert_right([0.75, 1.75, 0.75], P, K, quantity="W1", gradient=[[1, 0, 1], [0, 1, 2], [2, 1, 0]])
    assert_right(np.sqrt(E / 3), P, K, quantity="sqrt(E/C)")
    assert_right(-np.log(P[[0, 2], K[[0, 2]]]), P[[0, 2]], K[[0, 2]], quantity="XE")
    assert_right([np.inf], P[1:2], [0], quantity="XE")
    circle = [float(exact.squared_emd(p, k, ground=exact.Circle())) for p, k in zip(P, K, strict=True)]
    assert_right(circle, P, K, ground=exact.Circle())
    with pytest.raises(AssertionError, match="optimality gap"):
        assert_right(None, P, K, quantity="W1", gradient=-np.ones((3, 3)) * [0, 1, 0])
    soft = np.array([[0.25, 0.5, 0.25], [0.0, 0.5, 0.5], [0.5, 0.25, 0.25]])
    XE = -np.where(soft > 0, soft * np.log(np.where(soft > 0, P, 1)), 0).sum(-1)
    assert_right(XE, P, soft, quantity="XE")
    assert_right(0.7 * XE + 0.3 * np.square(np.cumsum(P - soft, -1)).sum(-1), P, soft, quantity="0.7*XE + 0.3*E")
    with pytest.raises(AssertionError, match="XE of row 2 of 3"):
        assert_right(XE + np.array([0, 0, 1e-3]), P, soft, quantity="XE")


def test_logits_may_be_minus_infinity():
    z = torch.tensor([[0.0, 1.0, -2.0], [0.5, -torch.inf, 0.5]], dtype=torch.float64, requires_grad=True)
    k = torch.tensor([2, 0])
    p = z.softmax(-1)
    value = (p - torch.nn.functional.one_hot(k, 3)).cumsum(-1).square().sum(-1)
    (gradient,) = torch.autograd.grad(value.mean(), z)
    assert_right(value.mean(), z, k, gradient=gradient, from_logits=True, reduction="mean")
    assert_right(torch.nn.functional.cross_entropy(z, k, reduction="none"), z, k, quantity="XE", from_logits=True)


INVALID = [
    (lambda: assert_right(E, 2 * P, K), ValueError, "row 0 of `predicted` is .*must be non-negative, and sum to 1"),
    (lambda: assert_right(E, P, T + 0.25), ValueError, "row 0 of `target`"),
    (lambda: assert_right(E, P, [0, 3, 1]), ValueError, "label 1 of `target` is 3: it must be an integer from 0 to 2"),
    (lambda: assert_right(E, P, K.astype(float)), TypeError, "labels must be integers"),
    (lambda: assert_right(E, P, K[:, None]), ValueError, r"`target` has shape \(3, 1\): it must hold labels"),
    (lambda: assert_right(E, P.astype(int), K), TypeError, "`predicted` has dtype int64"),
    (lambda: assert_right(E, P, K, axis=2), ValueError, "`axis` is 2"),
    (lambda: assert_right(E, P, K, quantity="EMD"), ValueError, "EMD"),
    (lambda: assert_right(E, [[np.inf, 0.0]], [0], from_logits=True), ValueError, "a logit must be finite, or -inf"),
    (lambda: assert_right(E, [[0.5, 0.5], [1.0]], [0, 0]), ValueError, "`predicted` must hold numbers"),
    (lambda: assert_right([0], np.eye(1, 600, dtype=np.float16), [0]), ValueError, "too wide to judge anything"),
    (
        lambda: assert_right(E[:, None], P, K),
        AssertionError,
        r"`actual` has shape \(3, 1\), and must have shape \(3,\)",
    ),
    (lambda: assert_right(E, P, K, reduction="sum"), AssertionError, r"must have shape \(\)"),
    (lambda: assert_right(None, P, K, gradient=G[:2]), AssertionError, "`gradient` has shape"),
    (lambda: assert_right(E * np.nan, P, K), AssertionError, "more than any multiple of the error bound"),
]


@pytest.mark.parametrize(("call", "error", "message"), INVALID)
def test_invalid_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
from emd_conformance import assert_right
assert_right([0.3125, 1.0], [[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]], [1, 0], gradient=[[0.5, -0.5, 0], [0.0, 2, 2]])
assert_right([[0.3125], [1.0]], [[[0.5], [0.25], [0.25]], [[0.0], [1.0], [0.0]]], [[1], [0]], axis=1)
try:
    assert_right(1.0, [0.5, 0.5], [0.5, 0.5])
except AssertionError as error:
    print(error)
"""


def test_numpy_is_not_needed():
    done = subprocess.run([sys.executable, "-c", WITHOUT_NUMPY], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("E of row 0 of 1 is ")


def test_it_is_public():
    assert emd_conformance.assert_right.__doc__.startswith("Raise AssertionError unless")


def test_a_gradient_beyond_the_range_of_its_dtype_is_infinite():
    p, k = np.asarray([[2**-20, 0.25, 0.75]], dtype=np.float16), [0]
    right = np.asarray([[-np.inf, 0.0, 0.0]])
    assert_right(None, p, k, quantity="XE", gradient=right)
    for wrong in ([np.inf, 0.0, 0.0], [np.nan, 0.0, 0.0], [-np.inf, -np.inf, 0.0], [-np.inf, 0.0, 60000.0]):
        with pytest.raises(AssertionError, match="the gradient of XE"):
            assert_right(None, p, k, quantity="XE", gradient=np.asarray([wrong]))
    with pytest.raises(AssertionError, match=r"got   -inf\n  exact -699050\.66"):
        assert_right(None, p.astype("float32"), k, quantity="XE", gradient=right)


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_a_gradient_within_the_range_of_its_dtype_is_not_infinite(infinite):
    one = np.asarray([[1.0]], dtype=np.float16)
    z = np.asarray([[0.0, 1.0, -1.0]], dtype=np.float16)
    for x, options in ((one, {}), (z, {"from_logits": True}), (z, {"from_logits": True, "weight": 250_000.0})):
        quantity = "weight*XE" if "weight" in options else "XE"
        with pytest.raises(AssertionError, match="the gradient of"):
            assert_right(None, x, [0], quantity=quantity, gradient=np.full(x.shape, infinite), **options)
