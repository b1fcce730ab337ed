"""A training step on plain logits and labels, where the general way spends more time in Python than in arithmetic.

It serves tensors of logits (N, C) and labels (N,) that are seen to be valid at once. For anything else, invalid or
ignored labels included, it returns None, and the general way computes or raises the errors. NumPy computes few numbers
in half the time that PyTorch takes; PyTorch scans many rows in a third of NumPy's.
"""

import math
import threading

import numpy as np
import torch
from torch import Tensor

from emd_ref._fast.blocks import BLOCK
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


class Workspace(threading.local):
    """Memory that a thread keeps for the numbers of a block: fresh memory would take longer than the arithmetic."""

    def __init__(self) -> None:
        self._kept: list[Tensor] = []
        self._taken = 0

    def begin(self) -> None:
        """All that was taken may be overwritten from now on."""
        self._taken = 0

    def take(self, like: Tensor) -> Tensor:
        """Return a matrix of the shape of `like` in float64, whose numbers are not set."""
        if like.numel() > BLOCK:
            return like.new_empty(like.shape, dtype=torch.float64)
        if self._taken == len(self._kept):
            self._kept.append(torch.empty(BLOCK, dtype=torch.float64, device="cpu"))
        self._taken += 1
        return self._kept[self._taken - 1].as_strided(like.shape, (like.shape[-1], 1))


WORKSPACE = Workspace()
FAR = 300.0  # e^300 may be added 10^178 times in float64


def _numpy_has_fast_powers() -> bool:
    """Whether NumPy's `exp` of float64 computes eight numbers at once, in less than half of PyTorch's time."""
    found = np.lib.introspect.opt_func_info("^exp$", "float64").get("exp", {})  # nothing on some processors
    return any(kind["current"] in ("AVX512_SKX", "X86_V4") for kind in found.values())  # two names of the same


NUMPY_HAS_FAST_POWERS = _numpy_has_fast_powers()


class Unrecorded(TorchOperations):
    """PyTorch, for tensors of which nobody records a gradient: they may be overwritten, and lie in the workspace."""

    def multiplied(self, x: Tensor, y: Tensor) -> Tensor:
        return x.mul_(y)

    def divided(self, x: Tensor, y: Tensor) -> Tensor:
        return x.mul_(y.reciprocal())  # a division takes four times as long; there is one y for each sample

    def difference(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.sub(x, y, out=WORKSPACE.take(x))

    def cumulative_sum(self, x: Tensor) -> Tensor:
        return torch.cumsum(x, -1, out=WORKSPACE.take(x))

    def suffix_sum(self, x: Tensor, times: float = 1.0) -> Tensor:
        sums = self.cumulative_sum(x)  # what follows takes less time than to reverse twice
        total = sums[..., -1:].clone()
        return torch.sub(x, sums, out=sums).add_(total).mul_(times)

    def inner(self, a: Tensor, b: Tensor, axis: int = -1, keepdims: bool = False) -> Tensor:
        products = torch.from_numpy(np.einsum("ij,ij->i", a.numpy(), b.numpy()))
        return products.unsqueeze(axis) if keepdims else products

    def exponentials(self, z: Tensor, axis: int = -1) -> Tensor:
        """e^z, or e^(z - max z) if a power might overflow."""
        powers = WORKSPACE.take(z)
        least, greatest = torch.aminmax(z)
        if not (-FAR < least.item() and greatest.item() < FAR):
            z = torch.sub(z, z.amax(axis, keepdim=True), out=powers)
        if NUMPY_HAS_FAST_POWERS:
            QUIET.copy().run(np.exp, z.numpy(), powers.numpy())
            return powers
        return torch.exp(z, out=powers)

    def one_hot(self, labels: Tensor, like: Tensor, labels_checked: bool) -> Tensor:
        return WORKSPACE.take(like).zero_().scatter_(-1, labels.unsqueeze(-1), 1.0)


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
        return _in_blocks(formula, ground, z, labels, reduction)
    E, g = QUIET.copy().run(_evaluated, NUMPY, formula, ground, z.numpy().astype(np.float64), k)
    loss = _reduced(E, reduction)
    if _holds_nan(loss):
        return None
    if reduction == "mean":
        g *= 1.0 / len(E)
    return torch.as_tensor(loss, dtype=dtype), torch.as_tensor(g, dtype=dtype)


def _in_blocks(
    formula: Formula, ground: Ground, z: Tensor, labels: Tensor, reduction: Reduction
) -> tuple[Tensor, Tensor] | None:
    """Both by PyTorch, in blocks of rows whose numbers in float64 stay in a cache."""
    values, gradient = list[Tensor](), torch.empty_like(z)
    rows, scale = max(1, BLOCK // z.shape[1]), 1.0 / len(z) if reduction == "mean" else 1.0
    for i in range(0, len(z), rows):
        WORKSPACE.begin()
        some = z[i : i + rows]
        E, g = _evaluated(UNRECORDED, formula, ground, WORKSPACE.take(some).copy_(some), labels[i : i + rows])
        values.append(E)
        gradient[i : i + rows] = g.mul_(scale)
    loss = _reduced(torch.cat(values) if len(values) > 1 else values[0], reduction)
    return None if _holds_nan(loss) else (loss.to(z.dtype), gradient)


def _evaluated(ops: Standard, formula: Formula, ground: Ground, z: Array, labels: Array) -> tuple[Array, Array]:
    """Value and gradient of each sample in float64, for valid labels; the value is NaN where a logit is invalid."""
    batch = Batch(ops, softmax(ops, z), ops.one_hot(labels, z, labels_checked=True), labels, z)
    E, gradient = formula(batch, ground)
    return E, gradient()


def _reduced(E: Array, reduction: Reduction) -> Array:
    if reduction == "none":
        return E
    return E.sum() if reduction == "sum" else E.mean()


def _holds_nan(loss: Array) -> bool:
    """Whether there is a NaN among a few numbers, or one number is NaN."""
    return bool((loss != loss).any()) if loss.ndim else math.isnan(loss.item())
