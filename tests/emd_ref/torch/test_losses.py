"""emd_ref.torch: trainable losses (values, gradients, reductions, maps, autocast, compile, state)."""

import emd_conformance
import numpy as np
import pytest
import torch
from support import draw
from support.grounds import NAMES, ground_pair

import emd_ref
from emd_ref import GroundDistance
from emd_ref.torch import EMDLoss, SelfGuidedXEMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss

C = 6


def batch(N: int = 8, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    return torch.tensor(rng.normal(0, 2, (N, C))).to(dtype), torch.tensor(np.arange(N) % C)


def losses(name: str) -> list[torch.nn.Module]:
    ground = ground_pair(name, C).ours
    return [
        SquaredEMDLoss(ground=ground),
        EMDLoss(ground=ground),
        XEMDLoss(ground=ground, weight=0.3, bias=0.5),
        XESquaredEMDLoss(ground=ground, weight=0.3),
    ]


def xe_squared_emd_value_and_grad(z: torch.Tensor, labels: torch.Tensor, **options):
    """The sum of both losses, each by the reference."""
    E, g = emd_ref.squared_emd_value_and_grad(z, labels, **options)
    XE, gradient = emd_ref.xemd_value_and_grad(z, labels, weight=0.0, **options)
    return XE + 0.3 * E, gradient + 0.3 * g


@pytest.mark.parametrize("name", NAMES)
def test_value_and_gradient_are_those_of_the_reference(name: str) -> None:
    z, labels = batch()
    squared, exact, penalised, both = losses(name)
    options = {"ground": ground_pair(name, C).ours, "from_logits": True}
    pairs = [
        (squared, emd_ref.squared_emd_value_and_grad, {}),
        (exact, emd_ref.emd_value_and_grad, {}),
        (penalised, emd_ref.xemd_value_and_grad, {"weight": 0.3, "bias": 0.5}),
        (both, xe_squared_emd_value_and_grad, {}),
    ]
    for loss, reference, more in pairs:
        scores = z.clone().requires_grad_()
        value = loss(scores, labels)
        value.backward()
        values, gradients = reference(z, labels, **options, **more)
        torch.testing.assert_close(value.detach(), values.mean(), rtol=1e-14, atol=0)
        torch.testing.assert_close(scores.grad, gradients / len(z), rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("input", ["logits", "probabilities"])
@pytest.mark.parametrize("target", ["labels", "distribution"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_squared_emd_loss_conforms(input: str, target: str, reduction: str) -> None:
    report = emd_conformance.run(
        SquaredEMDLoss(from_logits=input == "logits", reduction=reduction),
        input=input,
        target=target,
        reduction=reduction,
        array="torch",
        grad="autograd",
        validates=True,
    )
    assert report.verdict == "conforms", str(report)


def test_emd_loss_conforms() -> None:
    loss = EMDLoss(from_logits=False)
    report = emd_conformance.run(loss, computes="W1", reduction="mean", array="torch", grad="autograd", validates=True)
    assert report.verdict == "conforms", str(report)


MIXED = pytest.mark.parametrize(
    ("input", "reduction"), [("logits", "mean"), ("probabilities", "none"), ("probabilities", "sum")]
)


def mixed_conforms(loss, input: str, reduction: str, computes: str) -> None:
    """Examine a loss with the cases' own ground distances, weights and powers."""
    options = {"ground": "matrix", "target": "labels", "array": "torch", "grad": "autograd"}
    report = emd_conformance.run(
        loss, call="p, k, G, weight, exponent, bias", input=input, reduction=reduction, computes=computes, **options
    )
    assert report.verdict == "conforms", str(report)
    assert {result.quantity for result in report.examined} == {"value", "gradient"}


@MIXED
def test_xemd_loss_conforms(input: str, reduction: str) -> None:
    def loss(p, k, G, weight, exponent, bias):
        options = {"weight": weight, "exponent": exponent, "bias": bias, "reduction": reduction}
        return XEMDLoss(ground=GroundDistance(G), from_logits=input == "logits", **options)(p, k)

    mixed_conforms(loss, input, reduction, "XE + weight*R")


@MIXED
def test_xe_squared_emd_loss_conforms(input: str, reduction: str) -> None:
    def loss(p, k, G, weight, exponent, bias):
        options = {"weight": weight, "reduction": reduction, "from_logits": input == "logits"}
        return XESquaredEMDLoss(ground=GroundDistance(G), **options)(p, k)

    mixed_conforms(loss, input, reduction, "XE + weight*E")


@pytest.mark.parametrize(("term", "computes"), [("penalty", "XE + weight*R"), ("squared-emd", "XE + weight*E")])
def test_self_guided_loss_conforms_once_it_has_learnt_a_matrix(term: str, computes: str) -> None:
    def loss(z, k, G, weight, exponent, bias):
        guided = SelfGuidedXEMDLoss(z.shape[1], term=term, exponent=exponent, bias=bias, reduction="none").eval()
        guided.distances.copy_(G)
        guided.weight = weight
        return guided(z, k, torch.ones(len(z), 1))

    mixed_conforms(loss, "logits", "none", computes)


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_of_first_and_second_order(name: str) -> None:
    z, labels = batch(2)
    squared, exact, penalised, both = losses(name)
    for loss in (squared, exact, penalised, both):
        assert torch.autograd.gradcheck(lambda x, f=loss: f(x, labels), (z.clone().requires_grad_(),))
    for loss in (squared, penalised, both):
        assert torch.autograd.gradgradcheck(lambda x, f=loss: f(x, labels), (z.clone().requires_grad_(),))


def test_soft_targets_may_be_learnt() -> None:
    z, _ = batch(2)
    p, t = torch.softmax(z[0], -1).requires_grad_(), torch.softmax(z[1], -1).requires_grad_()
    SquaredEMDLoss(from_logits=False)(p, t).backward()
    torch.testing.assert_close(t.grad, -p.grad, rtol=1e-14, atol=0)


def test_maps_have_their_classes_on_axis_1() -> None:
    rng = np.random.default_rng(1)
    z = torch.tensor(rng.normal(size=(2, C, 3, 4)))
    labels = torch.tensor(rng.integers(0, C, (2, 3, 4)))
    values = SquaredEMDLoss(reduction="none")(z, labels)
    expected = emd_ref.squared_emd(z.permute(0, 2, 3, 1), labels, from_logits=True)
    assert values.shape == (2, 3, 4)
    torch.testing.assert_close(values, expected, rtol=1e-14, atol=0)
    single = SquaredEMDLoss()(z[0, :, 0, 0], labels[0, 0, 0])
    torch.testing.assert_close(single, values[0, 0, 0], rtol=1e-14, atol=0)


def test_ignored_labels_do_not_count_and_get_no_gradient() -> None:
    z, labels = batch()
    labels[[1, 4]] = -100
    scores = z.clone().requires_grad_()
    value = SquaredEMDLoss()(scores, labels)
    value.backward()
    kept = labels != -100
    torch.testing.assert_close(value, SquaredEMDLoss()(z[kept], labels[kept]), rtol=1e-14, atol=0)
    assert (scores.grad[~kept] == 0).all()
    assert (scores.grad[kept] != 0).any()
    assert SquaredEMDLoss(reduction="none")(z, labels)[~kept].eq(0).all()


@pytest.mark.parametrize("check", [True, False])
def test_what_stands_beside_an_ignored_label_may_be_anything(check: bool) -> None:
    p = torch.tensor([[0.0, 1.0, 0.0], [torch.nan] * 3, [0.5, 0.25, 0.25]], dtype=torch.float64, requires_grad=True)
    loss = XEMDLoss(ground=emd_ref.Ordered(), from_logits=False, check=check)
    value = loss(p, torch.tensor([-100, -100, 0]))
    value.backward()
    torch.testing.assert_close(value, loss(p[2:], torch.tensor([0])), rtol=1e-14, atol=0)
    assert p.grad[:2].eq(0).all()
    assert torch.isfinite(p.grad).all()


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
def test_a_traced_loss_ignores_other_labels_than_those_it_was_traced_with(check: bool) -> None:
    z, labels = batch()
    loss = SquaredEMDLoss(check=check)
    traced = torch.jit.trace(lambda z, k: loss(z, k), (z, labels))
    expected = loss(z[2:], labels[2:])
    labels[:2] = -100
    torch.testing.assert_close(traced(z, labels), expected, rtol=1e-14, atol=0)
    labels[2] = C  # a trace has no checks, and what is asked of it has no answer
    assert traced(z, labels).isnan()


def test_a_label_is_not_ignored_because_its_dtype_wraps() -> None:
    with pytest.raises(ValueError, match=r"`target`\[0\] is 156"):
        SquaredEMDLoss()(torch.zeros(1, 3), torch.tensor([156], dtype=torch.uint8))


def test_shapes_are_followed_without_values() -> None:
    z = torch.zeros(4, C, device="meta")
    assert SquaredEMDLoss(reduction="none")(z, torch.zeros(4, dtype=torch.int64, device="meta")).shape == (4,)


def test_sample_weights_weigh_the_mean() -> None:
    z, labels = batch()
    weight = torch.arange(8, dtype=torch.float64)
    each = SquaredEMDLoss(reduction="none")(z, labels)
    value = SquaredEMDLoss()(z, labels, sample_weight=weight)
    torch.testing.assert_close(value, (weight * each).sum() / weight.sum(), rtol=1e-14, atol=0)
    with pytest.raises(ValueError, match=r"`sample_weight` has shape \(3,\): it must have shape \(8,\)"):
        SquaredEMDLoss()(z, labels, sample_weight=weight[:3])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_gives_float32_as_cross_entropy_does(dtype: torch.dtype) -> None:
    layer = torch.nn.Linear(4, C)
    with torch.autocast("cpu", dtype=dtype):
        scores = layer(torch.ones(3, 4))
        values = [loss(scores, torch.arange(3)) for loss in losses("ordered")]
        expected = torch.nn.functional.cross_entropy(scores, torch.arange(3))
    assert scores.dtype == dtype
    for value in values:
        assert value.dtype == expected.dtype == torch.float32
        (gradient,) = torch.autograd.grad(value, layer.weight, retain_graph=True)
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("logits", [1e4, -1e4])
def test_extreme_logits_and_perfect_predictions_have_finite_gradients(logits: float) -> None:
    z = (logits * torch.eye(C)).requires_grad_()
    for loss in losses("ordered"):
        (gradient,) = torch.autograd.grad(loss(z, torch.arange(C)), z)
        assert torch.isfinite(gradient).all()


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # by PyTorch's own compiler
@pytest.mark.parametrize("name", ["ordered", "positions", "circular", "metric"])
def test_compiled_losses_are_the_same_and_have_no_breaks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emd_ref._fast.lent.can_be_lent", lambda *arguments: False)  # the same sums, by PyTorch
    z, labels = batch()
    for loss in losses(name):
        torch._dynamo.reset()
        compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
        a, b = z.clone().requires_grad_(), z.clone().requires_grad_()
        compiled(a, labels).backward()
        loss(b, labels).backward()
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-14, atol=0)


def test_per_sample_gradients_by_vmap() -> None:
    z, labels = batch()
    for loss in losses("ordered"):
        per_sample = torch.func.vmap(torch.func.grad(lambda x, k, f=loss: f(x, k)))(z, labels)
        scores = z.clone().requires_grad_()
        loss(scores, labels).backward()
        torch.testing.assert_close(per_sample / len(z), scores.grad, rtol=1e-13, atol=1e-16)


def test_a_matrix_is_state_and_a_parameter_is_learnt() -> None:
    matrix = draw.metric_matrix(C)
    loss = SquaredEMDLoss(ground=emd_ref.GroundDistance(matrix))
    np.testing.assert_array_equal(loss.state_dict()["distances"], matrix)
    parameter = torch.nn.Parameter(torch.tensor(matrix))
    learnt = SquaredEMDLoss(ground=emd_ref.GroundDistance(parameter), check=False)
    assert list(learnt.parameters()) == [parameter]
    learnt(*batch()).backward()
    assert parameter.grad is not None
    assert (parameter.grad != 0).any()


def test_what_does_not_fit_is_refused() -> None:
    z, labels = batch()
    with pytest.raises(ValueError, match="`reduction` is 'average'"):
        SquaredEMDLoss(reduction="average")
    with pytest.raises(ValueError, match="an axis of length 1 is not dropped"):
        SquaredEMDLoss()(z, labels[:, None])
    with pytest.raises(ValueError, match=r"`target`\[0\] is 9"):
        SquaredEMDLoss()(z, labels + 9)
    with pytest.raises(TypeError, match="`target` is of list: it must be a tensor"):
        SquaredEMDLoss()(z, labels.tolist())
    with pytest.raises(TypeError, match="`input` is of ndarray: it must be a tensor"):
        SquaredEMDLoss()(z.numpy(), labels)
    with pytest.raises(TypeError, match=r"`target` has dtype float64: it must hold integer labels of shape \(8,\)$"):
        XEMDLoss(ground=emd_ref.Ordered())(z, torch.softmax(z, -1))


@pytest.mark.parametrize("kept", [0, 2**22], ids=["computed again", "kept"])
@pytest.mark.parametrize("weighted", [False, True])
def test_large_batches_go_in_blocks_to_the_same_result(
    weighted: bool, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several blocks of rows; sums of 6 in another order differ by a few roundings."""
    monkeypatch.setattr("emd_ref._fast.blocks.BLOCK", 2**14)
    monkeypatch.setattr("emd_ref._evaluate.BLOCK", 2**14)
    monkeypatch.setattr("emd_ref.torch._analytic.KEPT", kept)
    rng = np.random.default_rng(0)
    z, labels = torch.tensor(rng.normal(0, 2, (10_001, C))), torch.tensor(rng.integers(0, C, 10_001))
    weight = torch.tensor(rng.random(10_001)) if weighted else None
    for loss in losses("positions"):
        a, b = z.clone().requires_grad_(), z.clone().requires_grad_()
        value = loss(a, labels, sample_weight=weight)
        value.backward()
        parts = [slice(i, i + 1000) for i in range(0, 10_001, 1000)]
        counted = torch.ones(10_001, dtype=torch.float64) if weight is None else weight
        expected = (
            sum(loss(b[p], labels[p], sample_weight=counted[p]) * counted[p].sum() for p in parts) / counted.sum()
        )
        expected.backward()
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=0)
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-11, atol=1e-18)
        with torch.no_grad():
            torch.testing.assert_close(loss(z, labels, sample_weight=weight), value, rtol=1e-12, atol=0)


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, C))


def test_dlordinals_loss_trains_the_same_network() -> None:
    """Gradients agree at each step from one state to float32 rounding, and so do the curves of 100 steps.

    dlordinal computes in float32: a softmax, C sums and their products, some 8 C roundings of numbers up to C.
    """
    from dlordinal.losses import EMDLoss as Theirs

    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(256, 8)), dtype=torch.float32)
    labels = torch.tensor(np.digitize(x.numpy() @ rng.normal(size=8), [-3, -1, 0, 1, 3]))
    pairs = [(network(), SquaredEMDLoss()), (network(), Theirs(num_classes=C))]
    optimisers = [torch.optim.SGD(model.parameters(), lr=0.1) for model, _ in pairs]
    scores_of = pairs[0][0]
    curves: list[list[float]] = [[], []]
    for step in range(100):
        part = slice(32 * (step % 8), 32 * (step % 8) + 32)
        scores = scores_of(x[part]).detach()
        ours, theirs = (
            torch.autograd.grad(loss(z := scores.clone().requires_grad_(), labels[part]), z)[0] for _, loss in pairs
        )
        assert (ours - theirs).abs().max() <= 8 * C * C * 2**-24 / 32  # of a mean over 32
        for curve, (model, loss), optimiser in zip(curves, pairs, optimisers, strict=True):
            value = loss(model(x[part]), labels[part])
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            curve.append(float(value.detach()))
    assert curves[0][-1] < curves[0][0] / 2
    np.testing.assert_allclose(curves[0], curves[1], rtol=0, atol=1e-5)
