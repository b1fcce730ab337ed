"""A gradient is judged row by row, without conventions, weights and the reduction (5.4, 1.6, 1.8)."""

from fractions import Fraction
from math import inf, nan

import pytest
from emd_conformance._calling.watch import Lost
from emd_conformance._declaration.errors import CallError
from emd_conformance._judging import check as module
from emd_conformance._judging.check import Check, _finite, _multiples, _rows
from emd_conformance._judging.conventions import projected
from small import P, T, case, labelled, sample, samples, told

G = [1.0, 0.5, 0.0]  # the free gradient
TORCH = {"array": "torch", "grad": "autograd"}
TWO = case((P, P), (T, T))


def examined(gradients, of=None, recorded=None, **options):
    """The result for gradients and, if they are found by differentiation, for those with others from above than 1."""
    of = of or case((P,) * len(gradients), (T,) * len(gradients))
    caller = told({"gradients": gradients, "recorded": recorded}, **({"grad": "gradient"} | options))
    caller.seen.answers[of.id] = repr([0.125] * len(of.predicted))
    return Check(caller, of, "gradient").examine()


@pytest.mark.parametrize(
    ("gradient", "options", "status"),
    [
        (G, {}, "pass"),
        ([x + 7 for x in G], {}, "pass"),
        ([1.0, 0.5, 0.125], {}, "fail"),
        ([0.5, 0.25, 0.0], {}, "fail"),
        ([0.5, 0.5, 9.0], {"input": "cdf"}, "pass"),
        ([0.5, 1.0, 9.0], {"input": "cdf"}, "fail"),
        ([0.0, 0.0, 0.0], {"computes": "C"}, "pass"),
        ([0.0, 0.0, 1.0], {"computes": "C"}, "fail"),
    ],
)
def test_one_row(gradient, options, status):
    result = examined([gradient], **options)
    assert result.status == status
    assert ("the gradient of sample 0, class" in result.message) == (status == "fail")


@pytest.mark.parametrize(
    ("options", "factors"),
    [
        ({"reduction": "mean"}, {1: 1, 2: 0.5, 4: 0.25}),
        ({"reduction": "sum"}, {1: 1, 2: 1, 4: 1}),
        ({"reduction": "mean", "batched": False}, {1: 1, 2: 1, 4: 1}),
    ],
)
def test_the_mean_divides_by_the_samples(options, factors):
    for N, factor in factors.items():
        assert examined([[factor * x for x in G]] * N, **options).status == "pass"
        assert examined([[factor * x / 2 for x in G]] * N, **options).status == "fail"


def test_a_weighted_mean_divides_by_the_sum_of_the_weights():
    """Of the weights 1/4 and 1/2 the sum is less than 1."""
    of = case((P, P), (T, T), checksums=(6, 0))
    options = {"call": "p, t, w", "reduction": "weighted-mean"}
    assert examined([[x / 3 for x in G], [2 * x / 3 for x in G]], of, **options).status == "pass"
    assert examined([[x / 4 for x in G], [x / 2 for x in G]], of, **options).status == "fail"


def test_a_weighted_gradient_may_err_by_four_roundings_and_one_for_each_weight(monkeypatch):
    summed, weighted = set(), module.weighted

    def noting(value, of, **given):
        summed.add(given["summed"])
        return weighted(value, of, **given)

    monkeypatch.setattr(module, "weighted", noting)
    examined([G, G, G], case((P,) * 3, (T,) * 3, checksums=(4, 4, 4)), call="p, t, w")
    assert summed == {3}


@pytest.mark.parametrize(("rows", "worst"), [([1.0, 0.75, 0.5, 1.0], 2), ([0.5, 0.75, 1.0, 1.0], 0)])
def test_the_worst_row_is_named(rows, worst):
    result = examined([[x * g for g in G] for x in rows])
    assert (result.status, result.sample) == ("fail", worst)
    assert f"the gradient of sample {worst}, class" in result.message


def test_of_right_rows_the_one_with_the_largest_error_is_kept():
    result = examined([G, [1.0 + 2.0**-52, 0.5, 0.0], G])
    assert (result.status, result.sample) == ("pass", 1)
    assert 0 < result.ratio < result.grade


def test_a_mixture_has_no_narrower_bound():
    """Its gradient is that of E, less the mean of (1/2, 1, 2), the quotients of T and P."""
    slopes = [1 - 0.5, 0.5 - 1.0, 0.0 - 2.0 + 2.0**-50]
    result = examined([slopes], computes="E + XE")
    assert result.status == "pass"
    assert result.ratio == result.grade > 0


@pytest.mark.parametrize(
    ("row", "options", "status"),
    [
        ([0.5, nan, 0.0], {}, "fail"),
        ([0.5, inf, 0.0], {"computes": "XE + E"}, "fail"),
    ],
)
def test_a_gradient_is_finite(row, options, status):
    result = examined([row], **options)
    assert (result.status, result.received) == (status, str([row]))
    assert "the gradient is not finite (5.6)" in result.message


HOLED = case(((0.5, 0.0, 0.5),), None, labels=(0,))  # D = (-1/2, -1/2): the slopes of E are (-2, -1, 0), of XE -2 at 0


@pytest.mark.parametrize("missing", [nan, inf, -inf])
@pytest.mark.parametrize(
    ("computes", "row", "status"),
    [
        ("XE", [-2.0, None, 0.0], "pass"),
        ("XE", [-1.0, None, 0.0], "fail"),
        ("XE + W1", [-2.0, None, 0.0], "pass"),
        ("W1", [-2.0, None, 0.0], "fail"),
    ],
)
def test_the_logarithm_of_0_may_have_no_derivative(computes, row, status, missing):
    """Where the target is 0 too (6.4); an EMD beside it cannot be judged then."""
    received = [missing if x is None else x for x in row]
    assert examined([received], HOLED, computes=computes, target="labels").status == status


@pytest.mark.parametrize(
    ("computes", "status"),
    [("sqrt(E)", "pass"), ("sqrt(E)/2", "pass"), ("E", "fail"), ("E*E", "fail"), ("W1*W1", "fail")],
)
def test_a_root_has_no_derivative_at_0(computes, status):
    """So every finite gradient is right there (5.6)."""
    assert examined([[5.0, -3.0, 0.0]], case(t=(P,)), computes=computes).status == status


@pytest.mark.parametrize(
    ("gap", "bound", "status", "ratio"), [(1.0, 1.0, "pass", 1.0), (1.0, 4.0, "pass", 0.25), (3.0, 2.0, "fail", 1.5)]
)
def test_a_gap_within_its_bound_is_right(gap, bound, status, ratio, monkeypatch):
    monkeypatch.setattr(module, "optimality_gap", lambda *asked: (gap, bound))
    result = examined([G, G], computes="W1")
    assert (result.status, result.ratio, result.bound) == (status, ratio, bound)
    assert result.grade == (ratio if status == "pass" else 0.0)
    assert (status == "fail") == ("sample 0 is no subgradient (3.6)" in result.message)
    if status == "fail":
        assert (result.expected, result.received, result.sample) == ("gap 0", "gap 3.0", 0)


@pytest.mark.parametrize(
    ("options", "roundings"),
    [
        ({}, 0),
        ({"reduction": "mean"}, 1),
        ({"reduction": "sum"}, 1),
        ({"call": "p, t, w"}, 4 + 3),
        ({"call": "p, t, w", "reduction": "weighted-mean"}, 4 + 3 + 1),
    ],
)
def test_weights_and_a_reduction_round_a_subgradient(options, roundings, monkeypatch):
    """Four times and once for each of three weights, and once."""
    asked = []
    monkeypatch.setattr(module, "optimality_gap", lambda *given: asked.append(given) or (0.0, 1.0))
    of = case((P,) * 3, (T,) * 3, checksums=(1, 1, 1))
    divisor = {"mean": 3, "weighted-mean": 6}.get(options.get("reduction"), 1)
    weight = 2 if "call" in options else 1
    examined([[3.0, 0.0, 0.0]] * 3, of, computes="W1", **options)
    (row, *rest) = asked[0][1:]
    assert row == [Fraction(x * divisor, weight) for x in (2, -1, -1)]
    assert rest == [roundings, 3]


def test_a_subgradient_without_weight_is_0():
    of = case((P, P), (T, T), checksums=(1, 3))  # the weights 2 and 0
    options = {"computes": "W1", "call": "p, t, w"}
    right = examined([[4.0, 2.0, 0.0], [0.0] * 3], of, **options)
    wrong = examined([[4.0, 2.0, 0.0], [2.0, 1.0, 0.0]], of, **options)
    assert (right.status, wrong.status, wrong.sample) == ("pass", "fail", 1)
    assert "the gradient of sample 1 is not 0" in wrong.message


def test_class_weights_weigh_gradients():
    """Label 1 has the weight 3/2, and D = (1/2, -1/4)."""
    options = {"target": "labels", "call": "p, k, class_weight"}
    assert examined([[0.75, -0.75, 0.0]], labelled(1), **options).status == "pass"
    assert examined([[0.5, -0.5, 0.0]], labelled(1), **options).status == "fail"


def test_lists_belong_together():
    for wrong in (
        lambda: _finite(samples(TWO), [G]),
        lambda: _rows(Check(told({}), TWO, "gradient"), samples(TWO), [G], [1.0, 1.0]),
        lambda: _multiples([], [G]),
        lambda: projected(sample(input="log-probabilities"), [Fraction(1)]),
    ):
        with pytest.raises(ValueError, match=r"shorter|longer"):
            wrong()


@pytest.mark.parametrize("error", [CallError("no p"), Lost("hang", "no answer")])
def test_a_recorded_call_that_cannot_be_examined_is_no_wrong_gradient(error):
    if isinstance(error, CallError):
        with pytest.raises(CallError, match="no p"):
            examined([G], recorded=error, **TORCH)
    else:
        assert examined([G], recorded=error, **TORCH).message == "no answer"
