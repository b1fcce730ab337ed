"""emd_ref.torch.SelfGuidedXEMDLoss: head start, ground distance, weight, state, and several processes."""

import copy
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from support.workers import CUTS, C, N, batch, learn

import emd_ref
from emd_ref.torch import SelfGuidedXEMDLoss

SETTINGS = [("penalty", 1.0, 0.0), ("penalty", 2.0, -0.25), ("penalty", 1.0, 0.5), ("squared-emd", 1.0, 0.0)]


def term(z: torch.Tensor, labels: torch.Tensor, ground: emd_ref.GroundDistance, name: str, **power: float):
    """The ground distance term of each sample, by the reference."""
    if name == "squared-emd":
        return emd_ref.squared_emd(z, labels, ground=ground, from_logits=True)
    return emd_ref.ground_distance_penalty(z, labels, ground=ground, from_logits=True, **power)


def test_the_head_start_is_cross_entropy() -> None:
    z, labels, features = batch()
    loss = SelfGuidedXEMDLoss(C, head_start=2)
    for _ in range(2):
        torch.testing.assert_close(loss(z, labels, features), torch.nn.functional.cross_entropy(z, labels))
        loss.epoch_end()
    assert loss.emd_weight > 0


@pytest.mark.parametrize(("name", "exponent", "bias"), SETTINGS)
def test_the_ground_distance_and_the_weight_are_those_of_the_paper(name: str, exponent: float, bias: float) -> None:
    z, labels, features = batch()
    loss = SelfGuidedXEMDLoss(C, term=name, exponent=exponent, bias=bias, head_start=1)
    for part in range(0, N, 8):
        loss(z[part : part + 8], labels[part : part + 8], features[part : part + 8])
    loss.epoch_end()
    ground = emd_ref.ClassCentroids(C).update(features, labels).ground_distance()
    np.testing.assert_array_equal(loss.distances, ground.distances)
    size = term(z, labels, ground, name, exponent=exponent, bias=bias)
    if bias < 0:  # terms of both signs: the sizes are added
        size = (torch.softmax(z, -1) ** 2 * (loss.distances[labels] ** exponent + bias).abs()).sum(-1)
    expected = torch.nn.functional.cross_entropy(z, labels) / 3.5 / size.mean().abs()
    assert loss.emd_weight == pytest.approx(float(expected), rel=1e-12)  # sums of 40 x 25 terms in another order
    assert (name == "squared-emd") or bias < 0 or (size > 0).all()


@pytest.mark.parametrize(("name", "exponent", "bias"), SETTINGS)
def test_value_and_gradient_are_those_of_the_reference(name: str, exponent: float, bias: float) -> None:
    z, labels, features = batch()
    loss = SelfGuidedXEMDLoss(C, term=name, exponent=exponent, bias=bias, head_start=1)
    loss(z, labels, features)
    loss.epoch_end()
    a, b = z.clone().requires_grad_(), z.clone().requires_grad_()
    value = loss(a, labels, features)
    ground = emd_ref.GroundDistance(loss.distances.clone())
    terms = term(b, labels, ground, name, exponent=exponent, bias=bias)
    expected = (emd_ref.cross_entropy(b, labels, from_logits=True) + loss.emd_weight * terms).mean()
    torch.testing.assert_close(value, expected, rtol=1e-13, atol=0)
    value.backward()
    expected.backward()
    torch.testing.assert_close(a.grad, b.grad, rtol=1e-12, atol=1e-16)


def test_soft_targets_learn_from_every_class_that_they_hold() -> None:
    z, labels, features = batch()
    soft = torch.softmax(3 * torch.nn.functional.one_hot(labels, C).double(), -1)
    loss = SelfGuidedXEMDLoss(C, term="squared-emd", head_start=1)
    value = loss(z, soft, features)
    torch.testing.assert_close(value, torch.nn.functional.cross_entropy(z, soft))
    loss.epoch_end()
    ground = emd_ref.ClassCentroids(C).update(features, soft).ground_distance()
    np.testing.assert_array_equal(loss.distances, ground.distances)
    size = emd_ref.squared_emd(z, soft, ground=ground, from_logits=True).mean().abs()
    assert loss.emd_weight == pytest.approx(float(value / 3.5 / size), rel=1e-12)
    with pytest.raises(TypeError, match=r"`target` has dtype torch\.float64: it must hold integer labels"):
        SelfGuidedXEMDLoss(C)(z, soft, features)


def test_ignored_labels_and_weights_count_as_in_the_mean() -> None:
    z, labels, features = batch()
    labels[::3] = -100
    kept = labels != -100
    ours, few = SelfGuidedXEMDLoss(C, head_start=1), SelfGuidedXEMDLoss(C, head_start=1)
    torch.testing.assert_close(ours(z, labels, features), few(z[kept], labels[kept], features[kept]))
    ours.epoch_end()
    few.epoch_end()
    torch.testing.assert_close(ours.distances, few.distances, rtol=0, atol=0)
    assert ours.emd_weight == pytest.approx(few.emd_weight, rel=1e-13)
    weight = torch.rand(N, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weighted = SelfGuidedXEMDLoss(C, head_start=1)
    value = weighted(*batch(), sample_weight=weight)
    weighted.epoch_end()
    each = term(z, batch()[1], emd_ref.GroundDistance(weighted.distances), "penalty")
    assert weighted.emd_weight == pytest.approx(float(value / 3.5 / ((weight * each).sum() / weight.sum())), rel=1e-12)


def test_perfect_predictions_leave_no_weight_to_set() -> None:
    loss = SelfGuidedXEMDLoss(C, head_start=1)
    labels = torch.arange(C)
    loss(1e4 * torch.eye(C), labels, torch.eye(C))
    loss.epoch_end()
    assert loss.emd_weight == 0


def test_validation_adds_nothing() -> None:
    loss, other = SelfGuidedXEMDLoss(C, head_start=1), SelfGuidedXEMDLoss(C, head_start=1)
    for each in (loss, other):
        each(*batch())
    loss.eval()
    loss(*batch(1))
    loss.train()
    for each in (loss, other):
        each.epoch_end()
    np.testing.assert_array_equal(loss.distances, other.distances)
    assert loss.emd_weight == other.emd_weight


def test_training_resumes_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    loss = SelfGuidedXEMDLoss(C, head_start=1)
    loss(*batch(0))
    loss.epoch_end()
    loss(*batch(1))
    torch.save(loss.state_dict(), tmp_path / "loss.pt")
    resumed = SelfGuidedXEMDLoss(C, head_start=1)
    resumed.load_state_dict(torch.load(tmp_path / "loss.pt", weights_only=True))
    for each in (loss, resumed):
        each(*batch(2))
        each.epoch_end()
    np.testing.assert_array_equal(resumed.distances, loss.distances)
    assert (resumed.epoch, resumed.emd_weight) == (loss.epoch, loss.emd_weight) == (2, loss.emd_weight)
    assert loss(*batch(3)) == resumed(*batch(3))


def test_the_weight_is_set_once_and_the_ground_distance_every_epoch() -> None:
    loss = SelfGuidedXEMDLoss(C, head_start=1)
    loss(*batch(0))
    loss.epoch_end()
    weight, distances = loss.emd_weight, loss.distances.clone()
    loss(*batch(1))
    loss.epoch_end()
    assert loss.emd_weight == weight
    assert (loss.distances != distances).any()


def test_copies_do_not_share_their_sums() -> None:
    loss = SelfGuidedXEMDLoss(C, head_start=1)
    loss(*batch(0))
    twin = copy.deepcopy(loss)
    loss(*batch(1))
    twin.epoch_end()
    alone = emd_ref.ClassCentroids(C).update(batch(0)[2], batch(0)[1]).ground_distance()
    np.testing.assert_array_equal(twin.distances, alone.distances)


def test_two_processes_learn_what_one_learns_on_all_data(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(learn, (str(tmp_path),), nprocs=2)
    one = SelfGuidedXEMDLoss(C, head_start=1)
    one(*batch())
    one.epoch_end()
    for rank in range(2):
        for cut in CUTS:
            distances, weight = torch.load(tmp_path / f"{rank}-{cut}.pt", weights_only=True)
            np.testing.assert_array_equal(distances, one.distances)
            assert weight == pytest.approx(one.emd_weight, rel=1e-13)  # sums of 40 numbers in another order


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"term": "emd"}, "`term` is 'emd'"),
        ({"head_start": 0}, "`head_start` is 0"),
        ({"ratio": 0.0}, "`ratio` is 0.0"),
        ({"reduction": "average"}, "`reduction` is 'average'"),
    ],
)
def test_what_does_not_fit_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SelfGuidedXEMDLoss(C, **options)


def test_bad_features_are_refused_by_name() -> None:
    z, labels, features = batch()
    with pytest.raises(ValueError, match=r"`features`\[0, 0\] is -"):
        SelfGuidedXEMDLoss(C)(z, labels, -features)
    with pytest.raises(ValueError, match=r"`features` has shape \(3, 7\): it must have shape \(40, F\)"):
        SelfGuidedXEMDLoss(C)(z, labels, features[:3])


def test_the_weights_of_samples_are_validated() -> None:
    z, labels, features = batch()
    loss = SelfGuidedXEMDLoss(C)
    for weight in (torch.ones(3), torch.ones(N, 1), torch.ones(N, C)):
        shape = re.escape(str(tuple(weight.shape)))
        with pytest.raises(ValueError, match=rf"`sample_weight` has shape {shape}: it must have shape \({N},\)"):
            loss(z, labels, features, sample_weight=weight)
    with pytest.raises(ValueError, match=r"`sample_weight`\[0\] is -1.0: weights must be finite and not negative"):
        loss(z, labels, features, sample_weight=torch.linspace(-1.0, 1.0, N))
    loss.epoch_end()  # nothing was added to the sums
    assert torch.equal(loss.distances, 1.0 - torch.eye(C, dtype=torch.float64))


def test_soft_targets_are_judged_in_their_own_precision() -> None:
    z, _, features = batch()
    target = torch.softmax(torch.linspace(-3.0, 3.0, N * C, dtype=torch.float32).reshape(N, C), -1)
    assert float((target.double().sum(-1) - 1).abs().max()) > 1e-8  # beyond the tolerance of float64
    loss = SelfGuidedXEMDLoss(C, term="squared-emd")
    assert loss(z.float(), target, features).isfinite()
