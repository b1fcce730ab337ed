"""The losses of emd_ref.jax, a batch for them, and what the reference gives for it."""

from functools import partial

import numpy as np
import pytest

import emd_ref
from emd_ref.jax import emd_loss, squared_emd_loss, xe_squared_emd_loss, xemd_loss

C, N = 5, 6
PENALTY = {"emd_weight": 0.3, "exponent": 2.0, "bias": -0.25}
LOSSES = (squared_emd_loss, emd_loss, partial(xemd_loss, **PENALTY), partial(xe_squared_emd_loss, emd_weight=0.3))
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=["squared", "exact", "xemd", "xe-squared"])
# JAX sums the same C terms in an order of its own, and its exp is 1 ulp off: C roundings of numbers up to 2 W = 2 C,
# at 64 times that for the divisions of a softmax and the products of its derivative
LOOSE = 64 * C * 2.0**-53 * 2 * C


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
