"""`cross_entropy`, `ground_distance_penalty`, their sum `xemd`, and its gradient."""

from collections.abc import Callable
from functools import partial
from typing import Any

from emd_ref._arguments.options import Options
from emd_ref._evaluate import evaluate
from emd_ref._formulas import xemd as formulas
from emd_ref._formulas.batch import Formula
from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries.kinds import A, Target
from emd_ref._scalars import real_number


def cross_entropy(
    predicted: A,
    target: Target,
    /,
    *,
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
) -> A:
    """Cross-entropy of each sample, -sum_j t_j log p_j, or -log p_k for the label k (specification, 6.1).

    Parameters
    ----------
    predicted : array (..., C) of a real floating dtype
        Predicted distributions p: non-negative, sum 1 along `axis`. Logits z if `from_logits`:
        of any finite size, or -inf for p_j = 0.
    target : array of the shape of `predicted`, or integer array without its class axis
        Target distributions t, or labels 0 .. C-1 (for one sample, a Python integer is enough).
    from_logits : bool
        Whether `predicted` holds logits z, with p = softmax(z).
    axis : int
        The class axis; all others are batch axes.
    check : bool
        Whether to validate values.

    Returns
    -------
    array (...)
        In the dtype of `predicted`, natural logarithm; infinite where p_j = 0 < t_j.

    Raises
    ------
    TypeError, ValueError
        As `squared_emd` does.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import cross_entropy
    >>> cross_entropy(np.asarray([[1.0, 0.0], [0.0, 1.0]]), np.asarray([0, 0]))
    array([-0., inf])
    """
    options = Options(Ordered(), from_logits, axis, check, has_mass_tolerance=False)
    return evaluate(formulas.cross_entropy, "value", predicted, target, options)


def ground_distance_penalty(
    predicted: A,
    labels: Target,
    /,
    *,
    ground: Ground,
    exponent: float = 1.0,
    bias: float = 0.0,
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
) -> A:
    """Penalty R = sum_i p_i^2 (G_ik^omega + mu) of each sample with label k (specification, 6.2).

    Parameters
    ----------
    predicted : array (..., C) of a real floating dtype
        Predicted distributions p: non-negative, sum 1 along `axis`. Logits z if `from_logits`:
        of any finite size, or -inf for p_j = 0.
    labels : integer array without the class axis of `predicted`
        Labels k, 0 .. C-1 (for one sample, a Python integer is enough).
    ground : Ordered, Circular, Tree or GroundDistance
        Distance G between the classes, usually scaled to a largest distance of 1.
    exponent : float
        omega > 0, the sensitivity to the ground distance.
    bias : float
        mu, added to G^omega; negative to reward mass near the label.
    from_logits : bool
        Whether `predicted` holds logits z, with p = softmax(z).
    axis : int
        The class axis; all others are batch axes.
    check : bool
        Whether to validate values.

    Returns
    -------
    array (...)
        In the dtype of `predicted`; can be negative when `bias` is.

    Raises
    ------
    TypeError, ValueError
        As `squared_emd` does, and for parameters that are no finite numbers, or an `exponent` that is not positive.

    Notes
    -----
    The paper's two settings are omega = 1 with |mu| = 1/2 and omega = 2 with |mu| = 1/4, for G scaled to [0, 1]. Public
    implementations disagree on the sign of mu; the default is mu = 0. R is not an EMD of soft targets and not a proper
    score: for that use `squared_emd` with the same ground distance.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import Ordered, ground_distance_penalty
    >>> float(ground_distance_penalty(np.asarray([0.25, 0.25, 0.5]), 0, ground=Ordered([0, 0.5, 1])))
    0.28125
    """
    formula = _with(formulas.penalty, exponent=exponent, bias=bias)
    return evaluate(formula, "value", predicted, labels, _options(ground, from_logits, axis, check))


def xemd(
    predicted: A,
    labels: Target,
    /,
    *,
    ground: Ground,
    emd_weight: float = 1.0,
    exponent: float = 1.0,
    bias: float = 0.0,
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
) -> A:
    """Loss L(p, k) = -log p_k + lambda sum_i p_i^2 (G_ik^omega + mu) of each sample with label k (specification, 6.3).

    Parameters
    ----------
    predicted, labels, ground, exponent, bias, from_logits, axis, check
        As of `ground_distance_penalty`.
    emd_weight : float
        lambda, the factor of the penalty.

    Returns
    -------
    array (...)
        In the dtype of `predicted`.

    Raises
    ------
    TypeError, ValueError
        As `squared_emd` does, and for parameters that are no finite numbers, or an `exponent` that is not positive.

    Notes
    -----
    The paper sets lambda after a few epochs of pure cross-entropy, so that lambda R is the cross-entropy over 3.5, and
    learns G from the network's features (`ClassCentroids`). -log p_k + lambda E_G(p, e_k), with `squared_emd` for
    E_G, is a proper score when G is of negative type; L is not.

    References
    ----------
    .. [1] L. Hou, C.-P. Yu, D. Samaras, "Squared Earth Mover's Distance-based Loss for Training Deep Neural Networks",
       arXiv:1611.05916, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import Ordered, xemd
    >>> round(float(xemd(np.asarray([0.25, 0.25, 0.5]), 0, ground=Ordered([0, 0.5, 1]))), 6)
    1.667544
    """
    formula = _with(formulas.xemd, emd_weight=emd_weight, exponent=exponent, bias=bias)
    return evaluate(formula, "value", predicted, labels, _options(ground, from_logits, axis, check))


def xemd_grad(
    predicted: A,
    labels: Target,
    /,
    *,
    ground: Ground,
    emd_weight: float = 1.0,
    exponent: float = 1.0,
    bias: float = 0.0,
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
) -> A:
    """Gradient of `xemd` with respect to p, or to the logits (specification, 6.4).

    dL/dp_i = lambda r_i - (1/p_k if i = k), with r_i = 2 p_i (G_ik^omega + mu); with respect to logits
    p - e_k + lambda p (r - <p, r>). Parameters and errors are those of `xemd`.

    Returns
    -------
    array (..., C)
        Like `predicted`, detached; -inf for p_k = 0.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import Ordered, xemd_grad
    >>> xemd_grad(np.asarray([0.25, 0.25, 0.5]), 0, ground=Ordered([0, 0.5, 1]))
    array([-4.  ,  0.25,  1.  ])
    """
    formula = _with(formulas.xemd, emd_weight=emd_weight, exponent=exponent, bias=bias)
    return evaluate(formula, "gradient", predicted, labels, _options(ground, from_logits, axis, check))


def xemd_value_and_grad(
    predicted: A,
    labels: Target,
    /,
    *,
    ground: Ground,
    emd_weight: float = 1.0,
    exponent: float = 1.0,
    bias: float = 0.0,
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
) -> tuple[A, A]:
    """The results of `xemd` and `xemd_grad`, computed together.

    Parameters and errors are those of `xemd`.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import Ordered, xemd_value_and_grad
    >>> p, ground = np.asarray([0.25, 0.25, 0.5]), Ordered([0, 0.5, 1])
    >>> value, gradient = xemd_value_and_grad(p, 0, ground=ground, emd_weight=0.0)
    >>> round(float(value), 6), gradient
    (1.386294, array([-4.,  0.,  0.]))
    """
    formula = _with(formulas.xemd, emd_weight=emd_weight, exponent=exponent, bias=bias)
    return evaluate(formula, "both", predicted, labels, _options(ground, from_logits, axis, check))


def _options(ground: Ground, from_logits: bool, axis: int, check: bool) -> Options:
    return Options(ground, from_logits, axis, check, target_name="labels", labels_only=True, has_mass_tolerance=False)


def _with(formula: Callable[..., Any], **parameters: float) -> Formula:
    """A formula with parameters, which must be finite numbers."""
    valid = {name: real_number(x, f"`{name}`", positive=name == "exponent") for name, x in parameters.items()}
    return partial(formula, **valid)
