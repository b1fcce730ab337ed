"""tests/benchmarks/fuzz and fuzz_files.py: a seeded part of what they try, and that they notice what is wrong."""

import itertools
import json
from importlib.resources import files
from random import Random

import jsonschema
import numpy as np
import pytest
from benchmarks import fuzz_files
from benchmarks.fuzz import __main__ as command
from benchmarks.fuzz import judged, ways
from benchmarks.fuzz.calls import Call
from emd_conformance._reports.schema import check

import emd_ref
from emd_ref import Ordered, squared_emd


@pytest.mark.parametrize("calls", [3_000, pytest.param(100_000, marks=pytest.mark.thorough)])
def test_every_call_returns_or_says_what_is_wrong(calls: int) -> None:
    found = ways.fuzz(calls, seed=calls)
    assert found.unexplained == []
    assert found.outcomes["returned, and right"] > calls / 150
    assert found.outcomes["ValueError"] > calls / 20
    assert found.outcomes["TypeError"] > calls / 20


SLOW = {"dask": 300, "jax": 60, "jax-jit": 60, "jax-losses": 60}  # JAX compiles for every shape
QUICK = "numpy-threads", "array-api-strict", "torch", "torch-autograd", "torch-vmap", "torch-losses"


@pytest.mark.parametrize("way", [*QUICK, *(pytest.param(way, marks=pytest.mark.thorough) for way in SLOW)])
def test_other_libraries_and_transformations_are_tried(way: str) -> None:
    found = ways.fuzz(SLOW.get(way, 300), seed=1, ways=[way])
    assert found.unexplained == []
    assert found.outcomes["returned"] > 20
    assert found.outcomes["TypeError"] > 3


def a_call(answer=None, **options: object) -> Call:
    """A valid call of the squared EMD, which returns what `answer` makes of it, or the loss."""
    function = squared_emd if answer is None else (lambda p, t, **_: answer(p))
    p, t = np.asarray([[0.5, 0.5]]), np.asarray([[0.25, 0.75]])
    return Call("squared_emd", function, (p, t), {"ground": Ordered(), "from_logits": False, **options}, "E")


def test_what_vmap_hides_is_not_compared() -> None:
    call = a_call()._replace(args=(np.asarray([[0.5, np.nan]]), np.asarray([0])))
    assert judged.outcome(ways.WAYS["torch"], call) == "ValueError"
    assert judged.outcome(ways.WAYS["torch-vmap"], call) == "returned"
    assert not judged.is_valid(ways.WAYS["torch-vmap"], call)


def test_threads_must_agree() -> None:
    numbers = itertools.count()
    with pytest.raises(AssertionError, match="not equal"):
        judged.outcome(ways.WAYS["numpy-threads"], a_call(lambda p: np.full(1, float(next(numbers)))))


def test_the_same_seed_makes_the_same_calls() -> None:
    assert ways.fuzz(200, seed=7).outcomes == ways.fuzz(200, seed=7).outcomes


def test_every_function_is_called() -> None:
    rng = Random(0)
    called = {ways.drawn(rng, "numpy").name.partition("(")[0] for _ in range(1000)}
    made = {"Ordered", "Tree", "from_nested", "GroundDistance", "ClassCentroids", "lp.solve"}
    scores = {"ranked_probability_score", "ranked_probability_skill_score", "median_decode"}
    functions = {name for name in emd_ref.__all__ if callable(getattr(emd_ref, name))}
    assert called == made | scores | functions - {"Circular"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda p: np.full(p.shape[:-1], np.nan), "not finite"),
        (lambda p: np.zeros(p.shape[:-1], "float32"), "dtype float32"),
        (lambda p: np.zeros(p.shape[:-1]) + 1e3, "exact 0.0625"),
        (lambda p: (p[..., 0], p[..., 0]), "a gradient of shape"),
        (lambda p: 1 / 0, "ZeroDivisionError"),
        (lambda p: int("x"), "names no argument"),
    ],
)
def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, answer, words: str) -> None:
    monkeypatch.setattr(ways, "drawn", lambda rng, way: a_call(answer))
    (line,) = ways.fuzz(1).unexplained
    assert words in line


@pytest.mark.parametrize("quantity", ["XE + weight*R", "XE + weight*E"])
def test_parameters_of_a_loss_are_compared(quantity: str) -> None:
    call = a_call(lambda p: np.asarray([1.0]), emd_weight=3, exponent=2.0, bias=0.25)._replace(quantity=quantity)
    call = call._replace(args=(call.args[0], np.asarray([0])))
    exact = np.log(2) + 3 * (0.25 * 0.25 + 0.25 * (1 + 0.25) if "R" in quantity else 0.25)
    with pytest.raises(AssertionError, match=f"exact {str(exact)[:10]}"):
        judged.compare(ways.WAYS["numpy"], call)


def test_the_command_prints_the_outcomes(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["100", "3"]) == 0
    assert "slowest" in capsys.readouterr().out


@pytest.mark.parametrize("number", [1_000, pytest.param(20_000, marks=pytest.mark.thorough)])
def test_every_file_and_message_is_read_or_refused(number: int) -> None:
    found = fuzz_files.fuzz(number, seed=number)
    assert found.unexplained == []
    read = ("deviations, read", "greeting, read", "echo, read", "answer, error")
    refused = ("report, exit code 2", *(f"{x}, HarnessError" for x in ("greeting", "echo", "answer")))
    assert {*read, *refused, "deviations, DeclarationError"} <= {*found.outcomes}
    assert {"report, exit code 0", "report, exit code 1"} & {*found.outcomes}


@pytest.mark.parametrize("error", [RuntimeError, RecursionError, OverflowError])
def test_a_file_that_is_not_understood_is_found(monkeypatch: pytest.MonkeyPatch, error) -> None:
    def read(text, folder):
        raise error("not understood")

    monkeypatch.setattr(fuzz_files, "KINDS", [(read, [{}])] * 5)
    (line,) = fuzz_files.fuzz(1).unexplained
    assert "not understood" in line


def test_reports_are_checked_as_jsonschema_checks_them() -> None:
    schema = json.loads((files("emd_conformance") / "schemas" / "report.json").read_text("utf-8"))
    standard = jsonschema.Draft202012Validator
    integers = standard.TYPE_CHECKER.redefine("integer", lambda _, x: type(x) is int)  # 1.0 is none here
    validator = jsonschema.validators.extend(standard, type_checker=integers)(schema)
    rng, outcomes = Random(5), set()
    for _ in range(1500):
        try:
            document = json.loads(fuzz_files.spoilt(rng, rng.choice(fuzz_files.REPORTS)))
        except ValueError:
            continue
        try:
            check(document, "report")
            follows = True
        except ValueError:
            follows = False
        assert follows == validator.is_valid(document)
        outcomes.add(follows)
    assert outcomes == {True, False}


@pytest.mark.parametrize("numbers", [["x", 1.0], [1.0, []], [1.0], [1.0, 2.0, 3.0], 1.0])
def test_a_pair_of_numbers_is_checked_one_by_one(numbers) -> None:
    document = json.loads(json.dumps(fuzz_files.REPORTS[1]))
    result = next(entry for entry in document["results"] if entry["numbers"])
    result["numbers"] = ["inf", 0.5]
    check(document, "report")
    result["numbers"] = numbers
    with pytest.raises(ValueError, match=r"it\.results\[\d+\]\.numbers"):
        check(document, "report")
