"""Softmax, and the conventions for a gradient with respect to a distribution (specification, 5.4 and 5.5).

A loss that is defined on distributions only can be continued off the simplex in many ways, which differ by a constant
added to its gradient. The free gradient g belongs to the formula as written; the functions here turn it into others.
"""

from collections.abc import Callable
from functools import partial

from emd_ref._arguments import contract, values
from emd_ref._fast.operations import operations
from emd_ref._formulas import gradients as formulas
from emd_ref._lazy import map_blocks
from emd_ref._libraries.kinds import A, Array, is_dask
from emd_ref._libraries.namespaces import namespace
from emd_ref._libraries.tracing import detach, quietly
from emd_ref._operations import Standard
from emd_ref._scalars import flag


def softmax(logits: A, /, *, axis: int = -1, check: bool = True) -> A:
    """Distribution p_j = exp(z_j) / sum_i exp(z_i), computed in the dtype of the logits.

    Parameters
    ----------
    logits : array (..., C)
        Of a real floating dtype: finite numbers, or -inf for a probability of 0, but not for all classes of a sample.
        Where exp could overflow, as of 1e4, the largest is subtracted first.
    axis : int
        The class axis.
    check : bool
        Whether to validate values.

    Returns
    -------
    array
        Same shape and dtype as `logits`.

    Raises
    ------
    TypeError, ValueError
        As `squared_emd` does for logits.

    Examples
    --------
    >>> import numpy as np
    >>> softmax(np.asarray([1e4, 1e4, -1e4]))
    array([0.5, 0.5, 0. ])
    """
    axis = _validate(axis, logits=logits)
    flag(check, "`check`")
    result: A = _computed(partial(_softmax, check), axis, logits)
    return result


def simplex_gradient(gradient: A, /, *, axis: int = -1) -> A:
    """Gradient along the simplex, g - mean(g): the one all conventions share (specification, 5.4).

    Parameters
    ----------
    gradient : array (..., C)
        A gradient with respect to a distribution, in any convention.
    axis : int
        The class axis.

    Returns
    -------
    array
        Same shape and dtype as `gradient`; sums to zero over the classes.

    Examples
    --------
    >>> import numpy as np
    >>> simplex_gradient(np.asarray([3.0, 1.0, 2.0]))
    array([ 1., -1.,  0.])
    """
    result: A = _computed(formulas.simplex_gradient, _validate(axis, gradient=gradient), gradient)
    return result


def normalised_gradient(gradient: A, predicted: A, /, *, axis: int = -1) -> A:
    """Gradient of E(p / sum p) at sum p = 1, which the paper states: g - <p, g> (specification, 5.4).

    Parameters
    ----------
    gradient : array (..., C)
        A gradient with respect to `predicted`, in any convention.
    predicted : array (..., C)
        The distribution p.
    axis : int
        The class axis.

    Returns
    -------
    array
        Same shape as `gradient`.

    Notes
    -----
    The paper writes it as 2 sum_i D_i (sum_{j<=i} (delta_nj - p_j)).

    Examples
    --------
    >>> import numpy as np
    >>> normalised_gradient(np.asarray([2.0, 0.0]), np.asarray([0.25, 0.75]))
    array([ 1.5, -0.5])
    """
    result: A = _computed(
        formulas.normalised_gradient, _validate(axis, gradient=gradient, predicted=predicted), gradient, predicted
    )
    return result


def logits_gradient(gradient: A, predicted: A, /, *, axis: int = -1) -> A:
    """Gradient with respect to logits z for p = softmax(z): p (g - <p, g>) (specification, 5.5).

    Parameters
    ----------
    gradient : array (..., C)
        A gradient with respect to `predicted`, in any convention.
    predicted : array (..., C)
        The distribution p.
    axis : int
        The class axis.

    Returns
    -------
    array
        Same shape as `gradient`.

    Examples
    --------
    >>> import numpy as np
    >>> logits_gradient(np.asarray([2.0, 0.0]), np.asarray([0.25, 0.75]))
    array([ 0.375, -0.375])
    """
    result: A = _computed(
        formulas.logits_gradient, _validate(axis, gradient=gradient, predicted=predicted), gradient, predicted
    )
    return result


def _softmax(check: bool, ops: Standard, logits: Array, axis: int) -> Array:
    if check:
        values.logits(ops.xp, detach(logits), "logits", axis)
    return formulas.softmax(ops, logits, axis)


def _validate(axis: int, **arrays: Array) -> int:
    """The class axis counted from 0; TypeError or ValueError unless the arrays are floating, and of one shape."""
    (name, first), *others = arrays.items()
    contract.floating_array(first, name)
    for other, x in others:
        contract.floating_array(x, other)
        contract.same_place(first, x, name, other)
        if tuple(x.shape) != tuple(first.shape):
            shapes = f"{tuple(x.shape)}, `{name}` {tuple(first.shape)}"
            raise ValueError(f"`{other}` has shape {shapes}: they must have the same shape")
    return contract.class_axis(first, axis, name)


def _computed(formula: Callable[..., Array], axis: int, x: Array, *others: Array) -> Array:
    """A formula of gradients.py along an axis."""
    if is_dask(x):
        result: Array = map_blocks(partial(_computed, formula, axis), axis, x, *others)
        return result
    ops = operations(namespace(x), x)
    return quietly(x, formula, ops, x, *others, axis)
