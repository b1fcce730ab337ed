"""`squared_emd`, the loss of the paper, and its gradient."""

from emd_ref._arguments.options import Options
from emd_ref._evaluate import evaluate
from emd_ref._formulas.squared_emd import squared_emd as formula
from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries.kinds import A, Target


def squared_emd(
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
    """Squared EMD of each sample: E = sum_{k=1..C} D_k^2 on ordered classes, the loss of the paper.

    D_k = (p_1 + ... + p_k) - (t_1 + ... + t_k). With positions E = sum_{k<C} (x_{k+1} - x_k) D_k^2; for any ground
    distance G, E = -1/2 (p - t)^T G (p - t) (specification, 4.1 to 4.6).

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
        E of each sample, in the dtype of `predicted` and the unit of the ground distance, not reduced.

    Raises
    ------
    TypeError
        If an argument is not an array, or of a wrong dtype or library.
    ValueError
        If shapes, devices, labels, probabilities or the ground distance are invalid; the message names the place.

    Notes
    -----
    The same function is known as the unnormalised ranked probability score (scoringrules `rps_score`, dlordinal
    `EMDLoss` before its mean), the discrete Cramér distance, the CRPS on a grid and, with positions, half of SciPy's
    `energy_distance` squared. Rivals divide by C or by C - 1 (weather verification), or take the root (E/C)^(1/2) per
    sample (NIMA). It is not the square of the EMD, and not the squared 2-Wasserstein distance, which POT calls `emd2`.

    Inputs are widened to float64 before p and t are subtracted, and the result is rounded once; where there is no
    float64 (JAX without its 64-bit mode) the widest type there is used.

    References
    ----------
    .. [1] L. Hou, C.-P. Yu, D. Samaras, "Squared Earth Mover's Distance-based Loss for Training Deep Neural Networks",
       arXiv:1611.05916, 2016.

    Examples
    --------
    A mistake costs more the farther it is from the truth:

    >>> import numpy as np
    >>> from emd_ref import squared_emd
    >>> squared_emd(np.asarray([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), np.asarray([0, 0, 0]))
    array([0., 1., 2.])
    """
    options = Options(ground, from_logits, axis, check, mass_tolerance)
    return evaluate(formula, "value", predicted, target, options)


def squared_emd_grad(
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
    """Gradient of `squared_emd`: g_j = 2 sum_{k>=j} D_k with respect to p, or p (g - <p, g>) with respect to logits.

    Parameters and errors are those of `squared_emd` (specification, 5.1 to 5.5).

    Returns
    -------
    array (..., C)
        Like `predicted`, detached. With respect to p it is the free gradient of the formula as written; the
        constant that other conventions add to it is taken off by `simplex_gradient` or `normalised_gradient`.

    Notes
    -----
    Free gradients: 2 sum_{k>=j} w_k D_k on a line (k up to C for unit spacing); 2 sum over the edges above j of length
    times mass difference in a tree; -G (p - t) on a circle and for a matrix. The paper states the gradient of
    E(p / sum p), which is `normalised_gradient(g, p)`.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import squared_emd_grad
    >>> squared_emd_grad(np.asarray([0.25, 0.25, 0.5]), 0)
    array([-2.5, -1. ,  0. ])
    """
    options = Options(ground, from_logits, axis, check, mass_tolerance)
    return evaluate(formula, "gradient", predicted, target, options)


def squared_emd_value_and_grad(
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
    """The results of `squared_emd` and `squared_emd_grad`, computed together.

    Parameters and errors are those of `squared_emd`.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref import squared_emd_value_and_grad
    >>> value, gradient = squared_emd_value_and_grad(np.asarray([0.25, 0.25, 0.5]), 0)
    >>> float(value), gradient
    (0.8125, array([-2.5, -1. ,  0. ]))
    """
    options = Options(ground, from_logits, axis, check, mass_tolerance)
    return evaluate(formula, "both", predicted, target, options)
