"""Class weights and label smoothing of the trainable losses: their validation, their formulas, and their mean.

`emd_ref._formulas.classes` says what they do to the loss of a sample. With labels, a mean is divided by the sum of the
weights of the labels, and with distributions by the number of samples, as that of torch.nn.CrossEntropyLoss is.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from emd_ref._formulas.classes import with_classes
from emd_ref._formulas.xemd import cross_entropy, cross_entropy_and_squared_emd, xemd
from emd_ref._libraries.arrays import rows
from emd_ref._libraries.kinds import Array, DType, Namespace
from emd_ref._libraries.namespaces import kind_of
from emd_ref._losses import Reduction, check_weight_values
from emd_ref._scalars import real_number

FACTOR = "; the factor of the ground distance term is `emd_weight`"


def factor(x: Any, *, constant: bool, remedy: str = "; class weights are `weight`") -> Any:
    """`emd_weight` as a number; TypeError or ValueError for anything else, such as class weights."""
    if isinstance(x, list | tuple) or getattr(x, "shape", ()) != ():
        raise ValueError(f"`emd_weight` has shape {tuple(np.shape(x))}: it must be one number{remedy}")
    return real_number(x, "`emd_weight`", constant=constant)


def smoothing(x: Any) -> float:
    """`label_smoothing` as a float from 0 to 1; TypeError or ValueError for anything else."""
    number: float = real_number(x, "`label_smoothing`", constant=True)
    if not 0.0 <= number <= 1.0:
        raise ValueError(f"`label_smoothing` is {x!r}: it must be from 0 to 1")
    return number


def check_class_weight(xp: Namespace, weight: Array, has_factor: bool) -> None:
    """Raise an error unless there is one weight for each class: a real number, finite and not negative."""
    remedy = FACTOR if has_factor and weight.ndim == 0 else ""
    if weight.ndim != 1:
        raise ValueError(
            f"`weight` has shape {tuple(weight.shape)}: it must have shape (C,), with one weight for each class{remedy}"
        )
    if kind_of(xp, weight.dtype) not in ("real floating", "integral"):
        raise TypeError(f"`weight` has dtype {weight.dtype}: class weights must be real numbers")
    check_weight_values(xp, weight, "weight")


def no_class_weight(weight: Any, what: str, has_factor: bool) -> TypeError:
    """The error for class weights that are no array; `what` says how one is made."""
    is_number = isinstance(weight, int | float)
    given = repr(weight) if is_number else f"of {type(weight).__name__}"
    return TypeError(
        f"`weight` is {given}: it must be {what} with one weight for each class"
        f"{FACTOR if has_factor and is_number else ''}"
    )


def check_class_count(weight: Array, num_classes: int) -> None:
    """Raise ValueError unless there are as many class weights as classes."""
    if weight.shape[0] != num_classes:
        wanted = f"({num_classes},), with one weight for each class"
        raise ValueError(f"`weight` has shape {tuple(weight.shape)}: it must have shape {wanted}")


def taking_classes(formula: Callable[..., Any]) -> Callable[..., Any]:
    """The formula with the parameters `class_weight` and `label_smoothing`."""
    own = getattr(formula, "func", formula)
    if own in (cross_entropy, cross_entropy_and_squared_emd, xemd):
        return formula
    return partial(with_classes, formula=formula)


def weights_of_labels(
    xp: Namespace,
    labels: Array,
    class_weight: Array,
    sample_weight: Array | None,
    label_smoothing: float,
    reduction: Reduction,
    wide: DType,
) -> tuple[Array | None, Reduction]:
    """Sample weights and reduction that give labels their class weights.

    Without smoothing, a class weight multiplies the whole loss of a sample. With smoothing, the formula applies the
    class weights, and the mean remains: it is the sum, with sample weights divided by the sum of all weights.
    """
    index = xp.clip(xp.astype(labels, xp.arange(0).dtype, copy=False), 0, class_weight.shape[0] - 1)
    weight = rows(xp, xp.astype(class_weight, wide, copy=False)[:, None], index)[..., 0]
    each = xp.ones_like(weight) if sample_weight is None else xp.astype(sample_weight, wide, copy=False)
    if not label_smoothing:
        return each * weight, reduction
    if reduction != "mean":
        return sample_weight, reduction
    return each / xp.sum(each * weight), "sum"
