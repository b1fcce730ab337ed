"""The benchmark of speed: its tables, its guard, and that nobody is timed whose answer is wrong."""

import dataclasses
import os
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from benchmarks import kernels, steps
from benchmarks.speed import (
    cases,
    command,
    contenders,
    environment,
    frameworks,
    guard,
    measure,
    report,
    tables,
)
from benchmarks.speed.cases import Case
from benchmarks.speed.timing import enough, interleaved, quartiles
from benchmarks.speed.verify import Referee, WrongError

DOCS = Path(__file__).parents[1] / "docs"
TINY = (5, 4)


@pytest.fixture(params=cases.DTYPES)
def tiny(request: pytest.FixtureRequest) -> Any:
    before = jax.config.jax_enable_x64
    yield Case(TINY, request.param)
    jax.config.update("jax_enable_x64", before)


def uncompiled(case: Case) -> list[contenders.Contender]:
    sources = (contenders.reference, contenders.naive_numpy, contenders.scoring, contenders.loops)
    return [c for source in (*sources, frameworks.torch_eager, frameworks.jax_compiled) for c in source(case)]


def test_contenders_agree_with_the_reference(tiny: Case) -> None:
    referee, entered = Referee(tiny), uncompiled(tiny)
    assert {c.quantity for c in entered} == set(contenders.QUANTITIES)
    assert {c.kind for c in entered} == {"ours", "naive", "peer", "loop"}
    for contender in entered:
        referee.check(contender, contender.call())


def naive(case: Case, quantity: str) -> contenders.Contender:
    return next(c for c in contenders.naive_numpy(case) if c.quantity == quantity)


@pytest.mark.parametrize("quantity", ["gradient", "logits"])
def test_wrong_answers_are_refused(quantity: str) -> None:
    case = Case(TINY, "float64")
    referee, right = Referee(case), naive(case, quantity)
    E, g = right.call()
    for wrong in ((E / 4, g), (np.sqrt(E), g), (E, g / 2), (E, np.flip(g, axis=1)), (E, None), (E + 1e-7, g), (E, g.T)):
        with pytest.raises((WrongError, IndexError)):
            referee.check(right, wrong)
    with pytest.raises(WrongError, match="mean"):
        referee.check(dataclasses.replace(right, mean=True), (E.mean() / 4, g / len(E)))


def test_float32_that_passes_for_float64_is_refused() -> None:
    case = Case((3, 10), "float64")
    narrow = naive(Case((3, 10), "float32"), "gradient").call()
    with pytest.raises(WrongError, match="value is off by"):
        Referee(case).check(naive(case, "gradient"), narrow)


@pytest.mark.thorough
def test_who_is_wrong_is_named_and_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    def liars(case: Case) -> Any:
        yield naive(case, "gradient")
        yield contenders.Contender("liar", "gradient", "peer", lambda: (case.p[:, 0], case.p))

    monkeypatch.setattr(measure, "NEEDS", {liars: ()})
    found = measure.block(Case(TINY, "float64"), until=0.0)
    assert [row["name"] for row in found["rows"]] == ["naive NumPy"]
    assert [(w["name"], w["quantity"]) for w in found["wrong"]] == [("liar", "gradient")]
    assert found["rounds"] == 3  # the least, when the time is over before it begins


def test_calls_take_turns_and_stop_in_time() -> None:
    seen: list[str] = []

    def call(name: str) -> Any:
        return lambda: (seen.append(name), time.sleep(0.001))

    times = interleaved({"a": call("a"), "b": call("b")}, until=0.0, least=4)
    assert {name: len(x) for name, x in times.items()} == {"a": 4, "b": 4}
    rounds = seen[-8:]  # before them, it was found out how often each is to be called
    assert all(sorted(rounds[i : i + 2]) == ["a", "b"] for i in range(0, 8, 2))
    assert min(x.min() for x in times.values()) >= 0.001


def test_slow_calls_do_not_count_for_how_often_one_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """10 us a call, and 1 ms when cold, the first time, or disturbed, the 20th: 64 calls take half a millisecond."""
    clock, count = [0.0], [0]

    def call() -> None:
        count[0] += 1
        clock[0] += 1e-3 if count[0] in (1, 20) else 1e-5

    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    assert enough(call) == 64
    assert enough(lambda: clock.__setitem__(0, clock[0] + 1e-3)) == 1


def test_ratios_are_those_of_each_round() -> None:
    who = [contenders.Contender(name, "value", kind, lambda: None) for name, kind in ROLES]
    limit = np.asarray([1.0, 2.0, 4.0])  # the machine slows down, for all alike
    rows = list(measure.summary("value", who, [3 * limit, 6 * limit, 2 * limit, 4 * limit], limit))
    assert [row["limits"] for row in rows] == [[3.0] * 3, [6.0] * 3, [2.0] * 3, [4.0] * 3]
    assert [row["naive_over"][1] for row in rows] == [2.0, 1.0, 3.0, 1.5]
    assert {row["best_peer"] for row in rows} == {"fast"}
    assert rows[0]["best_peer_over"][1] == pytest.approx(2 / 3, rel=1e-3)  # four digits are kept
    assert rows[0]["seconds"] == [4.5, 6.0, 9.0]


ROLES = (("emd_ref", "ours"), ("naive NumPy", "naive"), ("fast", "peer"), ("slow", "peer"))


def made_up() -> dict[str, Any]:
    row = {"name": "emd_ref", "quantity": "gradient", "kind": "ours", "limits": [1.0, 2.04, 3.0]}
    row |= {"naive_over": [1.0, 12.3, 20.0], "best_peer": "fast", "best_peer_over": [0.1, 0.5, 0.9]}
    wrong = {"name": "liar", "quantity": "gradient", "reason": "value is off by 7 bounds"}
    block = {"shape": [100_000, 10], "dtype": "float64", "rounds": 5, "limit": [1e-3, 1.5e-3, 2e-3]}
    return {"blocks": [{**block, "rows": [row], "wrong": [wrong]}]}


def test_tables_by_hand() -> None:
    results = made_up()
    assert tables.multiples(results, "gradient").splitlines() == [
        "| × L, float32 / float64 | 1e5×10 |",
        "| --- | --- |",
        "| **emd_ref** | – / 2.0 |",
        "| liar | – / wrong |",
    ]
    assert tables.gains(results, "gradient").splitlines()[2:] == [
        "| emd_ref | naive NumPy | – / 12 |",
        "| emd_ref | best peer | – / 0.50 |",
        "|  | *best peer* | – / fast |",
    ]
    assert tables.limits(results).splitlines()[2:] == ["| 1e5×10 | – / 1.5 ms | – / 5 |"]
    assert "off by 7 bounds" in tables.wrong(results)
    assert tables.wrong({"blocks": []}) == "None."


def test_times_are_told_in_their_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "COSTS", (("both", "gradient", "emd_ref"), ("value", "value", "emd_ref")))
    pair = [(1, 10, 2.34e-6, 1.11e-5), (128, 8, 9.4e-4, 0.00123)]  # N, C, and seconds in float32 and float64
    rows = [
        {"shape": [N, C], "dtype": dtype, "rows": [{"name": "emd_ref", "quantity": "gradient", "seconds": [0, x, 9]}]}
        for N, C, *seconds in pair
        for dtype, x in zip(cases.DTYPES, seconds, strict=True)
    ]
    assert tables.costs({"blocks": [{**block, "wrong": []} for block in rows]}).splitlines() == [
        "| float32 / float64 | 1×10 | 128×8 |",
        "| --- | --: | --: |",
        "| both | 2.3 / 11 µs | 940 µs / 1.2 ms |",
        "| value | – / – | – / – |",
    ]


def test_numbers_as_they_are_written() -> None:
    assert [tables.number(x) for x in (0.123, 0.994, 0.996, 9.94, 9.96, 123.4)] == [
        "0.12",
        "0.99",
        "1.0",
        "9.9",
        "10",
        "123",
    ]
    assert [tables.duration(x) for x in (2.0, 0.0123, 4.56e-6, 3e-7)] == ["2 s", "12.3 ms", "4.56 µs", "300 ns"]
    assert quartiles(np.asarray([1.0, 2.0, 3.0, 4.0, 5.0])) == [2.0, 3.0, 4.0]
    assert cases.shapes("1x10,1e5x10") == ((1, 10), (100_000, 10))
    assert [cases.called(*shape) for shape in cases.SHAPES] == [
        "1×10",
        "128×8",
        "256×1000",
        "1e5×10",
        "1e6×10",
        "1e4×1000",
        "100×1e5",
    ]


def test_the_page_is_filled_between_its_markers() -> None:
    page = "a\n<!-- table: one -->\nold\n<!-- end -->\nb\n<!-- table: two-gain -->\n<!-- end -->\n"
    filled = report.fill(page, {"one": "1", "two-gain": "2"})
    assert filled == ("a\n<!-- table: one -->\n\n1\n\n<!-- end -->\nb\n<!-- table: two-gain -->\n\n2\n\n<!-- end -->\n")
    assert report.fill(filled, {"one": "1", "two-gain": "2"}) == filled
    with pytest.raises(ValueError, match="two-gain"):
        report.fill(page, {"one": "1"})


def test_tables_of_the_page_are_those_of_the_stored_results() -> None:
    page = (DOCS / "speed.md").read_text(encoding="utf-8")
    made = tables.parts(report.read(DOCS / "speed"))
    assert report.fill(page, made) == page
    assert all(f"<!-- table: {name} -->" in page for name in made)
    assert (DOCS / "speed" / "value-and-gradient.png").stat().st_size < 150_000


def test_another_folder_gets_a_page_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.speed.figure.draw", lambda results, path: None)
    stored = report.read(DOCS / "speed")
    report.store(tmp_path / "mine", stored)
    report.report(tmp_path / "mine")
    page = (tmp_path / "mine.md").read_text(encoding="utf-8")
    assert page.startswith("# Speed\n\n<!-- table: cost -->")
    assert all(table in page for table in tables.parts(stored).values())


def test_what_the_figure_needs_is_asked_for_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    monkeypatch.setattr(command, "restart", lambda threads: pytest.fail("it begins to measure"))
    assert command.main([]) == 2
    assert "pip install '.[bench]'" in capsys.readouterr().out


def test_results_are_read_as_they_were_stored(tmp_path: Path) -> None:
    results = {"machine": {"cores": 2}, "threads": 1, **made_up()}
    report.store(tmp_path, results)
    assert report.read(tmp_path) == results


@pytest.mark.parametrize(
    ("found", "status", "verdict"), [([2.0], 0, "fine"), ([1.9, 2.1], 0, "fine"), ([1.9, 1.8], 1, "too slow")]
)
def test_the_guard_exits_1_for_code_that_is_too_slow_twice(
    found: list[float], status: int, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "ratio", lambda case: found.pop(0))
    said: list[str] = []
    assert guard.guard(said.append, {cases.Case((10, 10), "float32"): 2.0}) == status
    assert [line.rsplit(": ", 1)[1] for line in said] == [verdict]
    assert not found


def test_no_factor_of_the_guard_allows_code_that_is_slower_than_naive() -> None:
    assert guard.LEAST
    assert guard.LEAST_WHEN_BUSY
    assert min((guard.LEAST | guard.LEAST_WHEN_BUSY).values()) >= 1


def test_a_process_is_busy_beside_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    started, said = [], []
    popen = guard.subprocess.Popen
    monkeypatch.setattr(guard.subprocess, "Popen", lambda *arguments: started.append(popen(*arguments)) or started[-1])
    monkeypatch.setattr(guard, "ratio", lambda case: 9.0 if started[0].poll() is None else 0.0)
    monkeypatch.setattr(command, "restart", lambda threads: pytest.fail("it sets the number of threads"))
    monkeypatch.setattr(command, "say", said.append)
    assert command.main(["--busy"]) == 0
    assert len(said) == len(guard.LEAST_WHEN_BUSY)
    assert started[0].poll() is not None


def test_the_process_that_is_timed_has_its_own_environment() -> None:
    given = {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_L2_SIZE": "1", "HOME": "/home", "OMP_NUM_THREADS": "7"}
    settled = environment.settled(2, given)
    assert not set(environment.DISTURBING) & set(settled)
    assert (settled["OMP_NUM_THREADS"], settled["HOME"], settled[environment.READY]) == ("2", "/home", "1")
    assert settled["OPENBLAS_THREAD_TIMEOUT"] == "4"
    assert environment.describe()["cores"] == os.cpu_count()


@pytest.mark.thorough
def test_training_steps_are_timed_beside_cross_entropy_and_naive_code(capsys: pytest.CaptureFixture[str]) -> None:
    steps.main(0.0, ((1, 10), (16, 10)))
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[-2:] == ["of", "naive"]
    assert [line.split()[0] for line in lines] == ["1×10", "16×10"]
    assert all(float(x) > 0 for line in lines for x in line.split()[1:])


def test_the_calls_of_the_kernel_benchmark_work() -> None:
    case = cases.Case((5, 10), "float64")
    for call in kernels.contestants(case.p, case.t, case.k).values():
        call()


def test_options() -> None:
    options = command.parser().parse_args(["--shapes", "1x10", "--threads", "2"])
    assert (options.shapes, options.threads, options.guard) == (((1, 10),), 2, False)
    assert options.out == DOCS / "speed"
