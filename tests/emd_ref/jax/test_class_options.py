"""Class weights, label smoothing and masks of emd_ref.jax, against their definition written out in float64."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from support.class_options import BIAS, EXPONENT, WEIGHT, C, G, batch, cross_entropy, ground_term, mean

from emd_ref import GroundDistance, Ordered
from emd_ref.jax import emd_loss, squared_emd_loss, xe_squared_emd_loss, xemd_loss

PENALTY: dict[str, Any] = {"ground": GroundDistance(G), "exponent": EXPONENT, "bias": BIAS}
TERMS: dict[str, Callable[..., Any]] = {
    "squared": squared_emd_loss,
    "exact": emd_loss,
    "penalty": partial(xemd_loss, emd_weight=0.7, **PENALTY),
    "both": partial(xe_squared_emd_loss, emd_weight=0.7),
}
every_smoothing = pytest.mark.parametrize("smoothing", [0.0, 0.3])
every_term = pytest.mark.parametrize(
    ("term", "soft"), [(term, soft) for term in TERMS for soft in (False, True) if not (term == "penalty" and soft)]
)
CLOSE = {"rtol": 1e-12, "atol": 1e-15}


def expected(term: str, z: np.ndarray, target: np.ndarray, weight: np.ndarray, smoothing: float) -> np.ndarray:
    if term in ("squared", "exact"):
        return ground_term(term, z, target, weight, smoothing)
    kind = "penalty" if term == "penalty" else "squared"
    return cross_entropy(z, target, weight, smoothing) + 0.7 * ground_term(kind, z, target, weight, smoothing)


@every_term
@every_smoothing
def test_values_are_those_of_the_definition(term: str, soft: bool, smoothing: float) -> None:
    z, target = batch(soft)
    samples = np.linspace(0.5, 2.0, len(z))
    for weight in (np.ones(C), WEIGHT):
        loss = partial(TERMS[term], weight=jnp.asarray(weight), label_smoothing=smoothing)
        each = expected(term, z, target, weight, smoothing)
        np.testing.assert_allclose(loss(z, target, reduction="none"), each, **CLOSE)
        np.testing.assert_allclose(loss(z, target), mean(each, target, weight), **CLOSE)
        found = jax.jit(loss)(z, target, sample_weight=samples)
        np.testing.assert_allclose(found, mean(each, target, weight, samples), **CLOSE)
        total = loss(z, target, sample_weight=samples, reduction="sum")
        np.testing.assert_allclose(total, (samples * each).sum(), **CLOSE)


@every_term
@every_smoothing
def test_gradients_are_the_differences_of_values(term: str, soft: bool, smoothing: float) -> None:
    """Along one direction, by central differences of step h, whose error is about h^2; so by class weights."""
    z, target = batch(soft)
    loss = partial(TERMS[term], label_smoothing=smoothing)
    along, h = np.random.default_rng(1).normal(size=z.shape), 1e-5
    by_logits, by_weight = jax.jit(jax.grad(lambda z, w: loss(z, target, weight=w), argnums=(0, 1)))(z, WEIGHT)
    ahead, behind = (float(loss(z + step * along, target, weight=WEIGHT)) for step in (h, -h))
    np.testing.assert_allclose(np.vdot(by_logits, along), (ahead - behind) / (2 * h), rtol=1e-8, atol=1e-8)
    change = np.asarray([1.0, -0.5, 0.0, 0.2, 0.1])  # of the class of weight 0 it would be negative
    ahead, behind = (float(loss(z, target, weight=WEIGHT + step * change)) for step in (h, -h))
    np.testing.assert_allclose(np.vdot(by_weight, change), (ahead - behind) / (2 * h), rtol=1e-8, atol=1e-8)


@pytest.mark.costly
@every_term
def test_samples_outside_the_mask_do_not_count_whatever_they_hold(term: str, soft: bool) -> None:
    z, target = batch(soft)
    counts = np.arange(len(z)) % 3 != 1
    holed, wrong = np.where(counts[:, None], z, np.nan), target.copy()
    wrong[~counts] = -7
    for options in ({}, {"weight": WEIGHT, "label_smoothing": 0.3}):
        loss = partial(TERMS[term], **options)
        value, gradient = jax.value_and_grad(partial(loss, where=counts))(holed, wrong)
        alone, of_alone = jax.value_and_grad(loss)(z[counts], target[counts])
        np.testing.assert_allclose(value, alone, **CLOSE)
        np.testing.assert_allclose(np.asarray(gradient)[counts], of_alone, rtol=1e-11, atol=1e-15)
        assert not np.asarray(gradient)[~counts].any()
        each = jax.jit(partial(loss, reduction="none"))(holed, wrong, where=counts)
        assert not np.asarray(each)[~counts].any()


def test_a_mask_is_added_to_ignored_labels_and_weights() -> None:
    z, labels = batch(False)
    samples, ignoring = np.linspace(0.5, 2.0, 8), np.where(np.arange(8) < 2, -100, labels)
    counts = np.arange(8) != 5
    kept = counts & (ignoring != -100)
    value = squared_emd_loss(z, ignoring, where=counts, sample_weight=samples, axis=-1)
    np.testing.assert_allclose(value, squared_emd_loss(z[kept], labels[kept], sample_weight=samples[kept]), **CLOSE)
    maps = np.moveaxis(z.reshape(2, 4, C), -1, 1)
    of_maps = squared_emd_loss(maps, ignoring.reshape(2, 4), where=counts.reshape(2, 4), axis=1)
    np.testing.assert_allclose(of_maps, squared_emd_loss(z[kept], labels[kept]), **CLOSE)
    assert np.isnan(squared_emd_loss(z, labels, where=np.zeros(8, bool)))


def test_options_work_under_vmap() -> None:
    z, labels = map(jnp.asarray, batch(False))
    loss = partial(xe_squared_emd_loss, ground=Ordered(), weight=WEIGHT, label_smoothing=0.3, reduction="sum")
    each = jax.vmap(lambda z, k, counts: loss(z, k, where=counts))(z, labels, jnp.arange(8) != 3)
    np.testing.assert_allclose(each, loss(z, labels, where=np.arange(8) != 3, reduction="none"), **CLOSE)
