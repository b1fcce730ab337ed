"""Bounds of the outputs of ordinal models are the numbers that their formulas give (1.9, 5.10, 7.3)."""

from itertools import accumulate, pairwise
from math import exp, log1p

import pytest
from bound_formulas import FORMATS, T, close
from emd_conformance import _bounds
from emd_conformance._bounds import ordinal
from emd_conformance._bounds.analysis import analyse
from emd_conformance._exact.grounds import LINE


@FORMATS
def test_outputs_of_ordinal_models(form):
    z = (1.5, -0.5, -3.0)

    def loss(x):
        return max(-x, 0.0) + log1p(exp(-abs(x)))  # |log σ(x)|

    def eta_of(k, L):
        return ((k + 8) * L + 8 * k + 16) * form.unit

    alone = [eta_of(1, loss(x)) for x in z]
    assert ordinal.relative_errors(z, form, "cumulative-logits") == pytest.approx(alone, rel=1e-12, abs=0)
    products = [eta_of(k, L) for k, L in enumerate(accumulate(map(loss, z)), 1)]
    assert ordinal.relative_errors(z, form, "conditional-logits") == pytest.approx(products, rel=1e-12, abs=0)
    S = [exp(-loss(x)) for x in z]
    parts = [0.0, *(a * b for a, b in zip(S, alone, strict=True)), 0.0]
    wanted = [a + b + 2 * form.unit for a, b in pairwise(parts)]
    assert ordinal.errors(z, form, "cumulative-logits") == pytest.approx(wanted, rel=1e-12, abs=0)


@FORMATS
@pytest.mark.parametrize("output", ["cumulative-logits", "conditional-logits"])
def test_gradients_of_ordinal_models(output, form):
    z = (1.5, -0.5, -3.0)
    off = analyse(ordinal.middles(z, output), T, LINE, form, "any", ordinal.errors(z, form, output))
    close(_bounds.squared_emd.value_of_logits(z, T, LINE, form, output), off.energy)
    B = max(off.gradient) + off.constant
    M = 2 * (off.largest + B)
    sigmoids = [1 / (1 + exp(-x)) for x in z]
    S = sigmoids if output == "cumulative-logits" else [*accumulate(sigmoids, lambda a, b: a * b)]
    h = ordinal.relative_errors(z, form, output)
    summands = [S_k * (2 * B + (h_k + (len(z) + 17) * form.unit) * M) for S_k, h_k in zip(S, h, strict=True)]
    found = _bounds.squared_emd.gradient_of_logits(z, T, LINE, form, output)
    for i, bound in enumerate(found):
        places = range(i, len(z)) if output == "conditional-logits" else [i]
        formula = (1 - sigmoids[i]) * sum(summands[k] for k in places) + 6 * form.unit * len(places) * M
        close(bound, formula + 4 * len(z) * form.tiny * (M + 1))


def test_the_middles_sum_to_1():
    for output in ("cumulative-logits", "conditional-logits"):
        p = ordinal.middles((1.5, -0.5, -3.0), output)
        assert sum(p) == 1
        assert len(p) == 4
