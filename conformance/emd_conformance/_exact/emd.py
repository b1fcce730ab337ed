"""The exact EMD, and the optimality of its gradients (specification 3)."""

from collections.abc import Sequence
from fractions import Fraction

from emd_conformance._exact import softmax
from emd_conformance._exact.grounds import LINE, Ground, Line, Tree, distances
from emd_conformance._exact.interval import Interval, sharpen
from emd_conformance._exact.numbers import Numbers, dot, fractions


def value(p: Numbers, t: Numbers, ground: Ground = LINE) -> Fraction:
    """Return the EMD: the closed form of the ground distance (3.2 to 3.4), or the linear programme (3.1)."""
    return ground.emd(p, t)


def value_of_logits(z: Numbers, t: Numbers, ground: Ground = LINE) -> Interval:
    """Return the EMD of softmax(z) and t."""
    if isinstance(ground, Line | Tree):
        return sharpen(lambda bits: [_by_cuts(softmax.differences(z, t, bits), ground)])[0]
    return sharpen(lambda bits: [_nearby(softmax.enclosed(z, bits), fractions(t), ground)])[0]


def subgradient_gap(
    g: Numbers, p: Numbers, t: Numbers, ground: Ground = LINE, off: Numbers = (), emd: Fraction | None = None
) -> Fraction:
    """Return EMD - <g, p> - <v, t> with v_j = min_i (G_ij - g_i) (3.6): 0 for a subgradient, else positive.

    With `off`, the gap is at most 0 if g_i is within off_i of the entries of a subgradient g*: the v of g - off are no
    less than those of g*, and <g + off, p> is no less than <g*, p>.
    """
    masses, room = fractions(p), fractions(off) or [Fraction(0)] * len(g)
    slopes = list(zip(fractions(g), room, strict=True))
    v = ground.nearest({i: b - a for i, (a, b) in enumerate(slopes)}, len(masses))
    most = [a + b for a, b in slopes]
    return (value(p, t, ground) if emd is None else emd) - dot(most, masses) - dot(v, fractions(t))


def _by_cuts(d: Sequence[Interval], ground: Line | Tree) -> Interval:
    work, n = ground.work(d)
    return work * Fraction(1, n)


def _nearby(p: Sequence[Interval], t: Sequence[Fraction], ground: Ground) -> Interval:
    """Enclose the EMD of an enclosed p of mass 1: a mass e that moves changes it by at most e times the diameter."""
    near = [x.middle for x in p[:-1]]
    near.append(1 - sum(near, Fraction(0)))
    error = sum(((x - y).magnitude for x, y in zip(p, near, strict=True)), Fraction(0))
    change = error * max(x for row in distances(ground, len(p)) for x in row)
    value = ground.emd(near, t)
    return Interval(value - change, value + change)
