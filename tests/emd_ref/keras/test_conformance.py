"""The losses of emd_ref.keras pass the conformance suite, value and gradient."""

from collections import Counter

import emd_conformance
import jax
import numpy as np
import pytest
from support import xla
from support.keras_losses import BACKEND
from support.thorough import published_cases

from emd_ref import GroundDistance
from emd_ref.keras import EMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss

REFUSED = {"rare/logits-as-probabilities-4"}  # the losses of Keras take it for a softmax of a softmax


def ready(loss):
    """The loss as it is called while a model is trained: JAX compiles it."""
    return jax.jit(loss) if BACKEND == "jax" else loss


def cases() -> list[emd_conformance.Case]:
    """All cases, or a sample; for JAX, which compiles anew for every shape, those of the two commonest shapes."""
    published = emd_conformance.vectors() if BACKEND == "jax" else published_cases()
    known = [case for case in published if not case.invalid and case.id not in REFUSED]
    shapes = Counter((len(case.predicted), case.classes) for case in known).most_common(2 if BACKEND == "jax" else None)
    return [case for case in known if (len(case.predicted), case.classes) in dict(shapes)]


def conforms(loss, dtype: str = "float64", **declaration) -> None:
    with xla.enable_x64(dtype == "float64"):
        report = emd_conformance.run(loss, dtype=dtype, array=BACKEND, grad="autograd", cases=cases(), **declaration)
    assert report.verdict == "conforms", str(report)
    assert {result.quantity for result in report.examined} >= {"value", "gradient"}


@pytest.mark.costly
@pytest.mark.parametrize(
    ("input", "target", "label_shape", "dtype"),
    [
        ("logits", "labels", "(N,)", "float64"),
        ("logits", "labels", "(N,1)", "float32"),
        ("probabilities", "distribution", "(N,)", "float64"),
        ("probabilities", "distribution", "(N,)", "float32"),
    ],
)
def test_squared_emd_loss_conforms(input: str, target: str, label_shape: str, dtype: str) -> None:
    reduction = "none" if dtype == "float64" else "mean"  # on PyTorch, Keras itself rounds a mean to float32
    loss = ready(SquaredEMDLoss(from_logits=input == "logits", reduction=reduction, dtype=dtype))
    labels = {"target": target, "label_shape": label_shape}
    conforms(loss, dtype, order="target-first", input=input, reduction=reduction, **labels)


def test_emd_loss_conforms() -> None:
    loss = ready(EMDLoss(from_logits=False, reduction="none", dtype="float64"))
    conforms(loss, order="target-first", computes="W1")


@pytest.mark.costly
@pytest.mark.parametrize("input", ["logits", "probabilities"])
@pytest.mark.parametrize(("name", "computes"), [(XEMDLoss, "XE + weight*R"), (XESquaredEMDLoss, "XE + weight*E")])
def test_losses_with_cross_entropy_conform(name: type, computes: str, input: str) -> None:
    def loss(k, p, G, weight, exponent, bias):
        power = {"exponent": exponent, "bias": bias} if name is XEMDLoss else {}
        options = {"from_logits": input == "logits", "reduction": "none", "dtype": "float64", "emd_weight": weight}
        return ready(name(ground=GroundDistance(np.asarray(G)), **options, **power))(k, p)

    call = "k, p, G, weight, exponent, bias"
    conforms(loss, call=call, ground="matrix", input=input, target="labels", computes=computes)
