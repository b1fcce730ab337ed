"""Of a loss that nothing explains, the finding says which properties hold, which do not, and in how many cases."""

import emd_conformance
import numpy as np
import pytest
from emd_conformance import Declaration
from emd_conformance._calling.caller import Caller
from emd_conformance._diagnosis.laws import which_hold
from losses import scan

LAWS = (
    "symmetry in p and t",
    "0 at p = t",
    "scale (half of p - t)",
    "permutation of the batch",
    "independence of the samples",
)
CASES = [case for case in emd_conformance.vectors() if case.group == "line" and not case.invalid and case.predicted]
SOME = len([case for case in CASES if 1 < case.classes <= 12][:12])  # small ones, and not all of them


def said(loss, cases=CASES, **options):
    """Which laws hold and which do not, by the sentence."""
    text = which_hold(Caller(lambda classes: loss, Declaration(**options)), cases)
    holding, _, failing = text.partition("it does not hold")
    return {law for law in LAWS if law in holding}, {law for law in LAWS if law in failing}


BROKEN = {
    "symmetry in p and t": lambda p, t: scan(p, t) * (1 + p[..., 0] - p[..., 0] * t[..., 0]),
    "0 at p = t": lambda p, t: scan(p, t) + 0.125,
    "scale (half of p - t)": lambda p, t: np.sqrt(scan(p, t)),
    "permutation of the batch": lambda p, t: scan(p, t) * (1 + np.arange(len(p))),
    "independence of the samples": lambda p, t: scan(p, t) * len(p),
}
ALSO = {  # what cannot hold then, either
    "symmetry in p and t": {"scale (half of p - t)"},
    "0 at p = t": {"scale (half of p - t)"},
    "permutation of the batch": {"independence of the samples"},
}


@pytest.mark.parametrize("law", LAWS)
def test_what_does_not_hold_is_said(law):
    holding, failing = said(BROKEN[law])
    assert failing == {law} | ALSO.get(law, set())
    assert holding == {*LAWS} - failing


def test_a_right_loss_has_all_of_them():
    assert said(scan) == ({*LAWS}, set())


def test_the_cases_that_showed_a_law_are_counted():
    text = which_hold(Caller(lambda classes: scan, Declaration()), CASES)
    assert f"0 at p = t ({SOME} cases)" in text
    assert "it does not hold" not in text
    text = which_hold(Caller(lambda classes: BROKEN["0 at p = t"], Declaration()), CASES)
    assert "0 at p = t (1 case)" in text
    assert "it still holds: symmetry" in text


def test_answers_that_are_not_finite_or_fail_show_nothing():
    assert said(lambda p, t: np.full(len(p), np.nan)) == (set(), set())
    assert said(lambda p, t: 1 / 0) == (set(), set())


def test_answers_agree_if_about_six_digits_do():
    def noisy(size):
        return lambda p, t: scan(p, t) * (1 + size * (p[..., 0] > t[..., 0]))

    assert "symmetry in p and t" in said(noisy(1e-7))[0]
    assert "symmetry in p and t" in said(noisy(1e-5))[1]


def test_laws_of_two_distributions_are_not_tried_with_labels():
    cases = [case for case in emd_conformance.vectors() if case.labels and not case.invalid and case.group == "line"]
    holding, failing = said(lambda p, k: p[np.arange(len(p)), k], cases, target="labels")
    assert holding == {"permutation of the batch", "independence of the samples"}
    assert not failing
