"""`assert_right`: numbers that another project computed, against exact arithmetic."""

from collections.abc import Callable, Sequence
from math import isinf
from typing import Any, Literal

from emd_conformance._declaration.declaration import Declaration
from emd_conformance._exact.arguments import fitting
from emd_conformance._exact.grounds import LINE, Ground
from emd_conformance._right import arrays, filter, judge
from emd_conformance._right.arrays import Numbers
from emd_conformance._right.judge import Verdict
from emd_conformance._right.samples import Question, read_predicted, read_target

ENOUGH = 500  # rows that are judged exactly before the worst of them is reported, if one is wrong


def assert_right(
    actual: Numbers | None,
    predicted: Numbers,
    target: Numbers,
    *,
    quantity: str = "E",
    gradient: Numbers | None = None,
    ground: Ground = LINE,
    from_logits: bool = False,
    axis: int = -1,
    reduction: Literal["none", "mean", "sum"] = "none",
    exponent: float = 1.0,
    bias: float = 0.0,
    weight: float = 1.0,
) -> None:
    """Raise AssertionError unless numbers are right, within the rounding error bound of clause 7.3.

    The exact answer is that for the numbers as they are given, which are rational. The bound is that for any order of
    summation, computed in the dtype of `predicted`, or in float64 for lists.

    Parameters
    ----------
    actual : array (...), number, list, or None
        The values that were computed, one a sample or reduced. None: only the gradient is judged.
    predicted : array (..., C), or nested lists
        Predicted distributions p, or logits if `from_logits`, of NumPy, PyTorch, JAX, CuPy or another library, in
        float16, bfloat16, float32 or float64.
    target : array (..., C) or integer array (...), or lists
        Target distributions, or labels 0 .. C-1.
    quantity : str
        What was computed: "E" (squared EMD), "W1" (EMD), "XE" (cross-entropy), "R" (penalty), or an expression of them,
        such as "sqrt(E/C)" or "XE + weight*E".
    gradient : array (..., C), optional
        The gradient with respect to `predicted` that was computed, in any convention of 5.4: gradients with respect to
        probabilities are compared less their mean, and that of the EMD by its optimality (3.6).
    ground : exact.Line, exact.Circle, exact.Tree or exact.Matrix
        The ground distance.
    from_logits : bool
        Whether `predicted` holds logits.
    axis : int
        The class axis.
    reduction : "none", "mean" or "sum"
        How the values of all samples were combined.
    exponent, bias, weight : float
        The exponent ω and the bias μ of the penalty, and λ in an expression.

    Raises
    ------
    AssertionError
        If a number is wrong. It shows the worst row: what was got, the exact answer, the bound, and how many bounds
        it is off.
    TypeError, ValueError
        If `predicted` or `target` is invalid (section 8), or an option is not understood.

    Examples
    --------
    >>> assert_right([0.3125], [[0.5, 0.25, 0.25]], [1])
    >>> assert_right(1.25, [[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.0, 1.0]], quantity="W1", reduction="sum")
    Traceback (most recent call last):
        ...
    AssertionError: W1, the sum of 2 rows, is 3.04e+13 error bounds off (7.3)
      got   1.25
      exact 1.0
      bound 8.22e-15, in float64
    """
    __tracebackhide__ = True  # pytest shows the message, not this file
    declared = Declaration(
        input="logits" if from_logits else "probabilities",
        computes=quantity,
        dtype=_dtype(predicted),
        ground=ground.kind,
        reduction=reduction,
        grad=None if gradient is None else "autograd",
    )
    x = read_predicted(predicted, axis, from_logits)
    if (2 * x.classes + 8) * declared.precision.unit >= 0.5:
        raise ValueError(f"the error bound for {x.classes} classes in {x.dtype} is too wide to judge anything (7.3)")
    t = read_target(target, predicted, x, axis)
    asked = Question(declared, x, t, fitting(ground, x.classes), exponent, bias, weight)
    if actual is not None:
        _assert_values(asked, actual)
    if gradient is not None:
        _assert_gradient(asked, gradient, axis, arrays.shape_of(predicted))


def _dtype(predicted: Numbers) -> Any:
    dtype = arrays.dtype_of(predicted)
    if dtype not in arrays.FLOATS:
        raise TypeError(f"`predicted` has dtype {dtype}: it must be one of {', '.join(arrays.FLOATS)}")
    return dtype


def _assert_values(asked: Question, actual: Numbers) -> None:
    __tracebackhide__ = True
    shape, N = () if asked.declared.reduction != "none" else asked.predicted.batch, len(asked.predicted)
    _assert_shape("`actual`", arrays.shape_of(actual), shape)
    received = arrays.numbers(actual, "actual")
    if asked.declared.reduction == "none":
        _assert_rows(
            asked, "", _suspects(asked, received, gradients=False), lambda i: judge.value(asked, i, received[i])
        )
        return
    if arrays.numpy() is not None and filter.reduced(asked, received[0]) <= 1:
        return
    verdict = judge.total(asked, received[0])
    if verdict.off > 1:
        what = f"{asked.declared.computes}, the {asked.declared.reduction} of {N} rows,"
        raise AssertionError(_message(asked, what, verdict))


def _assert_gradient(asked: Question, gradient: Numbers, axis: int, shape: tuple[int, ...]) -> None:
    __tracebackhide__ = True
    _assert_shape("`gradient`", arrays.shape_of(gradient), shape)
    g = arrays.rows(gradient, axis, "gradient")
    suspects = _suspects(asked, g.array, gradients=True)
    _assert_rows(asked, "the gradient of ", suspects, lambda i: judge.gradient(asked, i, g[i]))


def _assert_shape(name: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    __tracebackhide__ = True
    if shape != wanted:
        raise AssertionError(f"{name} has shape {shape}, and must have shape {wanted} (8.1)")


def _suspects(asked: Question, received: Any, gradients: bool) -> Sequence[int]:
    """Return the rows that are not certainly right, those that seem to be the worst first."""
    np = arrays.numpy()
    if np is None:
        return range(len(asked.predicted))
    off = filter.excess(asked, np.asarray(received, "float64"), gradients)
    suspects = np.flatnonzero(~(off <= 1))
    order = np.argsort(-np.nan_to_num(off[suspects], nan=2.0), kind="stable")
    return [int(i) for i in suspects[order]]


def _assert_rows(asked: Question, what: str, suspects: Sequence[int], judged: Callable[[int], Verdict]) -> None:
    __tracebackhide__ = True
    wrong: list[Verdict] = []
    count = 0
    for count, i in enumerate(suspects, 1):
        verdict = judged(i)
        if verdict.off > 1:
            wrong.append(verdict)
        if wrong and count >= ENOUGH:
            break
    if not wrong:
        return
    worst = max(wrong, key=lambda verdict: verdict.off)
    name = f"{what}{asked.declared.computes} of row {worst.row} of {len(asked.predicted)}{worst.place}"
    some = "" if count == len(suspects) else "at least "
    rows = f"{some}{len(wrong)} of {len(asked.predicted)} rows are wrong" if len(asked.predicted) > 1 else ""
    raise AssertionError(_message(asked, name, worst, rows))


def _message(asked: Question, what: str, verdict: Verdict, count: str = "") -> str:
    lines = [
        f"{what} is {_times(verdict.off)} off (7.3)" + (f"; {count}" if count else ""),
        f"  got   {verdict.got!r}",
        f"  exact {verdict.exact!r}",
        f"  bound {verdict.bound:.3g}, in {asked.declared.dtype}",
    ]
    if asked.declared.reduction == "none" or verdict.place:
        rows = {"predicted": asked.predicted[verdict.row], "target": asked.target[verdict.row]}
        lines += [f"  {name:9} {_short(row)}" for name, row in rows.items()]
    return "\n".join(lines)


def _times(off: float) -> str:
    return "more than any multiple of the error bound" if isinf(off) else f"{off:.3g} error bounds"


def _short(x: Any) -> str:
    """Return a label, or the numbers of a row, of which the middle is left out if there are many."""
    if isinstance(x, int):
        return str(x)
    parts = list(map(repr, x))
    return f"[{', '.join(parts if len(parts) <= 12 else [*parts[:6], '...', *parts[-6:]])}]"
