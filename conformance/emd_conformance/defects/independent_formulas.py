"""Wrong formulas, by an author who knew the specification alone."""

import numpy as np

from emd_conformance.defects._register import Array, wrong


@wrong("computes='W1'")
def emd_abs(p: Array, t: Array) -> Array:
    """The absolute difference of the CDFs, not its square."""
    return np.abs(np.cumsum(p, -1) - np.cumsum(t, -1)).sum(-1)


@wrong("missing-cumsum")
def brier_named_emd(y_pred: Array, y_true: Array) -> Array:
    """No cumulative sum: it is the Brier score."""
    diff = y_pred - y_true
    return (diff * diff).sum(axis=-1)


@wrong("computes='W1*W1'")
def square_of_emd(p: Array, t: Array) -> Array:
    """The square of the EMD, not the squared EMD."""
    return np.abs((p - t).cumsum(-1)).sum(-1) ** 2


@wrong("square-inside-sum")
def squared_before_cumsum(p: Array, t: Array) -> Array:
    """The difference is squared before it is accumulated."""
    return np.cumsum((p - t) ** 2, axis=-1).sum(axis=-1)


@wrong("w2-for-l2")
def wasserstein2_by_quantiles(p: Array, t: Array) -> Array:
    """The squared 2-Wasserstein distance, by quantile functions."""
    out = np.zeros(len(p))
    for n, (a, b) in enumerate(zip(p, t, strict=True)):
        i = j = 0
        a, b = (list(a), list(b))
        while i < len(a) and j < len(b):
            moved = min(a[i], b[j])
            out[n] += moved * (i - j) ** 2
            a[i] -= moved
            b[j] -= moved
            if a[i] <= 0:
                i += 1
            else:
                j += 1
    return out


@wrong("computes='E/(C-1)'")
def rps_normalised(p: Array, t: Array) -> Array:
    """Divided by C - 1 as meteorologists do, and not declared."""
    cats = p.shape[-1]
    return np.sum((np.cumsum(p, -1) - np.cumsum(t, -1)) ** 2, -1) / max(cats - 1, 1)


@wrong("computes='sqrt(E/C)'")
def nima_emd(y_true: Array, y_pred: Array, r: int = 2) -> Array:
    """NIMA's form with a root, and not declared."""
    cdf_true = np.cumsum(y_true, axis=-1)
    cdf_pred = np.cumsum(y_pred, axis=-1)
    return np.power(np.mean(np.power(np.abs(cdf_true - cdf_pred), r), axis=-1), 1.0 / r)


@wrong("trapezoids")
def trapezoid_over_cdfs(p: Array, t: Array) -> Array:
    """The trapezoidal rule halves the first term."""
    gap = (np.cumsum(p, -1) - np.cumsum(t, -1)) ** 2
    return (0.5 * (gap[..., 1:] + gap[..., :-1])).sum(-1)


@wrong("last-bins-dropped")
def loop_stops_early(p: Array, t: Array) -> Array:
    """The loop stops one class early."""
    total = np.zeros(p.shape[:-1])
    acc = np.zeros(p.shape[:-1])
    for k in range(0, p.shape[-1] - 2):
        acc = acc + (p[..., k] - t[..., k])
        total = total + acc * acc
    return total


@wrong("first-bin-dropped")
def first_term_lost(p: Array, t: Array) -> Array:
    """The first difference never enters the sum of squares."""
    running = p[..., 0] - t[..., 0]
    loss = np.zeros_like(running)
    for k in range(1, p.shape[-1]):
        running = running + p[..., k] - t[..., k]
        loss += running**2
    return loss


@wrong("unexplained")
def difference_of_squares(p: Array, t: Array) -> Array:
    """A difference of squares, not the square of a difference."""
    fp, ft = np.cumsum(p, -1), np.cumsum(t, -1)
    return np.abs(fp**2 - ft**2).sum(-1)


@wrong("computes='2*E'")
def energy_squared(p: Array, t: Array) -> Array:
    """SciPy's energy distance squared is twice E, and not declared."""
    d = p - t
    k = np.arange(p.shape[-1])
    return -np.einsum("...i,ij,...j->...", d, np.abs(k[:, None] - k), d)


@wrong("unexplained", target="labels")
def crps_without_half(p: Array, k: Array) -> Array:
    """The second term of the CRPS is not halved."""
    x = np.arange(p.shape[-1])
    far = (p * np.abs(x - k[:, None])).sum(-1)
    spread = np.einsum("ni,ij,nj->n", p, np.abs(x[:, None] - x), p)
    return far - spread


@wrong("largest-for-sum")
def kolmogorov_smirnov(p: Array, t: Array) -> Array:
    """The greatest difference only."""
    return np.abs(np.cumsum(p - t, -1)).max(-1) ** 2


@wrong("huber")
def huber_emd(p: Array, t: Array, delta: float = 0.25) -> Array:
    """The Huber function of D with delta 1/4."""
    gap = np.abs(np.cumsum(p - t, axis=-1))
    return np.where(gap <= delta, gap**2, delta * (2 * gap - delta)).sum(-1)


@wrong("one-sided")
def one_sided(p: Array, t: Array) -> Array:
    """Only overestimates count."""
    return (np.maximum(np.cumsum(p - t, axis=-1), 0.0) ** 2).sum(-1)


@wrong("one-sum-from-the-end")
def mixed_directions(p: Array, t: Array) -> Array:
    """The target is accumulated from the other end."""
    cp = np.cumsum(p, -1)
    ct = np.cumsum(t[..., ::-1], -1)[..., ::-1]
    return ((cp - ct) ** 2).sum(-1)


@wrong("class-weights")
def edge_weighted(p: Array, t: Array) -> Array:
    """Terms are weighted with the distance to the middle class."""
    c = p.shape[-1]
    weights = 1.0 + np.abs(np.arange(c) - (c - 1) / 2) / c
    return (weights * np.cumsum(p - t, -1) ** 2).sum(-1)


@wrong("unexplained")
def binary_shortcut(p: Array, t: Array) -> Array:
    """Two classes are treated by the absolute difference, the rest is right."""
    if p.shape[-1] == 2:
        return np.abs(p[..., 0] - t[..., 0])
    return (np.cumsum(p - t, axis=-1) ** 2).sum(axis=-1)
