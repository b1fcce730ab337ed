"""tests/benchmarks/fuzz.py and fuzz_files.py: a seeded part of what they try, and that they notice what is wrong."""

import json
from importlib.resources import files
from random import Random

import jsonschema
import numpy as np
import pytest
from benchmarks import fuzz, fuzz_files
from emd_conformance._reports.schema import check


@pytest.mark.parametrize("calls", [3_000, pytest.param(100_000, marks=pytest.mark.thorough)])
def test_every_call_returns_or_says_what_is_wrong(calls: int) -> None:
    found = fuzz.fuzz(calls, seed=calls)
    assert found.unexplained == []
    assert found.outcomes["returned, and right"] > calls / 150
    assert found.outcomes["ValueError"] > calls / 20
    assert found.outcomes["TypeError"] > calls / 20


SLOW = [pytest.param(way, marks=pytest.mark.thorough) for way in ("dask", "jax", "jax-jit")]


@pytest.mark.parametrize("way", ["torch", "torch-autograd", "torch-vmap", "array-api-strict", *SLOW])
def test_other_libraries_and_transformations_are_tried(way: str) -> None:
    found = fuzz.fuzz(60 if way in ("dask", "jax", "jax-jit") else 300, seed=1, ways=[way])
    assert found.unexplained == []
    assert found.outcomes["returned"] > 20
    assert found.outcomes["TypeError"] > 3


def test_what_vmap_hides_is_not_compared() -> None:
    p, options = np.asarray([[0.5, np.nan]]), {"ground": fuzz.emd_ref.Ordered(), "from_logits": False}
    one = ("squared_emd", fuzz.emd_ref.squared_emd, (p, np.asarray([0])), options)
    assert fuzz.outcome(fuzz.WAYS["torch"], *one) == "ValueError"
    assert fuzz.outcome(fuzz.WAYS["torch-vmap"], *one) == "returned"
    assert not fuzz.is_valid(fuzz.WAYS["torch-vmap"], *one)


def test_the_same_seed_makes_the_same_calls() -> None:
    assert fuzz.fuzz(200, seed=7).outcomes == fuzz.fuzz(200, seed=7).outcomes


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda p: np.full(p.shape[:-1], np.nan), "not finite"),
        (lambda p: np.zeros(p.shape[:-1], "float32"), "dtype float32"),
        (lambda p: np.zeros(p.shape[:-1]) + 1e3, "exact 0.0625"),
        (lambda p: 1 / 0, "ZeroDivisionError"),
        (lambda p: int("x"), "names no argument"),
    ],
)
def test_what_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch, answer, words: str) -> None:
    p, t = np.asarray([[0.5, 0.5]]), np.asarray([[0.25, 0.75]])
    options = {"ground": fuzz.emd_ref.Ordered(), "from_logits": False}
    monkeypatch.setattr(fuzz, "call", lambda rng: ("squared_emd", lambda p, t, **_: answer(p), (p, t), options))
    (line,) = fuzz.fuzz(1).unexplained
    assert words in line


def test_the_command_prints_the_outcomes(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["100", "3"]) == 0
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
