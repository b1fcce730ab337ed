"""Errors of a narrower format, and answers that are rounded to decimals: what is taken for them, and what is not."""

from math import nan
from types import SimpleNamespace

import pytest
from emd_conformance._diagnosis import precision as module
from emd_conformance._diagnosis.evidence import Support
from emd_conformance._diagnosis.hypothesis import Inputs
from emd_conformance._diagnosis.precision import (
    _paired,
    _relative,
    _rounded,
    _simple,
    decimals,
    narrower,
    rounded_to,
)
from small import T, answered, case, gathered, samples, sized

U, F32 = 2.0**-53, 2.0**-24


def says(guessed):
    """A hypothesis that estimates these numbers for every case."""
    return SimpleNamespace(estimate=lambda inputs: guessed)


MOST = Support(19, ("an answer",))


def known(unit=U, near=(), support=MOST):
    """Evidence that is near with these tolerances at most."""
    asked = []

    def supports(*given):
        asked.append(given)
        return support

    close = lambda guess, probes, tolerance: tolerance in near  # noqa: E731
    return SimpleNamespace(unit=unit, near=close, probes=(), support=supports, asked=asked)


def test_formats_have_their_roundings_and_a_tolerance():
    assert module.NARROWER == {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}
    assert module.TOLERANCE == {"float32": 1e-5, "float16": 0.05, "bfloat16": 0.2}
    assert (module.SIMPLE, module.SOME, module.FEW) == (16, 4, 4)


def test_the_first_format_that_explains_most_answers_is_named(monkeypatch):
    monkeypatch.setattr(module, "_rounded", lambda evidence, guess, unit: True)
    names = "float32", "float16", "bfloat16"
    one = known(near=(1e-5, 0.05, 0.2))
    assert narrower(one, "guess", *names)[0] == "float32"
    ((guess, slack, patience),) = one.asked
    assert (guess, slack.unit, slack.roundings, patience) == ("guess", F32, 4, 0.1)
    assert narrower(known(near=(0.05, 0.2)), "guess", *names)[0] == "float16"
    assert narrower(known(near=(0.2,)), "guess", *names)[0] == "bfloat16"
    assert narrower(known(near=(0.2,)), "guess", "float32") is None
    assert narrower(known(near=(1e-5, 0.05), unit=F32), "guess", *names)[0] == "float16"
    assert narrower(known(near=(1e-5,), unit=F32), "guess", *names) is None
    assert narrower(known(near=(1e-5,), support=Support(94, ("an answer",) * 6)), "guess", *names) is None
    monkeypatch.setattr(module, "_rounded", lambda evidence, guess, unit: unit == 2.0**-8)
    assert narrower(known(near=(1e-5, 0.05, 0.2)), "guess", *names)[0] == "bfloat16"


def rounded(*errors, guessed=1.0, simple=()):
    """Whether errors of numbers that are not simple, and others of simple ones, look like those of single precision."""
    odd = answered([guessed + e for e in errors], id="line/odd", p=((0.3, 0.3, 0.4),))
    plain = answered([guessed + e for e in simple], id="line/simple")
    answers, guess = [odd, plain] if simple else [odd], SimpleNamespace()
    guess.estimate = lambda inputs: [guessed] * len(simple if inputs is plain.inputs else errors)
    return _rounded(gathered(*answers), guess, F32)


E = 2.0**-25


def test_four_errors_of_both_signs_look_like_rounding():
    assert rounded(E, E, -E, -E)
    assert rounded(E, -E, -E, -E)
    assert rounded(-E, E, E, E)
    assert not rounded(E, E, -E)
    assert not rounded(E, E, E, E)
    assert not rounded(-E, -E, -E, -E)
    assert rounded(*[E] * 19, -E)
    assert not rounded(*[E] * 20, -E)
    assert not rounded(*[-E] * 20, E)


def test_one_of_four_numbers_at_least_has_an_error():
    assert rounded(E, E, -E, -E, *[0.0] * 12)
    assert not rounded(E, E, -E, -E, *[0.0] * 13)
    assert rounded(E, E, -E, -E, *[0.0] * 12, simple=[0.0] * 9)


def test_an_error_counts_beyond_64_roundings_and_a_1024th_of_the_narrow_format():
    """At 1, the latter is 2^-34, and 64 roundings of 1 + 1 are 2^-46; at 2^-20, these are 2^-47 and a little more."""
    for size, guessed in ((2.0**-34, 1.0), (2.0**-47 * (1 + 2.0**-20), 2.0**-20), (2.0**-34, -1.0)):
        for by, counts in ((1.01, True), (0.99, False)):
            e = size * by
            assert rounded(e, e, -e, -e, guessed=guessed) is counts, (size, by)


def test_simple_numbers_have_no_errors_beyond_a_quotient_or_a_root():
    assert rounded(E, E, -E, -E, simple=[7 * F32])
    assert not rounded(E, E, -E, -E, simple=[9 * F32])
    assert rounded(E, E, -E, -E, simple=[7 * F32, -7 * F32])


def test_where_a_hypothesis_has_no_estimate_nothing_looks_like_rounding():
    odd = answered([1 + E, 1 + E, 1 - E, 1 - E], id="line/odd", p=((0.3, 0.3, 0.4),))
    plain = answered()

    def estimate(inputs):
        if inputs is plain.inputs:
            raise ValueError
        return [1.0] * 4

    assert _rounded(gathered(odd), SimpleNamespace(estimate=estimate), F32)
    assert not _rounded(gathered(odd, plain), SimpleNamespace(estimate=estimate), F32)
    assert not _rounded(gathered(plain), SimpleNamespace(estimate=estimate), F32)


def test_sixteenths_of_few_classes_are_simple():
    assert _simple(answered())
    assert _simple(answered(p=((1 / 16, 15 / 16, 0.0),)))
    assert not _simple(answered(p=((1 / 32, 31 / 32, 0.0),)))
    assert not _simple(answered(p=(T,), t=((1 / 32, 31 / 32, 0.0),)))
    row = (0.25, 0.25, 0.25, 0.25, 0.0)
    assert _simple(answered(p=(row,), t=(row,), classes=5))
    assert not _simple(answered(p=((*row, 0.0),), t=((*row, 0.0),), classes=6))
    assert not _simple(of_input("logits"))


def of_input(input):
    one = case()
    return SimpleNamespace(case=one, inputs=Inputs(samples(one, input=input), False))


def relative(received, guessed, unit=0.25):
    return _relative(SimpleNamespace(received=received), guessed, unit)


def test_numbers_agree_relative_to_the_hypothesis():
    for x, y in ((1.25, 1.0), (0.75, 1.0), (-1.25, -1.0), (0.0, 0.0), (9e-16, 0.0), (-9e-16, 0.0)):
        assert relative([x], [y]), (x, y)
    for x, y in ((1.26, 1.0), (0.74, 1.0), (1.0, -1.0), (1.1e-15, 0.0), (1.0, 0.0)):
        assert not relative([x], [y]), (x, y)
    assert not relative([1.0, 1.0], [1.0])
    assert not relative([1.0, 1.0], [1.0, 2.0])
    assert relative(None, [])
    assert not relative(None, [1.0])


def test_decimals_are_the_fewest_that_every_number_has():
    def found(*numbers):
        return decimals(gathered(*(answered(x) for x in numbers)))

    assert found((3.0, -7.0)) == 0
    assert found((0.5,), (0.25,)) == 2
    assert found((0.125,), None, (nan,)) == 3
    assert found((0.1 + 0.9e-5,)) == 1
    assert found((0.1 + 1.1e-5,)) == 6
    assert found((0.1 - 0.9e-5,)) == 1
    assert found((0.0, 0.0)) is None
    assert found((0.00005,)) is None
    assert found((0.0, 2.0)) == 0
    assert found(None) is None
    assert found(()) is None
    assert found((12345678e-11,)) == 11
    assert found((1 / 3,)) is None
    assert found((123456789e-12,)) is None


def test_every_finite_answer_is_the_estimate_to_the_last_decimal():
    def rounds(n, *answers, guessed=(1.0,)):
        return rounded_to(gathered(*answers), says([*guessed]), n)

    assert rounds(2, answered((1.0099,)), answered((0.9901,)))
    assert not rounds(2, answered((1.0101,)))
    assert not rounds(2, answered((1.0099,)), answered((0.9899,), id="near/a"))
    assert rounds(2, answered((1.0099,)), answered((nan,)), answered(None))
    assert not rounds(2, answered((1.0, 1.0)))
    assert not rounds(2, answered((1.0,)), guessed=(nan,))


@pytest.mark.parametrize(("n", "tolerance"), [(0, 1000.0), (3, 1.0), (5, 0.01)])
def test_a_first_look_is_1000_times_as_coarse_as_the_decimals(n, tolerance):
    asked = []
    one = SimpleNamespace(near=lambda *given: asked.append(given) or True, probes="probes", answers=[])
    guess = says([])
    assert rounded_to(one, guess, n)
    assert asked == [(guess, "probes", pytest.approx(tolerance, rel=1e-12, abs=0))]
    one.near = lambda *given: False
    assert not rounded_to(one, guess, n)


def test_what_cannot_be_paired_differs_by_1():
    one = answered((1.0, 2.0), of=sized(3, 2))
    assert [*_paired(one, says([3.0, 4.0]))] == [(1.0, 3.0), (2.0, 4.0)]
    for guessed in ([3.0], [3.0, nan], [3.0, 4.0, 5.0]):
        assert [*_paired(one, says(guessed))] == [(1.0, 0.0)]
    assert [*_paired(answered(None), says([]))] == []
    undefined = SimpleNamespace(estimate=lambda inputs: 1 / 0)
    assert [*_paired(one, undefined)] == [(1.0, 0.0)]
