"""An answer is taken from its declared place; without one, the error says what was returned and what to declare."""

import time

import emd_conformance
import numpy as np
import pytest
from emd_conformance import vectors
from emd_conformance._calling.answers import AnswerError, check_size

FEW = {"classes": [2, 3]}  # a list, too, is understood


def scan(p, t):
    return np.square(np.cumsum(p - t, axis=-1)).sum(-1)


class Output:
    def __init__(self, loss):
        self.loss, self.steps = loss, 1


RETURNED = {
    "[0]": lambda p, t: (scan(p, t), 1),
    "['loss']": lambda p, t: {"loss": scan(p, t), "steps": 1},
    ".loss": lambda p, t: Output(scan(p, t)),
}
WORDS = {
    "[0]": "a tuple of 2",
    "['loss']": "a dict that has ['loss'], ['steps']",
    ".loss": "an Output that has .loss, .steps",
}


@pytest.mark.parametrize("place", RETURNED)
def test_the_answer_is_at_its_declared_place(place):
    assert emd_conformance.run(RETURNED[place], returns=place, **FEW).verdict == "conforms"


@pytest.mark.parametrize("place", RETURNED)
def test_without_a_place_the_error_and_the_finding_say_what_to_declare(place):
    report = emd_conformance.run(RETURNED[place], **FEW)
    failed = next(result for result in report.results if result.failed)
    assert f"it returned {WORDS[place]}: declare where the answer is, as returns={place!r}" in failed.message
    assert [finding.id for finding in report.findings if finding.kind != "advice"] == [f"returns={place!r}"]


def test_a_place_that_is_not_there_is_an_error():
    report = emd_conformance.run(RETURNED["[0]"], returns=".loss", **FEW)
    failed = next(result for result in report.results if result.failed)
    assert "it returned a tuple of 2, which has nothing at returns='.loss'" in failed.message


def test_a_gradient_by_autograd_begins_at_the_place():
    def loss(p, t):
        return {"loss": (p - t).cumsum(-1).square().sum(-1)}

    assert emd_conformance.run(loss, array="torch", grad="autograd", returns="['loss']", **FEW).verdict == "conforms"


def test_lists_of_one_sample_and_of_a_batch_may_answer_a_tuple():
    def batch(p, t):
        return tuple(scan(np.array(p), np.array(t)).tolist())

    assert emd_conformance.run(batch, array="list", **FEW).verdict == "conforms"


def holds_itself():
    answer = [1.0]
    answer.append(answer)
    return answer


@pytest.mark.parametrize(
    "answer",
    [np.zeros(20_000_000), np.broadcast_to(0.0, (10**9, 10**9)), [[0.0] * 1000] * 200, holds_itself()],
    ids=["array", "broadcast", "lists", "itself"],
)
def test_an_answer_with_far_too_many_numbers_is_no_answer(answer):
    start = time.perf_counter()
    report = emd_conformance.run(lambda p, t: answer, cases=vectors()[:2])
    assert time.perf_counter() - start < 20  # to judge every number would take minutes
    assert {result.status for result in report.results if result.quantity == "value"} == {"error"}
    assert all("it returned more than 10," in result.message for result in report.results if result.status == "error")


def test_an_answer_for_each_pair_of_classes_is_still_read():
    check_size(np.zeros((8200, 50, 6)), 8200 * 6)
    with pytest.raises(AnswerError, match="it returned more than"):
        check_size(np.zeros((8200, 6, 66)), 8200 * 6)
