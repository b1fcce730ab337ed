"""A recorded call is judged too: its values, and its gradients with others from above than 1 (1.6)."""

from math import nan

import pytest
from emd_conformance._calling.caller import Recorded
from emd_conformance._calling.watch import NotAskedError
from emd_conformance._judging import check as module
from emd_conformance._judging.check import Check
from small import P, T, case, told

G = [1.0, 0.5, 0.0]
ABOVE = [2.0, -1.0, 0.0, 0.5]
FOUR = case((P,) * 4, (T,) * 4)


def times(*factors):
    return [[x * g for g in G] for x in factors]


def examined(recorded, of=FOUR, **options):
    n = len(of.predicted)
    caller = told({"gradients": times(*[1.0] * n), "recorded": recorded}, array="torch", grad="autograd", **options)
    caller.seen.answers[of.id] = repr([0.125] * n)
    return Check(caller, of, "gradient").examine()


def one(values=(0.125,) * 4, gradients=ABOVE, above=ABOVE):
    """The answer of one call for four samples."""
    return [Recorded([*values], times(*gradients), above)]


def test_a_right_one_is_judged_once(monkeypatch):
    judged, rows = [], module._rows
    monkeypatch.setattr(module, "_rows", lambda *given: judged.append(given) or rows(*given))
    assert examined(one()).status == "pass"
    assert len(judged) == 1


@pytest.mark.parametrize("values", [(0.125, 0.5, 0.125, 0.125), (0.125, 0.0625, 0.125, 0.125)])
def test_values_may_not_depend_on_the_record(values):
    result = examined(one(values))
    assert result.status == "fail"
    assert result.message.startswith("in a call that is recorded for the gradient: sample 1 differs")


def test_values_may_be_rounded_in_another_way():
    assert examined(one((0.125 + 2.0**-54,) * 4)).status == "pass"


@pytest.mark.parametrize(
    ("gradients", "sample", "above"),
    [([2.0, 1.0, 0.0, 0.5], 1, "-1.0"), ([2.0, -1.0, 0.0, 1.0], 3, "0.5"), ([1.0, -1.0, 0.0, 0.5], 0, "2.0")],
)
def test_a_gradient_that_is_not_multiplied_is_named_with_the_one_from_above(gradients, sample, above):
    result = examined(one(gradients=gradients))
    assert (result.status, result.sample) == ("fail", sample)
    assert result.message.startswith(f"with the gradient from above {above}, the gradient of sample {sample}, class")


def test_a_gradient_of_0_from_above_leaves_0():
    assert examined(one(gradients=[2.0, -1.0, 1.0, 0.5])).sample == 2


def test_other_roundings_of_a_multiple_are_right():
    exact = times(*ABOVE)
    exact[0] = [2.0 + 2.0**-51, 1.0, 0.0]
    assert examined([Recorded([0.125] * 4, exact, ABOVE)]).status == "pass"


def test_a_multiple_is_finite():
    result = examined(one(gradients=[2.0, nan, 0.0, 0.5]))
    assert (result.status, "is not finite" in result.message) == ("fail", True)


def test_calls_of_one_sample_are_judged_each():
    def calls(third):
        return [Recorded([0.125], times(x), [above]) for x, above in zip([2.0, -1.0, third, 0.5], ABOVE, strict=True)]

    assert examined(calls(0.0), batched=False).status == "pass"
    result = examined(calls(1.0), batched=False)
    assert (result.status, result.sample) == ("fail", 2)
    assert "from above 0.0, the gradient of sample 2" in result.message


def test_an_error_of_a_recorded_call_is_a_result():
    result = examined(RuntimeError("no graph"))
    assert (result.status, "it raised RuntimeError: no graph" in result.message) == ("error", True)
    assert examined(NotAskedError("not again")).status == "skip"


def test_a_wrong_gradient_is_not_asked_for_again():
    caller = told({"gradients": times(0.5)}, array="torch", grad="autograd")
    assert Check(caller, case(), "gradient").examine().status == "fail"
