"""The ranked probability score."""

from emd_ref._arguments.options import Options
from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries.kinds import A, AnyArray, Array, Target
from emd_ref._libraries.tracing import quietly
from emd_ref._scalars import flag
from emd_ref.metrics._normalise import normalised
from emd_ref.metrics._samples import Reduction, Samples, averaged, check_reduction, over_samples, quotient


def ranked_probability_score(
    predicted: A,
    target: Target,
    /,
    *,
    axis: int = -1,
    ground: Ground = Ordered(),
    reduction: Reduction = "mean",
    normalize: bool = False,
    from_logits: bool = False,
    sample_weight: AnyArray | None = None,
    check: bool = True,
    mass_tolerance: float | None = None,
) -> A:
    """Ranked probability score: RPS = sum_{k=1..C} (P_k - T_k)^2, averaged over the samples; 0 is perfect.

    P and T are the cumulative distributions of prediction and target: the RPS of a sample is its squared EMD
    (specification, 4.1), as `emd_ref.squared_emd` computes it.

    Parameters
    ----------
    predicted : array (..., C) of a real floating dtype
        Predicted distributions, or logits if `from_logits`.
    target : integer array (...), or array of the shape of `predicted`
        Labels 0 .. C-1, or distributions.
    axis : int
        The class axis.
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes. The default, classes one apart, gives the ranked probability score; positions
        give the continuous one (CRPS) of classes at these places.
    reduction : "mean", "per-class" or "none"
        The mean over all samples; the mean over the samples of each true class, so that a rare class shows; or the
        score of each sample.
    normalize : bool
        Whether to divide by the largest distance between two classes, C - 1 for classes one apart. Scores are then in
        [0, 1] for the default ground distance, and with one class 0.
    from_logits : bool
        Whether `predicted` holds logits.
    sample_weight : array (...), optional
        Weight of each sample, finite and not negative. A mean is divided by the sum of the weights; without reduction
        each score is multiplied by its weight.
    check, mass_tolerance
        As of `emd_ref.squared_emd`. Weights that are dask arrays are not validated.

    Returns
    -------
    array (), (C,) or (...)
        In the dtype of `predicted`, computed in float64 and rounded once. It is NaN for a class without samples, for no
        samples at all, and where all weights are 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid; the message names the argument and the place.

    Notes
    -----
    Two conventions are in use. scoringrules (`rps_score`), xskillscore (`rps`) and the R package scoringRules
    (`rps_probs`) do not divide; penaltyblog (`rps_array`), the R package verification (`rps`) and the literature on
    football forecasts [2]_ divide by C - 1, as `normalize=True` does.

    A sample whose target is a distribution t belongs to each class j with weight t_j.

    References
    ----------
    .. [1] E. S. Epstein, "A scoring system for probability forecasts of ranked categories", J. Appl. Meteorol. 8, 1969.
    .. [2] A. C. Constantinou, N. E. Fenton, "Solving the problem of inadequate scoring rules for assessing
       probabilistic football forecast models", J. Quant. Anal. Sports 8, 2012, doi:10.1515/1559-0410.1418.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref.metrics import ranked_probability_score
    >>> predicted = np.asarray([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25], [0.0, 0.0, 1.0]])
    >>> labels = np.asarray([0, 0, 2])
    >>> float(ranked_probability_score(predicted, labels).round(4))
    0.2917
    >>> ranked_probability_score(predicted, labels, reduction="per-class")      # no sample has class 1
    array([0.4375,    nan, 0.    ])
    >>> ranked_probability_score(predicted, labels, reduction="none", normalize=True)
    array([0.125 , 0.3125, 0.    ])
    """
    check_reduction(reduction, Reduction)
    flag(normalize, "`normalize`")
    options = Options(ground, from_logits, axis, check, mass_tolerance)
    samples = Samples(predicted, target, sample_weight, options)

    def score() -> Array:
        xp, scores = samples.xp, samples.scores
        if normalize:
            scores = normalised(xp, scores, ground, predicted.shape[axis])
        if reduction == "none":
            return samples.rounded(scores * samples.weight)
        weights = samples.weights(reduction)
        means = quotient(xp, over_samples(xp, scores[..., None] * weights), over_samples(xp, weights))
        return samples.rounded(averaged(reduction, means))

    result: A = quietly(predicted, score)
    return result
