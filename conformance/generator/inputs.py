"""Inputs of cases: distributions of exactly equal mass, labels and logits. Only integers are random.

A distribution is n_j / 2^bits with integers n_j that sum to 2^bits, so that no rounding of this machine can enter.
"""

from __future__ import annotations

import random
from math import comb
from typing import TypeAlias

Row: TypeAlias = list[float]


def simplex(seed: str, classes: int, bits: int = 53) -> Row:
    """Return a random distribution of full mantissas."""
    rng = random.Random(seed)
    cuts = sorted(rng.getrandbits(bits) for _ in range(classes - 1))
    return [(b - a) / 2**bits for a, b in zip([0, *cuts], [*cuts, 2**bits], strict=True)]


def simplices(seed: str, classes: int, count: int, bits: int = 53) -> list[Row]:
    """Return several distributions."""
    return [simplex(f"{seed} {i}", classes, bits) for i in range(count)]


def peaked(seed: str, classes: int, bits: int = 53) -> Row:
    """Return a distribution with entries of very different size."""
    rng = random.Random(seed)
    n = [rng.getrandbits(bits - 4) // classes >> rng.randrange(0, bits - 8) for _ in range(classes)]
    n[rng.randrange(classes)] += 2**bits - sum(n)
    return [x / 2**bits for x in n]


def permuted(seed: str, p: Row) -> Row:
    """Return the numbers in another order, which has the same mass."""
    rng, q = random.Random(seed), [*p]
    while q == p:
        rng.shuffle(q)
    return q


def nearby(p: Row, step: float) -> Row:
    """Return p with a little mass moved from its largest class to the next one."""
    q, i = [*p], p.index(max(p))
    q[i], q[(i + 1) % len(p)] = q[i] - step, q[(i + 1) % len(p)] + step
    return q


def halved(p: Row) -> Row:
    """Return p with its last entry in two nearly equal parts."""
    part = p[-1] / 2 * (1 + 2.0**-30)
    return [*p[:-1], part, p[-1] - part]


def binomial(classes: int) -> Row:
    """Return the distribution of the number of heads in C - 1 tosses of a coin."""
    return [comb(classes - 1, k) / 2 ** (classes - 1) for k in range(classes)]


def triangular(classes: int) -> Row:
    """Return a distribution that rises and falls by equal steps, of an odd number of classes 2^m - 1."""
    half = (classes + 1) // 2
    return [(half - abs(k - half + 1)) / half**2 for k in range(classes)]


def label(k: int, classes: int) -> Row:
    """Return e_k."""
    return [float(j == k) for j in range(classes)]


def logits(seed: str, classes: int, count: int, scale: int) -> list[Row]:
    """Return rows of logits between -scale and scale, exact in float32."""
    rng = random.Random(seed)
    return [[(rng.getrandbits(20) - 2**19) * scale / 2**19 for _ in range(classes)] for _ in range(count)]
