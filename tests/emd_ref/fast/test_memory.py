"""Memory: what value and gradient allocate, how often they go over it, and when they wait for a device."""

import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import array_api_strict
import numpy as np
import pytest

from emd_ref import squared_emd_value_and_grad

MEGABYTE = 2**20


def distributions(shape: tuple[int, int], dtype: str, rng: np.random.Generator) -> np.ndarray:
    x = rng.random(shape)
    x /= x.sum(axis=1, keepdims=True)
    return x.astype(dtype)


def peak_beyond_results(call: Callable[[], tuple[np.ndarray, np.ndarray]]) -> int:
    """Bytes that were allocated at once, those of the results taken off."""
    tracemalloc.start()
    try:
        results = call()
        return tracemalloc.get_traced_memory()[1] - sum(x.nbytes for x in results)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1_000_000, 10), (10_000, 1000), (20, 100_000)], ids=str)
def test_little_memory_is_needed_beyond_the_results(
    shape: tuple[int, int], dtype: str, rng: np.random.Generator
) -> None:
    p, t = distributions(shape, dtype, rng), distributions(shape, dtype, rng)
    labels = rng.integers(0, shape[1], shape[0])
    for target in (t, labels):
        assert peak_beyond_results(lambda target=target: squared_emd_value_and_grad(p, target)) <= 16 * MEGABYTE


def test_arrays_of_the_whole_batch_would_be_seen(rng: np.random.Generator) -> None:
    p, t = distributions((1_000_000, 10), "float32", rng), distributions((1_000_000, 10), "float32", rng)

    def whole() -> tuple[np.ndarray, np.ndarray]:
        D = np.cumsum(p - t, axis=1)
        return (D * D).sum(axis=1), 2 * np.cumsum(D[:, ::-1], axis=1)[:, ::-1]

    # at its peak D, and the cumulative sum before it is doubled, stand beside the result: 2 x 40 MB
    assert peak_beyond_results(whole) > 64 * MEGABYTE


class Counted:
    """An array of array-api-strict that counts what is done with it, as a library of which emd_ref knows nothing.

    CuPy's arrays take the same way: all rows at once, since emd_ref cannot tell what a block would gain there.
    """

    def __init__(self, array: Any, namespace: "Namespace") -> None:
        self.array, self.namespace = array, namespace

    def __array_namespace__(self, api_version: str | None = None) -> "Namespace":
        return self.namespace

    def __getattr__(self, name: str) -> Any:
        return self.namespace.watched(name, getattr(self.array, name))

    def __getitem__(self, key: Any) -> "Counted":
        return Counted(self.array[key], self.namespace)  # a view, by the keys that are used here


def _operator(name: str) -> Callable[..., Any]:
    def method(self: Counted, *others: Any) -> Any:
        return self.namespace.watched(name, getattr(type(self.array), name))(self, *others)

    return method


def _read(name: str) -> Callable[..., Any]:
    def method(self: Counted, *arguments: Any) -> Any:
        self.namespace.reads.append(name)
        return getattr(self.array, name)(*arguments)

    return method


ARITHMETIC = [
    f"__{prefix}{name}__"
    for name in ("add", "sub", "mul", "truediv", "matmul", "pow", "and", "or")
    for prefix in ("", "r", "i")
]
COMPARISONS = [f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge", "neg", "abs", "invert")]
READS = ["__bool__", "__float__", "__int__", "__index__", "__complex__", "__array__", "__iter__"]
for _name in ARITHMETIC + COMPARISONS:
    setattr(Counted, _name, _operator(_name))
for _name in READS:
    setattr(Counted, _name, _read(_name))


class Namespace:
    """The functions of array-api-strict: counts calls that read or write an array of a shape, and reads by the host."""

    VIEWS = frozenset({"flip", "reshape", "permute_dims", "expand_dims", "squeeze", "broadcast_to"})

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.passes: Counter[str] = Counter()
        self.reads: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return self.watched(name, getattr(array_api_strict, name))

    def wrap(self, x: np.ndarray) -> Counted:
        return Counted(array_api_strict.asarray(x), self)

    def watched(self, name: str, function: Any) -> Any:
        """The function with its calls counted; what is not a function is handed on."""
        if isinstance(function, array_api_strict.asarray(0).__class__):
            return Counted(function, self)
        if isinstance(function, type) or not callable(function):
            return function

        def call(*arguments: Any, **options: Any) -> Any:
            given = [x.array if isinstance(x, Counted) else x for x in arguments]
            result = function(*given, **options)
            touched = [x for x in (*given, result) if getattr(x, "shape", None) == self.shape]
            same = name == "astype" and result is given[0]
            if touched and name not in self.VIEWS and not same:
                self.passes[name.strip("_")] += 1
            return Counted(result, self) if hasattr(result, "__array_namespace__") else result

        return call


SHAPE = (7, 5)


def counted(dtype: str, rng: np.random.Generator, soft: bool = True, **options: Any) -> Namespace:
    xp, p = Namespace(SHAPE), distributions(SHAPE, dtype, rng)
    t = distributions(SHAPE, dtype, rng) if soft else rng.integers(0, SHAPE[1], SHAPE[0])
    value, gradient = squared_emd_value_and_grad(xp.wrap(p), xp.wrap(t), **options)
    passes, reads = xp.passes.copy(), list(xp.reads)
    expected = squared_emd_value_and_grad(p, t, **options)
    for got, right in zip((value, gradient), expected, strict=True):
        assert np.array_equal(np.asarray(got.array), right)  # small batches are scanned in both: to the last bit
    xp.passes, xp.reads = passes, reads
    return xp


def test_a_library_without_blocks_goes_over_its_arrays_six_times(rng: np.random.Generator) -> None:
    # p - t; its cumulative sum D; D D; its sum; the sums of D from behind; twice them
    passes = counted("float64", rng, check=False).passes
    assert passes == {"sub": 1, "cumulative_sum": 2, "mul": 1, "rmul": 1, "sum": 1}


def test_narrow_arrays_are_widened_and_the_gradient_rounded(rng: np.random.Generator) -> None:
    wide, narrow = (counted(dtype, rng, check=False).passes for dtype in ("float64", "float32"))
    assert narrow - wide == {"astype": 3}  # p, t and g
    assert narrow.total() == 9


@pytest.mark.parametrize("soft", [True, False], ids=["distributions", "labels"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nothing_waits_for_a_device_without_checks(dtype: str, soft: bool, rng: np.random.Generator) -> None:
    for from_logits in (False, True):
        assert counted(dtype, rng, soft, check=False, from_logits=from_logits).reads == []


@pytest.mark.parametrize("soft", [True, False], ids=["distributions", "labels"])
def test_checks_wait_once_and_once_more_for_labels(soft: bool, rng: np.random.Generator) -> None:
    for from_logits in (False, True):
        assert counted("float64", rng, soft, from_logits=from_logits).reads == ["__bool__"] * (1 if soft else 2)


def test_a_read_by_the_host_would_be_seen(rng: np.random.Generator) -> None:
    xp = Namespace(SHAPE)
    x = xp.wrap(distributions(SHAPE, "float64", rng))
    float(xp.sum(x))
    np.asarray(x)
    assert xp.reads[0] == "__float__"
    assert "__array__" in xp.reads
