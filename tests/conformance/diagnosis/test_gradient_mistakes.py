"""Wrong gradients are named, with their number, for gradients that were written from the words of the findings."""

from fractions import Fraction

import emd_conformance
import numpy as np
import pytest
from emd_conformance import Declaration
from emd_conformance._calling.caller import Caller
from emd_conformance._cases.load import find
from emd_conformance._diagnosis.slopes import explain_gradients
from emd_conformance._diagnosis.upstream import USES
from emd_conformance._judging.result import Result
from emd_conformance.defects._register import Differentiable
from losses import scan, softmax

FEW = {"classes": (2, 3, 5)}


def cumulative(p, t):
    return np.cumsum(p - t, -1)


def later(x):
    """The sums over k >= j."""
    return np.cumsum(x[..., ::-1], -1)[..., ::-1]


def right(p, t):
    return 2 * later(cumulative(p, t))


def lengths(g):
    return np.sqrt((g**2).sum(-1, keepdims=True))


def unit(g):
    return g / np.where(lengths(g) > 0, lengths(g), 1)


def first(g):
    return g * (np.arange(len(g)) == 0)[:, None]


def mean_of_batch(g):
    return np.broadcast_to(g.mean(0), g.shape)


def centred(g):
    return g - g.mean(-1, keepdims=True)


OF_PROBABILITIES = {
    "gradient-sign": lambda p, t: -right(p, t),
    "gradient-no-2": lambda p, t: right(p, t) / 2,
    "gradient-twice-2": lambda p, t: 2 * right(p, t),
    "gradient-prefix": lambda p, t: 2 * np.cumsum(cumulative(p, t), -1),
    "gradient-no-tails": lambda p, t: 2 * cumulative(p, t),
    "gradient-off-by-one": lambda p, t: right(p, t) - 2 * cumulative(p, t),
    "gradient-missing-cumsum": lambda p, t: 2 * (p - t),
    "gradient-of-l1": lambda p, t: later(np.sign(np.round(cumulative(p, t), 12))),
    "gradient-detached": lambda p, t: np.zeros_like(p),
    "gradient-first-sample": lambda p, t: first(right(p, t)),
    "gradient-batch-mean": lambda p, t: mean_of_batch(right(p, t)),
    "gradient-unit-length": lambda p, t: unit(right(p, t)),
    "gradient-low-precision": lambda p, t: right(p, t).astype(np.float32).astype(float),
    "gradient-factor: 0.3 times": lambda p, t: 0.3 * right(p, t),
    "gradient-factor: 3/C times": lambda p, t: 3 / p.shape[-1] * right(p, t),
    "gradient-factor: 3*C times": lambda p, t: 3 * p.shape[-1] * right(p, t),
    "gradient-factor: 3/N times": lambda p, t: 3 / len(p) * right(p, t),
    "gradient-factor: 3*N times": lambda p, t: 3 * len(p) * right(p, t),
    "gradient-clipped: to [-0.125, 0.125]": lambda p, t: np.clip(right(p, t), -0.125, 0.125),
    "gradient-clipped: after its mean is subtracted": lambda p, t: np.clip(centred(right(p, t)), -0.125, 0.125),
    "gradient-norm-clipped: to 0.25": lambda p, t: unit(right(p, t)) * np.minimum(lengths(right(p, t)), 0.25),
}


def named(report, words):
    """Assert that the one finding is that of the words, and that its message has their number."""
    id, _, number = words.partition(": ")
    (found,) = (x for x in report.findings if x.kind != "advice")
    assert (found.id, number in found.message) == (id, True), report


@pytest.mark.costly
@pytest.mark.parametrize("words", OF_PROBABILITIES)
def test_a_wrong_gradient_is_named(words):
    named(emd_conformance.run(scan, grad=OF_PROBABILITIES[words], **FEW), words)


def explained(gradient, *names):
    caller = Caller(lambda classes: Differentiable(scan, gradient), Declaration(grad="grad"))
    cases = [find(name) for name in names]
    return explain_gradients(caller, cases, [Result(case.id, "gradient", "fail") for case in cases])


def test_three_gradients_are_enough_to_name_a_mistake():
    names, twice = ("line/soft-3", "line/soft-5", "line/one-sample-3"), OF_PROBABILITIES["gradient-twice-2"]
    assert explained(twice, *names).id == "gradient-twice-2"
    assert explained(twice, *names[:2]).id == "gradient"


def test_gradients_of_many_numbers_are_not_compared():
    names = "line/soft-3", "line/soft-5", "line/one-sample-3", "size/rows-1025"  # of 6 classes
    message = explained(OF_PROBABILITIES["gradient-twice-2"], *names).message
    assert "reproduces all 3 gradients (1 others were not compared)" in message


def of_logits(chain):
    return lambda z, t: chain(softmax(z), right(softmax(z), t))


def through(p, g):
    return p * (g - (p * g).sum(-1, keepdims=True))


OF_LOGITS = [
    ("gradient-sign", lambda p, g: -through(p, g)),
    ("gradient-no-2", lambda p, g: through(p, g) / 2),
    ("gradient-wrong-softmax", lambda p, g: g),
    ("gradient-wrong-softmax", lambda p, g: p * g),
    ("gradient-wrong-softmax", lambda p, g: p * (1 - p) * g),
    ("gradient-wrong-softmax", lambda p, g: centred(g)),
    ("gradient-batch-mean", lambda p, g: mean_of_batch(through(p, g))),
]


@pytest.mark.costly
@pytest.mark.parametrize(("id", "chain"), OF_LOGITS)
def test_a_wrong_gradient_of_logits_is_named(id, chain):
    loss = lambda z, t: scan(softmax(z), t)  # noqa: E731
    named(emd_conformance.run(loss, grad=of_logits(chain), input="logits", **FEW), id)


def test_a_gradient_that_is_not_that_of_a_mean_is_named():
    named(
        emd_conformance.run(lambda p, t: scan(p, t).mean(), grad=right, reduction="mean", **FEW), "gradient-reduction"
    )


def test_a_gradient_without_the_chain_rule_of_a_root_is_named():
    report = emd_conformance.run(lambda p, t: np.sqrt(scan(p, t)), grad=right, computes="sqrt(E)", **FEW)
    named(report, "gradient-without-root")


def on_positions(p, t, x):
    return (cumulative(p, t)[..., :-1] ** 2 * np.diff(x)).sum(-1)


def test_a_gradient_without_intervals_is_named():
    def gradient(p, t, x):
        return 2 * later(counted(cumulative(p, t)))

    report = emd_conformance.run(on_positions, grad=gradient, ground="positions", **FEW)
    named(report, "gradient-without-weights")


def counted(D):
    """D_C has no weight."""
    return D * (np.arange(D.shape[-1]) < D.shape[-1] - 1)


def signs(p, t):
    return counted(np.sign(np.round(cumulative(p, t), 12)))


OF_EMD = {
    "gradient-sign": lambda p, t: -later(signs(p, t)),
    "gradient-prefix": lambda p, t: np.cumsum(signs(p, t), -1),
    "gradient-no-tails": signs,
    "gradient-off-by-one": lambda p, t: later(signs(p, t)) - signs(p, t),
    "gradient-twice-2": lambda p, t: 2 * later(signs(p, t)),
    "gradient-no-2": lambda p, t: later(signs(p, t)) / 2,
    "gradient-of-squared": lambda p, t: 2 * later(counted(cumulative(p, t))),
}


@pytest.mark.costly
@pytest.mark.parametrize("words", OF_EMD)
def test_a_wrong_gradient_of_the_emd_is_named(words):
    loss = lambda p, t: np.abs(cumulative(p, t)).sum(-1)  # noqa: E731
    named(emd_conformance.run(loss, grad=OF_EMD[words], computes="W1", **FEW), words)


@pytest.mark.parametrize("times", [1, 2])
def test_a_value_that_differs_a_little_while_it_is_recorded_is_named(times):
    """Whether or not the gradient is right."""
    pytest.importorskip("torch")

    def loss(p, t):
        E = (p - t).cumsum(-1).square().sum(-1)
        return E + (times - 1) * (E - E.detach()) + 1e-9 * p.requires_grad

    named(emd_conformance.run(loss, array="torch", grad="autograd", **FEW), "value-while-recorded")


FROM_ABOVE = [Fraction(x) for x in ("-2", "0", "3", "1/2", "1/2")]
MEANT = {
    "every sample gets their mean": [Fraction(2, 5)] * 5,
    "every sample gets their sum": [2] * 5,
    "every sample gets the first of them": [-2] * 5,
    "every sample gets the last of them": [Fraction(1, 2)] * 5,
    "every sample gets the largest of them": [3] * 5,
    "the samples get them in reverse order": [Fraction(1, 2), Fraction(1, 2), 3, 0, -2],
    "they are squared": [4, 0, 9, Fraction(1, 4), Fraction(1, 4)],
    "they lose their signs": [2, 0, 3, Fraction(1, 2), Fraction(1, 2)],
    "only their signs are used": [-1, 0, 1, 1, 1],
    "negative ones are taken for 0": [0, 0, 3, Fraction(1, 2), Fraction(1, 2)],
    "they are clipped to [-1, 1]": [-1, 0, 1, Fraction(1, 2), Fraction(1, 2)],
}


def test_a_use_of_gradients_from_above_is_what_it_is_called():
    assert {words: use(FROM_ABOVE) for words, use in USES.items()} == MEANT


@pytest.mark.parametrize("words", MEANT)
def test_a_wrong_use_of_gradients_from_above_is_named(words):
    torch = pytest.importorskip("torch")

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, p, t):
            ctx.save_for_backward(p, t)
            return (p - t).cumsum(-1).square().sum(-1)

        @staticmethod
        def backward(ctx, above):
            p, t = ctx.saved_tensors
            used = [float(x) for x in USES[words]([Fraction(x) for x in above.flatten().tolist()])]
            g = 2 * (p - t).cumsum(-1).flip(-1).cumsum(-1).flip(-1)
            return torch.tensor(used, dtype=g.dtype).reshape(*above.shape, 1) * g, None

    report = emd_conformance.run(Wrong.apply, array="torch", grad="autograd", **FEW)
    summed = words == "every sample gets their sum"  # which shows where they are 1, too
    named(report, "gradient-upstream-summed" if summed else f"gradient-upstream-wrong: {words}")
