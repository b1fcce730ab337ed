"""Enclosures of the outputs of ordinal models: C - 1 logits z that stand for exceedance probabilities S (1.9, 5.10).

*Cumulative logits* have S_k = σ(z_k), and *conditional logits* S_k = σ(z_1) … σ(z_k), with σ(z) = 1 / (1 + e^-z).
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, TypeAlias, get_args

from emd_conformance._exact.interval import Interval, enclose, exp, total
from emd_conformance._exact.numbers import Numbers, fractions

Output: TypeAlias = Literal["cumulative-logits", "conditional-logits"]
OUTPUTS: tuple[Output, ...] = get_args(Output)


def sigmoid(z: Fraction, bits: int) -> Interval:
    """Return 1 / (1 + e^-z)."""
    return enclose(1) / (exp(-z, bits) + 1)


def exceedances(z: Numbers, bits: int, output: Output) -> list[Interval]:
    """Return S_1, …, S_{C-1}."""
    found: list[Interval] = []
    for s in (sigmoid(x, bits) for x in fractions(z)):
        product = s * found[-1] if found and output == "conditional-logits" else s
        found.append(product.rounded(2 * bits))  # an exact product would have a longer denominator at each step
    return found


def probabilities(z: Numbers, bits: int, output: Output) -> list[Interval]:
    """Return p_1 = 1 - S_1, p_k = S_{k-1} - S_k, p_C = S_{C-1}."""
    S = [enclose(1), *exceedances(z, bits, output), enclose(0)]
    return [S[k] - S[k + 1] for k in range(len(S) - 1)]


def chain(z: Numbers, g: Sequence[Interval], bits: int, output: Output) -> list[Interval]:
    """Return the gradient with respect to z, for a gradient g with respect to p (5.10)."""
    S, s = exceedances(z, bits, output), [sigmoid(x, bits) for x in fractions(z)]
    slopes = [S_k * (g[k + 1] - g[k]) for k, S_k in enumerate(S)]
    if output == "conditional-logits":
        slopes = [total(slopes[i:]) for i in range(len(slopes))]
    return [(enclose(1) - s_i) * slope for s_i, slope in zip(s, slopes, strict=True)]
