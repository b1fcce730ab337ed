"""The exact values and gradients of the specification for one's own p and t, in rational arithmetic.

Every floating-point number is an exact rational number, so p and t are taken as they are: nothing is rounded, and p is
not scaled to sum to 1. A result is a `Fraction`, or an `Interval` with rational ends `lo` and `hi` where softmax, a
logarithm or a real power makes it irrational; its relative width is at most 2^-150.

`p` and `t` have shape (C,): sequences or arrays of finite numbers, fractions included. `t` may also be a label, which
means all mass on that class. With `from_logits`, p holds logits, of which some may be -inf. Errors are ValueError or
TypeError.
"""

from fractions import Fraction
from math import inf
from typing import Literal, overload

from emd_conformance import _exact
from emd_conformance._exact.arguments import Target, Vector, fitting, number, scores, target, vector
from emd_conformance._exact.grounds import Circle, Ground, Line, Matrix, Tree
from emd_conformance._exact.interval import Interval
from emd_conformance._exact.numbers import Number

__all__ = [
    "Circle",
    "Interval",
    "Line",
    "Matrix",
    "Tree",
    "cross_entropy",
    "cross_entropy_gradient",
    "emd",
    "emd_subgradient_gap",
    "ground_distance_penalty",
    "ground_distance_penalty_gradient",
    "squared_emd",
    "squared_emd_gradient",
]

LINE = Line()


@overload
def squared_emd(p: Vector, t: Target, *, ground: Ground = ..., from_logits: Literal[False] = False) -> Fraction: ...
@overload
def squared_emd(p: Vector, t: Target, *, ground: Ground = ..., from_logits: Literal[True]) -> Interval: ...
def squared_emd(p: Vector, t: Target, *, ground: Ground = LINE, from_logits: bool = False) -> Fraction | Interval:
    """Return E = Σ_S w_S (p(S) - t(S))² over the cuts S of the ground distance, or -½ dᵀ G d for a matrix (4.1 to 4.6).

    >>> squared_emd([0.5, 0.25, 0.25], 1)
    Fraction(5, 16)
    >>> squared_emd([1, 0, 0], 2, ground=Line((0, 1, 10)))
    Fraction(10, 1)
    >>> float(squared_emd([0.0, 0.0], 0, from_logits=True).middle)
    0.25
    """
    x, y, ground = _arguments(p, t, ground, from_logits)
    function = _exact.squared_emd.value_of_logits if from_logits else _exact.squared_emd.value
    return function(x, y, ground)


@overload
def squared_emd_gradient(
    p: Vector, t: Target, *, ground: Ground = ..., from_logits: Literal[False] = False
) -> list[Fraction]: ...
@overload
def squared_emd_gradient(
    p: Vector, t: Target, *, ground: Ground = ..., from_logits: Literal[True]
) -> list[Interval]: ...
def squared_emd_gradient(
    p: Vector, t: Target, *, ground: Ground = LINE, from_logits: bool = False
) -> list[Fraction] | list[Interval]:
    """Return ∂E/∂p_j = 2 Σ_{S∋j} w_S (p(S) - t(S)), or -G d for a matrix (5.1 to 5.3); for logits ∂E/∂z (5.5).

    A gradient with respect to p is defined up to a constant: subtract the means before you compare two of them (5.4).

    >>> squared_emd_gradient([0.5, 0.25, 0.25], 1)
    [Fraction(1, 2), Fraction(-1, 2), Fraction(0, 1)]
    """
    x, y, ground = _arguments(p, t, ground, from_logits)
    function = _exact.squared_emd.gradient_of_logits if from_logits else _exact.squared_emd.gradient
    return function(x, y, ground)


@overload
def emd(p: Vector, t: Target, *, ground: Ground = ..., from_logits: Literal[False] = False) -> Fraction: ...
@overload
def emd(p: Vector, t: Target, *, ground: Ground = ..., from_logits: Literal[True]) -> Interval: ...
def emd(p: Vector, t: Target, *, ground: Ground = LINE, from_logits: bool = False) -> Fraction | Interval:
    """Return the EMD, the least cost of a flow from p to t (3.1), by the closed form of the ground distance.

    For a matrix the linear programme is solved exactly; p and t must then have exactly the same mass.

    >>> emd([0.5, 0.25, 0.25], 1)
    Fraction(3, 4)
    >>> emd([1, 0], 1, ground=Matrix(((0, 3), (3, 0))))
    Fraction(3, 1)
    """
    x, y, ground = _arguments(p, t, ground, from_logits)
    function = _exact.emd.value_of_logits if from_logits else _exact.emd.value
    return function(x, y, ground)


def emd_subgradient_gap(g: Vector, p: Vector, t: Target, *, ground: Ground = LINE) -> Fraction:
    """Return EMD - <g, p> - <v, t> with v_j = min_i (G_ij - g_i) (3.6): 0 if g is a subgradient at p, else positive.

    The EMD has no gradient where a cut has no mass, so a gradient of it is judged by this gap.

    >>> emd_subgradient_gap([2, 1, 0], [1, 0, 0], 2)
    Fraction(0, 1)
    """
    x, y, ground = _arguments(p, t, ground)
    slopes = vector(g, "g")
    if len(slopes) != len(x):
        raise ValueError(f"`g` has {len(slopes)} entries, `p` has {len(x)} classes")
    return _exact.emd.subgradient_gap(slopes, x, y, ground)


def cross_entropy(p: Vector, t: Target, *, from_logits: bool = False) -> Interval:
    """Return -Σ t_j log p_j with 0 log 0 = 0 (6.1); for a label k it is -log p_k. Where t_j > 0, p_j must be positive.

    >>> float(cross_entropy([0.5, 0.5], 0).middle)
    0.6931471805599453
    >>> float(cross_entropy([0.5, 0.25, 0.25], [0.5, 0.5, 0.0]).middle)
    1.0397207708399179
    """
    function = _exact.cross_entropy.value_of_logits if from_logits else _exact.cross_entropy.value
    return function(*_finite(p, t, from_logits))


def cross_entropy_gradient(p: Vector, t: Target, *, from_logits: bool = False) -> list[Interval]:
    """Return -t_j / p_j; for logits softmax(z) - t (6.4). Where t_j > 0, p_j must be positive.

    >>> [float(x.middle) for x in cross_entropy_gradient([0.5, 0.5], 0)]
    [-2.0, 0.0]
    """
    function = _exact.cross_entropy.gradient_of_logits if from_logits else _exact.cross_entropy.gradient
    return function(*_finite(p, t, from_logits))


def ground_distance_penalty(
    p: Vector, t: Target, *, ground: Ground, exponent: Number = 1, bias: Number = 0, from_logits: bool = False
) -> Interval:
    """Return R = Σ_i p_i² Σ_k t_k (G_ik^ω + μ) (6.2), for an exponent ω > 0 and a bias μ.

    >>> ground_distance_penalty([0.5, 0.25, 0.25], 0, ground=Line()).lo
    Fraction(3, 16)
    """
    function = _exact.penalty.value_of_logits if from_logits else _exact.penalty.value
    return function(*_penalised(p, t, ground, exponent, bias, from_logits))


def ground_distance_penalty_gradient(
    p: Vector, t: Target, *, ground: Ground, exponent: Number = 1, bias: Number = 0, from_logits: bool = False
) -> list[Interval]:
    """Return ∂R/∂p_i = 2 p_i Σ_k t_k (G_ik^ω + μ); for logits ∂R/∂z (6.4).

    >>> [float(x.middle) for x in ground_distance_penalty_gradient([0.5, 0.25, 0.25], 0, ground=Line())]
    [0.0, 0.5, 1.0]
    """
    function = _exact.penalty.gradient_of_logits if from_logits else _exact.penalty.gradient
    return function(*_penalised(p, t, ground, exponent, bias, from_logits))


def _arguments(
    p: Vector, t: Target, ground: Ground, from_logits: bool = False
) -> tuple[list[Number], list[Fraction], Ground]:
    x = scores(p, "p", logits=from_logits)
    return x, target(t, len(x)), fitting(ground, len(x))


def _finite(p: Vector, t: Target, from_logits: bool) -> tuple[list[Number], list[Fraction]]:
    x, least = scores(p, "p", logits=from_logits), -inf if from_logits else 0
    masses = target(t, len(x))
    if any(x_j == least and t_j > 0 for x_j, t_j in zip(x, masses, strict=True)):
        raise ValueError(f"`p` is {least} where `t` is not 0: the cross-entropy is +∞ (6.1)")
    return x, masses


def _penalised(
    p: Vector, t: Target, ground: Ground, exponent: Number, bias: Number, from_logits: bool
) -> tuple[list[Number], list[Fraction], Ground, Fraction, Fraction]:
    x, power = scores(p, "p", logits=from_logits), number(exponent, "exponent")
    if power <= 0:
        raise ValueError(f"`exponent` must be positive, not {exponent}")
    return x, target(t, len(x)), fitting(ground, len(x)), power, number(bias, "bias")
