"""A training step on plain logits and labels, where the general way spends more time in Python than in arithmetic.

It serves tensors of logits (N, C) and labels (N,) that are seen to be valid at once. For anything else, invalid or
ignored labels included, it returns None, and the general way computes or raises the errors. NumPy computes few numbers
in half the time that PyTorch takes; PyTorch scans many rows in a third of NumPy's.
"""

import math

import numpy as np
import torch
from torch import Tensor

from emd_ref._fast.blocks import BLOCK
from emd_ref._fast.operations import NUMPY
from emd_ref._fast.products import MANY_NUMBERS
from emd_ref._formulas.batch import Batch, Formula
from emd_ref._formulas.gradients import softmax
from emd_ref._grounds import Ground
from emd_ref._libraries.kinds import Array, DType
from emd_ref._losses import Reduction
from emd_ref._quiet import QUIET
from emd_ref.torch._unrecorded import WORKSPACE, Labelled


def step(
    formula: Formula, ground: Ground, logits: Tensor, labels: Tensor, ignore_index: int, reduction: Reduction
) -> tuple[Tensor, Tensor] | None:
    """The reduced loss and its gradient, in the dtype of the logits; None unless all labels and logits are valid."""
    k = labels.numpy()
    least, greatest = k.item(k.argmin()), k.item(k.argmax())
    if least < 0 or greatest >= logits.shape[1] or least <= ignore_index <= greatest:
        return None
    z = logits.detach()
    if z.numel() >= MANY_NUMBERS:
        return _in_blocks(formula, ground, z, labels, reduction)
    E, g = QUIET.copy().run(_by_numpy, formula, ground, z.numpy(), k, reduction)
    loss = QUIET.copy().run(_reduced, E, reduction, g.dtype)
    return None if _holds_nan(loss) else (torch.from_numpy(loss), torch.from_numpy(g))


def _by_numpy(
    formula: Formula, ground: Ground, logits: Array, labels: Array, reduction: Reduction
) -> tuple[Array, Array]:
    """The value of each sample and the gradient of the loss, by NumPy at once."""
    z = logits.astype(np.float64)
    t = NUMPY.one_hot(labels, z, labels_checked=True)
    E, gradient = formula(Batch(NUMPY, softmax(NUMPY, z), t, labels, z), ground)
    g = gradient()
    if reduction == "mean":
        g *= 1.0 / len(E)
    return E, g.astype(logits.dtype)


def _in_blocks(
    formula: Formula, ground: Ground, z: Tensor, labels: Tensor, reduction: Reduction
) -> tuple[Tensor, Tensor] | None:
    """Both by PyTorch, in blocks of rows whose numbers in float64 stay in a cache."""
    g, scale = torch.empty_like(z), 1.0 / len(z) if reduction == "mean" else 1.0
    rows = max(1, BLOCK // z.shape[1])
    if rows >= len(z):
        E = _block(formula, ground, z, labels, scale, g)
    else:
        blocks = [slice(i, i + rows) for i in range(0, len(z), rows)]
        E = np.concatenate([_block(formula, ground, z[b], labels[b], scale, g[b]) for b in blocks])
    loss = QUIET.copy().run(_reduced, E, reduction, g.numpy().dtype)
    return None if _holds_nan(loss) else (torch.from_numpy(loss), g)


def _block(formula: Formula, ground: Ground, z: Tensor, labels: Tensor, scale: float, out: Tensor) -> Array:
    """The value of each sample; the gradient of the loss is written into `out`."""
    WORKSPACE.begin()
    E, gradient = formula(Labelled(WORKSPACE.take(z).copy_(z), labels), ground)
    out.copy_(gradient().mul_(scale))
    return E.numpy()


def _reduced(E: Array, reduction: Reduction, dtype: DType) -> Array:
    """The loss, of no dimension or one, in the dtype of the logits."""
    if reduction != "none":
        E = E.sum() if reduction == "sum" else E.sum() / len(E)  # `mean` takes twice as long for few numbers
    return np.asarray(E, dtype)


def _holds_nan(loss: Array) -> bool:
    """Whether there is a NaN among a few numbers, or one number is NaN."""
    return bool((loss != loss).any()) if loss.ndim else math.isnan(loss.item())
