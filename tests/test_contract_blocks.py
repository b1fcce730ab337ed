"""The input contract in blocks of rows, where the sum of a prediction is read from the formula's own D_C."""

import math
from typing import Any

import numpy as np
import pytest

from emd_ref import Circular, Ordered, emd, squared_emd, squared_emd_value_and_grad
from emd_ref._arrays import in_blocks

pytestmark = pytest.mark.filterwarnings("error")

N, C, ROW = 40_000, 8, 31_234  # eighths have exact sums
GROUNDS = pytest.mark.parametrize("ground", [Ordered(), Ordered(range(0, 16, 2)), Circular()], ids=repr)
LOSSES = pytest.mark.parametrize("loss", [emd, squared_emd])
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def uniform(dtype: str = "float64") -> np.ndarray[Any, Any]:
    x = np.full((N, C), 0.125, dtype)
    assert in_blocks(x)
    return x


@LOSSES
@GROUNDS
@DTYPES
@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("wrong", [-0.125, -1e-30, math.nan, math.inf, -math.inf, 0.25, 0.0])
@pytest.mark.parametrize("k", [2, 6])
def test_a_wrong_prediction_is_named(loss: Any, ground: Any, dtype: str, soft: bool, wrong: float, k: int) -> None:
    p, t = uniform(dtype), uniform(dtype) if soft else np.zeros(N, np.int64)
    p[ROW, k] = wrong
    with pytest.raises(ValueError, match=rf"`predicted`\[{ROW}, [{k}:]\]"):
        loss(p, t, ground=ground)


@LOSSES
@GROUNDS
@DTYPES
@pytest.mark.parametrize("wrong", [-0.125, -1e-30, math.nan, math.inf, 0.25, 0.0])
def test_a_wrong_target_is_named(loss: Any, ground: Any, dtype: str, wrong: float) -> None:
    p, t = uniform(dtype), uniform(dtype)
    t[ROW, 3] = wrong
    with pytest.raises(ValueError, match=rf"`target`\[{ROW}, [3:]\]"):
        loss(p, t, ground=ground)


@GROUNDS
@DTYPES
def test_a_negative_number_is_named_where_the_sum_is_right(ground: Any, dtype: str) -> None:
    p, t = uniform(dtype), uniform(dtype)
    p[ROW, 3:5] = -0.125, 0.375
    with pytest.raises(ValueError, match=rf"`predicted`\[{ROW}, 3\] is -0.125"):
        squared_emd(p, t, ground=ground)
    with pytest.raises(ValueError, match=rf"`target`\[{ROW}, 3\] is -0.125"):
        squared_emd(t, p, ground=ground)


@GROUNDS
def test_each_side_is_held_to_the_precision_of_its_own_dtype(ground: Any) -> None:
    off = uniform()
    off[ROW, 0] += 2.0**-23
    assert squared_emd(off.astype("float32"), uniform(), ground=ground)[ROW] > 0
    with pytest.raises(ValueError, match=rf"`target`\[{ROW}, :\]"):
        squared_emd(uniform("float32"), off, ground=ground)


@DTYPES
@pytest.mark.parametrize("wrong", [-0.125, math.nan, math.inf, 0.25])
def test_what_is_wrong_alike_on_both_sides_is_refused(dtype: str, wrong: float) -> None:
    p = uniform(dtype)
    p[ROW, 3] = wrong  # d is 0 or NaN: D_C tells nothing
    with pytest.raises(ValueError, match=rf"`predicted`\[{ROW}, [3:]\]"):
        squared_emd(p, p.copy())


@pytest.mark.parametrize(
    ("of_p", "of_t", "refused"),
    [
        (0.25, 0.25, None),
        (0.25, -0.25, None),
        (0.1875, 0.0, None),
        (0.375, 0.0, "predicted"),
        (0.375, 0.25, "predicted"),
        (-0.375, -0.25, "predicted"),
        (0.0, 0.375, "target"),
        (0.25, 0.375, "target"),
    ],
)
def test_both_sums_may_be_off_by_the_whole_tolerance_and_no_more(of_p: float, of_t: float, refused: str | None) -> None:
    p, t = uniform(), uniform()
    p[ROW, 0] += of_p if of_p > 0 else 0.0
    p[ROW, :4] += of_p / 4 if of_p < 0 else 0.0
    t[ROW, 0] += of_t if of_t > 0 else 0.0
    t[ROW, :4] += of_t / 4 if of_t < 0 else 0.0
    if refused is None:
        assert squared_emd(p, t, mass_tolerance=0.25)[ROW] > 0 or of_p == of_t
    else:
        with pytest.raises(ValueError, match=rf"`{refused}`\[{ROW}, :\]"):
            squared_emd(p, t, mass_tolerance=0.25)


@GROUNDS
@DTYPES
def test_the_look_changes_no_bit(ground: Any, dtype: str, rng: np.random.Generator) -> None:
    p, t = rng.dirichlet(np.ones(C), (2, N)).astype(dtype)
    for target in (t, rng.integers(0, C, N)):
        checked = squared_emd_value_and_grad(p, target, ground=ground)
        unchecked = squared_emd_value_and_grad(p, target, ground=ground, check=False)
        for x, y in zip(checked, unchecked, strict=True):
            np.testing.assert_array_equal(x, y)
