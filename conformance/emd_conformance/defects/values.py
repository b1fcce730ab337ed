"""Wrong formulas for the value of one sample."""

import numpy as np

from emd_conformance.defects._common import cumulative, quantile_cost, squared_emd
from emd_conformance.defects._register import Array, wrong


@wrong("missing-cumsum")
def histograms(p: Array, t: Array) -> Array:
    return np.square(p - t).sum(-1)


@wrong("missing-cumsum", computes="sqrt(E/C)")
def root_of_histograms(p: Array, t: Array) -> Array:
    return np.sqrt(np.square(p - t).mean(-1))


@wrong("missing-cumsum", computes="W1")
def total_variation(p: Array, t: Array) -> Array:
    return np.abs(p - t).sum(-1)


@wrong("abs-inside-sum")
def absolute_first(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(np.abs(p - t), -1)).sum(-1)


@wrong("abs-inside-sum", computes="sqrt(E/C)")
def root_of_absolute_first(p: Array, t: Array) -> Array:
    return np.sqrt(np.square(np.cumsum(np.abs(p - t), -1)).mean(-1))


@wrong("abs-inside-sum", computes="W1")
def absolute_first_l1(p: Array, t: Array) -> Array:
    return np.cumsum(np.abs(p - t), -1)[..., :-1].sum(-1) + np.abs(p - t).sum(-1)


@wrong("square-inside-sum")
def square_first(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(np.square(p - t), -1)).sum(-1)


@wrong("cumsum-twice")
def cumulated_twice(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(cumulative(p, t), -1)).sum(-1)


@wrong("cdf-one-behind")
def exclusive_prediction(p: Array, t: Array) -> Array:
    return np.square(np.cumsum(p, -1) - p - np.cumsum(t, -1)).sum(-1)


@wrong("last-bins-dropped")
def two_bins_short(p: Array, t: Array) -> Array:
    return np.square(cumulative(p, t)[..., :-2]).sum(-1)


@wrong("first-bin-dropped")
def from_the_second(p: Array, t: Array) -> Array:
    return np.square(cumulative(p, t)[..., 1:]).sum(-1)


@wrong("first-class-left-out")
def without_the_first_class(p: Array, t: Array) -> Array:
    return squared_emd(p[..., 1:], t[..., 1:])


@wrong("classes-reversed")
def best_class_first(p: Array, t: Array) -> Array:
    return squared_emd(p[..., ::-1], t)


@wrong("missing-square")
def signed(p: Array, t: Array) -> Array:
    return cumulative(p, t).sum(-1)


@wrong("means-compared")
def expected_scores(p: Array, t: Array) -> Array:
    return np.square(((p - t) * np.arange(p.shape[-1])).sum(-1))


@wrong("means-compared")
def squared_distances(p: Array, t: Array) -> Array:
    place = np.arange(p.shape[-1], dtype=float)
    d = p - t
    return -((d @ np.square(np.subtract.outer(place, place))) * d).sum(-1) / 2


@wrong("largest-for-sum", computes="W1")
def kolmogorov(p: Array, t: Array) -> Array:
    return np.abs(cumulative(p, t)).max(-1)


@wrong("one-sided")
def overestimates_only(p: Array, t: Array) -> Array:
    return np.square(np.maximum(cumulative(p, t), 0)).sum(-1)


@wrong("centred-cdf")
def circular_on_a_line(p: Array, t: Array) -> Array:
    D = cumulative(p, t)
    return np.square(D - D.mean(-1, keepdims=True)).sum(-1)


@wrong("values-for-weights", computes="W1")
def probabilities_as_samples(p: Array, t: Array) -> Array:
    return np.abs(np.sort(p, -1) - np.sort(t, -1)).sum(-1)


@wrong("w2-for-l2")
def wasserstein_2(p: Array, t: Array) -> Array:
    x = np.arange(p.shape[-1])
    return np.array([quantile_cost(np.cumsum(a), np.cumsum(b), x) for a, b in zip(p, t, strict=True)])


@wrong("computes='W1'")
def absolute_for_square(p: Array, t: Array) -> Array:
    """Several losses are named squared EMD, but compute the EMD."""
    return np.abs(cumulative(p, t)).sum(-1)


@wrong("computes='W1*W1'")
def square_of_the_emd(p: Array, t: Array) -> Array:
    """The name squared EMD, read as the square of the EMD, suggests this."""
    return np.square(np.abs(cumulative(p, t)).sum(-1))


@wrong("computes='E/2'")
def half_by_habit(p: Array, t: Array) -> Array:
    return squared_emd(p, t) / 2


@wrong("computes='E/C'", computes="E/(C-1)")
@wrong("computes='E/C'")
def mean_over_classes(p: Array, t: Array) -> Array:
    """Some definitions of the ranked probability score do this."""
    return np.square(cumulative(p, t)).mean(-1)


@wrong("computes='sqrt(E/C)'")
def undeclared_root(p: Array, t: Array) -> Array:
    return np.sqrt(np.square(cumulative(p, t)).mean(-1))


@wrong("computes='sqrt(2*E)'")
def energy_distance(p: Array, t: Array) -> Array:
    """scipy.stats.energy_distance returns this."""
    return np.sqrt(2 * squared_emd(p, t))


@wrong("constant-factor")
def arbitrary_scale(p: Array, t: Array) -> Array:
    return 0.37 * squared_emd(p, t)


@wrong("constant-added")
def never_zero(p: Array, t: Array) -> Array:
    return squared_emd(p, t) + 1e-4


@wrong("last-class-left-out", capabilities=("off-simplex",))
def mass_forgotten(p: Array, t: Array) -> Array:
    return np.square(cumulative(p, t)[..., :-1]).sum(-1)


@wrong("renormalised", capabilities=("off-simplex",))
def silently_normalised(p: Array, t: Array) -> Array:
    """scipy.stats does this."""
    return squared_emd(p / p.sum(-1, keepdims=True), t / t.sum(-1, keepdims=True))


@wrong("another-power")
def cubes(p: Array, t: Array) -> Array:
    return np.abs(cumulative(p, t) ** 3).sum(-1)


@wrong("unexplained")
def sum_of_two(p: Array, t: Array) -> Array:
    return squared_emd(p, t) + np.abs(p - t).max(-1) / 10


@wrong("always-the-same", reduction="mean")
def never_updated(p: Array, t: Array) -> Array:
    total = np.float64(0)
    for x, y in zip(p, t, strict=True):
        _ = total + squared_emd(x, y)
    return total
