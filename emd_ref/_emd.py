"""`emd`, the exact Earth Mover's Distance, and its subgradient."""

from emd_ref._arguments.options import Options
from emd_ref._evaluate import evaluate
from emd_ref._formulas.emd import emd as formula
from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries.kinds import A, Target


def emd(
    predicted: A,
    target: Target,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
    mass_tolerance: float | None = None,
) -> A:
    """Earth Mover's Distance of each sample: the least cost sum_ij F_ij G_ij of a flow F from p to t.

    On ordered classes EMD = sum_{k<C} (x_{k+1} - x_k) |D_k|, with D_k = (p_1 + ... + p_k) - (t_1 + ... + t_k); on a
    circle min_a sum_k |D_k - a|; in a tree the sum over the edges of length times mass difference below; for a label
    sum_i p_i G_ik; for any matrix and soft targets a linear programme, solved on the host (specification, 3.1 to 3.5).

    Parameters
    ----------
    predicted : array (..., C) of a real floating dtype
        Predicted distributions p: non-negative, sum 1 along `axis`. Logits z if `from_logits`:
        of any finite size, or -inf for p_j = 0.
    target : array of the shape of `predicted`, or integer array without its class axis
        Target distributions t, or labels 0 .. C-1 (for one sample, a Python integer is enough).
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes. The default is the paper's: ordered classes, one apart.
    from_logits : bool
        Whether `predicted` holds logits z, with p = softmax(z).
    axis : int
        The class axis; all others are batch axes.
    check : bool
        Whether to validate values. With False, invalid values give a meaningless result.
    mass_tolerance : float, optional
        How far from 1 a sum may be; by default 4 u + 8 sqrt(C) min(u, 2^-24), u the unit roundoff of the dtype.

    Returns
    -------
    array (...)
        EMD of each sample, in the dtype of `predicted` and the unit of the ground distance, not reduced.

    Raises
    ------
    TypeError
        If an argument is not an array, or of a wrong dtype or library.
    ValueError
        If shapes, devices, labels, probabilities or the ground distance are invalid; the message names the place.
    RuntimeError
        If a linear programme has no solution that can be proved optimal.

    Notes
    -----
    This is the 1-Wasserstein distance: SciPy's `wasserstein_distance`, POT's `emd2_1d(metric="euclidean")` or
    `wasserstein_1d(p=1)`. POT's `emd2` with its default metric is the squared 2-Wasserstein distance, another quantity.
    Entropic (Sinkhorn) distances approximate it. For the loss of the paper see `squared_emd`.

    References
    ----------
    .. [1] E. Levina, P. Bickel, "The Earth Mover's distance is the Mallows distance: some insights from statistics",
       ICCV 2001, doi:10.1109/ICCV.2001.937632.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import Circular, emd
    >>> p, t = np.asarray([0.5, 0.5, 0.0, 0.0]), np.asarray([0.0, 0.0, 0.0, 1.0])
    >>> float(emd(p, t)), float(emd(p, t, ground=Circular()))
    (2.5, 1.5)
    """
    options = Options(ground, from_logits, axis, check, mass_tolerance)
    return evaluate(formula, "value", predicted, target, options)


def emd_grad(
    predicted: A,
    target: Target,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
    mass_tolerance: float | None = None,
) -> A:
    """Subgradient of `emd` with respect to p, or p (g - <p, g>) with respect to logits (specification, 3.6 and 5.5).

    Parameters and errors are those of `emd`.

    Returns
    -------
    array (..., C)
        Like `predicted`, detached. On a line or in a tree g_j is the sum of w_S sign(p(S) - t(S)) over the cuts that
        hold class j; for a label column G_jk; from a linear programme the potential u, with <u, p> = EMD.

    Notes
    -----
    Where a sum between bars vanishes the subgradient is not unique, and in floating point its sign may be that of the
    rounding: judge a subgradient g by its optimality, not by comparing it with another. It is right when
    <g, p> + sum_j t_j min_i (G_ij - g_i) equals the EMD.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import emd_grad
    >>> emd_grad(np.asarray([0.25, 0.25, 0.5]), 2)
    array([2., 1., 0.])
    """
    options = Options(ground, from_logits, axis, check, mass_tolerance)
    return evaluate(formula, "gradient", predicted, target, options)


def emd_value_and_grad(
    predicted: A,
    target: Target,
    /,
    *,
    ground: Ground = Ordered(),
    from_logits: bool = False,
    axis: int = -1,
    check: bool = True,
    mass_tolerance: float | None = None,
) -> tuple[A, A]:
    """The results of `emd` and `emd_grad`, computed together.

    Parameters and errors are those of `emd`.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import emd_value_and_grad
    >>> value, gradient = emd_value_and_grad(np.asarray([0.25, 0.25, 0.5]), 2)
    >>> float(value), gradient
    (0.75, array([2., 1., 0.]))
    """
    options = Options(ground, from_logits, axis, check, mass_tolerance)
    return evaluate(formula, "both", predicted, target, options)
