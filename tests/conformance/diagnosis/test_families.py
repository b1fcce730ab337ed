"""Findings with a number: each is named, with its number, for a loss that was written from its words."""

import emd_conformance
import numpy as np
import pytest


def cumulative(p, t):
    return np.cumsum(p - t, -1)


def energy(p, t):
    return (cumulative(p, t) ** 2).sum(-1)


def shares(x):
    return x / x.sum(-1, keepdims=True)


def softmax(z):
    return shares(np.exp(z - z.max(-1, keepdims=True)))


def gaussian(x):
    return np.exp(-(x**2) / (2 * 1.5**2))


def powers(x):
    return 0.3**x


def blurred(t, kernel, then=lambda K: K):
    C = t.shape[-1]
    return t @ then(kernel(np.abs(np.subtract.outer(np.arange(C), np.arange(C))).astype(float)))


def at_least(x):
    return np.maximum(x, 0.02)


def within(x):
    return np.clip(x, 0.02, 0.98)


def more(x):
    return x + 0.02


def of(values, after=lambda x: x):
    """The loss of a function of each D_k, and a function of their sum."""
    return lambda p, t: after(values(cumulative(p, t)).sum(-1))


def huber(D, c=0.3):
    return np.where(np.abs(D) <= c, D**2 / 2, c * (np.abs(D) - c / 2))


def stretched(p, t):
    """-½ dᵀ G d, with the power 1.5 of each distance."""
    C, d = p.shape[-1], p - t
    G = np.abs(np.subtract.outer(np.arange(C), np.arange(C))) ** 1.5
    return -((d @ G) * d).sum(-1) / 2


LOSSES = {
    "target-smoothed: by 0.15": lambda p, t: energy(p, 0.85 * t + 0.15 / t.shape[-1]),
    "target-smoothed: by 0.15 over the other classes": lambda p, t: energy(
        p, 0.85 * t + 0.15 * (1 - t) / (t.shape[-1] - 1)
    ),
    "target-blurred: as a Gaussian of width 1.5": lambda p, t: energy(p, blurred(t, gaussian, shares)),
    "target-blurred: as a Gaussian of width 1.5, without a sum of 1": lambda p, t: energy(p, blurred(t, gaussian)),
    "target-blurred: as powers of 0.3": lambda p, t: energy(p, blurred(t, powers, shares)),
    "target-blurred: as powers of 0.3, without a sum of 1": lambda p, t: energy(p, blurred(t, powers)),
    "probabilities-clipped: to [0.02, 1 - 0.02]": lambda p, t: energy(within(p), t),
    "probabilities-clipped: to [0.02, 1 - 0.02], then divides them by their sum": lambda p, t: energy(
        shares(within(p)), t
    ),
    "probabilities-clipped: to [0.02, 1 - 0.02], those of the target too": lambda p, t: energy(within(p), within(t)),
    "probabilities-clipped: to at least 0.02": lambda p, t: energy(at_least(p), t),
    "probabilities-clipped: to at least 0.02, then divides them by their sum": lambda p, t: energy(
        shares(at_least(p)), t
    ),
    "probabilities-clipped: to at least 0.02, those of the target too": lambda p, t: energy(at_least(p), at_least(t)),
    "probabilities-clipped: to at least 0.02, those of the target too, then divides them by their sum": lambda p, t: (
        energy(shares(at_least(p)), shares(at_least(t)))
    ),
    "probabilities-shifted: by adding 0.02": lambda p, t: energy(more(p), t),
    "probabilities-shifted: by adding 0.02, then divides them by their sum": lambda p, t: energy(shares(more(p)), t),
    "prediction-sharpened: 1.7": lambda p, t: energy(shares(p**1.7), t),
    "softmax-temperature: 1.7": lambda z, t: energy(softmax(z / 1.7), t),
    "logits-clipped: to [-1.5, 1.5]": lambda z, t: energy(softmax(np.clip(z, -1.5, 1.5)), t),
    "another-power: 1.7": of(lambda D: np.abs(D) ** 1.7),
    "huber: above 0.3": of(huber),
    "huber: pseudo-Huber, of width 0.3": of(lambda D: 0.3**2 * (np.sqrt(1 + (D / 0.3) ** 2) - 1)),
    "differences-clipped: to 0.3": of(lambda D: np.clip(D, -0.3, 0.3) ** 2),
    "small-differences-dropped: below 0.07": of(lambda D: np.where(np.abs(D) < 0.07, 0, D) ** 2),
    "differences-shifted: by 0.003": of(lambda D: (D + 0.003) ** 2),
    "differences-shifted: by -0.003": of(lambda D: (D - 0.003) ** 2),
    "distance-clipped: to 0.2": of(np.square, lambda E: np.minimum(E, 0.2)),
    "distance-clipped: to at least 0.03": of(np.square, lambda E: np.maximum(E, 0.03)),
    "constant-added: of 0.3": of(np.square, lambda E: E + 0.3),
    "constant-added: of -0.3": of(np.square, lambda E: E - 0.3),
    "value-to-a-power: 1.3": of(np.square, lambda E: E**1.3),
    "value-saturates: as 1 - exp(-0.5 x)": of(np.square, lambda E: 1 - np.exp(-E / 2)),
    "value-saturates: as tanh(0.5 x)": of(np.square, lambda E: np.tanh(E / 2)),
    "value-saturates: as x / (x + 0.5)": of(np.square, lambda E: E / (E + 0.5)),
    "distances-to-a-power: 1.5": stretched,
}
LONGER = ("over the other classes", "without a sum of 1", "then divides", "the target too")


@pytest.mark.costly
@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
@pytest.mark.parametrize("words", LOSSES)
def test_a_family_and_its_number_are_named(words):
    id, _, number = words.partition(": ")
    logits = id in ("softmax-temperature", "logits-clipped")
    report = emd_conformance.run(LOSSES[words], input="logits" if logits else "probabilities", classes=(2, 3, 5))
    found = {x.id: x.message for x in report.findings}
    assert id in found, found
    assert number in found[id]
    assert [x in found[id] for x in LONGER] == [x in number for x in LONGER]


def skill(p, t):
    return 1 - energy(p, t) / energy(np.full_like(p, 1 / p.shape[-1]), t)


KNOWN = {
    "sigmoid-for-softmax": lambda z, t: energy(1 / (1 + np.exp(-np.maximum(z, -700))), t),
    "log-cosh": of(lambda D: np.log(np.cosh(D))),
    "low-precision": of(np.square, lambda E: np.round(E, 4)),
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
