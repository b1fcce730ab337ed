"""Automatic differentiation of the public functions agrees with the gradients of the reference."""

import warnings
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
import torch
from support import draw, xla
from support.grounds import NAMES, ground_pair

import emd_ref
from emd_ref import GroundDistance, emd, emd_grad, squared_emd, squared_emd_grad, xemd, xemd_grad

SOFT = slice(0, 8)  # of draw.pairs: distributions without zeros, where every derivative exists
IN_BOTH_EVALUATIONS = pytest.mark.usefixtures("evaluation")


def soft_pairs(C: int = 6) -> tuple[np.ndarray, np.ndarray]:
    p, t = draw.pairs(C)
    return p[SOFT], t[SOFT]


def loose(C: int) -> float:
    """Automatic differentiation sums the same C terms in another order: C roundings of numbers up to 2 W."""
    return 64 * C * 2.0**-53 * 2 * C


@IN_BOTH_EVALUATIONS
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("value", "gradient"), [(squared_emd, squared_emd_grad), (emd, emd_grad)])
def test_torch_autograd_agrees(value, gradient, name: str, from_logits: bool) -> None:
    p, t = soft_pairs()
    scores = torch.tensor(np.log(p) if from_logits else p, requires_grad=True)
    options = {"ground": ground_pair(name, 6).ours, "from_logits": from_logits}
    value(scores, torch.tensor(t), **options).sum().backward()
    expected = gradient(scores.detach().numpy(), t, **options)
    np.testing.assert_allclose(scores.grad.numpy(), expected, rtol=0, atol=loose(6) * (1 + np.abs(expected).max()))


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("value", "gradient"), [(squared_emd, squared_emd_grad), (emd, emd_grad)])
def test_jax_grad_agrees(value, gradient, name: str, from_logits: bool) -> None:
    p, t = soft_pairs()
    scores = np.log(p) if from_logits else p
    options = {"ground": ground_pair(name, 6).ours, "from_logits": from_logits}
    expected = gradient(scores, t, **options)
    with xla.enable_x64(True):
        got = jax.jit(jax.grad(lambda s: value(s, jnp.asarray(t), **options).sum()))(jnp.asarray(scores))
        alone = jax.vmap(jax.grad(lambda s, t: value(s, t, **options)))(jnp.asarray(scores), jnp.asarray(t))
    atol = loose(6) * (1 + np.abs(expected).max())
    np.testing.assert_allclose(np.asarray(got), expected, rtol=0, atol=atol)
    np.testing.assert_allclose(np.asarray(alone), expected, rtol=0, atol=atol)


@IN_BOTH_EVALUATIONS
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("from_logits", [False, True])
def test_torch_gradcheck_and_gradgradcheck(name: str, from_logits: bool) -> None:
    p, t = (torch.tensor(x[:2]) for x in soft_pairs(4))
    scores = (torch.log(p) if from_logits else p).requires_grad_()
    ground = ground_pair(name, 4).ours

    def value(scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return squared_emd(scores, target, ground=ground, from_logits=from_logits, check=False)

    target = t.requires_grad_()
    assert torch.autograd.gradcheck(value, (scores, target))
    assert torch.autograd.gradgradcheck(value, (scores, target))


@IN_BOTH_EVALUATIONS
@pytest.mark.parametrize("name", NAMES)
def test_finite_differences_agree(name: str) -> None:
    p, t = soft_pairs(5)
    ground = ground_pair(name, 5).ours
    for z, target in zip(np.log(p), t, strict=True):
        value = partial(squared_emd, ground=ground, from_logits=True)
        gradient = partial(squared_emd_grad, ground=ground, from_logits=True)
        error = scipy.optimize.check_grad(lambda x, t, f=value: float(f(x, t)), gradient, z, target)
        # forward differences with step 1.5e-8 err by the step times the curvature, and by the rounding over the step
        assert error <= 2e-6 * (1 + float(ground.matrix(5).max()))


def test_the_hessian_is_twice_the_gram_matrix_of_cumulative_sums() -> None:
    """E is quadratic: its Hessian is 2 L^T W L (5.1)."""
    L = np.tri(5)
    t = np.full(5, 0.2)
    with xla.enable_x64(True):
        hessian = jax.hessian(lambda p: squared_emd(p, jnp.asarray(t)))(jnp.asarray(t))
        jacobian = jax.jacobian(lambda p: squared_emd_grad(p, jnp.asarray(t)))(jnp.asarray(t))
    np.testing.assert_array_equal(np.asarray(hessian), 2 * L.T @ L)
    np.testing.assert_array_equal(np.asarray(jacobian), 2 * L.T @ L)


@pytest.mark.parametrize("value", [squared_emd, emd])
def test_gradients_with_respect_to_a_learnt_matrix_work(value) -> None:
    p, t = soft_pairs(4)
    points = np.random.default_rng(4).random((4, 2))  # of no two flows of equal cost: the optimal plan is unique
    G = np.linalg.norm(points[:, None] - points, axis=-1)
    learnt = torch.tensor(G, requires_grad=True)
    value(torch.tensor(p), torch.tensor(t), ground=GroundDistance(learnt)).sum().backward()
    if value is squared_emd:
        d = p - t
        expected = -0.5 * np.einsum("si,sj->ij", d, d)  # of -1/2 d^T G d
    else:
        plans = [emd_ref.lp.solve(a, b, G).plan for a, b in zip(p, t, strict=True)]
        expected = np.sum(plans, axis=0)  # of min <F, G>
    np.testing.assert_allclose(learnt.grad.numpy(), expected, rtol=0, atol=1e-12)
    with xla.enable_x64(True):
        by_jax = jax.grad(lambda G: value(jnp.asarray(p), jnp.asarray(t), ground=GroundDistance(G)).sum())(
            jnp.asarray(G)
        )
    np.testing.assert_allclose(np.asarray(by_jax), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("gradient", [squared_emd_grad, emd_grad, xemd_grad])
def test_torch_gradients_are_detached(gradient) -> None:
    z = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    options = {"ground": emd_ref.Ordered()} if gradient is xemd_grad else {}
    assert not gradient(z, torch.tensor([0, 2]), from_logits=True, **options).requires_grad


def test_perfect_predictions_have_finite_gradients() -> None:
    p = torch.eye(4, dtype=torch.float64, requires_grad=True)
    for value in (squared_emd, emd):
        (grad,) = torch.autograd.grad(value(p, torch.arange(4)).sum(), p)
        assert torch.equal(grad, torch.zeros(4, 4, dtype=torch.float64))


@pytest.mark.parametrize("name", NAMES)
def test_xemd_autograd_agrees(name: str) -> None:
    p, _ = soft_pairs()
    labels = np.arange(len(p)) % 6
    options = {"ground": ground_pair(name, 6).ours, "emd_weight": 0.3, "exponent": 2.0, "bias": -0.25}
    for from_logits in (False, True):
        scores = torch.tensor(np.log(p) if from_logits else p, requires_grad=True)
        xemd(scores, torch.tensor(labels), from_logits=from_logits, **options).sum().backward()
        expected = xemd_grad(scores.detach().numpy(), labels, from_logits=from_logits, **options)
        scale = 1 + np.abs(expected).max()
        np.testing.assert_allclose(scores.grad.numpy(), expected, rtol=0, atol=loose(6) * scale)


@pytest.mark.costly
@pytest.mark.parametrize("name", ["ordered", "positions", "circular", "metric"])
def test_torch_compile_and_vmap_follow_without_graph_breaks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A matrix must be a tensor for this; a linear programme runs on the host, where no compiler follows."""
    monkeypatch.setattr("emd_ref._fast.lent.can_be_lent", lambda *arguments: False)  # the same sums, by PyTorch
    p, t = (torch.tensor(x) for x in soft_pairs())
    labels = torch.arange(len(p)) % 6
    ground = GroundDistance(torch.tensor(draw.metric_matrix(6))) if name == "metric" else ground_pair(name, 6).ours
    cases = [(f, target) for f in (squared_emd, squared_emd_grad, emd, emd_grad) for target in (t, labels)]
    for function, target in cases:
        if function in (emd, emd_grad) and name == "metric" and target is t:
            continue
        expected = function(p, target, ground=ground)
        torch._dynamo.reset()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled = torch.compile(function, fullgraph=True, backend="eager")(p, target, ground=ground)
            mapped = torch.func.vmap(lambda a, b, f=function: f(a, b, ground=ground))(p, target)
        torch.testing.assert_close(compiled, expected, rtol=0, atol=0)
        torch.testing.assert_close(mapped, expected, rtol=0, atol=loose(6) * 40)
