"""The exact squared EMD and its gradients (specification 4 and 5): rational, or enclosed where softmax or exp enter."""

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._exact import ordinal, softmax
from emd_conformance._exact.grounds import LINE, Ground
from emd_conformance._exact.interval import Interval, sharpen
from emd_conformance._exact.numbers import Numbers, common, differences
from emd_conformance._exact.softmax import Encoding


def value(p: Numbers, t: Numbers, ground: Ground = LINE) -> Fraction:
    """Return E = Σ_S w_S d(S)² (4.1 to 4.5), or -½ dᵀ G d for a matrix (4.6)."""
    d, m = differences(p, t)
    E, n = ground.energy(d)
    return Fraction(E, n * m * m)


def gradient(p: Numbers, t: Numbers, ground: Ground = LINE) -> list[Fraction]:
    """Return the free gradient: 2 Σ_{S∋j} w_S d(S) (5.1, 5.2), or -G d for a matrix (5.3)."""
    d, m = differences(p, t)
    g, n = ground.gradient(d)
    return [Fraction(x, n * m) for x in g]


def simplex_gradient(g: Numbers) -> list[Fraction]:
    """Return g - mean(g) (5.4)."""
    n, m = common(g)
    total, C = sum(n), len(n)
    return [Fraction(C * x - total, C * m) for x in n]


def value_of_logits(x: Numbers, t: Numbers, ground: Ground = LINE, encoding: Encoding = "logits") -> Interval:
    """Return E(softmax(x), t), or E(exp(x), t)."""
    return sharpen(lambda bits: [_energy(softmax.differences(x, t, bits, encoding), ground)])[0]


def gradient_of_logits(x: Numbers, t: Numbers, ground: Ground = LINE, encoding: Encoding = "logits") -> list[Interval]:
    """Return p_j (g_j - <p, g>) (5.5, 5.7)."""

    def gradient(bits: int) -> list[Interval]:
        g, n = ground.gradient(softmax.differences(x, t, bits, encoding))
        if encoding == "cumulative-logits" or encoding == "conditional-logits":
            return ordinal.chain(x, [g_j * Fraction(1, n) for g_j in g], bits, encoding)
        return softmax.chain(softmax.enclosed(x, bits, encoding), [x * Fraction(1, n) for x in g])

    return sharpen(gradient)


def _energy(d: Sequence[Interval], ground: Ground) -> Interval:
    E, n = ground.energy(d)
    return E * Fraction(1, n)
