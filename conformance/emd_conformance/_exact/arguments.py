"""The arguments of the public functions of `emd_conformance.exact`: read exactly, or refused by name."""

from collections.abc import Sequence
from fractions import Fraction
from math import inf
from typing import Any, Protocol, TypeAlias

from emd_conformance._exact.grounds import Circle, Ground, Line, Matrix, Tree
from emd_conformance._exact.numbers import Number, fractions, one_hot


class Array(Protocol):
    """An array of any library."""

    def tolist(self) -> Any: ...


Vector: TypeAlias = Sequence[Number] | Array
Target: TypeAlias = Vector | int


def vector(x: Any, name: str, *, negative: bool = True) -> list[Fraction]:
    """Return finite numbers of shape (C,), C > 0, as fractions."""
    values = _listed(x)
    if not isinstance(values, Sequence) or isinstance(values, str | bytes):
        raise TypeError(f"`{name}` must be a sequence or an array of numbers, not {type(x).__name__}")
    if not values or any(hasattr(x, "__len__") and not isinstance(x, str) for x in values):
        raise ValueError(f"`{name}` must have shape (C,), with C > 0: pass the samples of a batch one by one")
    numbers = [number(value, name) for value in values]
    if not negative and min(numbers) < 0:
        raise ValueError(f"`{name}` must not be negative, but contains {float(min(numbers))}")
    return numbers


def scores(x: Any, name: str, *, logits: bool) -> list[Number]:
    """Return probabilities, or logits: finite numbers, and -inf for a class of probability 0 (8.2)."""
    values = _listed(x)
    infinite = [z == -inf for z in values] if logits and isinstance(values, list | tuple) else []
    if not any(infinite) or all(infinite):  # of logits that are all -inf, `vector` says that they must be finite
        return [*vector(values, name, negative=logits)]
    finite = iter(vector([z for z in values if z != -inf], name))
    return [-inf if is_infinite else next(finite) for is_infinite in infinite]


def number(x: Any, name: str) -> Fraction:
    try:
        return fractions([x])[0]
    except AttributeError:
        raise TypeError(f"`{name}` must hold numbers, not {type(x).__name__}") from None
    except (ValueError, OverflowError):
        raise ValueError(f"`{name}` must be finite, but contains {x}") from None


def label(k: Any, classes: int, name: str) -> int:
    value = _listed(k)
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"`{name}` must be an integer label, not {type(k).__name__}")
    if not 0 <= value < classes:
        raise ValueError(f"`{name}` must be a label from 0 to {classes - 1}, not {value}")
    return value


def target(t: Any, classes: int) -> list[Fraction]:
    """Return the distribution of a target: its numbers, or all mass on the class of a label."""
    if isinstance(_listed(t), int):
        return [Fraction(x) for x in one_hot(label(t, classes, "t"), classes)]
    numbers = vector(t, "t", negative=False)
    if len(numbers) != classes:
        raise ValueError(f"`t` has {len(numbers)} classes, `p` has {classes}")
    return numbers


def fitting(ground: Ground, classes: int) -> Ground:
    """Return the ground distance in fractions, if it is one between C classes (8.3)."""
    match ground:
        case Circle() | Line(positions=None):
            return ground
        case Line(positions=positions):
            x = vector(positions, "ground")
            _require(len(x) == classes and x == sorted({*x}), f"`ground` must have {classes} increasing positions")
            return Line(tuple(x))
        case Tree(parents=parents, lengths=lengths):
            w = None if lengths is None else tuple(vector(lengths, "ground", negative=False))
            nodes = len(parents)
            sound = -1 in [*parents] and all(x < nodes for x in parents)
            sound = sound and classes <= nodes == len(Tree(tuple(parents)).upwards())
            _require(sound and (w is None or len(w) == nodes), f"`ground` must be one tree over {classes} classes")
            edges = [w_v for w_v, parent in zip(w or (), parents, strict=False) if parent >= 0]
            _require(0 not in edges, "`ground` must be a tree whose edges have positive lengths")
            return Tree(tuple(parents), w)
        case Matrix(rows=rows):
            G = tuple(tuple(vector(row, "ground", negative=False)) for row in rows)
            square = len(G) == classes and all(len(row) == classes for row in G)
            metric = square and tuple(zip(*G, strict=True)) == G and not any(G[i][i] for i in range(classes))
            _require(metric, f"`ground` must be a symmetric {classes} x {classes} matrix with 0 on its diagonal")
            return Matrix(G)
        case _:
            raise TypeError(f"`ground` must be a Line, Circle, Tree or Matrix, not {type(ground).__name__}")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


def _listed(x: Any) -> Any:
    return x.tolist() if hasattr(x, "tolist") else x
