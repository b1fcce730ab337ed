"""Any two known explanations are told apart by some case, and a finding says all that a reader needs."""

from itertools import combinations

import emd_conformance
import losses
import numpy as np
import pytest
from emd_conformance import Declaration, vectors
from emd_conformance._calling.caller import Caller
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._diagnosis.catalogue import CATALOGUE
from emd_conformance._diagnosis.changes import hypotheses
from emd_conformance._diagnosis.diagnose import _several_grounds
from emd_conformance._diagnosis.hypothesis import MISLEADING, Slack, declared, predicted
from emd_conformance._reports.text import ordered

DECLARATIONS = {
    "plain": {"capabilities": ("off-simplex",)},
    "root": {"computes": "sqrt(E/C)"},
    "mean": {"reduction": "mean"},
    "labels": {"target": "labels"},
    "logits": {"input": "logits"},
    "cdf": {"input": "cdf"},
    "positions": {"ground": "positions"},
    "circle": {"ground": "circle"},
    "tree": {"ground": "tree"},
    "matrix": {"ground": "matrix", "classes": (1, 2, 3, 4, 5)},
}
# What no case can tell apart, by the names of the explanations that say the same.
EQUAL_MASSES = {"as declared", "last-class-left-out", "flattened", "renormalised"}  # on the simplex D_C is 0
NO_ROOT = {"reduction='mean'", "batch-coupled-root"}  # without a root, the mean may be taken before or after
SAME = {
    "plain": [NO_ROOT],  # unequal masses, where they are allowed, separate the others
    "root": [EQUAL_MASSES],
    "mean": [EQUAL_MASSES | {"batch-coupled-root"}],
    "labels": [EQUAL_MASSES, NO_ROOT],
    "logits": [EQUAL_MASSES, NO_ROOT],
    "cdf": [EQUAL_MASSES, NO_ROOT],
    "positions": [NO_ROOT, {"computes='E/range'", "positions-scaled"}],
    "circle": [NO_ROOT],
    "tree": [NO_ROOT],
    "matrix": [NO_ROOT],
}


def apart(x, y):
    """Tell whether two answers to a case differ: in their number, or by disjoint intervals."""
    if x is None or y is None:
        return False
    return len(x) != len(y) or any(i.hi < j.lo or j.hi < i.lo for i, j in zip(x, y, strict=True))


def unseparated(options):
    """Return the pairs of explanations, of at most one change, that answer every case alike.

    An explanation is asked further cases only as long as some other one has answered all so far as it did.
    """
    declaration = Declaration(**options)
    caller, slack = Caller(lambda classes: None, declaration), Slack(declaration.precision.unit)
    guesses = [declared(declaration), *hypotheses(declaration, 1)]
    names = [guess.changes[0].name if guess.changes else "as declared" for guess in guesses]
    alike = {pair for pair in combinations(range(len(guesses)), 2) if names[pair[0]] != names[pair[1]]}
    for case in vectors():
        large = case.classes > 10 or len(case.predicted) > 40
        if large or case.passed or case.invalid or MISLEADING & set(case.flags) or not case.predicted:
            continue
        if not obstacle(declaration, case, "value"):
            samples = caller.samples(case)
            answers = {i: predicted(guesses[i], samples, slack) for i in {i for pair in alike for i in pair}}
            alike = {(i, j) for i, j in alike if not apart(answers[i], answers[j])}
    return {frozenset({names[i], names[j]}) for i, j in alike}


@pytest.mark.parametrize("name", DECLARATIONS)
def test_some_case_tells_any_two_explanations_apart(name):
    same = {frozenset(pair) for names in SAME[name] for pair in combinations(names, 2)}
    assert unseparated(DECLARATIONS[name]) == same


def findings(report):
    return [finding for finding in report.findings if finding.kind != "advice"]


def test_a_finding_has_the_smallest_case_its_numbers_the_remedy_and_where_it_was_seen():
    (finding,) = findings(emd_conformance.run(lambda p, t: np.square(p - t).sum(-1), classes=(2, 3, 5)))
    assert finding.evidence.startswith("case line/one-sample-2")
    assert "expected 0.0073" in finding.evidence
    assert "received 0.0146" in finding.evidence
    assert finding.remedy == CATALOGUE["missing-cumsum"].remedy
    assert "titu1994" in finding.seen


def test_an_unexplained_finding_lists_which_properties_hold():
    def two_terms(p, t):
        return losses.scan(p, t) + np.abs(p - t).max(-1) / 10

    (finding,) = findings(emd_conformance.run(two_terms, classes=(2, 3, 5)))
    assert (finding.kind, finding.id) == ("unknown", "unexplained")
    holds, fails = finding.message.split("it does not hold")
    assert "symmetry" in holds
    assert "independence of the samples" in holds
    assert "scale" in fails


def test_a_defect_and_a_convention_together_are_both_named():
    report = emd_conformance.run(lambda p, t: np.square(p - t).mean(-1), classes=(2, 3, 4, 5))
    (finding,) = findings(report)
    assert finding.id == "missing-cumsum"
    assert "computes='E/C'" in finding.message


def test_a_constant_factor_is_reported_as_a_number():
    (finding,) = findings(emd_conformance.run(lambda p, t: 0.37 * losses.scan(p, t), classes=(2, 3, 5)))
    assert finding.id == "constant-factor"
    assert "0.37 times" in finding.message


def test_a_loss_that_declares_off_simplex_must_be_right_for_unequal_masses():
    off = {"capabilities": ("off-simplex",), "classes": (2, 3, 4)}
    assert emd_conformance.run(losses.energy, classes=(2, 3, 4)).verdict == "conforms"
    assert emd_conformance.run(losses.energy, **off).verdict == "does-not-conform"
    assert emd_conformance.run(losses.difference_of_cdfs, **off).verdict == "conforms"


def test_an_answer_of_a_wrong_shape_is_no_rejection():
    def loss(p, k):
        return np.square(np.cumsum(p - losses.one_hot(np.clip(k, 0, 3), p.shape[-1]), -1)).sum(-1)

    report = emd_conformance.run(loss, target="labels", validates=True, classes=(4,))
    column = next(result for result in report.results if result.case == "invalid/label-column")
    assert column.status == "fail"
    assert "wanted" in column.received


@pytest.mark.parametrize("target", ["distribution", "labels", "labels-from-1"])
def test_a_loss_that_fails_for_every_call_is_tried_with_other_targets(target):
    """As scoringrules is, which takes the label first, counted from 1, and raises at all else."""

    def loss(k, p):
        if k.ndim != 1 or np.any(k > p.shape[-1]):
            raise ValueError("labels from 1 come first")
        return losses.scan(p, losses.one_hot(k.astype(int) - 1, p.shape[-1]))

    report = emd_conformance.run(loss, target=target)
    wanted = ["target='labels-from-1'"] * (target != "labels-from-1") + ["order='target-first'"]
    assert [finding.id for finding in report.findings if finding.kind == "convention"] == [", ".join(wanted)]


def test_an_isolated_loss_is_tried_with_other_calls_too():
    report = emd_conformance.run("emd_conformance.defects.right_conventions:labels_first", target="labels")
    assert [finding.id for finding in report.findings if finding.kind == "convention"] == ["order='target-first'"]


def test_too_few_answers_are_diagnosed_like_others():
    report = emd_conformance.run(lambda p, t: np.sin(losses.scan(p, t)[:1] + 1), classes=(2, 3, 5))
    assert report.verdict == "does-not-conform"


def test_a_mixture_is_no_factor():
    """XE + E is not "XE + ..." times E."""

    def mixed(p, k):
        rows = np.arange(len(k))
        d = p.copy()
        d[rows, k] -= 1
        with np.errstate(divide="ignore"):
            return -np.log(p[rows, k]) + np.square(np.cumsum(d, -1)).sum(-1)

    report = emd_conformance.run(mixed, target="labels", computes="XE + W1", classes=(2, 3, 5))
    found = [finding for finding in report.findings if finding.kind != "advice"]
    assert [(finding.kind, finding.id.split("=")[0]) for finding in found] == [("convention", "computes")]


def test_no_number_of_classes_is_blamed_where_the_shape_of_a_tree_decides():
    by_kind = {kind: [case for case in vectors() if case.ground.kind == kind] for kind in ("line", "tree", "matrix")}
    assert _several_grounds(by_kind["line"][:1])
    assert not _several_grounds(by_kind["tree"])
    assert not _several_grounds(by_kind["matrix"][:1])
    assert _several_grounds(by_kind["matrix"])


def test_a_weighted_loss_that_fails_now_and_then_is_not_said_to_fail_always():
    def along_the_wrong_axis(p, t, w):  # raises, unless there are as many samples as classes
        return w * np.square(np.cumsum(p - t, -1)).sum(-2)

    def never(p, t, w):
        raise ValueError("no")

    found = {loss: first(loss, call="p, t, w", classes=(2, 3, 5)) for loss in (along_the_wrong_axis, never)}
    assert [finding.id for finding in found.values()] == ["unexplained", "every-call-fails"]
    assert "cases fail" in found[along_the_wrong_axis].message


def test_a_multiple_of_another_quantity_than_the_declared_one_is_a_convention():
    def without_cross_entropy(p, t):
        return 0.3 * np.square(np.cumsum(p - t, -1)).sum(-1)

    found = first(without_cross_entropy, computes="0.7*XE + 0.3*E", classes=(2, 3, 5))
    assert (found.kind, found.id) == ("convention", "computes='0.3*E'")
    assert first(without_cross_entropy, classes=(2, 3, 5)).id == "constant-factor"


def first(loss, **options):
    return ordered(emd_conformance.run(loss, **options).findings)[0]


@pytest.mark.parametrize(
    ("refused", "id", "words"),
    [
        (lambda p: p.shape[-1] < 2, "one-class", "fails for a single class"),
        (lambda p: p.shape[-1] < 3, "valid-input-rejected", "those with at most two classes, and no others"),
        (
            lambda p: p.ndim == 2 and len(p) == p.shape[1],
            "valid-input-rejected",
            "those with as many samples as classes",
        ),
        (lambda p: True, "every-call-fails", ""),
    ],
)
def test_an_error_for_some_valid_input_is_told_from_one_for_all(refused, id, words):
    def loss(p, t):
        if refused(p):
            raise RuntimeError("not supported")
        return (np.cumsum(p - t, -1) ** 2).sum(-1)

    report = emd_conformance.run(loss, classes=(1, 2, 3, 5))
    assert report.findings[0].id == id
    assert words in report.findings[0].message


@pytest.mark.parametrize(("right_for", "is_named"), [(2, False), (5, True)])
def test_a_loss_that_is_right_for_two_classes_alone_is_not_made_for_two(right_for, is_named):
    """With two classes D_1 is all there is: many mistakes do not show."""

    def loss(p, t):
        E = (np.cumsum(p - t, -1) ** 2).sum(-1)
        return E if p.shape[-1] == right_for else np.sin(7 * E + p[..., 0])

    found = {x.id: x.message for x in emd_conformance.run(loss, classes=(2, 3, 5, 10)).findings}
    assert ("hard-coded-classes" in found) == is_named
    assert "it is right for C = 5" in found.get("hard-coded-classes", "it is right for C = 5")


def test_the_dtypes_of_labels_that_are_refused_are_named():
    def loss(p, k):
        if k.dtype != np.int64:
            raise TypeError(f"labels: int64, not {k.dtype}")
        return (np.cumsum(p - np.eye(p.shape[-1])[k], -1) ** 2).sum(-1)

    report = emd_conformance.run(loss, target="labels", classes=(3, 5))
    (advice,) = [x for x in report.findings if x.id == "label-dtype-refused"]
    assert report.verdict == "conforms"
    assert "it refused labels of int16, labels of int32, labels of int8, " in advice.message
