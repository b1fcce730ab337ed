"""Softmax, and the conventions for a gradient with respect to a distribution (specification, 5.4 and 5.5).

A loss that is defined on distributions only can be continued off the simplex in many ways, which differ by a constant
added to its gradient. The free gradient g belongs to the formula as written; the functions here turn it into others.
"""

from emd_ref._fast.operations import operations
from emd_ref._formulas import gradients as formulas
from emd_ref._libraries.kinds import A, Array
from emd_ref._libraries.namespaces import namespace
from emd_ref._operations import Standard


def softmax(logits: A, /, *, axis: int = -1) -> A:
    """Distribution p_j = exp(z_j) / sum_i exp(z_i), computed in the dtype of the logits.

    Parameters
    ----------
    logits : array (..., C)
        Of a real floating dtype: finite numbers, or -inf for a probability of 0, but not for all classes of a sample.
        Where exp could overflow, as of 1e4, the largest is subtracted first.
    axis : int
        The class axis.

    Returns
    -------
    array
        Same shape and dtype as `logits`.

    Examples
    --------
    >>> import numpy as np
    >>> softmax(np.asarray([1e4, 1e4, -1e4]))
    array([0.5, 0.5, 0. ])
    """
    result: A = formulas.softmax(_operations(logits), logits, axis)
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
    result: A = formulas.simplex_gradient(_operations(gradient), gradient, axis)
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
    result: A = formulas.normalised_gradient(_operations(gradient), gradient, predicted, axis)
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
    result: A = formulas.logits_gradient(_operations(gradient), gradient, predicted, axis)
    return result


def _operations(x: Array) -> Standard:
    return operations(namespace(x), x)
