"""emd_ref.jax: derivatives of both modes and orders, with respect to predictions, targets, matrices and numbers."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from support import draw
from support.grounds import NAMES, ground_pair, positions
from support.jax_losses import LOOSE, LOSSES, C, N, batch, every_loss, expected

import emd_ref
from emd_ref import Circular, GroundDistance, Ordered, Tree
from emd_ref.jax import emd_loss, squared_emd_loss, xe_squared_emd_loss, xemd_loss


def test_jit_and_vmap_change_nothing() -> None:
    z, labels = batch()

    @jax.jit
    def all_losses(z: jax.Array, labels: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
        def alone(loss):
            return jax.value_and_grad(lambda z, k: loss(z, k, ground=Ordered()))

        return [[alone(loss)(z, labels), jax.vmap(alone(loss))(z, labels)] for loss in LOSSES]

    for loss, (whole, alone) in zip(LOSSES, all_losses(z, labels), strict=True):
        values, gradients = expected(loss, z, labels, Ordered())
        for got, wanted in zip((*whole, *alone), (values.mean(), gradients / N, values, gradients), strict=True):
            np.testing.assert_allclose(np.asarray(got), wanted, rtol=0, atol=LOOSE * C)


@pytest.mark.parametrize("name", NAMES)
def test_the_hessian_is_twice_the_gram_matrix(name: str) -> None:
    """E is quadratic: its Hessian is 2 L^T W L over the cuts, and -G for any matrix (5.1 to 5.3)."""
    ground = ground_pair(name, C).ours
    loss = partial(squared_emd_loss, ground=ground, from_logits=False)
    if isinstance(ground, GroundDistance):
        exactly = -ground.matrix(C)
    else:
        L, w = ground.cuts(C)
        exactly = 2 * L.T @ (w[:, None] * L)
    t = jnp.full(C, 0.2)
    for hessian in (jax.hessian(loss), jax.jacrev(jax.jacrev(loss))):
        assert np.array_equal(np.asarray(jax.jit(hessian)(t, t)), exactly)  # sums of few multiples of 1/8: no rounding


@every_loss
def test_forward_and_reverse_mode_agree_in_both_orders(loss) -> None:
    z, labels = map(jnp.asarray, batch())
    v = jnp.asarray(np.random.default_rng(1).normal(size=z.shape))

    def f(z: jax.Array) -> jax.Array:
        return loss(z, labels, ground=Circular())

    @jax.jit
    def both_ways(z: jax.Array) -> list[jax.Array]:
        gradient, forward = jax.jvp(jax.grad(f), (z,), (v,))
        reverse = jax.grad(lambda z: jnp.sum(jax.grad(f)(z) * v))(z)
        return [f(z), *jax.jvp(f, (z,), (v,)), gradient, forward, reverse]

    plain, value, tangent, gradient, forward, reverse = both_ways(z)
    np.testing.assert_allclose(float(value), float(plain), rtol=0, atol=LOOSE)
    np.testing.assert_allclose(float(tangent), np.sum(np.asarray(gradient) * np.asarray(v)), rtol=0, atol=LOOSE * N)
    np.testing.assert_allclose(np.asarray(forward), np.asarray(reverse), rtol=0, atol=LOOSE * N)


@every_loss
def test_the_second_derivative_is_that_of_the_first(loss) -> None:
    z, _ = batch()
    H = jax.jit(jax.hessian(lambda z: loss(z, 1, ground=Ordered())))(z[0])
    step = 2.0**-13
    ahead, behind = (expected(loss, z[0] + s * step * np.eye(C), np.full(C, 1), Ordered())[1] for s in (1, -1))
    # central differences: the third derivative, a few times the largest distance 4, times step^2 / 6 = 2.5e-9, and
    # twice the rounding of a gradient of up to 8 over 2 step, 8e-12
    np.testing.assert_allclose(np.asarray(H), (ahead - behind) / (2 * step), rtol=0, atol=1e-7)


def test_soft_targets_have_gradients() -> None:
    """E and a cut's EMD depend on p - t alone; that of the cross-entropy is -log p_j; a potential v is right for t."""
    p, t = (emd_ref.softmax(x) for x in (batch()[0], batch()[0][::-1]))
    options = {"ground": Ordered(), "from_logits": False, "reduction": "sum"}
    for loss in (squared_emd_loss, emd_loss):
        by_p, by_t = jax.grad(partial(loss, **options), argnums=(0, 1))(jnp.asarray(p), jnp.asarray(t))
        np.testing.assert_allclose(np.asarray(by_t), -np.asarray(by_p), rtol=0, atol=LOOSE)
        assert (by_t != 0).any()
    both = jax.grad(partial(xe_squared_emd_loss, emd_weight=0.0, **options), argnums=1)(jnp.asarray(p), jnp.asarray(t))
    np.testing.assert_allclose(np.asarray(both), -np.log(p), rtol=1e-14)
    G = draw.ground_matrix(C)
    by_t = jax.grad(partial(emd_loss, **{**options, "ground": GroundDistance(G)}), argnums=1)(p, jnp.asarray(t))
    for v, a, b in zip(np.asarray(by_t), p, t, strict=True):
        u = (G - v).min(axis=1)  # the best that goes with v: optimal if the values agree
        np.testing.assert_allclose(u @ a + v @ b, emd_ref.lp.solve(a, b, G).value, rtol=1e-12)


@pytest.mark.parametrize("soft", [False, True], ids=["labels", "soft"])
def test_a_matrix_may_be_learnt(soft: bool) -> None:
    """dE/dG = -1/2 d d^T; that of the EMD is the flow, and that of the penalty p_i^2 in the column of the label."""
    z, target = batch(soft)
    p, G = emd_ref.softmax(z), draw.metric_matrix(C)
    t = target if soft else np.eye(C)[target]
    d = p - t
    flows = [emd_ref.lp.solve(a, b, G).plan for a, b in zip(p, t, strict=True)]
    wanted = [(squared_emd_loss, -0.5 * d.T @ d), (emd_loss, np.sum(flows, axis=0))]
    if not soft:
        wanted.append((partial(xemd_loss, emd_weight=0.3), 0.3 * (p * p).T @ t))
    wanted.append((partial(xe_squared_emd_loss, emd_weight=0.3), -0.15 * d.T @ d))
    for loss, exactly in wanted:
        for options in ({"from_logits": True}, {"from_logits": False}):
            x = z if options["from_logits"] else p
            total = partial(loss, x, jnp.asarray(target), reduction="sum", **options)
            gradient = jax.grad(lambda ground, f=total: f(ground=ground))(GroundDistance(jnp.asarray(G)))
            assert isinstance(gradient, GroundDistance)
            np.testing.assert_allclose(np.asarray(gradient.distances), exactly, rtol=0, atol=1e-12)


def test_numbers_may_change_from_step_to_step_and_be_learnt() -> None:
    """dL/dlambda = R, dL/dmu = lambda sum_i p_i^2."""
    z, labels = map(jnp.asarray, batch())
    ground, traces = Ordered(positions(C)), []

    @jax.jit
    def f(weight: jax.Array, bias: jax.Array) -> jax.Array:
        traces.append(weight)
        return xemd_loss(z, labels, ground=ground, emd_weight=weight, bias=bias)

    for weight in (0.0, 0.3, 0.6):
        by_weight, by_bias = jax.grad(f, argnums=(0, 1))(weight, 0.5)
        R = emd_ref.ground_distance_penalty(*batch(), ground=ground, bias=0.5, from_logits=True)
        np.testing.assert_allclose(float(by_weight), R.mean(), rtol=1e-14)
        squares = np.sum(emd_ref.softmax(batch()[0]) ** 2, axis=-1)
        np.testing.assert_allclose(float(by_bias), weight * squares.mean(), rtol=1e-14)
    assert len(traces) == 1  # compiled once


def test_ground_distances_are_pytrees() -> None:
    matrix = draw.metric_matrix(C)
    (leaf,) = jax.tree.leaves(GroundDistance(matrix))
    assert leaf is matrix
    nonsense = jax.tree.map(lambda x: "no matrix at all", GroundDistance(matrix))  # as JAX does in passing
    assert nonsense.distances == "no matrix at all"
    grounds = (Ordered(), Ordered(positions(C)), Circular(), Tree([C] * C + [-1]))
    assert jax.tree.leaves(grounds) == []
    z, labels = map(jnp.asarray, batch())
    by_argument = jax.jit(lambda z, ground: squared_emd_loss(z, labels, ground=ground))
    static = jax.jit(lambda z, ground: squared_emd_loss(z, labels, ground=ground), static_argnums=1)
    for ground in (*grounds, GroundDistance(matrix)):
        value = by_argument(z, ground)
        wanted = emd_ref.squared_emd(*batch(), ground=ground, from_logits=True).mean()
        np.testing.assert_allclose(float(value), wanted, rtol=0, atol=LOOSE * C)
        if ground == Circular():
            assert float(static(z, ground)) == float(value)
