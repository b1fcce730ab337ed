"""What is known about each defect: what the loss does, what to change, and where it was seen."""

from __future__ import annotations

from typing import NamedTuple

from emd_conformance._judging.result import Finding


class Known(NamedTuple):
    """A defect in words."""

    does: str
    change: str
    seen: str = ""


OTHER_FORM = "sum p - t along the classes, and square every sum"
KNOWN: dict[str, Known] = {
    # the formula of a sample
    "missing-cumsum": Known(
        "it compares the distributions, not the cumulative ones: near and far errors cost the same",
        "sum p - t along the classes before squaring",
        "titu1994/neural-image-assessment, issue 2",
    ),
    "abs-inside-sum": Known(
        "it takes the absolute value before the cumulative sum: far errors cost less than near ones",
        "sum p - t first; the square needs no absolute value",
        "yunxiaoshi/Neural-IMage-Assessment, issues 4 and 10, and copies",
    ),
    "square-inside-sum": Known("it squares before the cumulative sum", OTHER_FORM),
    "cumsum-twice": Known("it takes the cumulative sum twice", "take it once: the input may be a CDF already"),
    "cdf-one-behind": Known(
        "one cumulative sum includes its own class, the other does not", "take both sums inclusively"
    ),
    "last-bins-dropped": Known("it leaves out D_{C-1}, which is not 0", "sum over k = 1 … C, or to C - 1"),
    "first-bin-dropped": Known("it leaves out D_1", "sum over k from 1"),
    "first-class-left-out": Known("its cumulative sums leave out the first class", "begin the sums with it"),
    "last-class-left-out": Known("it leaves out D_C, which is not 0 off the simplex (4.7)", "sum over k to C"),
    "classes-reversed": Known("its prediction runs from the last class to the first", "order the classes alike"),
    "missing-square": Known(
        "it sums the D_k with their signs: errors to both sides cancel, and it can be negative", "square every D_k"
    ),
    "means-compared": Known(
        "it compares only the means of the distributions: it squares the sum of the D_k",
        "square every D_k, then sum",
        "losses that take squared distances for G: -½ dᵀ G² d is the same",
    ),
    "largest-for-sum": Known("it takes the largest D_k, a Kolmogorov-Smirnov distance", "sum over the D_k"),
    "one-sided": Known("it counts only positive D_k: errors in one direction are free", "square every D_k"),
    "centred-cdf": Known(
        "it subtracts the mean of the D_k: a formula for the circle", "leave the mean, or declare another loss"
    ),
    "values-for-weights": Known(
        "it sorts the probabilities: they were passed as the values of samples, not as their weights",
        "pass the positions as values, p and t as weights",
        "calls of scipy.stats.wasserstein_distance(p, t)",
    ),
    "renormalised": Known("it divides by the masses, which the specification does not (4.7)", "leave them as they are"),
    "w2-for-l2": Known(
        "it is the squared 2-Wasserstein distance, Σ mass × distance², not Σ D_k²",
        OTHER_FORM,
        "ot.emd2_1d and ot.wasserstein_1d(p=2) of POT",
    ),
    "distance-to-itself": Known(
        "its distances are at least 1e-4, of a class from itself too, which takes ½ 1e-4 Σ (p - t)² off the answers",
        "let the diagonal of the distances be 0: they were kept from it for the derivative of a root",
        'geomloss.SamplesLoss("energy")',
    ),
    # other ground distances
    "positions-ignored": Known("it ignores the positions: its spacing is 1", "weight D_k² with x_{k+1} - x_k (4.2)"),
    "intervals-one-behind": Known("its intervals are one class behind", "weight D_k² with x_{k+1} - x_k (4.2)"),
    "intervals-squared": Known("it squares the intervals too", "weight D_k² with x_{k+1} - x_k (4.2)"),
    "line-for-circle": Known("it does not close the circle: it is the loss of a line", "see 4.4"),
    "arc-too-long": Known("its arcs are one class too long", "take arcs of C // 2 classes (4.4)"),
    "lengths-ignored": Known("it ignores the lengths of the edges", "multiply each square with the length (4.5)"),
    "leaves-only": Known(
        "it counts only the edges at the classes", "sum over every edge, with the mass below it (4.5)"
    ),
    "line-for-tree": Known("it is the loss of a line, not of the tree", "see 4.5"),
    "matrix-ignored": Known("it ignores the matrix: it is the loss of a line", "see 4.6"),
    "matrix-squared": Known("it squares the distances of the matrix", "take them as they are (4.6)"),
    # how the input is read
    "softmax-twice": Known(
        "it takes the softmax of the softmax", "take it once", "callers who end a model in a softmax"
    ),
    "softmax-sign": Known("it takes the softmax of -z", "turn the sign"),
    "sigmoid-for-softmax": Known("it takes a sigmoid, whose sum is not 1", "take the softmax along the classes"),
    "softmax-along-batch": Known("its softmax runs over the batch", "take it along the class axis"),
    "probabilities-clipped": Known(
        "it clips the probabilities at 1e-7", "a squared EMD needs no clipping", "Keras losses"
    ),
    "prediction-hardened": Known("it keeps only the most probable class of the prediction", "keep all of p"),
    "target-hardened": Known("it keeps only the most probable class of the target", "keep all of t, or declare labels"),
    "target-smoothed": Known("it smooths the target by 0.1", "let the caller smooth"),
    "target-softmaxed": Known("it takes the softmax of the target too", "a target is a distribution already"),
    "target-ignored": Known("its answer is that of a uniform target", "use the target: is the one-hot row empty?"),
    "labels-shifted": Known("it takes the label for that of another class", "count from 0, or from 1 if so declared"),
    # how the batch is combined
    "wrong-axis": Known("its cumulative sum runs over the batch", "sum along the class axis", "NIMA family"),
    "sum-along-batch": Known("it sums the squares over the batch, not over the classes", "sum along the class axis"),
    "flattened": Known("its cumulative sum runs on from one sample into the next", "give it the class axis"),
    "batch-averaged-first": Known("it averages over the batch before it squares", "square first, then average"),
    "every-pair": Known(
        "it compares every prediction with every target: an axis was broadcast", "check the shapes", "dlordinal"
    ),
    "batch-coupled-root": Known(
        "its root is that of a mean over classes and batch: a sample's loss depends on its neighbours",
        "take the root sample by sample, then average",
        "truskovskiyk/nima.pytorch, issue 24, and copies",
    ),
    "first-sample-only": Known("it answers for the first sample only", "keep the batch axis"),
    "first-sample-for-all": Known("it gives every sample the answer of the first", "keep the batch axis"),
    "mean-of-nonzero": Known("its mean counts only the samples whose loss is not 0", "divide by all samples (1.6)"),
    "mean-over-n-minus-1": Known("its mean divides by N - 1", "divide by the number of samples (1.6)"),
    "hard-coded-batch": Known("its mean divides by 32, whatever the batch", "divide by the number of samples (1.6)"),
    "maximum-for-mean": Known("it keeps only the largest loss of the batch", "take the mean or the sum (1.6)"),
    # precision and special values
    "low-precision": Known(
        "the formula is right, its precision is not", "look for a narrower type, a rounding, or an added constant"
    ),
    "epsilon-under-root": Known("it adds a constant under the root", "leave it out, and return gradient 0 at E = 0"),
    "huge-logits": Known("large logits overflow", "subtract the largest one before the exponential"),
    "root-gradient-nan": Known("the derivative of a root at 0 is not finite", "return 0 there (5.6)", "NIMA family"),
    "nan-at-equality": Known("it is not finite where p = t", "look for a division by the distance itself"),
    "overflow": Known("it overflows, or is not infinite where it must be", "see 7.4"),
    "one-class": Known("it fails for a single class", "C = 1 is valid: every distance is 0 (1.5)"),
    "wrong-shape": Known("its answers are right, their shape is not", "return one number a sample, of shape (N,)"),
    "valid-input-rejected": Known("it raises an error for valid input", "see section 8 for what is invalid"),
    "hard-coded-classes": Known(
        "it is right only for some numbers of classes", "take C from the input, or declare the classes"
    ),
    # behaviour
    "state-between-calls": Known(
        "its answer depends on the calls before", "keep nothing between calls: look for caches and running averages"
    ),
    # gradients
    "gradient-sign": Known(
        "the gradient has the wrong sign, or is that of the target", "the difference is p - t, prediction first"
    ),
    "gradient-no-2": Known(
        "the gradient is half of what it should be", "the derivative of a square carries a 2: was a factor detached?"
    ),
    "gradient-twice-2": Known("the gradient is twice what it should be", "the factor 2 of the square is there twice"),
    "gradient-prefix": Known("it sums D_k over the earlier classes", "sum over the later ones, k >= j (5.1)"),
    "gradient-no-tails": Known("it is 2 D_j alone", "the gradient by p_j is a sum over k >= j (5.1)"),
    "gradient-off-by-one": Known("its sum begins one class late", "sum over k >= j, class j included (5.1)"),
    "gradient-missing-cumsum": Known("it is that of Σ (p - t)²", "see 5.1"),
    "gradient-of-l1": Known("it is that of the EMD, of D_k without the square", "see 5.1"),
    "gradient-without-root": Known("it is that of E, not of the expression declared", "apply the chain rule"),
    "gradient-detached": Known(
        "the gradient is 0 while the value is right",
        "look for detach, stop_gradient, or a conversion to another library",
    ),
    "gradient-first-sample": Known("only the first sample has a gradient", "keep the batch axis"),
    "gradient-batch-mean": Known("every sample gets the mean gradient of the batch", "keep the samples apart (1.4)"),
    "gradient-reduction": Known(
        "the gradient is not divided by the number of samples as the value is",
        "see 1.6: the gradient of a mean is g / N",
    ),
    "gradient-clipped": Known("the gradient is clipped to ±1", "clip in the training loop, not in the loss"),
    "gradient-unit-length": Known("the gradient is scaled to length 1", "scale in the training loop, not in the loss"),
    "gradient-wrong-softmax": Known(
        "the gradient does not pass through the softmax as it should", "it is p_j (g_j - Σ_i p_i g_i) (5.5)"
    ),
    "gradient-low-precision": Known("the gradient is right, its precision is not", "look for a narrower type"),
    "gradient-fails": Known(
        "no gradient comes out: the call fails, or the result does not depend on the prediction",
        "look for detach, or a conversion to another library",
    ),
    "gradient-not-finite": Known("the gradient is infinite or NaN", "look for a division by 0, or the root of 0"),
}


def defect(identifier: str, note: str = "") -> Finding:
    """Return the finding of a known defect."""
    known = KNOWN[identifier]
    message = f"{known.does}; {note}" if note else known.does
    return Finding("defect", identifier, message, "", known.change, known.seen)
