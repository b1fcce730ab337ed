"""What is no valid argument of a loss for PyTorch is refused in words that name it."""

from inspect import signature
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch

import emd_ref
from emd_ref import GroundDistance, Ordered
from emd_ref.torch import SelfGuidedXEMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss

GROUND = GroundDistance(np.array([[0.0, 1, 2], [1, 0, 1], [2, 1, 0]]))
LABELS = torch.tensor([0, 1])


def ask(loss: torch.nn.Module, **options: Any) -> torch.Tensor:
    return loss(torch.zeros(2, 3, requires_grad=True), LABELS, **options)


@pytest.mark.parametrize(
    ("weight", "error", "words"),
    [
        ([1.0, 2.0], TypeError, "`sample_weight` is of list: it must be a tensor"),
        (np.array([1.0, 2.0]), TypeError, "`sample_weight` is of ndarray: it must be a tensor"),
        (torch.tensor([1.0, float("nan")]), ValueError, r"`sample_weight`\[1\] is nan: weights must be finite"),
        (torch.tensor([-1.0, 1.0]), ValueError, r"`sample_weight`\[0\] is -1.0"),
        (torch.tensor([1.0, float("inf")]), ValueError, r"`sample_weight`\[1\] is inf"),
        (torch.tensor([1j, 1]), TypeError, "`sample_weight` has dtype torch.complex64"),
        (torch.ones(3), ValueError, r"`sample_weight` has shape \(3,\): it must have shape \(2,\)"),
    ],
)
def test_weights_are_finite_and_not_negative(weight: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ask(SquaredEMDLoss(), sample_weight=weight)


def test_weights_may_be_integers_or_a_mask() -> None:
    for weight in (torch.tensor([1, 0]), torch.tensor([True, False])):
        assert ask(SquaredEMDLoss(), sample_weight=weight) == ask(
            SquaredEMDLoss(), sample_weight=torch.tensor([1.0, 0.0])
        )


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (
            lambda: SquaredEMDLoss(ignore_index=None),
            TypeError,
            "`ignore_index` is None: it must be an integer; to ignore",
        ),
        (lambda: SquaredEMDLoss(ignore_index=1.5), TypeError, "`ignore_index` is 1.5"),
        (lambda: SquaredEMDLoss(check="no"), TypeError, "`check` is 'no': it must be True or False"),
        (lambda: SquaredEMDLoss(from_logits=None), TypeError, "`from_logits` is None: it must be True or False"),
        (lambda: SquaredEMDLoss(ground=None), TypeError, "`ground` must be Ordered.*got NoneType"),
        (lambda: SquaredEMDLoss(ground=Ordered), TypeError, r"`ground` must be .*write Ordered\(\), not Ordered"),
        (lambda: XEMDLoss(ground=GROUND, emd_weight=float("nan")), ValueError, "`emd_weight` is nan"),
        (
            lambda: XEMDLoss(ground=GROUND, emd_weight=torch.tensor(2.0)),
            TypeError,
            r"`emd_weight` is .*as float\(tensor\) is",
        ),
        (lambda: XEMDLoss(ground=GROUND, exponent=0), ValueError, "`exponent` is 0: it must be positive"),
        (lambda: XEMDLoss(ground=GROUND, bias=1j), TypeError, "`bias` is 1j"),
        (lambda: SelfGuidedXEMDLoss(0), ValueError, "`num_classes` is 0"),
        (lambda: SelfGuidedXEMDLoss(3, ratio=float("nan")), ValueError, "`ratio` is nan"),
        (lambda: SelfGuidedXEMDLoss(3, head_start=1.5), TypeError, "`head_start` is 1.5"),
        (lambda: SelfGuidedXEMDLoss(3, exponent=-1), ValueError, "`exponent` is -1: it must be positive"),
        (lambda: ask(SelfGuidedXEMDLoss(3), features=[[1.0]]), TypeError, "`features` is of list: it must be a tensor"),
    ],
)
def test_options_are_of_their_types(make: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_sparse_and_nested_tensors_are_refused() -> None:
    with pytest.raises(TypeError, match="`predicted` is a sparse or nested tensor: convert it first"):
        emd_ref.squared_emd(torch.eye(3).to_sparse(), torch.arange(3))
    with pytest.raises(TypeError, match="`target` is a sparse or nested tensor"):
        emd_ref.squared_emd(torch.eye(3), torch.eye(3).to_sparse_csr())


NUMBERS = ("emd_weight", "exponent", "bias", "label_smoothing", "head_start", "ratio")
FIRST: dict[type, dict[str, Any]] = {
    XEMDLoss: {"ground": GROUND},
    XESquaredEMDLoss: {},
    SelfGuidedXEMDLoss: {"num_classes": 3},
}


@pytest.mark.parametrize(("kind", "name"), [(x, y) for x in FIRST for y in NUMBERS if y in signature(x).parameters])
def test_numbers_of_jax_are_refused(kind: type, name: str) -> None:
    """PyTorch could not differentiate them."""
    with pytest.raises(TypeError, match=f"`{name}` is"):
        kind(**FIRST[kind], **{name: jnp.asarray(0.5)})
