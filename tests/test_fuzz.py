"""tests/benchmarks/fuzz.py: a seeded part of the fuzzed calls, and that it notices what is wrong."""

import numpy as np
import pytest
from benchmarks import fuzz


@pytest.mark.parametrize("calls", [3_000, pytest.param(100_000, marks=pytest.mark.thorough)])
def test_every_call_returns_or_says_what_is_wrong(calls: int) -> None:
    found = fuzz.fuzz(calls, seed=calls)
    assert found.unexplained == []
    assert found.outcomes["returned, and right"] > calls / 150
    assert found.outcomes["ValueError"] > calls / 20
    assert found.outcomes["TypeError"] > calls / 20


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
    assert "slowest call" in capsys.readouterr().out
