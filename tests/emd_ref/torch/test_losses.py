"""emd_ref.torch: trainable losses (values, gradients, reductions, maps, weights, autocast, state)."""

import numpy as np
import pytest
import torch
from support import draw
from support.grounds import NAMES, ground_pair
from support.torch_losses import C, batch, losses

import emd_ref
from emd_ref.torch import EMDLoss, FusedSquaredEMDLoss, SquaredEMDLoss, XEMDLoss


def xe_squared_emd_value_and_grad(z: torch.Tensor, labels: torch.Tensor, **options):
    """The sum of both losses, each by the reference."""
    E, g = emd_ref.squared_emd_value_and_grad(z, labels, **options)
    XE, gradient = emd_ref.xemd_value_and_grad(z, labels, emd_weight=0.0, **options)
    return XE + 0.3 * E, gradient + 0.3 * g


@pytest.mark.parametrize("name", NAMES)
def test_value_and_gradient_are_those_of_the_reference(name: str) -> None:
    z, labels = batch()
    squared, exact, penalised, both = losses(name)
    options = {"ground": ground_pair(name, C).ours, "from_logits": True}
    pairs = [
        (squared, emd_ref.squared_emd_value_and_grad, {}),
        (exact, emd_ref.emd_value_and_grad, {}),
        (penalised, emd_ref.xemd_value_and_grad, {"emd_weight": 0.3, "bias": 0.5}),
        (both, xe_squared_emd_value_and_grad, {}),
    ]
    for loss, reference, more in pairs:
        scores = z.clone().requires_grad_()
        value = loss(scores, labels)
        value.backward()
        values, gradients = reference(z, labels, **options, **more)
        torch.testing.assert_close(value.detach(), values.mean(), rtol=1e-14, atol=0)
        torch.testing.assert_close(scores.grad, gradients / len(z), rtol=1e-14, atol=1e-16)


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
def test_the_prediction_of_an_ignored_label_may_hold_anything(check: bool) -> None:
    p = torch.tensor([[0.0, 1.0, 0.0], [torch.nan] * 3, [0.5, 0.25, 0.25]], dtype=torch.float64, requires_grad=True)
    loss = XEMDLoss(ground=emd_ref.Ordered(), from_logits=False, check=check)
    value = loss(p, torch.tensor([-100, -100, 0]))
    value.backward()
    torch.testing.assert_close(value, loss(p[2:], torch.tensor([0])), rtol=1e-14, atol=0)
    assert p.grad[:2].eq(0).all()
    assert torch.isfinite(p.grad).all()


def test_a_label_is_not_ignored_because_its_dtype_wraps() -> None:
    with pytest.raises(ValueError, match=r"`target`\[0\] is 156"):
        SquaredEMDLoss()(torch.zeros(1, 3), torch.tensor([156], dtype=torch.uint8))


def test_sample_weights_weigh_the_mean() -> None:
    z, labels = batch()
    weight = torch.arange(8, dtype=torch.float64)
    each = SquaredEMDLoss(reduction="none")(z, labels)
    value = SquaredEMDLoss()(z, labels, sample_weight=weight)
    torch.testing.assert_close(value, (weight * each).sum() / weight.sum(), rtol=1e-14, atol=0)
    with pytest.raises(ValueError, match=r"`sample_weight` has shape \(3,\): it must have shape \(8,\)"):
        SquaredEMDLoss()(z, labels, sample_weight=weight[:3])


def test_sample_weights_of_images_have_the_shape_of_their_labels() -> None:
    z, labels = torch.randn(2, C, 3, 4, 5, dtype=torch.float64), torch.arange(120).reshape(2, 3, 4, 5) % C
    weight = torch.arange(120, dtype=torch.float64).reshape(labels.shape)
    each = SquaredEMDLoss(reduction="none")(z, labels)
    value = SquaredEMDLoss(reduction="sum")(z, labels, sample_weight=weight)
    torch.testing.assert_close(value, (weight * each).sum(), rtol=1e-13, atol=0)
    with pytest.raises(ValueError, match=r"`sample_weight` has shape \(2, 3, 4\): it must have shape \(2, 3, 4, 5\)"):
        SquaredEMDLoss()(z, labels, sample_weight=weight[..., 0])


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


def test_invalid_arguments_are_refused() -> None:
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
    with pytest.raises(
        TypeError, match=r"`target` has dtype float64: it must hold integer labels of shape \(8,\); for one-hots, pass"
    ):
        XEMDLoss(ground=emd_ref.Ordered())(z, torch.softmax(z, -1))


@pytest.mark.parametrize("name", NAMES)
def test_logits_of_minus_infinity_are_classes_of_probability_0(name: str) -> None:
    z, labels = batch()
    masked = torch.arange(C) == (labels[:, None] + 2) % C
    ground = ground_pair(name, C).ours
    for loss in losses(name):
        infinite, far = (z.masked_fill(masked, low).requires_grad_() for low in (-torch.inf, -1e4))
        (gradient,) = torch.autograd.grad(loss(infinite, labels), infinite, create_graph=not isinstance(loss, EMDLoss))
        (expected,) = torch.autograd.grad(loss(far, labels), far)
        torch.testing.assert_close(gradient.detach(), expected, rtol=1e-14, atol=1e-16)
        assert not gradient.detach()[masked].any()
        if gradient.requires_grad:
            assert torch.autograd.grad(gradient.square().sum(), infinite)[0].isfinite().all()
    for function in (emd_ref.squared_emd, emd_ref.xemd):  # PyTorch differentiates the formula itself
        infinite = z.masked_fill(masked, -torch.inf).requires_grad_()
        value = function(infinite, labels, ground=ground, from_logits=True)
        (gradient,) = torch.autograd.grad(value.sum(), infinite)
        assert gradient.isfinite().all()
        assert not gradient[masked].any()


def test_the_logarithm_of_a_one_hot_is_a_certain_prediction() -> None:
    one_hot = torch.eye(C, dtype=torch.float64)
    for labels in (torch.arange(C), one_hot):
        logits = one_hot.log().requires_grad_()
        loss = SquaredEMDLoss()(logits, labels)
        loss.backward()
        assert loss == 0
        assert not logits.grad.any()
    one_step = SquaredEMDLoss(reduction="none")(one_hot.log()[:-1], torch.arange(1, C))
    torch.testing.assert_close(one_step, torch.ones(C - 1, dtype=torch.float64), rtol=0, atol=0)


def test_the_fused_loss_is_a_former_name() -> None:
    z, labels = batch()
    with pytest.warns(DeprecationWarning, match="write SquaredEMDLoss"):
        loss = FusedSquaredEMDLoss(reduction="sum")
    assert loss(z, labels) == SquaredEMDLoss(reduction="sum")(z, labels)
