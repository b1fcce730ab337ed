"""Validation in blocks of rows: on a line, the formula's own D_C shows whether the sum of a prediction is 1."""

import math
from typing import Any

import numpy as np
import pytest
from support.backends import BACKENDS, running

from emd_ref import Circular, Ordered, emd, squared_emd, squared_emd_value_and_grad
from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options
from emd_ref._fast.blocks import BLOCK, can_share_sums, with_shared_sums
from emd_ref._fast.operations import operations

N, C, ROW = 40_000, 8, 31_234  # eighths have exact sums
GROUNDS = pytest.mark.parametrize("ground", [Ordered(), Ordered(range(0, 16, 2)), Circular()], ids=repr)
LOSSES = pytest.mark.parametrize("loss", [emd, squared_emd])
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def uniform(dtype: str = "float64") -> np.ndarray[Any, Any]:
    x = np.full((N, C), 0.125, dtype)
    assert x.size >= 2 * BLOCK
    return x


@LOSSES
@GROUNDS
@DTYPES
@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("wrong", [-0.125, -1e-30, math.nan, math.inf, -math.inf, 0.25, 0.0])
@pytest.mark.parametrize("k", [2, 6])
def test_an_invalid_prediction_is_named_by_its_place(
    loss: Any, ground: Any, dtype: str, soft: bool, wrong: float, k: int
) -> None:
    p, t = uniform(dtype), uniform(dtype) if soft else np.zeros(N, np.int64)
    p[ROW, k] = wrong
    with pytest.raises(ValueError, match=rf"`predicted`\[{ROW}, [{k}:]\]"):
        loss(p, t, ground=ground)


@LOSSES
@GROUNDS
@DTYPES
@pytest.mark.parametrize("wrong", [-0.125, -1e-30, math.nan, math.inf, 0.25, 0.0])
def test_an_invalid_target_is_named_by_its_place(loss: Any, ground: Any, dtype: str, wrong: float) -> None:
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
def test_each_side_has_the_tolerance_of_its_own_dtype(ground: Any) -> None:
    off = uniform()
    off[ROW, 0] += 2.0**-23
    assert squared_emd(off.astype("float32"), uniform(), ground=ground)[ROW] > 0
    with pytest.raises(ValueError, match=rf"`target`\[{ROW}, :\]"):
        squared_emd(uniform("float32"), off, ground=ground)


@pytest.mark.parametrize("name", ["numpy", "numpy-strided", "torch", "torch-grad", "jax", "array-api-strict"])
def test_an_invalid_value_in_a_late_row_is_named_by_its_place_in_every_library(name: str) -> None:
    p = uniform()
    negative, heavy = p.copy(), p.copy()
    negative[ROW, 2], heavy[ROW, 2] = -0.5, 0.375
    with running(next(b for b in BACKENDS if b.name == name)) as backend:
        with pytest.raises(ValueError, match=rf"`predicted`\[{ROW}, 2\] is -0.5"):
            backend(squared_emd, negative, p)
        with pytest.raises(ValueError, match=rf"`predicted`\[{ROW}, :\] sums to 1.25"):
            backend(squared_emd, heavy, p)
        with pytest.raises(ValueError, match=rf"`target`\[{ROW}\] is 8"):
            backend(squared_emd, p, np.where(np.arange(N) == ROW, C, 0))


@DTYPES
@pytest.mark.parametrize("wrong", [-0.125, math.nan, math.inf, 0.25])
def test_the_same_error_on_both_sides_is_refused(dtype: str, wrong: float) -> None:
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
def test_validation_changes_no_bit(ground: Any, dtype: str, rng: np.random.Generator) -> None:
    p, t = rng.dirichlet(np.ones(C), (2, N)).astype(dtype)
    for target in (t, rng.integers(0, C, N)):
        checked = squared_emd_value_and_grad(p, target, ground=ground)
        unchecked = squared_emd_value_and_grad(p, target, ground=ground, check=False)
        for x, y in zip(checked, unchecked, strict=True):
            np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(("classes", "rows"), [(1000, 196), (4095, 33), (32_760, 5)])
def test_a_wrong_sum_is_refused_in_the_last_block_and_in_the_first(classes: int, rows: int) -> None:
    """Numbers so small that each is lost when it is added to the others one by one, as in the last, short block."""
    p = np.zeros((rows, classes))
    p[:, 0] = 1.0
    t = p.copy()
    p[-1] = 0.45 * 2.0**-53 / (1 if classes < 5000 else 8)
    p[-1, 0] = p[-1, -1] = 0.5
    t[-1, 0], t[-1, -1] = 0.0, 1.0
    assert math.fsum(p[-1]) - 1 > 1.25 * (4 + 8 * math.sqrt(classes)) * 2.0**-53
    for moved in (0, 1):
        row = (rows - 1 + moved) % rows
        for target in (t, t.argmax(axis=1)):
            with pytest.raises(ValueError, match=rf"`predicted`\[{row}, :\] sums to 1.0000"):
                squared_emd(np.roll(p, moved, axis=0), np.roll(target, moved, axis=0))


def test_infinity_is_refused_whatever_the_tolerance() -> None:
    for rows in (slice(ROW, ROW + 1), slice(None)):
        p, t = uniform()[rows], uniform()[rows]
        p[-1, 3] = math.inf
        with pytest.raises(ValueError, match=rf"`predicted`\[{len(p) - 1}, 3\] is inf"):
            squared_emd(p, t, mass_tolerance=math.inf)


@pytest.mark.parametrize("rows", [2, N])
@pytest.mark.parametrize("wrong", [(1e308, 1e308), (math.inf, -math.inf)], ids=["overflow", "invalid"])
def test_invalid_values_raise_errors_in_words_whatever_error_state_numpy_has(
    rows: int, wrong: tuple[float, ...]
) -> None:
    p = uniform()[:rows]
    p[1, 3:5] = wrong
    with np.errstate(all="raise"):
        for pair, name in (((p, uniform()[:rows]), "predicted"), ((uniform()[:rows], p), "target")):
            with pytest.raises(ValueError, match=rf"`{name}`\[1, [3:]\]"):
                squared_emd(*pair)


def test_one_sample_gives_a_numpy_scalar_whatever_its_size() -> None:
    for classes in (10, 200_000):
        assert type(squared_emd(np.full(classes, 1 / classes), 0)) is np.float64


class WithoutPlainChecks(Arguments):
    """Arguments whose values only the shared sums judge."""

    def validate_values(self, *arrays: Any) -> None:
        """Accept everything."""


def shared_sums(p: np.ndarray[Any, Any], t: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """The D_k, where they show that the values are valid."""
    arguments = WithoutPlainChecks(p, t, Options(), operations)
    return with_shared_sums(arguments, arguments.some(p, t, check=False), p, t).cut_sums


@DTYPES
def test_sums_that_are_clearly_right_are_shared_with_the_formula(dtype: str) -> None:
    p = uniform(dtype)
    assert can_share_sums(Arguments(p, p, Options()))
    assert shared_sums(p, p) is not None
    wide = np.full((N, 24), 1 / 24, dtype)  # in float64 D_C of 24 classes may be rounded by half the tolerance
    assert can_share_sums(Arguments(wide, wide, Options())) is (dtype == "float32")


def test_half_of_the_tolerance_is_left_to_rounding() -> None:
    """17 classes, D_C computed from 24 u to 39 u in any order, and the exact excess 38.85 u: tolerance 36.98 u."""
    u = 2.0**-53
    p = np.zeros((N, 17))
    p[:, 0] = 1.0
    t = p.copy()
    p[ROW], t[ROW] = 0.99 * u, np.eye(17)[-1]
    p[ROW, 0], p[ROW, -1] = 1 + 24 * u, 0.0
    assert shared_sums(p, t) is None
    p[ROW, 0] = 1 + 2 * u
    assert shared_sums(p, t) is not None
