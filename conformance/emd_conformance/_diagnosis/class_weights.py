"""Weights of the classes: if a loss is Σ_k w_k D_k² with weights of its own, they follow from linear equations."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from emd_conformance._diagnosis.evidence import Answered, Evidence
from emd_conformance._diagnosis.hypothesis import Change
from emd_conformance._diagnosis.scales import snapped
from emd_conformance._diagnosis.terms import Formula, Real, Terms, Vector, cumulative
from emd_conformance._exact.grounds import Ground

FEWEST = 3  # classes from which the weights are solved
Weights = Callable[[int, int], Real]  # from k = 1 … C and C

PATTERNS: dict[str, Weights] = {
    "w_k = k": lambda k, C: k,
    "w_k = k - 1": lambda k, C: k - 1,
    "w_k = k/C": lambda k, C: Fraction(k, C),
    "w_k = k²": lambda k, C: k * k,
    "w_k = 1/k": lambda k, C: Fraction(1, k),
    "w_k = C - k": lambda k, C: C - k,
    "w_k = C - k + 1": lambda k, C: C - k + 1,
    "w_k = (C - k)/C": lambda k, C: Fraction(C - k, C),
    "w_k = 1/(C - k + 1)": lambda k, C: Fraction(1, C - k + 1),
    "w_k = 2^-k": lambda k, C: Fraction(1, 2**k),
    "w_k = 2^(1-k)": lambda k, C: Fraction(2, 2**k),
    "w_k = 2^k": lambda k, C: 2**k,
    "w_k = 2^(k-1)": lambda k, C: 2 ** (k - 1),
    "w_k = sqrt(k)": lambda k, C: float(k) ** 0.5,
    "w_k = 1/sqrt(k)": lambda k, C: float(k) ** -0.5,
    "w_k = (k-1)/(C-1)": lambda k, C: Fraction(k - 1, C - 1) if C > 1 else 0,
    "w_k = k/(C-1)": lambda k, C: Fraction(k, C - 1) if C > 1 else 0,
    "w_k = 1 + k": lambda k, C: 1 + k,
    "w_k = 1 + k/C": lambda k, C: 1 + Fraction(k, C),
    "w_k = 2k/(C(C+1))": lambda k, C: Fraction(2 * k, C * (C + 1)),
    "w_k = 2(C-k+1)/(C(C+1))": lambda k, C: Fraction(2 * (C - k + 1), C * (C + 1)),
    "w_k = k(C-k)": lambda k, C: k * (C - k),
    "w_k = 4k(C-k)/C²": lambda k, C: Fraction(4 * k * (C - k), C * C),
    "w_k = |2k - C|": lambda k, C: abs(2 * k - C),
    "w_k = |2k - C - 1|": lambda k, C: abs(2 * k - C - 1),
    "w_k alternates between 1 and 0": lambda k, C: k % 2,
    "w_k alternates between 0 and 1": lambda k, C: 1 - k % 2,
}


def patterns() -> list[Change]:
    """Return the weights that follow a rule for every number of classes, as changes."""
    return [Change("class-weights", {"formula": _weighted(weights)}, words) for words, weights in PATTERNS.items()]


def _weighted(weights: Weights) -> Formula:
    def formula(p: Vector, t: Vector, ground: Ground) -> Terms:
        return [(weights(k, len(p)), v) for k, v in enumerate(cumulative(p, t), 1)]

    return formula


def solved(evidence: Evidence) -> list[tuple[int, list[float], int]]:
    """Return the numbers of classes whose answers have weights in common: C, w_1 … w_{C-1}, and how many answers."""
    found: list[tuple[int, list[float], int]] = []
    for C in sorted({answer.case.classes for answer in evidence.clear if answer.case.classes >= FEWEST}):
        rows = [row for answer in evidence.clear if answer.case.classes == C for row in _equations(answer)]
        weights = solution([row for row, _ in rows], [y for _, y in rows], evidence.accuracy)
        if weights is not None and any(abs(w - weights[0]) > max(1e-9, 16 * evidence.accuracy) for w in weights):
            found.append((C, weights, len(rows)))
    return found


def shown(weights: Sequence[float], accuracy: float) -> str:
    """Return weights as a list."""
    within = max(accuracy, 1e-7)  # which eight digits reach
    return ", ".join(snapped(w, within)[0] if abs(w) > max(accuracy, 1e-12) else "0" for w in weights)


def _equations(answer: Answered) -> list[tuple[list[float], float]]:
    received, rows = answer.received or [], answer.inputs.rows
    if len(received) != len(rows):
        return []
    squares = [[float(v) ** 2 for v in cumulative(p, t)[:-1]] for p, t, _, _ in rows]
    return list(zip(squares, received, strict=True))


def solution(rows: list[list[float]], y: list[float], accuracy: float) -> list[float] | None:
    """Return the solution of linear equations that determine it more than once, or None if there is none."""
    n = len(rows[0]) if rows else 0
    if len(rows) < n + 2:
        return None
    left = [[*row, b] for row, b in zip(rows, y, strict=True)]
    for i in range(n):  # elimination with the largest pivot
        pivot = max(range(i, len(left)), key=lambda r: abs(left[r][i]))
        left[i], left[pivot] = left[pivot], left[i]
        if abs(left[i][i]) < 1e-9:
            return None
        left[i] = [x / left[i][i] for x in left[i]]
        for r in range(len(left)):
            if r != i and left[r][i]:
                factor = left[r][i]
                left[r] = [x - factor * z for x, z in zip(left[r], left[i], strict=True)]
    weights = [left[i][n] for i in range(n)]
    misses = [abs(sum(w * x for w, x in zip(weights, row, strict=True)) - b) for row, b in zip(rows, y, strict=True)]
    return weights if max(misses) <= max(1e-9, accuracy) * max(1.0, *map(abs, weights)) else None
