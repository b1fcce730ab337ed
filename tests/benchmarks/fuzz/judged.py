"""What clause 8 allows of the outcome of a call, and whether the numbers are right."""

from dataclasses import replace
from typing import Any

import numpy as np
from benchmarks.fuzz.calls import Call
from emd_conformance import assert_right, exact
from support.backends import NUMPY, Backend

import emd_ref

# On dask, what is not mapped over blocks: its threads compute it, where the error state of NumPy is the default.
UNMAPPED = "ranked_probability_score", "ranked_probability_skill_score", "ClassCentroids"


def outcome(way: Backend, call: Call) -> str:
    """Return "returned", or the kind of the error; raise AssertionError for what clause 8 does not allow."""
    quiet = way.module == "dask" and call.quantity not in (
        "E",
        "W1",
    )  # computes blocks in threads of its own, where NumPy's error state is the default
    try:
        with np.errstate(all="ignore" if quiet else "raise"):
            answer = way(call.function, *call.args, **call.options)
    except (ValueError, TypeError) as error:
        if "`" not in str(error):
            raise AssertionError(f"the message names no argument: {error}") from error
        return type(error).__name__
    p, parts = call.args[0], answer if isinstance(answer, tuple) else (answer,)
    unlimited = call.options.get("check") is False or call.options.get("mass_tolerance") is not None
    for part in map(np.asarray, parts):
        if part.dtype.kind == "f":  # a label that is decoded is an integer
            wanted = np.dtype("float64") if call.wide else p.dtype
            assert part.dtype == wanted, f"dtype {part.dtype} for {wanted}"
        assert not call.finite or unlimited or not way.checks_values or np.isfinite(part).all(), "not finite"
    if isinstance(answer, tuple) or call.name.endswith("grad"):
        assert parts[-1].shape == p.shape, f"a gradient of shape {parts[-1].shape} for {p.shape}"
    return "returned"


def can_be_made(way: Backend, call: Call) -> bool:
    """Whether the library has arrays of these dtypes and shapes.

    JAX compiles for nothing else than arrays, and nothing whose answer is an array of NumPy.
    """
    if way.name == "jax-jit" and (call.wide or not all(isinstance(x, np.ndarray) for x in call.args)):
        return False
    try:
        replace(way, call=lambda function, *arrays: np.empty(0), to_numpy=lambda x: x)(None, *call.args)
    except Exception:
        return False
    return True


def is_valid(way: Backend, call: Call) -> bool:
    """Whether exact arithmetic knows the answer: the arguments are valid, and the formula has no linear programme."""
    ground = call.options.get("ground")
    if call.quantity is None or call.options.get("check", True) is not True:
        return False
    if call.quantity == "W1" and isinstance(ground, emd_ref.GroundDistance):
        return False  # rounded masses differ, and a linear programme has no exact answer for them
    return way.checks_values or not outcome(NUMPY, call).endswith("Error")


def compare(way: Backend, call: Call) -> None:
    """Raise AssertionError unless the answer is right, within the bound of clause 7.3."""
    p, t, *_ = call.args
    options = call.options
    axis = int(options.get("axis", -1))
    answer = way(call.function, *call.args, **options)
    value, gradient = answer if isinstance(answer, tuple) else (answer, None)
    if call.name.endswith("_grad") and gradient is None:
        value, gradient = None, value
    assert_right(
        value,
        p,
        t,
        quantity=call.quantity or "",
        gradient=gradient,
        ground=in_exact_terms(options.get("ground", emd_ref.Ordered()), p.shape[axis]),
        from_logits=bool(options["from_logits"]),
        axis=axis,
        reduction=options.get("reduction", "none"),
        exponent=float(options.get("exponent", 1.0)),
        bias=float(options.get("bias", 0.0)),
        weight=float(options.get("emd_weight", 1.0)),
    )


def in_exact_terms(given: Any, C: int) -> Any:
    """The ground distance for exact arithmetic."""
    match given:
        case emd_ref.Ordered():
            return exact.Line(None if given.positions is None else tuple(map(float, given.positions)))
        case emd_ref.Circular():
            return exact.Circle()
        case emd_ref.Tree():
            return exact.Tree(tuple(given.parents), tuple(map(float, given.lengths)))
        case emd_ref.GroundDistance():
            return exact.Matrix(tuple(tuple(map(float, row)) for row in np.asarray(given.distances)))
    raise TypeError(f"{given!r} has no exact form")
