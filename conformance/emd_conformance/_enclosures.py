"""Enclosures of what is not rational: softmax, logits gradients (specification 5.5), cross-entropy and powers (6)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._grounds import LINE, Ground, Line, Matrix, Number, distances, fractions
from emd_conformance._interval import Interval, enclose, exp, log, sharpen, total


def softmax(z: Sequence[Number]) -> list[Interval]:
    """Return e^{z_j} / Σ e^{z_i}."""
    return sharpen(lambda bits: _softmax(z, bits))


def squared_emd_logits(z: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Interval:
    """Return E(softmax(z), t)."""
    return sharpen(lambda bits: [_energy(_differences(z, t, bits), ground)])[0]


def squared_emd_logits_gradient(
    z: Sequence[Number],
    t: Sequence[Number],
    ground: Ground = LINE,
) -> list[Interval]:
    """Return ∂E/∂z_j = p_j (g_j - <p, g>) (5.5)."""

    def gradient(bits: int) -> list[Interval]:
        g = _energy_gradient(_differences(z, t, bits), ground)
        return chain(_softmax(z, bits), g)

    return sharpen(gradient)


def squared_emd_log(x: Sequence[Number], t: Sequence[Number], ground: Ground = LINE) -> Interval:
    """Return E(exp(x), t), for predictions that are given as the logarithms of probabilities."""

    def value(bits: int) -> list[Interval]:
        d = [exp(x_j, bits) - t_j for x_j, t_j in zip(fractions(x), fractions(t), strict=True)]
        return [_energy(d, ground)]

    return sharpen(value)[0]


def emd_logits(z: Sequence[Number], t: Sequence[Number], ground: Line = LINE) -> Interval:
    """Return the EMD of softmax(z) and t on a line (3.2)."""

    def distance(bits: int) -> list[Interval]:
        D = ground.masses(_differences(z, t, bits))
        w = ground.weights(len(z))
        return [total([abs(D_k) * Fraction(w_k) for D_k, w_k in zip(D[:-1], w[:-1], strict=True)])]

    return sharpen(distance)[0]


def cross_entropy(p: Sequence[Number], k: int) -> Interval:
    """Return -log p_k for p_k > 0 (6.1)."""
    return sharpen(lambda bits: [-log(Fraction(p[k]), bits)])[0]


def cross_entropy_logits(z: Sequence[Number], k: int) -> Interval:
    """Return log Σ e^{z_i} - z_k."""
    return sharpen(lambda bits: [_log_total(z, bits) + (max(fractions(z)) - Fraction(z[k]))])[0]


def cross_entropy_logits_gradient(z: Sequence[Number], k: int) -> list[Interval]:
    """Return p - e_k (6.4)."""
    return sharpen(lambda bits: [p_j - int(j == k) for j, p_j in enumerate(_softmax(z, bits))])


def penalty(p: Sequence[Number], k: int, ground: Ground, exponent: Number = 1, bias: Number = 0) -> Interval:
    """Return R = Σ_i p_i² (G_ik^ω + μ) (6.2) for any real exponent."""

    def value(bits: int) -> list[Interval]:
        return [
            total(
                [f * Fraction(x) ** 2 for x, f in zip(p, factors(k, len(p), ground, exponent, bias, bits), strict=True)]
            )
        ]

    return sharpen(value)[0]


def penalty_gradient(
    p: Sequence[Number], k: int, ground: Ground, exponent: Number = 1, bias: Number = 0
) -> list[Interval]:
    """Return ∂R/∂p_i = 2 p_i (G_ik^ω + μ) (6.4)."""

    def gradient(bits: int) -> list[Interval]:
        return [f * (2 * Fraction(x)) for x, f in zip(p, factors(k, len(p), ground, exponent, bias, bits), strict=True)]

    return sharpen(gradient)


def penalty_logits(z: Sequence[Number], k: int, ground: Ground, exponent: Number = 1, bias: Number = 0) -> Interval:
    """Return R(softmax(z), k)."""

    def value(bits: int) -> list[Interval]:
        p = _softmax(z, bits)
        return [total([f * (x * x) for x, f in zip(p, factors(k, len(z), ground, exponent, bias, bits), strict=True)])]

    return sharpen(value)[0]


def penalty_logits_gradient(
    z: Sequence[Number], k: int, ground: Ground, exponent: Number = 1, bias: Number = 0
) -> list[Interval]:
    """Return ∂R/∂z (5.5, 6.4)."""

    def gradient(bits: int) -> list[Interval]:
        p = _softmax(z, bits)
        g = [f * x * 2 for x, f in zip(p, factors(k, len(z), ground, exponent, bias, bits), strict=True)]
        return chain(p, g)

    return sharpen(gradient)


def chain(p: Sequence[Interval], g: Sequence[Interval]) -> list[Interval]:
    """Return p_j (g_j - <p, g>): a gradient with respect to p, carried to the logits (5.5)."""
    mean = total([p_j * g_j for p_j, g_j in zip(p, g, strict=True)])
    return [p_j * (g_j - mean) for p_j, g_j in zip(p, g, strict=True)]


def factors(k: int, classes: int, ground: Ground, exponent: Number, bias: Number, bits: int) -> list[Interval]:
    """Return G_ik^ω + μ."""
    return [_power(row[k], Fraction(exponent), bits) + Fraction(bias) for row in distances(ground, classes)]


def _power(x: Fraction, exponent: Fraction, bits: int) -> Interval:
    if exponent.denominator == 1 or x in (0, 1):
        return enclose(x ** int(exponent) if x not in (0, 1) else x)
    return exp(log(x, bits) * exponent, bits)


def _softmax(z: Sequence[Number], bits: int) -> list[Interval]:
    top = max(fractions(z))
    powers = [exp(Fraction(x) - top, bits) for x in z]
    mass = total(powers)
    return [(x / mass).rounded(bits) for x in powers]


def _log_total(z: Sequence[Number], bits: int) -> Interval:
    top = max(fractions(z))
    return log(total([exp(Fraction(x) - top, bits) for x in z]), bits)


def _differences(z: Sequence[Number], t: Sequence[Number], bits: int) -> list[Interval]:
    return [p_j - Fraction(t_j) for p_j, t_j in zip(_softmax(z, bits), t, strict=True)]


def _energy(d: Sequence[Interval], ground: Ground) -> Interval:
    if isinstance(ground, Matrix):
        return total([x * y for x, y in zip(d, _times(ground, d), strict=True)]) * Fraction(-1, 2)
    w = ground.weights(len(d))
    return total([d_S * d_S * Fraction(w_S) for d_S, w_S in zip(ground.masses(d), w, strict=True)])


def _energy_gradient(d: Sequence[Interval], ground: Ground) -> list[Interval]:
    if isinstance(ground, Matrix):
        return [-x for x in _times(ground, d)]
    w = ground.weights(len(d))
    terms = [d_S * (2 * Fraction(w_S)) for d_S, w_S in zip(ground.masses(d), w, strict=True)]
    return ground.containing(terms, len(d))


def _times(ground: Matrix, d: Sequence[Interval]) -> list[Interval]:
    return [total([x * Fraction(G_ij) for x, G_ij in zip(d, row, strict=True)]) for row in ground.rows]
