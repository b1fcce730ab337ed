"""The skill of predictions: how much better their ranked probability score is than that of a climatology."""

from emd_ref._arguments import contract
from emd_ref._arguments.options import Options
from emd_ref._evaluate import evaluate
from emd_ref._formulas.squared_emd import squared_emd
from emd_ref._grounds import Ground, Ordered
from emd_ref._libraries.arrays import move_axis
from emd_ref._libraries.kinds import A, AnyArray, Array, Target
from emd_ref._libraries.tracing import quietly
from emd_ref.metrics._samples import Average, Samples, averaged, check_reduction, over_samples, quotient


def ranked_probability_skill_score(
    predicted: A,
    target: Target,
    /,
    climatology: AnyArray | None = None,
    *,
    axis: int = -1,
    ground: Ground = Ordered(),
    reduction: Average = "mean",
    from_logits: bool = False,
    sample_weight: AnyArray | None = None,
    check: bool = True,
    mass_tolerance: float | None = None,
) -> A:
    """Ranked probability skill score: RPSS = 1 - mean(RPS) / mean(RPS of the climatology); 1 is perfect.

    A skill of 0 is that of the climatology, a forecast that is made without looking at the sample; a negative one is
    worse. It is the ratio of the means, not the mean of the ratios.

    Parameters
    ----------
    predicted : array (..., C) of a real floating dtype
        Predicted distributions, or logits if `from_logits`.
    target : integer array (...), or array of the shape of `predicted`
        Labels 0 .. C-1, or distributions.
    climatology : array (C,) or (..., C), optional
        One distribution for all samples, such as the frequencies of the classes in the training data, or one for each
        sample. By default it is the frequencies of the classes in `target`, with the weights of the samples.
    axis : int
        The class axis.
    ground : Ordered, Circular, Tree or GroundDistance
        Distance between the classes.
    reduction : "mean" or "per-class"
        One skill for all samples, or one for the samples of each true class.
    from_logits : bool
        Whether `predicted` holds logits; a climatology never does.
    sample_weight : array (...), optional
        Weight of each sample in both means.
    check, mass_tolerance
        As of `ranked_probability_score`.

    Returns
    -------
    array () or (C,)
        In the dtype of `predicted`. It is NaN where the score of the climatology is 0: what is never wrong cannot be
        improved upon. This holds if all labels are the same class and the climatology knows it; for a class without
        samples; and for no samples.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid; the message names the argument and the place.

    Notes
    -----
    The frequencies in `target` are not known when a forecast is made, and no other constant forecast has a better RPS
    on these targets: against them, skill is understated. The R package verification (`rps`) has the same default.
    Dividing both scores by C - 1 would not change the skill.

    References
    ----------
    .. [1] E. S. Epstein, "A scoring system for probability forecasts of ranked categories", J. Appl. Meteorol. 8, 1969.

    Examples
    --------
    >>> import numpy as np
    >>> from emd_ref.metrics import ranked_probability_skill_score
    >>> predicted = np.asarray([[0.5, 0.5, 0.0], [0.25, 0.5, 0.25], [0.0, 0.0, 1.0]])
    >>> labels = np.asarray([0, 1, 2])
    >>> float(ranked_probability_skill_score(predicted, labels))                # the climatology is [1/3, 1/3, 1/3]
    0.71875
    >>> float(ranked_probability_skill_score(predicted, labels, np.asarray([0.0, 1.0, 0.0])).round(4))
    0.8125
    """
    check_reduction(reduction, Average)
    options = Options(ground, from_logits, axis, check, mass_tolerance)
    samples = Samples(predicted, target, sample_weight, options)

    def skill() -> Array:
        xp, weights = samples.xp, samples.weights(reduction)
        score, of_reference = (
            over_samples(xp, scores[..., None] * weights)
            for scores in (samples.scores, _reference(samples, climatology))
        )
        return samples.rounded(averaged(reduction, 1.0 - quotient(xp, score, of_reference)))

    result: A = quietly(predicted, skill)
    return result


def _reference(samples: Samples, climatology: Array | None) -> Array:
    """The score of the climatology for each sample, in wide precision."""
    if climatology is None:
        return _of_frequencies(samples)
    options = samples.options._replace(from_logits=False, predicted_name="climatology", has_from_logits=False)
    rows = _for_each(climatology, samples.predicted, options.axis)
    return evaluate(squared_emd, "value", rows, samples.target, options)


def _of_frequencies(samples: Samples) -> Array:
    """The score of the mean target s / W as E(s / W, t) = E(s, W t) / W^2, where s is the sum of W targets.

    It is 0 if all labels agree. A quotient s / W might not be 1 there: compilers multiply by 1 / W.
    """
    xp, t = samples.xp, samples.memberships()
    s = over_samples(xp, samples.weight[..., None] * t)
    W = xp.sum(s)
    options = samples.options._replace(from_logits=False, axis=-1, check=False)
    scores = evaluate(squared_emd, "value", xp.zeros_like(t) + s, W * t, options)
    return quotient(xp, scores, xp.zeros_like(scores) + W * W)


def _for_each(climatology: Array, predicted: Array, axis: int) -> Array:
    """The climatology in the shape of the prediction."""
    xp = contract.floating_array(climatology, "climatology")
    contract.same_place(predicted, climatology, "predicted", "climatology")
    C, shape, given = predicted.shape[axis], tuple(predicted.shape), tuple(climatology.shape)
    if given == shape:
        return climatology
    if given != (C,):
        raise ValueError(f"`climatology` has shape {given}: it must have shape {(C,)} or that of `predicted`, {shape}")
    zeros = move_axis(xp, xp.zeros_like(predicted, dtype=climatology.dtype), axis % predicted.ndim, predicted.ndim - 1)
    return move_axis(xp, zeros + climatology, predicted.ndim - 1, axis % predicted.ndim)
