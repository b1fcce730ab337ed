"""A batch of predictions and targets, as the formulas see it."""

from collections.abc import Callable
from typing import TypeAlias

from emd_ref._formulas.gradients import logits_gradient
from emd_ref._grounds import Ground
from emd_ref._libraries.arrays import rows
from emd_ref._libraries.host import beside
from emd_ref._libraries.kinds import Array, Namespace
from emd_ref._operations import Standard


class Batch:
    """Distributions p and t (..., C) in wide precision, and the labels and logits that they come from, if any.

    `ops` are the operations to compute with. `cut_sums` are L d, if they were computed before.
    """

    __slots__ = ("cut_sums", "labels", "logits", "ops", "p", "t")

    def __init__(
        self,
        ops: Standard,
        p: Array,
        t: Array,
        labels: Array | None = None,
        logits: Array | None = None,
        cut_sums: Array | None = None,
    ) -> None:
        self.ops, self.p, self.t, self.labels, self.logits, self.cut_sums = ops, p, t, labels, logits, cut_sums

    @property
    def xp(self) -> Namespace:
        """The array API namespace of the batch."""
        return self.ops.xp

    @property
    def d(self) -> Array:
        """The difference p - t."""
        return self.ops.difference(self.p, self.t)

    @property
    def num_classes(self) -> int:
        """C."""
        return int(self.p.shape[-1])

    def q(self, ground: Ground) -> Array:
        """L d: the sums of d over the cuts of the ground distance."""
        return ground.sums(self.ops, self.d) if self.cut_sums is None else self.cut_sums

    def matrix(self, ground: Ground) -> Array:
        """The matrix G, in the library and dtype of the batch."""
        return beside(self.xp, ground.matrix(self.num_classes), self.p)

    def distances(self, ground: Ground) -> Array:
        """G_ik for every class i and each sample's label k; NaN for a label outside 0 .. C-1."""
        existing = self.xp.clip(self.labels, 0, self.num_classes - 1)
        return rows(self.xp, self.matrix(ground).T, existing) + 0.0 * self.t

    def through_softmax(self, g: Array) -> Array:
        """The gradient for what was predicted: g itself, or with respect to the logits (specification, 5.5)."""
        return g if self.logits is None else logits_gradient(self.ops, g, self.p)


Formula: TypeAlias = Callable[[Batch, Ground], tuple[Array, Callable[[], Array]]]
