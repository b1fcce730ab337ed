"""The losses of the distances alone."""

import jax

from emd_ref._arguments.options import Options
from emd_ref._formulas.emd import emd
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._grounds import Ground, Ordered
from emd_ref._losses import Reduction
from emd_ref.jax._reduced import JaxArray, Means, loss_of_batch


def squared_emd_loss(
    predicted: JaxArray,
    target: JaxArray | int,
    /,
    *,
    ground: Ground = Ordered(),
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
    """Squared EMD, E = sum_k D_k^2 on ordered classes (specification, section 4), reduced over the samples.

    Parameters
    ----------
    predicted : array (..., C) of a real floating dtype
        Logits (-inf for a class of probability 0), or probabilities without `from_logits`. Of JAX or NumPy, as all
        arrays here.
    target : integer array without the class axis of `predicted`, or array of its shape
        Labels, or distributions.
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes. A matrix that is a JAX array is differentiable; a NumPy one is a constant.
    from_logits : bool
        Whether `predicted` holds logits, the default here.
    weight : array (C,), optional
        Class weights w, as of PyTorch's `CrossEntropyLoss`: E is multiplied by w_k for the label k, or by sum_c w_c t_c
        for a distribution t. The mean over labels is divided by the sum of their weights, over distributions by N.
    label_smoothing : float
        s from 0 to 1: the target t becomes (1 - s) t + s/C, as by `optax.smooth_labels`.
    reduction : "mean", "sum" or "none"
        How the values of all samples become the loss; a mean with weights is divided by their sum.
    sample_weight : array (...), optional
        Weight of each sample.
    where : array (...) of bool, optional
        The samples that count, as of `jax.numpy.mean`. The others may hold anything: their loss and gradient are 0.
    ignore_index : int
        Label of samples that do not count, whatever their prediction holds.
    axis : int
        The class axis; all others are batch axes.
    check : bool
        Whether to validate values. Under `jit` and `vmap` the values are hidden: there, checks cost nothing and find
        nothing. Elsewhere they wait for the device to finish. Shapes and dtypes are always validated.

    Returns
    -------
    array (), or (...) without reduction
        In the dtype of `predicted`.

    Raises
    ------
    TypeError, ValueError
        As `emd_ref.squared_emd` does, and for an unknown `reduction`, or weights or a mask of another shape.

    Notes
    -----
    A label outside 0 .. C-1 raises an error, or gives NaN where `jit` hides it. The mean over no samples, or over
    weights that sum to 0, is NaN. These losses reduce, as those of PyTorch do; the losses of Optax do not,
    and the `where` of `optax.softmax_cross_entropy` masks classes, not samples.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from emd_ref.jax import squared_emd_loss
    >>> value, gradient = jax.jit(jax.value_and_grad(squared_emd_loss))(jnp.zeros((2, 3)), jnp.asarray([0, 1]))
    >>> round(float(value), 4), gradient.shape
    (0.3889, (2, 3))
    """
    options = Options(ground, from_logits, axis, check, has_mass_tolerance=False)
    means = Means(reduction, sample_weight, where, ignore_index, weight, label_smoothing)
    return loss_of_batch(squared_emd, {}, predicted, target, options, means)


def emd_loss(
    predicted: JaxArray,
    target: JaxArray | int,
    /,
    *,
    ground: Ground = Ordered(),
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
    """Exact EMD (specification, section 3), with the arguments of `squared_emd_loss`.

    Soft targets under a GroundDistance are linear programmes, solved on the host, one after the other; smoothed labels
    are soft targets.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from emd_ref.jax import emd_loss
    >>> round(float(emd_loss(jnp.zeros((2, 3)), jnp.asarray([0, 1]))), 4)
    0.8333
    """
    options = Options(ground, from_logits, axis, check, has_mass_tolerance=False)
    means = Means(reduction, sample_weight, where, ignore_index, weight, label_smoothing)
    return loss_of_batch(emd, {}, predicted, target, options, means)
