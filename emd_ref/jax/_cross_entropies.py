"""The losses with a cross-entropy."""

import jax

from emd_ref import _class_options
from emd_ref._arguments.options import Options
from emd_ref._formulas.xemd import cross_entropy_and_squared_emd, xemd
from emd_ref._grounds import Ground, Ordered
from emd_ref._losses import Reduction
from emd_ref._scalars import real_number
from emd_ref.jax._reduced import JaxArray, Means, Number, loss_of_batch


def xemd_loss(
    predicted: JaxArray,
    target: JaxArray | int,
    /,
    *,
    ground: Ground,
    emd_weight: Number = 1.0,
    exponent: Number = 1.0,
    bias: Number = 0.0,
    from_logits: bool = True,
    weight: JaxArray | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
    sample_weight: JaxArray | None = None,
    where: JaxArray | None = None,
    ignore_index: int = -100,
    axis: int = -1,
    check: bool = True,
) -> jax.Array:
    """Cross-entropy with a ground distance, -log p_k + lambda sum_i p_i^2 (G_ik^omega + mu) (specification, section 6).

    Parameters
    ----------
    predicted, from_logits, reduction, sample_weight, where, ignore_index, axis, check
        As of `squared_emd_loss`.
    target : integer array without the class axis of `predicted`
        Labels; for soft targets see `squared_emd_loss` and `xe_squared_emd_loss`.
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes, usually scaled to a largest distance of 1.
    emd_weight, exponent, bias : float, or array ()
        lambda, omega and mu. Arrays may change from step to step under `jit`, and are differentiable.
    weight, label_smoothing : array (C,), float
        Class weights w and label smoothing, for both terms: -sum_c w_c t'_c log p_c + lambda v sum_c t'_c R_c for a
        sample. Here t' is the smoothed target, R_c the penalty for the label c, and v the weight of the label. A mean
        is divided by the sum of all v.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from emd_ref import Ordered
    >>> from emd_ref.jax import xemd_loss
    >>> ground = Ordered([0, 0.5, 1])
    >>> round(float(xemd_loss(jnp.zeros((2, 3)), jnp.asarray([0, 1]), ground=ground, emd_weight=0.5)), 4)
    1.1681
    """
    parameters = {
        "emd_weight": _class_options.factor(emd_weight, constant=False),
        "exponent": real_number(exponent, "`exponent`", positive=True),
        "bias": real_number(bias, "`bias`"),
    }
    options = Options(ground, from_logits, axis, check, labels_only=True, has_mass_tolerance=False)
    means = Means(reduction, sample_weight, where, ignore_index, weight, label_smoothing)
    return loss_of_batch(xemd, parameters, predicted, target, options, means)


def xe_squared_emd_loss(
    predicted: JaxArray,
    target: JaxArray | int,
    /,
    *,
    ground: Ground = Ordered(),
    emd_weight: Number = 1.0,
    from_logits: bool = True,
    weight: JaxArray | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
    sample_weight: JaxArray | None = None,
    where: JaxArray | None = None,
    ignore_index: int = -100,
    axis: int = -1,
    check: bool = True,
) -> jax.Array:
    """Cross-entropy with a squared EMD, -sum_j t_j log p_j + lambda E_G(p, t) (specification, 6.5).

    For a ground distance of negative type (a line, a circle, a tree) it is a proper score, which XEMD is not, and
    targets may be distributions.

    Parameters
    ----------
    emd_weight : float, or array ()
        lambda. An array may change from step to step under `jit`, and is differentiable.
    weight, label_smoothing : array (C,), float
        Class weights w and label smoothing, for both terms: -sum_c w_c t'_c log p_c + lambda v E_G(p, t') for a sample,
        where t' is the smoothed target and v = sum_c w_c t_c. A mean is divided as that of `squared_emd_loss`.
    predicted, target, ground, from_logits, reduction, sample_weight, where, ignore_index, axis, check
        As of `squared_emd_loss`.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from emd_ref.jax import xe_squared_emd_loss
    >>> round(float(xe_squared_emd_loss(jnp.zeros((2, 3)), jnp.asarray([0, 1]), emd_weight=0.5)), 4)
    1.2931
    """
    parameters = {"emd_weight": _class_options.factor(emd_weight, constant=False)}
    options = Options(ground, from_logits, axis, check, has_mass_tolerance=False)
    means = Means(reduction, sample_weight, where, ignore_index, weight, label_smoothing)
    return loss_of_batch(cross_entropy_and_squared_emd, parameters, predicted, target, options, means)
