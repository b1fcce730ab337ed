"""What a loss does to its surroundings is a quantity of its own: its answers may all be right."""

import gc
import locale
import os
import random
import resource
import signal
import sys
import warnings
from dataclasses import replace
from fractions import Fraction

import emd_conformance
import losses
import numpy as np
import pytest
import torch
from emd_conformance._calling import surroundings
from emd_conformance._calling.watch import Observations, watch
from emd_conformance._cases.load import find
from emd_conformance._exact.interval import enclose
from emd_conformance._run.parametrize import assertions

CASES = [find(id) for id in ("line/soft-3", "line/soft-4", "line/soft-5", "invalid/predicted-nan")]


def drawing(p, t):
    random.random()
    return losses.scan(p, t)


def test_values_are_right_and_the_behaviour_is_wrong() -> None:
    report = emd_conformance.run(drawing, cases=CASES)
    assert report.verdict == "does-not-conform"
    (failed,) = (result for result in report.results if result.failed)
    assert failed.id == "behaviour/changes-random-state:behaviour"
    assert failed.message.startswith("in every case, the call draws from")
    assert {result.status for result in report.results if result.quantity == "value"} == {"pass"}
    assert "behaviour" in str(report)


def test_a_wrong_value_is_named_beside_a_side_effect() -> None:
    report = emd_conformance.run(lambda p, t: drawing(p, t) / 2, cases=[*CASES, find("line/soft-7")])
    assert [finding.id for finding in report.findings][:2] == ["changes-random-state", "computes='E/2'"]


def test_a_behaviour_may_be_a_declared_deviation() -> None:
    deviations = {"behaviour/changes-random-state:behaviour": "it draws a name"}
    report = emd_conformance.run(drawing, cases=CASES, deviations=deviations)
    assert report.verdict == "conforms-with-declared-deviations"
    report = emd_conformance.run(losses.scan, cases=CASES, deviations=deviations)
    assert report.verdict == "does-not-conform"


def test_a_test_fails_for_a_side_effect() -> None:
    check = next(check for check in assertions(drawing, {}) if check.id == "line/soft-3:value")
    with pytest.raises(AssertionError, match="draws from, or seeds"):
        check()


BUFFER = np.empty(100)


def lower_limit() -> None:
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files - 1, most))


def overwriting(p, t):
    return np.square(np.cumsum(p - t, -1)).sum(-1, out=BUFFER[: len(p)])


def aliasing(p, t):
    """Returns a view of the target that has the right numbers, for one case."""
    return t[:, 0] if p.shape[-1] == 2 else losses.scan(p, t)


def test_a_result_that_is_a_view_of_an_input_is_found() -> None:
    p, t = ((0.75, 0.25), (0.75, 0.25), (1.0, 0.0)), ((0.25, 0.75), (0.25, 0.75), (0.25, 0.75))
    case = replace(find("line/soft-2"), predicted=p[:2], target=t[:2], expected={"E": (enclose(Fraction(1, 4)),) * 2})
    report = emd_conformance.run(aliasing, cases=[case])
    assert [finding.id for finding in report.findings] == ["result-shared"]
    assert "the result shares memory with an input" in report.findings[0].evidence


@pytest.mark.parametrize(
    ("loss", "array", "wanted"),
    [
        (overwriting, "numpy", "result-shared"),
        (lambda p, t: os.environ.update(EMD=str(p)) or losses.scan(p, t), "numpy", "changes-environment"),
        (lambda p, t: os.chdir("/") or losses.scan(p, t), "numpy", "changes-environment"),
        (lambda p, t: os.environ.clear() or losses.scan(p, t), "numpy", "changes-environment"),
        (lambda p, t: locale.setlocale(locale.LC_ALL, "C") and losses.scan(p, t), "numpy", "changes-environment"),
        (lambda p, t: sys.setrecursionlimit(5000) or losses.scan(p, t), "numpy", "changes-environment"),
        (lambda p, t: setattr(sys, "stdin", None) or losses.scan(p, t), "numpy", "changes-environment"),
        (lambda p, t: setattr(sys, "excepthook", print) or losses.scan(p, t), "numpy", "changes-environment"),
        (lambda p, t: gc.disable() or losses.scan(p, t), "numpy", "changes-environment"),
        (lambda p, t: (lower_limit(), losses.scan(p, t))[1], "numpy", "changes-environment"),
        (lambda p, t: (signal.signal(signal.SIGUSR1, print), losses.scan(p, t))[1], "numpy", "changes-environment"),
        (lambda p, t: warnings.simplefilter("error") or losses.scan(p, t), "numpy", "changes-warnings"),
        (lambda p, t: (torch.set_grad_enabled(False) and None) or _scan(p, t), "torch", "changes-defaults"),
        (lambda p, t: torch.set_num_threads(3) or _scan(p, t), "torch", "changes-defaults"),
        (lambda p, t: torch.use_deterministic_algorithms(True) or _scan(p, t), "torch", "changes-defaults"),
    ],
    ids=[
        *("buffer", "variable", "folder", "no variables", "locale", "recursion", "stdin", "hook", "garbage", "limit"),
        *("signal", "warnings", "gradient mode", "threads", "deterministic"),
    ],
)
def test_each_kind_is_named_and_put_back(loss, array: str, wanted: str) -> None:
    before = surroundings.surroundings()
    report = emd_conformance.run(loss, cases=CASES, array=array)
    assert [finding.id for finding in report.findings][:1] == [wanted], report
    assert {result.status for result in report.results if result.quantity == "value"} == {"pass"}
    assert before.changes() == {}


def _scan(p, t):
    return (p - t).cumsum(-1).square().sum(-1)


def test_a_watcher_that_fails_is_no_fault_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(module):
        raise RuntimeError("no state")

    parts = [surroundings.Part(part.id, part.module, unreadable) for part in surroundings.PARTS]
    monkeypatch.setattr(surroundings, "PARTS", parts)
    assert emd_conformance.run(losses.scan, cases=CASES).verdict == "conforms"


def test_a_part_that_becomes_unreadable_is_not_blamed() -> None:
    seen = Observations()
    with watch(seen, "case"):
        readers, torch.get_num_threads = torch.get_num_threads, None
    torch.get_num_threads = readers
    assert seen.noted == {}


def test_a_process_of_its_own_is_watched_too() -> None:
    report = emd_conformance.run("misbehaving:changes_locale", cases=CASES)
    assert report.findings[0].id == "changes-environment"
    assert report.findings[0].evidence.endswith(": locale")
