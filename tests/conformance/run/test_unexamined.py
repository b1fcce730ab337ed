"""An implementation does not conform while something that it declares was not examined; the headline names it."""

import emd_conformance
import losses
import pytest


@pytest.mark.parametrize(
    ("options", "unexamined"),
    [
        ({"grad": losses.free_gradient, "classes": (8200,)}, "the gradient"),
        ({"capabilities": ("empty-batch",), "classes": (3,)}, "the capability empty-batch"),
        ({"capabilities": ("batch-axes",), "classes": (1, 3, 777)}, "classes=777"),
        ({"computes": "E", "call": "p, t, weight=weight", "classes": (3,)}, "the argument weight"),
        ({"validates": True, "classes": (1,)}, "the validation"),
    ],
)
def test_what_was_declared_and_not_examined_is_named(options, unexamined):
    def loss(p, t, weight=1.0):
        return losses.validating(p, t)

    report = emd_conformance.run(loss, **({"classes": (1, 3)} | options))
    assert report.unexamined == (unexamined,)
    assert report.verdict == "conforms-partially"
    assert f"Not examined: {unexamined}" in " ".join(str(report).split())
