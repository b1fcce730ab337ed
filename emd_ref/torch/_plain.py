"""A training step on plain logits and labels, where the general way spends more time in Python than in arithmetic.

It serves tensors of logits (N, C) and labels (N,) that are seen to be valid at once. For anything else, invalid or
ignored labels included, it returns None, and the general way computes or raises the errors. NumPy computes few numbers
in half the time that PyTorch takes; PyTorch scans many rows in a third of NumPy's.
"""

import numpy as np
import torch
from torch import Tensor

from emd_ref._fast.operations import NUMPY, TorchOperations
from emd_ref._fast.products import MANY_NUMBERS
from emd_ref._formulas.batch import Batch, Formula
from emd_ref._formulas.gradients import softmax
from emd_ref._grounds import Ground
from emd_ref._libraries import torch_namespace
from emd_ref._libraries.kinds import Array
from emd_ref._losses import Reduction
from emd_ref._operations import Standard
from emd_ref._quiet import QUIET


class Unrecorded(TorchOperations):
    """PyTorch, for tensors of which nobody records a gradient: they may be overwritten."""

    def multiplied(self, x: Tensor, y: Tensor) -> Tensor:
        return x.mul_(y)

    def divided(self, x: Tensor, y: Tensor) -> Tensor:
        return x.mul_(y.reciprocal())  # a division takes four times as long; there is one y for each sample

    def cumulative_sum(self, x: Tensor) -> Tensor:
        return x.cumsum(-1)

    def suffix_sum(self, x: Tensor, times: float = 1.0) -> Tensor:
        return x.flip(-1).cumsum_(-1).flip(-1).mul_(times)

    def inner(self, a: Tensor, b: Tensor, axis: int = -1, keepdims: bool = False) -> Tensor:
        products: Tensor = torch.linalg.vecdot(a, b, dim=axis)
        return products.unsqueeze(axis) if keepdims else products

    def exponentials(self, z: Tensor, axis: int = -1) -> Tensor:
        return (z - z.amax(axis, keepdim=True)).exp_()

    def one_hot(self, labels: Tensor, like: Tensor, labels_checked: bool) -> Tensor:
        return torch.zeros_like(like).scatter_(-1, labels.unsqueeze(-1), 1.0)


UNRECORDED = Unrecorded(torch_namespace)


def step(
    formula: Formula, ground: Ground, logits: Tensor, labels: Tensor, ignore_index: int, reduction: Reduction
) -> tuple[Tensor, Tensor] | None:
    """The reduced loss and its gradient, in the dtype of the logits; None unless all labels and logits are valid."""
    k = labels.numpy()
    least, greatest = k.item(k.argmin()), k.item(k.argmax())
    if least < 0 or greatest >= logits.shape[1] or least <= ignore_index <= greatest:
        return None
    z, dtype = logits.detach(), logits.dtype
    if z.numel() >= MANY_NUMBERS:
        found = _evaluated(UNRECORDED, formula, ground, z.double(), labels, reduction)
        return None if found is None else (found[0].to(dtype), found[1].to(dtype))
    found = QUIET.copy().run(_evaluated, NUMPY, formula, ground, z.numpy().astype(np.float64), k, reduction)
    return None if found is None else (torch.as_tensor(found[0], dtype=dtype), torch.as_tensor(found[1], dtype=dtype))


def _evaluated(
    ops: Standard, formula: Formula, ground: Ground, z: Array, labels: Array, reduction: Reduction
) -> tuple[Array, Array] | None:
    """Both in float64, for valid labels."""
    if not ops.are_logits(z):
        return None
    batch = Batch(ops, softmax(ops, z), ops.one_hot(labels, z, labels_checked=True), labels, z)
    E, gradient = formula(batch, ground)
    g = gradient()
    if reduction == "none":
        return E, g
    if reduction == "sum":
        return E.sum(), g
    g *= 1.0 / len(E)
    return E.sum() / len(E), g
