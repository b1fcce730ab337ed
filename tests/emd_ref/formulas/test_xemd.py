"""The cross-entropies and the penalty, from their definitions (specification, section 6)."""

import numpy as np
import pytest

from emd_ref import GroundDistance, Ordered
from emd_ref._fast.operations import NUMPY
from emd_ref._formulas.batch import Batch
from emd_ref._formulas.xemd import cross_entropy, cross_entropy_and_squared_emd, penalty, xemd

G = np.asarray([[0.0, 1.0, 3.0], [1.0, 0.0, 0.5], [3.0, 0.5, 0.0]])


@pytest.fixture
def pt(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.dirichlet([1.0, 1.0, 1.0], 4), rng.dirichlet([1.0, 1.0, 1.0], 4)


@pytest.mark.parametrize(("exponent", "bias"), [(1.0, 0.0), (2.0, 0.25), (0.5, -0.5)])
def test_the_penalty_of_a_distribution_is_the_mean_of_that_of_its_labels(exponent: float, bias: float, pt) -> None:
    p, t = pt
    R, gradient = penalty(Batch(NUMPY, p, t), GroundDistance(G), exponent, bias)
    costs = np.einsum("nk,ik->ni", t, G**exponent) + bias
    np.testing.assert_allclose(R, (p * p * costs).sum(-1), rtol=1e-14)
    np.testing.assert_allclose(gradient(), 2 * p * costs, rtol=1e-14)


def test_the_cross_entropy_is_that_of_the_target(pt) -> None:
    p, t = pt
    XE, gradient = cross_entropy(Batch(NUMPY, p, t))
    np.testing.assert_allclose(XE, -(t * np.log(p)).sum(-1), rtol=1e-14)
    np.testing.assert_allclose(gradient(), -t / p, rtol=1e-14)


@pytest.mark.parametrize("emd_weight", [0.0, 0.5, 3.0])
def test_the_terms_are_added_with_their_factor(emd_weight: float, pt) -> None:
    p, t = pt
    XE, E, R = -(t * np.log(p)).sum(-1), (np.cumsum(p - t, -1) ** 2).sum(-1), (p * p * (t @ (G**2).T + 0.25)).sum(-1)
    value, gradient = cross_entropy_and_squared_emd(Batch(NUMPY, p, t), Ordered(), emd_weight)
    np.testing.assert_allclose(value, XE + emd_weight * E, rtol=1e-14)
    after = np.cumsum(np.cumsum(p - t, -1)[:, ::-1], -1)[:, ::-1]  # D_j + ... + D_C
    np.testing.assert_allclose(gradient(), -t / p + 2 * emd_weight * after, rtol=1e-13, atol=1e-14)
    value, _ = xemd(Batch(NUMPY, p, t), GroundDistance(G), emd_weight, exponent=2.0, bias=0.25)
    np.testing.assert_allclose(value, XE + emd_weight * R, rtol=1e-14)
