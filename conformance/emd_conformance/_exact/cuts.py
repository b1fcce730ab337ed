"""Ground distances that are sums of cuts, G = Σ_S w_S cut_S (specification 2.5), and what follows from the cuts.

The cut masses d(S) = Σ_{j∈S} d_j are linear in d; `containing` is the adjoint of that map. Both work on every kind of
number: integers over a common denominator, fractions, intervals and floats.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import ClassVar, TypeAlias

from emd_conformance._exact.numbers import N, Number, Numbers, common, differences, dot

Edge: TypeAlias = tuple[int, int, Fraction]


class SumOfCuts(ABC):
    """A ground distance that is the shortest path along edges, and the weighted sum of its cuts."""

    prefix_sums: ClassVar[int] = 1  # how many sums of consecutive masses an implementation combines into a cut mass

    @abstractmethod
    def weights(self, classes: int) -> list[Number]:
        """Return the weight w_S of each cut."""

    @abstractmethod
    def masses(self, d: Sequence[N]) -> list[N]:
        """Return d(S) for each cut."""

    @abstractmethod
    def containing(self, values: Sequence[N], classes: int) -> list[N]:
        """Return Σ_{S∋j} values_S for each class j."""

    @abstractmethod
    def edges(self, classes: int) -> list[Edge]:
        """Return edges in an order such that one pass over them, and one back, finds every shortest path."""

    def squares(self, d: Sequence[Fraction]) -> list[tuple[Fraction, Fraction]]:
        """Return pairs (w, v) with E = Σ w v²."""
        return [(Fraction(w), v) for w, v in zip(self.weights(len(d)), self.masses(d), strict=True)]

    def energy(self, d: Sequence[N]) -> tuple[N, int]:
        """Return E = Σ w_S d(S)² (4.3), as a numerator and a denominator."""
        w, n = common(self.weights(len(d)))
        return dot([x * x for x in self.masses(d)], w), n

    def gradient(self, d: Sequence[N]) -> tuple[list[N], int]:
        """Return g_j = 2 Σ_{S∋j} w_S d(S) (5.2), as numerators and a denominator."""
        w, n = common(self.weights(len(d)))
        return self.containing([x * (2 * w_S) for x, w_S in zip(self.masses(d), w, strict=True)], len(d)), n

    def work(self, d: Sequence[N]) -> tuple[N, int]:
        """Return Σ w_S |d(S)| without the last cut, which has all classes (3.2, 3.4), as numerator and denominator."""
        w, n = common([*self.weights(len(d))[:-1], 0])
        return dot([x.__abs__() for x in self.masses(d)], w), n

    def times(self, x: Sequence[N]) -> tuple[list[N], int]:
        """Return G x, as numerators and a denominator, from cut_S(i, k) = [i in S] + [k in S] - 2 [i in S][k in S]."""
        w, n = common(self.weights(len(x)))
        masses, whole = self.masses(x), sum(x, start=x[0] * 0)
        within = self.containing([(whole - m * 2) * w_S for m, w_S in zip(masses, w, strict=True)], len(x))
        outside = dot(masses, w)
        return [outside + y for y in within], n

    def emd(self, p: Numbers, t: Numbers) -> Fraction:
        d, m = differences(p, t)
        work, n = self.work(d)
        return Fraction(work, n * m)

    def nearest(self, start: Mapping[int, Fraction], classes: int) -> list[Fraction]:
        """Return min_i (start_i + G_ij) for each class j."""
        best, edges = dict(start), self.edges(classes)
        for a, b, length in [*edges, *((b, a, length) for a, b, length in reversed(edges))]:
            if a in best and (b not in best or best[a] + length < best[b]):
                best[b] = best[a] + length
        return [best[j] for j in range(classes)]

    def matrix(self, classes: int) -> tuple[tuple[Fraction, ...], ...]:
        """Return G."""
        return tuple(tuple(self.nearest({i: Fraction(0)}, classes)) for i in range(classes))

    def farthest(self, classes: int) -> float:
        """Return Σ w_S, which no distance exceeds."""
        return sum(float(w) for w in self.weights(classes))
