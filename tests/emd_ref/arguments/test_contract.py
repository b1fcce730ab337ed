"""The contract of the arguments (specification, 8.1): types, dtypes, shapes and devices, each error by its message."""

import re
from typing import Any

import numpy as np
import pytest
from support.backends import Backend

from emd_ref import GroundDistance, Ordered, emd, emd_grad, squared_emd, squared_emd_grad

P = np.asarray([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
LABELS = np.asarray([0, 2])

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
def test_types_and_shapes_are_always_validated(backend: Backend, arrays: tuple, options: dict, message: str) -> None:
    arrays = tuple(x.astype(backend.dtypes[-1]) if getattr(x, "dtype", None) == np.float64 else x for x in arrays)
    if backend.name in {"jax-jit"} and not all(isinstance(x, np.ndarray) for x in arrays):
        pytest.skip("jit takes arrays only")
    for check in (True, False):
        for function in (squared_emd, emd, squared_emd_grad, emd_grad):
            with pytest.raises((TypeError, ValueError), match=re.escape(message)):
                backend(function, *arrays, check=check, **options)


@pytest.mark.parametrize("axis", [-1.0, "classes", None, 2, -3])
def test_an_axis_is_an_integer_in_range(backend: Backend, axis: Any) -> None:
    p = P.astype(backend.dtypes[-1])
    with pytest.raises(ValueError, match=re.escape(f"`axis` is {axis!r}, but `predicted` has 2 axes")):
        backend(squared_emd, p, p, axis=axis)


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


def test_one_hots_of_integers_are_refused_with_the_remedy() -> None:
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
