"""tests/benchmarks/compositions.py: a sample of the compositions, and that it notices what is wrong."""

from dataclasses import replace

import pytest
from benchmarks.compositions import CHOICES, composed, compositions, examine, good, main

NUMPY = [one for one in compositions(80) if "array" not in one.options]


@pytest.mark.costly
@pytest.mark.parametrize("one", NUMPY[:8], ids=lambda one: str(one.number))
def test_right_conventions_conform_declared_and_never_undeclared(one) -> None:
    assert examine(one, inferring=False).text == ""


def test_every_choice_occurs() -> None:
    options = [one.options for one in compositions(400)]
    for name in CHOICES.keys() - {"weighted"}:
        assert {*CHOICES[name]} - {given.get(name) for given in options} <= {CHOICES[name][0], None}
    assert any("call" in given for given in options)


def test_a_blamed_and_a_certified_loss_are_noticed() -> None:
    one = next(one for one in NUMPY if "computes" in one.options and "input" not in one.options)
    wrong = examine(replace(one, options=one.options | {"computes": "E*C"}), inferring=False)
    assert wrong.blamed
    assert not good([wrong])
    wrong = replace(wrong, blamed=False, certified_without="axis")
    assert wrong.text == "certified without axis"
    assert not good([wrong])


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["1", str(NUMPY[0].number), "--no-infer"]) == 0
    assert capsys.readouterr().out.startswith("compositions                          1")


@pytest.mark.parametrize(
    ("number", "input", "reduction", "needed"),
    [
        (5137, "cdf", "sum", ["input", "reduction"]),
        (7201, "cumulative", "sum", ["input", "reduction"]),
        (7228, "cdf", "mean", ["input", "reduction", "computes"]),  # of E/C
    ],
)
def test_a_convention_that_changes_no_answer_need_not_be_declared(
    number: int, input: str, reduction: str, needed: list[str]
) -> None:
    """A multiple of the sum of all squared differences of cumulative distributions is the same along every axis."""
    (one,) = compositions(1, number)
    assert one.options.items() >= {"input": input, "reduction": reduction, "axis": 0}.items()
    assert one.conventions == needed


@pytest.mark.parametrize(
    ("input", "reduction", "computes"),
    [("cdf", "mean", "E"), ("cdf", "sum", "E/C"), ("cumulative", "mean", "E/C"), ("cdf", "sum", "sqrt(E)")],
)
def test_an_axis_that_changes_answers_must_be_declared(input: str, reduction: str, computes: str) -> None:
    given = {"input": input, "target": input, "reduction": reduction, "computes": computes, "axis": 0}
    one = composed(0, {name: values[0] for name, values in CHOICES.items()} | given)
    assert one.options.items() >= {"input": input, "reduction": reduction, "axis": 0}.items()
    assert "axis" in one.conventions
