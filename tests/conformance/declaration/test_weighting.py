"""Weights of samples, classes, masks and ignored labels (1.8): they belong to a sample, and every kind is examined."""

from fractions import Fraction

import emd_conformance
import numpy as np
import pytest
import torch
from emd_conformance import Declaration
from emd_conformance._calling.caller import Caller
from emd_conformance._cases.case import rows_of
from emd_conformance._cases.load import find
from emd_conformance._declaration import layouts
from emd_conformance._declaration.applicability import obstacle
from emd_conformance._declaration.weighting import CLASSES, SAMPLES, divisor, shows, weight

SOFT, LABELS = find("batch/rows-33-8"), find("batch/square-labels-8")
IGNORING = Declaration(target="labels", ignore_index=-100, reduction="mean")
EVERY = {
    "w": Declaration(call="p, t, w"),
    "mask": Declaration(call="p, t, mask"),
    "class_weight": Declaration(call="p, k, class_weight", target="labels"),
    "ignore_index": IGNORING,
}


def squared_emd(p, t):
    return (p - t).cumsum(-1).square().sum(-1)


@pytest.mark.parametrize("name", EVERY)
def test_a_sample_keeps_its_weight_in_every_order(name):
    declared, case = EVERY[name], LABELS if EVERY[name].takes_labels else SOFT
    order = [2, 0, 3, 1]
    weights = [weight(declared, case, i) for i in range(len(case.predicted))]
    assert [weight(declared, rows_of(case, order), i) for i in range(4)] == [weights[i] for i in order]
    assert len({*weights}) > 1


@pytest.mark.parametrize("name", EVERY)
def test_most_cases_show_a_weight(name):
    declared = EVERY[name]
    asked = [case for case in emd_conformance.vectors() if not case.invalid and not obstacle(declared, case, "value")]
    assert sum(shows(name, declared, case) for case in asked) > len(asked) / 2


def test_the_divisor_of_each_reduction():
    weighted = Declaration(call="p, t, w", reduction="weighted-mean")
    samples = range(len(SOFT.predicted))
    assert divisor(Declaration(reduction="mean"), SOFT, samples) == 33
    assert divisor(weighted, SOFT, samples) == sum(weight(weighted, SOFT, i) for i in samples)
    assert divisor(Declaration(call="p, t, w", reduction="mean"), SOFT, samples) == 33
    ignored = sum(weight(IGNORING, LABELS, i) == 0 for i in range(8))
    assert divisor(IGNORING, LABELS, range(8)) == 8 - ignored
    assert 0 < ignored < 8


def test_ignored_labels_are_passed_as_declared():
    k = Caller(lambda classes: squared_emd, IGNORING).named(LABELS)["k"]
    assert [x == -100 for x in k] == [weight(IGNORING, LABELS, i) == 0 for i in range(8)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ignore_index": -100}, "ignore_index=-100 needs target='labels'"),
        ({"reduction": "weighted-mean"}, "reduction='weighted-mean' needs weights"),
    ],
)
def test_options_that_need_others_say_so(options, words):
    with pytest.raises(ValueError, match=words):
        Declaration(**options)


def test_invalid_labels_are_not_replaced_by_the_ignored_one():
    for case in emd_conformance.vectors():
        if case.invalid and case.labels is not None:
            assert {weight(IGNORING, case, i) for i in range(len(case.predicted))} <= {Fraction(1)}


def weighted_mean(p, t, w):
    return (w * squared_emd(p, t)).sum() / w.sum()


def unweighted_gradient(p, t, w):
    E = squared_emd(p, t)
    return (E.mean() + ((w * E).sum() / w.sum() - E.mean()).detach()).sum()


WEIGHTED = {"call": "p, t, w", "reduction": "weighted-mean", "array": "torch", "grad": "autograd", "classes": (2, 3, 5)}


def test_gradients_have_the_weights_too():
    assert emd_conformance.run(weighted_mean, **WEIGHTED).verdict == "conforms"
    report = emd_conformance.run(unweighted_gradient, **WEIGHTED)
    assert report.verdict == "does-not-conform"
    assert {result.quantity for result in report.results if result.failed} == {"gradient"}


def test_what_a_mask_leaves_out_has_no_gradient_even_of_the_emd():
    def masked(p, t, mask):
        return torch.where(mask, (p - t).cumsum(-1).abs().sum(-1), 0.0)

    options = {"call": "p, t, mask", "computes": "W1", "array": "torch", "grad": "autograd", "classes": (2, 3, 5)}
    assert emd_conformance.run(masked, **options).verdict == "conforms"


def test_a_copied_case_has_the_weights(capsys):
    from emd_conformance._cli.main import main

    command = ["copy", "batch/square-5", "--call", "p, t, mask, w", "--reduction", "weighted-mean"]
    assert main(command) == 0
    text = capsys.readouterr().out
    loss = lambda p, t, mask, w: np.average(np.square(np.cumsum(p - t, -1)).sum(-1)[mask], weights=w[mask])  # noqa: E731
    names = {"loss": loss}
    exec(text.replace("from my_package import loss", ""), names)
    names["test_batch_square_5"]()


def test_properties_that_change_a_sample_are_not_tried():
    def weighted(p, t, w):
        return w * np.square(np.cumsum(p - t, -1)).sum(-1)

    report = emd_conformance.run(weighted, call="p, t, w", classes=(2, 3), properties=True)
    assert report.verdict == "conforms"
    assert "property/oracle:value" in {result.id for result in report.results}


def test_weights_of_samples_are_valid_and_some_are_0():
    """So are those of classes: 1.8 wants them finite and not negative."""
    assert min(SAMPLES) == 0
    assert min(CLASSES) > 0
    assert all(float(np.float16(x)) == x for x in (*SAMPLES, *CLASSES))


@pytest.mark.parametrize(
    ("dtype", "least", "greatest"), [("int8", -128, 127), ("uint8", 0, 255), ("int64", -(2**63), 2**63 - 1)]
)
def test_a_dtype_of_labels_holds_its_own_numbers_alone(dtype, least, greatest, monkeypatch):
    monkeypatch.setattr(layouts, "label_dtype", lambda case: dtype)
    assert all(layouts.holds(SOFT, x) for x in (least, greatest))
    assert not any(layouts.holds(SOFT, x) for x in (least - 2, least - 1, greatest + 1, greatest + 2))
