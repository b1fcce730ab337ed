"""Data, stored results, choices and tables of the training benchmark."""

import dataclasses
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks.training import data, experiment, report, tables
from benchmarks.training.compare import compare, read, read_by_rule, with_families
from benchmarks.training.members import Settings, parts, splits
from support.training import SMALL, made_up

DOCS = Path(__file__).parents[2] / "docs"


def test_splits_are_disjoint_and_scaled_by_training_rows_alone() -> None:
    task = made_up()
    train, validation, test = (set(rows.tolist()) for rows in splits(task, 4, 100))
    assert (len(train), len(validation), len(test)) == (60, 20, 20)
    assert len(train | validation | test) == 100
    made = parts(task, [4], dataclasses.replace(SMALL, cap=100))
    torch.testing.assert_close(made[0].x.mean(1), torch.zeros(1, 3).double(), rtol=0, atol=1e-6)  # float32 data
    assert made[2].x.mean(1).abs().max() > 1e-3


@pytest.mark.parametrize("name", sorted(data.SOURCES))
def test_data_are_those_that_the_benchmark_was_designed_for(name: str) -> None:
    try:
        task = data.load(name)
    except data.DataMissingError as missing:
        pytest.skip(str(missing))
    known = {"esl": (2, 4), "krk": (27, 390), "diamonds": (741, 1790), "swd": (32, 217), "skillcraft": (167, 55)}
    if name in known:  # the sizes of the first and the last class tell the direction of the order
        counts = np.bincount(task.y)
        assert (counts[0], counts[-1]) == known[name]


def test_other_data_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    source = data.Source("s", "ordered", "p", lambda: (np.zeros((4, 2)), np.arange(4) % 3), (4, 2), 4, "none")
    monkeypatch.setitem(data.SOURCES, "other", source)
    with pytest.raises(data.DataDiffersError, match="3 classes"):
        data.load("other")
    monkeypatch.setitem(data.SOURCES, "other", dataclasses.replace(source, num_classes=3))
    assert data.load("other").num_classes == 3


def test_a_stored_result_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = experiment.Protocol(rates=(1e-3, 1e-2), extensions=0, tuning_seeds=(9,), seeds=(0, 1))
    calls = []
    train = experiment.train
    monkeypatch.setattr(experiment, "train", lambda *a: calls.append(a) or train(*a))
    results = [
        experiment.result_of(made_up(), "xe", tmp_path, settings, protocol, str)
        for settings in (SMALL, SMALL, dataclasses.replace(SMALL, steps=12))
    ]
    assert len(calls) == 4  # tuning and report, twice
    assert results[0]["report"] == results[1]["report"] != results[2]["report"]
    assert json.loads((tmp_path / "results/made-up/xe.json").read_text())["configuration"]["settings"]["steps"] == 12


def test_the_grid_grows_beyond_an_edge_that_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(task: data.Task, loss: str, seeds: list, rates: list, settings: Settings) -> tuple:
        values = torch.tensor([abs(math.log10(rate) + 4) for rate in rates])  # best at 1e-4
        return None, [({"mae": values}, {"mae": values})]

    monkeypatch.setattr(experiment, "train", train)
    protocol = experiment.Protocol(rates=(1e-3, 3e-3), extensions=3, tuning_seeds=(9, 10))
    best, found = experiment.tune(made_up(), "xe", SMALL, protocol)
    assert best == 1e-4
    assert sorted(found) == [3e-5, 1e-4, 3e-4, 1e-3, 3e-3]


def test_another_rule_reports_its_own_rate(tmp_path: Path) -> None:
    protocol = experiment.Protocol(rates=(1e-4, 1e-2), extensions=0, tuning_seeds=(9,), seeds=(0, 1))
    task = made_up()
    first = experiment.result_of(task, "xe", tmp_path, SMALL, protocol, str)
    assert first["rate"] == 1e-2  # 24 steps at 1e-4 learn next to nothing
    backwards = experiment.with_rate_of(("rps", 1), task, "xe", tmp_path, SMALL, protocol)
    assert backwards["rate"] == 1e-4
    assert np.mean(backwards["report"]["last"]["rps"]) > np.mean(first["report"]["last"]["rps"])
    assert experiment.with_rate_of(("rps", 1), task, "xe", tmp_path, SMALL, protocol)["report"] == backwards["report"]
    same = experiment.with_rate_of(("rps", -1), task, "xe", tmp_path, SMALL, protocol)
    assert same["report"] == first["report"]
    results = read_by_rule(tmp_path, read(tmp_path), "rps", 1)
    assert results["made-up"]["xe"]["report"] == backwards["report"]


def test_a_diverged_rate_is_never_chosen() -> None:
    found = {0.1: {"validation": {"mae": [math.nan, 0.0]}}, 0.01: {"validation": {"mae": [3.0, 3.0]}}}
    assert experiment.choose(found, "mae", -1) == 0.01


def _result(mae: list[float], acc: list[float]) -> dict:
    return {"report": {"last": {"mae": mae, "acc": acc}, "test_to_train": 1 / 3}}


def test_better_is_less_error_and_more_accuracy() -> None:
    results = {"s": {"a": _result([1.0, 1.0, 1.01], [0.9, 0.9, 0.91]), "xe": _result([2.0] * 3, [0.5] * 3)}}
    mae, acc = (compare(results, ["s"], "a", "xe", metric) for metric in ("mae", "acc"))
    assert [(c.count(True), c.count(False)) for c in (mae, acc)] == [(1, 0), (1, 0)]
    assert mae.mean == pytest.approx(-49.8333, abs=1e-3)  # per cent of 2
    assert acc.mean == pytest.approx(40.3333, abs=1e-3)  # points


def test_a_family_takes_the_member_that_validation_prefers_not_the_test() -> None:
    def member(validation: float, test: float) -> dict:
        numbers = {"validation": {"mae": [validation]}, "test": {"mae": [test]}}
        return {"rate": 0.01, "tuning": {"0.01": numbers}, "report": {"last": {"mae": [test]}}}

    found = {"xe_emd2_0.3": member(2.0, 1.0), "xe_emd2": member(1.0, 3.0), "xe_emd2_3": member(3.0, 2.0)}
    assert with_families({"esl": found})["esl"]["xe_emd2_tuned"] is found["xe_emd2"]
    del found["xe_emd2_3"]
    assert "xe_emd2_tuned" not in with_families({"esl": found})["esl"]


def test_tables_of_the_guide_are_those_of_the_stored_results() -> None:
    folder, guide = DOCS / "training", (DOCS / "training.md").read_text(encoding="utf-8")
    made = report.parts(folder)
    assert report.fill(guide, made) == guide
    assert set(made) == set(re.findall(r"<!-- table: ([a-z]+) -->", guide))
    results = with_families(read(folder))
    assert (folder / "results.md").read_text(encoding="utf-8") == report.details(results, report.ruled_results(folder))
    assert set(tables.SETS["ordered"]) <= set(results)


def test_what_is_committed_stays_small() -> None:
    assert sum(path.stat().st_size for path in (DOCS / "training").rglob("*.json")) < 1_000_000
    for picture in (DOCS / "training").glob("*.png"):
        assert picture.stat().st_size < 150_000, picture.name
