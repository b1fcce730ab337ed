"""The case of a number: its sizes, its rows and its ground distance, as a declaration asks for them."""

from dataclasses import replace
from itertools import accumulate, pairwise
from random import Random
from typing import Any

from emd_conformance._bounds.precision import convert
from emd_conformance._cases.case import Case, Row
from emd_conformance._declaration.declaration import Declaration
from emd_conformance._declaration.layouts import INTEGERS, LAYOUTS, OF_INVALID, concerns, holds
from emd_conformance._declaration.template import names_in
from emd_conformance._exact.grounds import LINE, Circle, Ground, Line, Matrix, Tree
from emd_conformance._exploration import rows

VALUES, GRADIENTS, COSTLY = 8400, 1024, 128  # numbers of a case: exact answers to them take about a second at most
CHUNKS = (16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 1000, 1023, 1024, 1025)
BEYOND = (2047, 2049, 4095, 4097, 8191, 8193)
MOST_CLASSES = 2049  # an implementation may need a square matrix
RARELY = 0.03


def drawn(number: int, declared: Declaration) -> Case:
    """Return the case of a number, without its answers."""
    rng = Random(f"emd_conformance exploration {number}")
    classes, N = _sizes(rng, declared)
    ground = _ground(rng, declared.ground, classes, declared.dtype)
    p, t, k = _samples(rng, declared, classes, N)
    needs: tuple[str, ...] = ()
    if _scales(declared) and rng.random() < 0.3:
        p, needs = [_scaled(rng, row, declared.dtype) for row in p], ("off-simplex",)
    shape = _shape(rng, N) if "batch-axes" in declared.capabilities and declared.batched else ()
    case = Case(
        id=f"explore/{number}",
        clauses=(),
        since="",
        comment="a fresh case",
        input="logits" if declared.input == "logits" else "probabilities",
        dtypes=(declared.dtype,),
        predicted=tuple(p),
        target=tuple(t) if k is None else None,
        labels=k,
        classes=classes,
        ground=ground,
        needs=(*needs, *(("batch-axes",) if shape else ())),
        shape=shape,
    )
    return _passed(rng, declared, _with_parameters(rng, declared, case))


def _sizes(rng: Random, declared: Declaration) -> tuple[int, int]:
    """Return the numbers of classes and of samples; sometimes one of them lies beyond the size of a common chunk."""
    costly = declared.input in ("logits", "log-probabilities") or declared.expression.names - {"E"}
    budget = COSTLY if costly or declared.ground in ("matrix", "tree") else GRADIENTS if declared.grad else VALUES
    most = 24 if declared.ground == "matrix" else min(budget, MOST_CLASSES)
    few, sizes = rng.randint(1, 12), (*CHUNKS, *BEYOND)
    if declared.classes:
        few = rng.choice([*declared.classes])
    elif rng.random() < RARELY:
        few = rng.choice([n for n in sizes if n <= most])
    N = rng.randint(1, 5)
    if declared.batched and rng.random() < RARELY:
        N = rng.choice([n for n in sizes if n * few <= budget] or [N])
    return few, N


def _samples(
    rng: Random, declared: Declaration, classes: int, N: int
) -> tuple[list[Row], list[Row], tuple[int, ...] | None]:
    """Return predictions, target distributions and labels (None if targets are distributions)."""
    dtype, logits = declared.dtype, declared.input == "logits"
    exact = "W1" in declared.expression.names  # the EMD is between equal masses
    exact = exact or {declared.form, declared.target_form} != {"probabilities"}  # sums must be numbers of the format
    p = [_predicted(rng, declared, classes, exact) for _ in range(N)]
    if declared.takes_labels or "k" in names_in(declared.template) or rng.random() < 0.15:
        k = tuple(rng.choice([0, classes - 1, x.index(max(x)), rng.randrange(classes)]) for x in p)
        return p, [], k
    t = [rows.probabilities(rng, classes, dtype, exact=exact) for _ in p]
    if not logits and rng.random() < 0.4:
        t = [rows.related(rng, x, dtype) for x in p]
    return p, t, None


def _predicted(rng: Random, declared: Declaration, classes: int, exact: bool) -> Row:
    if declared.input == "logits":
        return rows.logits(rng, classes, declared.dtype)
    if declared.input == "log-probabilities" or "XE" in declared.expression.names:
        return rows.positive(rng, classes, declared.dtype)
    return rows.probabilities(rng, classes, declared.dtype, exact=exact)


def _scales(declared: Declaration) -> bool:
    """Tell whether unequal masses are valid input (4.7)."""
    return "off-simplex" in declared.capabilities and declared.ground in ("line", "positions")


def _scaled(rng: Random, row: Row, dtype: str) -> Row:
    factor = rng.choice([0.0, 0.25, 0.5, 2.0, 3.0, rng.random()])
    return tuple(convert(x * factor, dtype) for x in row)


def _shape(rng: Random, N: int) -> tuple[int, ...]:
    """Return the sizes of two or three batch axes, or () for one axis."""
    first = rng.choice([n for n in range(1, N + 1) if N % n == 0])
    return rng.choice([(), (first, N // first), (first, 1, N // first)])


def _with_parameters(rng: Random, declared: Declaration, case: Case) -> Case:
    """Return the case with a weight, an exponent and a bias, where the call takes them."""
    names = names_in(declared.template)
    choices = {"weight": (0.25, 1.0, 3.0), "exponent": (1.0, 2.0, 3.0), "bias": (0.0, 0.25, 1.0)}
    chosen: dict[str, Any] = {
        name: rng.choice(values) for name, values in choices.items()
    }  # also if unused: the draws stay the same
    if not {"R", "XE"} & declared.expression.names:
        return case
    return replace(case, **{name: value for name, value in chosen.items() if name in names})


def _passed(rng: Random, declared: Declaration, case: Case) -> Case:
    """Return the case, sometimes in another layout, or with labels of another dtype that holds the classes."""
    dtypes = INTEGERS.get(declared.array, ()) if case.labels is not None else ()
    layouts = [name for name in LAYOUTS.get(declared.array, ()) if name not in OF_INVALID]
    others = [replace(case, passed=name) for name in (*layouts, *dtypes)]
    fitting = [other for other in others if concerns(declared, other) and holds(other, case.classes)]
    return rng.choice([case, case, rng.choice(fitting)]) if fitting else case


def _ground(rng: Random, kind: str, classes: int, dtype: str) -> Ground:
    match kind:
        case "positions":
            return Line(_positions(rng, classes, dtype))
        case "circle":
            return Circle()
        case "tree":
            return _tree(rng, classes)
        case "matrix":
            half = {
                (i, j): convert(rng.choice([0.0, 1.0, 4 * rng.random()]), dtype)
                for j in range(classes)
                for i in range(j)
            }
            cells = ((half.get((min(i, j), max(i, j)), 0.0) for j in range(classes)) for i in range(classes))
            return Matrix(tuple(map(tuple, cells)))
        case _:
            return LINE


def _positions(rng: Random, classes: int, dtype: str) -> Row:
    """Return increasing positions; those that the format cannot tell apart become whole numbers."""
    start, scale = rng.choice([0.0, -2.0, 1000.0]), rng.choice([2.0**-6, 1.0, 16.0])
    x = tuple(
        convert(v, dtype)
        for v in accumulate([start, *(scale * rng.choice([0.25, 1, 1.5, 4]) for _ in range(classes - 1))])
    )
    return x if all(a < b for a, b in pairwise(x)) else tuple(map(float, range(classes)))


def _tree(rng: Random, classes: int) -> Tree:
    """Return a tree whose inner nodes are a chain above class 0, so that every leaf is a class."""
    nodes = classes + rng.randint(1, 4)
    leaves = [rng.randint(max(i + 1, classes), nodes - 1) for i in range(1, classes)]
    lengths = tuple(rng.choice([0.25, 1.0, 1.5, 8.0]) for _ in range(nodes))
    return Tree((classes, *leaves, *range(classes + 1, nodes), -1), rng.choice([None, lengths]))
