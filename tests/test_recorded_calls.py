"""tests/benchmarks/recorded_calls.py: the same code gives the same record, and a difference is reported."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from benchmarks.recorded.outcome import outcome, ulps
from benchmarks.recorded.sample import calls, made
from benchmarks.recorded_calls import main

ONLY = "squared_emd/numpy/ordered/float32"


def test_ids_are_distinct_and_half_of_the_calls_use_numpy() -> None:
    sample = list(calls())
    libraries = Counter(call.library for call in sample)
    assert len({call.id for call in sample}) == len(sample) >= 12_000
    assert libraries["numpy"] >= 0.5 * len(sample)


def test_a_call_does_not_depend_on_earlier_calls() -> None:
    few = [call for call in calls() if ONLY in call.id]
    forwards, backwards = ({call.id: made(call).said for call in order} for order in (few, few[::-1]))
    assert forwards == backwards


def test_a_record_compares_equal_until_an_outcome_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "record.json"
    assert main(["record", str(file), "--only", ONLY]) == 0
    assert main(["compare", str(file), "--only", ONLY]) == 0
    outcomes = json.loads(file.read_text("utf-8"))
    changed = next(id for id, (_, said, *_) in outcomes.items() if said.startswith("numpy.ndarray"))
    outcomes[changed][1] = "numpy.ndarray float32 (1,) 0000000000000000"
    file.write_text(json.dumps(outcomes), encoding="utf-8")
    capsys.readouterr()
    assert main(["compare", str(file), "--only", ONLY]) == 1
    told = capsys.readouterr().out
    assert f"{changed}: output 0 was numpy.ndarray float32 (1,) 0000000000000000, is " in told
    assert "1 calls have another outcome" in told


def test_an_outcome_holds_the_bits_of_outputs_and_the_argument_that_an_error_names() -> None:
    def fails() -> None:
        raise ValueError("`target`[0] is 3: a wording that may change, of `predicted` too")

    assert outcome(fails, {}).said == ["raises ValueError, naming target"]
    zeros = [outcome(lambda x=x: np.asarray([x]), {}).said for x in (0.0, -0.0, 5e-324)]
    assert len({str(said) for said in zeros}) == 3
    payload = np.asarray([0x7FF8000000000001], np.uint64).view(np.float64)
    assert outcome(lambda: payload, {}).said == outcome(lambda: np.asarray([np.nan]), {}).said


def test_ulps_are_counted_across_zero() -> None:
    pair = (np.asarray([x], np.float32).view(np.uint32) for x in (1e-45, -1e-45))
    assert ulps(*pair).startswith("2 ulps apart")
    one, more = (np.asarray([x], np.float64).view(np.uint64) for x in (1.0, 1.0 + 2.0**-50))
    assert ulps(one, more).startswith("4 ulps apart")
