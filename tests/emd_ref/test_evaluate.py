"""The plain way to a result: how often it goes over its arrays, and when it waits for a device."""

import contextlib
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.counted import Namespace

import emd_ref
from emd_ref import squared_emd_value_and_grad
from emd_ref._formulas.batch import Batch

SHAPE = (7, 5)


def counted(dtype: str, rng: np.random.Generator, soft: bool = True, **options: Any) -> Namespace:
    xp, p = Namespace(SHAPE), rng.dirichlet(np.ones(SHAPE[1]), SHAPE[0]).astype(dtype)
    t = rng.dirichlet(np.ones(SHAPE[1]), SHAPE[0]).astype(dtype) if soft else rng.integers(0, SHAPE[1], SHAPE[0])
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
    x = xp.wrap(rng.dirichlet(np.ones(SHAPE[1]), SHAPE[0]))
    float(xp.sum(x))
    with contextlib.suppress(TypeError):  # array-api-strict refuses it under NumPy 2.5
        np.asarray(x)
    assert xp.reads[0] == "__float__"
    assert "__array__" in xp.reads


def test_six_functions_stand_between_a_call_and_its_first_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    package, names = Path(emd_ref.__file__).parent, []

    def difference(batch: Batch) -> Any:
        frames = traceback.extract_stack()
        names.extend(frame.name for frame in frames if Path(frame.filename).is_relative_to(package))
        return batch.p - batch.t

    monkeypatch.setattr(Batch, "d", property(difference))
    squared_emd_value_and_grad(np.asarray([0.25, 0.25, 0.5]), 0)
    assert names == ["squared_emd_value_and_grad", "evaluate", "_at_once", "squared_emd", "q"]  # the sixth is `d`
