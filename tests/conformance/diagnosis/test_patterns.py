"""Findings that follow from which cases fail, and from how they fail."""

import emd_conformance
import numpy as np
import pytest
from losses import free_gradient, one_hot, scan, softmax

FEW = {"classes": (1, 2, 3, 4, 5)}


def named(report):
    (found,) = (x for x in report.findings if x.kind != "advice")
    return found


def raising(when, loss=scan):
    def raises(p, t):
        if when(p, t):
            raise ValueError("not here")
        return loss(p, t)

    return raises


def other(when, loss=scan, answer=1e9):
    return lambda p, t: np.where(when(p, t), answer, loss(p, t))


def classes(*numbers):
    return lambda p, t: p.shape[-1] in numbers


def zero(p, t):
    return (p == 0).any(-1)


def equal(p, t):
    return (p == t).all(-1)


def rooted(p, t):
    return np.sqrt(scan(p, t))


VALUES = {
    "every-call-fails": (raising(lambda p, t: True), {}),
    "one-class": (raising(classes(1)), {}),
    "one-class by value": (other(classes(1)), {}),
    "hard-coded-classes by error": (raising(lambda p, t: p.shape[-1] != 4), {}),
    "hard-coded-classes by value": (other(lambda p, t: p.shape[-1] != 4), {}),
    "valid-input-rejected": (raising(lambda p, t: zero(p, t).any()), {}),
    "valid-input-rejected without samples": (
        raising(lambda p, t: not len(p)),
        {"capabilities": ("empty-batch",)},
    ),
    "wrong-shape without samples": (
        lambda p, t: scan(p, t) if len(p) else np.zeros((1,)),
        {"capabilities": ("empty-batch",)},
    ),
    "nan-at-zero": (other(zero, answer=np.nan), {}),
    "not-finite": (other(lambda p, t: p[:, 0] > 0.3, answer=np.inf), {}),
    "nan-at-equality": (other(equal, rooted, np.nan), {"computes": "sqrt(E)"}),
    "not-finite of a shape": (lambda p, t: np.full(len(p), np.nan), {}),
    "missing-cumsum": (lambda p, t: np.square(p - t).sum(-1), {}),
    "always-the-same by 0": (lambda p, t: np.zeros(len(p)), {}),
    "always-the-same": (lambda p, t: np.full(len(p), 0.25), {}),
    "unexplained": (lambda p, t: np.where(p[:, 0] > t[:, 0], 0.25, 0.5), {}),
}


@pytest.mark.parametrize("name", VALUES)
def test_wrong_values_are_named(name):
    loss, options = VALUES[name]
    assert named(emd_conformance.run(loss, **FEW, **options)).id == name.partition(" ")[0]


def test_the_numbers_of_classes_that_are_right_are_named():
    assert "right for C = 4" in named(emd_conformance.run(other(lambda p, t: p.shape[-1] != 4), **FEW)).message
    two = named(emd_conformance.run(other(lambda p, t: p.shape[-1] not in (3, 5)), classes=range(1, 8)))
    assert "right for C = 3, 5" in two.message


def test_the_number_that_is_always_returned_is_said():
    assert "given: 0.25" in named(emd_conformance.run(VALUES["always-the-same"][0], **FEW)).message


def test_what_only_the_unexplained_cases_have_is_said():
    loss = lambda p, t: scan(p, t) + np.abs(p - t).max(-1) / 10 * (p.shape[-1] > 2)  # noqa: E731
    found = named(emd_conformance.run(loss, classes=(2, 3)))
    assert (found.id, "cases fail: those with more than two classes" in found.message) == ("unexplained", True), found


def of_logits(loss, when, answer):
    return lambda z, t: np.where(when(z), answer, loss(softmax(z), t))


def test_logits_are_huge_if_their_exponential_overflows():
    report = emd_conformance.run(of_logits(scan, lambda z: z.max(-1) > 709.7, np.nan), input="logits", **FEW)
    assert named(report).id == "huge-logits"
    report = emd_conformance.run(of_logits(scan, lambda z: z.max(-1) > 2, np.nan), input="logits", **FEW)
    assert named(report).id == "not-finite"


GRADIENTS = {
    "gradient-fails": (lambda p, t: 1 / 0, {}),
    "gradient-not-finite": (lambda p, t: np.where(zero(p, t)[:, None], np.inf, free_gradient(p, t)), {}),
    "gradient": (lambda p, t: free_gradient(p, t) * (1 + p), {}),
}


@pytest.mark.parametrize("id", GRADIENTS)
def test_wrong_gradients_are_named(id):
    gradient, options = GRADIENTS[id]
    assert named(emd_conformance.run(scan, grad=gradient, **FEW, **options)).id == id


def test_a_gradient_of_a_root_that_is_not_finite_at_0_is_named():
    def gradient(p, t):
        with np.errstate(all="ignore"):
            return free_gradient(p, t) / (2 * rooted(p, t))[:, None]

    report = emd_conformance.run(rooted, grad=gradient, computes="sqrt(E)", **FEW)
    assert named(report).id == "root-gradient-nan"


def test_what_was_refused_and_what_was_accepted_is_advice():
    def loss(p, k):
        if k.dtype != np.int64:
            raise TypeError("labels must be int64")
        return scan(p, one_hot(np.clip(k, 0, p.shape[-1] - 1), p.shape[-1]))

    report = emd_conformance.run(loss, target="labels", **FEW)
    assert report.verdict == "conforms"
    advice = {x.id: x.message for x in report.findings}
    assert advice.keys() == {"label-dtype-refused", "input-not-checked"}
    refused = ("int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64")
    assert all(f"labels of {dtype}" in advice["label-dtype-refused"] for dtype in refused)
    assert "int64" not in advice["label-dtype-refused"].replace("uint64", "")
    assert "kinds, such as" in advice["input-not-checked"]
