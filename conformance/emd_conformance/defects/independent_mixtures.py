"""Wrong mixtures, gradients and loops, by an author who knew the specification alone."""

import numpy as np

from emd_conformance.defects._common import squared_emd
from emd_conformance.defects._register import Array, wrong


@wrong("unexplained", computes="R", target="labels", ground="matrix", call="p, k, G")
def penalty_not_squared(p: Array, k: Array, G: Array) -> Array:
    """P is not squared in the penalty: it is the EMD."""
    return (p * G[k]).sum(-1)


@wrong("unexplained", computes="R", target="labels", ground="matrix", call="p, k, G, exponent=exponent")
def exponent_ignored(p: Array, k: Array, G: Array, exponent: float = 1.0) -> Array:
    """The exponent is fixed to 2."""
    return (p**2 * G[k] ** 2).sum(-1)


@wrong("unexplained", computes="R", target="labels", ground="matrix", call="p, k, G, bias=bias")
def bias_negated(p: Array, k: Array, G: Array, bias: float = 0.0) -> Array:
    """The bias has the other sign."""
    return (p**2 * (G[k] - bias)).sum(-1)


@wrong("gradient-prefix", of=squared_emd)
def gradient_forwards(p: Array, t: Array) -> Array:
    """Accumulated from the wrong end."""
    return 2 * np.cumsum(np.cumsum(p - t, -1), -1)


@wrong("gradient-no-2", of=squared_emd)
def gradient_halved(p: Array, t: Array) -> Array:
    """Without the 2."""
    return np.cumsum(np.cumsum(p - t, -1)[..., ::-1], -1)[..., ::-1]


@wrong("gradient-low-precision", of=squared_emd)
def gradient_by_differences(p: Array, t: Array, h: float = 1e-06) -> Array:
    """A forward difference."""
    g = np.zeros_like(p)
    for j in range(p.shape[-1]):
        q = p.copy()
        q[..., j] += h
        g[..., j] = (squared_emd(q, t) - squared_emd(p, t)) / h
    return g


@wrong("class-weights", array="list", batched=False)
def python_loop(p: Array, t: Array) -> Array:
    """Plain Python: the last class is skipped and the first is counted twice."""
    total = acc = 0.0
    acc = p[0] - t[0]
    total = acc**2
    acc = 0.0
    for a, b in zip(p, t, strict=True):
        acc += a - b
        total += acc**2
    return total


@wrong("class-weights", array="list", batched=False)
def half_of_the_classes(p: Array, t: Array) -> Array:
    """Plain Python: integer division of the number of classes."""
    n = len(p)
    cp = ct = total = 0.0
    for k in range(n // 2 + n % 2):
        cp += p[k]
        ct += t[k]
        total += (cp - ct) ** 2
    return total
