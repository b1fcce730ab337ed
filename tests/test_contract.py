"""The input contract (specification, section 8): each error, on every backend, by its message."""

import re
from typing import Any

import numpy as np
import pytest
from support.backends import Backend

import emd_ref
from emd_ref import GroundDistance, Ordered, emd, emd_grad, squared_emd, squared_emd_grad, xemd

P = np.asarray([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
LABELS = np.asarray([0, 2])


def changed(x: np.ndarray, index: Any, value: float) -> np.ndarray:
    x = x.copy()
    x[index] = value
    return x


def message_of(backend: Backend, *arrays: Any, function=squared_emd, **options: Any) -> str:
    """The message of the error that the call raises, at the latest when its result is read."""
    with pytest.raises((TypeError, ValueError)) as caught:
        backend(function, *arrays, **options)
    return str(caught.value)


VALUES = [
    ((changed(P, (1, 0), -0.5), LABELS), "`predicted`[1, 0] is -0.5: probabilities must not be negative"),
    ((changed(P, (1, 2), np.nan), LABELS), "`predicted`[1, 2] is nan: it must be finite"),
    ((changed(P, (0, 1), np.inf), LABELS), "`predicted`[0, 1] is inf: it must be finite"),
    ((changed(P, (1, 1), 0.5), LABELS), "`predicted`[1, :] sums to 0.5: it must sum to 1 within"),
    ((2 * P, LABELS), "pass from_logits=True if these are scores"),
    ((P, changed(P, (1, 0), -0.5)), "`target`[1, 0] is -0.5: probabilities must not be negative"),
    ((P, changed(P, (0, 1), np.nan)), "`target`[0, 1] is nan: it must be finite"),
    ((P, changed(P, (1, 1), 2.0)), "`target`[1, :] sums to 2.0: it must sum to 1 within"),
    ((P, np.asarray([0, 3])), "`target`[1] is 3: it must be a label from 0 to 2, for 3 classes"),
    ((P, np.asarray([-1, 0])), "`target`[0] is -1: it must be a label from 0 to 2"),
]


@pytest.mark.parametrize(("arrays", "message"), VALUES)
def test_values_are_refused_with_their_place(backend: Backend, arrays: tuple, message: str) -> None:
    if not backend.checks_values:
        pytest.skip("a compiler hides the values")
    arrays = tuple(x.astype(backend.dtypes[-1]) if x.dtype.kind == "f" else x for x in arrays)
    got = message_of(backend, *arrays)
    if backend.name == "dask" and message.startswith("`"):  # checked inside a block, whose places are its own
        got, message = (re.sub(r"\[[^]]*\]", "[]", text) for text in (got, message))
    assert message in got


def test_logits_must_be_finite(backend: Backend) -> None:
    if not backend.checks_values:
        pytest.skip("a compiler hides the values")
    z = np.asarray([[0.0, 1e4], [0.0, np.inf]], dtype=backend.dtypes[0])
    assert "is inf: it must be finite" in message_of(backend, z, np.asarray([0, 1]), from_logits=True)


SHAPES = [
    ((P, LABELS[:, None]), {}, "shape (2, 1): it must hold integer labels of shape (2,)"),
    ((P, LABELS[:, None]), {}, "an axis of length 1 is not dropped for you"),
    ((P, LABELS[:1]), {}, "shape (1,): it must hold integer labels of shape (2,) or distributions of shape (2, 3)"),
    ((P, P[:1]), {}, "shape (1, 3): it must hold integer labels of shape (2,) or distributions of shape (2, 3)"),
    ((P, P[:, :2]), {}, "`target` has dtype"),
    ((P, 0), {}, "`target` is one label for a batch: it must be an integer array of shape (2,)"),
    ((P[:, :0], LABELS), {}, "`predicted` has no classes: its shape (2, 0) is 0 along axis 1"),
    ((np.asarray(1.0), 0), {}, "`predicted` has no axes"),
    ((P, LABELS), {"axis": 2}, "`axis` is 2, but `predicted` has 2 axes: it must be an integer from -2 to 1"),
    ((P, LABELS), {"axis": "classes"}, "`axis` is 'classes'"),
    ((P > 0, LABELS), {}, "`predicted` has dtype"),
    ((LABELS, LABELS), {}, "it must have a real floating dtype"),
    ((P, P > 0), {}, "`target` has dtype"),
    ((P, LABELS > 0), {}, "it must hold integer labels of shape (2,)"),
    ((P, True), {}, "`target` must be an array"),
    ((P, [0, 2]), {}, "`target` must be an array"),
    ((P, LABELS), {"ground": Ordered}, "`ground` must be Ordered, Circular, Tree or GroundDistance, got type"),
    ((P, LABELS), {"ground": 1.0 - np.eye(3)}, "wrap a matrix as GroundDistance(matrix)"),
    ((P, LABELS), {"ground": GroundDistance(np.eye(3, dtype=int))}, "`ground` has dtype int64"),
    ((P, LABELS), {"ground": GroundDistance([[0.0]])}, "`ground` must be an array"),
]


@pytest.mark.parametrize(("arrays", "options", "message"), SHAPES)
@pytest.mark.parametrize("check", [True, False])
def test_metadata_is_always_checked(backend: Backend, arrays: tuple, options: dict, message: str, check: bool) -> None:
    arrays = tuple(x.astype(backend.dtypes[-1]) if getattr(x, "dtype", None) == np.float64 else x for x in arrays)
    if backend.name in {"jax-jit"} and not all(isinstance(x, np.ndarray) for x in arrays):
        pytest.skip("jit takes arrays only")
    for function in (squared_emd, emd, squared_emd_grad, emd_grad):
        with pytest.raises((TypeError, ValueError), match=re.escape(message)):
            backend(function, *arrays, check=check, **options)


@pytest.mark.parametrize(
    "predicted",
    [[[0.5, 0.5]], 0.5, None, "0.5", np.ma.masked_array([0.5, 0.5]), P[:1].view(np.matrix)],
    ids=["list", "float", "None", "str", "masked array", "matrix"],
)
def test_what_is_not_an_array_is_a_type_error(predicted: Any) -> None:
    name = type(predicted).__name__
    with pytest.raises(TypeError, match=f"`predicted` must be an array of NumPy, CuPy, .*, got {name}: convert it"):
        squared_emd(predicted, 0)


@pytest.mark.parametrize("label", [2**70, -(2**70)])
def test_a_label_beyond_all_integer_types_is_named(label: int) -> None:
    with pytest.raises(ValueError, match=f"`target` is {label}: it must be a label from 0 to 2, for 3 classes"):
        squared_emd(P[0], label)


def test_whole_one_hots_are_told_to_be_converted() -> None:
    with pytest.raises(ValueError, match="integers of this shape are not distributions: convert one-hots to float64"):
        squared_emd(P, np.eye(3, dtype=np.int64)[:2])


def test_complex_and_long_numbers_are_type_errors() -> None:
    with pytest.raises(TypeError, match="`predicted` has dtype complex128"):
        squared_emd(P.astype(complex), LABELS)
    with pytest.raises(TypeError, match="`target` has dtype complex128"):
        squared_emd(P, P.astype(complex))
    with pytest.raises(TypeError, match="wider than the float64 of the computation"):
        squared_emd(P.astype(np.longdouble), LABELS)


def test_libraries_and_devices_do_not_mix() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="`target` is of torch, `predicted` of numpy: convert one of them"):
        squared_emd(P, torch.tensor(P))
    with pytest.raises(TypeError, match="`target` is of numpy, `predicted` of torch"):
        squared_emd(torch.tensor(P), P)
    with pytest.raises(ValueError, match="`target` is on device meta, `predicted` on cpu: move one of them"):
        squared_emd(torch.tensor(P), torch.tensor(P, device="meta"))
    with pytest.raises(TypeError, match="`ground` is of torch, `predicted` of numpy"):
        squared_emd(P, LABELS, ground=GroundDistance(torch.zeros(3, 3)))


def test_float32_rounding_in_float64_is_told_apart_from_a_wrong_sum() -> None:
    p = np.asarray([[1 / 3, 1 / 3, 1 / 3]], dtype=np.float32)
    assert squared_emd(p, np.asarray([1])).dtype == np.float32
    with pytest.raises(ValueError, match=r"The excess is of the size of float32 rounding: .* pass mass_tolerance="):
        squared_emd(p.astype(np.float64), np.asarray([1]))
    assert squared_emd(p.astype(np.float64), np.asarray([1]), mass_tolerance=1e-6).shape == (1,)


@pytest.mark.parametrize("mass_tolerance", [-1.0, float("nan"), "1e-6"])
def test_the_mass_tolerance_must_be_a_number(mass_tolerance: Any) -> None:
    with pytest.raises(ValueError, match="`mass_tolerance` is"):
        squared_emd(P, LABELS, mass_tolerance=mass_tolerance)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("C", [2, 10, 1000, 10**5])
def test_a_softmax_in_its_own_precision_passes_the_mass_check(dtype: str, C: int, rng: np.random.Generator) -> None:
    z = rng.normal(0, 3, (4, C)).astype(dtype)
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    p = (p / p.sum(axis=-1, keepdims=True, dtype=np.float32 if dtype == "float16" else dtype)).astype(dtype)
    if dtype == "float16" and C > 1000:
        pytest.skip("float16 probabilities of 1e5 classes are subnormal")
    assert squared_emd(p, np.zeros(4, dtype=int)).shape == (4,)


def test_xemd_takes_labels_only() -> None:
    with pytest.raises(TypeError, match=r"`labels` has dtype float64: it must hold integer labels of shape \(2,\)$"):
        xemd(P, P, ground=Ordered())
    with pytest.raises(ValueError, match=r"`labels`\[1\] is 5"):
        xemd(P, np.asarray([0, 5]), ground=Ordered())


def test_unchecked_labels_that_do_not_exist_give_nan(backend: Backend) -> None:
    p = P.astype(backend.dtypes[-1])
    labels = np.asarray([0, 7])
    matrix = GroundDistance(1.0 - np.eye(3))
    for ground in (Ordered(), Ordered([0, 1, 3]), emd_ref.Circular(), emd_ref.Tree([3, 3, 3, -1]), matrix):
        for function in (squared_emd, squared_emd_grad, emd, emd_grad, xemd):
            result = backend(function, p, labels, ground=ground, check=False)
            assert not np.isnan(result[0]).any(), (ground, function)
            assert np.isnan(result[1]).all(), (ground, function)
    for label in (-1, 3, 200):
        for times in (1, 1000):  # many rows are read in another way
            E = backend(squared_emd, np.tile(p, (times, 1)), np.asarray([label, 0] * times), check=False)
            assert np.isnan(E).tolist() == [True, False] * times


def test_the_place_is_that_of_the_callers_axes() -> None:
    bad = changed(P.T, (0, 1), -0.5)
    with pytest.raises(ValueError, match=re.escape("`predicted`[0, 1] is -0.5")):
        squared_emd(bad, LABELS, axis=0)
    with pytest.raises(ValueError, match=re.escape("`predicted`[:, 1] sums to 2.0")):
        squared_emd(changed(P.T, (1, 1), 2.0), LABELS, axis=0)
