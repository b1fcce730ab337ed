"""Findings with a number: each is named, with its number, for a loss that was written from its words."""

import emd_conformance
import numpy as np
import pytest


def energy(p, t):
    return (np.cumsum(p - t, -1) ** 2).sum(-1)


def blurred(t, kernel, normalised):
    C = t.shape[-1]
    K = kernel(np.abs(np.subtract.outer(np.arange(C), np.arange(C))).astype(float))
    return t @ (K / K.sum(-1, keepdims=True) if normalised else K)


def smoothed(t, e):
    return (1 - e) * t + e / t.shape[-1]


def sharpened(p, r):
    return p**r / (p**r).sum(-1, keepdims=True)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gaussian(x):
    return np.exp(-(x**2) / (2 * 1.5**2))


LOSSES = {
    "target-smoothed: by 0.15": lambda p, t: energy(p, smoothed(t, 0.15)),
    "target-blurred: as a Gaussian of width 1.5": lambda p, t: energy(p, blurred(t, gaussian, True)),
    "target-blurred: as a Gaussian of width 1.5, without a sum of 1": lambda p, t: energy(
        p, blurred(t, gaussian, False)
    ),
    "target-blurred: as powers of 0.3": lambda p, t: energy(p, blurred(t, lambda x: 0.3**x, True)),
    "value-saturates: as tanh(0.5 x)": lambda p, t: np.tanh(energy(p, t) / 2),
    "prediction-sharpened: 1.7": lambda p, t: energy(sharpened(p, 1.7), t),
    "softmax-temperature: 1.7": lambda z, t: energy(softmax(z / 1.7), t),
    "logits-clipped: to [-1.5, 1.5]": lambda z, t: energy(softmax(np.clip(z, -1.5, 1.5)), t),
}


@pytest.mark.parametrize("words", LOSSES)
def test_a_family_and_its_number_are_named(words):
    id, _, number = words.partition(": ")
    logits = id in ("softmax-temperature", "logits-clipped")
    report = emd_conformance.run(LOSSES[words], input="logits" if logits else "probabilities", classes=(2, 3, 5))
    found = {x.id: x.message for x in report.findings}
    assert id in found, found
    assert number in found[id]
    assert ("without a sum of 1" in found[id]) == ("without a sum of 1" in number)


def skill(p, t):
    return 1 - energy(p, t) / energy(np.full_like(p, 1 / p.shape[-1]), t)


KNOWN = {
    "sigmoid-for-softmax": lambda z, t: energy(1 / (1 + np.exp(-np.maximum(z, -700))), t),
    "log-cosh": lambda p, t: np.log(np.cosh(np.cumsum(p - t, -1))).sum(-1),
    "low-precision": lambda p, t: np.round(energy(p, t), 4),
    "skill-score": skill,
}


@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
@pytest.mark.parametrize("id", KNOWN)
def test_a_known_mistake_is_named(id):
    report = emd_conformance.run(
        KNOWN[id], input="logits" if id.startswith("sigmoid") else "probabilities", classes=(2, 3, 5)
    )
    found = {x.id: x.message for x in report.findings}
    assert id in found, found
    assert ("rounded to 4 decimals" in found[id]) == (id == "low-precision")
