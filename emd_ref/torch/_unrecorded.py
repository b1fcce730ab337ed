"""PyTorch on a CPU, for tensors of which nobody records a gradient: they may be overwritten, and memory is kept.

Fresh memory, and each pass over it, would take longer than the arithmetic.
"""

import threading

import numpy as np
import torch
from torch import Tensor

from emd_ref._fast.blocks import BLOCK
from emd_ref._fast.operations import NUMPY, TorchOperations
from emd_ref._fast.processor import AVX512
from emd_ref._fast.products import is_short
from emd_ref._formulas.batch import Batch
from emd_ref._libraries import torch_namespace
from emd_ref._quiet import QUIET


class Workspace(threading.local):
    """Memory that a thread keeps for the numbers of a block."""

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
MINUS_ONE = torch.tensor(-1.0, dtype=torch.float64, device="cpu")
ENOUGH = 1e-100  # a power that is lost beside a sum of this size is less than 10^-200 of it


class Unrecorded(TorchOperations):
    """Operations whose results lie in the workspace. What follows from their gradients is for logits."""

    def multiplied(self, x: Tensor, y: Tensor) -> Tensor:
        return x.mul_(y)

    def difference(self, x: Tensor, y: Tensor) -> Tensor:
        return torch.sub(x, y, out=WORKSPACE.take(x))

    def cumulative_sum(self, x: Tensor) -> Tensor:
        return torch.cumsum(x, -1, out=WORKSPACE.take(x))

    def suffix_sum(self, x: Tensor, times: float = 1.0) -> Tensor:
        """-(x_1 + ... + x_{j-1}), which is x_j + ... + x_C but for the sum of all: logits do not feel a constant."""
        sums, width = WORKSPACE.take(x), x.shape[-1] - 1
        sums.narrow(-1, 0, 1).zero_()
        torch.cumsum(x.narrow(-1, 0, width), -1, out=sums.narrow(-1, 1, width))
        return sums.mul_(-times)

    def inner(self, a: Tensor, b: Tensor, axis: int = -1, keepdims: bool = False) -> Tensor:
        x, y = a.numpy(), b.numpy()
        products = torch.from_numpy(np.einsum("ij,ij->i", x, y) if is_short(x) else NUMPY.inner(x, y))
        return products.unsqueeze(axis) if keepdims else products

    def one_hot(self, labels: Tensor, like: Tensor, labels_checked: bool) -> Tensor:
        return WORKSPACE.take(like).zero_().scatter_(-1, labels.unsqueeze(-1), 1.0)


UNRECORDED = Unrecorded(torch_namespace)


class Labelled(Batch):
    """Logits and valid labels of which p and d = p - t are computed in few passes; t only for who asks for it."""

    __slots__ = ()
    labels: Tensor

    def __init__(self, logits: Tensor, labels: Tensor) -> None:
        self.ops, self.logits, self.labels, self.cut_sums = UNRECORDED, logits, labels, None
        self.p = softmax(logits)

    @property
    def t(self) -> Tensor:
        """The distributions of the labels."""
        return UNRECORDED.one_hot(self.labels, self.p, labels_checked=True)

    @property
    def d(self) -> Tensor:
        """p, less 1 at the label."""
        d = WORKSPACE.take(self.p).copy_(self.p)
        return d.scatter_add_(-1, self.labels.unsqueeze(-1), MINUS_ONE.expand(len(d), 1))

    def through_softmax(self, g: Tensor) -> Tensor:
        """p (g - <p, g>), in the memory of g."""
        return g.sub_(UNRECORDED.inner(self.p, g, keepdims=True)).mul_(self.p)


def softmax(z: Tensor) -> Tensor:
    """e^{z_j} / sum_i e^{z_i}; the largest logit is subtracted only if a power leaves the range of its dtype."""
    powers = _powers(z)
    total = powers.sum(-1, keepdim=True)
    sums = total.numpy()
    if not (ENOUGH < sums.min() and sums.max() < 1 / ENOUGH):
        powers = _powers(z - z.amax(-1, keepdim=True))
        total = powers.sum(-1, keepdim=True)
    return powers.mul_(total.reciprocal_())  # a division of each takes four times as long


def _powers(z: Tensor) -> Tensor:
    powers = WORKSPACE.take(z)
    if AVX512:  # NumPy takes less than half of PyTorch's time
        QUIET.copy().run(np.exp, z.numpy(), powers.numpy())
        return powers
    return torch.exp(z, out=powers)
