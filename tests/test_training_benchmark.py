"""The benchmark of training: metrics and intervals against hand computation, ensembles against single networks."""

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
from benchmarks.training.intervals import holm, paired
from benchmarks.training.losses import LOSSES, Guide
from benchmarks.training.members import Settings, Training, first_guide, parts, splits
from benchmarks.training.metrics import (
    label_metrics,
    mean_class,
    median_class,
    quadratic_weighted_kappa,
    spearman,
    vote_metrics,
)

from emd_ref import GroundDistance
from emd_ref.torch import EMDLoss, SquaredEMDLoss, XEMDLoss

DOCS = Path(__file__).parents[1] / "docs"
ROUNDING = 2.0**-40  # sums of fewer than 1000 numbers of order 1 in float64, 2^-53 each
SMALL = Settings(hidden=8, steps=24, batch=16, cap=150, head_start_epochs=1, head_start_steps=6, dtype="float64")


def made_up(kind: str = "ordered", rows: int = 150, num_classes: int = 4) -> data.Task:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(rows, 3)).astype(np.float32)
    score = x[:, 0] + 0.3 * rng.normal(size=rows)
    return data.Task("made-up", kind, x, np.digitize(score, [-0.7, 0.0, 0.7])[:rows] % num_classes, num_classes)


def test_metrics_of_labels_by_hand() -> None:
    p = torch.tensor([[[0.5, 0.25, 0.25], [0.125, 0.25, 0.625], [0.25, 0.5, 0.25], [0.625, 0.25, 0.125]]]).double()
    found = label_metrics(p.log(), torch.tensor([[0, 0, 1, 2]]))
    # argmax 0 2 1 0, errors 0 2 0 2; medians 0 2 1 0; E: 1/4 + 1/16, 49/64 + 25/64, 1/16 + 1/16, 25/64 + 49/64
    expected = {
        "mae": 1.0,
        "acc": 0.5,
        "one_off": 0.5,
        "rps": (5 / 16 + 74 / 64 + 1 / 8 + 74 / 64) / 4,
        "nll": -(math.log(0.5) + math.log(0.125) + math.log(0.5) + math.log(0.125)) / 4,
        "mae_median": 1.0,
        # sum of (i - j)^2: 8 observed, over 4; margins 0 2 1 0 and 0 0 1 2: means of squares 5/4, 5/4, means 3/4, 3/4
        "qwk": 1 - 2 / (5 / 4 + 5 / 4 - 2 * 9 / 16),
    }
    assert {key: value.item() for key, value in found.items()} == pytest.approx(expected, rel=ROUNDING)


def test_kappa_is_that_of_the_table_of_counts() -> None:
    decided, labels = torch.tensor([[0, 0, 1, 2, 2, 2]]), torch.tensor([[0, 1, 1, 1, 2, 0]])
    O = np.zeros((3, 3))  # noqa: E741  (the letter of the definition)
    for i, j in zip(decided[0], labels[0], strict=True):
        O[i, j] += 1
    E = np.outer(O.sum(1), O.sum(0)) / O.sum()
    w = (np.arange(3)[:, None] - np.arange(3)) ** 2
    expected = 1 - (w * O).sum() / (w * E).sum()
    assert quadratic_weighted_kappa(decided, labels, 3).item() == pytest.approx(expected, rel=ROUNDING)


def test_decisions() -> None:
    p = torch.tensor([[0.5, 0.5, 0.0], [0.4, 0.2, 0.4], [0.3, 0.1, 0.6]]).double()
    assert median_class(p).tolist() == [0, 1, 2]
    assert mean_class(p).tolist() == [0, 1, 1]  # means 0.5 (to even), 1 and 1.3


def test_the_mean_decides_for_regression_only() -> None:
    z = torch.tensor([[[0.45, 0.1, 0.45]]]).double().log()
    labels = torch.tensor([[1]])
    assert label_metrics(z, labels)["mae"].item() == 1
    assert label_metrics(z, labels, "mean")["mae"].item() == 0


def test_metrics_of_votes_by_hand() -> None:
    t = torch.tensor([[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]])
    p = torch.tensor([[[0.25, 0.5, 0.25], [0.5, 0.25, 0.25]]]).double()
    found = {key: value.item() for key, value in vote_metrics(p.log(), t).items()}
    expected = {"rps": (1 / 8 + 5 / 16) / 2, "nll": math.log(2), "mae": (0 + 0.75) / 2, "spearman": 1.0}
    assert found == pytest.approx(expected, rel=ROUNDING)


def test_spearman_shares_ranks_between_ties() -> None:
    a, b = torch.tensor([[1.0, 2.0, 2.0, 3.0]]), torch.tensor([[1.0, 3.0, 2.0, 4.0]])
    # ranks 0 1.5 1.5 3 and 0 2 1 3: covariance 4.5, sums of squares 4.5 and 5
    assert spearman(a, b).item() == pytest.approx(4.5 / math.sqrt(4.5 * 5), rel=ROUNDING)


def test_corrected_interval_by_hand() -> None:
    found = paired(np.asarray([2.0, 4.0, 6.0, 8.0]), np.asarray([1.0, 2.0, 3.0, 4.0]), 1 / 3)
    # differences 1 2 3 4: mean 5/2, variance 5/3; t_{.975, 3} = 3.18244630528371 from tables
    t = 3.18244630528371
    assert found.mean == 2.5
    assert found.half_t == pytest.approx(t * math.sqrt(5 / 12), rel=1e-12)  # digits of the table
    assert found.half_nb == pytest.approx(t * math.sqrt(5 / 3 * (1 / 4 + 1 / 3)), rel=1e-12)
    assert found.sign == 0
    assert (found.p_nb < 0.05) == (found.half_nb < 2.5)
    # with three degrees of freedom the distribution of t is elementary
    x = 2.5 / math.sqrt(5 / 3 * 7 / 12) / math.sqrt(3)
    assert found.p_nb == pytest.approx(1 - 2 / math.pi * (x / (1 + x * x) + math.atan(x)), rel=1e-9)  # cancellation


def test_no_difference_has_no_sign() -> None:
    same = paired(np.ones(5), np.ones(5), 1 / 3)
    assert (same.sign, same.p_nb) == (0, 1.0)
    assert paired(np.full(5, 2.0), np.ones(5), 1 / 3).sign == 1


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]


@pytest.mark.parametrize("loss", ["xe", "emd2_shuffled", "self_1_0", "energy_4"])
def test_a_member_of_an_ensemble_is_the_network_trained_alone(loss: str) -> None:
    task = made_up()
    together = Training(task, LOSSES[loss], [3, 5, 8], [0.01, 0.003, 0.1], SMALL)
    alone = Training(task, LOSSES[loss], [5], [0.003], SMALL)
    untrained = alone.members.flat.clone()
    for training in (together, alone):
        training.run(lambda run, epoch: None)
    # only the order of sums differs, 2^-53 each; 24 steps that amplify it by less than 2 each leave 2^-29
    torch.testing.assert_close(
        together.predict(together.test)[1], alone.predict(alone.test)[0], rtol=2.0**-29, atol=2.0**-29
    )
    assert (alone.members.flat - untrained).abs().max() > 0.01


def test_adam_is_that_of_torch() -> None:
    task = made_up()
    training = Training(task, LOSSES["xe"], [5], [0.01], SMALL)
    copies = [p.detach().clone().requires_grad_() for p in training.members.parameters]
    theirs = torch.optim.Adam(copies, lr=0.01)
    total = training.adam.steps
    for step in range(5):
        for group in theirs.param_groups:
            group["lr"] = 0.01 * (1 - step / total)
        for parameter, copy in zip(training.members.parameters, copies, strict=True):
            parameter.grad.copy_(torch.sin(copy.detach() * 10 + step))
            copy.grad = parameter.grad.clone()
        theirs.step()
        training.adam.step()
        assert not training.members.grad.any()
    for parameter, copy in zip(training.members.parameters, copies, strict=True):
        torch.testing.assert_close(parameter, copy, rtol=1e-12, atol=1e-12)  # five steps of rounding


def _matrix(rng: np.random.Generator, C: int) -> np.ndarray:
    G = rng.random((C, C))
    G = G + G.T
    np.fill_diagonal(G, 0)
    return G / G.max()


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_losses_of_an_ensemble_are_the_modules_of_each_member(name: str, rng: np.random.Generator) -> None:
    C, loss = 5, LOSSES[name]
    module = MODULES.get(name)
    if module is None and loss.penalty is None:
        assert name in {"regression", "emd2_shuffled", "root_emd2", "sinkhorn"}  # they have tests of their own
        return
    z = torch.as_tensor(rng.normal(size=(2, 6, C))).requires_grad_()
    y = torch.as_tensor(rng.integers(0, C, (2, 6)))
    grounds = np.stack([_matrix(rng, C) for _ in range(2)])
    guide = Guide(torch.as_tensor(grounds), torch.tensor([0.5, 2.0]).double(), torch.arange(C).expand(2, C))
    found = loss.each(z, y, guide, True).mean(1)
    modules = [module or _penalised(name, grounds[m], float(guide.weight[m])) for m in range(2)]
    expected = torch.stack([modules[m](z[m], y[m]) for m in range(2)])
    if name == "dlordinal":  # its mean over all members stands for each
        found, expected = found.sum(), expected.sum()
    torch.testing.assert_close(found, expected, rtol=ROUNDING, atol=ROUNDING)
    gradients = [torch.autograd.grad(value.sum(), z)[0] for value in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=ROUNDING, atol=ROUNDING)


XE, SQUARED = torch.nn.CrossEntropyLoss(), SquaredEMDLoss()
MODULES = {
    "xe": XE,
    "emd2": SQUARED,
    "emd2_warm": SQUARED,
    "dlordinal": SQUARED,
    "w1": EMDLoss(),
    "xe_emd2": lambda z, y: XE(z, y) + SQUARED(z, y),
    "xe_emd2_0.3": lambda z, y: XE(z, y) + 0.3 * SQUARED(z, y),
    "xe_emd2_3": lambda z, y: XE(z, y) + 3 * SQUARED(z, y),
}


def _penalised(name: str, G: np.ndarray, weight: float):
    ground = GroundDistance(G)
    if name.startswith("energy"):
        return lambda z, y: XE(z, y) + weight * SquaredEMDLoss(ground=ground)(z, y)
    exponent = float(name.split("_")[1])
    bias = {"0": 0.0, "+": 1 / 2 if exponent == 1 else 1 / 4, "-": -1 / 2 if exponent == 1 else -1 / 4}
    return XEMDLoss(ground=ground, emd_weight=weight, exponent=exponent, bias=bias[name.split("_")[2]])


def test_regression_and_root_by_hand() -> None:
    z = torch.tensor([[[0.25, 0.5, 0.25]]]).double().log()
    guide = first_guide([0], 3)
    labels = torch.tensor([[2]])
    assert LOSSES["regression"].each(z, labels, guide, True).item() == pytest.approx(1.0, rel=ROUNDING)
    # E = 1/16 + 9/16; 1e-12 stands under the root beside E / 3
    assert LOSSES["root_emd2"].each(z, labels, guide, True).item() == pytest.approx(math.sqrt(5 / 24), rel=1e-11)


def test_shuffled_order_is_the_squared_emd_between_relabelled_classes() -> None:
    z = torch.tensor([[[0.5, 0.25, 0.25]]]).double().log()
    guide = dataclasses.replace(first_guide([0], 3), order=torch.tensor([[2, 0, 1]]))  # new order: 2, 0, 1
    found = [LOSSES["emd2_shuffled"].each(z, torch.tensor([[k]]), guide, True).item() for k in range(3)]
    # p in the new order is 1/4 1/2 1/4 and class 0 stands second, 1 third, 2 first
    assert found == pytest.approx([1 / 8, 5 / 8, 5 / 8], rel=ROUNDING)


def test_sinkhorn_tends_to_the_emd() -> None:
    pytest.importorskip("ot", reason="POT is not installed")
    z = torch.tensor([[[1.0, 0.0, 2.0, -1.0]]]).double().requires_grad_()
    labels, guide = torch.tensor([[1]]), first_guide([0], 4)
    entropic = LOSSES["sinkhorn"].each(z, labels, guide, True).sum()
    exact = EMDLoss()(z[0], labels[0])
    gradients = [torch.autograd.grad(value, z)[0] for value in (entropic, exact)]
    # a one-hot target leaves one plan, p itself, so that the entropic term -reg H(p), reg = 0.05 * 3, is all that parts
    # them, apart from the 1e-6 that keeps masses positive
    entropy = torch.distributions.Categorical(logits=z[0, 0]).entropy()
    parting = torch.autograd.grad(0.05 * 3 * entropy, z)[0]
    torch.testing.assert_close(gradients[0], gradients[1] - parting, rtol=0, atol=1e-3)


def test_weight_makes_the_penalty_its_share_of_cross_entropy() -> None:
    training = Training(made_up(), LOSSES["self_1_0"], [3, 5], [0.01, 0.01], dataclasses.replace(SMALL, steps=40))
    seen = {}

    def watch(epoch: int, guided=training._guide) -> None:
        guided(epoch)
        z, y = training.predict(training.train), training.train.y
        xe = LOSSES["xe"].each(z, y, training.guide, True).mean(1)
        both = training.loss.each(z, y, training.guide, True).mean(1)
        seen[epoch] = (both / xe - 1).tolist(), training.guide.weight.tolist()

    training._guide = watch
    training.run(lambda run, epoch: None)
    assert seen[training.head_start][0] == pytest.approx([1 / 3.5, 1 / 3.5], rel=1e-6)  # weights keep float64
    assert len({tuple(weights) for _, weights in seen.values()}) == 1


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
