"""emd_ref.jax: trainable losses (values, derivatives of every kind, reductions, pytrees, sharded batches)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from support import draw
from support.grounds import NAMES, ground_pair, positions

import emd_ref
from emd_ref import Circular, GroundDistance, Ordered, Tree
from emd_ref.jax import emd_loss, squared_emd_loss, xe_squared_emd_loss, xemd_loss

C, N = 5, 6
PENALTY = {"weight": 0.3, "exponent": 2.0, "bias": -0.25}
LOSSES = (squared_emd_loss, emd_loss, partial(xemd_loss, **PENALTY), partial(xe_squared_emd_loss, weight=0.3))
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=["squared", "exact", "xemd", "xe-squared"])
# JAX sums the same C terms in an order of its own, and its exp is 1 ulp off: C roundings of numbers up to 2 W = 2 C,
# at 64 times that for the divisions of a softmax and the products of its derivative
LOOSE = 64 * C * 2.0**-53 * 2 * C


@pytest.fixture(autouse=True)
def wide() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def batch(soft: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 2, (N, C))
    return z, emd_ref.softmax(rng.normal(0, 2, (N, C))) if soft else np.arange(N) % C


def expected(loss, z: np.ndarray, target: np.ndarray, ground) -> tuple[np.ndarray, np.ndarray]:
    """Value and gradient of each sample by the reference on NumPy."""
    options = {"ground": ground, "from_logits": True}
    if loss is squared_emd_loss:
        return emd_ref.squared_emd_value_and_grad(z, target, **options)
    if loss is emd_loss:
        return emd_ref.emd_value_and_grad(z, target, **options)
    if loss is LOSSES[2]:
        return emd_ref.xemd_value_and_grad(z, target, **options, **PENALTY)
    E, g = emd_ref.squared_emd_value_and_grad(z, target, **options)
    t = np.eye(C)[target] if target.ndim == 1 else target
    return emd_ref.cross_entropy(z, target, from_logits=True) + 0.3 * E, emd_ref.softmax(z) - t + 0.3 * g


@pytest.mark.parametrize("name", NAMES)
@every_loss
def test_value_and_gradient_are_those_of_the_reference(loss, name: str) -> None:
    ground = ground_pair(name, C).ours
    for soft in (False, True):
        if soft and loss is LOSSES[2]:
            continue
        z, target = batch(soft)
        value, gradient = jax.value_and_grad(partial(loss, ground=ground))(jnp.asarray(z), jnp.asarray(target))
        values, gradients = expected(loss, z, target, ground)
        scale = 1 + float(ground.matrix(C).max())
        np.testing.assert_allclose(float(value), values.mean(), rtol=0, atol=LOOSE * scale)
        np.testing.assert_allclose(np.asarray(gradient), gradients / N, rtol=0, atol=LOOSE * scale)


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
    both = jax.grad(partial(xe_squared_emd_loss, weight=0.0, **options), argnums=1)(jnp.asarray(p), jnp.asarray(t))
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
        wanted.append((partial(xemd_loss, weight=0.3), 0.3 * (p * p).T @ t))
    wanted.append((partial(xe_squared_emd_loss, weight=0.3), -0.15 * d.T @ d))
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
        return xemd_loss(z, labels, ground=ground, weight=weight, bias=bias)

    for weight in (0.0, 0.3, 0.6):
        by_weight, by_bias = jax.grad(f, argnums=(0, 1))(weight, 0.5)
        R = emd_ref.ground_distance_penalty(*batch(), ground=ground, bias=0.5, from_logits=True)
        np.testing.assert_allclose(float(by_weight), R.mean(), rtol=1e-14)
        squares = np.sum(emd_ref.softmax(batch()[0]) ** 2, axis=-1)
        np.testing.assert_allclose(float(by_bias), weight * squares.mean(), rtol=1e-14)
    assert len(traces) == 1  # compiled once


def test_classes_may_lie_along_any_axis() -> None:
    z, labels = map(jnp.asarray, batch())
    maps, of_maps = jnp.zeros((2, C, 3)), jnp.zeros((2, 3), dtype=int)
    for loss in LOSSES:
        ahead, last = (partial(loss, ground=Ordered(), axis=axis) for axis in (0, -1))
        value, gradient = jax.value_and_grad(ahead)(z.T, labels)
        alike, same = jax.value_and_grad(last)(z, labels)
        assert float(value) == float(alike)
        assert np.array_equal(np.asarray(gradient), np.asarray(same).T)
        each = partial(loss, ground=Ordered(), axis=1, reduction="none")
        assert jax.eval_shape(each, maps, of_maps).shape == (2, 3)


def test_reductions_and_weights() -> None:
    """A mean with weights is divided by their sum."""
    z, labels = map(jnp.asarray, batch())
    each = np.asarray(squared_emd_loss(z, labels, reduction="none"))
    weight = np.arange(N) / 4
    options = {"sample_weight": jnp.asarray(weight)}
    np.testing.assert_allclose(squared_emd_loss(z, labels), each.mean(), rtol=1e-15)
    np.testing.assert_allclose(squared_emd_loss(z, labels, reduction="sum"), each.sum(), rtol=1e-15)
    assert np.array_equal(squared_emd_loss(z, labels, reduction="none", **options), each * weight)
    np.testing.assert_allclose(squared_emd_loss(z, labels, **options), weight @ each / weight.sum(), rtol=1e-15)
    learnt = jax.grad(lambda w: squared_emd_loss(z, labels, reduction="sum", sample_weight=w))(options["sample_weight"])
    np.testing.assert_allclose(learnt, each, rtol=1e-15)


@pytest.mark.parametrize("garbage", [0.0, np.nan, np.inf])
def test_ignored_samples_do_not_count_whatever_they_hold(garbage: float) -> None:
    z, labels = map(jnp.asarray, batch())
    kept = np.arange(N) % 3 != 1
    ignoring = jnp.where(kept, labels, -100)
    p = np.where(kept[:, None], emd_ref.softmax(np.asarray(z)), garbage)
    for loss in LOSSES:
        value, gradient = jax.value_and_grad(partial(loss, ground=Ordered(), from_logits=False))(p, ignoring)
        alone, _ = expected(loss, np.asarray(z)[kept], np.asarray(labels)[kept], Ordered())
        np.testing.assert_allclose(float(value), alone.mean(), rtol=0, atol=LOOSE * C)
        assert np.array_equal((np.asarray(gradient) == 0).all(axis=-1), ~kept)
        assert np.isfinite(np.asarray(gradient)).all()
    each = squared_emd_loss(p, ignoring, from_logits=False, reduction="none")
    assert np.array_equal(np.asarray(each) == 0, ~kept)


def test_a_label_is_ignored_only_if_it_is_the_ignored_one() -> None:
    """-100 is no number of 8 unsigned bits: 156, which has its bits, is a label like any other."""
    z, labels = np.zeros((2, 200)), np.asarray([156, 0], dtype=np.uint8)
    for ignored, count in ((-100, 0), (156, 1)):
        each = jax.jit(partial(squared_emd_loss, reduction="none", ignore_index=ignored))(z, labels)
        assert [float(value) == 0 for value in each] == [count == 1, False]


@every_loss
def test_a_label_that_does_not_exist_is_an_error_or_hidden_not_a_number(loss) -> None:
    z, labels = map(jnp.asarray, batch())
    wrong = labels.at[2].set(C)
    with pytest.raises(ValueError, match=r"`target`\[2\] is 5: it must be a label from 0 to 4"):
        jax.grad(partial(loss, ground=Ordered()))(z, wrong)
    hidden = jax.jit(partial(loss, ground=Ordered(), reduction="none"))(z, wrong)
    assert np.array_equal(np.isnan(hidden), np.arange(N) == 2)


@pytest.mark.parametrize(("dtype", "bits"), [("bfloat16", 32), ("float16", 64), ("float32", 32), ("float32", 64)])
def test_extreme_logits_and_perfect_predictions_are_finite_in_every_dtype(dtype: str, bits: int) -> None:
    with jax.enable_x64(bits == 64):
        labels, one_hot = np.arange(C), np.eye(C)

        @jax.jit
        def all_losses(z: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
            return [jax.value_and_grad(partial(loss, ground=Ordered()))(z, labels) for loss in LOSSES]

        for z in (1e4 * one_hot, -1e4 * one_hot):
            for value, gradient in all_losses(jnp.asarray(z, dtype=dtype)):
                assert value.dtype == gradient.dtype == dtype
                assert np.isfinite(value)
                assert np.isfinite(np.asarray(gradient)).all()
        # perfect predictions: their softmax is exactly one-hot, and the penalty is lambda mu
        perfect = all_losses(jnp.asarray(1e4 * one_hot, dtype=dtype))
        wanted = (0, 0, jnp.asarray(0.3 * -0.25, dtype=dtype), 0)
        for (value, gradient), exactly in zip(perfect, wanted, strict=True):
            assert float(value) == float(exactly)
            assert (np.asarray(gradient) == 0).all()


def test_32_bit_mode_differs_by_the_rounding_of_float32() -> None:
    z, labels = batch()
    with jax.enable_x64(False):
        for loss in LOSSES[::2]:
            f = jax.jit(jax.value_and_grad(partial(loss, ground=GroundDistance(draw.metric_matrix(C)))))
            value, gradient = f(z.astype(np.float32), jnp.asarray(labels))
            assert value.dtype == gradient.dtype == jnp.float32
            exactly = expected(loss, z.astype(np.float32).astype(float), labels, GroundDistance(draw.metric_matrix(C)))
            scale = 2.0**29 * draw.metric_matrix(C).max()  # of the rounding of float32 to that of float64
            np.testing.assert_allclose(float(value), exactly[0].mean(), rtol=0, atol=LOOSE * scale)
            np.testing.assert_allclose(np.asarray(gradient), exactly[1] / N, rtol=0, atol=LOOSE * scale)


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


def test_what_does_not_fit_is_refused() -> None:
    z, labels = map(jnp.asarray, batch())
    with pytest.raises(ValueError, match="`reduction` is 'average'"):
        squared_emd_loss(z, labels, reduction="average")
    with pytest.raises(TypeError, match="`predicted` must be an array of JAX or NumPy, got list"):
        squared_emd_loss(z.tolist(), labels)
    with pytest.raises(ValueError, match="an axis of length 1 is not dropped"):
        squared_emd_loss(z, labels[:, None])
    with pytest.raises(ValueError, match=r"`sample_weight` has shape \(3,\): it must have shape \(6,\)"):
        squared_emd_loss(z, labels, sample_weight=jnp.ones(3))
    with pytest.raises(ValueError, match="`exponent` is 0: it must be positive"):
        xemd_loss(z, labels, ground=Ordered(), exponent=0)
    with pytest.raises(TypeError, match="`target` has dtype float64: it must hold integer labels"):
        xemd_loss(z, jax.nn.softmax(z), ground=Ordered())
    with pytest.raises(ValueError, match="sums to"):
        squared_emd_loss(jnp.ones((N, C)), labels, from_logits=False)


def test_numpy_arrays_and_integers_are_taken_as_they_are() -> None:
    z, labels = batch()
    value = squared_emd_loss(z, labels)
    assert isinstance(value, jax.Array)
    assert float(value) == float(squared_emd_loss(jnp.asarray(z), jnp.asarray(labels)))
    np.testing.assert_allclose(
        float(squared_emd_loss(z[3], 3)), emd_ref.squared_emd(z[3], 3, from_logits=True), rtol=LOOSE
    )


SHARDED = """
import json
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from emd_ref import GroundDistance, Ordered
from emd_ref.jax import emd_loss, squared_emd_loss, xe_squared_emd_loss, xemd_loss

jax.config.update("jax_enable_x64", True)
z, labels = np.random.default_rng(0).normal(size=(6, 5)), np.arange(6) % 5
matrix = GroundDistance(np.abs(np.arange(5.0)[:, None] - np.arange(5.0)))
losses = [(squared_emd_loss, Ordered()), (emd_loss, Ordered()), (emd_loss, matrix), (xemd_loss, Ordered()),
    (xe_squared_emd_loss, matrix)]
f = jax.jit(lambda z, k: [jax.value_and_grad(loss)(z, k, ground=ground) for loss, ground in losses])
alone = f(jnp.asarray(z), jnp.asarray(labels))
results = []
for kind in (AxisType.Auto, AxisType.Explicit):
    rows = NamedSharding(jax.make_mesh((2,), ("batch",), axis_types=(kind,)), PartitionSpec("batch"))
    sharded = f(jax.device_put(z, rows), jax.device_put(labels, rows))
    for (loss, _), (value, gradient), (alike, same) in zip(losses, sharded, alone):
        error = max(abs(float(value - alike)), float(np.abs(np.asarray(gradient) - np.asarray(same)).max()))
        kept = gradient.sharding.is_equivalent_to(rows, 2) and len(gradient.sharding.device_set) == 2
        results.append([loss.__name__, str(kind), error, bool(kept)])
print(json.dumps(results))
"""


def test_a_batch_sharded_over_devices_gives_the_same_and_stays_sharded() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-P", "-c", SHARDED], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    assert len(results) == 10
    for loss, kind, error, kept in results:
        assert error <= LOOSE, (loss, kind, error)  # the sum over the batch takes another order
        assert kept, (loss, kind)
