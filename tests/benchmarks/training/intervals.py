"""Paired differences over seeds, with confidence intervals.

The seeds of one data set draw overlapping training sets from the same data, so their differences are correlated and
the plain t interval is too narrow. Nadeau and Bengio (2003) widen the variance of the mean from s^2 / n to
s^2 (1/n + n_test / n_train). Holm (1979) corrects for testing on several data sets.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Difference:
    """The mean of paired differences, half the width of both 95 % intervals, and the corrected p-value."""

    mean: float
    half_t: float
    half_nb: float
    p_nb: float

    @property
    def sign(self) -> int:
        """The sign of the mean if the corrected interval excludes zero, else 0."""
        return 0 if not abs(self.mean) > self.half_nb else int(np.sign(self.mean))


def paired(a: np.ndarray, b: np.ndarray, test_to_train: float) -> Difference:
    """Return the mean of a - b over the seeds, with its intervals."""
    d = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    n = len(d)
    mean, variance = float(d.mean()), float(d.var(ddof=1))
    quantile = float(stats.t.ppf(0.975, n - 1))
    corrected = math.sqrt(variance * (1 / n + test_to_train))
    p = float(2 * stats.t.sf(abs(mean) / corrected, n - 1)) if corrected else float(mean == 0)
    return Difference(mean, quantile * math.sqrt(variance / n), quantile * corrected, p)


def holm(p_values: list[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order given."""
    order = np.argsort(p_values, kind="stable")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted
