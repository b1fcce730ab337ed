"""Rows that NumPy shows to be right, so that exact fractions decide only about the others.

The format is `numpy.longdouble` for float64, and float64 for narrower answers. Where longdouble is no wider than
float64 the filter is as rigorous, and passes fewer rows.
"""

from collections.abc import Callable

from emd_conformance._exact.grounds import Line, Matrix
from emd_conformance._right.arrays import numpy
from emd_conformance._right.computed import (
    LARGEST,
    LEAST,
    Array,
    Computed,
    Cuts,
    Distances,
    Format,
    Samples,
    chained,
    cross_entropy,
    cross_entropy_of_logits,
    of_logits,
    of_probabilities,
    projected,
)
from emd_conformance._right.samples import Question

CHUNK = 2**17  # numbers: intermediate arrays of more would not stay in a cache


def excess(question: Question, received: Array, gradients: bool) -> Array:
    """Return how many of the least bounds each row is off, at most 1 if it is certainly right; NaN if it is unclear.

    `received` has shape (N,), or (N, C) for gradients; those of a mean are multiplied by N.
    """
    np, N = numpy(), len(question.predicted)
    times = N if gradients and question.declared.reduction == "mean" else 1
    compute = _computation(question, gradients)
    off = np.full(N, np.nan)
    if compute is None:
        return off
    step = max(1, CHUNK // question.predicted.classes)
    with np.errstate(all="ignore"):
        for first in range(0, N, step):
            block = slice(first, first + step)
            off[block] = _off(question, received[block], compute(block), gradients, times)
    return off


def reduced(question: Question, received: float) -> float:
    """Return the same of the mean or sum of all values."""
    np, N = numpy(), len(question.predicted)
    compute = _computation(question, gradients=False)
    if compute is None or N == 0:
        return float("nan")
    step = max(1, CHUNK // question.predicted.classes)
    with np.errstate(all="ignore"):
        parts = [compute(slice(first, first + step)) for first in range(0, N, step)]
        x, error, bound = (np.concatenate([getattr(part, name) for part in parts]) for name in ("x", "error", "bound"))
        v, times = _format(question).v, N if question.declared.reduction == "mean" else 1
        off = (2 * N + 16) * v * (abs(x) + error).sum()
        total = Computed(x.sum() / times, (error.sum() + off) / times, bound.sum() / times * LEAST)
        return float(_off(question, np.array([received]), total, gradients=False)[0])


def _off(question: Question, received: Array, computed: Computed, gradients: bool, times: int = 1) -> Array:
    """Return |y - x| over what remains of the bound, and of the rounding of an answer, when the error is taken off."""
    np, precision, form = numpy(), question.declared.precision, _format(question)
    y = received.astype(form.dtype) * times
    slack = 2 * form.v * abs(y)
    if gradients and not question.from_logits:
        slack = (2 * y.shape[-1] + 12) * form.v * abs(y).max(-1, keepdims=True)
        y = y - y.mean(-1, keepdims=True)
    rounding = np.maximum(precision.output_unit * (abs(computed.x) - computed.error) * LEAST, precision.least / 2)
    room = computed.bound + rounding - computed.error - slack
    difference = abs(y - computed.x)
    off = np.where(
        difference <= room, difference / np.where(room > 0, room, 1), np.where(room > 0, difference / room, np.nan)
    )
    off = np.where(np.isinf(computed.x) & (y == computed.x), 0.0, off)
    return off.max(-1) if gradients else off


def _format(question: Question) -> Format:
    np, u = numpy(), question.declared.precision.unit
    wide = np.finfo(np.longdouble)
    if u < 2.0**-52 and wide.nmant in (63, 112):
        return Format(np.longdouble, float(wide.eps) / 2, u)
    return Format(np.float64, 2.0**-53, u)


def _computation(question: Question, gradients: bool) -> Callable[[slice], Computed] | None:
    """Return the computation of a block of rows; None where there is none, and all rows are decided exactly."""
    name, C, form = question.declared.computes, question.predicted.classes, _format(question)
    if question.predicted.array is None or C * form.v >= 2.0**-21:
        return None
    if name == "XE" and not gradients:
        return lambda block: _cross_entropy(question, block, form)
    ground = _ground(question, form) if name in ("E", "W1") else None
    if name == "W1" and not gradients and isinstance(ground, Cuts):
        return lambda block: ground.emd(_samples(question, block, form))
    if name != "E" or ground is None or (isinstance(ground, Distances) and question.from_logits):
        return None
    if gradients:
        return lambda block: _gradient(question, ground, block, form)
    return lambda block: ground.energy(_samples(question, block, form))


def _ground(question: Question, form: Format) -> Cuts | Distances | None:
    """Return the ground distance, unless it has too large a matrix."""
    ground, C = question.ground, question.predicted.classes
    if isinstance(ground, Matrix):
        return Distances(ground, C, form) if C * C <= LARGEST else None
    return Cuts(ground, C, form) if isinstance(ground, Line) or C * len(ground.weights(C)) <= LARGEST else None


def _cross_entropy(question: Question, block: slice, form: Format) -> Computed:
    samples = _samples(question, block, form)
    if not question.from_logits:
        return cross_entropy(samples, form)
    return cross_entropy_of_logits(question.predicted.array[block].astype(form.dtype), samples, form)


def _gradient(question: Question, ground: Cuts | Distances, block: slice, form: Format) -> Computed:
    samples = _samples(question, block, form)
    g = ground.gradient(samples)
    return chained(g, samples, form) if question.from_logits else projected(g, question.predicted.classes, form.v)


def _samples(question: Question, block: slice, form: Format) -> Samples:
    x = question.predicted.array[block].astype(form.dtype)
    if isinstance(question.target, list):
        t = numpy().zeros_like(x)
        t[numpy().arange(len(x)), question.target[block]] = 1
    else:
        t = question.target.array[block].astype(form.dtype)
    return of_logits(x, t, form) if question.from_logits else of_probabilities(x, t)
