"""Every fast path, certified twice: by exact arithmetic, and against the plain standard of the golden reference."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pkgutil import resolve_name
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pytest
from support import draw, exact
from support.backends import BACKENDS
from support.evaluation import standard_only
from support.exact import Expected, Line
from support.fast_paths import BLOCK, FAST_PATHS, FastPath
from support.grounds import CUTS, ground_pair
from support.judge import assert_expected, assert_subgradient, assert_within, precision

from emd_ref import emd, emd_value_and_grad, squared_emd_value_and_grad
from emd_ref._fast.products import MANY_NUMBERS

CASES = [
    pytest.param(path, kind, C, dtype, id=f"{path}-{kind}-{C}-{dtype}")
    for path in FAST_PATHS
    for kind in path.kinds
    for C in path.classes
    for dtype in path.dtypes
]


class Sample(NamedTuple):
    """Arguments of a call, and what is expected of each row."""

    predicted: np.ndarray
    target: np.ndarray
    options: dict[str, Any]
    expected: list[Expected]


def sample(kind: str, C: int, dtype: str) -> Sample:
    (p, t), form = draw.pairs(C, dtype), precision(dtype)
    if kind == "labels":
        return Sample(p, np.arange(len(p)) % C, {}, exact.labelled(Line(), C, dtype, form))
    if "logits" in kind:
        z, t = draw.logits(C, dtype)
        rows = [i for i in range(len(z)) if kind == "large logits" or np.abs(z[i]).max() <= 300]
        expected = exact.logits(Line(), C, dtype, form)
        return Sample(z[rows], t[rows], {"from_logits": True}, [expected[i] for i in rows])
    pair = ground_pair("ordered" if kind == "distributions" else kind, C)
    return Sample(p, t, {"ground": pair.ours}, exact.pairs(pair.oracle, C, dtype, form))


@cache
def nearness(kind: str, C: int, dtype: str) -> np.ndarray:
    """How far the value and the gradient of each row may be from those of the standard.

    It is the bound of one of them, and half a step more, since both are rounded at last.
    """
    form = precision(dtype)

    def near(exactly: Fraction, bound: Fraction) -> float:
        return float(form.output(form.output(bound, exactly), exactly))

    return np.asarray(
        [
            [near(row.value, row.value_bound), *map(near, row.gradient, row.gradient_bounds)]
            for row in sample(kind, C, dtype).expected
        ]
    )


def repeated(x: np.ndarray, times: int) -> np.ndarray:
    return np.tile(x, (times, *[1] * (x.ndim - 1)))


@contextmanager
def entered(function: str) -> Iterator[list[str]]:
    """The calls of a function of emd_ref, by its place."""
    calls, original = [], resolve_name(function)

    def counted(*arguments: Any, **options: Any) -> Any:
        calls.append(function)
        return original(*arguments, **options)

    with mock.patch(function, counted):
        yield calls


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("_fast.blocks", "_evaluate"):
        monkeypatch.setattr(f"emd_ref.{module}.BLOCK", BLOCK)
    monkeypatch.setattr("emd_ref._fast.operations.IN_ONE_THREAD", 2**15)  # 10 classes by pieces, fewer as a whole


@pytest.mark.parametrize(("path", "kind", "C", "dtype"), CASES)
def test_a_fast_path_agrees_with_exact_arithmetic_and_with_the_standard(
    path: FastPath, kind: str, C: int, dtype: str, request: pytest.FixtureRequest
) -> None:
    x, target, options, expected = sample(kind, C, dtype)
    times = -(-max(path.numbers, x.size) // x.size)
    arrays, options = (repeated(x, times), repeated(target, times)), {**options, "check": path.check}
    with path.prepare(request) as fast, entered(path.enters) as calls:
        E, g = fast(*arrays, **options)
    assert calls, f"this batch takes another way than {path}"
    assert (E.shape, E.dtype, g.shape, g.dtype) == (arrays[0].shape[:-1], dtype, arrays[0].shape, dtype)
    with standard_only():
        standard = squared_emd_value_and_grad(*arrays, **options)
    got, plain = (np.column_stack(results).reshape(times, len(x), C + 1) for results in ((E, g), standard))
    assert (np.abs(got - plain) <= nearness(kind, C, dtype)).all()
    for i, row in enumerate(expected):
        for result in np.unique(got[:, i], axis=0):  # of the same sample, wherever it is in the batch
            assert_expected(f"squared_emd, {path}", result[0], result[1:], row, precision(dtype))


@pytest.mark.parametrize("numbers", [MANY_NUMBERS, 3 * BLOCK], ids=["products", "blocks"])
@pytest.mark.parametrize("library", ["numpy", "torch", "torch-grad"])
@pytest.mark.parametrize("name", CUTS)
@pytest.mark.parametrize("C", [10, 33, 40])
def test_the_emd_takes_them_too(name: str, C: int, library: str, numbers: int) -> None:
    (p, t), pair, form = draw.pairs(C, "float64"), ground_pair(name, C), precision("float64")
    times, backend = -(-numbers // p.size), next(b for b in BACKENDS if b.name == library)
    arrays = repeated(p, times), repeated(t, times)
    EMD, g = backend(emd_value_and_grad, *arrays, ground=pair.ours)
    with standard_only():
        plain = emd(*arrays, ground=pair.ours)
    for i, row in enumerate(exact.emd_pairs(pair.oracle, C, "float64", form, "scan")):
        rows = slice(i, None, len(p))
        assert_within(
            f"emd {name}", [EMD[i], EMD[rows].min(), EMD[rows].max()], 3 * [row.value], 3 * [row.value_bound], form
        )
        assert np.abs(EMD[rows] - plain[rows]).max() <= form.output(row.value_bound, row.value)
        for gradient in np.unique(g[rows], axis=0) if row.gap_bound is not None else ():
            assert_subgradient(f"emd_grad {name}", gradient, p[i], t[i], pair.oracle, row.gap_bound, form)
