"""Values that JAX hides under jit and vmap: they are not validated, and impossible labels give NaN."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import emd_ref
from emd_ref import GroundDistance


@pytest.mark.parametrize("transform", [jax.jit, jax.vmap])
def test_hidden_values_are_not_validated_and_impossible_labels_give_nan(transform) -> None:
    p = jnp.asarray([[0.5, 0.5], [0.9, 0.9]])
    assert np.isfinite(transform(emd_ref.squared_emd)(p, p)).all()
    got = transform(emd_ref.squared_emd)(p[:1], jnp.asarray([2]))
    assert np.isnan(got).all()
    with pytest.raises(ValueError, match="`predicted` has no classes"):
        transform(lambda p, k: emd_ref.squared_emd(p, k))(jnp.zeros((1, 0)), jnp.asarray([0]))


def test_a_linear_programme_with_a_hidden_impossible_label_gives_nan() -> None:
    ground = GroundDistance(1.0 - np.eye(3))
    one_hot = jnp.asarray([[1.0, 0.0, 0.0], [jnp.nan, 0.0, 0.0]])
    got = jax.jit(lambda p, t: emd_ref.emd(p, t, ground=ground))(jnp.ones((2, 3)) / 3, one_hot)
    assert np.isnan(got).tolist() == [False, True]


def test_grounds_are_static_under_jit() -> None:
    compiled = jax.jit(emd_ref.squared_emd, static_argnames=("ground", "axis"))
    p, k = jnp.asarray([[0.5, 0.5]]), jnp.asarray([0])
    for ground in (emd_ref.Ordered(), emd_ref.Ordered([0, 2]), emd_ref.Circular(), emd_ref.Tree([2, 2, -1])):
        np.testing.assert_allclose(compiled(p, k, ground=ground), emd_ref.squared_emd(p, k, ground=ground), rtol=1e-6)
