"""Softmax, and the conventions for the gradient with respect to a distribution (specification, 5.4 and 5.5)."""

import numpy as np
from support import draw
from support.backends import Backend

import emd_ref
from emd_ref import squared_emd_grad

ROUNDING = 64 * 5 * 2.0**-53 * 2 * 5  # of sums of 5 numbers of at most 2 x 5


def soft_pairs() -> tuple[np.ndarray, np.ndarray]:
    """Distributions without zeros."""
    p, t = draw.pairs(5)
    return p[:8], t[:8]


def test_the_gradient_of_the_paper_is_the_normalised_one() -> None:
    """2 sum_i D_i (sum_{j<=i} (delta_nj - p_j)), as the paper writes it."""
    p, t = soft_pairs()
    D, P = np.cumsum(p - t, axis=-1), np.cumsum(p, axis=-1)
    ours = emd_ref.normalised_gradient(squared_emd_grad(p, t), p)
    steps = (np.arange(5)[None, :] <= np.arange(5)[:, None]).astype(float)  # [i, n] = sum_{j<=i} delta_nj
    papers = 2 * np.einsum("si,sin->sn", D, steps[None] - P[:, :, None])
    np.testing.assert_allclose(ours, papers, rtol=0, atol=ROUNDING)


def test_conventions_differ_by_a_constant_and_agree_for_logits() -> None:
    p, t = soft_pairs()
    g = squared_emd_grad(p, t)
    simplex, normalised = emd_ref.simplex_gradient(g), emd_ref.normalised_gradient(g, p)
    for other in (simplex, normalised):
        np.testing.assert_allclose(np.ptp(g - other, axis=-1), 0, atol=ROUNDING)
        through = emd_ref.logits_gradient(other, p)
        np.testing.assert_allclose(through, emd_ref.logits_gradient(g, p), rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(simplex.sum(axis=-1), 0, atol=ROUNDING)
    np.testing.assert_allclose((p * normalised).sum(axis=-1), 0, atol=ROUNDING)


def test_convention_functions_run_on_every_backend_and_axis(backend: Backend) -> None:
    dtype = backend.dtypes[0]
    z = np.arange(12, dtype=dtype).reshape(3, 4) / 4
    p = backend(emd_ref.softmax, z)
    assert p.dtype == dtype
    np.testing.assert_allclose(p, np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True), rtol=1e-6)
    for function in (emd_ref.simplex_gradient, lambda g, **o: emd_ref.logits_gradient(g, backend.array(p), **o)):
        assert backend(function, z).shape == z.shape
    first = backend(emd_ref.softmax, np.ascontiguousarray(z.T), axis=0)
    np.testing.assert_array_equal(first, p.T)
