"""The grade of an answer: its error in bounds of a sum from left to right, narrower than those of any order."""

import emd_conformance
import numpy as np


def grades(change):
    def loss(p, t):
        return change((np.cumsum(p - t, -1) ** 2).sum(-1))

    report = emd_conformance.run(loss, classes=(3, 5))
    assert report.verdict == "conforms"
    return [(result.ratio, result.grade) for result in report.examined if result.quantity == "value"]


def test_the_narrower_bound_is_more_of_the_error():
    found = grades(lambda E: np.nextafter(E, np.inf))
    assert len(found) > 20
    assert all(0 < ratio < grade < 1 for ratio, grade in found)


def test_an_exact_answer_has_the_grade_0():
    assert (0.0, 0.0) in grades(lambda E: E)
