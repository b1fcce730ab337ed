"""The arguments of a call are parsed as a template and filled with values."""

import numpy as np
import pytest
from emd_conformance._declaration.errors import CallError
from emd_conformance._declaration.template import arguments


def test_a_template_is_filled_with_names_and_literals_and_nothing_else():
    names = {"p": 1, "t": 2, "C": 5}
    assert arguments("t, p, onehot=True, scale=-2.5, n=C", names) == ([2, 1], {"onehot": True, "scale": -2.5, "n": 5})
    rows = names | {"x": np.array([0.0, 1.5, 4.0]), "k": np.array([2, 0])}
    (at, first), _ = arguments("x[k], x[:-1]", rows)
    assert (at.tolist(), first.tolist()) == ([4.0, 0.0], [0.0, 1.5])
    for bad in ("p[t]", "x[q]", "x[k]", "p, q", "p, f(t)", "p t", "p, t + 1"):
        with pytest.raises(CallError, match="call="):
            arguments(bad, names)
