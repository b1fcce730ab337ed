"""The losses of emd_ref.jax pass the conformance suite, value and gradient, through their derivative rules."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import emd_conformance
import jax
import pytest
from support import xla

from emd_ref import GroundDistance
from emd_ref.jax import emd_loss, squared_emd_loss, xe_squared_emd_loss, xemd_loss


@pytest.fixture(autouse=True)
def wide() -> Iterator[None]:
    with xla.enable_x64(True):
        yield


def cases() -> list[emd_conformance.Case]:
    """The cases of the two commonest shapes: JAX compiles anew for every shape."""
    known = [case for case in emd_conformance.vectors() if not case.invalid]
    commonest = Counter((len(case.predicted), case.classes) for case in known).most_common(2)
    shapes = {shape for shape, _ in commonest}
    return [case for case in known if (len(case.predicted), case.classes) in shapes]


def conforms(loss, **declaration) -> None:
    report = emd_conformance.run(
        loss, array="jax", grad="autograd", cases=declaration.pop("cases", cases()), **declaration
    )
    assert report.verdict == "conforms", str(report)
    assert {result.quantity for result in report.examined} >= {"value", "gradient"}


@pytest.mark.costly
@pytest.mark.parametrize(
    ("input", "target", "reduction"),
    [("probabilities", "distribution", "none"), ("logits", "labels", "mean"), ("logits", "distribution", "sum")],
)
def test_squared_emd_loss_conforms(input: str, target: str, reduction: str) -> None:
    loss = jax.jit(partial(squared_emd_loss, from_logits=input == "logits", reduction=reduction))
    conforms(loss, input=input, target=target, reduction=reduction)


def test_invalid_input_is_refused_as_the_specification_says() -> None:
    loss = partial(squared_emd_loss, from_logits=False, reduction="none")
    conforms(loss, validates=True, cases=[case for case in emd_conformance.vectors() if case.invalid] + cases()[:1])


def test_emd_loss_conforms() -> None:
    conforms(jax.jit(partial(emd_loss, from_logits=False, reduction="sum")), reduction="sum", computes="W1")


def test_xemd_loss_conforms() -> None:
    @jax.jit
    def loss(p, k, G, weight, exponent, bias):
        options = {"ground": GroundDistance(G), "emd_weight": weight, "exponent": exponent, "bias": bias}
        return xemd_loss(p, k, from_logits=False, reduction="none", **options)

    call = "p, k, G, weight, exponent, bias"
    conforms(loss, target="labels", ground="matrix", computes="XE + weight*R", call=call)


def test_xe_squared_emd_loss_conforms() -> None:
    @jax.jit
    def loss(p, k, G, weight):
        return xe_squared_emd_loss(
            p, k, ground=GroundDistance(G), emd_weight=weight, from_logits=False, reduction="none"
        )

    few = [case for case in emd_conformance.vectors() if case.id.startswith("xemd/") and case.gradient is not None]
    conforms(loss, target="labels", ground="matrix", computes="XE + weight*E", call="p, k, G, weight", cases=few)
