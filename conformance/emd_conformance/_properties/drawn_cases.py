"""The cases on which properties are tried: Hypothesis draws them, and exact arithmetic gives their answers.

Hypothesis is optional, so it is imported in functions, when a property is examined.
"""

import importlib.util
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

from emd_conformance import _exact
from emd_conformance._cases.case import Case, Row
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._exact import transport
from emd_conformance._exact.cuts import SumOfCuts
from emd_conformance._exact.grounds import LINE, Circle, Ground, Line, Matrix, Tree, distances
from emd_conformance._exact.interval import Interval, enclose
from emd_conformance._exact.numbers import one_hot

Draw: TypeAlias = Any
Targets: TypeAlias = Sequence[Row] | Sequence[int]  # distributions or labels
BITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}


def strategies() -> Any:
    """Return hypothesis.strategies."""
    from hypothesis import strategies as st

    return st


def obstacle_to_drawing() -> str:
    """Return why no cases can be drawn, or an empty string."""
    if importlib.util.find_spec("hypothesis") is not None:
        return ""
    return "Hypothesis is not installed: pip install 'emd-ref[conformance]'"


def distribution(draw: Draw, classes: int, bits: int) -> Row:
    """Draw n_j / 2^bits, where the integers n_j sum to 2^bits; counter-examples shrink to eighths."""
    st = strategies()
    fine = st.integers(0, 2**bits)
    cut = st.integers(0, 8).map(lambda n: n * 2 ** (bits - 3)) | fine | fine | fine
    cuts = sorted(draw(cut) for _ in range(classes - 1))
    return tuple((b - a) / 2**bits for a, b in pairwise([0, *cuts, 2**bits]))


def drawable(declared: Declaration) -> list[int]:
    """Return the declared numbers of classes that are small enough for exact transportation problems."""
    return [C for C in declared.classes or (2, 3, 4, 5, 6) if 2 <= C <= 10]


def draw_case(draw: Draw, declared: Declaration, *, rows: int = 3, spare_bits: int = 0) -> Case:
    """Draw a case with the kind of input, target and ground distance that is declared."""
    st = strategies()
    classes = draw(st.sampled_from(drawable(declared)))
    ground, bits = draw_ground(draw, declared, classes), BITS[declared.dtype] - spare_bits
    N = draw(st.integers(1, rows)) if rows > 1 else rows
    if declared.input == "logits":
        predicted = [tuple(draw(st.integers(-127, 127)) / 16 for _ in range(classes)) for _ in range(N)]
    else:
        predicted = [distribution(draw, classes, bits) for _ in range(N)]
    if not declared.takes_labels:
        return build(declared, predicted, [distribution(draw, classes, min(bits, 24)) for _ in range(N)], ground)
    return build(declared, predicted, [draw(st.integers(0, classes - 1)) for _ in range(N)], ground)


def draw_ground(draw: Draw, declared: Declaration, classes: int) -> Ground:
    """Draw a ground distance of the declared kind, whose distances are multiples of 1/4."""
    match declared.ground:
        case "positions":
            return Line((0.0, *accumulate(_quarters(draw) for _ in range(classes - 1))))
        case "circle":
            return Circle()
        case "tree":
            return _draw_tree(draw, classes)
        case "matrix":
            half = {(i, j): _quarters(draw) for j in range(classes) for i in range(j)}
            cells = ((half.get((min(i, j), max(i, j)), 0.0) for j in range(classes)) for i in range(classes))
            return Matrix(tuple(map(tuple, cells)))
        case _:
            return LINE


def _draw_tree(draw: Draw, classes: int) -> Tree:
    """Draw a tree whose inner nodes are a chain above class 0, so that every leaf is a class."""
    st = strategies()
    nodes = classes + draw(st.integers(1, 3))
    leaves = [draw(st.integers(max(i + 1, classes), nodes - 1)) for i in range(1, classes)]
    parents = (classes, *leaves, *range(classes + 1, nodes), -1)
    return Tree(parents, tuple(_quarters(draw) for _ in range(nodes)))


def _quarters(draw: Draw) -> float:
    return float(draw(strategies().integers(1, 16)) / 4)


def build(declared: Declaration, predicted: Sequence[Row], target: Targets, ground: Ground) -> Case:
    """Return a case with the exact values and gradients that the declaration needs."""
    labels = tuple(t for t in target if isinstance(t, int))
    rows = [t if isinstance(t, tuple) else tuple(map(float, one_hot(t, len(predicted[0])))) for t in target]
    pairs = list(zip(predicted, rows, strict=True))
    logits = declared.input == "logits"
    names = declared.expression.names & {"E", "W1"}
    slopes = names & {"E"} if declared.grad is not None else set[str]()
    return Case(
        id="property/drawn",
        clauses=(),
        since="",
        comment="",
        input="logits" if logits else "probabilities",
        dtypes=(declared.dtype,),
        predicted=tuple(predicted),
        target=None if labels else tuple(rows),
        labels=labels or None,
        classes=len(predicted[0]),
        ground=ground,
        expected={name: tuple(_value(logits, name, p, t, ground) for p, t in pairs) for name in names},
        gradient={name: tuple(_gradient(logits, p, t, ground) for p, t in pairs) for name in slopes},
    )


def _value(logits: bool, name: str, p: Row, t: Row, ground: Ground) -> Interval:
    if logits:
        exact = _exact.squared_emd.value_of_logits if name == "E" else _exact.emd.value_of_logits
        return exact(p, t, ground)
    if name == "W1":
        return enclose(transport.solve(p, t, distances(ground, len(p))).value)
    return enclose(_exact.squared_emd.value(p, t, ground) if isinstance(ground, Matrix) else _by_cuts(p, t, ground))


def _by_cuts(p: Row, t: Row, ground: SumOfCuts) -> Fraction:
    """Return Σ_S w_S EMD_S(p, t)² (4.3), where each EMD is the solution of a transportation problem for the cut S."""
    C = len(p)
    units = [one_hot(j, C) for j in range(C)]
    inside = zip(*(ground.masses(unit) for unit in units), strict=True)
    total = Fraction(0)
    for w, members in zip(ground.weights(C), inside, strict=True):
        cut = [[int(a != b) for b in members] for a in members]
        total += Fraction(w) * transport.solve(p, t, cut).value ** 2
    return total


def _gradient(logits: bool, p: Row, t: Row, ground: Ground) -> tuple[Interval, ...]:
    if logits:
        return tuple(_exact.squared_emd.gradient_of_logits(p, t, ground))
    return tuple(map(enclose, _exact.squared_emd.gradient(p, t, ground)))
