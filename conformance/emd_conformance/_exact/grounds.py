"""The ground distances of specification 2: the line, the circle and trees, which are sums of cuts, and any matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import ClassVar, Literal, TypeAlias

from emd_conformance._exact import transport
from emd_conformance._exact.cuts import Edge, SumOfCuts
from emd_conformance._exact.numbers import N, Number, Numbers, common, differences, dot, fractions


@dataclass(frozen=True)
class Line(SumOfCuts):
    """Ordered classes (2.2), whose cuts are the prefixes, of masses D_k.

    With unit spacing the cut k = C has weight 1 in the squared EMD (4.1); with positions its weight is 0 (4.2).
    """

    positions: tuple[Number, ...] | None = None

    @property
    def kind(self) -> Literal["line", "positions"]:
        """The name that the vectors and declarations use."""
        return "line" if self.positions is None else "positions"

    def weights(self, classes: int) -> list[Number]:
        if self.positions is None:
            return [1] * classes
        return [*(Fraction(b) - Fraction(a) for a, b in pairwise(self.positions)), 0]

    def masses(self, d: Sequence[N]) -> list[N]:
        return list(accumulate(d))

    def containing(self, values: Sequence[N], classes: int) -> list[N]:
        return list(accumulate(reversed(values)))[::-1]

    def edges(self, classes: int) -> list[Edge]:
        return [(k, k + 1, Fraction(w)) for k, w in enumerate(self.weights(classes)[:-1])]


@dataclass(frozen=True)
class Circle(SumOfCuts):
    """Classes equally spaced on a circle (2.3): C arcs of h = C // 2 consecutive classes, of weight 1/2 each."""

    prefix_sums: ClassVar[int] = 2  # an arc is the difference of two
    kind: ClassVar[Literal["circle"]] = "circle"

    def weights(self, classes: int) -> list[Number]:
        return [Fraction(1, 2)] * classes

    def masses(self, d: Sequence[N]) -> list[N]:
        """Return the mass of the arcs m, …, m + h - 1."""
        h = len(d) // 2
        prefix = list(accumulate([d[0] - d[0], *d, *d]))
        return [prefix[m + h] - prefix[m] for m in range(len(d))]

    def containing(self, values: Sequence[N], classes: int) -> list[N]:
        """Return the sums over the arcs j - h + 1, …, j that contain class j."""
        sums = self.masses(values)
        return [sums[(j - classes // 2 + 1) % classes] for j in range(classes)]

    def edges(self, classes: int) -> list[Edge]:
        """Return unit steps, twice round."""
        return [(k % classes, (k + 1) % classes, Fraction(1)) for k in range(2 * classes)]

    def emd(self, p: Numbers, t: Numbers) -> Fraction:
        """Return min_a Σ_k |D_k - a| (3.3), which a median a attains."""
        d, m = differences(p, t)
        D = sorted(accumulate(d))
        return Fraction(sum(abs(x - D[len(D) // 2]) for x in D), m)


@dataclass(frozen=True)
class Tree(SumOfCuts):
    """A rooted tree (2.4): nodes 0 … C-1 are the classes, the root's parent is -1, and the cuts are the edges.

    `lengths[i]` is the length of the edge from node i to its parent; that of the root is not used.
    """

    parents: tuple[int, ...]
    lengths: tuple[Number, ...] | None = None
    kind: ClassVar[Literal["tree"]] = "tree"

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

    def edges(self, classes: int) -> list[Edge]:
        weights = zip(self.upwards(), self.weights(classes), strict=True)
        return [(node, self.parents[node], Fraction(w)) for node, w in weights][:-1]


@dataclass(frozen=True)
class Matrix:
    """Any ground distance (2.1), by its rows, with the methods of a sum of cuts that do not need cuts."""

    rows: tuple[tuple[Number, ...], ...]
    prefix_sums: ClassVar[int] = 1
    kind: ClassVar[Literal["matrix"]] = "matrix"

    def times(self, d: Sequence[N]) -> tuple[list[N], int]:
        """Return G d, as numerators and a denominator."""
        G, n = common(x for row in self.rows for x in row)
        C = len(self.rows)
        return [dot(d, G[i * C : (i + 1) * C]) for i in range(C)], n

    def squares(self, d: Sequence[Fraction]) -> list[tuple[Fraction, Fraction]]:
        """Return pairs (w, v) with E = Σ w v², of weights of either sign: -x y = ½ ((x - y)² - x² - y²)."""
        terms: list[tuple[Fraction, Fraction]] = []
        for i in range(len(d)):
            for j in range(i):
                half = (Fraction(self.rows[i][j]) + Fraction(self.rows[j][i])) / 4
                terms += [(half, d[i] - d[j]), (-half, d[i]), (-half, d[j])]
        return terms

    def energy(self, d: Sequence[N]) -> tuple[N, int]:
        """Return E = -½ dᵀ G d (4.6), as a numerator and a denominator."""
        Gd, n = self.times(d)
        return -dot(d, Gd), 2 * n

    def gradient(self, d: Sequence[N]) -> tuple[list[N], int]:
        """Return g = -G d (5.3), as numerators and a denominator."""
        Gd, n = self.times(d)
        return [-x for x in Gd], n

    def emd(self, p: Numbers, t: Numbers) -> Fraction:
        """Return the optimum of the linear programme (3.1)."""
        return transport.solve(p, t, self.rows).value

    def nearest(self, start: Mapping[int, Fraction], classes: int) -> list[Fraction]:
        return [min(column[i] + x for i, x in start.items()) for column in distances(self, classes)]

    def matrix(self, classes: int) -> tuple[tuple[Fraction, ...], ...]:
        return tuple(tuple(fractions(row)) for row in self.rows)

    def farthest(self, classes: int) -> float:
        return max(float(x) for row in self.rows for x in row)


Ground: TypeAlias = Line | Circle | Tree | Matrix
GroundName: TypeAlias = Literal["line", "positions", "circle", "tree", "matrix"]  # the `kind` of each
LINE = Line()


def largest_distance(ground: Ground, classes: int) -> Fraction:
    """Return max G_ij: the range of the positions on a line."""
    if isinstance(ground, Line):
        ends = (0, classes - 1) if ground.positions is None else (ground.positions[0], ground.positions[-1])
        return Fraction(ends[1]) - Fraction(ends[0])
    return max(x for row in distances(ground, classes) for x in row)


@lru_cache(maxsize=64)
def distances(ground: Ground, classes: int) -> tuple[tuple[Fraction, ...], ...]:
    """Return the matrix G of a ground distance."""
    return ground.matrix(classes)
