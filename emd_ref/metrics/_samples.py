"""Predictions and targets as scores, weights and classes: what every metric here is computed from."""

from typing import Literal, TypeAlias, get_args

from emd_ref import _losses
from emd_ref._arguments import contract
from emd_ref._arguments.arguments import Arguments
from emd_ref._arguments.options import Options
from emd_ref._evaluate import evaluate
from emd_ref._fast.operations import operations
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._libraries.kinds import Array, Namespace, is_dask
from emd_ref._libraries.namespaces import namespace

Reduction: TypeAlias = Literal["mean", "per-class", "none"]
Average: TypeAlias = Literal["mean", "per-class"]


class Samples:
    """Samples with their squared EMDs and weights, in wide precision; invalid arguments raise an error.

    Attributes
    ----------
    xp : namespace
        The array API namespace of the arrays.
    scores : array (...)
        The squared EMD of each sample.
    weight : array (...)
        The weight of each sample, 1 if none is given.
    """

    def __init__(self, predicted: Array, target: Array, sample_weight: Array | None, options: Options) -> None:
        self.predicted, self.target, self.options = predicted, target, options._replace(wide=True)
        self.scores = evaluate(squared_emd, "value", predicted, target, self.options)
        self.xp = namespace(predicted)
        self.weight = self._checked(sample_weight)

    def _checked(self, weight: Array | None) -> Array:
        if weight is None:
            return self.xp.ones_like(self.scores)
        _losses.check_weight_shape(weight, tuple(self.scores.shape))
        contract.same_place(self.predicted, weight, self.options.predicted_name, "sample_weight")
        if self.options.check and not is_dask(weight):
            _losses.check_weight_values(self.xp, weight)
        return self.xp.astype(weight, self.scores.dtype, copy=False)

    def rounded(self, x: Array) -> Array:
        """`x` in the dtype of the prediction."""
        return operations(self.xp, self.predicted).cast(x, self.predicted.dtype)

    def memberships(self) -> Array:
        """How much of each sample belongs to each class (..., C): all of it to its label, or t_j to class j."""
        arguments = Arguments(self.predicted, self.target, self.options._replace(check=False), operations)
        ops, t = arguments.ops, arguments.targets
        if not arguments.soft:
            t = ops.one_hot(t, arguments.scores, labels_checked=False)  # NaN where a compiler hides an invalid label
        return ops.cast(t, arguments.wide)

    def weights(self, average: Average) -> Array:
        """The weight of each sample in each average: (..., 1) for the mean, (..., C) for the means of the classes."""
        weight = self.weight[..., None]
        return weight if average == "mean" else weight * self.memberships()


def over_samples(xp: Namespace, x: Array) -> Array:
    """The sum of an array (..., K) over all axes but the last."""
    return xp.sum(x, axis=tuple(range(x.ndim - 1))) if x.ndim > 1 else x


def quotient(xp: Namespace, x: Array, y: Array) -> Array:
    """x / y, and NaN where y is 0."""
    known = y != 0
    ratio = x / xp.where(known, y, xp.ones_like(y))
    return xp.where(known, ratio, xp.zeros_like(y) + xp.nan)


def averaged(average: Average, x: Array) -> Array:
    """The one mean (), or the means of the classes (C,), from an array with one number for each average."""
    return x[0] if average == "mean" else x


def check_reduction(reduction: str, known: object) -> None:
    """Raise ValueError unless the reduction is one of those of a literal type."""
    names = get_args(known)
    if reduction not in names:
        *others, last = map(repr, names)
        raise ValueError(f"`reduction` is {reduction!r}: it must be {', '.join(others)} or {last}")
