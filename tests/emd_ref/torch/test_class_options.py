"""Class weights and label smoothing of emd_ref.torch: those of torch.nn.CrossEntropyLoss, on every path of the code."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from support import cuda
from support.class_options import BIAS, EXPONENT, WEIGHT, C, G, batch, cross_entropy, ground_term, mean
from torch import Tensor
from torch.nn import CrossEntropyLoss

from emd_ref import GroundDistance, Ordered
from emd_ref.torch import EMDLoss, SelfGuidedXEMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss

TENSOR = torch.tensor(WEIGHT)
CLOSE = {"rtol": 1e-13, "atol": 1e-15}
PENALTY = {"ground": GroundDistance(G), "exponent": EXPONENT, "bias": BIAS}
TERMS: dict[str, Callable[..., torch.nn.Module]] = {
    "squared": SquaredEMDLoss,
    "exact": EMDLoss,
    "penalty": lambda **options: XEMDLoss(emd_weight=0.7, **PENALTY, **options),
    "both": lambda **options: XESquaredEMDLoss(emd_weight=0.7, **options),
}
soft_or_not = pytest.mark.parametrize("soft", [False, True], ids=["labels", "distributions"])
every_smoothing = pytest.mark.parametrize("smoothing", [0.0, 0.3, 1.0])
every_term = pytest.mark.parametrize("term", TERMS)


def both(loss: torch.nn.Module, z: Tensor, target: Tensor, *more: Tensor) -> tuple[Tensor, Tensor]:
    """Value, and gradient for an upstream gradient of ones."""
    scores = z.clone().requires_grad_()
    value = loss(scores, target, *more)
    value.backward(torch.ones_like(value))
    assert scores.grad is not None
    return value.detach(), scores.grad


def expected(term: str, z: np.ndarray, target: np.ndarray, weight: np.ndarray, smoothing: float) -> np.ndarray:
    if term in ("squared", "exact"):
        return ground_term(term, z, target, weight, smoothing)
    kind = "penalty" if term == "penalty" else "squared"
    return cross_entropy(z, target, weight, smoothing) + 0.7 * ground_term(kind, z, target, weight, smoothing)


@soft_or_not
@every_smoothing
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("N", [8, 1000, 30_001], ids=["few", "many", "in blocks"])
def test_the_cross_entropy_is_that_of_pytorch(N: int, reduction: str, smoothing: float, soft: bool) -> None:
    z, target = map(torch.tensor, batch(soft, N))
    if not soft:
        target[3] = -100
    for weight in (None, TENSOR):
        options: Any = {"weight": weight, "label_smoothing": smoothing, "reduction": reduction}
        wanted = both(CrossEntropyLoss(**options), z, target)
        losses: list[torch.nn.Module] = [XESquaredEMDLoss(emd_weight=0.0, **options)]
        losses += [] if soft else [XEMDLoss(ground=Ordered(), emd_weight=0.0, **options)]
        for loss in losses:
            for found, x in zip(both(loss, z, target), wanted, strict=True):
                torch.testing.assert_close(found, x, rtol=1e-11, atol=1e-15)
        probable = XESquaredEMDLoss(emd_weight=0.0, from_logits=False, **options)
        torch.testing.assert_close(probable(z.softmax(1), target), wanted[0], rtol=1e-11, atol=1e-15)


@soft_or_not
@every_smoothing
@every_term
def test_values_are_those_of_the_definition(term: str, smoothing: float, soft: bool) -> None:
    if term == "penalty" and soft:
        return
    z, target = batch(soft)
    samples = np.linspace(0.5, 2.0, len(z))
    tensors = torch.tensor(z), torch.tensor(target)
    for weight in (np.ones(C), WEIGHT):
        options: Any = {"weight": torch.tensor(weight), "label_smoothing": smoothing}
        each = expected(term, z, target, weight, smoothing)
        value = TERMS[term](reduction="none", **options)(*tensors)
        np.testing.assert_allclose(value, each, rtol=1e-12, atol=1e-15)
        of_samples = TERMS[term](reduction="none", **options)(*tensors, torch.tensor(samples))
        np.testing.assert_allclose(of_samples, samples * each, rtol=1e-12, atol=1e-15)
        value = TERMS[term](**options)(*tensors)
        np.testing.assert_allclose(value, mean(each, target, weight), rtol=1e-12)
        value = TERMS[term](**options)(*tensors, torch.tensor(samples))
        np.testing.assert_allclose(value, mean(each, target, weight, samples), rtol=1e-12)


def every_way(term: str) -> Iterator[torch.nn.Module]:
    for smoothing, weight, reduction in itertools.product((0.0, 0.3), (None, TENSOR), ("none", "mean", "sum")):
        if smoothing or weight is not None:
            yield TERMS[term](weight=weight, label_smoothing=smoothing, reduction=reduction)


@pytest.mark.costly
@soft_or_not
@every_term
def test_derivatives_of_first_and_second_order(term: str, soft: bool) -> None:
    if term == "penalty" and soft:
        return
    z, target = map(torch.tensor, batch(soft, 3))
    scores = z.requires_grad_()
    for loss in every_way(term):
        assert torch.autograd.gradcheck(lambda x, f=loss: f(x, target), scores)
        if term != "exact":
            assert torch.autograd.gradgradcheck(lambda x, f=loss: f(x, target), scores)


@soft_or_not
@every_term
def test_observed_tensors_get_what_lent_ones_get(term: str, soft: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The short path, one operation on lent memory, and the operations of PyTorch."""
    if term == "penalty" and soft:
        return
    z, target = map(torch.tensor, batch(soft))
    for loss in every_way(term):
        found = both(loss, z, target)
        with monkeypatch.context() as patch:
            patch.setattr(loss, "_plain_step", lambda input, target: None)
            stepped = both(loss, z, target)
            patch.setattr("emd_ref._fast.lent.can_be_lent", lambda *arguments: False)
            patch.setattr("emd_ref._fast.lent.is_visible", lambda x: False)
            observed = both(loss, z, target)
        for a, b, c in zip(found, stepped, observed, strict=True):
            torch.testing.assert_close(a, c, **CLOSE)
            torch.testing.assert_close(b, c, **CLOSE)


@soft_or_not
def test_gpu_kernels_compute_the_same(soft: bool, emulation: cuda.Emulation, monkeypatch: pytest.MonkeyPatch) -> None:
    z, target = map(torch.tensor, batch(soft))
    z[2] = torch.nan
    if not soft:
        target[2] = -100
    else:
        z[2] = 0.0
    for term, weighted in itertools.product(("squared", "exact"), (False, True)):
        samples = [torch.linspace(0.5, 2.0, len(z), dtype=torch.float64)] if weighted else []
        for loss in every_way(term):
            wanted = both(loss, z, target, *samples)
            emulation.used.clear()
            with monkeypatch.context() as patch:
                cuda.tensors_on_cpu(patch, emulation)
                found = both(loss, z, target, *samples)
            assert bool(emulation.used) == (not soft and loss.label_smoothing == 0)  # else PyTorch computes
            for a, b in zip(found, wanted, strict=True):
                torch.testing.assert_close(a, b, **CLOSE)


@pytest.mark.costly
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # by PyTorch's own compiler
@soft_or_not
@every_term
def test_compiled_losses_are_one_graph(term: str, soft: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if term == "penalty" and soft:
        return
    z, target = map(torch.tensor, batch(soft))
    if not soft:
        target[1] = -100
    for smoothing in (0.0, 0.3):
        torch._dynamo.reset()
        loss = TERMS[term](weight=TENSOR, label_smoothing=smoothing)
        compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
        for found, wanted in zip(both(compiled, z, target), both(loss, z, target), strict=True):
            torch.testing.assert_close(found, wanted, **CLOSE)


@every_term
def test_per_sample_gradients_by_vmap(term: str) -> None:
    z, labels = map(torch.tensor, batch(False))
    for loss in every_way(term):
        if loss.reduction == "sum":
            each = torch.func.vmap(torch.func.grad(lambda x, k, f=loss: f(x, k)))(z, labels)
            torch.testing.assert_close(each, both(loss, z, labels)[1], **CLOSE)


@every_term
def test_maps_ignored_labels_and_autocast(term: str) -> None:
    z, labels = map(torch.tensor, batch(False, 24))
    labels[[2, 7]] = -100
    z[2] = torch.nan
    maps, of_maps = z.reshape(2, 12, C).movedim(-1, 1), labels.reshape(2, 12)
    kept = labels >= 0
    for loss in every_way(term):
        value = loss(maps, of_maps)
        alone = loss(z[kept], labels[kept])
        torch.testing.assert_close(value.reshape(-1)[kept] if value.ndim else value, alone, **CLOSE)
        half = z[kept].to(torch.bfloat16)
        with torch.autocast("cpu"):
            narrow = loss(half, labels[kept])
        assert narrow.dtype == torch.float32
        torch.testing.assert_close(narrow, loss(half.float(), labels[kept]), rtol=1e-6, atol=1e-7)


def test_class_weights_are_state_and_move_with_the_loss() -> None:
    loss = SquaredEMDLoss(weight=TENSOR.float())
    assert torch.equal(loss.state_dict()["weight"], TENSOR.float())
    assert loss.double().weight.dtype == torch.float64
    assert not list(loss.parameters())
    assert "weight" not in SquaredEMDLoss().state_dict()
    assert loss.to("meta").weight.is_meta
    with pytest.raises(ValueError, match="`weight` is on device meta, `input` on cpu: move one of them first"):
        loss(*map(torch.tensor, batch(False)))


def test_labels_outside_the_classes_are_refused_or_nan() -> None:
    z, labels = map(torch.tensor, batch(False))
    labels[4] = C
    for term, make in TERMS.items():
        for smoothing in (0.0, 0.3):
            with pytest.raises(ValueError, match=rf"`target`\[4\] is {C}: it must be a label from 0 to 4"):
                make(weight=TENSOR, label_smoothing=smoothing)(z, labels)
            hidden = make(weight=TENSOR, label_smoothing=smoothing, check=False, reduction="none")(z, labels)
            assert torch.equal(hidden.isnan(), torch.arange(8) == 4), term


def test_no_weight_at_all_has_no_mean_as_in_cross_entropy() -> None:
    z, labels = torch.zeros(2, C), torch.tensor([2, 2])  # the class of weight 0
    options: Any = {"weight": TENSOR.float()}
    for smoothing in (0.0, 0.3):
        assert SquaredEMDLoss(label_smoothing=smoothing, **options)(z, labels).isnan()
        wanted = CrossEntropyLoss(label_smoothing=smoothing, **options)(z, labels)
        found = XESquaredEMDLoss(label_smoothing=smoothing, emd_weight=0.0, **options)(z, labels)
        assert found.isfinite() == wanted.isfinite()


@pytest.mark.parametrize("term", ["penalty", "squared-emd"])
@every_smoothing
def test_the_self_guided_loss_weighs_both_terms(term: Any, smoothing: float) -> None:
    z, labels = map(torch.tensor, batch(False, 12))
    features = torch.rand(12, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    options: Any = {"weight": TENSOR, "label_smoothing": smoothing}
    guided, plain = SelfGuidedXEMDLoss(C, term=term, head_start=1, **options), SelfGuidedXEMDLoss(C, head_start=1)
    wanted = CrossEntropyLoss(**options)(z, labels)
    for loss in (guided, plain):
        value = loss(z, labels, features)
        loss.epoch_end()
    torch.testing.assert_close(guided.distances, plain.distances)  # the centroids do not depend on them
    assert value != wanted
    ground = GroundDistance(guided.distances.clone())
    with_term = XEMDLoss(ground=ground, **options) if term == "penalty" else XESquaredEMDLoss(ground=ground, **options)
    one = with_term(z, labels) - wanted
    assert guided.emd_weight == pytest.approx(float(wanted / 3.5 / one.abs()), rel=1e-11)
    found = guided(z, labels, features)
    torch.testing.assert_close(found, wanted * (1 + one.sign() / 3.5), rtol=1e-11, atol=0)
