"""The cross-entropy with a ground distance (specification 6)."""

from __future__ import annotations

from collections.abc import Iterator

from emd_conformance._exact.grounds import LINE, Circle, Ground, Line, Matrix, Tree, distances

from generator.cases import Entry, case
from generator.grounds import symmetric
from generator.inputs import label, logits, simplices
from generator.logits import masked


def cases() -> Iterator[Entry]:
    """Yield the cases of the cross-entropy with a ground distance."""
    G = symmetric("xemd", 4, 1024)
    settings = {
        "plain": (1.0, 0.0, 1.0),
        "paper-1": (1.0, -0.5, 1.0),
        "paper-2": (2.0, -0.25, 0.5),
        "positive-bias": (1.0, 0.5, 0.25),
        "real-exponent": (1.5, 0.125, 2.0),
    }
    for name, (exponent, bias, weight) in settings.items():
        more: Entry = {"exponent": exponent, "bias": bias, "weight": weight, "labels": True}
        p, k = simplices(f"xemd {name}", 4, 4, 24), [0, 3, 1, 2]
        yield case(f"xemd/{name}", "6.1 6.2 6.3 6.4 6.5", f"ω = {exponent}, μ = {bias}, λ = {weight}", p, k, G, **more)
        if exponent != 1:
            t, more_soft = simplices(f"xemd soft {name}", 4, 4, 11), more | {"labels": False, "since": "1.1"}
            comment = f"soft targets: ω = {exponent}, μ = {bias}, λ = {weight}"
            yield case(f"xemd/soft-{name}", "6.1 6.2 6.3 6.4 6.5", comment, p, t, G, **more_soft)
        rows = logits(f"xemd {name}", 4, 4, 3)
        comment = f"from logits: ω = {exponent}, μ = {bias}, λ = {weight}"
        yield case(f"xemd/logits-{name}", "5.5 6.1 6.2 6.3 6.4 6.5", comment, rows, k, G, input="logits", **more)
    p = [label(0, 4), [0.5, 0.5, 0.0, 0.0], label(1, 4)]
    yield case("xemd/impossible", "6.1", "p_k = 0: the cross-entropy is infinite", p, [1, 2, 1], G, labels=True)
    yield from _more()
    yield from _on_other_grounds()


def _on_other_grounds() -> Iterator[Entry]:
    """Yield cases with a weight, an exponent and a bias on a line, at positions, on a circle and on a tree."""
    grounds: dict[str, Ground] = {
        "line": LINE,
        "positions": Line((0.0, 0.25, 0.375, 1.0)),
        "circle": Circle(),
        "tree": Tree((4, 4, 5, 5, 5, -1), (0.25, 0.125, 0.125, 0.25, 0.125, 0.0)),
    }
    settings = ((1.0, 0.0, 2.0), (1.0, -0.5, 0.25), (2.0, -0.25, 0.5))
    for name, ground in grounds.items():
        for i, (exponent, bias, weight) in enumerate(settings):
            more: Entry = {"exponent": exponent, "bias": bias, "weight": weight, "since": "1.1"}
            comment = f"ω = {exponent}, μ = {bias}, λ = {weight}"
            p, t, k = (*(simplices(f"xemd {name} {i} {x}", 4, 3, 11) for x in "pt"), [3, 0, 2])
            clauses = "6.1 6.2 6.3 6.4"
            yield case(f"xemd/on-{name}-{i + 1}", clauses, f"labels: {comment}", p, k, ground, labels=True, **more)
            yield case(f"xemd/on-{name}-soft-{i + 1}", clauses, f"soft targets: {comment}", p, t, ground, **more)
            rows = logits(f"xemd {name} {i}", 4, 3, 4)
            more |= {"input": "logits", "labels": True}
            yield case(
                f"xemd/on-{name}-logits-{i + 1}", f"5.5 {clauses}", f"logits: {comment}", rows, k, ground, **more
            )


def _more() -> Iterator[Entry]:
    clauses = "6.1 6.2 6.3 6.4 6.5"
    grounds = {
        "two": Matrix(((0.0, 1.0), (1.0, 0.0))),
        "line-3": _scaled_line(3),
        "line-5": _scaled_line(5),
        "random-8": symmetric("xemd eight", 8, 1024),
    }
    for (name, G), (exponent, bias) in zip(
        grounds.items(), ((1.0, 0.0), (0.5, -0.25), (3.0, 0.5), (2.0, 0.25)), strict=True
    ):
        C = len(G.rows)
        more: Entry = {"exponent": exponent, "bias": bias, "weight": 0.75, "labels": True}
        p, k = simplices(f"xemd {name}", C, 3, 24), [0, C - 1, C // 2]
        yield case(f"xemd/{name}", clauses, f"ω = {exponent}, μ = {bias}, λ = 3/4", p, k, G, **more)
        rows, comment = logits(f"xemd more {name}", C, 3, 4), f"from logits: ω = {exponent}, μ = {bias}, λ = 3/4"
        yield case(f"xemd/logits-{name}", f"5.5 {clauses}", comment, rows, k, G, input="logits", **more)
    p, k = [label(0, 5), label(3, 5), label(4, 5)], [0, 3, 4]
    yield case("xemd/perfect-5", "6.1 6.2 6.3", "perfect: both parts are 0", p, k, _scaled_line(5), labels=True)
    p, k = simplices("xemd expressions", 4, 3, 24), [0, 3, 1]
    comment = "exact as probabilities and as sums: the gradient with respect to every input"
    more = {"weight": 0.5, "labels": True, "since": "1.1"}
    yield case("xemd/every-input-4", "5.7 5.8 5.9 6.1 6.2 6.4", comment, p, k, _scaled_line(4), **more)
    p, k = simplices("xemd no weight", 4, 3, 24), [2, 0, 3]
    more = {"weight": 0.0, "labels": True, "since": "1.1"}
    yield case(
        "xemd/no-weight-4", "6.1 6.2 6.3 6.4", "λ = 0: the penalty does not count", p, k, _scaled_line(4), **more
    )
    rows, k = [[1e4, -1e4, 0.0], [-1e4, 9999.0, 1e4], [1e4, 1e4, 1e4]], [1, 0, 2]
    more = {"input": "logits", "labels": True, "flags": ["huge-logits"]}
    comment = "±10000: the cross-entropy is 20000, not infinite"
    yield case("xemd/logits-huge-3", "5.5 6.1 6.4 7.4", comment, rows, k, _scaled_line(3), **more)
    more = {"input": "logits", "labels": True, "flags": ["infinite-logits"], "since": "1.1"}
    rows, k, G = masked(logits("xemd masked", 5, 4, 4)), [0, 4, 2, 3], _scaled_line(5)
    comment = "masked classes: 0 log 0 = 0, and the gradient there is 0"
    yield case("xemd/infinite-logits-5", "5.5 6.1 6.2 6.4 8.2", comment, rows, k, G, **more)
    comment = "the label's class is masked in rows 0 and 2: the cross-entropy is infinite"
    yield case("xemd/infinite-logits-label-5", "6.1 6.2 8.2", comment, rows, [1, 4, 3, 3], G, **more)


def _scaled_line(classes: int) -> Matrix:
    """Return |i - j| divided by a power of two, so that no distance exceeds 1."""
    top = 1 << (classes - 2).bit_length()
    return Matrix(tuple(tuple(float(x / top) for x in row) for row in distances(LINE, classes)))
