"""What a caller passes beside arrays: numbers, integers and flags. Anything else raises an error in words."""

import math
import operator
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np


def real_number(x: Any, name: str, *, positive: bool = False, constant: bool = False) -> Any:
    """`x` as a float; TypeError or ValueError unless it is a finite real number, and positive if that is wanted.

    A JAX array without axes stays as it is: it may be traced, and differentiated. It is refused if a `constant` is
    wanted.
    """
    if type(x) in (float, int) and (0 if positive else -1e300) < x < 1e300:  # almost every number there is
        return float(x)
    if np.shape(x) != () if isinstance(x, np.ndarray | list | tuple) else getattr(x, "shape", ()) != ():
        raise ValueError(f"{name} has shape {tuple(np.shape(x))}: it must be one number")
    if isinstance(x, np.ndarray):
        x = x[()]
    if not constant and type(x).__module__.partition(".")[0] in ("jax", "jaxlib"):
        return x
    if isinstance(x, bool | np.bool_) or not isinstance(x, Real):
        raise TypeError(f"{name} is {x!r}: it must be a real number{_remedy(x)}")
    try:
        number = float(x)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} is {_short(x)}: it must be a finite number")
    if positive and not number > 0:
        raise ValueError(f"{name} is {x!r}: it must be positive")
    return number


def real_numbers(given: Any, name: str, *, positive: bool = False) -> tuple[float, ...]:
    """Numbers in an order, as floats; TypeError or ValueError for anything else. `name` is that of the argument."""
    if isinstance(given, str | bytes | set | frozenset | dict) or not isinstance(given, Iterable):
        raise TypeError(f"`{name}` is of {type(given).__name__}: it must be a sequence of numbers")
    return tuple(real_number(x, f"`{name}`[{i}]", positive=positive) for i, x in enumerate(given))


def integer(x: Any, name: str, least: int, most: int | None = None) -> int:
    """`x` as an int; TypeError or ValueError unless it is an integer from `least` to `most`."""
    try:
        number = operator.index(x)
    except TypeError:
        raise TypeError(f"{name} is {x!r}: it must be an integer") from None
    if isinstance(x, bool | np.bool_):
        raise TypeError(f"{name} is {x!r}: it must be an integer")
    if number < least:
        raise ValueError(f"{name} is {number}: it must be at least {least}")
    if most is not None and number > most:
        raise ValueError(f"{name} is {number}: it must be at most {most}")
    return number


def flag(x: Any, name: str) -> None:
    """Raise TypeError unless `x` is True or False."""
    if not isinstance(x, bool | np.bool_):
        raise TypeError(f"{name} is {x!r}: it must be True or False")


def _remedy(x: Any) -> str:
    if hasattr(x, "requires_grad"):
        return ", as float(tensor) is"
    return ", as float(array) is" if hasattr(x, "shape") else ""


def _short(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 40 else f"{text[:20]}… ({len(text)} digits)"
