"""Class weights w and label smoothing s: v f(p, t') with t' = (1 - s) t + s/C and v = sum_c w_c t_c."""

import numpy as np
import pytest

from emd_ref import Circular, Ordered, squared_emd_value_and_grad
from emd_ref._fast.operations import NUMPY
from emd_ref._formulas.batch import Batch
from emd_ref._formulas.classes import with_classes
from emd_ref._formulas.squared_emd import squared_emd


@pytest.mark.parametrize("ground", [Ordered(), Circular()], ids=["line", "circle"])
@pytest.mark.parametrize("smoothing", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("weight", [None, np.asarray([0.5, 2.0, 0.0])], ids=["alike", "weighted"])
def test_classes_change_the_target_and_the_weight_of_a_sample(ground, smoothing, weight, rng) -> None:
    p, t = rng.dirichlet([1.0, 1.0, 1.0], 4), rng.dirichlet([1.0, 1.0, 1.0], 4)
    E, g = squared_emd_value_and_grad(p, (1 - smoothing) * t + smoothing / 3, ground=ground)
    v = np.ones(4) if weight is None else t @ weight
    value, gradient = with_classes(Batch(NUMPY, p, t), ground, squared_emd, weight, smoothing)
    np.testing.assert_allclose(value, v * E, rtol=1e-14)
    np.testing.assert_allclose(gradient(), v[:, None] * g, rtol=1e-13, atol=1e-15)
