"""Check answers before they are timed: compare a few rows with a reference, within rounding error bounds.

The bounds are those that the conformance suite allows any algorithm (specification, 7.3), for the precision in which a
contender computes. The reference is computed in NumPy's widest type by an algorithm that keeps to the same bounds. So
answer and reference may differ by two bounds, one for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from benchmarks.speed.cases import Case
from benchmarks.speed.contenders import Contender
from emd_conformance import _bounds
from emd_conformance._bounds.analysis import analyse
from emd_conformance._bounds.precision import PRECISIONS, Precision
from emd_conformance._exact.grounds import Line

LINE = Line()


class WrongError(Exception):
    """A contender's answer is not the squared EMD."""


@dataclass(frozen=True)
class Row:
    """The reference answers for one row, and their bounds."""

    x: np.ndarray
    target: np.ndarray
    logits: bool

    @cached_property
    def p(self) -> np.ndarray:
        x = self.x.astype(np.longdouble)
        if not self.logits:
            return x
        e = np.exp(x - x.max())
        return e / e.sum()

    @cached_property
    def differences(self) -> np.ndarray:
        return np.cumsum(self.p - self.target.astype(np.longdouble))

    @property
    def value(self) -> float:
        return float(np.sum(self.differences**2))

    @property
    def emd(self) -> float:
        return float(np.sum(np.abs(self.differences[:-1])))

    @property
    def gradient(self) -> np.ndarray:
        g = 2 * np.cumsum(self.differences[::-1])[::-1]
        return (self.p * (g - np.sum(self.p * g)) if self.logits else g).astype(np.float64)

    def bounds(self, form: Precision) -> tuple[float, np.ndarray]:
        """Return the bounds of value and gradient before the output is rounded."""
        p, C = self.p.astype(np.float64), len(self.x)
        eta = np.asarray(_bounds.softmax.relative_errors(self.x.tolist(), form)) if self.logits else np.zeros(C)
        e = float(p @ eta)
        errors = analyse(p.tolist(), self.target.tolist(), LINE, form, "any", (p * eta).tolist())
        value, error = errors.energy, np.asarray(errors.gradient)
        if not self.logits:
            return value, error
        largest = error.max() + errors.constant
        size = largest + errors.largest  # of every |g_j|: see emd_conformance._bounds.squared_emd
        shared = (2 + e) * largest + 3 * (e + form.gamma(C + 3)) * size
        return value, p * (shared + 2 * eta * size) + 4 * form.tiny * (size + 1)

    def emd_bound(self, form: Precision) -> float:
        """Return the bound of the EMD.

        An implementation may divide weights by their sum; this moves each of C-1 cuts by the sum's distance from 1.
        """
        bound = float(_bounds.emd.value(self.x.tolist(), self.target.tolist(), LINE, form, "any"))
        off = sum(abs(float(np.sum(v, dtype=np.longdouble)) - 1) for v in (self.x, self.target))
        return bound + 2 * len(self.x) * off


class Referee:
    """The references and bounds of a case; each is computed once."""

    def __init__(self, case: Case) -> None:
        N = case.shape[0]
        self.case, self.places = case, sorted({0, N // 2, N - 1})
        self._rows: dict[str, list[Row]] = {}
        self._bounds: dict[Any, tuple[float, np.ndarray]] = {}

    def rows(self, kind: str) -> list[Row]:
        """Return the rows to compare: distributions, distributions with labels, or logits with labels."""
        c = self.case
        if kind not in self._rows:
            one_hot = [(np.arange(c.shape[1]) == c.k[i]).astype(c.dtype) for i in self.places]
            t = [c.t[i] for i in self.places] if kind == "distributions" else one_hot
            x = c.z if kind == "logits" else c.p
            self._rows[kind] = [Row(x[i], t_i, kind == "logits") for i, t_i in zip(self.places, t, strict=True)]
        return self._rows[kind]

    def check(self, contender: Contender, results: Sequence[Any]) -> None:
        """Raise WrongError if the results are wrong for the contender's quantity."""
        labels = "labels" in contender.name
        kind = "logits" if contender.quantity == "logits" else "labels" if labels else "distributions"
        form = PRECISIONS[self.case.dtype] if contender.wide else PRECISIONS[self.case.dtype].native()
        E, g = (None if x is None else to_numpy(x) for x in results)
        for place, row in zip(self.places, self.rows(kind), strict=True):
            if contender.rows is not None and place >= contender.rows:
                continue
            value, gradient = self._bound(kind, place, row, form)
            if contender.emd:
                _within("EMD", E[place], row.emd, row.emd_bound(form), form)
            elif not contender.mean:
                _within("value", E[place], row.value, value, form)
            if (g is None) != (contender.quantity == "value"):
                raise WrongError("gives no gradient" if g is None else "gives a gradient")
            if g is not None:
                scale = self.case.shape[0] if contender.mean else 1  # rounded in the last place, as the output is
                _within("gradient", g[place].astype(np.float64) * scale, row.gradient, gradient, form)
        if contender.mean:
            self._check_mean(E, form)

    def _bound(self, kind: str, place: int, row: Row, form: Precision) -> tuple[float, np.ndarray]:
        key = (kind, place, form)
        if key not in self._bounds:
            self._bounds[key] = row.bounds(form)
        return self._bounds[key]

    def _check_mean(self, got: np.ndarray, form: Precision) -> None:
        """Compare with the mean of a float64 computation, within the bound of the worst possible row.

        Every |D_k| is at most 1, and its error, the softmax included, is at most e. A row then errs by C (2 e + e^2)
        and the rounding of C squares. The sum of N rows adds a relative error of γ_N.
        """
        (N, C), z = self.case.shape, self.case.z.astype(np.float64)
        p = np.exp(z - z.max(axis=1, keepdims=True))
        D = np.cumsum(p / p.sum(axis=1, keepdims=True), axis=1) - (np.arange(C) >= self.case.k[:, None])
        mean, size = float(np.sum(D**2) / N), float(np.abs(z).max())
        e = form.gamma(2 * C + 4) * 2 + 2 * (4 * size + C + 16) * form.unit
        bound = C * (2 * e + e * e) + (form.gamma(C + 4) + form.gamma(N)) * (mean + C * (2 * e + e * e))
        _within("mean", got, mean, bound, form)


def to_numpy(x: Any) -> np.ndarray:
    return x.detach().numpy() if hasattr(x, "detach") else np.asarray(x)


def _within(what: str, got: Any, exact: Any, bound: Any, form: Precision) -> None:
    """Allow two bounds, 2^-20 of them for their evaluation in float64, and the rounding of the output."""
    got, exact = np.asarray(got, dtype=np.float64), np.asarray(exact)
    if got.shape != exact.shape:
        raise WrongError(f"{what} has shape {got.shape}, not {exact.shape}")
    allowed = 2 * np.asarray(bound) * (1 + 2.0**-20)
    allowed = allowed + 2 * form.output_unit * (np.abs(exact) + allowed) + form.least
    error = np.abs(got - exact)
    if not np.all(error <= allowed):
        raise WrongError(f"{what} is off by {float(np.max(error / allowed)):.3g} bounds")
