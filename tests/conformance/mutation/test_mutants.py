"""Mutants: every change is made, what differs is refused, and what a finding says is checked on fresh cases."""

import ast
from dataclasses import replace

import emd_conformance
import numpy as np
import pytest
from emd_conformance import Declaration, Finding
from emd_conformance._calling.caller import Caller
from emd_conformance._cli.main import main
from emd_conformance._mutation.changes import mutations
from emd_conformance._mutation.probe import Probe
from emd_conformance._mutation.source import source_of
from emd_conformance._mutation.truth import holds, named_conventions
from emd_conformance._run import mutants
from support.thorough import some_of

LOSSES = (
    "right_algorithms.tail_sums",
    "right_algorithms.projected_gradient[classes=(1, 2, 3, 4, 5, 7, 10), grad=grad]",
    "right_conventions.labels_first[target=labels, order=target-first]",
    "right_conventions.mean_over_everything[reduction=mean, computes=E/C]",
    "right_grounds.matrix[ground=matrix]",
)


def scan(p, t):
    return np.square(np.cumsum(p - t, axis=-1)).sum(-1)


def changed(code):
    return {ast.unparse(m.tree) for m in mutations(ast.parse(code))}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x + 1", "x + 2"),
        ("x + 1", "x - 1"),
        ("x + y", "y"),
        ("x < y", "x <= y"),
        ("x.sum(-1)", "x.mean(-1)"),
        ("x.sum(-1)", "x.sum(0)"),
        ("f(x, y)", "f(y, x)"),
        ("f(x, axis=0)", "f(x)"),
        ("x[..., :-1]", "x[..., 1:]"),
        ("x[..., ::-1]", "x"),
        ("x if y else 0", "x"),
        ("-x", "x"),
        ("x", "y"),
    ],
)
def test_one_place_is_changed(before, after):
    def function(body):
        return ast.unparse(ast.parse(f"def f(x, y):\n    return {body}"))

    assert function(after) in changed(function(before))
    assert function(before) not in changed(function(before))


@pytest.mark.thorough
def test_there_are_thousands_of_mutants_and_each_right_loss_is_rebuilt_from_its_source():
    assert len(mutants.chosen()) > 2500
    entry = mutants.variants()["right_grounds.circle[ground=circle]"]
    p, t = np.array([[0.5, 0.25, 0.25]]), np.array([[0.0, 0.0, 1.0]])
    assert source_of(entry).loss()(p, t) == entry.loss(p, t)


def test_a_probe_tells_rounding_from_a_difference():
    probe = Probe(scan, Declaration(classes=(2, 3, 5)))
    assert len(probe.cases) > 20
    assert probe.difference(lambda p, t: np.square(np.cumsum(p, -1) - np.cumsum(t, -1)).sum(-1)) == ""
    assert "value" in probe.difference(lambda p, t: scan(p, t) * (1 + 1e-10))
    assert "IndexError" in probe.difference(lambda p, t: scan(p, t)[np.array([99])])


def test_a_loop_without_end_is_a_difference(monkeypatch):
    def loops(p, t):
        while True:
            pass

    monkeypatch.setattr("emd_conformance._mutation.probe.SECONDS", 0.2)
    assert "no answer within" in Probe(scan, Declaration(classes=(2,))).difference(loops)


def truth(id, loss, message="", kind="defect", **options):
    declared = Declaration(classes=(2, 3, 5), **options)
    probe = Probe(scan, declared)
    return holds(Finding(kind, id, message), Caller(lambda classes: loss, declared), probe.cases)


def test_a_false_finding_is_recognised():
    def missing_cumsum(p, t):
        return np.square(p - t).sum(-1)

    assert truth("missing-cumsum", missing_cumsum) is True
    assert truth("cumsum-twice", missing_cumsum) is False
    assert truth("constant-factor", lambda p, t: 3 * scan(p, t)) is True
    assert truth("constant-factor", missing_cumsum) is False
    assert truth(
        "low-precision", lambda p, t: scan(p.astype("f"), t.astype("f")), "the errors are as large as those of float32"
    )
    assert truth("low-precision", missing_cumsum, "the errors are as large as those of float32") is False
    assert truth("unexplained", missing_cumsum) is None


def test_what_a_call_changes_cannot_be_seen_where_every_call_fails():
    def changing(p, t):
        p[...] = p - t
        return np.square(np.cumsum(p, -1)).sum(-1)

    def failing(p, t):
        raise IndexError("out of bounds")

    assert truth("input-mutated", changing) is True
    assert truth("input-mutated", scan) is False
    assert truth("input-mutated", failing) is None


def test_an_array_that_broadcasting_made_is_no_answer():
    def without_a_sum(p, t):
        if len(p) != p.shape[-1]:
            raise ValueError("shapes do not match")
        return np.square(np.cumsum(p - t, -1))

    assert truth("every-call-fails", without_a_sum) is True
    assert truth("every-call-fails", scan) is False


def test_a_convention_of_the_values_alone_is_true_if_it_says_so():
    def mean(p, t):
        return np.square(np.cumsum(p - t, -1)).mean(-1)

    def of_the_sum(p, t):
        return 2 * np.cumsum(np.cumsum(p - t, -1)[:, ::-1], -1)[:, ::-1]

    mean.grad = of_the_sum
    declared = {"grad": "grad", "classes": (2, 3)}
    admitted = Finding("convention", "computes='E/C'", "3 of 6 checks pass, but not line/soft-3:gradient")
    probe = Probe(mean, Declaration(classes=(2, 3)))
    assert mutants.is_true(admitted, declared, mean, probe) is True
    assert mutants.is_true(replace(admitted, message="all checks pass"), declared, mean, probe) is False


def test_a_convention_is_true_if_it_counts_the_few_checks_that_fail_under_it():
    def mean_that_overflows(p, t):
        return np.where(np.abs(p - t).max() > 0.99, np.nan, np.square(np.cumsum(p - t, -1)).mean(-1))

    declared = {"classes": (2, 3)}
    probe = Probe(mean_that_overflows, Declaration(classes=(2, 3)))
    report = emd_conformance.run(mean_that_overflows, computes="E/C", **declared)
    failed = [result.id for result in report.results if result.failed]
    assert 3 < len(failed)

    def is_true(failing, of, first):
        words = f"with this declared, {of - failing} of {of} checks pass, but not {first} and {failing - 1} more"
        return mutants.is_true(Finding("convention", "computes='E/C'", words), declared, mean_that_overflows, probe)

    assert is_true(len(failed), 11 * len(failed), failed[0]) is True
    assert is_true(len(failed), 9 * len(failed), failed[0]) is False  # so many fail that it is no convention
    assert is_true(len(failed) - 1, 11 * len(failed), failed[0]) is False
    assert is_true(len(failed), 11 * len(failed), "line/soft-3:value") is False


def test_a_finding_beside_a_fitted_expression_is_checked_with_it():
    def half_and_negative(p, t):
        return -0.5 * np.square(p - t).sum(-1)

    words = "the loss compares the distributions; with computes='(0 - {})*E', this reproduces all 154 answers"
    assert truth("missing-cumsum", half_and_negative, words.format("0.5")) is True
    assert truth("missing-cumsum", half_and_negative, words.format("0.7")) is False
    assert truth("missing-cumsum", half_and_negative) is False


def test_a_proposed_declaration_is_read():
    assert named_conventions(Finding("convention", "computes='E/C', order='target-first'", "")) == {
        "computes": "E/C",
        "order": "target-first",
    }
    assert named_conventions(Finding("defect", "missing-cumsum", "")) is None


def test_a_certified_mutant_is_reported(monkeypatch, capsys):
    monkeypatch.setattr(mutants, "run", lambda loss, **options: emd_conformance.run(scan, classes=(2,)))
    monkeypatch.setattr(mutants, "chosen", lambda number: [("right_algorithms.tail_sums", 0)])
    monkeypatch.setattr(mutants.os, "cpu_count", lambda: 1)
    assert main(["defects", "--mutants"]) == 1
    assert "CERTIFIED" in capsys.readouterr().out


@pytest.mark.parametrize("number", some_of([4, 40], every=2))
def test_a_sample_of_the_mutants_is_refused_for_true_reasons(number):
    found = list(mutants.judged(mutants.chosen(number, LOSSES), workers=1))
    assert len(found) == number
    assert [one for one in found if mutants.is_wrong(one)] == []
    assert mutants.figures(found)["refused"] > number / 2
