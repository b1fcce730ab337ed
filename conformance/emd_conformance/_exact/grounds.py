"""The ground distances of specification 2, as cuts: the mass of every cut, and the sums over the cuts of a class.

The squared EMD is Σ_S w_S m_S² with the cut masses m = `masses(d)`; its gradient is 2 `containing(w m)`, the adjoint of
that map. Both work on any exact numbers (integers over a common denominator, fractions, intervals) and on floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Protocol, Self, TypeAlias, TypeVar

from emd_conformance._exact.numbers import Number, fractions


class Addable(Protocol):
    """What cut sums need of a number."""

    def __add__(self, other: Self, /) -> Self: ...

    def __sub__(self, other: Self, /) -> Self: ...


N = TypeVar("N", bound=Addable)
Edge: TypeAlias = tuple[int, int, Fraction]


@dataclass(frozen=True)
class Line:
    """Ordered classes (2.2). Unit spacing keeps k = C in the sum (4.1): w_C = 1; positions drop it (4.2): w_C = 0."""

    positions: tuple[Number, ...] | None = None

    def weights(self, classes: int) -> list[Number]:
        """Return w_k."""
        if self.positions is None:
            return [1] * classes
        return [*(Fraction(b) - Fraction(a) for a, b in pairwise(self.positions)), 0]

    def masses(self, d: Sequence[N]) -> list[N]:
        """Return D_k."""
        return list(accumulate(d))

    def containing(self, values: Sequence[N], classes: int) -> list[N]:
        """Return Σ_{k>=j} values_k."""
        return list(accumulate(reversed(values)))[::-1]

    def edges(self, classes: int) -> Iterator[Edge]:
        """Yield the steps to the right, then to the left: relaxed in this order they reach every class."""
        steps = [(k, k + 1, Fraction(w)) for k, w in enumerate(self.weights(classes)[:-1])]
        yield from steps
        yield from ((b, a, w) for a, b, w in reversed(steps))


@dataclass(frozen=True)
class Circle:
    """Classes equally spaced on a circle (2.3): C arcs of h = C // 2 consecutive classes with weight 1/2 each."""

    def weights(self, classes: int) -> list[Number]:
        """Return 1/2 for each arc."""
        return [Fraction(1, 2)] * classes

    def masses(self, d: Sequence[N]) -> list[N]:
        """Return the mass of the arcs m, …, m + h - 1."""
        h = len(d) // 2
        prefix = list(accumulate([d[0] - d[0], *d, *d]))
        return [prefix[m + h] - prefix[m] for m in range(len(d))]

    def containing(self, values: Sequence[N], classes: int) -> list[N]:
        """Return the sums over the arcs j - h + 1, …, j that contain class j."""
        h = classes // 2
        prefix = list(accumulate([values[0] - values[0], *values, *values]))
        return [prefix[j + classes + 1] - prefix[j + classes + 1 - h] for j in range(classes)]

    def edges(self, classes: int) -> Iterator[Edge]:
        """Yield unit steps, twice round in each direction."""
        one = Fraction(1)
        yield from ((k % classes, (k + 1) % classes, one) for k in range(2 * classes))
        yield from (((k + 1) % classes, k % classes, one) for k in reversed(range(2 * classes)))


@dataclass(frozen=True)
class Tree:
    """A rooted tree (2.4): nodes 0 … C-1 are the classes, the root's parent is -1.

    `lengths[i]` is the length of the edge from node i to its parent; that of the root is not used.
    """

    parents: tuple[int, ...]
    lengths: tuple[Number, ...] | None = None

    def upwards(self) -> list[int]:
        """Return the nodes, each before its parent; the root comes last, its edge has weight 0."""
        children: list[list[int]] = [[] for _ in self.parents]
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                children[parent].append(node)
        order = [self.parents.index(-1)]
        for node in order:
            order.extend(children[node])
        return order[::-1]

    def weights(self, classes: int) -> list[Number]:
        """Return the lengths of the edges, in the order of `upwards`."""
        lengths = self.lengths or (1,) * len(self.parents)
        return [lengths[node] if self.parents[node] >= 0 else 0 for node in self.upwards()]

    def masses(self, d: Sequence[N]) -> list[N]:
        """Return the mass below each edge."""
        order = self.upwards()
        below = [*d, *[d[0] - d[0]] * (len(order) - len(d))]
        for node in order[:-1]:
            below[self.parents[node]] = below[self.parents[node]] + below[node]
        return [below[node] for node in order]

    def containing(self, values: Sequence[N], classes: int) -> list[N]:
        """Return the sums over the edges above each class."""
        order = self.upwards()
        above = dict(zip(order, values, strict=True))
        for node in order[-2::-1]:
            above[node] = above[node] + above[self.parents[node]]
        return [above[node] for node in range(classes)]

    def edges(self, classes: int) -> Iterator[Edge]:
        """Yield the edges upwards, then downwards."""
        order = self.upwards()
        steps = [(k, self.parents[k], Fraction(w)) for k, w in zip(order, self.weights(classes), strict=True)][:-1]
        yield from steps
        yield from ((b, a, w) for a, b, w in reversed(steps))


@dataclass(frozen=True)
class Matrix:
    """Any ground distance (2.1), by its rows."""

    rows: tuple[tuple[Number, ...], ...]


Cut: TypeAlias = Line | Circle | Tree
Ground: TypeAlias = Cut | Matrix
LINE = Line()


def relax(values: Iterable[Fraction | None], edges: Iterable[Edge]) -> list[Fraction | None]:
    """Return min_i (values_i + path length from i to j), relaxing the edges in their order; None stands for +∞."""
    best = list(values)
    for a, b, length in edges:
        start, end = best[a], best[b]
        if start is not None and (end is None or start + length < end):
            best[b] = start + length
    return best


@lru_cache(maxsize=64)
def distances(ground: Ground, classes: int) -> tuple[tuple[Fraction, ...], ...]:
    """Return the matrix G of a ground distance."""
    if isinstance(ground, Matrix):
        return tuple(tuple(fractions(row)) for row in ground.rows)
    nodes = len(ground.parents) if isinstance(ground, Tree) else classes
    edges = list(ground.edges(classes))
    starts = ([Fraction(0) if j == i else None for j in range(nodes)] for i in range(classes))
    return tuple(tuple(x for x in relax(start, edges)[:classes] if x is not None) for start in starts)
