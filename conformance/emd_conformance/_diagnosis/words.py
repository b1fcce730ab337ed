"""The form of the words of a finding, and the words of the findings whose numbers come from the answers."""

from typing import NamedTuple

from emd_conformance._judging.result import Kind


class Words(NamedTuple):
    """A finding in words: one sentence on what the loss does, what to change, and where it was seen before."""

    headline: str
    remedy: str
    seen: str = ""
    kind: Kind = "defect"


SQUARES = "square each D_k and add the squares"
CROSS_ENTROPY = "compute the squared EMD (4.1), or declare computes='XE' if a cross-entropy is intended (6.1)"
UNCHANGED = "use the probabilities as they are"
WORDS: dict[str, Words] = {
    # how the input is read; the number follows the headline
    "input-read-twice": Words(
        "the distance reads the input in another way than the cross-entropy, that is,",
        "give the cross-entropy what it takes (often logits), and the distance probabilities, such as their softmax",
    ),
    "probabilities-clipped": Words(
        "the loss clips the probabilities", "remove the clipping: no logarithm needs it", "Keras losses"
    ),
    "probabilities-shifted": Words("the loss changes the probabilities", UNCHANGED),
    "prediction-normalised": Words(
        "the loss divides each prediction by its sum",
        "leave it as it is: a sum other than 1 is an error of the caller, or a difference that counts (4.7)",
    ),
    "prediction-sharpened": Words("the loss raises the probabilities to a power and divides by their sum", UNCHANGED),
    "inputs-rounded": Words("the loss rounds its input", UNCHANGED),
    "target-smoothed": Words("the loss smooths the target", "leave label smoothing to the caller"),
    "target-blurred": Words("the loss spreads the mass of each target class", "leave soft labels to the caller"),
    "softmax-temperature": Words(
        "the softmax has a temperature:", "declare it by dividing the logits outside the loss"
    ),
    "logits-clipped": Words("the loss clips the logits", "subtract the largest logit: then no logit is too large"),
    "log-softmax-for-softmax": Words(
        "the loss takes log-probabilities for probabilities", "apply softmax, not log_softmax", "F.log_softmax"
    ),
    "sigmoid-normalised": Words("the loss divides sigmoids by their sum", "apply the softmax along the classes"),
    # other formulas
    "one-sided": Words("only positive D_k count: errors in one direction cost nothing", "square each D_k"),
    "centred-cdf": Words(
        "the loss subtracts the mean of the D_k, as a formula for circles does",
        "leave the mean in; on a circle, sum over arcs (4.4) or, for the EMD, subtract the median (3.3)",
    ),
    "another-power": Words("the loss raises |D_k| to another power than 2:", SQUARES),
    "huber": Words(
        "the loss is a Huber loss (smooth L1) of the D_k, linear", SQUARES, "F.smooth_l1_loss, F.huber_loss"
    ),
    "log-cosh": Words("the loss adds log cosh D_k", SQUARES, "Keras LogCosh"),
    "differences-clipped": Words("the loss clips the |D_k|", SQUARES),
    "small-differences-dropped": Words("the loss takes small |D_k| for 0:", SQUARES),
    "differences-shifted": Words(
        "the loss adds a constant to each D_k:", "remove it, and return the gradient 0 at 0", "F.pairwise_distance"
    ),
    "distance-clipped": Words("the loss clips the value", "return the value as it is"),
    "value-to-a-power": Words("the loss is the declared expression to the power", "return the expression itself"),
    "value-saturates": Words("the loss is a bounded function of the declared expression x:", "return x itself"),
    "distances-to-a-power": Words(
        "the loss raises the distances between the classes to the power", "use the distances unchanged (4.6)"
    ),
    "class-weights": Words("the loss weights the D_k² by class:", "add the D_k² with weight 1, or declare positions"),
    "trapezoids": Words("the loss integrates D² by the trapezoidal rule", SQUARES, "np.trapezoid, torch.trapezoid"),
    "sums-of-trapezoids": Words(
        "the cumulative sums are made by the trapezoidal rule", "use cumsum", "cumulative_trapezoid"
    ),
    "straight-lines": Words("the loss integrates the square of a D that is interpolated by straight lines", SQUARES),
    "target-not-accumulated": Words(
        "only the prediction is accumulated", "take the cumulative sum of the target too, or declare input='cdf'"
    ),
    "prediction-not-accumulated": Words("only the target is accumulated", "take the cumulative sum of both"),
    "one-sum-from-the-end": Words("one cumulative sum runs from the end", "run both sums in the same direction"),
    "cdf-weighted": Words("the loss divides each D_k² by the sum of both cumulative sums", SQUARES),
    "skill-score": Words("the loss is the skill score 1 - E / E of a uniform prediction", "return E"),
    "cross-entropy-for-emd": Words("the loss is the cross-entropy, which knows no distance", CROSS_ENTROPY),
    "divergence-for-emd": Words("the loss is the Kullback-Leibler divergence, which knows no distance", CROSS_ENTROPY),
    "expected-distance": Words(
        "the loss is the expected distance Σ p_i G_ij t_j, which is not 0 at p = t", "subtract ½ pᵀGp and ½ tᵀGt (4.6)"
    ),
    "energy-of-target-missing": Words("the loss leaves out -½ tᵀGt", "subtract it (4.6); for a label it is 0"),
    "energy-of-prediction-missing": Words("the loss leaves out -½ pᵀGp", "subtract it (4.6)"),
    "not-summed": Words("the loss returns one number for each class", "sum over the classes"),
    "always-the-same": Words(
        "the loss returns the same number whatever it is given:", "look for inputs that are overwritten, or not used"
    ),
    # gradients
    "gradient-factor": Words("the gradient is", "look for this number in the backward pass"),
    "gradient-norm-clipped": Words(
        "the length of the gradient is limited", "clip in the training loop, not in the loss"
    ),
    "gradient-without-weights": Words(
        "the gradient leaves out the lengths of the intervals or edges", "multiply each D_k by its weight (5.1, 5.2)"
    ),
    "gradient-of-squared": Words("the gradient is that of Σ w D_k², not of Σ w |D_k|", "use the sign of D_k"),
    "positions-scaled": Words("the loss divides the positions by their range", "use the positions unchanged (4.2)"),
    "not-finite": Words(
        "the loss is not finite for valid input", "look for a division by 0, a logarithm, or an overflow"
    ),
    "nan-at-zero": Words(
        "the value is not finite where a probability is 0", "remove the logarithm, or the division by p"
    ),
    # weights of samples
    "weights-ignored": Words(
        "the weights of the samples are ignored", "multiply the value of each sample by its weight"
    ),
    "sample-weights-ignored": Words(
        "of the weights, those of the samples (w) are ignored", "multiply the value of each sample by its weight, too"
    ),
    "mask-ignored": Words("of the weights, the mask is ignored", "leave out the samples that the mask leaves out, too"),
    "class-weights-ignored": Words(
        "of the weights, those of the classes are ignored",
        "multiply the value of each sample by the weight of its class, too",
    ),
    "weights-squared": Words("each value is multiplied by the square of its weight", "multiply it by the weight once"),
    "weights-normalised": Words(
        "the weights are divided by their sum before they are used",
        "use them as they are, or declare reduction='weighted-mean' (1.8)",
    ),
    "weights-averaged": Words(
        "every value is multiplied by the mean weight", "multiply each sample by its own weight, before the reduction"
    ),
    "weights-in-the-count": Words(
        "the mean divides by the number of all samples, those that do not count included",
        "divide by the number of samples that count (1.8)",
    ),
    "zero-weights-left-out": Words(
        "the mean divides by the number of samples whose weight is not 0",
        "divide by the number of samples, or by the sum of the weights (1.8)",
    ),
}
