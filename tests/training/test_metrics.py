"""Metrics and intervals of the training benchmark, against hand computation."""

import math

import numpy as np
import pytest
import torch
from benchmarks.training.intervals import holm, paired
from benchmarks.training.metrics import (
    label_metrics,
    mean_class,
    median_class,
    quadratic_weighted_kappa,
    spearman,
    vote_metrics,
)

ROUNDING = 2.0**-40  # sums of fewer than 1000 numbers of order 1 in float64, 2^-53 each


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
