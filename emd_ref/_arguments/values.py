"""What is validated unless `check=False`: the numbers (specification, 8.2 and 8.3).

Each function raises ValueError at the first place that is wrong, and says what stands there and what must. Where a
compiler hides the numbers they do nothing (8.5).
"""

import math
import numbers
import sys
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

from emd_ref._grounds import GroundDistance
from emd_ref._libraries.arrays import first_true
from emd_ref._libraries.kinds import Array, DType, Namespace
from emd_ref._libraries.namespaces import device, namespace, unit_roundoff, wide_dtype
from emd_ref._libraries.tracing import detach, visible_truth


@lru_cache(maxsize=256)
def numpy_mass_tolerance(dtype: DType, num_classes: int) -> float:
    """The default mass tolerance for NumPy arrays; torch.compile cannot trace a function that keeps its results."""
    return default_mass_tolerance(np, dtype, num_classes)


def default_mass_tolerance(xp: Namespace, dtype: DType, num_classes: int) -> float:
    """How far from 1 the rounding of a softmax can bring a sum: 4 u + 8 sqrt(C) min(u, 2^-24)."""
    u = unit_roundoff(xp, dtype)
    return 4 * u + 8 * math.sqrt(num_classes) * min(u, 2.0**-24)


def mass_tolerance(xp: Namespace, x: Array, axis: int, given: float | None) -> float:
    """The mass tolerance for `x`: the one given, or the default for its dtype and number of classes."""
    if given is None:
        if xp is np:
            return numpy_mass_tolerance(x.dtype, x.shape[axis])
        return default_mass_tolerance(xp, x.dtype, x.shape[axis])
    if not (isinstance(given, numbers.Real) and given >= 0):
        raise ValueError(f"`mass_tolerance` is {given!r}: it must be a number of at least 0, or None")
    try:
        return min(float(given), sys.float_info.max)  # an infinite sum is never valid
    except OverflowError:
        return sys.float_info.max


def probabilities(
    xp: Namespace,
    x: Array,
    name: str,
    axis: int,
    tolerance: float,
    *,
    has_mass_tolerance: bool = False,
    has_from_logits: bool = False,
) -> None:
    """Raise ValueError unless every sample, along `axis`, is non-negative and sums to 1.

    The message names those of the options `mass_tolerance` and `from_logits` that the caller has.
    """
    logits = "pass from_logits=True if these are scores before a softmax" if has_from_logits else ""
    finite(xp, x, name)
    not_negative(xp, x, name, f"probabilities must not be negative{logits and f' ({logits})'}")
    mass = xp.sum(x, axis=axis, dtype=wide_dtype(xp, x))
    excess = xp.abs(mass - 1.0)
    if visible_truth(xp.all(excess <= tolerance)) is not False:
        return
    where = first_true(xp, excess > tolerance)
    remedies = _renormalise(xp, x, axis, float(excess[where]), name, has_mass_tolerance)
    if not remedies:
        remedies = f": normalise it first{logits and f' (or {logits})'}"
        remedies += ", or pass mass_tolerance" if has_mass_tolerance else ""
    raise ValueError(
        f"`{name}`{place((*where[:axis], ':', *where[axis:]))} sums to {float(mass[where])!r}: it must sum to 1 within "
        f"{tolerance:.3g}{remedies}"
    )


def _renormalise(xp: Namespace, x: Array, axis: int, excess: float, name: str, has_mass_tolerance: bool) -> str:
    """What helps if float32 was in use before; empty if the excess is larger than its rounding."""
    single = default_mass_tolerance(np, np.dtype(np.float32), x.shape[axis])
    if unit_roundoff(xp, x.dtype) >= 2.0**-24 or excess > single:
        return ""
    ways = f"keep it in float32, renormalise it in {x.dtype}, or pass mass_tolerance={single:.2g}"
    if not has_mass_tolerance:
        ways = f"keep it in float32 or renormalise it in {x.dtype}"
    return f". The excess is of the size of float32 rounding: if `{name}` was computed in float32, {ways}"


def finite(xp: Namespace, x: Array, name: str) -> None:
    """Raise ValueError if `x` holds NaN or infinity."""
    ok = xp.isfinite(x)
    if visible_truth(xp.all(ok)) is False:
        where = first_true(xp, ~ok)
        raise ValueError(f"`{name}`{place(where)} is {float(x[where])!r}: it must be finite")


def logits(xp: Namespace, z: Array, name: str, axis: int) -> None:
    """Raise ValueError if `z` holds NaN or +inf, or a sample, along `axis`, has no finite logit."""
    _refuse(xp, ~xp.isfinite(z) & ~(z < 0), z, name, "a logit must be a finite number, or -inf for a probability of 0")
    empty = xp.all(z == -math.inf, axis=axis)
    if visible_truth(xp.any(empty)):
        where = first_true(xp, empty)
        row = place((*where[:axis], ":", *where[axis:]))
        raise ValueError(f"`{name}`{row} is -inf for every class: at least one logit of a sample must be finite")


def not_negative(xp: Namespace, x: Array, name: str, why: str) -> None:
    """Raise ValueError if `x` holds a negative number."""
    _refuse(xp, x < 0, x, name, why)


def raise_for_labels(xp: Namespace, x: Array, given: Array, name: str, num_classes: int) -> NoReturn:
    """Raise ValueError at the first of the labels `x` that is outside 0 .. C-1.

    `given` are the labels as the caller passed them: a uint64 beyond int64 is negative in `x`.
    """
    where = first_true(xp, (x < 0) | (x >= num_classes))
    raise ValueError(not_a_label(name, int(given[where] if where else given), num_classes, where))


def ground_distance(ground: GroundDistance) -> None:
    """Raise ValueError unless the matrix is finite, non-negative, zero on the diagonal and symmetric."""
    G = detach(ground.distances)
    xp = namespace(G)
    finite(xp, G, "ground")
    not_negative(xp, G, "ground", "ground distances must not be negative")
    diagonal = xp.eye(G.shape[0], dtype=xp.bool, device=device(G))
    _refuse(xp, diagonal & (G != 0), G, "ground", "the distance of a class from itself must be 0")
    _refuse(xp, G != G.T, G, "ground", "a ground distance must be symmetric, as (G + G.T) / 2 is")


def _refuse(xp: Namespace, wrong: Array, x: Array, name: str, why: str) -> None:
    if visible_truth(xp.any(wrong)):
        where = first_true(xp, wrong)
        raise ValueError(f"`{name}`{place(where)} is {float(x[where])!r}: {why}")


def place(index: tuple[Any, ...]) -> str:
    """An index as it is written in Python, such as "[0, 2]"; empty for an array without axes."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def not_a_label(name: str, label: int, num_classes: int, where: tuple[int, ...] = ()) -> str:
    """The message for a label outside 0 .. C-1."""
    return (
        f"`{name}`{place(where)} is {label}: it must be a label from 0 to {num_classes - 1}, for {num_classes} classes"
    )
