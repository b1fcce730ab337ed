"""Rounding error bounds for a ground distance that is given as a matrix (specification 7.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from emd_conformance._bounds.precision import Form, Precision, up
from emd_conformance._exact.grounds import Matrix
from emd_conformance._exact.numbers import Number, dot, fractions

PROGRAMME = 1e-12  # the relative error that a solver of linear programmes may leave


@dataclass(frozen=True)
class MatrixErrors:
    """One sample, with the same bounds as `CutErrors`; `carried` are errors that the entries of p bring with them."""

    p: tuple[Number, ...]
    t: tuple[Number, ...]
    ground: Matrix
    precision: Precision
    form: Form
    carried: tuple[float, ...]

    constant = 0.0  # forms that agree on equal masses have one gradient

    @property
    def energy(self) -> float:
        """γ_{2C+4} ½ |d|ᵀ G |d|, or the same of S = p + t where products are subtracted (4.6)."""
        size, moved = self._sizes(self.form), [x + self.precision.tiny for x in self.carried]
        quadratic = sum(x * y for x, y in zip(size, self._times(size), strict=True)) / 2
        bound = self.precision.gamma(2 * len(self.p) + 4) * quadratic + self._underflow
        if not moved:
            return bound
        return bound + 2 * (dot(moved, self._times(size)) + dot(moved, self._times(moved)))

    @property
    def gradient(self) -> list[float]:
        """γ_{C+2} (G |d|)_j, or γ_{2C+4} (G S)_j."""
        C = len(self.p)
        rounding = self.precision.gamma(C + 2 if self.form == "scan" else 2 * C + 4)
        bounds = [rounding * x + self._underflow for x in self._times(self._sizes(self.form))]
        if not self.carried:
            return bounds
        return [x + 2 * y for x, y in zip(bounds, self._times(self.carried), strict=True)]

    @property
    def largest(self) -> float:
        """Max G |d|: no entry of a gradient is larger."""
        return max(self._times(self._sizes("scan")))

    @property
    def emd(self) -> float:
        """The accuracy of a linear programme, relative to the largest cost that the masses can have."""
        return self.mass * self._diameter * (PROGRAMME + self.precision.gamma(2 * len(self.p) + 4))

    @property
    def emd_underflow(self) -> float:
        """C τ."""
        return len(self.p) * self.precision.tiny

    @property
    def subgradient_gap(self) -> Fraction:
        """The bound of the optimality gap (3.6): two errors of the EMD, and the rounding of g."""
        rounding = self.precision.output_unit * self.mass * self._diameter
        return 2 * up(self.emd + self.emd_underflow) + up(rounding)

    @cached_property
    def mass(self) -> float:
        """The mass of p and t together."""
        return float(sum(fractions([*self.p, *self.t])))

    @cached_property
    def _diameter(self) -> float:
        return self.ground.farthest(len(self.p))

    @property
    def _underflow(self) -> float:
        C = len(self.ground.rows)
        return 2 * C * C * (1 + self._diameter) * self.precision.tiny

    def _sizes(self, form: Form) -> list[float]:
        """Return |d|, or S = p + t."""
        pairs = list(zip(fractions(self.p), fractions(self.t), strict=True))
        return [abs(float(a - b)) if form == "scan" else float(a + b) for a, b in pairs]

    def _times(self, x: Sequence[float]) -> list[float]:
        return [sum(float(G_ij) * x_j for G_ij, x_j in zip(row, x, strict=True)) for row in self.ground.rows]
