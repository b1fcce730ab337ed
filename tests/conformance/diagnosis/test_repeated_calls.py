"""Answers to repeated calls that follow their number, or chance; and errors that are those of a narrow format."""

from itertools import cycle
from random import Random
from types import SimpleNamespace

import emd_conformance
import numpy as np
import pytest
from emd_conformance._calling.watch import Observations
from emd_conformance._cases.load import find
from emd_conformance._diagnosis.memory import _drifts, separate_chance_from_memory
from losses import scan


def calls(*values):
    return [[float(x)] for x in values]


def test_answers_that_repeat_or_move_in_one_direction_follow_the_number_of_calls():
    following = (
        calls(*[1, 2] * 12),
        calls(*[1, 2, 3] * 8),
        calls(*[1, 2, 2, 3] * 6),
        calls(*range(24)),
        calls(*range(24, 0, -1)),
        calls(1, *[2] * 23),
        calls(1, 2, *[3] * 22),
    )
    assert all(map(_drifts, following))


def test_constant_and_random_answers_do_not():
    rng = Random(0)
    for answers in ([], calls(*[1] * 24), calls(*(rng.random() for _ in range(24))), calls(*[1] * 12, *[2] * 12)):
        assert not _drifts(answers)
    assert not _drifts(calls(1, 2, 3, *[4] * 20, 1))
    assert not _drifts(calls(*[1, 2, 3, 4, 5] * 5)[:24])


class Counting:
    """A loss whose answer depends on how often it was called."""

    def __init__(self, factor):
        self.calls, self.factor = 0, factor

    def __call__(self, p, t):
        self.calls += 1
        return scan(p, t) * self.factor(self.calls)


def separated(noted, *answers):
    """What is still noted, and which cases were asked again."""
    cases = [find(name) for name in ("line/soft-2", "line/soft-5", "line/one-sample-3")]
    asked, seen, given = [], Observations(), cycle(answers)
    for case in cases:
        seen.note(noted, case.id)
    separate_chance_from_memory(
        SimpleNamespace(seen=seen, values=lambda case: asked.append(case.id) or [next(given)]), cases
    )
    return {*seen.noted}, {*asked}


def test_the_largest_case_is_asked_again_and_tells_memory_from_chance():
    rng = Random(0)
    noise = [rng.random() for _ in range(24)]
    assert separated("nondeterministic", 0.0) == ({"nondeterministic"}, {"line/soft-5"})
    assert separated("nondeterministic", 1.0, 2.0)[0] == {"state-between-calls"}
    assert separated("state-between-calls", 0.0)[0] == {"state-between-calls"}
    assert separated("state-between-calls", 1.0, 2.0)[0] == {"state-between-calls"}
    assert separated("state-between-calls", *noise)[0] == {"nondeterministic"}


class Keeping:
    """A loss that answers from memory if a call has the shape of an earlier one."""

    def __init__(self):
        self.known = {}

    def __call__(self, p, t):
        return self.known.setdefault(p.shape, scan(p, t)).copy()


def test_memory_of_other_calls_is_no_chance():
    found = {x.id for x in emd_conformance.run(Keeping(), classes=(2, 3, 5)).findings if x.kind != "advice"}
    assert found == {"state-between-calls"}


REMEMBERING = {
    "alternating": lambda n: 1 + n % 2,
    "growing": lambda n: 1 + n / 1000,
}
RANDOM = {
    "noise": lambda n: 1 + np.random.default_rng(n).random() / 10,
    "sometimes twice": lambda n: 1 + (np.random.default_rng(n).random() < 0.3),
}


@pytest.mark.parametrize("name", REMEMBERING | RANDOM)
def test_memory_and_chance_are_told_apart(name):
    report = emd_conformance.run(Counting((REMEMBERING | RANDOM)[name]), classes=(2, 3, 5))
    found = {x.id for x in report.findings if x.kind != "advice"}
    assert found == {"state-between-calls" if name in REMEMBERING else "nondeterministic"}


def converted(dtype):
    return lambda p, t: scan(p.astype(dtype), t.astype(dtype)).astype(float)


def rounded(x):
    """To seven bits: errors that a few roundings of float16 do not explain."""
    mantissa, exponent = np.frexp(x)
    return np.ldexp(np.round(mantissa * 128) / 128, exponent)


def in_few_bits(p, t):
    E = S = np.zeros(len(p))
    for d in rounded(rounded(p) - rounded(t)).T:
        S = rounded(S + d)
        E = rounded(E + rounded(S * S))
    return E


NARROW = {
    "float32": (converted(np.float32), {}),
    "float16": (converted(np.float16), {}),
    "bfloat16": (in_few_bits, {}),
    "with computes='E/C'": (lambda p, t: converted(np.float32)(p, t) / p.shape[-1], {}),
}


@pytest.mark.costly
@pytest.mark.parametrize("words", NARROW)
def test_the_errors_of_a_narrower_format_are_named(words):
    loss, options = NARROW[words]
    report = emd_conformance.run(loss, classes=(2, 3, 4, 5, 10), **options)
    (found,) = (x for x in report.findings if x.kind != "advice")
    assert (found.id, words in found.message) == ("low-precision", True), report


def test_errors_of_one_sign_are_none_of_rounding():
    def above(p, t):
        return scan(p, t) * (1 + 1e-7 * np.abs(np.sin(1e3 * p[..., 0] + p[..., -1])))

    report = emd_conformance.run(above, classes=(2, 3, 4, 5, 10))
    assert report.verdict == "does-not-conform"
    assert "low-precision" not in {x.id for x in report.findings}
