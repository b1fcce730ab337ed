"""Each reason for which a case is not asked for its gradient."""

from math import inf

import pytest
import small
from small import P, case, labelled


def reason(of, **options):
    return small.reason(of, "gradient", **({"grad": "gradient"} | options))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"flags": ("overflow",)}, "it has no gradient"),
        ({"flags": ("large-size",)}, "it has no gradient"),
        ({"flags": ("large-size",), "gradient": {"E": ()}}, ""),
        ({"p": (), "t": ()}, "it has no gradient"),
    ],
)
def test_a_case_without_a_gradient(changes, words):
    assert reason(case(**changes)) == words


def test_a_loss_without_a_gradient():
    assert reason(case(), grad=None) == "no gradient was declared"


INFINITE = "its cross-entropy has no finite gradient"


@pytest.mark.parametrize(
    ("p", "dtype", "words"),
    [
        ((0.96875, 2.0**-5, 0.0), "float16", ""),
        ((0.984375, 2.0**-6, 0.0), "float16", INFINITE),
        ((1.0, 2.0**-1013, 0.0), "float64", ""),
        ((1.0, 2.0**-1014, 0.0), "float64", INFINITE),
        ((1.0, 0.0, 0.0), "float64", INFINITE),
    ],
)
def test_the_slopes_of_a_cross_entropy_are_far_below_the_largest_number(p, dtype, words):
    """1/p_1 times 2^10 is no larger, which is 65504 in float16."""
    for target in ({"t": ((0.0, 1.0, 0.0),)}, {"t": None, "labels": (1,)}):
        assert reason(case((p,), **target), computes="E + XE", dtype=dtype) == words
        assert reason(case((p,), **target), dtype=dtype) == ""


def test_a_probability_of_0_counts_where_the_target_does():
    assert reason(labelled(0, p=((0.5, 0.0, 0.5),)), computes="XE") == ""


@pytest.mark.parametrize(("label", "words"), [(0, ""), (2, INFINITE)])
@pytest.mark.parametrize("declares", [{"input": "logits"}, {"input": "log-probabilities"}])
def test_a_logit_of_minus_infinity_has_no_finite_slope(label, words, declares):
    kind = "logits" if declares["input"] == "logits" else "probabilities"
    z = (0.0, 0.0, -inf) if kind == "logits" else P
    of = labelled(label, p=(z,), input=kind)
    found = reason(of, computes="XE", target="labels", **declares)
    assert found == (words if kind == "logits" else "")
