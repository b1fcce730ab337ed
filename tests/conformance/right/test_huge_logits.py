"""Logits whose differences overflow: the bound is finite, and the right answer passes."""

import numpy as np
from emd_conformance import assert_right


def test_a_right_answer_passes() -> None:
    z, t = np.asarray([[1e308, 1.0, -1e308]]), np.asarray([[0.25, 0.25, 0.5]])
    right = 0.75**2 + 0.5**2  # p = (1, 0, 0)
    assert_right(np.asarray([right]), z, t, from_logits=True)
