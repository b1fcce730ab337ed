"""Wrong digits, state and validation, by an author who knew the specification alone."""

from typing import Any

import numpy as np

from emd_conformance.defects._common import squared_emd
from emd_conformance.defects._register import Array, wrong


@wrong("low-precision")
def single_inside(p: Array, t: Array) -> Array:
    """Float32 inside."""
    gap = np.cumsum(p.astype(np.float32) - t.astype(np.float32), axis=-1)
    return np.sum(gap * gap, axis=-1).astype(np.float64)


@wrong("low-precision")
def six_decimals(p: Array, t: Array) -> Array:
    """Rounded to six decimals."""
    return np.round((np.cumsum(p - t, axis=-1) ** 2).sum(-1), 6)


@wrong("low-precision")
def expanded_square(p: Array, t: Array) -> Array:
    """The square is expanded: cancellation."""
    a, b = np.cumsum(p, -1), np.cumsum(t, -1)
    return (a * a).sum(-1) - 2 * (a * b).sum(-1) + (b * b).sum(-1)


@wrong("epsilon-under-root", computes="sqrt(E)")
def epsilon_under_root(p: Array, t: Array) -> Array:
    """A small constant under the root."""
    return np.sqrt((np.cumsum(p - t, axis=-1) ** 2).sum(-1) + 1e-10)


_TARGETS: dict[str, Any] = {}


@wrong("state-between-calls")
def cached_by_shape(p: Array, t: Array) -> Array:
    """The CDF of the target is cached by its shape."""
    if t.shape not in _TARGETS:
        _TARGETS[t.shape] = np.cumsum(t, axis=-1)
    return ((np.cumsum(p, axis=-1) - _TARGETS[t.shape]) ** 2).sum(-1)


@wrong("changes-numpy-state")
def silences_numpy(p: Array, t: Array) -> Array:
    """Silences the warnings of NumPy for good."""
    np.seterr(all="ignore")
    return (np.cumsum(p - t, axis=-1) ** 2).sum(-1)


@wrong("nondeterministic")
def sampled(p: Array, t: Array, draws: int = 2000) -> Array:
    """An estimate from draws."""
    d = np.cumsum(p - t, axis=-1) ** 2
    c = d.shape[-1]
    return d[..., np.random.default_rng().integers(0, c, draws)].mean(-1) * c


@wrong("invalid-input-accepted", validates=True)
def loose_sum(p: Array, t: Array) -> Array:
    """Claims to validate, accepts sums that are off by one in a hundred."""
    for name, a in (("p", p), ("t", t)):
        if not np.isfinite(a).all() or (a < 0).any():
            raise ValueError(f"{name}: must be finite and non-negative")
        if (np.abs(a.sum(-1) - 1) > 0.01).any():
            raise ValueError(f"{name}: must sum to 1")
    if p.shape != t.shape:
        raise ValueError(f"t: has shape {t.shape}, must have {p.shape}")
    return squared_emd(p, t)


@wrong("invalid-input-accepted", validates=True)
def nan_slips_through(p: Array, t: Array) -> Array:
    """Claims to validate, its comparison with NaN never holds."""
    if p.shape != t.shape:
        raise ValueError(f"t: shape {t.shape} != {p.shape}")
    for name, a in (("p", p), ("t", t)):
        if a.size and (a.min() < 0 or abs(a.sum(-1) - 1).max() > 1e-12):
            raise ValueError(f"{name}: not a distribution")
    return squared_emd(p, t)


@wrong("invalid-input-accepted", validates=True)
def first_row_checked(p: Array, t: Array) -> Array:
    """Claims to validate, looks at the first sample only."""
    if p.shape != t.shape:
        raise ValueError("shape")
    for name, a in (("p", p[:1]), ("t", t[:1])):
        if not np.isfinite(a).all() or (a < 0).any() or (np.abs(a.sum(-1) - 1) > 1e-12).any():
            raise ValueError(f"{name}: not a distribution")
    return squared_emd(p, t)


@wrong("valid-input-rejected")
def exact_sum(p: Array, t: Array) -> Array:
    """Demands a sum of exactly 1."""
    if (p.sum(-1) != 1).any() or (t.sum(-1) != 1).any():
        raise ValueError("not a distribution")
    return squared_emd(p, t)


@wrong("valid-input-rejected")
def zeros_rejected(p: Array, t: Array) -> Array:
    """Demands positive probabilities."""
    if (p <= 0).any():
        raise ValueError("probabilities must be positive")
    return squared_emd(p, t)
