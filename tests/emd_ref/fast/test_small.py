"""Small NumPy arrays: the results of the short path, and the calls that it leaves to the general code."""

import math
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import accumulate

import numpy as np
import pytest

from emd_ref import Ordered, squared_emd, squared_emd_grad, squared_emd_value_and_grad

DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])
P, T = [0.5, 0.25, 0.25], [0.0, 0.5, 0.5]  # d = .5 -.25 -.25, D = .5 .25 0
CIRCULANT = [P, [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]]  # rows and columns sum to 1


@DTYPES
def test_value_and_gradient_by_hand(dtype: str) -> None:
    p, t = np.asarray([P, T], dtype), np.asarray([T, T], dtype)
    E, g = squared_emd_value_and_grad(p, t)
    assert E.dtype == g.dtype == dtype
    assert E.tolist() == squared_emd(p, t).tolist() == [0.3125, 0.0]
    assert g.tolist() == squared_emd_grad(p, t).tolist() == [[1.5, 0.5, 0.0], [0.0, 0.0, 0.0]]


@DTYPES
def test_other_axes_positions_and_logits_take_the_general_code(dtype: str) -> None:
    p, t = np.asarray(CIRCULANT, dtype), np.asarray([[1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype)
    by_column = squared_emd_grad(p, t, axis=0)  # columns of p are .5 .25 .25, .25 .5 .25 and .25 .25 .5
    assert by_column.tolist() == [[-1.5, 0.0, 1.5], [-0.5, -0.5, 1.0], [0.0, 0.0, 0.0]]
    assert squared_emd(np.asarray(P, dtype), np.asarray(T, dtype), ground=Ordered([0, 4, 5])) == 4 * 0.25 + 0.0625
    z, equal = np.asarray([0.0, 1.0], dtype), np.asarray([1.0, 0.0], dtype)
    expected = (1 / (1 + math.e) - 1) ** 2
    assert squared_emd(z, equal, from_logits=True) == pytest.approx(expected, rel=1e-6)


@DTYPES
@pytest.mark.parametrize("place", [0, 1], ids=["predicted", "target"])
@pytest.mark.parametrize(
    "wrong", [[1.5, -0.5, 0.0], [math.nan, 0.5, 0.5], [0.5, math.nan, 0.5], [0.5, 0.25, 0.125], [0.5, 0.5, 0.125]]
)
def test_an_invalid_number_is_refused_in_any_row(wrong: list[float], place: int, dtype: str) -> None:
    arguments = [np.asarray([P, T], dtype), np.asarray([T, P], dtype)]
    for row in (0, 1):
        bad = arguments.copy()
        bad[place] = bad[place].copy()
        bad[place][row] = wrong
        with pytest.raises(ValueError, match=rf"`{('predicted', 'target')[place]}`\[{row}"):
            squared_emd(*bad)


@pytest.mark.filterwarnings("error")
def test_a_value_beyond_float32_is_infinite_without_a_warning() -> None:
    huge, t, state = np.asarray([1e38, 1e38, 0.0], np.float32), np.asarray(T, np.float32), np.geterr()
    E, g = squared_emd_value_and_grad(huge, t, check=False)
    assert E == math.inf
    assert g[0] == math.inf
    assert np.geterr() == state


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("state", ["ignore", "raise"])
def test_it_warns_of_nothing_whatever_error_state_numpy_has(state: str) -> None:
    infinite = np.asarray([math.inf, 0.0, 0.0], np.float32)
    with np.errstate(all=state):  # type: ignore[call-overload]
        assert math.isnan(squared_emd(infinite, infinite, check=False))
        assert squared_emd(np.asarray([1e-40, 1.0, 0.0], np.float32), np.asarray(T, np.float32), check=True) > 0


def test_float64_results_are_those_of_the_general_code_bit_for_bit(rng: np.random.Generator) -> None:
    for C in (1, 2, 10, 40):
        p, t = rng.dirichlet(np.ones(C), (2, 5))
        short, general = (squared_emd_value_and_grad(p, t, mass_tolerance=tolerance) for tolerance in (None, 1e-9))
        for x, y in zip(short, general, strict=True):
            np.testing.assert_array_equal(x, y)


def test_calls_of_several_threads_do_not_disturb_each_other() -> None:
    p, t = np.asarray(P, np.float32), np.asarray(T, np.float32)

    def call(_: int) -> list[float]:
        return [float(squared_emd(p, t, check=False)) for _ in range(500)]

    with ThreadPoolExecutor(4) as pool:
        assert {E for results in pool.map(call, range(8)) for E in results} == {0.3125}


@pytest.mark.parametrize("C", [2, 10, 32, 33, 100])
def test_float32_is_the_exact_result_rounded_once(C: int, rng: np.random.Generator) -> None:
    p, t = rng.dirichlet(np.ones(C), (2, 3)).astype(np.float32)
    d = [
        [Fraction(float(x)) - Fraction(float(y)) for x, y in zip(*rows, strict=True)] for rows in zip(p, t, strict=True)
    ]
    D = [list(accumulate(row)) for row in d]
    E, g = squared_emd_value_and_grad(p, t)
    assert E.tolist() == [np.float32(float(sum(x * x for x in row))) for row in D]
    assert g.tolist() == [[np.float32(float(2 * sum(row[j:]))) for j in range(C)] for row in D]
