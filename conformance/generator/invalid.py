"""Invalid input, for which an implementation should raise an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emd_conformance._exact.grounds import LINE, Ground, Line, Matrix, Tree

from generator.cases import Entry, case
from generator.grounds import MATRICES, OF_FOUR
from generator.inputs import Row, logits, simplices


def cases() -> Iterator[Entry]:
    """Yield the cases of invalid predictions, targets, labels and ground distances."""
    good = simplices("invalid", 4, 3)
    bad = {
        "nan": ("NaN in a prediction", [float("nan"), 0.5, 0.25, 0.25]),
        "infinite": ("an infinite prediction", [float("inf"), 0.0, 0.0, 0.0]),
        "negative": ("a negative prediction", [-0.25, 0.5, 0.5, 0.25]),
        "sum-low": ("a prediction of sum 1/2", [0.125] * 4),
        "sum-high": ("a prediction of sum 2", [0.5] * 4),
    }
    for name, (what, row) in bad.items():
        p, others = [good[0], row, good[1]], [good[1], good[2], good[0]]
        yield case(f"invalid/predicted-{name}", "8.2 8.4", f"{what}, in row 1", p, others, invalid=what)
        target = what.replace("prediction", "target")
        yield case(f"invalid/target-{name}", "8.2 8.4", f"{target}, in row 1", others, p, invalid=target)
    yield from _more_values(good)
    yield from _invalid_labels(good)
    what = "a target of shape (3, 1) for 4 classes"
    yield case("invalid/target-broadcast", "8.1 8.4", what, good, [[1.0]] * 3, invalid=what)
    what = "a target of shape (3, 3) for 4 classes"
    yield case("invalid/target-classes", "8.1 8.4", what, good, simplices("short", 3, 3), invalid=what)
    yield from _invalid_grounds(good)
    yield from _on_every_ground()
    yield from _invalid_types()


def _more_values(good: list[Row]) -> Iterator[Entry]:
    bad = {
        "minus-infinite": ("minus infinity in a prediction", [float("-inf"), 1.0, 0.0, 0.0]),
        "slightly-negative": ("a prediction of -2^-30", [-(2.0**-30), 0.5, 0.5, 2.0**-30]),
        "slightly-high": ("a prediction of sum 1 + 2^-10", [0.5 + 2.0**-10, 0.25, 0.25, 0.0]),
        "zeros": ("a prediction of zeros", [0.0] * 4),
        "percent": ("a prediction in percent", [25.0, 25.0, 30.0, 20.0]),
    }
    for name, (what, row) in bad.items():
        rows = [*good[:2], row]
        yield case(f"invalid/predicted-{name}", "8.2 8.4", f"{what}, in row 2", rows, good[::-1], invalid=what)
        target = what.replace("prediction", "target")
        yield case(f"invalid/target-{name}", "8.2 8.4", f"{target}, in row 2", good[::-1], rows, invalid=target)
    z = logits("invalid more", 4, 3, 2)
    targets = {"nan": bad_row("nan"), "infinite": bad_row("inf"), "negative": [-0.5, 0.5, 0.5, 0.5], "sum": [0.5] * 4}
    for name, row in targets.items():
        what = f"a soft target with logits: {name}"
        yield case(f"invalid/logits-target-{name}", "8.2 8.4", what, z, [*good[:2], row], invalid=what, input="logits")
    what, rows = "inf in the logits", [z[0], [0.0, float("inf"), 1.0, 0.0], z[2]]
    more: Entry = {"labels": True, "input": "logits"}
    yield case("invalid/logits-inf", "8.2 8.4", what, rows, [0, 2, 3], invalid=what, **more)
    more["since"] = "1.1"
    what, rows = "logits that are all -inf", [z[0], [float("-inf")] * 4, z[2]]
    yield case("invalid/logits-all-minus-inf", "8.2 8.4", what, rows, [0, 2, 3], invalid=what, **more)
    what, rows = "inf and -inf in the logits", [z[0], [0.0, float("-inf"), float("inf"), 0.0], z[2]]
    yield case("invalid/logits-both-inf", "8.2 8.4", what, rows, [0, 2, 3], invalid=what, **more)


def _on_every_ground() -> Iterator[Entry]:
    """Yield invalid values under each ground distance, in numbers that are exact in every format."""
    grounds = {"line": LINE} | OF_FOUR
    good = [[0.5, 0.25, 0.25, 0.0], [0.25] * 4, [0.0, 0.5, 0.25, 0.25]]
    bad = {
        "nan": ("NaN in a prediction", bad_row("nan")),
        "negative": ("a negative prediction", [-0.25, 0.5, 0.5, 0.25]),
        "sum": ("a prediction of sum 1/2", [0.125] * 4),
    }
    for place, ground in grounds.items():
        more: Entry = {"since": "1.1"}
        for name, (what, row) in bad.items():
            rows = [good[0], row, good[1]]
            yield case(
                f"invalid/on-{place}-{name}", "8.2 8.4", f"{what}, in row 1", rows, good, ground, invalid=what, **more
            )
        yield from _with_labels(f"on-{place}", good, [(w, row) for w, row in bad.values()], ground)
    for name, shape, t in (("broadcast", "(3, 1)", [[1.0]] * 3), ("classes", "(3, 3)", [[0.5, 0.25, 0.25]] * 3)):
        what = f"a target of shape {shape} for 4 classes"
        yield case(f"invalid/on-line-target-{name}", "8.1 8.4", what, good, t, invalid=what, since="1.1")
    rows = [[0.0, 1.0, -1.0, 0.5], [2.0, 0.0, 0.0, 1.0], [0.25, 0.0, 3.0, 0.0]]
    wrong = [("NaN in the logits", [0.0, float("nan"), 1.0, 2.0]), ("inf in the logits", [0.0, float("inf"), 1.0, 0.0])]
    yield from _with_labels("on-logits", rows, wrong, LINE, input="logits")


def _invalid_types() -> Iterator[Entry]:
    """Yield valid numbers in arrays of other kinds than 8.1 names."""
    p, t = [[0.5, 0.25, 0.25, 0.0], [0.25] * 4], [[0.25] * 4, [0.0, 0.5, 0.5, 0.0]]
    for kind, what in (("masked", "masked arrays"), ("list", "nested lists")):
        more: Entry = {"since": "1.1", "passed": kind, "invalid": what}
        yield case(f"invalid/{kind}", "8.1 8.4", what, p, t, **more)
    for kind, what in (("bool-labels", "Boolean labels"), ("float-labels", "floating-point labels")):
        more = {"since": "1.1", "passed": kind, "invalid": what, "labels": True}
        yield case(f"invalid/{kind}", "8.1 8.4", what, p, [0, 1], **more)
        rows = [[0.0, 1.0, -1.0, 0.5], [2.0, 0.0, 0.0, 1.0]]
        yield case(f"invalid/logits-{kind}", "8.1 8.4", what, rows, [1, 0], input="logits", **more)
    what, rows = "predictions of an integer dtype", [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    more = {"since": "1.1", "passed": "integer-predictions", "invalid": what}
    yield case("invalid/integer-predictions", "8.1 8.4", what, rows, t, **more)


def _with_labels(
    place: str, good: list[Row], bad: list[tuple[str, Row]], ground: Ground, **more: Any
) -> Iterator[Entry]:
    """Yield invalid labels, and invalid predictions with valid labels."""
    more |= {"since": "1.1", "labels": True}
    for name, k in (("", 4), ("-negative", -1)):
        what = f"the label {k} of 4 classes"
        yield case(f"invalid/{place}-label{name}", "8.2 8.4", what, good, [0, k, 3], ground, invalid=what, **more)
    what = "labels with an axis too many or too few, (3, 1) for (3,)"
    column = {"flags": ["silent-broadcast"], "invalid": what}
    yield case(f"invalid/{place}-label-column", "8.1 8.4", what, good, [0, 1, 3], ground, **column, **more)
    for what, row in bad:
        name, rows = what.split(" ")[1 if what.startswith("a ") else 0].lower(), [good[0], row, good[1]]
        name = "sum" if "sum" in what else name
        comment = f"{what}, in row 1; labels"
        yield case(f"invalid/{place}-labels-{name}", "8.2 8.4", comment, rows, [0, 1, 3], ground, invalid=what, **more)


def bad_row(first: str) -> Row:
    """Return a row whose first entry alone keeps it from being a distribution."""
    return [float(first), 0.5, 0.25, 0.25]


def _invalid_labels(good: list[Row]) -> Iterator[Entry]:
    for prefix, rows in (("", good), ("logits-", logits("invalid", 4, 3, 2))):
        more: Entry = {"labels": True, "input": "logits" if prefix else "probabilities"}
        for name, k in (("negative", -1), ("too-large", 4), ("far", 1000), ("far-negative", -4)):
            what = f"the label {k} of 4 classes"
            yield case(f"invalid/{prefix}label-{name}", "8.2 8.4", what, rows, [0, k, 3], invalid=what, **more)
        what = "labels with an axis too many or too few, (3, 1) for (3,)"
        broadcast = more | {"flags": ["silent-broadcast"], "invalid": what}
        yield case(f"invalid/{prefix}label-column", "8.1 8.4", what, rows, [0, 1, 3], **broadcast)
    what = "NaN in the logits"
    rows = [[0.0, float("nan"), 1.0, 2.0], [1.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.0, 0.0]]
    yield case("invalid/logits-nan", "8.2 8.4", what, rows, [0, 1, 2], labels=True, input="logits", invalid=what)


def _invalid_grounds(good: list[Row]) -> Iterator[Entry]:
    def changed(i: int, j: int, x: float) -> Matrix:
        return Matrix(tuple(tuple(x if (a, b) == (i, j) else float(a != b) for b in range(4)) for a in range(4)))

    infinity = float("inf")
    infinite = Matrix(
        tuple(tuple(0.0 if i == j else infinity if i + j == 3 else 1.0 for j in range(4)) for i in range(4))
    )
    grounds: dict[str, tuple[str, Ground]] = {
        "matrix-negative": ("a negative distance", changed(0, 1, -1.0)),
        "matrix-asymmetric": ("an asymmetric ground distance", changed(0, 1, 2.0)),
        "matrix-diagonal": ("a ground distance that is not 0 on its diagonal", changed(2, 2, 1.0)),
        "matrix-nan": ("NaN in a ground distance", changed(1, 3, float("nan"))),
        "matrix-size": ("a ground distance of 3 classes for 4", MATRICES["broken-triangle-3"]),
        "positions-order": ("positions that do not increase", Line((0.0, 2.0, 1.0, 3.0))),
        "positions-equal": ("two equal positions", Line((0.0, 1.0, 1.0, 3.0))),
        "positions-nan": ("a position that is NaN", Line((0.0, 1.0, float("nan"), 3.0))),
        "tree-cycle": ("a tree with a cycle", Tree((1, 0, 4, 4, -1))),
        "matrix-infinite": ("an infinite distance", infinite),
        "positions-size": ("three positions for four classes", Line((0.0, 1.0, 2.0))),
        "positions-infinite": ("an infinite position", Line((0.0, 1.0, 2.0, float("inf")))),
        "tree-rootless": ("a tree without a root", Tree((1, 2, 3, 0))),
        "tree-two-roots": ("a tree with two roots", Tree((4, 4, 5, 5, -1, -1))),
        "tree-unknown-parent": ("a parent that is no node", Tree((4, 4, 9, 4, -1))),
        "tree-zero-length": ("a tree with an edge of length 0", Tree((4, 4, 4, 4, -1), (1.0, 0.0, 1.0, 1.0, 0.0))),
        "tree-size": ("a tree of three nodes for four classes", Tree((1, 2, -1))),
        "tree-lengths": ("too few lengths", Tree((4, 4, 4, 4, -1), (1.0, 1.0))),
        "tree-length": ("a tree with a negative length", Tree((4, 4, 4, 4, -1), (1.0, -1.0, 1.0, 1.0, 0.0))),
    }
    for name, (what, ground) in grounds.items():
        flags = ["may-hang"] if name in ("tree-cycle", "tree-rootless") else []
        yield case(f"invalid/{name}", "8.3 8.4", what, good, good[::-1], ground, invalid=what, flags=flags)
