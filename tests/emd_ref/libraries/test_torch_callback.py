"""The linear programme under torch.func: it is solved on the host, and yet can be mapped and differentiated around."""

import numpy as np
import pytest
import torch
from emd_conformance import assert_right, exact
from torch import Tensor
from torch.func import grad, jacrev, jvp, vmap

from emd_ref import GroundDistance, emd, emd_value_and_grad

DISTANCES = np.asarray([[0.0, 1.0, 4.0], [1.0, 0.0, 3.0], [4.0, 3.0, 0.0]])
P = torch.tensor([[0.5, 0.25, 0.25], [0.0, 0.125, 0.875], [1.0, 0.0, 0.0], [0.25, 0.5, 0.25]], dtype=torch.float64)
T = torch.tensor([[0.25, 0.25, 0.5], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.75, 0.25, 0.0]], dtype=torch.float64)
GROUND = exact.Matrix(tuple(map(tuple, DISTANCES.tolist())))
VALUES = torch.tensor([1.0, 3.125, 2.5, 1.25], dtype=torch.float64)  # by hand: on a line at 0, 1 and 4


def of_batch(p: Tensor, t: Tensor) -> Tensor:
    return emd(p, t, ground=GroundDistance(DISTANCES))


def learnt(G: Tensor, p: Tensor, t: Tensor) -> Tensor:
    return emd(p, t, ground=GroundDistance(G)).sum()


def test_it_is_mapped_over_samples() -> None:
    assert_right(VALUES, P, T, quantity="W1", ground=GROUND)
    for value in (vmap(of_batch)(P, T), vmap(vmap(of_batch))(P.reshape(2, 2, 3), T.reshape(2, 2, 3)).flatten()):
        torch.testing.assert_close(value, VALUES, rtol=0, atol=1e-15)
    one = vmap(of_batch, in_dims=(1, None))(P.T, T[0])
    assert_right(one, P, T[:1].expand(4, 3), quantity="W1", ground=GROUND)


def test_gradients_are_mapped_too() -> None:
    _, g = vmap(lambda p, t: emd_value_and_grad(p, t, ground=GroundDistance(DISTANCES)))(P, T)
    assert_right(VALUES, P, T, quantity="W1", gradient=g, ground=GROUND)
    torch.testing.assert_close(vmap(grad(of_batch))(P, T), g, rtol=0, atol=0)
    torch.testing.assert_close(jacrev(of_batch)(P, T), torch.diag_embed(torch.ones(4)).double()[..., None] * g)
    direction = torch.tensor([[1.0, -2.0, 1.0]] * 4, dtype=torch.float64)
    torch.testing.assert_close(jvp(lambda p: of_batch(p, T), (P,), (direction,))[1], (g * direction).sum(-1))
    assert not jacrev(grad(lambda p: of_batch(p, T).sum()))(P).any()


def test_each_of_several_matrices_is_learnt() -> None:
    scales = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
    G = (scales[:, None, None] * torch.tensor(DISTANCES)).requires_grad_()
    values = vmap(learnt, in_dims=(0, None, None))(G, P, T)
    torch.testing.assert_close(values.detach(), scales * VALUES.sum())
    values.sum().backward()
    for derivative in (
        *G.grad,
        grad(learnt)(torch.tensor(DISTANCES), P, T),
    ):  # the plans, which are feasible and optimal
        assert (derivative >= 0).all()
        torch.testing.assert_close(derivative.sum(1), P.sum(0))
        torch.testing.assert_close(derivative.sum(0), T.sum(0))
        torch.testing.assert_close((derivative * torch.tensor(DISTANCES)).sum(), VALUES.sum())


def test_values_that_vmap_hides_give_nan_whatever_numpy_does_with_errors() -> None:
    p = P.clone()
    p[1, 0] = torch.nan
    with np.errstate(all="raise"):
        value = vmap(of_batch)(p, T)
    assert torch.isnan(value).tolist() == [False, True, False, False]


@pytest.mark.parametrize("empty", [P[:0], P[:0].reshape(0, 1, 3)], ids=["no samples", "no batches of one sample"])
def test_no_samples_have_no_values(empty: Tensor) -> None:
    assert vmap(of_batch)(empty, empty).numel() == 0


def test_a_programme_does_not_mind_what_numpy_does_with_underflow() -> None:
    x = np.asarray([0.0, 0.5, 1.5, 2.5, 3.0])
    p = torch.tensor([[0.25, 0.3125, 0.4375, 1e-300, 0.0]], dtype=torch.float64, requires_grad=True)
    t = torch.tensor([[0.0, 1.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    with np.errstate(all="raise"):
        value = emd(p, t, ground=GroundDistance(np.abs(x[:, None] - x)))
    assert value.item() == pytest.approx(0.25 * 0.5 + 0.4375, abs=2**-52)
